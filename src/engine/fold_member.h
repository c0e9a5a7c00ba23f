/* SPDX-License-Identifier: MIT */
/*
 * fold_member: what a record is to its group: the key that it has, and the item that it becomes.
 *
 * One of these is used for record after record, and keeps its memory. The loop's thread.
 */
#pragma once

#include "base/buf.h"
#include "engine/fold_room.h"
#include "work/record.h"

#include <stdbool.h>

struct fold_opts;

struct fold_member {
	struct buf key;        /* JSON on one line, else as it stands in the record */
	struct buf name;       /* what keys share that are the same: strings with equal escapes */
	struct buf item;       /* escaped */
	double cost;           /* of the item, all of it; see fold_room */
	bool is_cut;           /* a part of the item was left out: it is too long */
	enum error_code error; /* why the member failed; ERROR_NONE = it did not */
	char *fault;           /* owned: the same in words; else NULL */
};

/* Makes one that has read nothing. */
void fold_member_init(struct fold_member *m);

/*
 * Reads the key of a record as it came. False, with the record's fate set, if it has none: it is in
 * no group.
 */
bool fold_member_read_key(struct fold_member *m, const struct fold_opts *opts, struct record *r);

/*
 * Makes the item of a record which has a key, or says why there is none. An item that does not fit
 * into the room is cut, if the rule says so, or left for fold_room_piece, if it can be split.
 */
void fold_member_make_item(struct fold_member *m, const struct template *item,
	const struct fold_room *room, const struct record *r);

/* Frees what m holds. */
void fold_member_release(struct fold_member *m);
