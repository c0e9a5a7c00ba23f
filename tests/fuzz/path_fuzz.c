/* SPDX-License-Identifier: MIT */
/*
 * The first line is a path, the rest a JSON text. A path that is accepted survives being written
 * and read again, and leads where jansson is led by the same parts.
 */
#include "json/path.h"
#include "json/scan.h"
#include "json/text.h"
#include "peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "path_fuzz: %s\n", what);
	abort();
}

static bool same_part(const struct path_part *a, const struct path_part *b)
{
	if (!a->name || !b->name)
		return !a->name && !b->name && a->index == b->index;
	return a->name_n == b->name_n && memcmp(a->name, b->name, a->name_n) == 0;
}

static void check_again(const struct path *p)
{
	struct path again;
	struct err err;
	demand(path_parse(&again, span_of(p->text), &err), "its own text is no path");
	demand(again.parts_n == p->parts_n, "its own text has other parts");
	for (size_t i = 0; i < p->parts_n; i++)
		demand(same_part(&p->parts[i], &again.parts[i]), "its own text has another part");
	path_release(&again);
}

static void check_find(const struct path *p, struct span text)
{
	struct span value;
	struct json_fault fault;
	char near[40];
	if (!json_scan(text, &value, &fault))
		return;
	struct span found = path_find(p, value);
	if (!found.at && path_nearest(p, value, near, sizeof near))
		demand(utf8_is_valid(span_of(near)), "a near key is not UTF-8");
	if (peer_judge(value) == PEER_ACCEPTS)
		demand(peer_finds_same(p, value, found), "jansson finds something else");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
	size_t line_n = newline ? (size_t)(newline - text) : size;
	struct path p;
	struct err err = { 0 };
	if (path_parse(&p, (struct span){ text, line_n }, &err)) {
		check_again(&p);
		if (newline)
			check_find(&p, (struct span){ newline + 1, size - line_n - 1 });
	} else {
		demand(err.kind == ERR_TEMPLATE && utf8_is_valid(span_of(err.msg)),
			"no clear message");
	}
	path_release(&p);
	return 0;
}
