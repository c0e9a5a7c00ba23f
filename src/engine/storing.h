/* SPDX-License-Identifier: MIT */
/*
 * storing: records that are over and wait until their answers are stored.
 *
 * What has left is never paid for again: so a record leaves once the cache has committed all that
 * was put to it before the record was over, its own answers and those that it shares among it.
 * Should the cache fail, those not stored are as if nobody had been asked. Private to
 * engine/pipeline. The loop's thread.
 */
#pragma once

#include "base/err.h"
#include "base/list.h"
#include "io/cache.h"
#include "work/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storing {
	struct cache *cache;      /* borrowed; NULL = there is none, and nobody waits */
	struct list_node waiting; /* owned: records, in the order of their tickets */
	size_t n;
	uint64_t committed_n; /* how much the cache has committed */
	bool has_failed;      /* it cannot be written any more: err says why */
	struct err err;
};

/* Makes it empty. */
void storing_init(struct storing *s, struct cache *cache);

/* Frees the records that wait. */
void storing_release(struct storing *s);

/* Looks how far the cache has come. */
void storing_look(struct storing *s);

/*
 * True if the record, after the put of that number, has to wait; then it is taken. Else it may go
 * on.
 */
bool storing_holds(struct storing *s, struct record *r, uint64_t ticket);

/* Gives a record that need not wait any more, as far as storing_look has seen; NULL = none. */
struct record *storing_first(const struct storing *s);

/* True if a record need not wait any more, or storing_look would see what it has not seen yet. */
bool storing_has_news(const struct storing *s);

/* Lets go of that record. */
void storing_take(struct storing *s, struct record *r);

/*
 * True if all up to that put is stored. Else *is_lost says if it never will be; then what hangs on
 * it is for storing_disown.
 */
bool storing_is_stored(const struct storing *s, uint64_t ticket, bool *is_lost);

/* Takes the answers of a record away that are not stored: it was cancelled. */
void storing_disown(struct record *r);
