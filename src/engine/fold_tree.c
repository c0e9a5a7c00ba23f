/* SPDX-License-Identifier: MIT */
/*
 * A level fills one bundle at a time, in the order of positions: an answer that comes early waits
 * in a ring until those before it have come. A bundle becomes a pack when it has fan_in items, when
 * the next item does not fit any more, or when it is known that nothing follows. Each of these is a
 * property of the items in their order, so the packs are the same whatever the timing.
 *
 *     level 3   F                           the only one: the answer
 *     level 2   (E             D)
 *     level 1   (A      B      C)      D    left over alone: it goes up as it is
 *     level 0   (a b c) (d e f) (g h i) (j) leaves
 *
 * Nothing follows on a level when the leaves have ended and all levels below have packed all they
 * had and been answered. What is then left over alone, and is not the level's only item, goes up.
 *
 * It ends: on level 1 and above an item costs at most half of a pack, unless it is alone on its
 * level. So of n >= 2 items each pack takes two at least, but for one left over, and the level
 * above has n / 2 rounded up at most.
 */
#include "engine/fold_tree.h"

#include "base/xalloc.h"
#include "json/compact.h"
#include "json/text.h"

#include <assert.h>
#include <stdlib.h>

/* Between items. */
#define SEPARATOR "\\n"

/* The ceiling of texts here is that of all that wait, which the fold's user heeds. */
#define TEXT_MAX_BYTES (SIZE_MAX / 2)

static void hold(struct fold_tree *t, size_t bytes)
{
	t->bytes += bytes;
	t->load->bytes += bytes;
}

static void let_go(struct fold_tree *t, size_t bytes)
{
	assert(bytes <= t->bytes && bytes <= t->load->bytes);
	t->bytes -= bytes;
	t->load->bytes -= bytes;
}

/* Moves the items out of where they are. */
static struct fold_bundle take_bundle(struct fold_bundle *from)
{
	struct fold_bundle bundle = *from;
	*from = (struct fold_bundle){ 0 };
	return bundle;
}

static void drop_last(struct fold_tree *t)
{
	if (!t->last)
		return;
	let_go(t, sizeof *t->last + call_weight(t->last));
	call_release(t->last);
	free(t->last);
	t->last = NULL;
}

static void add_level(struct fold_tree *t)
{
	t->levels = xrealloc(t->levels, t->levels_n + 1, sizeof *t->levels);
	t->levels[t->levels_n++] = (struct fold_level){ 0 };
	hold(t, sizeof *t->levels);
}

void fold_tree_init(
	struct fold_tree *t, int64_t fan_in, const struct fold_room *room, struct fold_load *load)
{
	assert(fan_in >= 2);
	*t = (struct fold_tree){ .fan_in = fan_in, .room = *room, .load = load };
	list_init(&t->ready);
	add_level(t);
}

static struct fold_bundle *slot_of(const struct fold_level *level, uint64_t position)
{
	return &level->ring[position & (level->ring_n - 1)];
}

/* Makes the ring large enough for all positions that are awaited. */
static void widen(struct fold_tree *t, struct fold_level *level)
{
	struct fold_level wide = *level;
	if (level->assigned - level->next <= level->ring_n)
		return;
	wide.ring_n = level->ring_n ? level->ring_n * 2 : 1;
	wide.ring = xcalloc(wide.ring_n, sizeof *wide.ring);
	hold(t, (wide.ring_n - level->ring_n) * sizeof *wide.ring);
	for (uint64_t at = level->next; at < level->next + level->ring_n; at++)
		*slot_of(&wide, at) = *slot_of(level, at);
	free(level->ring);
	*level = wide;
}

/* Gives the next position of the level, which there may not be yet. */
static uint64_t assign(struct fold_tree *t, unsigned l)
{
	if (l == t->levels_n)
		add_level(t);
	struct fold_level *level = &t->levels[l];
	uint64_t position = level->assigned++;
	widen(t, level);
	/* whoever was alone there is not the last any more */
	if (position == 1)
		drop_last(t);
	return position;
}

/* Makes a pack of what is open. */
static void close_pack(struct fold_tree *t, unsigned l)
{
	struct fold_pack *pack = xmalloc(sizeof *pack);
	*pack = (struct fold_pack){
		.owner = t->owner,
		.level = l,
		.items = take_bundle(&t->levels[l].open),
		.position = assign(t, l + 1),
	};
	list_put(&t->ready, &pack->link);
	t->ready_n++;
	t->load->packs_n++;
}

/* Adds an item, whose text is borrowed and whose lines and cost `item` tells, to what is open. */
static void add_item(
	struct fold_tree *t, unsigned l, struct span text, const struct fold_bundle *item)
{
	if (t->levels[l].open.items_n > 0 &&
		!fold_room_fits(&t->room, t->levels[l].open.cost + item->cost))
		close_pack(t, l);
	struct fold_bundle *open = &t->levels[l].open;
	size_t before = open->text.len;
	if (open->items_n == 0) {
		buf_init(&open->text, TEXT_MAX_BYTES);
		open->first_line = item->first_line;
	} else {
		buf_put_str(&open->text, SEPARATOR);
	}
	buf_put_span(&open->text, text);
	hold(t, open->text.len - before);
	open->cost += item->cost;
	open->last_line = item->last_line;
	if (++open->items_n == t->fan_in)
		close_pack(t, l);
}

void fold_tree_put_leaf(struct fold_tree *t, struct span text, double cost, uint64_t line)
{
	const struct fold_bundle item = { .cost = cost, .first_line = line, .last_line = line };
	assert(!t->has_ended && fold_room_fits(&t->room, cost));
	add_item(t, 0, text, &item);
}

/* == Answers == */

static void give_up(struct fold_tree *t, enum error_code error, char *fault)
{
	assert(t->error == ERROR_NONE);
	t->error = error;
	t->fault = fault;
}

static char *explain_length(const struct fold_tree *t, const struct fold_bundle *item)
{
	const struct fold_room *room = &t->room;
	double per_item = room->tokens / 2 / room->times - 1;
	char *advice = per_item >= 2
		? xasprintf("make answers shorter (--max-tokens %lld)", (long long)per_item)
		: xstrdup("it leaves too little to combine anything");
	char *text = xasprintf(
		"an answer of %.0f tokens is more than half of what --max-input-tokens leaves to items (%.0f), so that two of them cannot be combined: %s",
		item->cost / room->times - 1, room->tokens > 0 ? room->tokens / room->times : 0.0,
		advice);
	free(advice);
	return text;
}

/* Sees to it that an answer which is not alone on its level can go with another into a pack. */
static void shorten(struct fold_tree *t, struct fold_bundle *item)
{
	struct buf text;
	bool is_cut = t->room.rule == OVERFLOW_CUTS_END || t->room.rule == OVERFLOW_CUTS_MIDDLE;
	if (t->error != ERROR_NONE || fold_room_fits_twice(&t->room, item->cost))
		return;
	buf_init(&text, TEXT_MAX_BYTES);
	if (!is_cut || !fold_room_cut(&t->room, buf_span(&item->text), t->room.tokens / 2, &text)) {
		buf_release(&text);
		give_up(t, ERROR_TOO_LARGE, explain_length(t, item));
		return;
	}
	buf_release(&item->text);
	item->text = text;
	item->cost = fold_room_cost(&t->room, buf_span(&text));
}

/* Adds the item to what is open, if it may be. Takes it. */
static void take_turn(struct fold_tree *t, unsigned l, struct fold_bundle *item)
{
	struct fold_level *level = &t->levels[l];
	if (level->next == 1) {
		/* the first is not alone any more */
		let_go(t, level->open.text.len);
		shorten(t, &level->open);
		hold(t, level->open.text.len);
	}
	if (level->next > 0)
		shorten(t, item);
	if (t->error == ERROR_NONE) {
		level->next++;
		add_item(t, l, buf_span(&item->text), item);
	}
	buf_release(&item->text);
}

/* Adds those items to what is open whose turn it is. */
static void drain_ring(struct fold_tree *t, unsigned l)
{
	for (;;) {
		struct fold_level *level = &t->levels[l];
		if (t->error != ERROR_NONE || level->next == level->assigned ||
			slot_of(level, level->next)->items_n == 0)
			return;
		struct fold_bundle item = take_bundle(slot_of(level, level->next));
		let_go(t, item.text.len);
		take_turn(t, l, &item);
	}
}

/* Puts an item, which is taken, to its position. */
static void put_item(struct fold_tree *t, unsigned l, uint64_t position, struct fold_bundle item)
{
	struct fold_level *level = &t->levels[l];
	assert(position >= level->next && position < level->assigned);
	assert(slot_of(level, position)->items_n == 0);
	hold(t, item.text.len);
	*slot_of(level, position) = item;
	drain_ring(t, l);
}

/* An item that is left over takes part in the level above. */
static void carry_up(struct fold_tree *t, unsigned l)
{
	let_go(t, t->levels[l].open.text.len);
	struct fold_bundle item = take_bundle(&t->levels[l].open);
	uint64_t position = assign(t, l + 1);
	put_item(t, l + 1, position, item);
}

/* Once the leaves have ended: closes, from the bottom up, what nothing can come to any more. */
static void finish(struct fold_tree *t)
{
	for (unsigned l = 0; l < t->levels_n && t->error == ERROR_NONE; l++) {
		const struct fold_level *level = &t->levels[l];
		if (level->next < level->assigned)
			return;
		if (level->open.items_n == 1 && level->assigned == 1) {
			assert(t->last && l == t->levels_n - 1);
			t->is_done = true;
		} else if (level->open.items_n == 1 && l > 0) {
			carry_up(t, l);
		} else if (level->open.items_n > 0) {
			close_pack(t, l);
		}
	}
}

void fold_tree_end(struct fold_tree *t)
{
	t->has_ended = true;
	finish(t);
}

struct fold_pack *fold_tree_take_pack(struct fold_tree *t)
{
	struct list_node *node = list_take(&t->ready);
	if (!node)
		return NULL;
	struct fold_pack *pack = LIST_ENTRY(node, struct fold_pack, link);
	let_go(t, pack->items.text.len);
	t->ready_n--;
	t->load->packs_n--;
	return pack;
}

/* Appends what the answer is as an item. False if it has no text. */
static bool put_text(const struct answer *a, struct buf *out)
{
	if (!a->value.at)
		return a->text.at && buf_put_span(out, a->text);
	struct buf json;
	buf_init(&json, a->value.n + 1);
	bool fits = json_compact(a->value, &json) && json_put_escaped(out, buf_span(&json));
	buf_release(&json);
	return fits;
}

/* Keeps the call's answer, which may be the group's. */
static void keep_last(struct fold_tree *t, struct call *call)
{
	drop_last(t);
	call_compact(call);
	t->last = xmalloc(sizeof *t->last);
	call_init(t->last, NULL, call->step, call->index);
	t->last->attempt = call->attempt;
	t->last->answer = call->answer;
	call->attempt = (struct attempt){ 0 };
	call->answer = (struct answer){ 0 };
	hold(t, sizeof *t->last + call_weight(t->last));
}

void fold_tree_put_answer(struct fold_tree *t, const struct fold_pack *pack, struct call *call)
{
	unsigned l = pack->level + 1;
	struct fold_bundle item = {
		.items_n = 1,
		.first_line = pack->items.first_line,
		.last_line = pack->items.last_line,
	};
	assert(t->error == ERROR_NONE && !t->is_done);
	buf_init(&item.text, TEXT_MAX_BYTES);
	if (!put_text(&call->answer, &item.text)) {
		buf_release(&item.text);
		give_up(t, ERROR_BAD_RESPONSE, xstrdup("the answer has no text"));
		return;
	}
	item.cost = fold_room_cost(&t->room, buf_span(&item.text));
	if (t->levels[l].assigned == 1)
		keep_last(t, call);
	put_item(t, l, pack->position, item);
	if (t->has_ended)
		finish(t);
}

unsigned fold_tree_levels_n(const struct fold_tree *t)
{
	return t->levels_n - 1;
}

void fold_tree_take_answer(struct fold_tree *t, struct call *call)
{
	assert(t->is_done);
	let_go(t, call_weight(t->last));
	call->attempt = t->last->attempt;
	call->answer = t->last->answer;
	t->last->attempt = (struct attempt){ 0 };
	t->last->answer = (struct answer){ 0 };
}

void fold_pack_free(struct fold_pack *pack)
{
	if (!pack)
		return;
	list_remove(&pack->link);
	buf_release(&pack->items.text);
	free(pack);
}

void fold_tree_release(struct fold_tree *t)
{
	struct fold_pack *pack;
	while ((pack = fold_tree_take_pack(t)))
		fold_pack_free(pack);
	drop_last(t);
	for (unsigned l = 0; l < t->levels_n; l++) {
		struct fold_level *level = &t->levels[l];
		buf_release(&level->open.text);
		for (size_t i = 0; i < level->ring_n; i++)
			buf_release(&level->ring[i].text);
		free(level->ring);
	}
	free(t->levels);
	free(t->fault);
	let_go(t, t->bytes);
	t->levels = NULL;
	t->levels_n = 0;
	t->fault = NULL;
}
