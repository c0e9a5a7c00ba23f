/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include "answer.h"
#include "base/clock.h"
#include "base/units.h"
#include "date.h"
#include "dialect.h"
#include "dress.h"
#include "embed.h"
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ELSEWHERE "/v1/elsewhere"

/* Spreads neighbouring attempts over all 64 bits (2^64 divided by the golden ratio). */
#define ATTEMPT_STEP 0x9e3779b97f4a7c15

/* What a name in a script means. An error has a code, a foreign body is sent as it is. */
struct behaviour {
	const char *name;
	const char *code;
	enum answer_shape shape;
	enum reply_manner manner;
	enum dressing dressing;
	bool is_error_body; /* status 200, and an error inside */
	int status;         /* 0: 200, or that of the code */
	const char *content_type;
	const char *body;
};

static const struct behaviour behaviours[] = {
	{ .name = "delay" },
	{ .name = "drop", .manner = REPLY_DROP },
	{ .name = "reset", .manner = REPLY_RESET },
	{ .name = "hang", .manner = REPLY_HANG },
	{ .name = "truncate", .manner = REPLY_TRUNCATED },
	{ .name = "slow", .manner = REPLY_SLOW },
	{ .name = "gzip", .manner = REPLY_GZIP },
	{ .name = "null", .shape = SHAPE_NULL },
	{ .name = "refusal", .shape = SHAPE_REFUSAL },
	{ .name = "filter", .shape = SHAPE_FILTER },
	{ .name = "length", .shape = SHAPE_LENGTH },
	{ .name = "tools", .shape = SHAPE_TOOLS },
	{ .name = "empty", .shape = SHAPE_EMPTY },
	{ .name = "quota", .code = "insufficient_quota" },
	{ .name = "auth", .code = "invalid_api_key" },
	{ .name = "context", .code = "context_length_exceeded" },
	{ .name = "garbage",
		.content_type = REPLY_JSON,
		.body = "{\"id\":\"chatcmpl-mock\",\"choices\":[{\"message\":<garbage>" },
	{ .name = "html",
		.content_type = "text/html; charset=utf-8",
		.body = "<!DOCTYPE html>\n<html><head><title>Just a moment</title></head>"
			"<body><h1>Checking your browser</h1></body></html>\n" },
	{ .name = "errbody", .is_error_body = true },
	{ .name = "stall", .manner = REPLY_STALL },
	{ .name = "stream-cut", .manner = REPLY_CUT },
	{ .name = "stream-end", .manner = REPLY_HALF },
	{ .name = "stream-error", .shape = SHAPE_ERROR },
	{ .name = "no-end", .shape = SHAPE_OPEN },
	{ .name = "missing", .shape = SHAPE_MISSING },
	{ .name = "number", .shape = SHAPE_NUMBER },
	{ .name = "left-out", .shape = SHAPE_LEFT_OUT },
	{ .name = "short", .shape = SHAPE_SHORT },
	{ .name = "hole", .shape = SHAPE_HOLE },
	{ .name = "odd-finish", .shape = SHAPE_ODD },
	{ .name = "usage-strings", .shape = SHAPE_STRINGS },
	{ .name = "no-usage", .shape = SHAPE_NO_USAGE },
	{ .name = "prose", .shape = SHAPE_PROSE },
	{ .name = "fenced", .shape = SHAPE_FENCED },
	{ .name = "mismatch", .shape = SHAPE_MISMATCH },
	{ .name = "blocked", .shape = SHAPE_BLOCKED },
	{ .name = "spend-limit", .code = "organization_spend_limit_exceeded" },
	{ .name = "drip", .manner = REPLY_DRIP },
	{ .name = "crlf", .dressing = DRESS_CRLF },
	{ .name = "cr", .dressing = DRESS_CR },
	{ .name = "comments", .dressing = DRESS_COMMENTS },
};

static const struct behaviour *find_behaviour(struct span name)
{
	for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++)
		if (span_is(name, behaviours[i].name))
			return &behaviours[i];
	return NULL;
}

/* Everything that decides what a request gets. */
struct scene {
	const struct mock *mock;
	const struct ask *ask;
	struct span script; /* missing: there is none */
	size_t item;        /* of a request for vectors: where the script stands */
	uint64_t attempt;
	struct rng luck;
	struct reply *reply;
};

/* What a script may set for all attempts. */
static const char *const settings[] = { "cached", "reasoning", "deltas", "mismatch", "seed", NULL };

static struct answer_plan plan_of(const struct scene *s, enum answer_shape shape)
{
	struct answer_plan plan = { .shape = shape, .item = s->item };
	if (!s->script.at)
		return plan;
	plan.cached = script_setting(s->script, "cached");
	plan.reasoning = script_setting(s->script, "reasoning");
	plan.deltas_n = script_setting(s->script, "deltas");
	if (plan.deltas_n > ANSWER_WORDS_MAX)
		plan.deltas_n = ANSWER_WORDS_MAX;
	if (shape == SHAPE_TEXT && s->attempt <= (uint64_t)script_setting(s->script, "mismatch"))
		plan.shape = SHAPE_MISMATCH;
	else if (shape == SHAPE_TEXT && script_setting(s->script, "seed"))
		plan.shape = SHAPE_SEED;
	return plan;
}

static void reply_answer(const struct scene *s, enum answer_shape shape, enum dressing dressing)
{
	const struct dialect *d = s->ask->dialect;
	struct answer_plan plan = plan_of(s, shape);
	struct answer answer;
	answer_init(&answer, s->ask, &s->mock->options.answer, &plan);
	if (!s->ask->is_streamed || !d->stream) {
		reply_json(s->reply, 200, d->whole(&answer));
	} else {
		reply_json(s->reply, 200, d->stream(&answer));
		s->reply->content_type = d->stream_type;
		s->reply->is_stream = true;
		s->reply->event_end = d->event_end;
		s->reply->gap = &s->mock->options.chunk_gap;
		dress_stream(&s->reply->body, d->event_end, dressing);
	}
	s->reply->tokens_header = d->tokens_header;
	s->reply->tokens = s->reply->input = answer.input;
	s->reply->output = answer.output + plan.reasoning;
	answer_release(&answer);
}

static void reply_redirect(int status, struct reply *reply)
{
	reply_text(reply, status, "");
	reply->location = ELSEWHERE;
}

static void reply_unknown(const struct scene *s, struct span what)
{
	struct api_error e = *api_error_of(400);
	int n = (int)utf8_fit(what.at, what.n < 100 ? what.n : 100);
	api_error_say(&e, "pllm-mock knows no behaviour '%.*s'.", n, what.at);
	dialect_refuse(s->ask->dialect, s->reply, &e);
}

static bool is_redirect(int64_t status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Adds what a name stands for to what those before it did. */
static bool merge(struct behaviour *all, struct span name)
{
	const struct behaviour *how = find_behaviour(name);
	int64_t status;
	if (!how && span_is(name, "redirect")) {
		all->status = 307;
		return true;
	}
	if (!how) {
		if (!units_parse_int(name, &status) ||
			(status != 200 && !is_redirect(status) && (status < 400 || status > 599)))
			return false;
		all->status = (int)status;
		return true;
	}
	all->code = how->code ? how->code : all->code;
	all->shape = how->shape ? how->shape : all->shape;
	all->manner = how->manner ? how->manner : all->manner;
	all->dressing |= how->dressing;
	all->is_error_body |= how->is_error_body;
	all->body = how->body ? how->body : all->body;
	all->content_type = how->content_type ? how->content_type : all->content_type;
	return true;
}

static bool merge_all(struct behaviour *all, struct span names)
{
	struct span name;
	if (!names.at)
		return false;
	while (script_take_name(&names, &name))
		if (!merge(all, name))
			return false;
	return true;
}

/* The error that is to be sent, or inside an answer; false if it is none. */
static bool error_of(const struct scene *s, const struct behaviour *how, struct api_error *e)
{
	const struct ask *ask = s->ask;
	bool is_streamed = ask->is_streamed && ask->dialect->stream;
	if (how->code)
		*e = *api_error_named(how->code);
	else if (how->shape == SHAPE_BLOCKED && !ask->dialect->answers_blocked)
		*e = *api_error_named("content_filter");
	else if (how->is_error_body || (how->shape == SHAPE_ERROR && !is_streamed))
		*e = *api_error_of(how->status >= 400 ? how->status : 500);
	else if (how->status >= 400)
		*e = *api_error_of(how->status);
	else
		return false;
	if (how->status >= 400) {
		e->status = how->status;
		e->is_status = !how->code;
	}
	return true;
}

static void reply_with_error(const struct scene *s, const struct behaviour *how,
	const struct api_error *e, enum step_form form)
{
	dialect_refuse(s->ask->dialect, s->reply, e);
	if (how->is_error_body || how->shape == SHAPE_ERROR)
		s->reply->status = 200;
	if (form == FORM_STRING)
		dress_as_string(&s->reply->body, e->message);
	if (form == FORM_ARRAY)
		dress_in_array(&s->reply->body);
}

static void behave(const struct scene *s, const struct behaviour *how, const struct step *step,
	struct hint *hint)
{
	struct api_error e;
	if (is_redirect(how->status)) {
		reply_redirect(how->status, s->reply);
	} else if (error_of(s, how, &e)) {
		e.hint = *hint;
		reply_with_error(s, how, &e, step->form);
	} else if (how->body) {
		reply_text(s->reply, 200, how->body);
		s->reply->content_type = how->content_type;
		s->reply->hint = *hint;
	} else {
		reply_answer(s, how->shape, how->dressing);
		s->reply->hint = *hint;
	}
	s->reply->manner = how->manner;
	s->reply->should_retry = step->should_retry;
}

static bool hint_date(struct span seconds, struct hint *hint)
{
	int64_t ms;
	return units_parse_seconds(seconds, &ms) &&
		date_write(hint->seconds, clock_wall_s() + ms / 1000);
}

static bool read_hint(const struct step *step, struct hint *hint)
{
	int n = step->hint_text.n < sizeof hint->seconds ? (int)step->hint_text.n : 0;
	*hint = (struct hint){ 0 };
	switch (step->hint) {
	case HINT_NONE:
		return true;
	case HINT_SECONDS:
		snprintf(hint->seconds, sizeof hint->seconds, "%.*s", n, step->hint_text.at);
		return n > 0;
	case HINT_MS:
		snprintf(hint->ms, sizeof hint->ms, "%.*s", n, step->hint_text.at);
		return n > 0;
	case HINT_DATE:
		break;
	}
	return hint_date(step->hint_text, hint);
}

/* Does what an element of a script says; false if it cannot be understood. */
static bool play(const struct scene *s, const struct step *step)
{
	struct behaviour how = { 0 };
	struct hint hint;
	if (!merge_all(&how, step->name) || !read_hint(step, &hint))
		return false;
	behave(s, &how, step, &hint);
	return true;
}

static void reply_by_chance(struct scene *s)
{
	const struct options *o = &s->mock->options;
	bool drops = rng_unit(&s->luck) < o->drop_rate;
	bool fails = rng_unit(&s->luck) < o->error_rate;
	struct behaviour how = { .status = fails && !drops ? (int)o->error_status : 200 };
	struct step step = { 0 };
	struct hint hint = { 0 };
	if (how.status == 429 && !o->no_hints && s->ask->dialect->hinting != HINTING_AWS)
		snprintf(hint.seconds, sizeof hint.seconds, "1");
	how.manner = drops ? REPLY_DROP : REPLY_WHOLE;
	behave(s, &how, &step, &hint);
}

/* Counting prompts that nothing asks for would only use memory. */
static bool needs_attempts(const struct mock *m, struct span script)
{
	const struct options *o = &m->options;
	return script.at || o->drop_rate > 0 || o->error_rate > 0 ||
		o->latency.kind > LATENCY_FIXED || o->ttft.kind > LATENCY_FIXED ||
		o->chunk_gap.kind > LATENCY_FIXED;
}

/* What the request gets, as its script or chance says; gives the time it waits, unless -1. */
static int64_t reply_by_plan(struct scene *s)
{
	struct step step;
	struct span odd = { 0 };
	if (s->script.at)
		odd = script_odd_setting(s->script, settings);
	if (odd.at) {
		reply_unknown(s, odd);
		return -1;
	}
	if (!s->script.at || !script_step(s->script, s->attempt, &step)) {
		reply_by_chance(s);
		return -1;
	}
	if (!play(s, &step))
		reply_unknown(s, step.whole);
	return step.delay_ms;
}

static uint64_t key_of(const struct ask *ask, struct span text)
{
	return attempts_key(text) ^ dialect_index(ask->dialect) * ATTEMPT_STEP;
}

/*
 * Of the items of a request for vectors, the first whose script has more than 200 for this attempt
 * speaks; this is an attempt of all of them.
 */
static uint64_t pick_item(struct mock *m, struct scene *s)
{
	const struct embed *embed = s->ask->embed;
	uint64_t picked = 0;
	for (size_t i = 0; i < embed->items_n; i++) {
		struct span script = script_find(embed->items[i]);
		uint64_t key, attempt;
		struct step step;
		if (!script.at)
			continue;
		key = key_of(s->ask, embed->items[i]);
		attempt = attempts_count(&m->attempts, key);
		if (picked || !script_step(script, attempt, &step) || span_is(step.name, "200"))
			continue;
		picked = key;
		s->script = script;
		s->item = i;
		s->attempt = attempt;
	}
	return picked;
}

/* Finds whose script speaks, and gives what chance is drawn for. */
static uint64_t find_script(struct mock *m, struct scene *s)
{
	struct span text = ask_script_text(s->ask);
	uint64_t key = 0;
	if (s->ask->embed)
		key = pick_item(m, s);
	else
		s->script = script_find(text);
	if (key || !needs_attempts(m, s->script))
		return key;
	key = key_of(s->ask, text);
	s->attempt = attempts_count(&m->attempts, key);
	return key;
}

int64_t faults_reply(struct mock *m, const struct ask *ask, struct reply *reply)
{
	const struct options *o = &m->options;
	struct scene s = { .mock = m, .ask = ask, .reply = reply };
	uint64_t key = find_script(m, &s);
	bool has_ttft = ask->is_streamed && o->ttft.kind != LATENCY_NONE;
	int64_t drawn_ms, delay_ms;
	rng_init(&s.luck, key ^ ((uint64_t)o->seed + s.attempt * ATTEMPT_STEP));
	drawn_ms = latency_draw_ms(has_ttft ? &o->ttft : &o->latency, &s.luck);
	if (ask->embed)
		drawn_ms += (int64_t)ask->embed->items_n * o->embed.item_ms;
	if (ask->embed && embed_refuse_poison(ask, reply))
		return drawn_ms;
	delay_ms = reply_by_plan(&s);
	reply->luck = s.luck;
	return delay_ms >= 0 ? delay_ms : drawn_ms;
}
