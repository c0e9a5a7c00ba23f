/* SPDX-License-Identifier: MIT */
#include "engine/share.h"

#include "t.h"

enum { REQUESTS_N = 1000 };

/* What is looked for in these tests is found by its identity alone. */
static struct request requests[REQUESTS_N];

static struct share filled(void)
{
	struct share s;
	share_init(&s, 5);
	for (unsigned i = 0; i < REQUESTS_N; i++) {
		requests[i] = (struct request){ .identity = i / 2 + 1 };
		share_put(&s, &requests[i]);
	}
	return s;
}

TEST("all requests that ask the same are found")
{
	struct share s = filled();
	for (unsigned i = 0; i < REQUESTS_N; i += 2) {
		struct request *q = share_find(&s, i / 2 + 1);
		struct request *next = share_next(q);
		CHECK(q == &requests[i] || q == &requests[i + 1]);
		CHECK(next == &requests[i] || next == &requests[i + 1]);
		CHECK(q != next && !share_next(next));
	}
	CHECK(!share_find(&s, REQUESTS_N));
	share_release(&s);
}

TEST("a request that was taken out is not found, and may be taken out again")
{
	struct share s = filled();
	for (unsigned i = 1; i < REQUESTS_N; i += 2) {
		share_remove(&s, &requests[i]);
		share_remove(&s, &requests[i]);
		CHECK(requests[i].identity == 0);
		CHECK(share_find(&s, i / 2 + 1) == &requests[i - 1]);
		CHECK(!share_next(&requests[i - 1]));
	}
	CHECK_INT((int)s.n, REQUESTS_N / 2);
	for (unsigned i = 0; i < REQUESTS_N; i += 2)
		share_remove(&s, &requests[i]);
	CHECK_INT((int)s.n, 0);
	share_release(&s);
}

TEST("nothing is found among none")
{
	struct share s;
	share_init(&s, 1);
	CHECK(!share_find(&s, 1));
	share_release(&s);
}

TEST("an identity is made of pool, path and body, and is never none")
{
	struct share s;
	share_init(&s, 1);
	uint64_t id = share_identity(&s, 0, NULL, SPAN("{}"));
	CHECK(id != 0 && id == share_identity(&s, 0, NULL, SPAN("{}")));
	CHECK(id != share_identity(&s, 1, NULL, SPAN("{}")));
	CHECK(id != share_identity(&s, 0, "/v1", SPAN("{}")));
	CHECK(id != share_identity(&s, 0, NULL, SPAN("[]")));
	share_release(&s);
}
