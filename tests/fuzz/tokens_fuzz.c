/* SPDX-License-Identifier: MIT */
/*
 * Any bytes: the estimate is at least one token and at most a few a byte, the same each time, and
 * not smaller for what is appended (a line, so that no character or escape is cut in two).
 */
#include "work/tokens.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tokens_fuzz: %s\n", what);
	abort();
}

static double estimate(const uint8_t *data, size_t n)
{
	return tokens_estimate((struct span){ (const char *)data, n });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	double tokens = estimate(data, size), again = estimate(data, size);
	demand(tokens >= (size > 0 ? 1 : 0) && tokens <= 2.5 * (double)size, "out of range");
	demand(tokens <= again && tokens >= again, "another estimate for the same text");
	for (size_t n = 0; n < size; n++)
		if (data[n] == '\n')
			demand(estimate(data, n) <= tokens, "a text that its end makes cheaper");
	return 0;
}
