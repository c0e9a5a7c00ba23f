/* SPDX-License-Identifier: MIT */
#include "upstream.h"

#include "io/http.h"
#include "world.h"

#include <math.h>
#include <stdio.h>

#define MINUTE_MS 60000.0

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

static struct {
	int64_t in_flight;
	double tokens;     /* of the bucket that enforces the RPM */
	int64_t tokens_ms; /* when they were counted */
	int64_t mood_from_ms;
} upstream;

void upstream_begin(void)
{
	upstream.in_flight = 0;
	upstream.tokens = 1;
	upstream.tokens_ms = world.now_ms;
	upstream.mood_from_ms = world.now_ms + world_pick(world.scenario->upstream.mood_from_ms);
}

/* Takes a token, or says how long until there is one. */
static int64_t take_token(int64_t rpm)
{
	double per_ms = (double)rpm / MINUTE_MS;
	upstream.tokens =
		fmin(upstream.tokens + (double)(world.now_ms - upstream.tokens_ms) * per_ms, 1);
	upstream.tokens_ms = world.now_ms;
	if (upstream.tokens < 1)
		return (int64_t)ceil((1 - upstream.tokens) / per_ms);
	upstream.tokens -= 1;
	return 0;
}

static enum reply_kind pick_kind(void)
{
	double dice = rng_unit(&world.rng) * 100;
	for (int kind = REPLY_ANSWER + 1; kind < REPLY_KINDS_N; kind++) {
		dice -= world.scenario->upstream.percent[kind];
		if (dice < 0)
			return (enum reply_kind)kind;
	}
	return REPLY_ANSWER;
}

/* Decides the kind: limits first, then moods, then chance. */
static enum reply_kind judge(struct reply *reply)
{
	const struct scenario_upstream *u = &world.scenario->upstream;
	int64_t until_ms = WORLD_BEGIN_MS + u->mood_until_ms;
	if (u->mood_until_ms && world.now_ms >= upstream.mood_from_ms && world.now_ms < until_ms)
		return u->mood;
	if (u->concurrency && upstream.in_flight > u->concurrency)
		return REPLY_RATE;
	if (u->rpm) {
		reply->hint_ms = take_token(u->rpm);
		if (reply->hint_ms)
			return REPLY_RATE;
		reply->hint_ms = -1;
	}
	return pick_kind();
}

struct reply upstream_enter(uint64_t seq, unsigned nth)
{
	const struct scenario_upstream *u = &world.scenario->upstream;
	struct reply reply = { .hint_ms = -1, .advice = -1, .nth = nth };
	upstream.in_flight++;
	reply.kind = judge(&reply);
	reply.ms = world_pick(u->latency_ms);
	if (u->head_ms && seq == 0 && nth == 1)
		reply.ms = u->head_ms;
	if (reply.kind == REPLY_SILENCE)
		reply.ms = SCENARIO_FOREVER;
	if (!reply_laws[reply.kind].code || reply_laws[reply.kind].is_deadly)
		return reply;
	if (world_chance(u->hint_percent))
		reply.hint_ms = world_pick(u->hint_ms);
	if (world_chance(u->advice_percent))
		reply.advice = world_chance(50);
	return reply;
}

void upstream_leave(void)
{
	upstream.in_flight--;
}

static void put_completion(const struct reply *reply, uint64_t id, struct buf *out)
{
	char text[320];
	int n = snprintf(text, sizeof text,
		"{\"id\":\"chatcmpl-%llu\",\"object\":\"chat.completion\",\"model\":\"sim\","
		"\"choices\":[{\"index\":0,"
		"\"message\":{\"role\":\"assistant\",\"content\":\"echo %llu.%u\"},"
		"\"finish_reason\":\"%s\"}],"
		"\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}",
		(unsigned long long)id, (unsigned long long)id, reply->nth,
		reply->kind == REPLY_LENGTH ? "length" : "stop");
	if (reply->kind == REPLY_HALF || reply->kind == REPLY_CUT)
		n = (int)world_pick((struct range){ 0, n - 1 });
	buf_put(out, text, (size_t)n);
}

static void put_error(const struct reply_law *law, struct buf *out)
{
	char text[160];
	int n = snprintf(text, sizeof text,
		"{\"error\":{\"message\":\"simulated\",\"type\":\"simulated_error\","
		"\"param\":null,\"code\":\"%s\"}}",
		law->code);
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
	if (law->code)
		put_error(law, &attempt->answer);
	else if (law->status)
		put_completion(reply, id, &attempt->answer);
}
