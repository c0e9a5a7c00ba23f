/* SPDX-License-Identifier: MIT */
#include "engine/fold_group.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

/* What stands around key and items in a record, at most. */
enum { FRAME_BYTES = 128 };

static size_t weight(const struct fold_group *g)
{
	return sizeof *g + g->key_n + g->name_n;
}

struct fold_group *fold_group_new(struct span key, struct span name, const struct step *step,
	int64_t fan_in, struct fold_load *load)
{
	struct fold_group *g = xmalloc(sizeof *g);
	struct fold_room room;
	bool is_same = span_equals(key, name);
	*g = (struct fold_group){
		.step = step->name,
		.key = xmalloc(key.n + (is_same ? 0 : name.n)),
		.key_n = key.n,
		.name_n = is_same ? 0 : name.n,
		.usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL },
	};
	memcpy(g->key, key.at, key.n);
	memcpy(g->key + key.n, name.at, g->name_n);
	list_init(&g->turn);
	list_init(&g->busy);
	list_init(&g->out);
	fold_room_init(&room, step, key);
	fold_tree_init(&g->tree, fan_in, &room, load);
	g->tree.owner = g;
	load->bytes += weight(g);
	return g;
}

void fold_group_free(struct fold_group *g)
{
	assert(g->out_n == 0);
	g->tree.load->bytes -= weight(g);
	fold_tree_release(&g->tree);
	free(g->failure.message);
	free(g->key);
	free(g);
}

struct span fold_group_key(const struct fold_group *g)
{
	return (struct span){ g->key, g->key_n };
}

struct span fold_group_name(const struct fold_group *g)
{
	return g->name_n ? (struct span){ g->key + g->key_n, g->name_n } : fold_group_key(g);
}

void fold_group_fail(struct fold_group *g, enum error_code code, char *message)
{
	assert(code != ERROR_NONE);
	if (g->failure.code != ERROR_NONE) {
		free(message);
		return;
	}
	g->failure.code = code;
	g->failure.message = message;
	fold_tree_release(&g->tree);
}

/* The tree may have found that nothing can come of it. */
static void heed_fault(struct fold_group *g)
{
	struct fold_tree *t = &g->tree;
	if (t->error == ERROR_NONE)
		return;
	char *fault = t->fault;
	t->fault = NULL;
	g->failure.step = g->step;
	fold_group_fail(g, t->error, fault);
}

void fold_group_put(struct fold_group *g, struct span text, double cost, uint64_t line)
{
	if (g->failure.code == ERROR_NONE)
		fold_tree_put_leaf(&g->tree, text, cost, line);
}

void fold_group_end(struct fold_group *g)
{
	g->has_ended = true;
	if (g->failure.code != ERROR_NONE)
		return;
	fold_tree_end(&g->tree);
	heed_fault(g);
}

/* == Packs == */

/* Gives a scanned record of the text, which is JSON and is released. */
static struct record *make_record(const struct fold_group *g, struct buf *text, uint64_t line)
{
	assert(!text->is_full);
	struct record *r = record_new(buf_span(text));
	buf_release(text);
	record_scan(r);
	assert(r->value.at);
	r->seq = g->seq;
	r->line = line;
	return r;
}

/* Starts a record's text with the key. */
static void put_key(const struct fold_group *g, struct buf *text, size_t more)
{
	buf_init(text, g->key_n + more + FRAME_BYTES);
	buf_reserve(text, text->max);
	buf_put_str(text, "{\"key\":");
	buf_put_span(text, fold_group_key(g));
}

struct record *fold_group_take_pack(struct fold_group *g)
{
	struct fold_pack *pack = fold_tree_take_pack(&g->tree);
	struct buf text;
	if (!pack)
		return NULL;
	put_key(g, &text, pack->items.text.len);
	buf_put_str(&text, ",\"items\":\"");
	buf_put_span(&text, buf_span(&pack->items.text));
	buf_put_str(&text, "\"}");
	buf_release(&pack->items.text);
	struct record *r = make_record(g, &text, pack->items.first_line);
	r->owner = pack;
	pack->record = r;
	list_put(&g->out, &pack->link);
	g->out_n++;
	return r;
}

struct fold_group *fold_group_of(const struct record *pack)
{
	const struct fold_pack *p = pack->owner;
	return p->owner;
}

/* Adds up what a pack's calls used, those excepted that another call has paid. */
static void count_calls(struct fold_group *g, const struct record *r)
{
	for (unsigned i = 0; i < r->stages_n; i++) {
		const struct stage *s = &r->stages[i];
		for (unsigned j = 0; j < s->calls_n; j++) {
			const struct call *c = &s->calls[j];
			if (c->is_shared)
				continue; /* another group's pack has made it, and has it counted */
			g->failure.attempts_n += c->attempts_n;
			g->usage = usage_sum(g->usage, c->answer.usage);
		}
	}
}

/* A pack that was not answered is the group's failure. */
static void fail_with_pack(struct fold_group *g, const struct fold_pack *pack, struct record *r)
{
	const struct failure *f = &r->failure;
	bool is_known = r->fate == FATE_FAILED;
	char *message = xasprintf("combining lines %llu-%llu (level %u): %s",
		(unsigned long long)pack->items.first_line,
		(unsigned long long)pack->items.last_line, pack->level + 1,
		is_known && f->message ? f->message : "it was not answered");
	if (g->failure.code == ERROR_NONE) {
		g->failure.status = f->status;
		g->failure.step = f->step;
	}
	fold_group_fail(g, is_known ? f->code : ERROR_CANCELLED, message);
}

void fold_group_settle(struct fold_group *g, struct record *r)
{
	struct fold_pack *pack = r->owner;
	assert(g->out_n > 0 && r->fate != FATE_OPEN);
	g->out_n--;
	count_calls(g, r);
	if (r->fate != FATE_ANSWERED) {
		fail_with_pack(g, pack, r);
	} else if (g->failure.code == ERROR_NONE) {
		struct stage *s = &r->stages[0];
		fold_tree_put_answer(&g->tree, pack, &s->calls[s->chosen]);
		heed_fault(g);
	}
	fold_pack_free(pack);
	record_free(r);
}

/* == Its own record == */

bool fold_group_is_over(const struct fold_group *g)
{
	bool has_failed = g->failure.code != ERROR_NONE;
	return g->has_ended && g->out_n == 0 && (has_failed || g->tree.is_done);
}

/* Puts the last pack's answer into the record's only stage. */
static void put_answer(struct fold_group *g, struct record *r)
{
	record_add_stages(r, 1);
	struct stage *s = &r->stages[0];
	record_add_calls(r, s, 1);
	struct call *c = &s->calls[0];
	fold_tree_take_answer(&g->tree, c);
	c->answer.usage = g->usage;
	c->attempts_n = g->failure.attempts_n;
	c->is_settled = true;
	s->state = STAGE_ANSWERED;
	s->answered_n = 1;
	r->held_bytes += call_weight(c);
	r->fate = FATE_ANSWERED;
}

struct record *fold_group_conclude(struct fold_group *g)
{
	struct buf text;
	bool has_failed = g->failure.code != ERROR_NONE;
	put_key(g, &text, 0);
	buf_put_str(&text, ",\"count\":");
	buf_put_int(&text, (long long)g->count);
	buf_put_str(&text, ",\"levels\":");
	buf_put_int(&text, has_failed ? 0 : (long long)fold_tree_levels_n(&g->tree));
	buf_put_char(&text, '}');
	struct record *r = make_record(g, &text, g->line);
	if (has_failed) {
		r->fate = FATE_FAILED;
		r->failure = g->failure;
		g->failure.message = NULL;
	} else {
		put_answer(g, r);
	}
	g->is_taken = true;
	fold_tree_release(&g->tree);
	return r;
}
