/* SPDX-License-Identifier: MIT */
/*
 * fold_room: how many tokens of items --max-input-tokens leaves to a pack, and what to do with an
 * item that needs more.
 *
 * The prompt and the system message with the group's key and no items are taken off; what an item
 * costs is its estimate and one for the newline after it, as often as the templates hold the items.
 * Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stddef.h>

struct fold_room {
	bool is_bounded; /* else all fits and costs nothing */
	double tokens;   /* for the items of a pack; none are left if not above 0 */
	double times;    /* how often the templates hold the items; >= 1 */
	enum overflow_rule rule;
};

/* Measures what the step leaves to a group of that key, JSON. Borrows both. */
void fold_room_init(struct fold_room *room, const struct step *step, struct span key);

/* Gives what the escaped text costs as an item. */
double fold_room_cost(const struct fold_room *room, struct span text);

/* True if items that cost so much together fit into one pack. */
bool fold_room_fits(const struct fold_room *room, double cost);

/*
 * True if an answer of that cost is at most half of a pack. Two such fit together always: that is
 * why a level has fewer items than the one below it, and why a tree ends.
 */
bool fold_room_fits_twice(const struct fold_room *room, double cost);

/*
 * Appends what is left of the escaped text, with a mark where it was cut, if it is cut as the rule
 * says to cost no more than that. False if no text fits beside the mark; out may hold a part.
 */
bool fold_room_cut(const struct fold_room *room, struct span text, double cost, struct buf *out);

/*
 * Gives how many bytes of the escaped text are the next piece that fits into a pack, cut after a
 * space if one is near; all if all fits, 0 if nothing does.
 */
size_t fold_room_piece(const struct fold_room *room, struct span text);
