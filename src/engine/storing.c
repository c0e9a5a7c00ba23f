/* SPDX-License-Identifier: MIT */
#include "engine/storing.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

#define RECORD_OF(node) LIST_ENTRY(node, struct record, link)

void storing_init(struct storing *s, struct cache *cache)
{
	*s = (struct storing){ .cache = cache };
	list_init(&s->waiting);
}

void storing_release(struct storing *s)
{
	struct list_node *node;
	while ((node = list_take(&s->waiting)))
		record_free(RECORD_OF(node));
}

void storing_look(struct storing *s)
{
	if (!s->cache)
		return;
	/* In this order: what was committed before it failed counts. */
	s->has_failed = s->has_failed || cache_has_failed(s->cache, &s->err);
	s->committed_n = cache_committed(s->cache);
}

bool storing_is_stored(const struct storing *s, uint64_t ticket, bool *is_lost)
{
	bool is_stored = ticket <= s->committed_n;
	*is_lost = !is_stored && s->has_failed;
	return is_stored;
}

bool storing_holds(struct storing *s, struct record *r, uint64_t ticket)
{
	if (!s->cache || ticket <= s->committed_n)
		return false;
	r->ticket = ticket;
	list_put(&s->waiting, &r->link);
	s->n++;
	return true;
}

struct record *storing_first(const struct storing *s)
{
	bool is_lost;
	if (s->n == 0)
		return NULL;
	struct record *r = RECORD_OF(s->waiting.next);
	return storing_is_stored(s, r->ticket, &is_lost) || is_lost ? r : NULL;
}

bool storing_has_news(const struct storing *s)
{
	struct err err;
	if (!s->cache || storing_first(s))
		return s->cache != NULL;
	return !s->has_failed &&
		(cache_committed(s->cache) != s->committed_n || cache_has_failed(s->cache, &err));
}

void storing_take(struct storing *s, struct record *r)
{
	bool is_lost;
	assert(s->n > 0);
	list_remove(&r->link);
	s->n--;
	if (!storing_is_stored(s, r->ticket, &is_lost))
		storing_disown(r);
}

/* True if some call was tried: what came of it was to be stored. */
static bool was_asked(const struct record *r)
{
	for (unsigned i = 0; i < r->stages_n; i++)
		for (unsigned k = 0; k < r->stages[i].calls_n; k++)
			if (r->stages[i].calls[k].attempts_n > 0)
				return true;
	return false;
}

void storing_disown(struct record *r)
{
	/* Why it was not asked has been said. */
	if (r->fate == FATE_FAILED && !was_asked(r))
		return;
	free(r->failure.message);
	record_forget(r);
	r->failure = (struct failure){ 0 };
	r->fate = FATE_OPEN;
	record_fail(r, ERROR_CANCELLED, xstrdup("its answer could not be stored in the cache"));
}
