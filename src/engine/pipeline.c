/* SPDX-License-Identifier: MIT */
#include "engine/pipeline.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/advance.h"
#include "engine/door.h"
#include "engine/drain.h"
#include "engine/fold.h"
#include "engine/look.h"
#include "engine/pipeline_state.h"
#include "engine/sample.h"
#include "engine/tell.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	BATCH_N = 256,          /* records moved at a time between the rooms */
	RECORD_BYTES = 64 << 10 /* what a record not yet seen is taken to weigh */
};

static size_t alive(const struct pipeline *p)
{
	return (size_t)(p->entered_n - p->left_n);
}

/* True if a record more may be alive. */
static bool has_place(const struct pipeline *p)
{
	return alive(p) < p->window && (p->alive_bytes < p->opts->window_bytes || alive(p) == 0);
}

static bool has_room(const struct pipeline *p)
{
	return has_place(p) && (sched_hungry_n(&p->sched, p->now_ms) > 0 || p->phase != RUNNING);
}

/* A record's end is known: so it is counted. */
static void count(struct pipeline *p, const struct record *r)
{
	enum error_code code = r->failure.code;
	stats_count(p->rooms->stats, r);
	if (p->rooms->sample)
		sample_note(p->rooms->sample, r);
	/* What the end of the run leaves unasked is counted in the summary. */
	if (r->fate == FATE_FAILED && (p->phase == RUNNING || code != sched_stop_code(&p->sched)))
		tell_failed(p->rooms->stats, r, p->opts->tells_all);
	drain_note(p, r);
}

/* What becomes of a line of the input is decided: for who looks at the run. */
static void note_settled(struct pipeline *p, size_t line_bytes)
{
	p->settled_n++;
	p->settled_bytes += line_bytes + 1;
}

/* It leaves when its turn comes. */
static void settle(struct pipeline *p, struct record *r)
{
	count(p, r);
	/* What the end of the run left unasked is over, and not done. */
	if (!stats_is_unasked(r))
		note_settled(p, r->text.n);
	order_put(&p->order, r->seq, r);
}

/* Calls may have been made, or answers have come: the record weighs more. */
static void reweigh(struct pipeline *p, const struct record *r, size_t before)
{
	p->alive_bytes += record_weight(r) - before;
}

/* Its calls are over: it settles once what was answered so far is stored. */
static void conclude(struct pipeline *p, struct record *r)
{
	if (!storing_holds(&p->storing, r, p->sched.recall.kept_n))
		settle(p, r);
}

/* Lets go of the records whose answers are stored by now, or never will be. */
static void settle_stored(struct pipeline *p)
{
	struct record *r;
	storing_look(&p->storing);
	while ((r = storing_first(&p->storing))) {
		size_t before = record_weight(r);
		storing_take(&p->storing, r);
		reweigh(p, r, before);
		settle(p, r);
	}
}

/* A record is here to be asked about. */
static void begin(struct pipeline *p, struct record *r, uint64_t has_steps)
{
	size_t before = record_weight(r);
	bool is_over = advance_begin(&p->sched, r, has_steps);
	reweigh(p, r, before);
	if (is_over)
		settle(p, r);
	else
		p->open_n++;
}

/* A record of ours or of the input comes in. */
static void enter(struct pipeline *p, struct record *r)
{
	p->entered_n++;
	p->alive_bytes += record_weight(r);
	r->admitted_ms = p->now_ms;
}

/* It has left: to the writer, or into the fold. */
static void leave(struct pipeline *p, size_t weight)
{
	p->left_n++;
	p->alive_bytes -= weight;
}

static void admit_record(struct pipeline *p, struct record *r)
{
	uint64_t has_steps;
	size_t weight = record_weight(r);
	p->rooms->stats->read_n++;
	enter(p, r);
	if (p->rooms->fold) {
		size_t line_bytes = r->text.n;
		if (fold_absorb(p->rooms->fold, r)) {
			leave(p, weight);
			note_settled(p, line_bytes);
		} else {
			settle(p, r);
		}
	} else if (door_settles(p->opts, p->rooms->sched.plan, r, &has_steps)) {
		settle(p, r);
	} else {
		begin(p, r, has_steps);
	}
}

/* What the fold has made of records goes before further ones: so it shrinks. */
static void admit_packs(struct pipeline *p)
{
	struct fold *fold = p->rooms->fold;
	struct record *pack;
	while (has_room(p) && (pack = fold_take_pack(fold))) {
		enter(p, pack);
		begin(p, pack, 0);
	}
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

/* True if more records may be read: a fold that is full has to shrink first. */
static bool may_read(const struct pipeline *p)
{
	const struct fold *fold = p->rooms->fold;
	return has_room(p) && (!fold || p->phase != RUNNING || !fold_is_full(fold));
}

/* Packs of groups that have failed are not asked about any more. */
static void drop_doomed(struct pipeline *p)
{
	struct fold *fold = p->rooms->fold;
	struct record *pack;
	while ((pack = fold_take_doomed(fold))) {
		if (!advance_abandon(&p->sched, pack))
			continue;
		p->open_n--;
		leave(p, record_weight(pack));
		fold_settle(fold, pack);
	}
}

/* When nothing more will come, the fold gets to know; when more has come than it can hold, too. */
static void fold_up(struct pipeline *p)
{
	struct fold *fold = p->rooms->fold;
	if (p->phase == RUNNING && fold_is_stuck(fold)) {
		p->verdict->halted = true;
		drain_begin(p, INT64_MAX,
			"the groups hold more than --group-bytes; sort the input by the key of --by, and give --sorted");
	}
	if (p->is_folded || !reader_is_done(p->rooms->reader))
		return;
	if (p->phase == RUNNING)
		fold_end(fold);
	else if (p->open_n == 0)
		fold_abandon(fold, sched_stop_code(&p->sched),
			"the run ended before the group was complete");
	else
		return;
	p->is_folded = true;
}

static void admit(struct pipeline *p)
{
	struct record *batch[BATCH_N];
	size_t n;
	do {
		if (p->rooms->fold)
			admit_packs(p);
		n = may_read(p) ? reader_take(p->rooms->reader, batch, batch_room(p)) : 0;
		for (size_t i = 0; i < n; i++)
			admit_record(p, batch[i]);
	} while (n > 0);
	if (p->rooms->fold) {
		fold_up(p);
		drop_doomed(p);
		admit_packs(p);
	}
}

/* A pack's end is known. If its group has failed, that is the end of the group's others, too. */
static void return_pack(struct pipeline *p, struct record *pack)
{
	struct fold *fold = p->rooms->fold;
	leave(p, record_weight(pack));
	fold_settle(fold, pack);
	drop_doomed(p);
}

/* A call has said its last; maybe its record, too. */
static void settle_call(struct pipeline *p, struct call *call)
{
	struct record *r = call->record;
	size_t before = record_weight(r);
	bool is_over = advance_settle(&p->sched, call);
	reweigh(p, r, before);
	if (!is_over)
		return;
	p->open_n--;
	if (r->owner)
		return_pack(p, r);
	else
		conclude(p, r);
}

/* True if there were any: then there may be more to start. */
static bool settle_calls(struct pipeline *p)
{
	struct call *call;
	bool has_settled = false;
	while ((call = sched_take_settled(&p->sched))) {
		settle_call(p, call);
		has_settled = true;
	}
	return has_settled;
}

static void dispatch(struct pipeline *p)
{
	/* What waits for company waits in vain when nobody can be let in any more. */
	if (sched_has_open_pack(&p->sched) && (!has_place(p) || reader_is_done(p->rooms->reader)))
		sched_flush(&p->sched);
	do
		sched_dispatch(&p->sched, p->now_ms);
	while (settle_calls(p));
	/* Before the sleep: patience must be running while the very first answers do not come. */
	halt_work(&p->halt, sched_inside(&p->sched) > 0, p->now_ms);
}

static void collect(struct pipeline *p)
{
	struct attempt *done;
	uint64_t successes_n = p->sched.successes_n + p->sched.recall.hits_n;
	while ((done = http_take_done(p->rooms->sched.http)))
		sched_finish(&p->sched, done, p->now_ms);
	recall_collect(&p->sched, p->now_ms);
	if (p->sched.successes_n + p->sched.recall.hits_n != successes_n)
		halt_success(&p->halt, p->now_ms);
	settle_calls(p);
	settle_stored(p);
	halt_work(&p->halt, sched_inside(&p->sched) > 0, p->now_ms);
}

/* Gives the group that the fold lets out next, once what it is made of is stored; NULL = none. */
static struct record *next_group(struct pipeline *p)
{
	bool is_lost;
	if (!p->group && p->rooms->fold) {
		p->group = fold_take_group(p->rooms->fold);
		if (p->group)
			p->group->ticket = p->sched.recall.kept_n;
	}
	if (!p->group || storing_is_stored(&p->storing, p->group->ticket, &is_lost))
		return p->group;
	if (!is_lost)
		return NULL;
	storing_disown(p->group);
	p->group->ticket = 0;
	return p->group;
}

/* True if a record's turn to leave has come; the fold's come when it has no other. */
static bool has_next_out(struct pipeline *p)
{
	return next_group(p) || order_peek(&p->order);
}

/* Gives the record whose turn it is to leave, or NULL. */
static struct record *next_out(struct pipeline *p)
{
	if (!has_next_out(p))
		return NULL;
	if (order_peek(&p->order))
		return order_take(&p->order);
	struct record *r = p->group;
	p->group = NULL;
	enter(p, r);
	count(p, r);
	return r;
}

static void release(struct pipeline *p)
{
	struct record *batch[BATCH_N];
	size_t n;
	do {
		size_t room = writer_room(p->rooms->writer);
		for (n = 0; n < room && n < BATCH_N && (batch[n] = next_out(p)); n++)
			leave(p, record_weight(batch[n]));
		if (n > 0)
			writer_put(p->rooms->writer, batch, n);
	} while (n == BATCH_N);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* True if a room has something for the loop already. */
static bool has_work(struct pipeline *p)
{
	bool can_admit = may_read(p) && reader_has_records(p->rooms->reader);
	bool can_release = has_next_out(p) && writer_room(p->rooms->writer) > 0;
	bool can_fold = p->rooms->fold && !p->is_folded && reader_is_done(p->rooms->reader) &&
		(p->phase == RUNNING || p->open_n == 0);
	bool is_called = storing_has_news(&p->storing) || recall_has_news(&p->sched.recall);
	bool has_packs = p->rooms->fold && fold_packs_n(p->rooms->fold) > 0 && has_room(p);
	return can_admit || can_release || can_fold || has_packs || is_called;
}

/* True if there is a reason to end the run that nobody has heeded yet. */
static bool must_end(struct pipeline *p)
{
	bool is_over = p->storing.has_failed || spend_is_over(&p->sched.spend);
	return (!p->verdict->output_failed && writer_state(p->rooms->writer) != WRITER_OK) ||
		(is_over && p->phase == RUNNING);
}

/* How long the loop may sleep. */
static int64_t sleep_ms(struct pipeline *p)
{
	/* Both look at other threads: what they see must not hang on each other. */
	bool is_busy = has_work(p), is_over = must_end(p);
	if (is_busy || is_over)
		return 0;
	int64_t wait = least(sched_wait_ms(&p->sched, p->now_ms), p->look_ms - p->now_ms);
	if (p->phase == RUNNING) {
		wait = least(wait, halt_patience(&p->halt, p->now_ms));
		wait = least(wait, p->duration_end_ms - p->now_ms);
	}
	if (p->grace_end_ms != INT64_MAX)
		wait = least(wait, p->grace_end_ms - p->now_ms);
	return wait > 0 ? wait : 0;
}

/* True while groups are not complete or have not left. */
static bool is_folding(const struct pipeline *p)
{
	const struct fold *fold = p->rooms->fold;
	return fold && (!p->is_folded || p->group || fold_groups_n(fold) > 0);
}

/* The last line may wait long for a slow reader of ours; signals are heeded until it is out. */
static bool pipeline_done(struct pipeline *p)
{
	if (p->phase == ABORTING)
		return true;
	if (alive(p) > 0 || !reader_is_done(p->rooms->reader) || is_folding(p))
		return false;
	writer_close(p->rooms->writer);
	return writer_is_done(p->rooms->writer);
}

/* The only sleep. */
static void wait(struct pipeline *p)
{
	look_out(p);
	wake_prepare(p->rooms->wake);
	/* Once more after announcing sleep: whatever came before that has called no wake. */
	int64_t ms = pipeline_done(p) ? 0 : sleep_ms(p);
	http_wait(p->rooms->sched.http, ms == INT64_MAX ? -1 : ms);
	p->now_ms = clock_now_ms();
}

static void check_identities(const struct pipeline *p)
{
	assert(alive(p) == p->open_n + p->storing.n + p->order.held);
	assert((p->open_n == 0) == (sched_inside(&p->sched) == 0));
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
	p->started_ms = p->now_ms;
	look_begin(p);
	p->duration_end_ms = opts->max_duration_ms ? p->now_ms + opts->max_duration_ms : INT64_MAX;
	sched_init(&p->sched, &opts->sched, &rooms->sched, rooms->seed);
	storing_init(&p->storing, rooms->sched.cache);
	order_init(&p->order, p->window, !opts->unordered && !rooms->fold);
	halt_init(&p->halt, &opts->halt);
}

/* Only after an abort something is inside: what is in flight must not outlive the records. */
static void pipeline_release(struct pipeline *p)
{
	sched_stop(&p->sched);
	sched_cut(&p->sched);
	if (p->rooms->sched.cache)
		cache_stop(p->rooms->sched.cache);
	/* Nobody waits for a commit any more: all of them stand in the order. */
	p->storing.has_failed = true;
	collect(p);
	struct record *r;
	while ((r = order_take(&p->order)))
		record_free(r);
	record_free(p->group);
	storing_release(&p->storing);
	sched_release(&p->sched);
	order_release(&p->order);
}

/* The counts on which the exit code depends. */
static void sum_up(struct pipeline *p)
{
	struct stats *s = p->rooms->stats;
	look_sum_up(p);
	p->verdict->answered_n = s->answered_n + s->skipped_n;
	p->verdict->failed_n = s->failed_n + s->passed_n + s->dropped_n;
	p->verdict->none_worked = p->sched.successes_n == 0 &&
		(stats_none_worked(s) || (p->verdict->gave_up && s->answered_n == 0));
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
		drain_heed(&p);
		check_identities(&p);
	}
	struct err err;
	if (p.phase != ABORTING && !reader_check(rooms->reader, &err)) {
		verdict->input_failed = true;
		err_say(&err);
		snprintf(verdict->reason, sizeof verdict->reason, "%s",
			"the input could not be read to its end");
	}
	verdict->is_aborted = p.phase == ABORTING;
	pipeline_release(&p);
	p.now_ms = clock_now_ms();
	sum_up(&p);
	look_last(&p);
}
