/* SPDX-License-Identifier: MIT */
/*
 * item: one text of a pack, with all calls that want its vector.
 *
 * A pack is a request that carries several texts. Made by the engine when a call comes in; belongs
 * to the request that carries it. Calls that ask for the very same text have the same item.
 */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "base/lookup.h"
#include "base/span.h"
#include "work/entry.h"

#include <stdbool.h>

struct record;
struct request;

struct item {
	struct list_node link;       /* among its request's items */
	struct request *request;     /* borrowed: what carries it */
	unsigned calls_n;            /* of its request's calls, those that it is the text of */
	struct span text;            /* escaped, not empty; in own, or in the bytes of... */
	const struct record *source; /* ...this record, borrowed; NULL = in own */
	struct buf own;              /* owned */
	double tokens;               /* about how many it is; 0 = nobody has asked */
	int64_t input;               /* its part of the tokens that its pack was; -1 = not known */
	unsigned place;              /* in the body that was written last: vectors come by it */
	struct entry_key key;        /* for the cache: what asking for it alone would be */
	bool has_key;                /* it is known */
	bool is_blamed;              /* a refusal of its pack named it */
	bool is_given;               /* the first of its calls has got the vector */
	struct lookup_node same;     /* by its text, if it may be shared */
};

/* Gives an empty one. */
struct item *item_new(void);

/* Gives about how many tokens the text is. */
double item_tokens(struct item *item);

/* Makes the text its own, before the record that it lies in goes. */
void item_keep(struct item *item);

/* Frees it; it is in no list any more. */
void item_free(struct item *item);
