/* SPDX-License-Identifier: MIT */
/*
 * pack_laws: the laws of packs, and what was seen of each text, record and request.
 *
 * Each record gets the vector of its own text, once, from an answer that came while it was here;
 * fails only of what was said of its text alone; and no text is asked that nobody waits for.
 */
#pragma once

#include "run.h"
#include "vectors.h"

/* What holds in this run. Zeros are the strictest. */
struct pack_laws {
	bool may_fail;      /* texts that are good, too: tries are few */
	bool is_each;       /* nothing is shared */
	bool is_hedged;     /* two endpoints may be asked at a time */
	bool has_waits;     /* records come one by one: when a pack leaves is known */
	bool gathers;       /* while all that may fly does, two packs more are ready */
	size_t slack_bytes; /* beyond --window-bytes; 0 = memory is not looked at */
};

/* What was seen in this run. */
struct pack_seen {
	uint64_t fresh_n;     /* requests with a text that had not been asked */
	uint64_t fresh_most;  /* texts in one of them */
	uint64_t allowed_n;   /* requests that bad texts may cost: 2 ceil(log2 n) each */
	uint64_t bad_n;       /* bad texts that were asked */
	unsigned steps_most;  /* log2 n of the largest pack with one */
	uint64_t over_n;      /* texts in fresh requests beyond the ceiling */
	uint64_t texts_n;     /* in all requests together */
	double tokens_n;      /* likewise, about */
	int64_t usage_n;      /* tokens that records say their answers used, */
	int64_t told_n;       /* and those that servers have told */
	uint64_t shared_n;    /* records whose vector was asked for by another */
	uint64_t asked_most;  /* how often one text was asked */
	size_t bytes_most;    /* alive: records, and the answers that their vectors lie in */
	int64_t late_most_ms; /* from the first record of a pack to its start */
};

extern struct pack_laws pack_laws;
extern struct pack_seen pack_seen;
extern const struct play pack_play;

/* The texts of this run. */
struct pack_texts {
	unsigned keys_n; /* of which there are so many; 0 = each record has its own */
	double percent[NATURES_N];
	struct range pad_bytes;
	bool is_template; /* the text is the prompt's work, not the record's own bytes */
	const char *api;  /* whose vectors */
};

extern struct pack_texts pack_texts;

/* Forgets the run before. */
void pack_begin(void);

/* Makes run.plan: one step whose value is a vector. */
void pack_link(void);

/* Frees what the last run has left. */
void pack_release(void);
