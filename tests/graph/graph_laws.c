/* SPDX-License-Identifier: MIT */
/*
 * The laws of graphs: who may be asked when and with what words, who may be cut off and must be,
 * and what a record leaves as.
 */
#include "oracle.h"

#include "../sim/fakes.h"
#include "base/units.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_MAX_BYTES = 1 << 20,
	SPARE_N = 64,    /* with so many ready beyond the slots, no more need be read */
	LOOK_EVERY = 16, /* sleeps, and starts */
};

struct graph_laws graph_laws;

static struct {
	struct graph_track *all; /* owned: of the run, the newest first */
	struct graph_track **by_seq;
	uint64_t cap, n;
	int64_t losers_n; /* in flight, of steps that have ended, and not cut off */
	unsigned dead;    /* bits of pools */
	int64_t longest_ms;
} seen;

/* tracks */

void graph_begin(void)
{
	while (seen.all) {
		struct graph_track *t = seen.all;
		seen.all = t->next;
		free(t);
	}
	seen.n = 0;
	seen.losers_n = seen.longest_ms = 0;
	seen.dead = 0;
}

int64_t graph_longest_ms(void)
{
	return seen.longest_ms;
}

unsigned graph_dead(void)
{
	return seen.dead;
}

static size_t calls_before(unsigned step)
{
	size_t n = 0;
	for (unsigned i = 0; i < step; i++)
		n += graph_calls_n(&graph.steps[i]);
	return n;
}

static struct graph_track *add_track(uint64_t seq, enum record_kind kind)
{
	size_t calls_n = calls_before(graph.steps_n);
	struct graph_track *t = xcalloc(1, sizeof *t + calls_n * sizeof(struct graph_call));
	struct graph_call *calls = (struct graph_call *)(t + 1);
	t->seq = seq;
	t->kind = kind;
	t->next = seen.all;
	seen.all = t;
	for (unsigned i = 0; i < graph.steps_n; i++) {
		t->stages[i].calls = calls + calls_before(i);
		t->stages[i].first = -1;
	}
	if (seq >= seen.cap) {
		seen.cap = 2 * seq + 64;
		seen.by_seq = xrealloc(seen.by_seq, seen.cap, sizeof(struct graph_track *));
	}
	seen.by_seq[seq] = t;
	seen.n = seq + 1;
	return t;
}

static uint64_t some_steps(void)
{
	uint64_t has = 0;
	double percent = (double)world_pick((struct range){ 10, 90 });
	for (unsigned i = 0; i < graph.steps_n; i++)
		if (world_chance(percent))
			has |= UINT64_C(1) << i;
	return has;
}

static size_t put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	struct graph_track *t = add_track(seq, kind);
	uint64_t has = kind == RECORD_TAKEN ? some_steps() : 0;
	size_t n = (size_t)snprintf(out, size, "{\"%s\":%llu,\"pad\":\"%*s\"",
		kind == RECORD_BARE ? "ix" : "id", NUMBER(seq),
		(int)world_pick(world.scenario->input.pad_bytes), "");
	t->has = has;
	for (unsigned i = 0; i < graph.steps_n; i++)
		if (has >> i & 1)
			n += (size_t)snprintf(out + n, size - n, ",\"%s\":%s", graph.steps[i].name,
				graph_given(seq, i));
	if (kind == RECORD_BEFORE)
		n += (size_t)snprintf(out + n, size - n, ",\"pllm\":{\"error\":{\"code\":\"x\"}}");
	return n + (size_t)snprintf(out + n, size - n, "%s", kind == RECORD_BROKEN ? "" : "}");
}

static uint64_t number_of(uint64_t seq, unsigned step, unsigned index)
{
	return (seq * GRAPH_STEPS_MAX + step) * GRAPH_CALLS_MAX + index;
}

static struct graph_track *track_of(uint64_t number)
{
	return seen.by_seq[number / GRAPH_CALLS_MAX / GRAPH_STEPS_MAX];
}

static unsigned step_of(uint64_t number)
{
	return (unsigned)(number / GRAPH_CALLS_MAX % GRAPH_STEPS_MAX);
}

static struct graph_call *call_of(uint64_t number)
{
	return &track_of(number)->stages[step_of(number)].calls[number % GRAPH_CALLS_MAX];
}

static void given(const struct record *r)
{
	struct graph_track *t = seen.by_seq[r->seq];
	t->record = r;
	t->given_ms = world.now_ms;
	/* Only with skip do fields that are there take the place of steps. */
	if (world.opts.existing != EXISTING_IS_SKIPPED && t->kind == RECORD_TAKEN) {
		bool is_taken = false;
		for (unsigned i = 0; i < graph.steps_n; i++)
			is_taken |= (t->has >> i & 1) && graph.steps[i].is_emitted;
		if (!is_taken || world.opts.existing == EXISTING_IS_REPLACED)
			t->kind = RECORD_GOOD;
		t->has = 0;
	}
}

/* questions */

static unsigned find_step(struct span name)
{
	for (unsigned i = 0; i < graph.steps_n; i++)
		if (span_is(name, graph.steps[i].name))
			return i;
	check_fail("nobody is called \"%.*s\"", (int)name.n, name.at);
}

/* The prompt begins "#SEQ NAME", then come the values. */
static void read_head(struct span prompt, uint64_t *seq, unsigned *step)
{
	const char *end = prompt.at + prompt.n, *name = memchr(prompt.at, ' ', prompt.n);
	int64_t n = -1;
	if (!name || *prompt.at != '#' ||
		!units_parse_int(
			(struct span){ prompt.at + 1, (size_t)(name - prompt.at) - 1 }, &n))
		check_fail("strange prompt: %.*s", (int)prompt.n, prompt.at);
	name++;
	const char *past = memchr(name, ' ', (size_t)(end - name));
	*step = find_step((struct span){ name, (size_t)((past ? past : end) - name) });
	*seq = (uint64_t)n;
	LAW(*seq < seen.n, "a record is asked about that was not read");
}

static unsigned index_of(const struct graph_step *s, unsigned pool, int64_t seed)
{
	unsigned place = 0;
	while (place < s->models_n && s->models[place] != pool)
		place++;
	LAW(place < s->models_n, "%s asks model m%u, which is not among its own", s->name, pool);
	LAW((seed >= 0) == (s->samples_n > 1) && seed < (int64_t)s->samples_n,
		"%s is asked with seed %lld", s->name, (long long)seed);
	return place * s->samples_n + (unsigned)(seed > 0 ? seed : 0);
}

static void check_text(const struct graph_track *t, unsigned step, bool is_system, struct span said)
{
	struct buf text;
	buf_init(&text, TEXT_MAX_BYTES);
	bool ok = oracle_spell(t, step, is_system, &text);
	bool is_same = ok && span_equals(buf_span(&text), said);
	if (!is_same)
		world_trace("expected: %.*s", (int)text.len, text.data);
	buf_release(&text);
	LAW(is_same, "#%llu %s is asked \"%.*s\"", NUMBER(t->seq), graph.steps[step].name,
		(int)said.n, said.at);
}

/* The words are those that the values of the needed steps make. */
static void check_words(const struct graph_track *t, unsigned step, const struct question *q)
{
	struct oracle o;
	const struct graph_step *s = &graph.steps[step];
	oracle_judge(t, AS_IT_MAY, &o);
	enum verdict_of v = o.of[step];
	LAW(v == ORACLE_OPEN || v == ORACLE_ANSWERED ||
			(v == ORACLE_FAILED && !o.is_unspeakable[step]),
		"#%llu %s is asked, but the oracle says %d", NUMBER(t->seq), s->name, (int)v);
	check_text(t, step, false, buf_span(&q->prompt));
	LAW((q->system.len > 0) == s->has_system, "%s: a system message too many or too few",
		s->name);
	if (s->has_system)
		check_text(t, step, true, buf_span(&q->system));
}

static uint64_t asked(const struct attempt *attempt)
{
	struct question q;
	uint64_t seq;
	unsigned step;
	question_init(&q, attempt);
	read_head(buf_span(&q.prompt), &seq, &step);
	unsigned index = index_of(&graph.steps[step], attempt->endpoint->pool, q.seed);
	check_words(seen.by_seq[seq], step, &q);
	question_release(&q);
	return number_of(seq, step, index);
}

static void answer(uint64_t number, unsigned nth, char *out, size_t size)
{
	static const char *const votes[] = { "Yes", "yes ", " YES", "No", "no\n", "Maybe" };
	static const char *const tails[] = { "", " \"q\" \\", "\nline", " \xc3\xa9\xe2\x82\xac" };
	unsigned step = step_of(number);
	struct graph_call *c = call_of(number);
	if (graph.steps[step].join == JOIN_VOTE && graph_calls_n(&graph.steps[step]) > 1)
		snprintf(out, size, "%s", votes[world_pick((struct range){ 0, 5 })]);
	else
		snprintf(out, size, "a%llu.%u.%llu.%u%s", NUMBER(track_of(number)->seq), step,
			NUMBER(number % GRAPH_CALLS_MAX), nth,
			tails[world_pick((struct range){ 0, 3 })]);
	snprintf(c->text, sizeof c->text, "%s", out);
}

bool graph_is_excused(void)
{
	return run_is_stopped() || seen.dead;
}

/* starts */

/* True if a call of the record could start, and never has. */
static bool has_fresh(const struct graph_track *t)
{
	struct oracle o;
	oracle_judge(t, FOR_SURE, &o);
	for (unsigned i = 0; i < graph.steps_n; i++)
		for (unsigned k = 0; o.of[i] == ORACLE_OPEN && k < graph_calls_n(&graph.steps[i]);
			k++)
			if (t->stages[i].calls[k].starts_n == 0)
				return true;
	return false;
}

/* Of all that may start, that of the earliest record does. */
static void check_order(const struct graph_track *t)
{
	for (uint64_t seq = run.first_alive; seq < t->seq; seq++) {
		const struct graph_track *other = seen.by_seq[seq];
		bool is_asked = other->kind == RECORD_GOOD || other->kind == RECORD_TAKEN;
		LAW(!other->record || !is_asked || other->record->fate != FATE_OPEN ||
				!has_fresh(other),
			"#%llu is asked about before #%llu, whose turn it is", NUMBER(t->seq),
			NUMBER(seq));
	}
}

static void check_again(const struct graph_track *t, unsigned step, const struct graph_call *c)
{
	const char *name = graph.steps[step].name;
	LAW(!c->is_answered, "#%llu %s is asked again, and was answered", NUMBER(t->seq), name);
	LAW(!c->is_flying, "#%llu %s is asked while it is being asked", NUMBER(t->seq), name);
	LAW(!c->is_cancelled, "#%llu %s is asked again, and was cut off", NUMBER(t->seq), name);
	LAW(!c->is_final, "#%llu %s is asked again after \"%s\"", NUMBER(t->seq), name,
		reply_laws[c->last].name);
	LAW(world.opts.sched.retry.retries > 0 || c->counted_n == 0,
		"#%llu %s is asked again, with --retries 0", NUMBER(t->seq), name);
	LAW(!reply_laws[c->last].tries_max || c->doubtful_n < reply_laws[c->last].tries_max,
		"#%llu %s is asked again after %u doubtful failures", NUMBER(t->seq), name,
		c->doubtful_n);
}

/* What was told to later steps does not change any more. */
static void check_not_used(const struct graph_track *t, unsigned step)
{
	for (unsigned i = 0; i < graph.steps_n; i++)
		for (unsigned h = 0; h < graph.steps[i].holes_n; h++)
			LAW(graph.steps[i].holes[h].step != step || !t->stages[i].is_asked,
				"#%llu %s is asked although %s has used its value", NUMBER(t->seq),
				graph.steps[step].name, graph.steps[i].name);
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	struct graph_track *t = track_of(number);
	unsigned step = step_of(number);
	struct graph_call *c = call_of(number);
	struct oracle o;
	world_trace("asks   #%llu %s[%llu]", NUMBER(t->seq), graph.steps[step].name,
		NUMBER(number % GRAPH_CALLS_MAX));
	LAW(t->record && !t->is_put, "#%llu is asked about, and is not here", NUMBER(t->seq));
	LAW(t->record->fate == FATE_OPEN, "#%llu is asked about, but is settled", NUMBER(t->seq));
	LAW(!(seen.dead >> world.endpoints[endpoint].pool & 1), "a dead model is asked");
	check_again(t, step, c);
	check_not_used(t, step);
	oracle_judge(t, FOR_SURE, &o);
	LAW(o.of[step] == ORACLE_OPEN || o.of[step] == ORACLE_WAITS,
		"#%llu %s is asked although it is over", NUMBER(t->seq), graph.steps[step].name);
	if (graph_laws.has_order && c->starts_n == 0 && run.starts_n % LOOK_EVERY == 0)
		check_order(t);
	c->is_flying = true;
	t->stages[step].is_asked = true;
	return ++c->starts_n;
}

/* ends */

/* If the step has ended by this, all that still flies of it is to be cut off now. */
static void count_losers(struct graph_track *t, unsigned step)
{
	struct graph_stage *stage = &t->stages[step];
	struct oracle o;
	if (stage->has_lost)
		return;
	oracle_judge(t, FOR_SURE, &o);
	if (o.of[step] != ORACLE_ANSWERED && o.of[step] != ORACLE_FAILED)
		return;
	stage->has_lost = true;
	for (unsigned i = 0; i < graph_calls_n(&graph.steps[step]); i++)
		seen.losers_n += stage->calls[i].is_flying && !stage->calls[i].is_cancelled;
}

static void note_failure(struct graph_call *c, const struct reply *reply)
{
	const struct reply_law *law = &reply_laws[reply->kind];
	c->last = reply->kind;
	c->counted_n += law->counts;
	c->doubtful_n += law->tries_max > 0;
	c->is_final = (law->is_final && reply->advice != 1) || reply->advice == 0;
}

static void finish(uint64_t number, const struct reply *reply)
{
	struct graph_track *t = track_of(number);
	struct graph_stage *stage = &t->stages[step_of(number)];
	struct graph_call *c = call_of(number);
	c->is_flying = false;
	if (reply_laws[reply->kind].is_deadly)
		seen.dead |= 1U << world.endpoints[reply->endpoint].pool;
	if (c->is_cancelled || reply->kind == REPLY_CANCELLED)
		return;
	seen.losers_n -= stage->has_lost;
	if (reply->kind == REPLY_ANSWER) {
		c->is_answered = true;
		if (stage->first < 0)
			stage->first = (int)(number % GRAPH_CALLS_MAX);
	} else {
		note_failure(c, reply);
	}
	count_losers(t, step_of(number));
}

static void cancel(uint64_t number, bool is_for_all)
{
	struct graph_track *t = track_of(number);
	unsigned step = step_of(number);
	struct oracle o;
	oracle_judge(t, graph_is_excused() ? IF_STOPPED : AS_IT_MAY, &o);
	LAW(is_for_all || o.of[step] != ORACLE_OPEN,
		"#%llu %s[%llu] is paid for and wanted, and cut off", NUMBER(t->seq),
		graph.steps[step].name, NUMBER(number % GRAPH_CALLS_MAX));
	seen.losers_n -= t->stages[step].has_lost;
	call_of(number)->is_cancelled = true;
}

/* sleeps */

static uint64_t idle_calls_n(const struct graph_track *t)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < graph.steps_n; i++)
		for (unsigned k = 0; k < graph_calls_n(&graph.steps[i]); k++) {
			const struct graph_call *c = &t->stages[i].calls[k];
			n += !c->is_answered && !c->is_flying && !c->is_final && !c->is_cancelled;
		}
	return n;
}

/* Records that could be taken are, unless there is more than enough to do with those here. */
static void check_fed(void)
{
	uint64_t idle_n = 0;
	if (run_is_stopped() || fake_reader_ready() == 0 || run_alive_n() >= world.window ||
		run_alive_bytes() >= world.opts.window_bytes)
		return;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++)
		if (run.alive[seq] && run.alive[seq]->fate == FATE_OPEN)
			idle_n += idle_calls_n(seen.by_seq[seq]);
	LAW(idle_n >= SPARE_N,
		"asleep with %llu records alive, %zu bytes of them, and others would have room",
		NUMBER(run_alive_n()), run_alive_bytes());
}

static void sleep_law(void)
{
	LAW(seen.losers_n == 0, "asleep, and %lld attempts fly that nobody waits for",
		(long long)seen.losers_n);
	if (run.sleeps_n % LOOK_EVERY == 0 || run.in_flight == 0)
		check_fed();
}

/* the end of records */

static void put(const struct record *r)
{
	LAW(r->seq < seen.n, "a record is put that was never read");
	struct graph_track *t = seen.by_seq[r->seq];
	LAW(t->record == r && !t->is_put, "#%llu is put twice", NUMBER(r->seq));
	bool is_refused = t->kind == RECORD_BROKEN ||
		(t->kind == RECORD_TAKEN && world.opts.existing != EXISTING_IS_SKIPPED);
	if (t->kind == RECORD_BEFORE)
		LAW(r->fate == FATE_PASSED, "#%llu had failed before", NUMBER(r->seq));
	else if (is_refused)
		LAW(r->fate == FATE_FAILED && r->failure.code == ERROR_BAD_RECORD,
			"#%llu is no record for us", NUMBER(r->seq));
	else
		graph_check_end(t);
	if (world.now_ms - t->given_ms > seen.longest_ms)
		seen.longest_ms = world.now_ms - t->given_ms;
	t->is_put = true;
	t->record = NULL;
}

/* Who asked what is looked for by nobody here. */
static uint64_t kept(const struct entry *e)
{
	(void)e;
	return 0;
}

const struct play graph_play = {
	.put_record = put_record,
	.asked = asked,
	.answer = answer,
	.given = given,
	.start = start,
	.finish = finish,
	.cancel = cancel,
	.put = put,
	.sleep = sleep_law,
	.kept = kept,
};
