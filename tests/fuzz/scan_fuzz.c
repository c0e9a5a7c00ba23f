/* SPDX-License-Identifier: MIT */
/*
 * The scanner against jansson: what one accepts the other accepts, where the grammar alone decides;
 * what is accepted is walked and decoded alike; what is refused is refused at a place in the text.
 */
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
	fprintf(stderr, "scan_fuzz: %s\n", what);
	abort();
}

/* Walks everything in the value; every part must be a value by itself. */
static void walk(struct span value, int depth)
{
	struct json_walk w;
	struct json_fault fault;
	struct span again;
	json_walk_init(&w, value);
	for (int n = 0; n < 100 && json_walk_next(&w); n++) {
		demand(json_scan(w.value, &again, &fault) && span_equals(again, w.value),
			"a part is no value");
		if (w.in_object)
			demand(json_scan(w.key, &again, &fault) &&
					json_kind(w.key) == JSON_KIND_STRING,
				"a key is no string");
		if (depth < 20)
			walk(w.value, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size }, value;
	struct json_fault fault = { 0 };
	enum peer_verdict verdict = peer_judge(text);
	if (!json_scan(text, &value, &fault)) {
		demand(fault.offset <= size && fault.reason && *fault.reason,
			"a fault without a place");
		demand(verdict != PEER_ACCEPTS || strstr(fault.reason, "deep"),
			"refused, jansson accepts");
		return 0;
	}
	demand(verdict != PEER_REFUSES, "accepted, jansson refuses");
	demand(utf8_is_valid(text), "accepted, not UTF-8");
	walk(value, 0);
	if (verdict == PEER_ACCEPTS)
		demand(peer_sees_same(value), "jansson sees something else");
	return 0;
}
