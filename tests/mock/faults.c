/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include "answer.h"
#include "base/clock.h"
#include "base/units.h"
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ELSEWHERE "/v1/elsewhere"

/* Spreads neighbouring attempts over all 64 bits (2^64 divided by the golden ratio). */
#define ATTEMPT_STEP 0x9e3779b97f4a7c15

/* What a name in a script means. An error has a code, a foreign body is sent as it is. */
struct behaviour {
	const char *name;
	const char *code;
	enum answer_shape shape;
	enum reply_manner manner;
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
	{ .name = "errbody", .content_type = REPLY_JSON, .body = ANSWER_ERROR },
	{ .name = "stall", .manner = REPLY_STALL },
	{ .name = "stream-cut", .manner = REPLY_CUT },
	{ .name = "stream-end", .manner = REPLY_HALF },
	{ .name = "stream-error",
		.shape = SHAPE_ERROR,
		.content_type = REPLY_JSON,
		.body = ANSWER_ERROR },
};

static const struct behaviour *find_behaviour(struct span name)
{
	for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++)
		if (span_is(name, behaviours[i].name))
			return &behaviours[i];
	return NULL;
}

static void reply_answer(const struct mock *m, const struct chat_ask *ask, enum answer_shape shape,
	struct reply *reply)
{
	const struct answer_style *style = &m->options.answer;
	if (!ask->is_streamed) {
		reply_json(reply, 200, answer_body(ask, style, shape));
		return;
	}
	reply_json(reply, 200, answer_stream(ask, style, shape));
	reply->content_type = REPLY_STREAM;
	reply->is_stream = true;
	reply->gap = &m->options.chunk_gap;
}

static void reply_redirect(int status, struct reply *reply)
{
	reply_text(reply, status, "");
	reply->location = ELSEWHERE;
}

static void reply_unknown(struct span what, struct reply *reply)
{
	struct api_error e = *api_error_of(400);
	int n = (int)utf8_fit(what.at, what.n < 100 ? what.n : 100);
	api_error_say(&e, "pllm-mock knows no behaviour '%.*s'.", n, what.at);
	reply_error(reply, &e);
}

static void behave(const struct mock *m, const struct chat_ask *ask, const struct behaviour *how,
	struct reply *reply)
{
	if (how->code) {
		reply_error(reply, api_error_named(how->code));
	} else if (how->body && !(how->shape == SHAPE_ERROR && ask->is_streamed)) {
		reply_text(reply, 200, how->body);
		reply->content_type = how->content_type;
	} else {
		reply_answer(m, ask, how->shape, reply);
	}
	reply->manner = how->manner;
}

static bool is_redirect(int64_t status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The reply that a status stands for; false if it stands for none. */
static bool reply_status(
	const struct mock *m, const struct chat_ask *ask, int64_t status, struct reply *reply)
{
	struct api_error e;
	if (status == 200) {
		reply_answer(m, ask, SHAPE_TEXT, reply);
		return true;
	}
	if (is_redirect(status)) {
		reply_redirect((int)status, reply);
		return true;
	}
	if (status < 400 || status > 599)
		return false;
	e = *api_error_of((int)status);
	e.status = (int)status;
	reply_error(reply, &e);
	return true;
}

static bool hint_date(struct span seconds, struct reply *reply)
{
	int64_t ms;
	time_t then;
	struct tm utc;
	if (!units_parse_seconds(seconds, &ms))
		return false;
	then = (time_t)(clock_wall_s() + ms / 1000);
	return gmtime_r(&then, &utc) &&
		strftime(reply->retry_after, sizeof reply->retry_after, "%a, %d %b %Y %H:%M:%S GMT",
			&utc) > 0;
}

static bool add_hint(const struct step *step, struct reply *reply)
{
	int n = step->hint_text.n < sizeof reply->retry_after ? (int)step->hint_text.n : 0;
	switch (step->hint) {
	case HINT_NONE:
		return true;
	case HINT_SECONDS:
		snprintf(reply->retry_after, sizeof reply->retry_after, "%.*s", n,
			step->hint_text.at);
		return n > 0;
	case HINT_MS:
		snprintf(reply->retry_after_ms, sizeof reply->retry_after_ms, "%.*s", n,
			step->hint_text.at);
		return n > 0;
	case HINT_DATE:
		break;
	}
	return hint_date(step->hint_text, reply);
}

/* Does what an element of a script says; false if it cannot be understood. */
static bool play(const struct mock *m, const struct chat_ask *ask, const struct step *step,
	struct reply *reply)
{
	const struct behaviour *how = find_behaviour(step->name);
	int64_t status;
	if (how)
		behave(m, ask, how, reply);
	else if (span_is(step->name, "redirect"))
		reply_redirect(307, reply);
	else if (!units_parse_int(step->name, &status) || !reply_status(m, ask, status, reply))
		return false;
	reply->should_retry = step->should_retry;
	return add_hint(step, reply);
}

static void reply_by_chance(
	const struct mock *m, const struct chat_ask *ask, struct rng *luck, struct reply *reply)
{
	bool drops = rng_unit(luck) < m->options.drop_rate;
	bool fails = rng_unit(luck) < m->options.error_rate;
	if (!drops && fails) {
		reply_status(m, ask, m->options.error_status, reply);
		if (m->options.error_status == 429 && !m->options.no_hints)
			snprintf(reply->retry_after, sizeof reply->retry_after, "1");
		return;
	}
	reply_answer(m, ask, SHAPE_TEXT, reply);
	if (drops)
		reply->manner = REPLY_DROP;
}

/* What is known of a request before it is decided upon. */
struct planned {
	struct span script; /* missing: there is none */
	uint64_t attempt;
	struct rng luck;
};

/* Counting prompts that nothing asks for would only use memory. */
static bool needs_attempts(const struct mock *m, struct span script)
{
	const struct options *o = &m->options;
	return script.at || o->drop_rate > 0 || o->error_rate > 0 ||
		o->latency.kind > LATENCY_FIXED || o->ttft.kind > LATENCY_FIXED ||
		o->chunk_gap.kind > LATENCY_FIXED;
}

/* What the request gets, as its script or chance says; gives the time it waits, unless -1. */
static int64_t reply_by_plan(
	struct mock *m, const struct chat_ask *ask, struct planned *p, struct reply *reply)
{
	struct step step;
	if (!p->script.at || !script_step(p->script, p->attempt, &step)) {
		reply_by_chance(m, ask, &p->luck, reply);
		return -1;
	}
	if (!play(m, ask, &step, reply)) {
		reply_release(reply);
		reply_unknown(step.whole, reply);
	}
	return step.delay_ms;
}

int64_t faults_reply(struct mock *m, const struct chat_ask *ask, struct reply *reply)
{
	const struct options *o = &m->options;
	struct span prompt = buf_span(&ask->prompt);
	struct planned p = { .script = script_find(prompt) };
	uint64_t key = 0;
	if (needs_attempts(m, p.script)) {
		key = attempts_key(prompt);
		p.attempt = attempts_count(&m->attempts, key);
	}
	rng_init(&p.luck, key ^ ((uint64_t)o->seed + p.attempt * ATTEMPT_STEP));
	bool has_ttft = ask->is_streamed && o->ttft.kind != LATENCY_NONE;
	int64_t drawn_ms = latency_draw_ms(has_ttft ? &o->ttft : &o->latency, &p.luck);
	int64_t delay_ms = reply_by_plan(m, ask, &p, reply);
	reply->luck = p.luck;
	return delay_ms >= 0 ? delay_ms : drawn_ms;
}
