/* SPDX-License-Identifier: MIT */
/*
 * fold_tree: one group's items on their way to one.
 *
 * Level 0 has the leaves; the answer to a pack of level L is an item of level L + 1, at the pack's
 * position. What the packs are depends on the items and their order only, not on when answers come.
 * Knows nothing of keys, records or the group's failure. The loop's thread.
 *
 * Invariants, by level: open holds fewer than fan_in items; positions below `next` are packed or in
 * open, those from `next` on to `assigned` are awaited or, come too early, in the ring.
 */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "engine/fold_room.h"
#include "work/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all trees of a fold hold together. */
struct fold_load {
	uint64_t bytes; /* of items that wait, and of what holds them */
	size_t packs_n; /* ready to be taken */
};

struct record;

/* Items, one or several, as one text. */
struct fold_bundle {
	struct buf text;                /* owned, escaped: an escaped newline between two items */
	double cost;                    /* of all together; see fold_room */
	int64_t items_n;                /* 0 = there is none */
	uint64_t first_line, last_line; /* of the input, that they came of */
};

/* Items that are to be combined. */
struct fold_pack {
	struct list_node link; /* among the ready, or those that were taken, or the doomed */
	void *owner;           /* whose tree it is; carried only */
	struct record *record; /* borrowed: what it is asked as, once it is taken */
	unsigned level;        /* that its items are of */
	uint64_t position;     /* of its answer in the level above */
	struct fold_bundle items;
};

struct fold_level {
	struct fold_bundle open;  /* the next pack, as far as it has come */
	uint64_t next;            /* position of the item that goes in next */
	uint64_t assigned;        /* positions that have been given to packs of the level below */
	struct fold_bundle *ring; /* owned: items that came early, at position modulo ring_n */
	size_t ring_n;            /* a power of two >= assigned - next, or 0 */
};

struct fold_tree {
	int64_t fan_in;
	struct fold_room room;
	struct fold_load *load; /* borrowed */
	uint64_t bytes;         /* its part of load->bytes */
	void *owner;            /* for its packs */

	struct fold_level *levels; /* owned */
	unsigned levels_n;
	struct list_node ready; /* packs */
	size_t ready_n;
	struct call *last; /* owned: whose answer is the only item of the highest level, and may be
			      the group's; else NULL */
	bool has_ended;    /* no more leaves come */
	bool is_done;      /* `last` is the answer */

	enum error_code error; /* why no tree can come of it; ERROR_NONE = it can */
	char *fault;           /* owned: the same in words */
};

/* Makes a tree without leaves; fan_in >= 2. Keeps a copy of room, borrows load. */
void fold_tree_init(
	struct fold_tree *t, int64_t fan_in, const struct fold_room *room, struct fold_load *load);

/* Adds a leaf: escaped text, borrowed, which fits into a pack at that cost. */
void fold_tree_put_leaf(struct fold_tree *t, struct span text, double cost, uint64_t line);

/* No more leaves will come. */
void fold_tree_end(struct fold_tree *t);

/* Gives a pack that is ready, with its items; NULL = none is. The caller's; fold_pack_free. */
struct fold_pack *fold_tree_take_pack(struct fold_tree *t);

/*
 * Takes what a pack taken before was answered, out of the call, which was answered. The tree has an
 * error then if the answer has no text, or so much that it will never go with another into a pack.
 */
void fold_tree_put_answer(struct fold_tree *t, const struct fold_pack *pack, struct call *call);

/* Moves the answer of a tree that is done into a call that has none, with how it came. Once. */
void fold_tree_take_answer(struct fold_tree *t, struct call *call);

/* Gives how many levels of packs there were. */
unsigned fold_tree_levels_n(const struct fold_tree *t);

/* Frees all that t holds, and makes it useless; again is fine. */
void fold_tree_release(struct fold_tree *t);

/* Frees a pack; fine on NULL. */
void fold_pack_free(struct fold_pack *pack);
