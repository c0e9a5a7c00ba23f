/* SPDX-License-Identifier: MIT */
#include "base/spare.h"
#include "t.h"

#include <string.h>

#define LARGE (2 * SPARE_MIN_BYTES)

/* Takes memory until what comes was not kept: then nothing is. */
static void drain(void)
{
	struct buf bufs[64] = { 0 };
	for (int i = 0; i < 64; i++) {
		buf_init(&bufs[i], 16 * LARGE);
		spare_take(&bufs[i], LARGE);
	}
	for (int i = 0; i < 64; i++)
		buf_release(&bufs[i]);
}

TEST("memory that went comes again, for as much or less")
{
	struct buf b;
	drain();
	buf_init(&b, 4 * LARGE);
	CHECK(spare_take(&b, LARGE));
	const char *at = b.data;
	memset(b.data, 'x', LARGE);
	spare_put(&b);
	CHECK(b.cap == 0 && !b.data);
	CHECK(spare_take(&b, LARGE - 1));
	CHECK(b.data == at && b.cap == LARGE && b.len == 0);
	spare_put(&b);
	CHECK(spare_take(&b, 2 * LARGE));
	CHECK(b.cap >= 2 * LARGE);
	CHECK(buf_put(&b, "abc", 3));
	buf_release(&b);
	drain();
}

TEST("memory goes to nobody whose ceiling it passes, nor to one that needs much less")
{
	struct buf b, small;
	drain();
	buf_init(&b, 16 * LARGE);
	CHECK(spare_take(&b, 8 * LARGE));
	const char *at = b.data;
	spare_put(&b);
	buf_init(&small, 4 * LARGE);
	CHECK(spare_take(&small, LARGE));
	CHECK(small.cap < 8 * LARGE);
	CHECK(!spare_take(&(struct buf){ .max = LARGE }, LARGE + 1));
	buf_release(&small);
	CHECK(spare_take(&b, 8 * LARGE) && b.data == at);
	buf_release(&b);
	drain();
}

TEST("what is small is not kept, and more than a few are freed")
{
	struct buf bufs[64];
	for (int i = 0; i < 64; i++) {
		buf_init(&bufs[i], LARGE);
		CHECK(spare_take(&bufs[i], i % 2 ? LARGE : 100));
	}
	for (int i = 0; i < 64; i++)
		spare_put(&bufs[i]);
	for (int i = 0; i < 64; i++)
		CHECK(bufs[i].cap == 0);
	drain();
}
