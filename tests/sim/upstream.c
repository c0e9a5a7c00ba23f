/* SPDX-License-Identifier: MIT */
#include "upstream.h"

#include "base/xalloc.h"
#include "io/http.h"
#include "world.h"

#include <math.h>
#include <stdio.h>

#define MINUTE_MS 60000.0

enum { MINUTE = 60000 };

const struct reply_law reply_laws[REPLY_KINDS_N] = {
	[REPLY_ANSWER] = { .name = "answer", .status = 200, .is_final = true },
	[REPLY_RATE] = { .name = "rate",
		.status = 429,
		.code = "rate_limit_exceeded",
		.error = ERROR_RATE_LIMITED },
	[REPLY_ERROR] = { .name = "500",
		.status = 500,
		.code = "server_error",
		.error = ERROR_OVERLOADED,
		.counts = true },
	[REPLY_UNAVAILABLE] = { .name = "503",
		.status = 503,
		.code = "overloaded",
		.error = ERROR_OVERLOADED,
		.counts = true },
	[REPLY_OVERLOADED] = { .name = "529",
		.status = 529,
		.code = "overloaded_error",
		.error = ERROR_OVERLOADED,
		.counts = true },
	[REPLY_REFUSED] = { .name = "refuse",
		.wire = WIRE_NO_CONNECTION,
		.error = ERROR_TRANSPORT,
		.counts = true },
	[REPLY_DROP] = { .name = "drop",
		.wire = WIRE_CLOSED,
		.error = ERROR_TRANSPORT,
		.counts = true },
	[REPLY_CUT] = { .name = "cut",
		.wire = WIRE_CUT,
		.status = 200,
		.error = ERROR_TRANSPORT,
		.counts = true },
	[REPLY_HALF] = { .name = "half",
		.status = 200,
		.error = ERROR_BAD_RESPONSE,
		.counts = true,
		.tries_max = 3 },
	[REPLY_BAD_REQUEST] = { .name = "400",
		.status = 400,
		.code = "invalid_value",
		.error = ERROR_REQUEST_REJECTED,
		.counts = true,
		.is_final = true },
	[REPLY_TOO_LONG] = { .name = "long",
		.status = 400,
		.code = "context_length_exceeded",
		.error = ERROR_REQUEST_REJECTED,
		.counts = true,
		.is_final = true },
	[REPLY_AUTH] = { .name = "401",
		.status = 401,
		.code = "invalid_api_key",
		.error = ERROR_AUTH,
		.is_final = true,
		.is_deadly = true },
	[REPLY_QUOTA] = { .name = "quota",
		.status = 429,
		.code = "insufficient_quota",
		.error = ERROR_QUOTA,
		.is_final = true,
		.is_deadly = true },
	[REPLY_LENGTH] = { .name = "length",
		.status = 200,
		.error = ERROR_TRUNCATED,
		.is_final = true },
	/* The first asking and the plan's two reasks. */
	[REPLY_MISMATCH] = { .name = "mismatch",
		.status = 200,
		.error = ERROR_SCHEMA_MISMATCH,
		.tries_max = 1 + SIM_REASKS_N },
	[REPLY_SILENCE] = { .name = "never" },
	[REPLY_TIMEOUT] = { .name = "late",
		.wire = WIRE_TIMEOUT,
		.error = ERROR_TIMEOUT,
		.counts = true },
	[REPLY_CANCELLED] = { .name = "stop",
		.wire = WIRE_CANCELLED,
		.error = ERROR_CANCELLED,
		.is_final = true },
};

/* One server. */
struct server {
	const struct scenario_upstream *script;
	int64_t serving; /* requests that it works on */
	int64_t at_once; /* of them, at most; 0 = no limit */
	enum reply_kind beyond;
	double rpm;        /* 0 = no limit */
	double requests;   /* left of what is enforced */
	double tokens;     /* likewise */
	int64_t filled_ms; /* when they were counted */
	int64_t moods_from_ms[MOODS_MAX];
};

static struct server servers[ENDPOINTS_MAX];

/* What is saved up of so much a minute. */
static double capacity_of(const struct server *s, double per_minute)
{
	if (s->script->has_windows)
		return per_minute;
	return fmax(per_minute * (double)s->script->burst_ms / MINUTE_MS, 1);
}

void upstream_begin(void)
{
	for (int i = 0; i < ENDPOINTS_MAX; i++) {
		struct server *s = &servers[i];
		*s = (struct server){ .script = &world.scenario->upstreams[i] };
		s->at_once = world_pick(s->script->at_once);
		s->beyond = s->script->beyond[world_chance(50)];
		if (s->beyond == REPLY_ANSWER)
			s->beyond = REPLY_RATE;
		s->rpm = (double)world_pick(s->script->rpm);
		s->requests = capacity_of(s, s->rpm);
		s->tokens = capacity_of(s, (double)s->script->tpm);
		s->filled_ms = world.now_ms;
		for (int m = 0; m < MOODS_MAX; m++)
			s->moods_from_ms[m] =
				world.now_ms + world_pick(s->script->moods[m].from_ms);
	}
}

static int64_t age_ms(void)
{
	return world.now_ms - WORLD_BEGIN_MS;
}

/* Lets flow in what has since the last time; by the clock's minutes all of it at once. */
static void refill(struct server *s)
{
	double all = capacity_of(s, s->rpm), all_tokens = capacity_of(s, (double)s->script->tpm);
	double share = (double)(world.now_ms - s->filled_ms) / MINUTE_MS;
	if (s->script->has_windows)
		share = world.now_ms / MINUTE != s->filled_ms / MINUTE ? 1e9 : 0;
	s->requests = fmin(s->requests + share * s->rpm, all);
	s->tokens = fmin(s->tokens + share * (double)s->script->tpm, all_tokens);
	s->filled_ms = world.now_ms;
}

/* How long until so much is there that flows in so fast. */
static double until(const struct server *s, double missing, double per_minute)
{
	if (missing <= 0 || per_minute <= 0)
		return 0;
	if (s->script->has_windows)
		return (double)(MINUTE - world.now_ms % MINUTE);
	return ceil(missing * MINUTE_MS / per_minute);
}

static void tell(const struct server *s, struct reply *reply, enum allowance_unit unit)
{
	bool is_tokens = unit == ALLOWANCE_TOKENS;
	double limit = is_tokens ? (double)s->script->tpm : s->rpm;
	double left = is_tokens ? s->tokens : s->requests;
	if (limit <= 0)
		return;
	reply->told.items[reply->told.n++] = (struct allowance){
		.unit = unit,
		.limit = limit,
		.remaining = floor(fmax(left, 0)),
		.reset_ms = (int64_t)until(s, capacity_of(s, limit) - left, limit),
	};
}

/* Takes what the request costs, or says how long until it can be had. */
static int64_t take_rate(struct server *s, struct reply *reply)
{
	double cost = s->script->tpm ? (double)(reply->input + reply->output) : 0;
	refill(s);
	double wait = fmax(s->rpm > 0 ? until(s, 1 - s->requests, s->rpm) : 0,
		until(s, cost - s->tokens, (double)s->script->tpm));
	if (wait <= 0) {
		s->requests -= s->rpm > 0;
		s->tokens -= cost;
	}
	if (s->script->tells) {
		tell(s, reply, ALLOWANCE_REQUESTS);
		tell(s, reply, ALLOWANCE_TOKENS);
	}
	return (int64_t)wait;
}

static enum reply_kind pick_kind(const struct server *s)
{
	double dice = rng_unit(&world.rng) * 100;
	for (int kind = REPLY_ANSWER + 1; kind < REPLY_KINDS_N; kind++) {
		dice -= s->script->percent[kind];
		if (dice < 0)
			return (enum reply_kind)kind;
	}
	return REPLY_ANSWER;
}

/* True if a mood has the server that decides about this request. */
static bool is_moody(const struct server *s, enum reply_kind *kind)
{
	for (int i = 0; i < MOODS_MAX; i++) {
		const struct scenario_mood *m = &s->script->moods[i];
		if (age_ms() >= m->until_ms || world.now_ms < s->moods_from_ms[i])
			continue;
		*kind = m->kind;
		return m->percent <= 0 || world_chance(m->percent);
	}
	return false;
}

static int64_t places(const struct server *s, int64_t at_ms)
{
	const struct scenario_upstream *u = s->script;
	bool is_changed = u->at_once_until_ms && at_ms >= u->at_once_until_ms;
	return is_changed ? (int64_t)((double)s->at_once * u->at_once_factor) : s->at_once;
}

static bool is_nth(uint64_t seq, int64_t every)
{
	return every && seq % (uint64_t)every == (uint64_t)every / 2;
}

bool upstream_is_poison(uint64_t seq)
{
	for (int i = 0; i < ENDPOINTS_MAX; i++)
		if (is_nth(seq, servers[i].script->poison_every))
			return true;
	return false;
}

/* Decides the kind: moods first, then limits, then the record, then chance. */
static void judge(struct server *s, uint64_t seq, struct reply *reply)
{
	const struct scenario_upstream *u = s->script;
	if (is_moody(s, &reply->kind))
		return;
	if (s->at_once && s->serving >= places(s, age_ms())) {
		reply->kind = s->beyond;
		return;
	}
	if (s->rpm > 0 || u->tpm) {
		int64_t wait_ms = take_rate(s, reply);
		if (wait_ms > 0) {
			reply->kind = REPLY_RATE;
			reply->hint_ms = u->hints ? wait_ms : -1;
			return;
		}
	}
	reply->is_served = true;
	if (is_nth(seq, u->poison_every))
		reply->kind = REPLY_ERROR;
	else if (is_nth(seq, u->long_every))
		reply->kind = REPLY_TOO_LONG;
	else
		reply->kind = pick_kind(s);
}

static int64_t pick_ms(const struct scenario_upstream *u, enum reply_kind kind)
{
	if (kind == REPLY_SILENCE)
		return SCENARIO_FOREVER;
	if (kind != REPLY_ANSWER && u->refusal_ms.most > 0)
		return world_pick(u->refusal_ms);
	if (kind == REPLY_ANSWER && world_chance(u->tail_percent))
		return world_pick(u->tail_ms);
	return world_pick(u->latency_ms);
}

void upstream_enter(unsigned endpoint, uint64_t seq, unsigned nth, struct reply *reply)
{
	struct server *s = &servers[endpoint];
	const struct scenario_upstream *u = s->script;
	*reply = (struct reply){ .endpoint = endpoint, .hint_ms = -1, .advice = -1, .nth = nth };
	reply->input = 8;
	reply->output = world_pick(u->output);
	judge(s, seq, reply);
	s->serving += reply->is_served;
	reply->ms = pick_ms(u, reply->kind);
	if (u->head_ms && seq == 0 && nth == 1)
		reply->ms = u->head_ms;
	if (!reply_laws[reply->kind].code || reply_laws[reply->kind].is_deadly)
		return;
	/* A Retry-After beside a request that is wrong would make no sense. */
	if (!reply_laws[reply->kind].is_final && world_chance(u->hint_percent))
		reply->hint_ms = world_pick(u->hint_ms);
	if (world_chance(u->advice_percent))
		reply->advice = world_chance(50);
}

void upstream_leave(const struct reply *reply)
{
	servers[reply->endpoint].serving -= reply->is_served;
}

static double mean(struct range range)
{
	return (double)(range.least + range.most) / 2;
}

/* What one server can do at a time, as far as it limits that; and how long it takes for each. */
static double capacity_at(const struct server *s, int64_t at_ms, double *seconds)
{
	const struct scenario_upstream *u = s->script;
	double n = 1e9, tail = u->tail_percent / 100;
	*seconds = ((1 - tail) * mean(u->latency_ms) + tail * mean(u->tail_ms)) / 1000;
	if (u->latency_ms.most == 0 || u->tier > 0)
		return 0;
	for (int i = 0; i < MOODS_MAX; i++)
		if (mean(u->moods[i].from_ms) <= (double)at_ms && at_ms < u->moods[i].until_ms)
			return 0;
	if (s->at_once)
		n = (double)places(s, at_ms);
	if (u->max)
		n = fmin(n, (double)u->max);
	if (s->rpm > 0)
		n = fmin(n, s->rpm / 60 * *seconds);
	if (u->tpm)
		n = fmin(n, (double)u->tpm / 60 / (8 + mean(u->output)) * *seconds);
	return n;
}

double upstream_best_per_s(int64_t at_ms)
{
	double left = (double)world.opts.sched.jobs, best = 0;
	bool is_used[ENDPOINTS_MAX] = { false };
	for (;;) {
		int fastest = -1;
		double least = 0, places_n = 0;
		for (int i = 0; i < ENDPOINTS_MAX; i++) {
			double seconds, n = capacity_at(&servers[i], at_ms, &seconds);
			if (is_used[i] || n <= 0 || (fastest >= 0 && seconds >= least))
				continue;
			fastest = i;
			least = seconds;
			places_n = n;
		}
		if (fastest < 0)
			return best;
		is_used[fastest] = true;
		best += fmin(left, places_n) / least;
		left -= fmin(left, places_n);
	}
}

static void put_completion(const struct reply *reply, uint64_t id, struct buf *out)
{
	char text[320];
	/* As JSON, the same text is a string with its quotes, which are escaped once more. */
	const char *quote = !world.scenario->has_schema ? ""
		: reply->kind == REPLY_MISMATCH         ? "{"
							: "\\\"";
	int n = snprintf(text, sizeof text,
		"{\"id\":\"chatcmpl-%llu\",\"object\":\"chat.completion\",\"model\":\"sim\","
		"\"choices\":[{\"index\":0,"
		"\"message\":{\"role\":\"assistant\",\"content\":\"%secho %llu.%u%s\"},"
		"\"finish_reason\":\"%s\"}],"
		"\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld}}",
		(unsigned long long)id, quote, (unsigned long long)id, reply->nth, quote,
		reply->kind == REPLY_LENGTH ? "length" : "stop", (long long)reply->input,
		(long long)reply->output);
	if (reply->kind == REPLY_HALF || reply->kind == REPLY_CUT)
		n = (int)world_pick((struct range){ 0, n - 1 });
	buf_put(out, text, (size_t)n);
}

static void put_error(const struct reply *reply, uint64_t id, struct buf *out)
{
	char text[160];
	int n = snprintf(text, sizeof text,
		"{\"error\":{\"message\":\"simulated %llu.%u\",\"type\":\"simulated_error\","
		"\"param\":null,\"code\":\"%s\"}}",
		(unsigned long long)id, reply->nth, reply_laws[reply->kind].code);
	buf_put(out, text, (size_t)n);
}

void upstream_fill(const struct reply *reply, uint64_t id, struct attempt *attempt)
{
	const struct reply_law *law = &reply_laws[reply->kind];
	buf_init(&attempt->answer, HTTP_BODY_MAX_BYTES);
	attempt->wire = law->wire;
	attempt->status = law->status;
	attempt->hint.wait_ms = reply->hint_ms;
	attempt->hint.should_retry = reply->advice;
	if (reply->told.n > 0 && law->status)
		*(attempt->allowances = xmalloc(sizeof reply->told)) = reply->told;
	if (law->code)
		put_error(reply, id, &attempt->answer);
	else if (law->status)
		put_completion(reply, id, &attempt->answer);
}
