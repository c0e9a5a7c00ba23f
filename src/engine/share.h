/* SPDX-License-Identifier: MIT */
/*
 * share: the requests that are alive, found by what they ask.
 *
 * So that what several records ask in the very same words is asked once. A hash only says where to
 * look: whoever finds a request here compares the words. Borrows the requests. The loop's thread.
 */
#pragma once

#include "base/span.h"
#include "work/request.h"

#include <stddef.h>
#include <stdint.h>

struct share {
	struct request **buckets; /* owned: chains by next_same; a power of two of them */
	size_t buckets_n;
	size_t n;
	uint64_t seed; /* so that nobody can choose what falls together */
};

/* Makes s empty. */
void share_init(struct share *s, uint64_t seed);

/* Frees the table; the requests are the caller's. */
void share_release(struct share *s);

/* Gives the identity, never 0, of a request to that pool, with that path (or NULL) and body. */
uint64_t share_identity(const struct share *s, unsigned pool, const char *path, struct span body);

/* Gives a request of that identity, or NULL. */
struct request *share_find(const struct share *s, uint64_t identity);

/* Gives the next of the same identity, or NULL. */
struct request *share_next(const struct request *q);

/* Adds a request, which is not in it, under its identity (not 0). */
void share_put(struct share *s, struct request *q);

/* Takes the request out, if it is there; its identity is then 0. */
void share_remove(struct share *s, struct request *q);
