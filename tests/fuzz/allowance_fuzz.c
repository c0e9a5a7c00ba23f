/* SPDX-License-Identifier: MIT */
/*
 * Headers, one a line, as a server might send them. Whatever they say, what is understood is in
 * range, no two items are about the same, hearing it all again changes nothing, and what is
 * understood has passed the glance at its name.
 */
#include "base/units.h"
#include "io/allowance.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "allowance_fuzz: %s\n", what);
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

/* Hears all lines; those that are heard for the first time may find no room. */
static void read_all(struct allowances **all, struct span text, int64_t wall_s)
{
	while (text.n) {
		struct span line = take_line(&text), value = { line.at + line.n, 0 };
		const char *colon = line.n ? memchr(line.at, ':', line.n) : NULL;
		struct span name = { line.at, colon ? (size_t)(colon - line.at) : line.n };
		if (colon)
			value = (struct span){ colon + 1, line.n - (size_t)(colon + 1 - line.at) };
		while (value.n && *value.at == ' ')
			value = (struct span){ value.at + 1, value.n - 1 };
		bool is_header = allowance_is_header(name);
		bool is_heard = allowance_read(all, name, value, wall_s);
		demand(is_header || !is_heard, "heard, but not by a glance");
		demand(*all || !is_heard, "heard, but not kept");
	}
}

static bool is_in_range(const struct allowance *a)
{
	bool is_amount = (a->limit >= 0 || a->limit <= -1) && a->limit >= -1 && a->limit <= 1e300;
	bool is_rest = a->remaining >= -1 && a->remaining <= 1e300;
	return is_amount && is_rest && a->reset_ms >= -1 && a->reset_ms <= UNITS_MS_MAX &&
		a->window_ms >= 0 && a->window_ms <= INT64_C(999) * 30 * 86400 * 1000 &&
		a->unit <= ALLOWANCE_OUTPUT_TOKENS;
}

static void check(const struct allowances *all)
{
	demand(all->n <= ALLOWANCES_MAX, "more items than there is room for");
	for (unsigned i = 0; i < all->n; i++) {
		const struct allowance *a = &all->items[i];
		demand(is_in_range(a), "out of range");
		demand(a->limit >= 0 || a->remaining >= 0 || a->reset_ms >= 0, "says nothing");
		for (unsigned j = 0; j < i; j++)
			demand(a->unit != all->items[j].unit ||
					a->window_ms != all->items[j].window_ms,
				"two items about the same");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t walls[] = { 0, 1755780000, -1, INT64_C(253402300800) };
	struct span text = { (const char *)data, size };
	for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
		struct allowances *all = NULL;
		read_all(&all, text, walls[i]);
		if (!all)
			continue;
		check(all);
		struct allowances before = *all;
		read_all(&all, text, walls[i]);
		demand(memcmp(&before, all, sizeof before) == 0,
			"the same again says something else");
		free(all);
	}
	return 0;
}
