/* SPDX-License-Identifier: MIT */
/*
 * Believes nothing that the engine says of itself: what is alive, in flight and put is counted
 * here.
 */
#include "run.h"

#include "../sim/fakes.h"
#include "../sim/words.h"
#include "api/api.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "io/http.h"
#include "io/reader.h"
#include "io/writer.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLEEPS_MAX_N = 200000, /* of a run that ends */
	SPINS_MAX_N = 20,      /* sleeps at one moment between which nothing happened */
	LATE_MS = 30,          /* what the clock may tick on while the engine works */
	TEXT_MAX_BYTES = 1 << 24
};

struct run run;
jmp_buf check_escape;
char check_message[400];

void check_fail(const char *format, ...)
{
	va_list args;
	int n = snprintf(check_message, sizeof check_message,
		"at %.3f s: ", (double)(world.now_ms - WORLD_BEGIN_MS) / 1000);
	va_start(args, format);
	vsnprintf(check_message + n, sizeof check_message - (size_t)n, format, args);
	va_end(args);
	longjmp(check_escape, 1);
}

bool run_is_stopped(void)
{
	return run.stop_ms != NEVER;
}

int run_exit_code(void)
{
	return (int)verdict_exit_code(&run.verdict, 0, false);
}

uint64_t run_alive_n(void)
{
	return run.given_n - run.put_n;
}

size_t run_alive_bytes(void)
{
	size_t bytes = 0;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++)
		bytes += run.alive[seq] ? record_weight(run.alive[seq]) : 0;
	return bytes;
}

/* records */

static void check_room(void)
{
	LAW(run_alive_n() < world.window, "more records alive than the window of %zu",
		world.window);
	size_t bytes = run_alive_bytes();
	LAW(run_alive_n() == 0 || bytes < world.opts.window_bytes || run.given_n == 0,
		"a record is taken although %zu bytes are alive", bytes);
}

void check_given(const struct record *r, enum record_kind kind)
{
	(void)kind;
	run.events_n++;
	LAW(r->seq == run.given_n, "the reader is out of step");
	if (run.fold) {
		run.given_n++;
		run.play->given(r);
		return;
	}
	check_room();
	if (run.given_n == run.alive_cap) {
		run.alive_cap = run.alive_cap ? run.alive_cap * 2 : 256;
		run.alive = xrealloc(run.alive, run.alive_cap, sizeof *run.alive);
	}
	run.alive[run.given_n++] = r;
	if (run.play->given)
		run.play->given(r);
}

/* Each leaves once, and in its turn. */
static void check_turn(const struct record *r)
{
	LAW(r->seq < run.given_n, "a record is put that was never read");
	LAW(run.alive[r->seq] == r, "#%llu is put twice, or is another", NUMBER(r->seq));
	LAW(world.opts.unordered || r->seq == run.put_n, "#%llu is put before #%llu",
		NUMBER(r->seq), NUMBER(run.put_n));
	run.alive[r->seq] = NULL;
	while (run.first_alive < run.given_n && !run.alive[run.first_alive])
		run.first_alive++;
}

void check_put(const struct record *r)
{
	run.events_n++;
	run.play->put(r);
	LAW(!run.fold || r->fate != FATE_OPEN, "what is put has no fate");
	if (!run.fold)
		check_turn(r);
	run.put_n++;
}

/* attempts */

unsigned check_start(uint64_t number, unsigned endpoint, const struct attempt *attempt)
{
	LAW(!run_is_stopped(), "asked after the run was stopped");
	LAW(attempt->answer.len == 0 && attempt->status == 0 && !attempt->detail,
		"asked again with what came of the last try");
	run.events_n++;
	run.starts_n++;
	run.in_flight++;
	LAW(run.in_flight <= world.opts.sched.jobs, "%lld in flight, and -j is %lld",
		(long long)run.in_flight, (long long)world.opts.sched.jobs);
	if (run.in_flight > run.most_in_flight)
		run.most_in_flight = run.in_flight;
	return run.play->start(number, endpoint);
}

void check_finish(uint64_t number, const struct reply *reply)
{
	run.events_n++;
	run.in_flight--;
	run.answers_n += reply->kind == REPLY_ANSWER;
	run.play->finish(number, reply);
}

static bool is_after_grace(void)
{
	return run_is_stopped() && world.now_ms >= run.stop_ms + world.opts.grace_ms - LATE_MS;
}

void check_billed(const struct reply *reply)
{
	(void)reply;
}

void check_recalled(const struct entry *e)
{
	run.events_n++;
	run.recalled_n += e != NULL;
}

void check_cancel(uint64_t number)
{
	run.events_n++;
	run.play->cancel(number, is_after_grace());
}

/* the rest */

void check_stop(bool had_all)
{
	(void)had_all;
	if (!run_is_stopped())
		run.stop_ms = world.now_ms;
	run.events_n++;
}

void check_signals(const struct signals_seen *seen)
{
	run.has_signal |= seen->stops_n > 0 || seen->hangup;
}

void check_output_failed(void)
{
	check_fail("the output broke");
}

void check_said(bool is_for_all)
{
	(void)is_for_all;
}

void check_sleep(int64_t timeout_ms, bool is_awake)
{
	bool is_same = run.events_n == run.slept_events_n && world.now_ms == run.slept_ms;
	LAW(run.sleeps_n++ < SLEEPS_MAX_N, "the run does not end");
	run.spins_n = is_same ? run.spins_n + 1 : 0;
	LAW(run.spins_n < SPINS_MAX_N, "the loop spins");
	LAW(!run.has_signal || run_is_stopped(), "asleep although a signal was seen");
	run.slept_events_n = run.events_n;
	run.slept_ms = world.now_ms;
	if (!run.fold) {
		size_t bytes = run_alive_bytes();
		run.most_bytes = bytes > run.most_bytes ? bytes : run.most_bytes;
	}
	if (timeout_ms != 0 && !is_awake && run.play->sleep)
		run.play->sleep();
}

/* words */

size_t words_put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	size_t n = run.play->put_record(out, size, kind, seq);
	if (n >= size)
		check_fail("a record of %zu bytes is too long for the reader here", n);
	return n;
}

uint64_t words_asked(const struct attempt *attempt)
{
	return run.play->asked(attempt);
}

void run_escape(struct buf *out, const char *plain, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (plain[i] == '"' || plain[i] == '\\')
			buf_put_char(out, '\\');
		if (plain[i] == '\n')
			buf_put_str(out, "\\n");
		else
			buf_put_char(out, plain[i]);
	}
}

static void put_answer(const struct reply *reply, uint64_t number, struct buf *out)
{
	char text[ANSWER_MAX_BYTES];
	run.play->answer(number, reply->nth, text, sizeof text);
	buf_clear(out);
	buf_put_str(out, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"");
	run_escape(out, text, strlen(text));
	buf_put_str(out, "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":");
	buf_put_int(out, reply->input);
	buf_put_str(out, ",\"completion_tokens\":1}}");
}

void words_fill(const struct reply *reply, uint64_t number, struct attempt *attempt)
{
	upstream_fill(reply, number, attempt);
	if (run.play->fill)
		run.play->fill(number, reply, attempt);
	else if (reply->kind == REPLY_ANSWER)
		put_answer(reply, number, &attempt->answer);
	if (reply->kind == REPLY_AUTH && run.is_unknown) {
		attempt->status = 404;
		buf_clear(&attempt->answer);
		buf_put_str(&attempt->answer,
			"{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}");
	}
}

void words_judge(uint64_t number, struct reply *reply)
{
	if (run.play->judge)
		run.play->judge(number, reply);
}

uint64_t words_kept(const struct entry *e)
{
	return run.play->kept(e);
}

static void put_content(struct span message, struct buf *out)
{
	struct span text = json_text_of(json_member(message, SPAN("content")));
	if (!text.at || !json_put_plain(out, text))
		check_fail("a message without text");
}

void question_init(struct question *q, const struct attempt *attempt)
{
	struct json_fault fault;
	struct span body;
	*q = (struct question){ .seed = -1 };
	buf_init(&q->prompt, TEXT_MAX_BYTES);
	buf_init(&q->system, TEXT_MAX_BYTES);
	if (!json_scan(buf_span(&attempt->body), &body, &fault))
		check_fail("a request that is no JSON: %s", fault.reason);
	q->model = json_text_of(json_member(body, SPAN("model")));
	struct span messages = json_member(body, SPAN("messages"));
	struct span second = json_item(messages, 1);
	put_content(json_item(messages, second.at ? 1 : 0), &q->prompt);
	if (second.at)
		put_content(json_item(messages, 0), &q->system);
	struct span seed = json_member(body, SPAN("seed"));
	if (seed.at && !units_parse_int(seed, &q->seed))
		check_fail("strange seed: %.*s", (int)seed.n, seed.at);
	LAW(span_is(q->model, attempt->endpoint->model), "the model of another endpoint is asked");
}

void question_release(struct question *q)
{
	buf_release(&q->prompt);
	buf_release(&q->system);
}

/* the run */

void run_reset(void)
{
	const struct record **alive = run.alive;
	uint64_t cap = run.alive_cap;
	plan_release(&run.plan);
	run = (struct run){ .alive = alive, .alive_cap = cap, .stop_ms = NEVER };
}

static void set_pools(void)
{
	char model[16];
	if (run.pools_n == 0)
		run.pools_n = 1;
	for (unsigned i = 0; i < world.endpoints_n; i++) {
		struct endpoint *e = &world.endpoints[i];
		e->pool = i % run.pools_n;
		e->site = i;
		e->api = run.api ? run.api : &api_openai;
		snprintf(model, sizeof model, "m%u", e->pool);
		endpoint_set_model(e, model);
	}
}

static void check_outcome(void)
{
	const struct verdict *v = &run.verdict;
	LAW(run.in_flight == 0, "%lld are still in flight", (long long)run.in_flight);
	LAW(run.stats.requests_n == run.starts_n, "the count of requests is wrong");
	LAW(run.stats.read_n == run.given_n, "the count of records read is wrong");
	LAW(!v->is_aborted || run.may_abort, "the run was aborted");
	if (run.fold || v->is_aborted)
		return;
	LAW(run.put_n == run.given_n, "%llu records were read, %llu written", NUMBER(run.given_n),
		NUMBER(run.put_n));
	LAW(run_is_stopped() || run.given_n == (uint64_t)world.records_n,
		"not all records were read");
	LAW(v->answered_n + v->failed_n == run.put_n, "the verdict counts others");
}

static void play(struct reader *reader, struct writer *writer, struct http *http)
{
	struct fold *fold = run.fold ? fold_new(run.fold, &run.plan) : NULL;
	struct pipeline_rooms rooms = {
		.reader = reader,
		.writer = writer,
		.wake = &world.wake,
		.sched = { .plan = &run.plan,
			.endpoints = world.endpoints,
			.endpoints_n = world.endpoints_n,
			.http = http,
			.cache = run.cache },
		.fold = fold,
		.stats = &run.stats,
		.seed = run.engine_seed ? run.engine_seed : rng_next(&world.rng),
	};
	run.folding = fold;
	pipeline_run(&world.opts, &rooms, &run.verdict);
	run.folding = NULL;
	run.end_ms = world.now_ms;
	check_outcome();
	fold_free(fold);
}

void run_engine(uint64_t seed)
{
	struct err err;
	world_begin(&run.scenario, seed);
	upstream_begin();
	set_pools();
	run.begin_ms = world.now_ms;
	struct http *http = http_new(NULL, &world.wake, &err);
	for (unsigned i = 0; i < world.endpoints_n; i++)
		http_add_endpoint(http, &world.endpoints[i], &err);
	struct writer *writer = writer_new(NULL, &run.plan, &world.wake, &err);
	struct reader *reader = reader_new(NULL, &world.wake, &err);
	if (run.scenario.cache.is_on)
		run.cache = cache_new(NULL, &world.wake, &err);
	signals_start(&world.wake);
	play(reader, writer, http);
	signals_stop();
	cache_free(run.cache);
	run.cache = NULL;
	reader_free(reader);
	writer_free(writer);
	http_free(http);
}
