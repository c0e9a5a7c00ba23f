/* SPDX-License-Identifier: MIT */
/*
 * Any bytes: the estimate is at least one token and at most a few a byte, the same each time, and
 * not smaller for what is appended (to plain text characters, else a line, so that no character or
 * escape is cut in two), and what is cut to an estimate has no larger one.
 */
#include "work/tokens.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Of texts up to here every beginning is measured: the work grows with the square. */
#define EACH_BYTES_MAX 256

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

/* What is kept of either end is within the budget, and of the beginning all if that is enough. */
static void check_cuts(struct span text, double tokens)
{
	for (double budget = 0.5; budget < tokens; budget = budget * 2 + 0.5) {
		size_t head_n = tokens_prefix(text, budget), tail_n = tokens_suffix(text, budget);
		demand(head_n < text.n && tail_n < text.n, "more is kept than there is room for");
		demand(tokens_estimate((struct span){ text.at, head_n }) <= budget,
			"a beginning that is too long");
		demand(tokens_estimate((struct span){ text.at + text.n - tail_n, tail_n }) <=
				budget,
			"an end that is too long");
	}
	demand(tokens_prefix(text, tokens) == text.n, "a text is cut that fits");
}

/* A text that grows by one character after the other. */
static void check_growth(const char *text, size_t size)
{
	double before = 0;
	for (size_t n = 1; n <= size; n++) {
		if (n < size && ((unsigned char)text[n] & 0xc0) == 0x80)
			continue;
		double now = tokens_estimate_plain((struct span){ text, n });
		demand(now >= before, "a plain text that a character makes cheaper");
		before = now;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	double tokens = estimate(data, size), again = estimate(data, size);
	demand(tokens >= (size > 0 ? 1 : 0) && tokens <= 2.5 * (double)size, "out of range");
	demand(tokens <= again && tokens >= again, "another estimate for the same text");
	for (size_t n = 0; n < size; n++)
		if (data[n] == '\n')
			demand(estimate(data, n) <= tokens, "a text that its end makes cheaper");
	if (size <= EACH_BYTES_MAX)
		check_growth((const char *)data, size);
	check_cuts((struct span){ (const char *)data, size }, tokens);
	return 0;
}
