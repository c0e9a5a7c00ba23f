/* SPDX-License-Identifier: MIT */
#include "engine/share.h"

#include "base/hash.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 256 };

void share_init(struct share *s, uint64_t seed)
{
	*s = (struct share){ .seed = seed };
}

void share_release(struct share *s)
{
	free(s->buckets);
	*s = (struct share){ 0 };
}

uint64_t share_identity(const struct share *s, unsigned pool, const char *path, struct span body)
{
	uint64_t hash = hash_bytes(body, s->seed + pool);
	if (path)
		hash = hash_bytes(span_of(path), hash);
	return hash ? hash : 1;
}

static struct request **bucket_of(const struct share *s, uint64_t identity)
{
	return &s->buckets[identity & (s->buckets_n - 1)];
}

struct request *share_find(const struct share *s, uint64_t identity)
{
	struct request *q = s->n > 0 ? *bucket_of(s, identity) : NULL;
	while (q && q->identity != identity)
		q = q->next_same;
	return q;
}

struct request *share_next(const struct request *q)
{
	uint64_t identity = q->identity;
	struct request *next = q->next_same;
	while (next && next->identity != identity)
		next = next->next_same;
	return next;
}

static void link_to(struct share *s, struct request *q)
{
	struct request **bucket = bucket_of(s, q->identity);
	q->next_same = *bucket;
	*bucket = q;
}

/* Twice as many buckets, before the chains grow long. */
static void grow(struct share *s)
{
	struct share old = *s;
	s->buckets_n = old.buckets_n ? 2 * old.buckets_n : BUCKETS_MIN;
	s->buckets = xcalloc(s->buckets_n, sizeof *s->buckets);
	for (size_t i = 0; i < old.buckets_n; i++) {
		struct request *next = old.buckets[i];
		while (next) {
			struct request *q = next;
			next = q->next_same;
			link_to(s, q);
		}
	}
	free(old.buckets);
}

void share_put(struct share *s, struct request *q)
{
	assert(q->identity != 0);
	if (s->n == s->buckets_n)
		grow(s);
	link_to(s, q);
	s->n++;
}

void share_remove(struct share *s, struct request *q)
{
	if (q->identity == 0)
		return;
	struct request **at = bucket_of(s, q->identity);
	while (*at != q)
		at = &(*at)->next_same;
	*at = q->next_same;
	q->next_same = NULL;
	q->identity = 0;
	s->n--;
}
