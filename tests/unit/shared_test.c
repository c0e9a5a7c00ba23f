/* SPDX-License-Identifier: MIT */
#include "base/shared.h"

#include "t.h"

#include <pthread.h>
#include <stdlib.h>

enum { OWNERS_MAX = 8, ROUNDS = 200 };

TEST("shared bytes stay where they are while anybody owns them")
{
	struct buf a, b;
	buf_init(&a, 100);
	buf_init(&b, 50);
	buf_put_str(&a, "hello");
	buf_put_str(&b, "world");
	struct span hello = buf_span(&a), world = buf_span(&b);
	struct shared *s = shared_new(&a, &b);
	CHECK(a.len == 0 && a.cap == 0 && a.max == 100 && !a.data);
	CHECK(b.len == 0 && b.cap == 0 && b.max == 50 && !b.data);
	CHECK(buf_put_str(&a, "anew"));
	CHECK(shared_hold(s) == s);
	shared_drop(s);
	CHECK(span_is(hello, "hello") && span_is(world, "world"));
	shared_drop(s);
	buf_release(&a);
	buf_release(&b);
}

TEST("nothing can be shared, and nobody can let go")
{
	struct buf a, b;
	buf_init(&a, 1);
	buf_init(&b, 1);
	struct shared *s = shared_new(&a, &b);
	CHECK_INT(shared_weight(s, 1), 0);
	shared_drop(s);
	shared_drop(NULL);
}

TEST("what is shared weighs as much as its memory, a part for each")
{
	struct buf a, b;
	buf_init(&a, 10000);
	buf_init(&b, 10000);
	buf_reserve(&a, 3000);
	buf_reserve(&b, 500);
	size_t all = a.cap + b.cap;
	struct shared *s = shared_new(&a, &b);
	CHECK(all >= 3500);
	CHECK_INT(shared_weight(s, 1), all);
	CHECK_INT(shared_weight(s, 7), all / 7);
	shared_drop(s);
}

struct owner {
	struct shared *shared;
	struct span bytes;
	long sum;
};

static void *read_and_drop(void *arg)
{
	struct owner *owner = arg;
	for (size_t i = 0; i < owner->bytes.n; i++)
		owner->sum += owner->bytes.at[i];
	shared_drop(shared_hold(owner->shared));
	shared_drop(owner->shared);
	return NULL;
}

/* Gives what all owners, each in a thread of its own, have read before they let go. */
static long read_by_all(void)
{
	struct buf a, b;
	pthread_t threads[OWNERS_MAX];
	struct owner owners[OWNERS_MAX];
	long sum = 0;
	buf_init(&a, 100);
	buf_init(&b, 100);
	buf_put_str(&a, "all of them read this");
	struct span bytes = buf_span(&a);
	struct shared *s = shared_new(&a, &b);
	for (int i = 0; i < OWNERS_MAX; i++) {
		owners[i] = (struct owner){ i ? shared_hold(s) : s, bytes, 0 };
	}
	for (int i = 0; i < OWNERS_MAX; i++)
		if (pthread_create(&threads[i], NULL, read_and_drop, &owners[i]) != 0)
			abort();
	for (int i = 0; i < OWNERS_MAX; i++) {
		pthread_join(threads[i], NULL);
		sum += owners[i].sum;
	}
	return sum;
}

TEST("owners may let go in any thread, in any order")
{
	long once = 0;
	for (const char *at = "all of them read this"; *at; at++)
		once += *at;
	for (int i = 0; i < ROUNDS; i++)
		CHECK_INT(read_by_all(), OWNERS_MAX * once);
}
