/* SPDX-License-Identifier: MIT */
#include "base/lookup.h"
#include "t.h"

enum { THINGS_N = 5000 };

struct thing {
	int what;
	struct lookup_node node;
};

static struct thing things[THINGS_N];

#define THING_OF(n) LOOKUP_ENTRY(n, struct thing, node)

/* Two things for each hash. */
static void fill(struct lookup *l)
{
	*l = (struct lookup){ 0 };
	for (int i = 0; i < THINGS_N; i++) {
		things[i] = (struct thing){ .what = i };
		lookup_put(l, &things[i].node, (uint64_t)i / 2 + 1);
	}
}

TEST("of thousands of things each is found by its hash, and those that share it one after another")
{
	struct lookup l;
	fill(&l);
	for (int i = 0; i < THINGS_N; i += 2) {
		struct lookup_node *a = lookup_find(&l, (uint64_t)i / 2 + 1), *b = lookup_next(a);
		CHECK(a && b && !lookup_next(b));
		CHECK_INT(THING_OF(a)->what + THING_OF(b)->what, 2 * i + 1);
	}
	CHECK(!lookup_find(&l, THINGS_N));
	lookup_release(&l);
}

TEST("what is taken out is found no more, once or twice, and the others are")
{
	struct lookup l;
	fill(&l);
	for (int i = 0; i < THINGS_N; i += 2) {
		lookup_remove(&l, &things[i].node);
		lookup_remove(&l, &things[i].node);
		CHECK(things[i].node.hash == 0);
		CHECK(lookup_find(&l, (uint64_t)i / 2 + 1) == &things[i + 1].node);
		CHECK(!lookup_next(&things[i + 1].node));
	}
	for (int i = 1; i < THINGS_N; i += 2)
		lookup_remove(&l, &things[i].node);
	CHECK(l.n == 0 && !lookup_find(&l, 1));
	lookup_release(&l);
}

TEST("nothing is found in an empty table")
{
	struct lookup l = { 0 };
	CHECK(!lookup_find(&l, 1));
	lookup_release(&l);
}
