/* SPDX-License-Identifier: MIT */
/*
 * Headers, one a line, as a server might send them. Whatever they say, what is understood is in
 * range, and hearing it again changes nothing; a line read as a date gives a time that can be.
 */
#include "base/units.h"
#include "io/hint.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "hint_fuzz: %s\n", what);
	abort();
}

/* Gives the next line, without its end, and moves *text past it. */
static struct span take_line(struct span *text)
{
	const char *feed = text->n ? memchr(text->at, '\n', text->n) : NULL;
	struct span line = { text->at, feed ? (size_t)(feed - text->at) : text->n };
	size_t n = line.n + (feed != NULL);
	*text = (struct span){ text->at + n, text->n - n };
	return line;
}

static void read_all(struct hint *h, struct span text, int64_t wall_s)
{
	while (text.n) {
		struct span line = take_line(&text), value = { line.at + line.n, 0 };
		const char *colon = memchr(line.at, ':', line.n);
		int64_t seconds = 0;
		if (colon)
			value = (struct span){ colon + 1, line.n - (size_t)(colon + 1 - line.at) };
		while (value.n && *value.at == ' ')
			value = (struct span){ value.at + 1, value.n - 1 };
		if (hint_parse_date(value, &seconds))
			demand(seconds >= INT64_C(-62135596800) && seconds <= INT64_C(253402300800),
				"a date outside of all years");
		hint_read(h, (struct span){ line.at, colon ? (size_t)(colon - line.at) : line.n },
			value, wall_s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t walls[] = { 0, 1700000000, -1, INT64_C(253402300800) };
	struct span text = { (const char *)data, size };
	for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
		struct hint h, before;
		hint_init(&h);
		read_all(&h, text, walls[i]);
		demand(h.wait_ms >= -1 && h.wait_ms <= UNITS_MS_MAX, "a wait out of range");
		demand(h.should_retry >= -1 && h.should_retry <= 1, "advice out of range");
		before = h;
		read_all(&h, text, walls[i]);
		demand(h.wait_ms == before.wait_ms && h.should_retry == before.should_retry,
			"the same again says something else");
	}
	return 0;
}
