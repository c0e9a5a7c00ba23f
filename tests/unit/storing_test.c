/* SPDX-License-Identifier: MIT */
#include "engine/storing.h"

#include "base/xalloc.h"

#include "t.h"

static struct record *record_of(const char *line)
{
	struct record *r = record_new(span_of(line));
	record_scan(r);
	record_add_stages(r, 1);
	record_add_calls(r, &r->stages[0], 1);
	r->fate = FATE_ANSWERED;
	return r;
}

/* A store that has committed so much, without a cache. */
static void begin(struct storing *s, uint64_t committed_n)
{
	storing_init(s, NULL);
	/* Only that there is one is looked at. */
	s->cache = (struct cache *)(void *)s;
	s->committed_n = committed_n;
}

TEST("a record whose answers are stored does not wait, nor any where nothing is stored")
{
	struct storing s;
	struct record *r = record_of("{}");
	begin(&s, 5);
	CHECK(!storing_holds(&s, r, 5));
	storing_init(&s, NULL);
	CHECK(!storing_holds(&s, r, 9));
	record_free(r);
}

TEST("records wait for the commit that has their answers, in their order")
{
	struct storing s;
	struct record *a = record_of("1"), *b = record_of("2");
	begin(&s, 5);
	CHECK(storing_holds(&s, a, 6));
	CHECK(storing_holds(&s, b, 8));
	CHECK(!storing_first(&s));
	s.committed_n = 7;
	CHECK(storing_first(&s) == a);
	storing_take(&s, a);
	CHECK_INT(a->fate, FATE_ANSWERED);
	CHECK(!storing_first(&s));
	s.committed_n = 8;
	CHECK(storing_first(&s) == b);
	storing_release(&s);
	record_free(a);
}

TEST("what can never be stored leaves as if nobody had been asked")
{
	struct storing s;
	struct record *a = record_of("1"), *b = record_of("2");
	begin(&s, 5);
	storing_holds(&s, a, 6);
	storing_holds(&s, b, 7);
	s.committed_n = 6;
	s.has_failed = true;
	CHECK(storing_first(&s) == a);
	storing_take(&s, a);
	CHECK_INT(a->fate, FATE_ANSWERED);
	CHECK(storing_first(&s) == b);
	storing_take(&s, b);
	CHECK_INT(b->fate, FATE_FAILED);
	CHECK_INT(b->failure.code, ERROR_CANCELLED);
	CHECK_INT(b->stages_n, 0);
	CHECK_INT(s.n, 0);
	storing_release(&s);
	record_free(a);
	record_free(b);
}
