/* SPDX-License-Identifier: MIT */
/*
 * Who is in which group, and which group is next. A record's key leads to its group through a
 * table; with sorted input there is one group that takes members, and no table. A group begins with
 * its first member that is none of those left out, so that it has something to say, and its number
 * is its turn.
 *
 * What a fold holds is counted as it is held: items that wait, packs that nobody has taken, and the
 * groups themselves, since a million keys are as heavy as a million items.
 */
#include "engine/fold.h"

#include "base/hash.h"
#include "base/lookup.h"
#include "base/xalloc.h"
#include "engine/fold_group.h"
#include "engine/fold_member.h"

#include <assert.h>
#include <stdlib.h>

#define GROUP_OF(node) LOOKUP_ENTRY(node, struct fold_group, same)

struct fold {
	const struct fold_opts *opts;
	const struct step *step;
	struct fold_load load;
	struct fold_member member; /* the record that is being absorbed */

	struct lookup groups;       /* those that take members, by their names */
	struct fold_group *current; /* sorted: the one that takes members; else NULL */
	uint64_t seed;

	struct list_node begun;  /* groups in the order in which they began, none taken */
	struct list_node done;   /* unordered: groups as they were done, none taken */
	struct list_node busy;   /* groups with packs that are ready */
	struct list_node doomed; /* packs that are out in vain */
	uint64_t begun_n;
	uint64_t dropped_n; /* members that were left out */
	uint64_t cuts_n;    /* members whose items were cut */
	size_t groups_n;    /* in begun and done */
	size_t out_n;       /* packs that were taken and have not come back */
	bool has_ended;
	bool is_abandoned;
};

struct fold *fold_new(const struct fold_opts *opts, const struct plan *plan)
{
	struct fold *f = xmalloc(sizeof *f);
	assert(opts->fan_in >= 2 && plan->steps_n == 1);
	*f = (struct fold){ .opts = opts, .step = &plan->steps[0], .seed = (uintptr_t)f };
	fold_member_init(&f->member);
	list_init(&f->begun);
	list_init(&f->done);
	list_init(&f->busy);
	list_init(&f->doomed);
	return f;
}

static void free_groups(struct list_node *list)
{
	struct list_node *node;
	while ((node = list_take(list)))
		fold_group_free(LIST_ENTRY(node, struct fold_group, turn));
}

void fold_free(struct fold *f)
{
	if (!f)
		return;
	assert(f->out_n == 0);
	free_groups(&f->begun);
	free_groups(&f->done);
	assert(f->load.bytes == 0 && f->load.packs_n == 0);
	fold_member_release(&f->member);
	lookup_release(&f->groups);
	free(f);
}

/* == Groups == */

/* Gives the group of that name, which takes members, or NULL. */
static struct fold_group *find_named(const struct fold *f, struct span name, uint64_t hash)
{
	struct lookup_node *node = lookup_find(&f->groups, hash);
	while (node && !span_equals(fold_group_name(GROUP_OF(node)), name))
		node = lookup_next(node);
	return node ? GROUP_OF(node) : NULL;
}

static bool is_over(const struct fold *f, const struct fold_group *g)
{
	return f->is_abandoned || fold_group_is_over(g);
}

/* Something has happened to the group: puts it to where it belongs now. */
static void place(struct fold *f, struct fold_group *g)
{
	struct list_node *pack;
	while (g->failure.code != ERROR_NONE && (pack = list_take(&g->out)))
		list_put(&f->doomed, pack);
	if (g->tree.ready_n == 0)
		list_remove(&g->busy);
	else if (list_is_empty(&g->busy))
		list_put(&f->busy, &g->busy);
	if (!f->opts->is_unordered || g->is_done || g->is_taken || !is_over(f, g))
		return;
	g->is_done = true;
	list_remove(&g->turn);
	list_put(&f->done, &g->turn);
}

static void end_group(struct fold *f, struct fold_group *g)
{
	fold_group_end(g);
	place(f, g);
}

/* Gives the group of the member's key; NULL = there is none that takes members. */
static struct fold_group *find_group(struct fold *f, uint64_t hash)
{
	struct span name = buf_span(&f->member.name);
	if (!f->opts->is_sorted)
		return find_named(f, name, hash);
	struct fold_group *g = f->current;
	if (g && !span_equals(fold_group_name(g), name)) {
		f->current = NULL;
		end_group(f, g);
	}
	return f->current;
}

/* The group has its first member, of that line. */
static void begin_group(struct fold *f, struct fold_group *g, uint64_t hash, uint64_t line)
{
	g->seq = f->begun_n++;
	g->line = line;
	f->groups_n++;
	list_put(&f->begun, &g->turn);
	if (f->opts->is_sorted)
		f->current = g;
	else
		lookup_put(&f->groups, &g->same, hash);
}

/* == Records in == */

/* Puts the member's item into the group, in pieces if it does not fit in one. */
static void put_items(const struct fold_member *m, struct fold_group *g, uint64_t line)
{
	const struct fold_room *room = &g->tree.room;
	struct span text = buf_span(&m->item);
	if (fold_room_fits(room, m->cost)) {
		fold_group_put(g, text, m->cost, line);
		return;
	}
	while (text.n > 0) {
		struct span piece = { text.at, fold_room_piece(room, text) };
		fold_group_put(g, piece, fold_room_cost(room, piece), line);
		text = (struct span){ text.at + piece.n, text.n - piece.n };
	}
}

static void add_member(struct fold *f, struct fold_group *g, uint64_t line)
{
	const struct fold_member *m = &f->member;
	g->count++;
	if (g->failure.code != ERROR_NONE)
		return;
	if (m->error == ERROR_NONE)
		put_items(m, g, line);
	else
		fold_group_fail(g, m->error,
			xasprintf("a member failed: line %llu: %s", (unsigned long long)line,
				m->fault));
	place(f, g);
}

bool fold_absorb(struct fold *f, struct record *r)
{
	struct fold_member *m = &f->member;
	assert(!f->has_ended);
	if (!fold_member_read_key(m, f->opts, r))
		return false;
	struct span name = buf_span(&m->name);
	uint64_t hash = f->opts->is_sorted ? 0 : hash_bytes(name, f->seed);
	struct fold_group *g = find_group(f, hash);
	bool is_new = !g;
	if (is_new)
		g = fold_group_new(buf_span(&m->key), name, f->step, f->opts->fan_in, &f->load);
	fold_member_make_item(m, &f->opts->item, &g->tree.room, r);
	f->cuts_n += m->is_cut;
	bool is_left_out = f->opts->drops && m->error != ERROR_NONE;
	if (is_new && is_left_out)
		fold_group_free(g);
	else if (is_new)
		begin_group(f, g, hash, r->line);
	if (is_left_out)
		f->dropped_n++;
	else
		add_member(f, g, r->line);
	record_free(r);
	return true;
}

void fold_end(struct fold *f)
{
	struct list_node *next;
	f->has_ended = true;
	for (struct list_node *node = f->begun.next; node != &f->begun; node = next) {
		next = node->next;
		struct fold_group *g = LIST_ENTRY(node, struct fold_group, turn);
		if (!g->has_ended)
			end_group(f, g);
	}
}

/* == Packs == */

struct record *fold_take_pack(struct fold *f)
{
	if (list_is_empty(&f->busy))
		return NULL;
	struct fold_group *g = LIST_ENTRY(f->busy.next, struct fold_group, busy);
	struct record *pack = fold_group_take_pack(g);
	f->out_n++;
	place(f, g);
	return pack;
}

void fold_settle(struct fold *f, struct record *pack)
{
	struct fold_group *g = fold_group_of(pack);
	f->out_n--;
	fold_group_settle(g, pack);
	place(f, g);
	if (g->is_taken && g->out_n == 0)
		fold_group_free(g);
}

struct record *fold_take_doomed(struct fold *f)
{
	struct list_node *node = list_take(&f->doomed);
	return node ? LIST_ENTRY(node, struct fold_pack, link)->record : NULL;
}

/* == Groups out == */

/* Gives the group whose turn it is and whose record is known; NULL if there is none. */
static struct fold_group *next_group(const struct fold *f)
{
	const struct list_node *list = f->opts->is_unordered ? &f->done : &f->begun;
	if (list_is_empty(list))
		return NULL;
	struct fold_group *g = LIST_ENTRY(list->next, struct fold_group, turn);
	return is_over(f, g) ? g : NULL;
}

struct record *fold_take_group(struct fold *f)
{
	struct fold_group *g = next_group(f);
	if (!g)
		return NULL;
	struct record *r = fold_group_conclude(g);
	list_remove(&g->turn);
	f->groups_n--;
	if (g->out_n == 0)
		fold_group_free(g);
	return r;
}

void fold_abandon(struct fold *f, enum error_code code, const char *message)
{
	struct list_node *next;
	f->has_ended = f->is_abandoned = true;
	for (struct list_node *node = f->begun.next; node != &f->begun; node = next) {
		next = node->next;
		struct fold_group *g = LIST_ENTRY(node, struct fold_group, turn);
		if (!fold_group_is_over(g))
			fold_group_fail(g, code, xstrdup(message));
		place(f, g);
	}
}

/* == Counts == */

uint64_t fold_bytes(const struct fold *f)
{
	return f->load.bytes;
}

bool fold_is_full(const struct fold *f)
{
	return f->load.bytes > f->opts->max_bytes;
}

bool fold_is_stuck(const struct fold *f)
{
	return fold_is_full(f) && f->load.packs_n == 0 && f->out_n == 0 && !next_group(f);
}

uint64_t fold_cuts_n(const struct fold *f)
{
	return f->cuts_n;
}

uint64_t fold_dropped_n(const struct fold *f)
{
	return f->dropped_n;
}

size_t fold_groups_n(const struct fold *f)
{
	return f->groups_n;
}

size_t fold_packs_n(const struct fold *f)
{
	return f->load.packs_n;
}
