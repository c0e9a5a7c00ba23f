/* SPDX-License-Identifier: MIT */
/*
 * fold_group: the records of one key, from the first member to the group's own record.
 *
 * Makes packs into records and answered packs into items of its tree, and sums what they used. A
 * group that has failed keeps nothing but its key and its count. Knows nothing of other groups. The
 * loop's thread.
 */
#pragma once

#include "base/list.h"
#include "base/lookup.h"
#include "engine/fold_tree.h"
#include "work/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fold_group {
	struct fold_tree tree;
	const char *step; /* borrowed: the name of what combines */
	char *key; /* owned: as it stood in the first member, JSON on one line; behind it is `name`
		    */
	size_t key_n;
	size_t name_n;          /* of what equal keys share (fold_member.h); 0 = `key` is that */
	uint64_t seq;           /* groups are numbered as they begin */
	uint64_t line;          /* of the first member */
	uint64_t count;         /* members, failed ones included */
	size_t out_n;           /* packs that were taken and have not come back */
	struct list_node out;   /* those of them that are still of use */
	bool has_ended;         /* no more members come */
	bool is_taken;          /* its record has left; it waits for its packs only */
	struct usage usage;     /* of all its calls */
	struct failure failure; /* its code, ERROR_NONE if there is none; attempts_n in any case */

	/* The fold's part. */
	struct lookup_node same; /* among those that take members */
	struct list_node turn;   /* among those that were not taken, or are done */
	struct list_node busy;   /* among those with packs that are ready */
	bool is_done;            /* among those that are done */
};

/*
 * Makes a group without members that is folded by the step, borrowed. Keeps copies of key and name,
 * borrows load, in which it counts what it holds.
 */
struct fold_group *fold_group_new(struct span key, struct span name, const struct step *step,
	int64_t fan_in, struct fold_load *load);

/* Gives the key, borrowed: JSON on one line. */
struct span fold_group_key(const struct fold_group *g);

/* Gives what equal keys share, borrowed. */
struct span fold_group_name(const struct fold_group *g);

/* Fails the group unless it has failed before, and frees what waits in it. Takes message. */
void fold_group_fail(struct fold_group *g, enum error_code code, char *message);

/* Adds an item of a member: escaped text, borrowed, which fits. Nothing if the group has failed. */
void fold_group_put(struct fold_group *g, struct span text, double cost, uint64_t line);

/* No more members will come. */
void fold_group_end(struct fold_group *g);

/* Gives a pack that is ready as a scanned record; NULL = none is. The caller's. */
struct record *fold_group_take_pack(struct fold_group *g);

/* Gives the group of a record that fold_group_take_pack gave. */
struct fold_group *fold_group_of(const struct record *pack);

/* Takes such a record back, with its fate. */
void fold_group_settle(struct fold_group *g, struct record *pack);

/* True if the group has its answer, or has failed, and no pack of it is out. */
bool fold_group_is_over(const struct fold_group *g);

/* Gives the group's own record, with its fate. Once. The caller's. */
struct record *fold_group_conclude(struct fold_group *g);

/* Frees g; no pack may be out. */
void fold_group_free(struct fold_group *g);
