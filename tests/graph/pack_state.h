/* SPDX-License-Identifier: MIT */
/* pack_state: what was seen of each record, text and request. Private to the laws of packs. */
#pragma once

#include "pack_laws.h"
#include "work/record.h"

enum {
	PACK_RECORDS_MAX = VECTORS_KEYS_MAX,
	PACKS_MAX = 40000,
	PACK_LATE_MS = 60, /* what the clock may tick on while the engine works */
	PACK_TICK_MS = 20  /* the same, of one turn */
};

struct pack_asker {
	const struct record *record; /* NULL = not given, or put */
	unsigned key;
	int next; /* the next record with the same text; -1 = none */
	int64_t given_ms;
	bool is_late; /* it has failed of its --deadline */
	bool is_bare; /* it has no text */
};

struct pack_text {
	int first, last; /* records that have it; -1 = none */
	unsigned flying_n, asked_n;
};

struct pack_request {
	struct vectors_pack asked;
	bool is_flying, is_answered;
	int64_t start_ms;
	int64_t end_ms;
	uint64_t mark; /* of the last count of bytes that it was in */
};

struct pack_state {
	struct pack_asker askers[PACK_RECORDS_MAX];
	struct pack_text texts[VECTORS_KEYS_MAX];
	struct pack_request packs[PACKS_MAX];
	uint64_t packs_n, counts_n;
	size_t columns_n;
};

extern struct pack_state pack_state;

/* Writes a record's line. */
size_t pack_put_record(char *out, size_t size, enum record_kind kind, uint64_t seq);

/* The last moment of a record. */
int64_t pack_deadline_of(const struct pack_asker *a);

/* True if its end is not known. */
bool pack_is_open(const struct pack_asker *a);

/* Gives the first record that waits for the vector and, by its --deadline, still may; -1 = none. */
int pack_first_waiting(unsigned key, int64_t grace_ms);

/* How many records are open that have the text. */
unsigned pack_waiting_n(unsigned key);

bool pack_has_key(const struct vectors_pack *p, unsigned key);

/* How many requests with the text fly that it was wanted of ever since they started. */
unsigned pack_wanted_flights_n(unsigned key);
