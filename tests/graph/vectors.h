/* SPDX-License-Identifier: MIT */
/*
 * vectors: the servers that give vectors: what they say to a pack of texts, by what the texts are.
 *
 * A text is "k" and its key; a key has a nature, and what a server says to a pack hangs on those of
 * its texts. A vector says whose it is and which pack it came with, so that one in the wrong record
 * is seen.
 */
#pragma once

#include "base/buf.h"
#include "../sim/scenario.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VECTORS_KEYS_MAX = 2000 };

/* What a text does to whoever is asked for its vector. */
enum nature {
	TEXT_IS_GOOD,
	TEXT_IS_REFUSED, /* 400, and all of its pack with it */
	TEXT_IS_LONG,    /* 400: more than the model takes */
	TEXT_CRASHES,    /* 500 */
	TEXT_HANGS,      /* no answer, ever */
	TEXT_LACKS,      /* its vector is null; alone it gets an answer without any */
	TEXT_IS_ODD,     /* its vector has a number too many */
	NATURES_N
};

/* Which text a refusal names. */
enum naming { NAMES_NONE, NAMES_THE_BAD, NAMES_ANOTHER, NAMES_OUTSIDE, NAMINGS_N };

/* How vectors are told apart. */
enum shape { SHAPE_IN_ORDER, SHAPE_INDEXED, SHAPE_SHUFFLED, SHAPE_BARE, SHAPE_WRAPPED, SHAPES_N };

/* What comes of too many texts. */
enum ceiling {
	CEILING_NONE,
	CEILING_STATUS, /* 413 */
	CEILING_WORDS,  /* 400, and words for it */
	CEILING_BYTES,  /* an answer larger than the wire takes */
	CEILING_SILENCE,
	CEILING_CRASH,
	CEILINGS_N
};

struct vectors_server {
	enum naming naming;
	enum shape shape;
	enum ceiling ceiling;
	unsigned most_n;      /* texts, where there is a ceiling */
	double short_percent; /* of answers: they lack a vector */
	double null_percent;  /* of answers: one is null */
	double stray_percent; /* of answers with an index: one is none of a text's, or twice */
	unsigned columns_n;   /* of a vector; >= 2 */
	struct range text_ms; /* how much longer each text makes it */
};

extern struct vectors_server vectors_server;
extern enum nature vectors_natures[VECTORS_KEYS_MAX];

/* A pack as it came in. */
struct vectors_pack {
	unsigned *keys; /* owned */
	unsigned n;
	bool is_too_many;
	double tokens; /* about as many, each text rounded up */
	int bad;       /* place of the text that decides; -1 = none does */
	size_t answer_bytes;
};

/* Reads what the attempt asks. Breaks a law if it is no request for vectors of that API. */
void vectors_read(struct vectors_pack *p, const struct attempt *attempt);

/* Frees it. */
void vectors_release(struct vectors_pack *p);

/* Says what will come of a pack that chance would have answered. */
void vectors_judge(struct vectors_pack *p, struct reply *reply);

/* Writes the reply to pack number `number` to the attempt. */
void vectors_fill(struct vectors_pack *p, uint64_t number, const struct reply *reply,
	struct attempt *attempt);

/* Appends the vector of that key as it comes with that pack. */
void vectors_put(struct buf *out, unsigned key, uint64_t number);
