/* SPDX-License-Identifier: MIT */
#include "fold_rig.h"

#include "base/xalloc.h"
#include "t.h"
#include "work/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 30 };

static void parse(struct template *t, const char *text)
{
	struct err err;
	CHECK(template_parse(t, span_of(text), TEMPLATE_FROM_ARGUMENT, &err));
}

void fold_rig_prepare(struct fold_rig *g, const char *by, int64_t fan_in)
{
	struct err err;
	*g = (struct fold_rig){ .opts = { .fan_in = fan_in, .max_bytes = MANY } };
	rng_init(&g->rng, 1);
	g->step = plan_add_step(&g->plan, "output");
	g->step->has_prompt = true;
	parse(&g->step->prompt, "Merge {{key}}:\\n{{items}}");
	parse(&g->opts.item, "{{v}}");
	g->opts.has_by = by != NULL;
	if (by)
		CHECK(path_parse(&g->opts.by, span_of(by), &err));
}

void fold_rig_open(struct fold_rig *g)
{
	g->f = fold_new(&g->opts, &g->plan);
}

void fold_rig_release(struct fold_rig *g)
{
	CHECK_INT(g->out_n, 0);
	fold_free(g->f);
	path_release(&g->opts.by);
	template_release(&g->opts.item);
	plan_release(&g->plan);
	strings_release(&g->groups);
}

struct record *fold_rig_give(struct fold_rig *g, const char *text)
{
	struct record *r = record_new(span_of(text));
	record_scan(r);
	r->line = ++g->line;
	return fold_absorb(g->f, r) ? NULL : r;
}

void fold_rig_put(struct fold_rig *g, const char *key, const char *value)
{
	char text[4096];
	snprintf(text, sizeof text, "{\"k\":%s,\"v\":\"%s\"}", key, value);
	CHECK(fold_rig_give(g, text) == NULL);
}

static struct span items_of(const struct record *pack)
{
	return json_text_of(json_member(pack->value, SPAN("items")));
}

static uint64_t sum_of(struct span text)
{
	uint64_t hash = 7;
	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3;
	return hash;
}

/* Gives how many tokens a pack's prompt has. */
static double measure(const struct step *step, const struct record *r)
{
	const struct template_scope scope = { .record = r->value };
	struct template_fault why;
	struct buf text;
	double tokens;
	buf_init(&text, MANY);
	CHECK(template_render(&step->prompt, &scope, &text, &why));
	tokens = tokens_estimate(buf_span(&text));
	buf_release(&text);
	return tokens;
}

bool fold_rig_take(struct fold_rig *g)
{
	struct record *r = g->out_n < FOLD_RIG_OUT_MAX ? fold_take_pack(g->f) : NULL;
	if (!r)
		return false;
	double tokens = measure(g->step, r);
	g->out[g->out_n++] = r;
	g->packs_n++;
	g->sum += sum_of(r->text);
	g->largest = tokens > g->largest ? tokens : g->largest;
	CHECK(r->owner != NULL);
	return true;
}

static void take_all(struct fold_rig *g)
{
	while (fold_rig_take(g))
		;
}

/* Writes "(a+b)" for the items a and b. */
static void put_tree(struct buf *out, struct span items)
{
	buf_put_char(out, '(');
	for (size_t i = 0; i < items.n; i++) {
		bool is_feed = items.at[i] == '\\' && items.at[i + 1] == 'n';
		buf_put_char(out, is_feed ? '+' : items.at[i]);
		i += is_feed;
	}
	buf_put_char(out, ')');
}

static struct record *take_out(struct fold_rig *g, size_t i)
{
	struct record *r = g->out[i];
	g->out[i] = g->out[--g->out_n];
	record_add_stages(r, 1);
	record_add_calls(r, &r->stages[0], 1);
	r->stages[0].calls[0].is_settled = true;
	r->stages[0].calls[0].attempts_n = 2;
	return r;
}

void fold_rig_answer(struct fold_rig *g, size_t i)
{
	struct record *r = take_out(g, i);
	struct call *c = &r->stages[0].calls[0];
	answer_init(&c->answer, OUTCOME_ANSWERED);
	buf_init(&c->attempt.answer, MANY);
	for (size_t word = 0; word < g->answer_words; word++)
		buf_put_str(&c->attempt.answer, " word");
	if (!g->answer_words)
		put_tree(&c->attempt.answer, items_of(r));
	if (!g->answer_json)
		c->answer.text = buf_span(&c->attempt.answer);
	else if (*g->answer_json)
		c->answer.value = span_of(g->answer_json);
	c->is_shared = g->is_shared;
	c->answer.usage = (struct usage){ 10, 1, -1, -1, 0, 0, TIER_USUAL };
	r->stages[0].state = STAGE_ANSWERED;
	r->fate = FATE_ANSWERED;
	fold_settle(g->f, r);
}

void fold_rig_refuse(struct fold_rig *g, size_t i, enum error_code code, const char *message)
{
	struct record *r = take_out(g, i);
	r->stages[0].state = STAGE_FAILED;
	record_fail(r, code, xstrdup(message));
	r->failure.status = 429;
	fold_settle(g->f, r);
}

/* Gives what a group was answered, text or value. */
static struct span said_by(const struct record *r)
{
	const struct answer *a = &r->stages[0].calls[0].answer;
	return a->value.at ? a->value : a->text;
}

static void note_group(struct fold_rig *g, const struct record *r)
{
	struct span key = json_member(r->value, SPAN("key"));
	struct span count = json_member(r->value, SPAN("count"));
	struct span levels = json_member(r->value, SPAN("levels"));
	bool has_failed = r->fate == FATE_FAILED;
	struct span text = has_failed ? span_of(r->failure.message) : said_by(r);
	char *line = xasprintf("%.*s %.*s %s%.*s%s%s %.*s", (int)key.n, key.at, (int)count.n,
		count.at, has_failed ? "! " : "", has_failed ? 0 : (int)levels.n, levels.at,
		has_failed ? error_code_name(r->failure.code) : "", has_failed ? ":" : "",
		(int)text.n, text.at);
	strings_add(&g->groups, line);
	free(line);
	g->last_line = r->line;
	g->attempts_n = r->failure.attempts_n;
	g->status = r->failure.status;
	if (has_failed)
		return;
	CHECK_INT(r->stages[0].state, STAGE_ANSWERED);
	g->usage = r->stages[0].calls[0].answer.usage;
	g->attempts_n = r->stages[0].calls[0].attempts_n;
}

void fold_rig_take_groups(struct fold_rig *g)
{
	struct record *r;
	while ((r = fold_take_group(g->f))) {
		note_group(g, r);
		record_free(r);
	}
}

void fold_rig_answer_all(struct fold_rig *g)
{
	while (fold_rig_take(g) || g->out_n > 0) {
		take_all(g);
		fold_rig_answer(g, (size_t)rng_upto(&g->rng, (int64_t)g->out_n - 1));
	}
}

void fold_rig_finish(struct fold_rig *g)
{
	fold_end(g->f);
	fold_rig_answer_all(g);
	fold_rig_take_groups(g);
	CHECK_INT(fold_groups_n(g->f), 0);
	CHECK_INT(fold_bytes(g->f), 0);
}

const char *fold_rig_group(const struct fold_rig *g, size_t i)
{
	return i < g->groups.n ? g->groups.items[i] : NULL;
}
