/* SPDX-License-Identifier: MIT */
/*
 * A duration, a size, a number: what is understood is in range, what is not leaves the result
 * alone, and a whole number that is printed and read again is the same. The number readers agree
 * where they overlap.
 */
#include "base/units.h"

#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "units_fuzz: %s\n", what);
	abort();
}

static void check_int(struct span text)
{
	int64_t n = 4711, again = 0;
	double number = 0;
	struct buf printed;
	if (!units_parse_int(text, &n)) {
		demand(n == 4711, "a refused number changed the result");
		return;
	}
	buf_init(&printed, 30);
	buf_put_int(&printed, n);
	demand(units_parse_int(buf_span(&printed), &again) && again == n,
		"printed and read again it is another");
	buf_release(&printed);
	demand(units_parse_number(text, &number), "whole, but no number");
	double off = number - (double)n;
	demand(off <= 4096 && off >= -4096, "the readers disagree");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { size ? (const char *)data : "", size };
	int64_t ms = -1, seconds_ms = -1;
	uint64_t bytes = 4711;
	double number = 0.25;
	bool ok = units_parse_ms(text, &ms);
	demand(ok ? ms >= 0 && ms <= UNITS_MS_MAX : ms == -1, "a duration out of range");
	ok = units_parse_seconds(text, &seconds_ms);
	demand(ok ? seconds_ms >= 0 && seconds_ms <= UNITS_MS_MAX : seconds_ms == -1,
		"seconds out of range");
	if (!units_parse_bytes(text, &bytes))
		demand(bytes == 4711, "a refused size changed the result");
	if (units_parse_number(text, &number))
		demand(number >= -1e300 && number <= 1e300, "a number out of range");
	else
		demand(number >= 0.25 && number <= 0.25, "a refused number changed the result");
	check_int(text);
	return 0;
}
