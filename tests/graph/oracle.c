/* SPDX-License-Identifier: MIT */
/*
 * The contract, worked out a second time: what a step's value is, what a template makes of it, and
 * how a record goes on.
 */
#include "oracle.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = GRAPH_CALLS_MAX, VALUE_MAX_BYTES = 1 << 20 };

/* What a template sees of a step. */
struct value {
	enum { VALUE_TEXT, VALUE_LIST, VALUE_RAW } kind;
	const char *json;             /* of a field that the record came with; else NULL */
	const char *items[ITEMS_MAX]; /* plain; NULL = null; of a text the first is it */
	unsigned items_n;
};

/* fields that records come with */

struct given_field {
	const char *json;
	struct value value;
};

static const struct given_field given_fields[] = {
	{ "\"gi\\u0076en\"",
		{ .kind = VALUE_TEXT,
			.json = "\"gi\\u0076en\"",
			.items = { "given" },
			.items_n = 1 } },
	{ "42", { .kind = VALUE_RAW, .json = "42" } },
	{ "[\"ga\",null,\"gc\"]",
		{ .kind = VALUE_LIST,
			.json = "[\"ga\",null,\"gc\"]",
			.items = { "ga", NULL, "gc" },
			.items_n = 3 } },
};

static const struct given_field *given_field(uint64_t seq, unsigned step)
{
	return &given_fields[(seq * 7 + step * 5 + seq / 3) % 3];
}

const char *graph_given(uint64_t seq, unsigned step)
{
	return given_field(seq, step)->json;
}

/* votes */

static void fold(const char *text, char *out, size_t size)
{
	size_t n = strlen(text), from = 0;
	while (from < n && isspace((unsigned char)text[from]))
		from++;
	while (n > from && isspace((unsigned char)text[n - 1]))
		n--;
	snprintf(out, size, "%.*s", (int)(n - from), text + from);
	for (; *out; out++)
		*out = (char)tolower((unsigned char)*out);
}

static bool is_same_vote(const char *a, const char *b)
{
	char folded[2][ANSWER_MAX_BYTES];
	fold(a, folded[0], sizeof folded[0]);
	fold(b, folded[1], sizeof folded[1]);
	return strcmp(folded[0], folded[1]) == 0;
}

static unsigned votes_like(const struct graph_stage *stage, unsigned n, unsigned which)
{
	unsigned votes = 0;
	for (unsigned i = 0; i < n; i++)
		votes += stage->calls[i].is_answered &&
			is_same_vote(stage->calls[i].text, stage->calls[which].text);
	return votes;
}

/* The earliest of those with the most votes. */
static unsigned elected(const struct graph_stage *stage, unsigned n)
{
	unsigned winner = 0, most = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned votes = stage->calls[i].is_answered ? votes_like(stage, n, i) : 0;
		if (votes > most) {
			most = votes;
			winner = i;
		}
	}
	return winner;
}

/* values */

/* The value of a step that is answered or was given. */
static struct value value_of(const struct graph_track *t, unsigned step)
{
	const struct graph_step *s = &graph.steps[step];
	const struct graph_stage *stage = &t->stages[step];
	unsigned n = graph_calls_n(s);
	struct value v = { .kind = VALUE_TEXT, .items_n = 1 };
	if (t->has >> step & 1)
		return given_field(t->seq, step)->value;
	if (graph_is_list(s)) {
		v.kind = VALUE_LIST;
		v.items_n = n;
		for (unsigned i = 0; i < n; i++)
			v.items[i] = stage->calls[i].is_answered ? stage->calls[i].text : NULL;
	} else if (s->join == JOIN_VOTE) {
		v.items[0] = stage->calls[elected(stage, n)].text;
	} else {
		v.items[0] = stage->calls[s->join == JOIN_FIRST ? stage->first : 0].text;
	}
	return v;
}

static void put_quoted(struct buf *out, const char *plain)
{
	buf_put_char(out, '"');
	run_escape(out, plain, strlen(plain));
	buf_put_char(out, '"');
}

static void put_json(const struct value *v, struct buf *out)
{
	if (v->json) {
		buf_put_str(out, v->json);
		return;
	}
	if (v->kind == VALUE_TEXT) {
		put_quoted(out, v->items[0]);
		return;
	}
	for (unsigned i = 0; i < v->items_n; i++) {
		buf_put_char(out, i ? ',' : '[');
		if (v->items[i])
			put_quoted(out, v->items[i]);
		else
			buf_put_str(out, "null");
	}
	buf_put_char(out, ']');
}

void oracle_put_json(const struct graph_track *t, unsigned step, struct buf *out)
{
	struct value v = value_of(t, step);
	put_json(&v, out);
}

/* templates */

static void put_plain(const struct value *v, bool is_list, struct buf *out)
{
	bool is_first = true;
	if (v->kind == VALUE_RAW || (v->kind == VALUE_LIST && !is_list)) {
		put_json(v, out);
		return;
	}
	if (v->kind == VALUE_TEXT) {
		buf_put_str(out, v->items[0]);
		return;
	}
	for (unsigned i = 0; i < v->items_n; i++) {
		if (!v->items[i])
			continue;
		buf_put_str(out, is_first ? "" : "\n");
		buf_put_int(out, i + 1);
		buf_put_str(out, ". ");
		buf_put_str(out, v->items[i]);
		is_first = false;
	}
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void put_trimmed(const struct value *v, bool is_list, struct buf *out)
{
	struct buf plain;
	buf_init(&plain, VALUE_MAX_BYTES);
	put_plain(v, is_list, &plain);
	struct span text = buf_span(&plain);
	while (text.n > 0 && is_space(*text.at)) {
		text.at++;
		text.n--;
	}
	while (text.n > 0 && is_space(text.at[text.n - 1]))
		text.n--;
	buf_put_span(out, text);
	buf_release(&plain);
}

/* False if the list has no such item, or none that was answered. */
static bool put_item(const struct value *v, int item, struct buf *out)
{
	if (item < 0)
		item += (int)v->items_n;
	if (v->kind != VALUE_LIST || item < 0 || item >= (int)v->items_n || !v->items[item])
		return false;
	buf_put_str(out, v->items[item]);
	return true;
}

static bool put_hole(const struct graph_track *t, const struct graph_hole *h, struct buf *out)
{
	struct value v = value_of(t, h->step);
	bool is_list = graph_is_list(&graph.steps[h->step]);
	bool is_there = true;
	buf_put_str(out, " <");
	if (h->form == HOLE_JSON)
		put_json(&v, out);
	else if (h->form == HOLE_TRIM)
		put_trimmed(&v, is_list, out);
	else if (h->form == HOLE_ITEM)
		is_there = put_item(&v, h->item, out) || h->is_optional;
	else
		put_plain(&v, is_list, out);
	buf_put_char(out, '>');
	return is_there;
}

bool oracle_spell(const struct graph_track *t, unsigned step, bool is_system, struct buf *out)
{
	const struct graph_step *s = &graph.steps[step];
	if (t->kind == RECORD_BARE)
		return false;
	buf_put_char(out, '#');
	buf_put_int(out, (long long)t->seq);
	buf_put_char(out, ' ');
	buf_put_str(out, s->name);
	for (unsigned i = 0; i < s->holes_n; i++)
		if (s->holes[i].is_in_system == is_system && !put_hole(t, &s->holes[i], out))
			return false;
	return true;
}

static bool is_speakable(const struct graph_track *t, unsigned step)
{
	struct buf text;
	buf_init(&text, VALUE_MAX_BYTES);
	bool ok = oracle_spell(t, step, false, &text) &&
		(!graph.steps[step].has_system || oracle_spell(t, step, true, &text));
	buf_release(&text);
	return ok;
}

/* steps */

/* Which steps are needed for what is missing. */
static uint64_t wanted_steps(uint64_t has)
{
	uint64_t wanted = 0;
	for (unsigned i = graph.steps_n; i-- > 0;) {
		unsigned step = graph.topology[i];
		const struct graph_step *s = &graph.steps[step];
		if (s->is_emitted)
			wanted |= UINT64_C(1) << step;
		wanted &= ~(has & UINT64_C(1) << step);
		for (unsigned h = 0; (wanted >> step & 1) && h < s->holes_n; h++)
			wanted |= UINT64_C(1) << s->holes[h].step;
	}
	return wanted & ~has;
}

/* True if the model that the call is for will not be asked any more. */
static bool is_for_dead(const struct graph_step *s, unsigned call)
{
	return graph_dead() >> s->models[call / s->samples_n] & 1;
}

static bool is_failed(const struct graph_call *c, const struct graph_step *s, unsigned call,
	enum certainty certainty)
{
	const struct reply_law *law = &reply_laws[c->last];
	if (c->is_answered)
		return false;
	if (certainty == AT_THE_END || c->is_final)
		return true;
	if (certainty == IF_STOPPED || (certainty == AS_IT_MAY && is_for_dead(s, call)))
		return !c->is_flying;
	if (certainty == FOR_SURE || c->starts_n == 0 || c->is_flying)
		return false;
	return (law->counts && c->counted_n > world.opts.sched.retry.retries) ||
		(law->tries_max && c->doubtful_n >= law->tries_max);
}

/* What has become of the calls of a step that was begun. */
static enum verdict_of judge_calls(
	const struct graph_track *t, unsigned step, enum certainty certainty)
{
	const struct graph_step *s = &graph.steps[step];
	unsigned n = graph_calls_n(s), answered_n = 0, failed_n = 0;
	for (unsigned i = 0; i < n; i++) {
		answered_n += t->stages[step].calls[i].is_answered;
		failed_n += is_failed(&t->stages[step].calls[i], s, i, certainty);
	}
	if (s->join == JOIN_FIRST && answered_n > 0)
		return ORACLE_ANSWERED;
	if (failed_n > n - graph_quorum(s))
		return ORACLE_FAILED;
	return answered_n + failed_n == n ? ORACLE_ANSWERED : ORACLE_OPEN;
}

static enum verdict_of judge_needs(const struct oracle *o, const struct graph_step *s)
{
	enum verdict_of worst = ORACLE_OPEN;
	for (unsigned i = 0; i < s->holes_n; i++) {
		enum verdict_of need = o->of[s->holes[i].step];
		if (need == ORACLE_FAILED || need == ORACLE_UNRUN)
			return ORACLE_UNRUN;
		if (need != ORACLE_ANSWERED && need != ORACLE_GIVEN)
			worst = ORACLE_WAITS;
	}
	return worst;
}

void oracle_judge(const struct graph_track *t, enum certainty certainty, struct oracle *o)
{
	uint64_t wanted = wanted_steps(t->has);
	*o = (struct oracle){ 0 };
	for (unsigned i = 0; i < graph.steps_n; i++) {
		unsigned step = graph.topology[i];
		if (t->has >> step & 1) {
			o->of[step] = ORACLE_GIVEN;
			continue;
		}
		if (!(wanted >> step & 1)) {
			o->of[step] = ORACLE_UNWANTED;
			continue;
		}
		o->of[step] = judge_needs(o, &graph.steps[step]);
		if (o->of[step] != ORACLE_OPEN)
			continue;
		o->is_unspeakable[step] = !is_speakable(t, step);
		o->of[step] =
			o->is_unspeakable[step] ? ORACLE_FAILED : judge_calls(t, step, certainty);
	}
}
