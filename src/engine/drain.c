/* SPDX-License-Identifier: MIT */
#include "engine/drain.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "engine/look.h"
#include "io/signals.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	OUTPUT_PATIENCE_MS = 1000, /* beyond --grace, for an output that takes nothing */
	STATUS_MAX_BYTES = 4096
};

void drain_begin(struct pipeline *p, int64_t grace_ms, const char *reason)
{
	if (p->phase != RUNNING)
		return;
	p->phase = DRAINING;
	p->grace_end_ms = grace_ms == INT64_MAX ? INT64_MAX : p->now_ms + grace_ms;
	err_flatten(p->verdict->reason, sizeof p->verdict->reason, reason);
	p->was_all_read = reader_is_done(p->rooms->reader);
	reader_stop(p->rooms->reader);
	sched_stop(&p->sched);
}

static void abort_now(struct pipeline *p)
{
	if (p->phase == RUNNING)
		drain_begin(p, 0, "");
	p->phase = ABORTING;
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
		(unsigned long long)s->read_n, (unsigned long long)p->settled_n,
		(unsigned long long)(s->failed_n - stats_unasked_n(s)), p->sched.flights_n,
		p->sched.queue.ready_n + p->sched.queue.waiting.len, p->order.held, (int)gates.len,
		gates.data);
	buf_release(&gates);
}

/* Who has pressed ^C wants to see that it was heard, and what is still waited for. */
static void say_stopping(const struct pipeline *p)
{
	if (p->sched.flights_n == 0)
		return;
	log_say(LOG_NOTICE, "stopping: %u in flight may land within %llds; once more to leave them",
		p->sched.flights_n, (long long)(p->opts->grace_ms / 1000));
}

/* They were sent: their answers may have to be paid for all the same. */
static void say_leaving(const struct pipeline *p)
{
	if (p->sched.flights_n > 0)
		log_say(LOG_NOTICE, "%u in flight are left; they may be billed",
			p->sched.flights_n);
}

static void heed_signals(struct pipeline *p)
{
	struct signals_seen seen = signals_look();
	/* Also after a hang-up, whose drain has no end of its own. */
	if (seen.stops_n > 0 && p->verdict->by_signal != seen.last_stop) {
		p->verdict->by_signal = seen.last_stop;
		drain_begin(p, p->opts->grace_ms, "stopped by a signal");
		if (p->grace_end_ms == INT64_MAX)
			p->grace_end_ms = p->now_ms + p->opts->grace_ms;
		say_stopping(p);
	}
	if (seen.stops_n > 1 && p->phase != ABORTING) {
		say_leaving(p);
		abort_now(p);
	}
	if (seen.hangup && p->verdict->by_signal == 0) {
		p->verdict->by_signal = seen.hangup;
		drain_begin(p, INT64_MAX, "stopped by a hang-up");
	}
	if (seen.status) {
		look_asked(p);
		say_status(p);
	}
}

/*
 * True if the output has failed and what flies would be asked for nothing. In a run that a signal
 * has stopped it lands in the cache: ^C ends all of a pipeline, and what was sent is paid for.
 */
static bool is_in_vain(const struct pipeline *p)
{
	bool is_kept = p->verdict->by_signal && p->rooms->sched.cache && !p->storing.has_failed;
	return p->verdict->output_failed && !is_kept;
}

static void heed_output(struct pipeline *p)
{
	if (!is_in_vain(p) || p->phase == ABORTING)
		return;
	/* Who has stopped the run was told that they may land. */
	if (p->verdict->by_signal)
		say_leaving(p);
	abort_now(p);
}

/* What cannot be stored any more would be paid for again: what flies is cut off. */
static void heed_cache(struct pipeline *p)
{
	if (!p->storing.has_failed || p->verdict->cache_failed)
		return;
	p->verdict->cache_failed = true;
	err_say(&p->storing.err);
	drain_begin(p, 0, "what was paid for could not be stored");
}

/* What is left of the budget. */
static void heed_budget(struct pipeline *p)
{
	const struct spend *spend = &p->sched.spend;
	struct buf text;
	if (p->phase != RUNNING || !spend_is_over(spend))
		return;
	p->verdict->budget_reached = true;
	buf_init(&text, STATUS_MAX_BYTES);
	spend_explain(spend, &text);
	buf_put_char(&text, '\0');
	drain_begin(p, INT64_MAX, text.data);
	buf_release(&text);
}

static enum halt_end halt_end_of(const struct pipeline *p, const struct record *r)
{
	if (r->fate != FATE_FAILED)
		return HALT_END_GOOD;
	if (!error_code_is_own_fault(r->failure.code))
		return HALT_END_OTHERS;
	bool is_early = r->failure.attempts_n == 0 && sched_inside(&p->sched) > 0;
	return is_early ? HALT_END_EARLY : HALT_END_OWN;
}

void drain_note(struct pipeline *p, const struct record *r)
{
	/* What the end of the run did to a record says nothing about whether to end the run. */
	if (p->phase == RUNNING)
		halt_settle(&p->halt, halt_end_of(p, r));
}

/* What the count of failures says. */
static void heed_halt(struct pipeline *p)
{
	enum halt_when when = halt_verdict(&p->halt);
	struct verdict *v = p->verdict;
	bool is_usual = p->opts->halt.when == HALT_DEFAULT;
	if (p->phase != RUNNING)
		return;
	if (p->opts->stops_on_error && p->rooms->stats->failed_n > 0) {
		v->halted = true;
		drain_begin(p, INT64_MAX, "a record failed (--on-error stop)");
	} else if (when != HALT_DEFAULT && !(is_usual && p->sched.dead)) {
		/* Where no endpoint is left, that is why all have failed. */
		v->halted = true;
		drain_begin(p, when == HALT_NOW ? 0 : INT64_MAX,
			is_usual
				? "all of the first 100 records failed for reasons of their own (--halt never to go on)"
				: "too many records failed (--halt)");
	}
}

/* True if the output has taken something since this was last asked. */
static bool has_moved(struct pipeline *p)
{
	uint64_t mark = p->left_n + writer_room(p->rooms->writer);
	bool moved = mark != p->output_mark;
	p->output_mark = mark;
	return moved;
}

/* The same, for a reason that lies with the endpoints: which says how each of them is. */
static void drain_with_state(struct pipeline *p, int64_t grace_ms, const char *reason)
{
	struct buf text;
	buf_init(&text, STATUS_MAX_BYTES);
	buf_put_str(&text, reason);
	sched_describe(&p->sched, p->now_ms, &text);
	buf_put_char(&text, '\0');
	drain_begin(p, grace_ms, text.data);
	buf_release(&text);
}

/* The same where other models may well have endpoints left. */
static void drain_with_reason(struct pipeline *p, const struct gates *dead)
{
	char *reason = xasprintf("no endpoint is left for a model that steps need; %s: %s",
		dead->label, dead->dead_message);
	drain_begin(p, INT64_MAX, reason);
	free(reason);
}

/* The only endpoint is dead: in its words, and whose key it was. */
static void drain_with_death(struct pipeline *p, const struct gates *dead)
{
	const char *source = dead->dead == OUTCOME_AUTH ? dead->endpoint->key_source : NULL;
	char *reason = xasprintf("%s%s%s", dead->dead_message,
		source ? LOG_HELP "the key is from " : "", source ? source : "");
	drain_begin(p, INT64_MAX, reason);
	free(reason);
}

static void drain_with_impatience(struct pipeline *p)
{
	char *reason = xasprintf(
		"no success for %.6gs (--give-up); ", (double)p->halt.opts->give_up_ms / 1000);
	drain_with_state(p, p->opts->grace_ms, reason);
	free(reason);
}

static bool is_silent(const struct pipeline *p)
{
	for (unsigned i = 0; i < p->sched.pool.gates_n; i++)
		if (!gates_is_silent(&p->sched.pool.gates[i]))
			return false;
	return p->sched.recall.hits_n == 0;
}

/* Patience is long: who has a wrong port, or forgot a server, is not to wait until it ends. */
static void say_silence(struct pipeline *p)
{
	struct buf text;
	p->is_silence_said = true;
	buf_init(&text, STATUS_MAX_BYTES);
	sched_describe(&p->sched, p->now_ms, &text);
	log_say(LOG_NOTICE,
		"no request has succeeded yet, which %s: %.*s" LOG_HELP
		"is the server up? pllm doctor looks for what is wrong",
		p->halt.opts->give_up_ms > 0 ? "--give-up will end" : "nothing will end",
		(int)text.len, text.data);
	buf_release(&text);
}

/* What the clock and dead endpoints say of a run that is on. */
static void heed_patience(struct pipeline *p)
{
	struct verdict *v = p->verdict;
	if (p->phase != RUNNING)
		return;
	if (p->sched.dead) {
		v->refused = true;
		if (p->sched.pool.pools_n > 1)
			drain_with_reason(p, p->sched.dead);
		else if (p->sched.pool.gates_n > 1)
			drain_with_state(p, INT64_MAX, "no endpoint is left; ");
		else
			drain_with_death(p, p->sched.dead);
	} else if (p->now_ms >= p->duration_end_ms) {
		v->duration_reached = true;
		drain_begin(p, p->opts->grace_ms, "--max-duration reached");
	} else if (halt_patience(&p->halt, p->now_ms) <= 0) {
		v->gave_up = true;
		drain_with_impatience(p);
	} else if (!p->is_silence_said && is_silent(p)) {
		say_silence(p);
	}
}

/* What the clock says of a run that is ending. */
static void heed_grace(struct pipeline *p)
{
	struct verdict *v = p->verdict;
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

void drain_heed(struct pipeline *p)
{
	/* Before the signals: of a ^C that takes both of us, ours came before our reader's end. */
	p->verdict->output_failed = writer_state(p->rooms->writer) != WRITER_OK;
	heed_signals(p);
	heed_output(p);
	heed_cache(p);
	heed_halt(p);
	heed_budget(p);
	heed_patience(p);
	heed_grace(p);
}
