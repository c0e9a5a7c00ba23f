/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/xalloc.h"
#include "check_seen.h"
#include "fakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SLEEPS_MAX_N = 100000, /* of a run that ends */
	SPINS_MAX_N = 20,      /* sleeps at one moment between which nothing happened */
	SPARE_N = 64,          /* with so many ready beyond the slots, no more need be read */
	LOOK_N = 32,           /* among so many records it is not seen at each sleep who waits */
	DETAILS_FREE_N = 100   /* lines for -v, whatever the requests */
};

struct seen seen;
jmp_buf check_escape;
char check_message[400];

void check_begin(void)
{
	struct track *tracks = seen.tracks;
	uint64_t cap = seen.tracks_cap;
	memset(&seen, 0, sizeof seen);
	seen.tracks = tracks;
	seen.tracks_cap = cap;
	seen.stop_ms = NEVER;
}

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

static size_t alive(void)
{
	return (size_t)(seen.given_n - seen.put_n);
}

void check_given(const struct record *r, enum record_kind kind)
{
	LAW(r->seq == seen.given_n, "the reader is out of step");
	LAW(alive() < world.window, "more records alive than the window of %zu", world.window);
	LAW(alive() == 0 || seen.alive_bytes < world.opts.window_bytes,
		"a record is taken although %zu bytes are alive", seen.alive_bytes);
	if (seen.given_n == seen.tracks_cap) {
		seen.tracks_cap = seen.tracks_cap ? seen.tracks_cap * 2 : 1024;
		seen.tracks = xrealloc(seen.tracks, seen.tracks_cap, sizeof *seen.tracks);
	}
	if (kind == RECORD_TAKEN && world.opts.existing == EXISTING_IS_REPLACED)
		kind = RECORD_GOOD;
	seen.tracks[r->seq] = (struct track){ .record = r, .kind = kind, .given_ms = world.now_ms };
	seen.given_n++;
	seen.tracks[r->seq].bytes = record_weight(r);
	seen.alive_bytes += record_weight(r);
	seen.events_n++;
}

/* True if what lands after a stop is kept, whoever has gone. */
static bool is_kept(void)
{
	return seen.has_signal && fake_cache_is_open() && !fake_cache_has_failed();
}

/* True if nothing that flies is waited for. */
static bool is_over(void)
{
	return seen.is_over || (seen.has_broken && !is_kept());
}

/* May the record be asked about again, after what came of it so far? */
static void check_patience(const struct track *t, uint64_t seq)
{
	unsigned tries_max = reply_laws[t->last.kind].tries_max;
	LAW(!t->is_final, "#%llu is asked again after \"%s\"", NUMBER(seq),
		reply_laws[t->last.kind].name);
	LAW(t->sure_n <= world.opts.sched.retry.retries, "#%llu is asked again after %u failures",
		NUMBER(seq), t->sure_n);
	LAW(t->starts_n == 0 || !tries_max || t->doubtful_n < tries_max,
		"#%llu is asked again after %u failures, the last \"%s\"", NUMBER(seq),
		t->doubtful_n, reply_laws[t->last.kind].name);
}

/* Is there time for an attempt, and does it keep to it? */
static void check_times(const struct track *t, uint64_t seq, int64_t timeout_ms)
{
	const struct pipeline_opts *o = &world.opts;
	int64_t left_ms = t->given_ms + o->sched.deadline_ms - world.now_ms;
	LAW(timeout_ms > 0 && timeout_ms <= o->sched.timeout_ms, "#%llu gets a timeout of %lld ms",
		NUMBER(seq), (long long)timeout_ms);
	LAW(!o->sched.deadline_ms || timeout_ms <= left_ms + LATE_MS,
		"#%llu gets %lld ms, but its deadline is in %lld", NUMBER(seq),
		(long long)timeout_ms, (long long)left_ms);
	LAW(!o->max_duration_ms || world.now_ms < WORLD_BEGIN_MS + o->max_duration_ms + LATE_MS,
		"#%llu is asked after --max-duration", NUMBER(seq));
}

static bool is_late(const struct track *t)
{
	int64_t deadline_ms = world.opts.sched.deadline_ms;
	return deadline_ms && world.now_ms >= t->given_ms + deadline_ms - LATE_MS;
}

/* Does the record wait for its first try? */
static bool is_fresh(const struct track *t)
{
	return t->kind == RECORD_GOOD && !t->is_put && t->starts_n == 0 && !is_late(t) &&
		t->record->fate == FATE_OPEN;
}

/* Records are begun in turn; how they go on is for the policies to say. */
static void check_turn(uint64_t seq)
{
	while (seen.first_fresh < seq && !is_fresh(&seen.tracks[seen.first_fresh]))
		seen.first_fresh++;
	LAW(seen.first_fresh >= seq, "#%llu is begun before its turn, which is that of #%llu",
		NUMBER(seq), NUMBER(seen.first_fresh));
}

unsigned check_start(uint64_t seq, unsigned endpoint, const struct attempt *attempt)
{
	LAW(seq < seen.given_n, "#%llu is asked about before it was read", NUMBER(seq));
	struct track *t = &seen.tracks[seq];
	LAW(!t->is_put && t->kind == RECORD_GOOD, "#%llu is asked about, but is put or bad",
		NUMBER(seq));
	LAW(t->record->fate == FATE_OPEN && !t->is_won, "#%llu is asked about, but is settled",
		NUMBER(seq));
	LAW(!is_stopped(), "#%llu is asked about after the run was stopped", NUMBER(seq));
	LAW(!is_over(), "#%llu is asked about although all is over", NUMBER(seq));
	kept_start(t, seq);
	LAW(attempt->answer.len == 0 && attempt->status == 0 && attempt->hint.wait_ms == -1 &&
			attempt->hint.should_retry == -1 && !attempt->detail &&
			!attempt->allowances,
		"#%llu is asked again with what came of the last try", NUMBER(seq));
	if (t->starts_n == 0) {
		check_turn(seq);
		t->begun_ms = world.now_ms;
	} else if (t->flying_n == 0) {
		check_patience(t, seq);
	}
	check_times(t, seq, attempt->timeout_ms);
	gates_start(t, seq, endpoint);
	t->flying_n++;
	t->endpoint = endpoint;
	seen.in_flight++;
	seen.starts_n++;
	seen.events_n++;
	return ++t->starts_n;
}

static bool is_answer(enum reply_kind kind)
{
	return kind == REPLY_ANSWER ||
		(kind == REPLY_LENGTH && world.opts.sched.on_truncate == TRUNCATE_IS_KEPT);
}

void check_finish(uint64_t seq, const struct reply *reply)
{
	struct track *t = &seen.tracks[seq];
	const struct reply_law *law = &reply_laws[reply->kind];
	bool is_loser = t->is_won;
	t->flying_n--;
	t->need_ms += reply->ms + (reply->hint_ms > 0 ? reply->hint_ms : 0);
	seen.busy_ms += reply->ms;
	seen.in_flight--;
	seen.events_n++;
	seen.refused_n += reply->kind == REPLY_RATE;
	seen.losers_n -= is_loser;
	if (!is_loser) {
		t->last = *reply;
		t->counted_n += law->counts;
		t->doubtful_n += law->tries_max > 0;
		t->is_final = (law->is_final && reply->advice != 1) || reply->advice == 0;
	}
	gates_finish(t, reply);
	if (reply->advice == 0)
		t->is_final = true;
	if (is_loser || !is_answer(reply->kind))
		return;
	t->won = *reply;
	t->is_won = true;
	seen.losers_n += t->flying_n;
	goals_answer(t);
}

void check_cancel(uint64_t seq)
{
	bool at_once = is_over() || world.scenario->cut == CUT_AT_ONCE;
	bool after_grace = world.scenario->cut == CUT_AFTER_GRACE && is_stopped() &&
		world.now_ms >= seen.stop_ms + world.opts.grace_ms - LATE_MS;
	LAW(at_once || after_grace || seen.tracks[seq].is_won,
		"#%llu is paid for, and cut off too early", NUMBER(seq));
	seen.events_n++;
}

/* The echo that the record's answer has to be. */
static void check_echo(const struct track *t, const struct record *r)
{
	char echo[64];
	const struct answer *answer = &r->stages[0].calls[0].answer;
	struct span text = world.scenario->has_schema ? json_text_of(answer->value) : answer->text;
	snprintf(echo, sizeof echo, "echo %llu.%u", NUMBER(fake_id(r->seq)), t->won.nth);
	LAW(r->stages_n == 1 && span_is(text, echo), "#%llu has the answer \"%.*s\", not \"%s\"",
		NUMBER(r->seq), (int)text.n, text.at ? text.at : "", echo);
}

/* Was it right to give the record up with the error of its last reply? */
static bool is_given_up_rightly(const struct track *t)
{
	const struct reply_law *law = &reply_laws[t->last.kind];
	unsigned retries = (unsigned)world.opts.sched.retry.retries;
	return t->is_final || (law->counts && t->counted_n > retries) ||
		(law->tries_max && t->doubtful_n >= law->tries_max) ||
		world.opts.sched.deadline_ms || is_stopped();
}

/* May a record that was not asked (again) carry that code? */
static bool is_unasked_code(const struct track *t, enum error_code code)
{
	switch (code) {
	case ERROR_CANCELLED:
		return is_stopped() && !gates_all_dead();
	case ERROR_BUDGET:
		return is_stopped() && kept_is_limited();
	case ERROR_AUTH:
	case ERROR_QUOTA:
		return gates_all_dead() && (seen.codes_dead & 1U << code);
	case ERROR_TIMEOUT:
		return is_late(t);
	default:
		return false;
	}
}

static void check_asked(const struct track *t, const struct record *r)
{
	enum error_code code = r->failure.code;
	bool is_answered = t->is_won;
	if (kept_is_lost(t, r))
		return;
	LAW(is_answered == (r->fate == FATE_ANSWERED), "#%llu was %s, but leaves as %s",
		NUMBER(r->seq), is_answered ? "answered" : "not answered",
		r->fate == FATE_FAILED ? error_code_name(code) : "something else");
	kept_put(t, r);
	if (is_answered) {
		check_echo(t, r);
		return;
	}
	LAW(r->fate == FATE_FAILED, "#%llu has fate %d", NUMBER(r->seq), (int)r->fate);
	unsigned tries_n = t->is_recalled ? t->last.nth : t->starts_n;
	bool is_last =
		tries_n > 0 && code == reply_laws[t->last.kind].error && is_given_up_rightly(t);
	LAW(is_last || (!t->is_final && is_unasked_code(t, code)),
		"#%llu is given up as %s, %u tries, last \"%s\"", NUMBER(r->seq),
		error_code_name(code), t->starts_n, reply_laws[t->last.kind].name);
	LAW(r->failure.attempts_n == tries_n, "#%llu says that it was tried %u times, not %u",
		NUMBER(r->seq), r->failure.attempts_n, tries_n);
	LAW(r->failure.status == (tries_n ? reply_laws[t->last.kind].status : 0),
		"#%llu has the status %d of another", NUMBER(r->seq), r->failure.status);
	LAW(r->failure.message && *r->failure.message, "#%llu does not say why", NUMBER(r->seq));
}

static void check_bad(const struct track *t, const struct record *r)
{
	static const struct {
		enum fate fate;
		enum error_code code;
	} fates[RECORD_KINDS_N] = {
		[RECORD_BROKEN] = { FATE_FAILED, ERROR_BAD_RECORD },
		[RECORD_BEFORE] = { FATE_PASSED, ERROR_NONE },
		[RECORD_TAKEN] = { FATE_FAILED, ERROR_BAD_RECORD },
		[RECORD_BARE] = { FATE_FAILED, ERROR_TEMPLATE },
	};
	bool is_skipped = t->kind == RECORD_TAKEN && world.opts.existing == EXISTING_IS_SKIPPED;
	enum fate fate = is_skipped ? FATE_SKIPPED : fates[t->kind].fate;
	enum error_code code = is_skipped ? ERROR_NONE : fates[t->kind].code;
	/*
	 * That a field is missing is found out when the record's turn comes; the run may end
	 * before.
	 */
	bool is_unasked = t->kind == RECORD_BARE && is_unasked_code(t, r->failure.code);
	LAW(r->fate == fate && (r->failure.code == code || is_unasked),
		"#%llu is bad, but leaves with fate %d, %s", NUMBER(r->seq), (int)r->fate,
		error_code_name(r->failure.code));
}

void check_put(const struct record *r)
{
	LAW(r->seq < seen.given_n, "a record is put that was never read");
	struct track *t = &seen.tracks[r->seq];
	LAW(!t->is_put, "#%llu is put twice", NUMBER(r->seq));
	LAW(t->record == r, "#%llu is another record than it was", NUMBER(r->seq));
	LAW(t->flying_n == 0, "#%llu is put while in flight", NUMBER(r->seq));
	LAW(world.opts.unordered || r->seq == seen.put_n, "#%llu is put before #%llu",
		NUMBER(r->seq), NUMBER(seen.put_n));
	if (t->kind == RECORD_GOOD)
		check_asked(t, r);
	else
		check_bad(t, r);
	goals_put(t, r);
	seen.failed_n += r->fate == FATE_FAILED || r->fate == FATE_PASSED;
	seen.answered_n += r->fate == FATE_ANSWERED || r->fate == FATE_SKIPPED;
	seen.alive_bytes -= t->bytes;
	t->is_put = true;
	t->record = NULL;
	while (seen.first_alive < seen.given_n && seen.tracks[seen.first_alive].is_put)
		seen.first_alive++;
	seen.put_n++;
	seen.events_n++;
}

void check_stop(bool had_all)
{
	if (!is_stopped()) {
		seen.stop_ms = world.now_ms;
		seen.had_all = had_all;
	}
	world_trace("the run is stopped");
	seen.events_n++;
}

void check_signals(const struct signals_seen *signals)
{
	seen.has_signal |= signals->stops_n > 0 || signals->hangup;
	if (signals->status)
		seen.status_n = seen.said_n + 1;
	seen.is_over |= signals->stops_n > 1;
}

void check_output_failed(void)
{
	seen.has_broken = true;
}

void check_said(bool is_for_all)
{
	seen.said_n += is_for_all;
	seen.details_n += !is_for_all;
}

/* A record that is open and does not fly waits for something that will come, and come in time. */
static void check_waiting(const struct track *t, uint64_t seq, int64_t timeout_ms)
{
	int64_t last_ms = t->given_ms + world.opts.sched.deadline_ms + LATE_MS;
	if (fake_cache_is_busy())
		return;
	LAW(!is_stopped(), "#%llu waits although the run was stopped", NUMBER(seq));
	LAW(t->starts_n > 0 || seen.in_flight == world.opts.sched.jobs || !gates_are_open(),
		"asleep although #%llu may start", NUMBER(seq));
	LAW(seen.in_flight > 0 ||
			(timeout_ms >= 0 && world.now_ms + timeout_ms <= gates_latest_ms()),
		"asleep for %lld ms with nothing in flight, and #%llu waits", (long long)timeout_ms,
		NUMBER(seq));
	if (!world.opts.sched.deadline_ms)
		return;
	LAW(timeout_ms >= 0 && world.now_ms + timeout_ms <= last_ms,
		"asleep until after the deadline of #%llu", NUMBER(seq));
}

/* How many records are open and do not fly. */
static int64_t idle_n(void)
{
	int64_t n = 0;
	for (uint64_t seq = seen.first_alive; seq < seen.given_n; seq++) {
		const struct track *t = &seen.tracks[seq];
		n += !t->is_put && t->flying_n == 0 && t->record->fate == FATE_OPEN;
	}
	return n;
}

/* What the records weigh that are alive, with the answers that wait in them. */
static size_t held_bytes(void)
{
	size_t bytes = 0;
	for (uint64_t seq = seen.first_alive; seq < seen.given_n; seq++)
		bytes += seen.tracks[seq].is_put ? 0 : record_weight(seen.tracks[seq].record);
	return bytes;
}

/* What can be done with records is done before sleeping. */
static void check_idle(int64_t timeout_ms)
{
	bool has_room = alive() < world.window && held_bytes() < world.opts.window_bytes;
	bool is_full = seen.in_flight == world.opts.sched.jobs;
	bool is_fed = (is_full || !gates_are_open()) && idle_n() >= (is_full ? SPARE_N : 1);
	LAW(!has_room || is_fed || fake_reader_ready() == 0,
		"asleep although there are records and room for them");
	/* A writer wakes the engine when it is half empty, not for each place: see base/chan.h. */
	bool has_way_out = fake_writer_room() >= FAKE_WRITER_N / 2;
	for (uint64_t seq = seen.first_alive; seq < seen.given_n; seq++) {
		const struct track *t = &seen.tracks[seq];
		if (t->is_put || t->flying_n > 0)
			continue;
		bool may_leave = world.opts.unordered || seq == seen.put_n;
		if (t->record->fate == FATE_OPEN)
			check_waiting(t, seq, timeout_ms);
		else
			LAW(!may_leave || !has_way_out || fake_cache_is_busy(),
				"asleep although #%llu is settled and there is room for it",
				NUMBER(seq));
	}
}

void check_sleep(int64_t timeout_ms, bool is_awake)
{
	bool is_same = seen.events_n == seen.slept_events_n && world.now_ms == seen.slept_ms;
	LAW(seen.sleeps_n++ < SLEEPS_MAX_N, "the run does not end");
	seen.spins_n = is_same ? seen.spins_n + 1 : 0;
	LAW(seen.spins_n < SPINS_MAX_N, "the loop spins");
	LAW(!seen.has_signal || is_stopped(), "asleep although a signal was seen");
	LAW(!seen.is_over || timeout_ms == 0, "asleep although all is over");
	LAW(seen.status_n == 0 || seen.said_n >= seen.status_n, "asleep without a word for USR1");
	seen.slept_events_n = seen.events_n;
	seen.slept_ms = world.now_ms;
	if (timeout_ms == 0 || is_awake)
		return;
	LAW(!fake_writer_failed() || is_kept(), "asleep although the output is broken");
	LAW(!fake_cache_has_failed() || is_stopped(), "asleep although the cache is broken");
	LAW(seen.losers_n == 0, "asleep although an attempt flies whose record is answered");
	if (seen.in_flight == 0 || seen.sleeps_n % (1 + alive() / LOOK_N) == 0)
		check_idle(timeout_ms);
}

void check_end(const struct verdict *verdict, const struct stats *stats, struct check_sum *sum)
{
	const struct scenario *s = world.scenario;
	enum exit_code code = verdict_exit_code(verdict, 0, false);
	LAW(verdict->by_signal == s->by_signal, "by signal %d, not %d", verdict->by_signal,
		s->by_signal);
	LAW(s->by_signal || code == s->exit_code || world.is_surveyed, "exit code %d, not %d", code,
		(int)s->exit_code);
	LAW(verdict->is_aborted == s->is_aborted, "the run was%s aborted",
		verdict->is_aborted ? "" : " not");
	LAW(seen.in_flight == 0, "%lld are still in flight", (long long)seen.in_flight);
	LAW(stats->wall_ms == world.now_ms - WORLD_BEGIN_MS, "%lld ms are said to have passed",
		(long long)stats->wall_ms);
	LAW(stats->read_n == seen.given_n, "the count of records read is wrong");
	LAW(stats->is_all_read == (!verdict->input_failed && (!is_stopped() || seen.had_all)),
		"that all was read is said to be %s", stats->is_all_read ? "true" : "false");
	LAW(stats->requests_n == seen.starts_n, "the count of requests is wrong");
	if (!verdict->is_aborted) {
		LAW(seen.put_n == seen.given_n, "%llu records were read, %llu written",
			NUMBER(seen.given_n), NUMBER(seen.put_n));
		LAW(is_stopped() || s->input.until_ms || seen.given_n == (uint64_t)world.records_n,
			"not all records were read");
		LAW(verdict->answered_n == seen.answered_n && verdict->failed_n == seen.failed_n,
			"%llu answered and %llu failed, but the verdict says otherwise",
			NUMBER(seen.answered_n), NUMBER(seen.failed_n));
	}
	bool has_reason = *verdict->reason && !verdict->input_failed;
	LAW(has_reason == (is_stopped() && (!verdict->output_failed || verdict->by_signal)),
		"the reason is \"%s\"", verdict->reason);
	LAW(seen.details_n <=
			DETAILS_FREE_N + seen.failed_n + 2 * seen.refused_n + seen.starts_n / 4,
		"%llu lines for %llu requests", NUMBER(seen.details_n), NUMBER(seen.starts_n));
	sum->records_n += seen.given_n;
	sum->attempts_n += seen.starts_n;
	kept_end(verdict, sum);
	goals_end(sum);
}
