/* SPDX-License-Identifier: MIT */
/*
 * Records that ask what was asked before, in this run or the last, of a cache. Texts are answered
 * with a number that no other answer has; a first step, where there is one, is each record's own,
 * and a last step asks about the answer.
 *
 * Each question has one answer, whoever asks it and when; a record that has left has left nothing
 * that is not stored; and a second run over the same records asks nothing that is.
 */
#include "../sim/fakes.h"
#include "api/api.h"
#include "base/units.h"
#include "json/text.h"
#include "run.h"
#include "scene.h"
#include "vectors.h"
#include "work/record.h"

#include <stdio.h>
#include <string.h>

enum {
	KEYS_MAX = 40,
	SAMPLES_MAX = 3,
	RECORDS_MAX = 200,
	ANSWERS_MAX = 8000,
	PACKS_MAX = 4000,
	TEXT_MAX_BYTES = 1 << 20,
	/* Numbers of questions: of a key and sample, of a record's own, of what was answered. */
	OWN = 1000000,
	AFTER = 2000000
};

static struct {
	unsigned keys_n, samples_n;
	bool has_own, has_after, may_fail, is_second, wants_vectors;
	unsigned key_of[RECORDS_MAX];
	uint64_t number_of[ANSWERS_MAX]; /* to which question each answer is */
	unsigned answers_n;
	bool is_answered[OWN / 1000]; /* questions of keys; of texts */
	bool was_kept[OWN / 1000];    /* before this run */
	struct vectors_pack packs[PACKS_MAX];
	unsigned packs_n;
	uint64_t own_starts_n[RECORDS_MAX];
} seen;

static uint64_t records_n, attempts_n, recalled_n;

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

static size_t put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	(void)kind;
	LAW(seq < RECORDS_MAX, "too many records");
	/* In the second run some are others than they were. */
	if (!seen.is_second || world_chance(20))
		seen.key_of[seq] = (unsigned)pick(0, seen.keys_n - 1);
	return (size_t)snprintf(out, size, "{\"id\":%llu,\"key\":%u,\"text\":\"k%u.\"}",
		NUMBER(seq), seen.key_of[seq], seen.key_of[seq]);
}

/* questions */

static uint64_t key_number(unsigned key, unsigned sample)
{
	return key * SAMPLES_MAX + sample;
}

static uint64_t asked_text(const struct attempt *attempt)
{
	struct question q;
	int64_t n;
	question_init(&q, attempt);
	struct span text = buf_span(&q.prompt);
	LAW(text.n > 4 && units_parse_int((struct span){ text.at + 4, text.n - 4 }, &n) && n >= 0,
		"strange prompt: %.*s", (int)text.n, text.at);
	uint64_t base = memcmp(text.at, "own ", 4) == 0 ? OWN
		: memcmp(text.at, "aft ", 4) == 0       ? AFTER
							: 0;
	int64_t sample = q.seed > 0 ? q.seed : 0;
	question_release(&q);
	return base ? base + (uint64_t)n : key_number((unsigned)n, (unsigned)sample);
}

static uint64_t asked(const struct attempt *attempt)
{
	if (!seen.wants_vectors)
		return asked_text(attempt);
	LAW(seen.packs_n < PACKS_MAX, "too many requests");
	vectors_read(&seen.packs[seen.packs_n], attempt);
	return seen.packs_n++;
}

static void answer(uint64_t number, unsigned nth, char *out, size_t size)
{
	(void)nth;
	LAW(seen.answers_n < ANSWERS_MAX, "too many answers");
	snprintf(out, size, "%u", seen.answers_n);
	seen.number_of[seen.answers_n++] = number;
}

static void judge(uint64_t number, struct reply *reply)
{
	if (seen.wants_vectors)
		vectors_judge(&seen.packs[number], reply);
}

static void check_question(uint64_t number)
{
	/* Samples of records that ask the same at a time are asked each, to differ. */
	LAW(seen.samples_n > 1 || !fake_cache_holds(number),
		"question %llu is asked, and its answer is stored", NUMBER(number));
	LAW(!seen.was_kept[number], "question %llu is asked, and was stored before",
		NUMBER(number));
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	(void)endpoint;
	if (seen.wants_vectors) {
		for (unsigned i = 0; i < seen.packs[number].n; i++)
			check_question(seen.packs[number].keys[i]);
	} else if (number < OWN) {
		check_question(number);
	} else {
		LAW(!fake_cache_holds(number), "question %llu is asked, and its answer is stored",
			NUMBER(number));
	}
	return 1;
}

static void finish(uint64_t number, const struct reply *reply)
{
	(void)number;
	(void)reply;
}

static void cancel(uint64_t number, bool is_for_all)
{
	LAW(is_for_all || fake_cache_has_failed(), "request %llu is cut off", NUMBER(number));
}

/* answers */

/* The key that a vector says that it is of. */
static unsigned key_of_vector(const struct vector *v)
{
	struct buf floats;
	float first;
	buf_init(&floats, TEXT_MAX_BYTES);
	LAW(vector_put_floats(v, false, &floats) && floats.len == v->n * sizeof first,
		"a vector that is none");
	memcpy(&first, floats.data, sizeof first);
	buf_release(&floats);
	LAW(first >= 0 && first < VECTORS_KEYS_MAX, "a vector of nobody's");
	return (unsigned)first;
}

static uint64_t number_of(struct span text)
{
	int64_t n = -1;
	LAW(units_parse_int(text, &n) && n >= 0 && n < seen.answers_n, "strange answer: %.*s",
		(int)text.n, text.at ? text.at : "");
	return seen.number_of[n];
}

static uint64_t kept(const struct entry *e)
{
	struct entry copy = *e;
	struct attempt a;
	struct answer found;
	unsigned tries_n;
	uint64_t number = UINT64_MAX;
	buf_init(&copy.form, e->form.len + 1);
	buf_put_span(&copy.form, buf_span(&e->form));
	attempt_init(&a, TEXT_MAX_BYTES);
	answer_init(&found, OUTCOME_CANCELLED);
	LAW(entry_unpack(&copy, &a, &found, &tries_n), "an entry that cannot be read");
	if (found.outcome == OUTCOME_ANSWERED)
		number = seen.wants_vectors ? key_of_vector(&found.vector) : number_of(found.text);
	answer_release(&found);
	attempt_release(&a);
	entry_release(&copy);
	return number;
}

static void fill(uint64_t number, const struct reply *reply, struct attempt *attempt)
{
	vectors_fill(&seen.packs[number], number, reply, attempt);
}

/* The answer is one to that question, and stored. */
static void check_answer(uint64_t want, uint64_t got, uint64_t seq)
{
	LAW(want == got, "#%llu has the answer to question %llu, not %llu", NUMBER(seq),
		NUMBER(got), NUMBER(want));
	LAW(fake_cache_holds(want), "#%llu leaves, and its answer is not stored", NUMBER(seq));
}

static void check_answered(const struct record *r)
{
	unsigned key = seen.key_of[r->seq], at = seen.has_own;
	if (seen.wants_vectors) {
		const struct vector *v = &r->stages[0].calls[0].answer.vector;
		check_answer(key, key_of_vector(v), r->seq);
		return;
	}
	if (at)
		check_answer(OWN + r->seq, number_of(r->stages[0].calls[0].answer.text), r->seq);
	for (unsigned i = 0; i < seen.samples_n; i++)
		check_answer(
			key_number(key, i), number_of(r->stages[at].calls[i].answer.text), r->seq);
	if (!seen.has_after)
		return;
	int64_t n = -1;
	LAW(units_parse_int(r->stages[at].calls[0].answer.text, &n), "strange answer");
	check_answer(
		AFTER + (uint64_t)n, number_of(r->stages[at + 1].calls[0].answer.text), r->seq);
}

static void put(const struct record *r)
{
	enum error_code code = r->failure.code;
	if (r->fate == FATE_ANSWERED)
		check_answered(r);
	else
		LAW(seen.may_fail ||
				(code == ERROR_CANCELLED &&
					(run_is_stopped() || fake_cache_has_failed())),
			"#%llu failed of %s: %s", NUMBER(r->seq), error_code_name(code),
			r->failure.message);
}

/* What is done is done before sleeping: a record whose calls are over and stored leaves. */
static void sleep_law(void)
{
	bool has_way_out = fake_writer_room() >= FAKE_WRITER_N / 2;
	bool may_wait =
		fake_cache_is_busy() || run.in_flight > 0 || run_alive_n() == 0 || !has_way_out;
	LAW(may_wait || seen.may_fail || run.scenario.opts.sched.pack.wait_ms > 0,
		"asleep with %llu records, nothing in flight, and nothing to be stored",
		NUMBER(run_alive_n()));
}

static const struct play kept_play = {
	.put_record = put_record,
	.asked = asked,
	.answer = answer,
	.judge = judge,
	.start = start,
	.finish = finish,
	.cancel = cancel,
	.put = put,
	.sleep = sleep_law,
	.kept = kept,
};

static const struct play vector_play = {
	.put_record = put_record,
	.asked = asked,
	.judge = judge,
	.fill = fill,
	.start = start,
	.finish = finish,
	.cancel = cancel,
	.put = put,
	.sleep = sleep_law,
	.kept = kept,
};

/* plans */

static struct step *add_step(const char *name, const char *prompt)
{
	struct step *s = plan_add_step(&run.plan, name);
	struct err err;
	s->has_prompt = s->is_emitted = true;
	s->samples_n = s->models_n = 1;
	if (!template_parse(&s->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err))
		check_fail("%s", err.msg);
	return s;
}

static void make_plan(void)
{
	struct err err;
	plan_add_model(&run.plan, "m0", false);
	if (seen.wants_vectors) {
		add_step("embedding", "{{text}}");
		run.plan.embedding.is_wanted = run.plan.embedding.is_rounded = true;
		run.api = api_find_embedder("openai");
	} else {
		if (seen.has_own)
			add_step("own", "own {{id}}");
		add_step("same", seen.has_own ? "key {{key}}{{own|truncate:0}}" : "key {{key}}")
			->samples_n = seen.samples_n;
		if (seen.has_after)
			add_step("after", seen.samples_n > 1 ? "aft {{same[0]}}" : "aft {{same}}");
	}
	if (!plan_link(&run.plan, &err))
		check_fail("%s", err.msg);
}

static void set_scene(void)
{
	int64_t slowest_ms = world_chance(50) ? 5 : 1000;
	run.play = seen.wants_vectors ? &vector_play : &kept_play;
	run.scenario = (struct scenario){
		.name = "kept",
		.jobs = { 1, 8 },
		.input = { .records = { RECORDS_MAX / 2, RECORDS_MAX / 2 },
			.burst = { 1, 20 },
			.gap_ms = { 0, pick(0, 1000) } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = world_chance(50),
			.sched = { .is_fixed = world_chance(50) } },
		.cache = { .is_on = true,
			.look_ms = { 0, slowest_ms / 5 },
			.commit_ms = { 0, slowest_ms } },
	};
	if (seen.wants_vectors)
		run.scenario.opts.sched.pack = (struct pack_opts){ .is_on = true,
			.texts_max = pick(1, 20),
			.tokens_max = 100000,
			.wait_ms = pick(0, 1) * pick(1, 50) };
	if (seen.wants_vectors)
		run.scenario.window = (struct range){ 40, 400 };
	run.scenario.upstreams[0] = (struct scenario_upstream){ .latency_ms = { 1, pick(1, 2000) },
		.output = { 1, 9 } };
}

static void release_packs(void)
{
	for (unsigned i = 0; i < seen.packs_n; i++)
		vectors_release(&seen.packs[i]);
	seen.packs_n = 0;
}

static void begin(uint64_t seed)
{
	run_reset();
	release_packs();
	memset(&seen, 0, sizeof seen);
	memset(vectors_natures, 0, sizeof vectors_natures);
	vectors_server = (struct vectors_server){ .columns_n = 4, .shape = SHAPE_INDEXED };
	rng_init(&world.rng, seed * 1019);
	seen.samples_n = 1;
	seen.keys_n = (unsigned)pick(1, KEYS_MAX);
	seen.has_own = world_chance(50);
	seen.has_after = world_chance(50);
}

static void play(uint64_t seed)
{
	for (unsigned i = 0; i < KEYS_MAX * SAMPLES_MAX; i++)
		seen.was_kept[i] = fake_cache_holds(i);
	make_plan();
	run_engine(seed);
	records_n += run.given_n;
	attempts_n += run.starts_n;
	recalled_n += run.recalled_n;
}

/* The same once more, after the one that has ended; the world may be another. */
static void play_again(uint64_t seed)
{
	run_reset();
	seen.is_second = true;
	rng_init(&world.rng, seed * 2027);
	set_scene();
	play(seed + RECORDS_MAX);
}

static void make_trouble(void)
{
	struct scenario_upstream *u = &run.scenario.upstreams[0];
	u->refusal_ms = (struct range){ 1, 300 };
	u->percent[REPLY_RATE] = (double)pick(0, 10);
	u->percent[REPLY_ERROR] = (double)pick(0, 20);
	u->percent[REPLY_DROP] = (double)pick(0, 10);
	u->percent[REPLY_CUT] = (double)pick(0, 10);
}

static void print_counts(void)
{
	printf(": %llu records, %llu requests, %llu from the cache", NUMBER(records_n),
		NUMBER(attempts_n), NUMBER(recalled_n));
	records_n = attempts_n = recalled_n = 0;
}

static void play_twice(uint64_t seed)
{
	begin(seed);
	set_scene();
	play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	play_again(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

static void play_samples(uint64_t seed)
{
	begin(seed);
	seen.samples_n = (unsigned)pick(2, SAMPLES_MAX);
	set_scene();
	play(seed);
	play_again(seed);
}

static void play_trouble(uint64_t seed)
{
	begin(seed);
	seen.may_fail = true;
	set_scene();
	make_trouble();
	play(seed);
	play_again(seed);
}

/* Interrupted, and what was not committed is lost; then to the end. */
static void play_resumed(uint64_t seed)
{
	begin(seed);
	set_scene();
	run.scenario.signals[0].number = 2;
	run.scenario.signals[0].after_ms = (struct range){ 1, 5000 };
	run.scenario.opts.grace_ms = pick(1, 500);
	run.scenario.cache.forgets = true;
	play(seed);
	play_again(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

static void play_broken(uint64_t seed)
{
	begin(seed);
	set_scene();
	run.scenario.cache.fails_ms = (struct range){ 1, 3000 };
	play(seed);
	LAW(run.verdict.cache_failed || run.verdict.failed_n == 0, "%llu failed",
		NUMBER(run.verdict.failed_n));
	play_again(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

static void play_vectors(uint64_t seed)
{
	begin(seed);
	seen.wants_vectors = true;
	set_scene();
	play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	play_again(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

static void play_vectors_broken(uint64_t seed)
{
	begin(seed);
	seen.wants_vectors = true;
	set_scene();
	run.scenario.cache.fails_ms = (struct range){ 1, 3000 };
	play(seed);
	play_again(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
}

static const struct scene rows[] = {
	{ "with a cache each question is asked once, in two runs", 300, play_twice, print_counts },
	{ "with a cache samples are asked once each, in two runs", 200, play_samples,
		print_counts },
	{ "with a cache what fails is asked again, and no more", 300, play_trouble, print_counts },
	{ "with a cache a run that was interrupted goes on", 300, play_resumed, print_counts },
	{ "a cache that fails loses nothing that it holds", 300, play_broken, print_counts },
	{ "with a cache each text is embedded once, in two runs", 300, play_vectors, print_counts },
	{ "a cache that fails loses no vectors that it holds", 200, play_vectors_broken,
		print_counts },
};

const struct scenes scenes_kept = { rows, sizeof rows / sizeof *rows };
