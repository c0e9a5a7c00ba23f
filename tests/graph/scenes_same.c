/* SPDX-License-Identifier: MIT */
/*
 * Records that ask the very same: what is asked is known by a key, of which there are few. A first
 * step, where there is one, is each record's own, so that the shared one begins at any time.
 */
#include "run.h"
#include "scene.h"

#include "base/units.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEYS_MAX = 6,
	SAMPLES_MAX = 4,
	MODELS_MAX = 2,
	QUESTIONS_N = KEYS_MAX * MODELS_MAX * SAMPLES_MAX,
	OWN = 1000000, /* numbers from here on are of records' own questions */
	RECORDS_MAX = 200,
	ANSWERS_MAX = 4000,
	LATE_MS = 60 /* what the clock may tick on while the engine works */
};

/* One question that several ask. */
struct question_track {
	int64_t flying_n;
	int64_t answered_ms; /* when last; 0 = never */
};

struct asker {
	const struct record *record; /* NULL = not given, or put */
	unsigned key;
	int64_t given_ms;
	unsigned own_starts_n;
};

static struct {
	unsigned keys_n, samples_n, models_n;
	bool shares, has_own, may_fail, is_strict;
	struct question_track questions[QUESTIONS_N];
	struct asker askers[RECORDS_MAX];
	int64_t answers_ms[ANSWERS_MAX]; /* when each answer came, by its number */
	uint64_t number_of[ANSWERS_MAX]; /* and to which question */
	unsigned answers_n;
	uint64_t shared_starts_n, own_starts_n;
} seen;

static uint64_t records_n, attempts_n;

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

static size_t put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	unsigned key = (unsigned)pick(0, seen.keys_n - 1);
	(void)kind;
	LAW(seq < RECORDS_MAX, "too many records");
	seen.askers[seq] = (struct asker){ .key = key };
	return (size_t)snprintf(out, size, "{\"id\":%llu,\"key\":%u}", NUMBER(seq), key);
}

static void given(const struct record *r)
{
	seen.askers[r->seq].record = r;
	seen.askers[r->seq].given_ms = world.now_ms;
}

static uint64_t question_number(unsigned key, unsigned pool, int64_t seed)
{
	return (key * MODELS_MAX + pool) * SAMPLES_MAX + (uint64_t)(seed > 0 ? seed : 0);
}

static uint64_t asked(const struct attempt *attempt)
{
	struct question q;
	int64_t n;
	question_init(&q, attempt);
	struct span text = buf_span(&q.prompt);
	LAW(text.n > 4 && units_parse_int((struct span){ text.at + 4, text.n - 4 }, &n) && n >= 0,
		"strange prompt: %.*s", (int)text.n, text.at);
	bool is_own = memcmp(text.at, "own ", 4) == 0;
	int64_t seed = q.seed;
	question_release(&q);
	if (is_own)
		return OWN + (uint64_t)n;
	LAW((seed >= 0) == (seen.samples_n > 1) && seed < SAMPLES_MAX, "seed %lld",
		(long long)seed);
	return question_number((unsigned)n, attempt->endpoint->pool, seed);
}

static void answer(uint64_t number, unsigned nth, char *out, size_t size)
{
	(void)nth;
	LAW(seen.answers_n < ANSWERS_MAX, "too many answers");
	snprintf(out, size, "%u", seen.answers_n);
	seen.number_of[seen.answers_n] = number;
	seen.answers_ms[seen.answers_n++] = world.now_ms;
}

static bool is_late(const struct asker *a)
{
	int64_t deadline_ms = world.opts.sched.deadline_ms;
	return deadline_ms && world.now_ms >= a->given_ms + deadline_ms - LATE_MS;
}

/* True if somebody is here who may want that answer, and if need be has time left for it. */
static bool is_wanted(uint64_t number, bool has_time)
{
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++) {
		const struct asker *a = &seen.askers[seq];
		if (a->record && a->record->fate == FATE_OPEN && !(has_time && is_late(a)) &&
			a->key == number / SAMPLES_MAX / MODELS_MAX)
			return true;
	}
	return false;
}

/*
 * Who is here when the answer comes gets it: only for records that came later is it asked again.
 * That is known where records begin with that question.
 */
static void check_news(uint64_t number)
{
	bool is_new = false;
	int64_t answered_ms = seen.questions[number].answered_ms;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++) {
		const struct asker *a = &seen.askers[seq];
		is_new |= a->record && a->given_ms >= answered_ms &&
			a->key == number / SAMPLES_MAX / MODELS_MAX;
	}
	LAW(is_new, "question %llu is asked again, and all who ask were here when it was answered",
		NUMBER(number));
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	(void)endpoint;
	if (number >= OWN) {
		seen.own_starts_n++;
		return ++seen.askers[number - OWN].own_starts_n;
	}
	struct question_track *q = &seen.questions[number];
	LAW(!seen.shares || q->flying_n == 0, "question %llu is asked while it is being asked",
		NUMBER(number));
	LAW(is_wanted(number, false), "question %llu is asked for nobody", NUMBER(number));
	if (seen.is_strict && q->answered_ms)
		check_news(number);
	q->flying_n++;
	seen.shared_starts_n++;
	world_trace("asks   key %llu", NUMBER(number / SAMPLES_MAX / MODELS_MAX));
	return 1;
}

static void finish(uint64_t number, const struct reply *reply)
{
	if (number >= OWN || reply->kind == REPLY_CANCELLED)
		return;
	seen.questions[number].flying_n--;
	if (reply->kind == REPLY_ANSWER)
		seen.questions[number].answered_ms = world.now_ms;
}

/*
 * Nothing is cut off while somebody waits for it. Who has begun to wait is only known here where
 * records begin with that question, and at once.
 */
static void cancel(uint64_t number, bool is_for_all)
{
	bool is_known = world.opts.sched.jobs > RECORDS_MAX && world.opts.sched.is_fixed &&
		!seen.has_own && seen.models_n == 1;
	(void)is_for_all;
	LAW(world.opts.sched.deadline_ms || seen.models_n > 1, "cut off, and nobody can have left");
	if (number < OWN)
		seen.questions[number].flying_n--;
	LAW(!is_known || !is_wanted(number, true), "question %llu is cut off, and is wanted",
		NUMBER(number));
}

/* Is that the number of an answer to its question, which came while it was here? */
static void check_answer(const struct record *r, unsigned index, struct span text)
{
	const struct asker *a = &seen.askers[r->seq];
	int64_t n = -1;
	unsigned pool = index / seen.samples_n;
	LAW(units_parse_int(text, &n) && n >= 0 && n < seen.answers_n, "#%llu has the answer %.*s",
		NUMBER(r->seq), (int)text.n, text.at ? text.at : "");
	LAW(seen.number_of[n] == question_number(a->key, pool, index % seen.samples_n),
		"#%llu has the answer to question %llu", NUMBER(r->seq), NUMBER(seen.number_of[n]));
	LAW(seen.answers_ms[n] >= a->given_ms, "#%llu has an answer from before it came",
		NUMBER(r->seq));
}

static void check_answered(const struct record *r)
{
	const struct stage *stage = &r->stages[r->stages_n - 1];
	for (unsigned i = 0; i < stage->calls_n; i++)
		check_answer(r, i, stage->calls[i].answer.text);
}

static void put(const struct record *r)
{
	struct asker *a = &seen.askers[r->seq];
	LAW(a->record == r, "#%llu is put twice", NUMBER(r->seq));
	if (r->fate == FATE_ANSWERED)
		check_answered(r);
	else if (r->failure.code == ERROR_TIMEOUT)
		LAW(is_late(a), "#%llu is given up as late after %lld ms", NUMBER(r->seq),
			(long long)(world.now_ms - a->given_ms));
	else
		LAW(seen.may_fail, "#%llu failed of %s", NUMBER(r->seq),
			error_code_name(r->failure.code));
	a->record = NULL;
}

/* Each record's patience is its own, whoever else waits for the same. */
static void sleep_law(void)
{
	int64_t deadline_ms = world.opts.sched.deadline_ms;
	for (uint64_t seq = run.first_alive; deadline_ms && seq < run.given_n; seq++) {
		const struct asker *a = &seen.askers[seq];
		LAW(!a->record || a->record->fate != FATE_OPEN ||
				world.now_ms <= a->given_ms + deadline_ms + LATE_MS,
			"#%llu waits %lld ms after its --deadline", NUMBER(seq),
			(long long)(world.now_ms - a->given_ms - deadline_ms));
	}
}

static const struct play same_play = {
	.put_record = put_record,
	.asked = asked,
	.answer = answer,
	.given = given,
	.start = start,
	.finish = finish,
	.cancel = cancel,
	.put = put,
	.sleep = sleep_law,
};

/* plans */

static void add_step(const char *name, const char *prompt)
{
	struct step *s = plan_add_step(&run.plan, name);
	struct err err;
	s->has_prompt = s->is_emitted = true;
	s->samples_n = s->models_n = 1;
	if (!template_parse(&s->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err))
		check_fail("%s", err.msg);
}

static void make_plan(void)
{
	struct err err;
	plan_add_model(&run.plan, "m0", false);
	plan_add_model(&run.plan, "m1", false);
	if (seen.has_own)
		add_step("own", "own {{id}}");
	add_step("same", seen.has_own ? "key {{key}}{{own|truncate:0}}" : "key {{key}}");
	struct step *s = &run.plan.steps[run.plan.steps_n - 1];
	s->samples_n = seen.samples_n;
	s->models_n = seen.models_n;
	for (unsigned i = 0; i < seen.models_n; i++)
		s->models[i] = i;
	if (!plan_link(&run.plan, &err))
		check_fail("%s", err.msg);
}

static void begin(uint64_t seed)
{
	run_reset();
	memset(&seen, 0, sizeof seen);
	rng_init(&world.rng, seed * 1009);
	seen.shares = true;
	seen.samples_n = 1;
	seen.keys_n = (unsigned)pick(1, KEYS_MAX);
	seen.models_n = run.pools_n = (unsigned)pick(1, MODELS_MAX);
	seen.has_own = world_chance(50);
	run.play = &same_play;
	run.scenario = (struct scenario){
		.name = "same",
		.jobs = { 1, 4 },
		.input = { .records = { 5, 80 },
			.burst = { 1, 20 },
			.gap_ms = { 0, pick(0, 2000) } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = world_chance(50),
			.sched = { .is_fixed = world_chance(50) } },
	};
	if (world_chance(50))
		run.scenario.jobs = (struct range){ RECORDS_MAX + 1, 2 * RECORDS_MAX };
	int64_t longest_ms = pick(1, 3000);
	unsigned endpoints_n = run.pools_n * (unsigned)pick(1, 2);
	for (unsigned i = 0; i < endpoints_n; i++)
		run.scenario.upstreams[i] =
			(struct scenario_upstream){ .latency_ms = { 1, longest_ms },
				.output = { 1, 9 } };
}

static void play(uint64_t seed)
{
	make_plan();
	run_engine(seed);
	records_n += run.given_n;
	attempts_n += seen.shared_starts_n;
}

static void print_counts(void)
{
	printf(": %llu records, asked %llu times", NUMBER(records_n), NUMBER(attempts_n));
	records_n = attempts_n = 0;
}

static void play_shared(uint64_t seed)
{
	begin(seed);
	play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

/* However few may fly at a time. */
static void play_once(uint64_t seed)
{
	begin(seed);
	seen.has_own = false;
	seen.is_strict = true;
	play(seed);
}

static void play_faults(uint64_t seed)
{
	begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++) {
		struct scenario_upstream *u = &run.scenario.upstreams[i];
		if (u->latency_ms.most == 0)
			continue;
		u->refusal_ms = (struct range){ 1, 300 };
		u->percent[REPLY_RATE] = (double)pick(0, 10);
		u->percent[REPLY_ERROR] = (double)pick(0, 20);
		u->percent[REPLY_BAD_REQUEST] = (double)pick(0, 10);
		u->percent[REPLY_DROP] = (double)pick(0, 10);
	}
	run.scenario.opts.sched.retry.retries = pick(-1, 3);
	seen.may_fail = true;
	play(seed);
}

static void play_deadline(uint64_t seed)
{
	begin(seed);
	run.scenario.opts.sched.deadline_ms = pick(200, 4000);
	run.scenario.opts.sched.retry.retries = seed % 2 ? -1 : 5;
	play(seed);
}

/* What nobody shares is asked for each record, and for each sample. */
static void play_each(uint64_t seed)
{
	begin(seed);
	seen.shares = false;
	run.scenario.opts.sched.shares_nothing = seed % 2;
	seen.samples_n = seed % 2 ? (unsigned)pick(1, SAMPLES_MAX) : (unsigned)pick(2, SAMPLES_MAX);
	play(seed);
	LAW(seen.shared_starts_n == run.given_n * seen.samples_n * seen.models_n,
		"%llu records, %u models, %u samples: asked %llu times", NUMBER(run.given_n),
		seen.models_n, seen.samples_n, NUMBER(seen.shared_starts_n));
}

static const struct scene rows[] = {
	{ "what is the same is asked once at a time", 300, play_shared, print_counts },
	{ "what is the same and here is asked once, whatever -j", 300, play_once, print_counts },
	{ "what is the same fails and is tried again for all", 300, play_faults, print_counts },
	{ "who shares an answer keeps his own deadline", 300, play_deadline, print_counts },
	{ "samples are not shared, nor anything with --no-share", 200, play_each, print_counts },
};

const struct scenes scenes_same = { rows, sizeof rows / sizeof *rows };
