/* SPDX-License-Identifier: MIT */
#include "engine/pipeline.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "io/signals.h"
#include "policy/order.h"

#include <assert.h>
#include <stdio.h>

enum {
	BATCH_N = 256,          /* records moved at a time between the rooms */
	RECORD_BYTES = 64 << 10 /* what a record not yet seen is taken to weigh */
};

enum {
	OUTPUT_PATIENCE_MS = 1000, /* beyond --grace, for an output that takes nothing */
	STATUS_MAX_BYTES = 4096
};

/* How far the end of the run has come. */
enum phase {
	RUNNING,
	DRAINING, /* reads no more, starts nothing; what flies may land */
	ABORTING  /* leaves now */
};

struct pipeline {
	const struct pipeline_opts *opts;
	const struct pipeline_rooms *rooms;
	struct verdict *verdict;
	struct sched sched;
	struct order order;
	struct halt halt;
	size_t window;
	enum phase phase;
	int64_t now_ms; /* read once a turn */
	int64_t duration_end_ms;
	int64_t grace_end_ms;
	bool is_cut;          /* grace is over: what flew was cut off */
	uint64_t output_mark; /* how far the output had come */
	uint64_t released_n;  /* records put to the writer */
	size_t alive_bytes;   /* of records read and not released */
};

static size_t alive(const struct pipeline *p)
{
	return (size_t)(p->rooms->stats->read_n - p->released_n);
}

static bool has_room(const struct pipeline *p)
{
	return alive(p) < p->window && (p->alive_bytes < p->opts->window_bytes || alive(p) == 0) &&
		(sched_hungry_n(&p->sched, p->now_ms) > 0 || p->phase != RUNNING);
}

/*
 * Ends the run early: nothing new begins, and what flies has until grace_ms from now. The first
 * reason counts.
 */
static void begin_drain(struct pipeline *p, int64_t grace_ms, const char *reason)
{
	if (p->phase != RUNNING)
		return;
	p->phase = DRAINING;
	p->grace_end_ms = grace_ms == INT64_MAX ? INT64_MAX : p->now_ms + grace_ms;
	snprintf(p->verdict->reason, sizeof p->verdict->reason, "%s", reason);
	reader_stop(p->rooms->reader);
	sched_stop(&p->sched);
}

static void abort_now(struct pipeline *p)
{
	if (p->phase == RUNNING)
		begin_drain(p, 0, "");
	p->phase = ABORTING;
}

/* A record's end is known. It leaves when its turn comes. */
static void settle(struct pipeline *p, struct record *r)
{
	enum error_code code = r->failure.code;
	stats_count(p->rooms->stats, r);
	/* What the end of the run leaves unasked is counted in the summary. */
	if (r->fate == FATE_FAILED && (p->phase == RUNNING || code != ERROR_CANCELLED))
		log_say(LOG_DETAIL, "line %llu: %s: %s", (unsigned long long)r->line,
			error_code_name(code), r->failure.message);
	/* What the end of the run did to a record says nothing about whether to end the run. */
	if (p->phase == RUNNING)
		halt_settle(&p->halt, r->fate == FATE_FAILED, error_code_is_own_fault(code));
	order_put(&p->order, r->seq, r);
}

static char *explain_fault(const struct record *r)
{
	return xasprintf("not a JSON value: %s at byte %zu of the line (byte %llu of the input)",
		r->fault.reason, r->fault.offset + 1,
		(unsigned long long)(r->offset + r->fault.offset + 1));
}

/* Decides what needs no model: true if the record's fate is known at the door. */
static bool is_settled_at_door(struct pipeline *p, struct record *r)
{
	const struct plan *plan = p->rooms->sched.plan;
	bool is_failed, has_field;
	if (!r->value.at) {
		record_fail(r, ERROR_BAD_RECORD, explain_fault(r));
		return true;
	}
	/* A request has no fields of ours, nor is it a failure because --errors wrote it so. */
	if (plan->batch != BATCH_NONE)
		return false;
	record_survey(r, span_of(plan->steps[0].name), &is_failed, &has_field);
	if (is_failed) {
		r->fate = FATE_PASSED;
		return true;
	}
	const char *meta = p->opts->meta_field;
	const char *taken = has_field                             ? plan->steps[0].name
		: meta && json_member(r->value, span_of(meta)).at ? meta
								  : NULL;
	if (!taken || p->opts->existing == EXISTING_IS_REPLACED)
		return false;
	if (p->opts->existing == EXISTING_IS_SKIPPED && has_field)
		r->fate = FATE_SKIPPED;
	else
		record_fail(r, ERROR_BAD_RECORD,
			xasprintf(
				"the record already has a field \"%s\"; see --existing, -a and --meta",
				taken));
	return true;
}

static void admit_record(struct pipeline *p, struct record *r)
{
	p->rooms->stats->read_n++;
	p->alive_bytes += record_weight(r);
	r->admitted_ms = p->now_ms;
	if (is_settled_at_door(p, r)) {
		settle(p, r);
		return;
	}
	record_add_calls(r, 1);
	call_init(&r->calls[0], r, 0);
	sched_put(&p->sched, &r->calls[0]);
}

/* How many records to take at once: one by one where each may be the one too heavy. */
static size_t batch_room(const struct pipeline *p)
{
	size_t room = p->window - alive(p);
	size_t max_bytes = (size_t)p->opts->window_bytes;
	size_t left = p->alive_bytes < max_bytes ? max_bytes - p->alive_bytes : 0;
	if (room > left / RECORD_BYTES + 1)
		room = left / RECORD_BYTES + 1;
	if (p->phase == RUNNING && room > sched_hungry_n(&p->sched, p->now_ms))
		room = sched_hungry_n(&p->sched, p->now_ms);
	return room < BATCH_N ? room : BATCH_N;
}

static void admit(struct pipeline *p)
{
	struct record *batch[BATCH_N];
	while (has_room(p)) {
		size_t n = reader_take(p->rooms->reader, batch, batch_room(p));
		for (size_t i = 0; i < n; i++)
			admit_record(p, batch[i]);
		if (n == 0)
			break;
	}
}

/* The call has said its last: so has its record. */
static void settle_call(struct pipeline *p, struct call *call)
{
	struct record *r = call->record;
	if (call->error == ERROR_NONE) {
		r->fate = FATE_ANSWERED;
	} else {
		record_fail(r, call->error, call->answer.message);
		call->answer.message = NULL;
		r->failure.status = call->attempt.status;
		r->failure.attempts_n = call->attempts_n;
		r->failure.step = p->rooms->sched.plan->steps[call->step].name;
		if (call->error == ERROR_TRUNCATED || call->error == ERROR_SCHEMA_MISMATCH)
			r->failure.partial = call->answer.text;
	}
	settle(p, r);
}

static void settle_calls(struct pipeline *p)
{
	struct call *call;
	while ((call = sched_take_settled(&p->sched)))
		settle_call(p, call);
}

static void dispatch(struct pipeline *p)
{
	sched_dispatch(&p->sched, p->now_ms);
	settle_calls(p);
	/* Before the sleep: patience must be running while the very first answers do not come. */
	halt_work(&p->halt, sched_inside(&p->sched) > 0, p->now_ms);
}

static void collect(struct pipeline *p)
{
	struct attempt *done;
	uint64_t successes_n = p->sched.successes_n;
	while ((done = http_take_done(p->rooms->sched.http)))
		sched_finish(&p->sched, done, p->now_ms);
	if (p->sched.successes_n != successes_n)
		halt_success(&p->halt, p->now_ms);
	settle_calls(p);
	halt_work(&p->halt, sched_inside(&p->sched) > 0, p->now_ms);
}

static void release(struct pipeline *p)
{
	struct record *batch[BATCH_N];
	size_t n;
	do {
		size_t room = writer_room(p->rooms->writer);
		if (room > BATCH_N)
			room = BATCH_N;
		for (n = 0; n < room && order_peek(&p->order); n++) {
			batch[n] = order_take(&p->order);
			p->alive_bytes -= record_weight(batch[n]);
		}
		if (n > 0)
			writer_put(p->rooms->writer, batch, n);
		p->released_n += n;
	} while (n == BATCH_N);
}

/* One line about the records, and the state of every gate. */
static void say_status(const struct pipeline *p)
{
	const struct stats *s = p->rooms->stats;
	struct buf gates;
	buf_init(&gates, STATUS_MAX_BYTES);
	sched_describe(&p->sched, p->now_ms, &gates);
	log_say(LOG_ERROR,
		"%llu read, %llu done, %llu failed; %u in flight, %zu waiting, %zu held for order; %.*s",
		(unsigned long long)s->read_n, (unsigned long long)p->released_n,
		(unsigned long long)s->failed_n, p->sched.flights_n,
		p->sched.ready_n + p->sched.waiting.len, p->order.held, (int)gates.len, gates.data);
	buf_release(&gates);
}

static void heed_signals(struct pipeline *p)
{
	struct signals_seen seen = signals_look();
	/* Also after a hang-up, whose drain has no end of its own. */
	if (seen.stops_n > 0 && p->verdict->by_signal != seen.last_stop) {
		p->verdict->by_signal = seen.last_stop;
		begin_drain(p, p->opts->grace_ms, "stopped by a signal");
		if (p->grace_end_ms == INT64_MAX)
			p->grace_end_ms = p->now_ms + p->opts->grace_ms;
	}
	if (seen.stops_n > 1)
		abort_now(p);
	if (seen.hangup && p->verdict->by_signal == 0) {
		p->verdict->by_signal = seen.hangup;
		begin_drain(p, INT64_MAX, "stopped by a hang-up");
	}
	if (seen.status)
		say_status(p);
}

static void heed_output(struct pipeline *p)
{
	enum writer_state state = writer_state(p->rooms->writer);
	if (state == WRITER_OK)
		return;
	p->verdict->output_failed = true;
	abort_now(p);
}

/* What the count of failures says. */
static void heed_halt(struct pipeline *p)
{
	enum halt_when when = halt_verdict(&p->halt);
	struct verdict *v = p->verdict;
	if (p->phase != RUNNING)
		return;
	if (p->opts->stops_on_error && p->rooms->stats->failed_n > 0) {
		v->halted = true;
		begin_drain(p, INT64_MAX, "a record failed (--on-error stop)");
	} else if (when != HALT_DEFAULT) {
		v->halted = true;
		begin_drain(p, when == HALT_NOW ? 0 : INT64_MAX,
			p->opts->halt.when == HALT_DEFAULT
				? "all of the first 100 records failed for reasons of their own (--halt never to go on)"
				: "too many records failed (--halt)");
	}
}

/* True if the output has taken something since this was last asked. */
static bool has_moved(struct pipeline *p)
{
	uint64_t mark = p->released_n + writer_room(p->rooms->writer);
	bool moved = mark != p->output_mark;
	p->output_mark = mark;
	return moved;
}

/* The same, for a reason that lies with the endpoints: which says how each of them is. */
static void begin_drain_with_state(struct pipeline *p, int64_t grace_ms, const char *reason)
{
	struct buf text;
	buf_init(&text, STATUS_MAX_BYTES);
	buf_put_str(&text, reason);
	sched_describe(&p->sched, p->now_ms, &text);
	buf_put_char(&text, '\0');
	begin_drain(p, grace_ms, text.data);
	buf_release(&text);
}

/* What the clock and dead endpoints say. */
static void heed_patience(struct pipeline *p)
{
	struct verdict *v = p->verdict;
	if (p->phase == RUNNING && p->sched.dead) {
		v->refused = true;
		if (p->sched.pool.gates_n > 1)
			begin_drain_with_state(p, INT64_MAX, "no endpoint is left; ");
		else
			begin_drain(p, INT64_MAX, p->sched.dead->dead_message);
	} else if (p->phase == RUNNING && p->now_ms >= p->duration_end_ms) {
		v->duration_reached = true;
		begin_drain(p, p->opts->grace_ms, "--max-duration reached");
	} else if (p->phase == RUNNING && halt_patience(&p->halt, p->now_ms) <= 0) {
		v->gave_up = true;
		begin_drain_with_state(p, p->opts->grace_ms, "no success for --give-up; ");
	}
	if (p->now_ms < p->grace_end_ms)
		return;
	p->grace_end_ms = INT64_MAX;
	if (!p->is_cut)
		sched_cut(&p->sched);
	else if (v->by_signal && !has_moved(p))
		/* What flew has landed, and our output takes nothing: nobody waits for that. */
		abort_now(p);
	p->is_cut = true;
	if (v->by_signal && p->phase != ABORTING)
		p->grace_end_ms = p->now_ms + p->opts->grace_ms + OUTPUT_PATIENCE_MS;
}

static void heed(struct pipeline *p)
{
	heed_signals(p);
	heed_output(p);
	heed_halt(p);
	heed_patience(p);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long the loop may sleep; 0 if a room has something for it already. */
static int64_t sleep_ms(struct pipeline *p)
{
	bool can_admit = has_room(p) && reader_has_records(p->rooms->reader);
	bool can_release = order_peek(&p->order) && writer_room(p->rooms->writer) > 0;
	bool is_broken = writer_state(p->rooms->writer) != WRITER_OK;
	if (can_admit || can_release || is_broken)
		return 0;
	int64_t wait = sched_wait_ms(&p->sched, p->now_ms);
	if (p->phase == RUNNING) {
		wait = least(wait, halt_patience(&p->halt, p->now_ms));
		wait = least(wait, p->duration_end_ms - p->now_ms);
	}
	if (p->grace_end_ms != INT64_MAX)
		wait = least(wait, p->grace_end_ms - p->now_ms);
	return wait > 0 ? wait : 0;
}

/* The last line may wait long for a slow reader of ours; signals are heeded until it is out. */
static bool pipeline_done(struct pipeline *p)
{
	if (p->phase == ABORTING)
		return true;
	if (alive(p) > 0 || !reader_is_done(p->rooms->reader))
		return false;
	writer_close(p->rooms->writer);
	return writer_is_done(p->rooms->writer);
}

/* The only sleep. */
static void wait(struct pipeline *p)
{
	wake_prepare(p->rooms->wake);
	/* Once more after announcing sleep: whatever came before that has called no wake. */
	int64_t ms = pipeline_done(p) ? 0 : sleep_ms(p);
	http_wait(p->rooms->sched.http, ms == INT64_MAX ? -1 : ms);
	p->now_ms = clock_now_ms();
}

static void check_identities(const struct pipeline *p)
{
	assert(alive(p) == sched_inside(&p->sched) + p->order.held);
	assert(alive(p) <= p->window);
	(void)p;
}

static void pipeline_init(struct pipeline *p, const struct pipeline_opts *opts,
	const struct pipeline_rooms *rooms, struct verdict *verdict)
{
	*p = (struct pipeline){
		.opts = opts,
		.rooms = rooms,
		.verdict = verdict,
		.window = (size_t)(opts->window ? opts->window : 4 * opts->sched.jobs),
		.now_ms = clock_now_ms(),
		.grace_end_ms = INT64_MAX,
	};
	p->duration_end_ms = opts->max_duration_ms ? p->now_ms + opts->max_duration_ms : INT64_MAX;
	sched_init(&p->sched, &opts->sched, &rooms->sched, rooms->seed);
	order_init(&p->order, p->window, !opts->unordered);
	halt_init(&p->halt, &opts->halt);
}

/*
 * After a normal end nothing is inside; after an abort what is in flight must not outlive the
 * records.
 */
static void pipeline_release(struct pipeline *p)
{
	sched_stop(&p->sched);
	sched_cut(&p->sched);
	collect(p);
	struct record *r;
	while ((r = order_take(&p->order)))
		record_free(r);
	sched_release(&p->sched);
	order_release(&p->order);
}

/* The counts on which the exit code depends. */
static void sum_up(struct pipeline *p)
{
	struct stats *s = p->rooms->stats;
	s->requests_n = p->sched.requests_n;
	s->retries_n = p->sched.retries_n;
	p->verdict->answered_n = s->answered_n + s->skipped_n;
	p->verdict->failed_n = s->failed_n + s->passed_n;
	p->verdict->none_worked =
		stats_none_worked(s) || (p->verdict->gave_up && s->answered_n == 0);
}

void pipeline_run(const struct pipeline_opts *opts, const struct pipeline_rooms *rooms,
	struct verdict *verdict)
{
	struct pipeline p;
	*verdict = (struct verdict){ 0 };
	pipeline_init(&p, opts, rooms, verdict);
	while (!pipeline_done(&p)) {
		admit(&p);
		dispatch(&p);
		wait(&p);
		collect(&p);
		release(&p);
		heed(&p);
		check_identities(&p);
	}
	struct err err;
	if (p.phase != ABORTING && !reader_check(rooms->reader, &err)) {
		verdict->input_failed = true;
		snprintf(verdict->reason, sizeof verdict->reason, "%s", err.msg);
	}
	verdict->is_aborted = p.phase == ABORTING;
	pipeline_release(&p);
	sum_up(&p);
}
