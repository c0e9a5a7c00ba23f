/* SPDX-License-Identifier: MIT */
/*
 * stats: what the mock has counted, for tests to look at.
 *
 * Only requests to the APIs are counted, and apart from them lists of models. At rest (nothing in
 * flight) requests = all answered + dropped + abandoned. One thread at a time.
 */
#pragma once

#include "ask.h"
#include "base/span.h"
#include "dialect.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* One above the largest HTTP status that is counted. */
#define STATS_STATUS_END 600

struct stats {
	uint64_t requests;   /* bodies that arrived fully */
	uint64_t body_bytes; /* of them */
	uint64_t billed;     /* answers of status 200 made, also those dropped or cut on the way */
	uint64_t input;      /* tokens of their prompts... */
	uint64_t output;     /* ...and of their texts and thoughts */
	uint64_t streamed;   /* of them, those that were made as streams */
	uint64_t dropped;    /* connections closed or reset in place of an answer */
	uint64_t abandoned;  /* requests whose client left while they waited */
	uint64_t in_flight;  /* admitted and not yet answered to the last byte */
	uint64_t peak_in_flight;
	uint64_t connections; /* that carried a request to an API */
	uint64_t epoch;       /* 1 and one more after each reset; never shown */
	uint64_t images;      /* in the requests that could be read, as those below */
	uint64_t systems;     /* system messages */
	uint64_t turns;       /* messages of other kinds */
	uint64_t items;       /* texts whose vectors are wanted, likewise... */
	uint64_t items_most;  /* ...at most in one request... */
	uint64_t embedded;    /* ...and those of them whose vectors were given, with status 200 */
	uint64_t listed;      /* lists of models that were asked for */
	uint64_t answered[STATS_STATUS_END];
	uint64_t dialects[DIALECTS_MAX];
	json_t *keys; /* owned: last four characters of a key -> requests */
};

/* Makes all counts zero. */
void stats_init(struct stats *s);

/* Makes all counts zero but that of what is in flight. */
void stats_reset(struct stats *s);

/* Counts a request with a body of so many bytes and a key, which may be missing. */
void stats_arrived(struct stats *s, const struct dialect *d, size_t body_bytes, struct span key);

/* Counts what a request that could be read is made of. */
void stats_read(struct stats *s, const struct ask *ask);

/* Counts a request that begins to be worked on. */
void stats_enter(struct stats *s);

/* Counts one that stats_enter has counted and that ends. */
void stats_leave(struct stats *s);

/* Gives all counts as a tree that the caller owns; NULL if memory is out. */
json_t *stats_tree(const struct stats *s);

/* Frees what s holds. */
void stats_release(struct stats *s);
