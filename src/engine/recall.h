/* SPDX-License-Identifier: MIT */
/*
 * recall: what was answered before, by this run or another. Private to engine/sched.
 *
 * A request is looked for in the cache before it becomes ready, and each time that it asks
 * something else; a pack's texts are, each by itself, before they travel together. What is found
 * settles it without a slot or a gate; what is not goes the usual way, and its answer is kept as
 * soon as it is there. An answer that is found is judged like a fresh one, so that a cache holds
 * what servers said and not what a run thought of it. Without a cache all verbs do nothing. The
 * loop's thread.
 *
 * The key is a digest of the API, the model and the body as the first endpoint of the pool would be
 * sent it, and the number of the sample: so it is the same whoever answers in the end.
 */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "io/cache.h"
#include "work/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight;
struct sched;
struct sha;

struct recall {
	struct cache *cache; /* borrowed; NULL = there is none */
	struct sha *sha;     /* owned */
	struct buf scratch;  /* owned: what a text alone would be asked with */
	struct list_node spare_jobs;
	struct cache_job *next; /* has come back, and waits for recall_collect; or NULL */
	size_t sought_n;        /* requests that are looked for now */
	uint64_t kept_n;        /* the number of the last answer that went to the cache */
	uint64_t hits_n;        /* calls that were answered from it */
	uint64_t refusals_n;    /* of these, by what was refused then */
};

/* Makes it ready. Borrows the cache; NULL = none. */
void recall_init(struct recall *r, struct cache *cache);

/* Frees what it holds; nothing may be looked for. */
void recall_release(struct recall *r);

/*
 * True if the request, which is in no queue, has gone: it is looked for, has joined another, or
 * yields no body and has settled. False if there is no cache.
 */
bool recall_seek(struct sched *s, struct request *q);

/* The same for a request which is a pack of one text so far. */
bool recall_seek_text(struct sched *s, struct request *q);

/* True if something has come back that recall_collect would take. */
bool recall_has_news(struct recall *r);

/* Takes back what was looked for: settled, or on its way. */
void recall_collect(struct sched *s, int64_t now_ms);

/* Keeps what was answered to the flight's request, as the API has read it. */
void recall_keep(struct sched *s, const struct flight *f, const struct answer *answer);

/* Keeps that its request is refused, and stays so. */
void recall_keep_refusal(struct sched *s, const struct flight *f);

/* Keeps the vector of an item that its request has brought, in those bytes. */
void recall_keep_vector(struct sched *s, const struct request *q, const struct item *item,
	const struct vector *v, struct shared *source);
