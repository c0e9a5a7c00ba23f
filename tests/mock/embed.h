/* SPDX-License-Identifier: MIT */
/*
 * embed: requests for vectors: their texts, their ceilings, and how vectors are written.
 *
 * What the rows of the dialects that embed share (embed_openai.c and its like, embed_forms.c).
 * Knows no HTTP. One thread at a time.
 */
#pragma once

#include "answer.h"
#include "arrival.h"
#include "ask.h"
#include "error.h"
#include "reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with the vectors of every answer; --embed-rogue has a name for each. */
enum embed_rogue {
	ROGUE_FLOATS = 1,     /* numbers, whatever was asked for */
	ROGUE_BASE64 = 2,     /* base64, likewise */
	ROGUE_REVERSED = 4,   /* the last one first, with its right index */
	ROGUE_UNINDEXED = 8,  /* no index */
	ROGUE_LEFT_OUT = 16,  /* the last one is not there */
	ROGUE_SHORT = 32,     /* the last one has one number less */
	ROGUE_NULL = 64,      /* the last one is null */
	ROGUE_LONG = 128,     /* their length is 3, unless it is asked to be 1 */
	ROGUE_REPEATED = 256, /* the last one has the index of the first */
};

/* The part of the command line. */
struct embed_opts {
	int64_t dimensions;  /* unless a request says how many */
	int64_t items;       /* the ceilings, 0: the vendor's */
	int64_t item_tokens; /* of one item */
	int64_t tokens;      /* of all items of a request */
	int64_t item_ms;     /* how much longer each item makes a request take */
	uint64_t pad_bytes;  /* of white space before each vector */
	bool names_index;    /* who refuses an item says which */
	unsigned rogue;      /* of enum embed_rogue */
};

/* What a request, or an item of it, can be refused for. */
enum embed_trouble {
	TROUBLE_NONE_THERE, /* no items */
	TROUBLE_EMPTY,      /* an item */
	TROUBLE_MANY,       /* items */
	TROUBLE_LONG,       /* an item, in tokens */
	TROUBLE_MUCH,       /* all items, in tokens */
	TROUBLE_POISON,     /* an item, for what it says */
};

struct embed_fault {
	enum embed_trouble trouble;
	const char *where; /* the item's, or all items' place in the request */
	int64_t got;
	int64_t most;
};

/* What a vendor has: in the row of its dialect. */
struct embedder {
	const char *input; /* the member that holds the items, as messages call it */
	int64_t items;     /* the ceilings, 0: none */
	int64_t item_tokens;
	int64_t tokens;
	bool truncates; /* cuts an item that is too long, unless it is asked not to */
	bool has_index; /* vectors say whose they are */
	bool is_bare;   /* vectors are no members of objects */

	/* Fills in status, type, code, parameter and message of a refusal. */
	void (*say)(struct api_error *e, const struct embed_fault *fault);
};

/* In which forms vectors are wanted. */
enum embed_form { EMBED_FLOATS = 1, EMBED_BASE64 = 2 };

#define EMBED_WHERE_BYTES 64

struct embed {
	const struct embed_opts *options; /* borrowed; NULL until embed_refuse */
	struct span *items;               /* owned; the texts are borrowed from the ask's tree */
	size_t items_n;
	size_t items_cap;
	int64_t dimensions; /* 0: as the options say */
	unsigned forms;     /* of enum embed_form */
	bool truncates;
	bool is_normalized; /* the length is asked to be 1 */
	bool is_single;     /* the answer has one vector, not a list */
	bool is_compact;    /* JSON on one line, where it is not usual */
	char where[EMBED_WHERE_BYTES];
};

/* A walk along the vectors that an answer has. */
struct embed_walk {
	size_t seen_n;
	size_t written_n;
};

/* == Reading == */

/* Makes the request one for vectors, none so far. */
void embed_start(struct ask *ask);

/* Adds an item, which must be a string of the ask's tree. False if it is none. */
bool embed_put_item(struct ask *ask, const json_t *text);

/* Reads the items from a member: a string or a list; an element may be an object with a text. */
bool embed_read_items(struct ask *ask, const char *name, struct api_error *e);

/* Reads how many numbers are wanted from a member that may be absent. */
bool embed_read_dimensions(
	struct ask *ask, const json_t *from, const char *name, struct api_error *e);

/* Frees it; NULL is fine. */
void embed_free(struct embed *embed);

/* == Deciding == */

/*
 * Sets the options, which are borrowed. True, with *reply filled (the caller releases it), if the
 * request is to be refused for the number or the size of its items.
 */
bool embed_refuse(struct ask *ask, const struct embed_opts *options, struct reply *reply);

/* Likewise, if it is to be refused for what an item says: [[mock:poison]]. */
bool embed_refuse_poison(const struct ask *ask, struct reply *reply);

/* Fills *e as plain-spoken vendors do; what `say` of a row falls back to. */
void embed_say(struct api_error *e, const struct embed_fault *fault);

/* == Writing == */

/*
 * Gives the next item whose vector is to be written, in *i, and appends what stands before it;
 * false if there are no more. A walk begins zeroed.
 */
bool embed_next(struct buf *out, const struct answer *a, struct embed_walk *walk, size_t *i);

/* Appends item i's vector in that form, or what its script or --embed-rogue puts there. */
void embed_put_vector(struct buf *out, const struct answer *a, size_t i, enum embed_form form);

/* Appends a list of all vectors in that form. */
void embed_put_list(struct buf *out, const struct answer *a, enum embed_form form);

/* True if what is told of item i has no member for its vector. */
bool embed_is_memberless(const struct answer *a, size_t i);
