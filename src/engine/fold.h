/* SPDX-License-Identifier: MIT */
/*
 * fold: many records to one per group, by a tree of model calls (pllm reduce).
 *
 * Takes records in the order of the input, renders each as an item of its group, and packs the
 * items of a group, in their order, up to --fan-in or to the budget of tokens. A pack is a record
 * of its own, {"key":...,"items":"..."}, which the engine asks about like any other; its answer is
 * an item of the next level. A pack closes as soon as it is full, or when nothing more can come to
 * its level. When one item is left in all of a group, that is its answer.
 *
 * The tree depends on nothing but the input: answers wait until those before them are there. An
 * item that is left over alone takes part in the next level as it is, unless it is a group's only
 * one, or a leaf: leaves are always combined.
 *
 * Knows nothing of endpoints or time. The loop's thread.
 *
 *     fold_absorb while not fold_is_full         records come in
 *     fold_take_pack -> ... -> fold_settle       packs go out, and come back
 *     fold_take_group                            groups leave
 *     fold_end, or fold_abandon                  nothing more comes in
 *
 * Identity: what was taken = in packs + waiting for a pack + dropped, alone or with a failed group.
 */
#pragma once

#include "json/path.h"
#include "work/plan.h"
#include "work/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fold_opts {
	struct path by;       /* --by: what makes a group; see has_by */
	bool has_by;          /* else all records are one group, whose key is null */
	struct template item; /* --item: what a record is as an item */
	int64_t fan_in;       /* --fan-in: items of a pack, at most; >= 2 */
	bool is_sorted;       /* --sorted: a group ends where another key comes */
	bool is_unordered;    /* -u: a group leaves as soon as it is done */
	bool drops;           /* --on-error drop: a member that failed is left out */
	uint64_t max_bytes;   /* --group-bytes: see fold_bytes */
};

struct fold;

/*
 * Makes one that folds by the plan's only step, whose prompt is what combines and whose
 * max_input_tokens and on_overflow bound a pack; it has one answer for a pack, no list. Borrows
 * both for its life.
 */
struct fold *fold_new(const struct fold_opts *opts, const struct plan *plan);

/*
 * Takes a record that was read, scanned or broken. True: it is absorbed and freed. False: it is in
 * no group and still the caller's, with its fate set: it leaves by itself.
 */
bool fold_absorb(struct fold *f, struct record *r);

/* No more records will come: all groups end. */
void fold_end(struct fold *f);

/*
 * Gives the next pack to be asked about, a scanned record whose owner is not NULL; NULL = none is
 * ready. The caller gives it back by fold_settle.
 */
struct record *fold_take_pack(struct fold *f);

/* Takes a pack back whose fate is known. */
void fold_settle(struct fold *f, struct record *pack);

/*
 * Gives a pack that was taken, and whose group has failed meanwhile: nobody wants its answer. It is
 * to come back by fold_settle all the same. Each once; NULL = there is none.
 */
struct record *fold_take_doomed(struct fold *f);

/*
 * Gives the record of a group that is done, with its fate, its answer in its only stage, and the
 * usage of all its calls summed; in the order in which the groups began, unless unordered. A group
 * that has failed is done when it has ended and its packs are back. NULL = none is. The caller's.
 */
struct record *fold_take_group(struct fold *f);

/*
 * The run is over: every group that is not done fails with that code, and fold_take_group gives it
 * at once; packs that are out come back as ever. The message is borrowed.
 */
void fold_abandon(struct fold *f, enum error_code code, const char *message);

/* How much waits, for a pack or in one for somebody to take it, with what holds it, and groups. */
uint64_t fold_bytes(const struct fold *f);

/* True if that is more than --group-bytes allows: records are to wait until it is less. */
bool fold_is_full(const struct fold *f);

/* True if it is, and no pack or group under way will make it less: only sorted input would help. */
bool fold_is_stuck(const struct fold *f);

/* How many members' items were cut to --max-input-tokens. */
uint64_t fold_cuts_n(const struct fold *f);

/* How many members were left out. */
uint64_t fold_dropped_n(const struct fold *f);

/* How many groups have begun and were not taken. */
size_t fold_groups_n(const struct fold *f);

/* How many packs are ready to be taken. */
size_t fold_packs_n(const struct fold *f);

/* Frees f with all it holds; packs must have come back. Fine on NULL. */
void fold_free(struct fold *f);
