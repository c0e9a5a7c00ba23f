/* SPDX-License-Identifier: MIT */
/* Texts whose vectors are wanted, in packs: through all that servers make of them. */
#include "pack_laws.h"
#include "scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MUCH_MS = 100000 };

static uint64_t records_n, attempts_n, extra_n, allowed_n;

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

static bool chance(double percent)
{
	return world_chance(percent);
}

/* A run of records that come as they will, and of servers that are well. */
static void begin(uint64_t seed)
{
	static const char *const apis[] = { "openai", "openai", "gemini", "ollama", "cohere",
		"tei" };
	run_reset();
	pack_begin();
	rng_init(&world.rng, seed * 1013);
	int64_t jobs = pick(1, 5), size = pick(0, 3) ? pick(2, 40) : pick(1, 8);
	run.play = &pack_play;
	pack_texts.api = apis[pick(0, 5)];
	pack_texts.is_template = chance(30);
	pack_texts.pad_bytes = (struct range){ 0, chance(50) ? 40 : 0 };
	vectors_server.shape = (enum shape)pick(0, SHAPES_N - 1);
	run.scenario = (struct scenario){
		.name = "pack",
		.jobs = { jobs, jobs },
		.window = { 2 * jobs * size, 2 * jobs * size },
		.input = { .records = { 1, 200 } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = chance(30),
			.sched = { .is_fixed = chance(70),
				.pack = { .is_on = true,
					.texts_max = size,
					.tokens_max = 100000,
					.wait_ms = pick(0, 2) ? pick(1, 100) : 0 } } },
	};
	if (chance(50))
		run.scenario.input.burst = (struct range){ 1, 30 };
	if (chance(50))
		run.scenario.input.gap_ms = (struct range){ 0, pick(0, 200) };
	unsigned endpoints_n = (unsigned)pick(1, 2);
	for (unsigned i = 0; i < endpoints_n; i++)
		run.scenario.upstreams[i] =
			(struct scenario_upstream){ .latency_ms = { 1, pick(1, 1000) },
				.refusal_ms = { 1, 100 },
				.output = { 1, 1 } };
}

static void play(uint64_t seed)
{
	pack_link();
	run_engine(seed);
	records_n += run.given_n;
	attempts_n += run.starts_n;
	extra_n += run.starts_n - pack_seen.fresh_n;
	allowed_n += pack_seen.allowed_n;
}

static void print_counts(void)
{
	printf(": %llu records, %llu requests", NUMBER(records_n), NUMBER(attempts_n));
	records_n = attempts_n = extra_n = allowed_n = 0;
}

static void print_extra(void)
{
	printf(": %llu records, %llu requests, %llu of them extra of %llu allowed",
		NUMBER(records_n), NUMBER(attempts_n), NUMBER(extra_n), NUMBER(allowed_n));
	records_n = attempts_n = extra_n = allowed_n = 0;
}

/* All the input is there at once. */
static void hurry(void)
{
	run.scenario.input.burst = run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.wait_ms = MUCH_MS;
	run.scenario.opts.sched.is_fixed = true;
}

/* == calm == */

static void play_calm(uint64_t seed)
{
	begin(seed);
	play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	LAW(pack_seen.texts_n == run.given_n, "%llu records, %llu texts asked", NUMBER(run.given_n),
		NUMBER(pack_seen.texts_n));
	LAW(vectors_server.shape == SHAPE_BARE || pack_seen.usage_n == pack_seen.told_n,
		"%lld tokens were used, records say %lld", (long long)pack_seen.told_n,
		(long long)pack_seen.usage_n);
	LAW(pack_seen.shared_n == 0, "%llu share", NUMBER(pack_seen.shared_n));
}

/* Where all is there at once packs are full: but for those that the end of a window cuts short. */
static void play_full(uint64_t seed)
{
	begin(seed);
	hurry();
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	int64_t jobs = run.scenario.jobs.least;
	run.scenario.opts.unordered = true;
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].latency_ms = (struct range){ 200, 1000 };
	play(seed);
	LAW(run.given_n < (uint64_t)(jobs * size) || run.most_in_flight == jobs,
		"%lld in flight, -j is %lld", (long long)run.most_in_flight, (long long)jobs);
	uint64_t least = (run.given_n + (uint64_t)size - 1) / (uint64_t)size;
	LAW(run.starts_n <= least + least / 2 + 2,
		"%llu requests for %llu records in packs of %lld", NUMBER(run.starts_n),
		NUMBER(run.given_n), (long long)size);
}

/* No pack has more than --batch-tokens, and none could have been put to another. */
static void play_tokens(uint64_t seed)
{
	begin(seed);
	hurry();
	pack_texts.pad_bytes = (struct range){ 0, pick(1, 150) };
	int64_t most = run.scenario.opts.sched.pack.tokens_max = pick(4, 200);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.window = (struct range){ 1000, 1000 };
	play(seed);
	double least = pack_seen.tokens_n / (double)most + (double)(run.given_n / (uint64_t)size);
	LAW((double)run.starts_n <= 2 * least + 2, "%llu requests for %g tokens",
		NUMBER(run.starts_n), pack_seen.tokens_n);
}

/* == bad texts == */

static void play_poison(uint64_t seed)
{
	begin(seed);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 20);
	pack_texts.percent[TEXT_IS_LONG] = (double)pick(0, 5);
	vectors_server.naming = (enum naming)pick(0, NAMINGS_N - 1);
	/* A lie that is followed is one more step. */
	unsigned lies = vectors_server.naming == NAMES_ANOTHER ? 2 : 0;
	play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = pack_seen.allowed_n + pack_seen.bad_n * lies;
	LAW(extra <= allowed, "%llu extra requests for %llu bad texts, %llu are allowed",
		NUMBER(extra), NUMBER(pack_seen.bad_n), NUMBER(allowed));
}

/* A server that names the bad text saves the search, but for the first packs. */
static void play_named(uint64_t seed)
{
	begin(seed);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(1, 10);
	vectors_server.naming = NAMES_THE_BAD;
	run.scenario.jobs = (struct range){ 1, 1 };
	run.scenario.input.records = (struct range){ 300, 400 };
	play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = 2 * pack_seen.bad_n + 50;
	LAW(extra <= allowed, "%llu extra requests for %llu bad texts, %llu are allowed",
		NUMBER(extra), NUMBER(pack_seen.bad_n), NUMBER(allowed));
}

/* Where all of a pack are bad the search is shared: each text is asked log2 n times. */
static void play_rotten(uint64_t seed)
{
	begin(seed);
	hurry();
	pack_texts.percent[TEXT_IS_REFUSED] = 100;
	play(seed);
	LAW(run.starts_n <= 2 * run.given_n, "%llu requests for %llu bad texts",
		NUMBER(run.starts_n), NUMBER(run.given_n));
}

/* What the server crashes of, or never answers, fails alone. */
static void play_deadly(uint64_t seed)
{
	begin(seed);
	pack_texts.percent[seed % 2 ? TEXT_CRASHES : TEXT_HANGS] = (double)pick(1, 5);
	run.scenario.opts.sched.timeout_ms = 3000;
	run.scenario.opts.sched.retry.retries = pick(1, 3);
	play(seed);
}

/* Answers that are none for one text. */
static void play_lacking(uint64_t seed)
{
	begin(seed);
	pack_texts.percent[TEXT_LACKS] = (double)pick(0, 10);
	pack_texts.percent[TEXT_IS_ODD] = (double)pick(0, 10);
	run.plan.embedding.dimensions = vectors_server.columns_n;
	vectors_server.shape = (enum shape)(seed % 2 ? SHAPE_INDEXED : SHAPE_BARE);
	play(seed);
	/* Those of one pack are asked again together: twice more, and then in halves. */
	LAW(pack_seen.texts_n <= run.given_n + 4 * pack_seen.bad_n + pack_seen.allowed_n,
		"%llu records, %llu of them bad, %llu texts asked", NUMBER(run.given_n),
		NUMBER(pack_seen.bad_n), NUMBER(pack_seen.texts_n));
}

/* The first vector says how many numbers there are: whichever that is. */
static void play_columns(uint64_t seed)
{
	begin(seed);
	pack_texts.percent[TEXT_IS_ODD] = (double)pick(0, 50);
	pack_laws.may_fail = true;
	play(seed);
	LAW(run.given_n == 0 || run.verdict.answered_n > 0, "none has a vector");
}

/* == servers == */

static void trouble(struct scenario_upstream *u)
{
	u->percent[REPLY_RATE] = (double)pick(0, 10);
	u->percent[REPLY_ERROR] = (double)pick(0, 15);
	u->percent[REPLY_UNAVAILABLE] = (double)pick(0, 10);
	u->percent[REPLY_DROP] = (double)pick(0, 10);
	u->percent[REPLY_CUT] = (double)pick(0, 10);
	u->percent[REPLY_HALF] = (double)pick(0, 5);
	u->percent[REPLY_SILENCE] = (double)pick(0, 5);
	u->hint_percent = (double)pick(0, 50);
	u->hint_ms = (struct range){ 1, 500 };
	u->advice_percent = chance(20) ? 20 : 0;
}

static void play_faults(uint64_t seed)
{
	begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			trouble(&run.scenario.upstreams[i]);
	vectors_server.short_percent = (double)pick(0, 10);
	vectors_server.null_percent = (double)pick(0, 10);
	vectors_server.stray_percent = (double)pick(0, 5);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.percent[TEXT_LACKS] = (double)pick(0, 5);
	pack_texts.keys_n = chance(50) ? (unsigned)pick(1, 100) : 0;
	run.scenario.opts.sched.timeout_ms = 5000;
	run.scenario.opts.sched.retry.retries = pick(-1, 5);
	pack_laws.may_fail = true;
	play(seed);
	LAW(pack_seen.asked_most <= 100, "a text was asked %llu times",
		NUMBER(pack_seen.asked_most));
}

/* With some patience chance costs nobody his vector. */
static void play_patience(uint64_t seed)
{
	begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++) {
		struct scenario_upstream *u = &run.scenario.upstreams[i];
		u->percent[seed % 2 ? REPLY_ERROR : REPLY_DROP] = 10;
		u->percent[REPLY_RATE] = 5;
	}
	vectors_server.short_percent = 2;
	vectors_server.null_percent = 5;
	vectors_server.shape = SHAPE_SHUFFLED;
	run.scenario.opts.sched.retry.retries = 10;
	play(seed);
}

/* While nothing works little is asked, and no pack falls to pieces. */
static void play_outage(uint64_t seed)
{
	static const enum reply_kind kinds[] = { REPLY_ERROR, REPLY_UNAVAILABLE, REPLY_REFUSED,
		REPLY_DROP, REPLY_SILENCE, REPLY_RATE };
	enum reply_kind kind = kinds[seed % 6];
	begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].moods[0] = (struct scenario_mood){
				.kind = kind, .from_ms = { 0, 2000 }, .until_ms = pick(3000, 30000)
			};
	run.scenario.opts.sched.timeout_ms = 5000;
	run.scenario.opts.sched.retry.retries = 15;
	play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	LAW(pack_seen.asked_most <= 40, "a text was asked %llu times",
		NUMBER(pack_seen.asked_most));
}

static void play_ceilings(uint64_t seed)
{
	begin(seed);
	vectors_server.ceiling = (enum ceiling)(1 + seed % (CEILINGS_N - 1));
	vectors_server.most_n = (unsigned)pick(1, 20);
	run.scenario.opts.sched.timeout_ms = 2000;
	run.scenario.opts.sched.retry.retries = pick(1, 3);
	play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = 4 * pack_seen.over_n / vectors_server.most_n;
	if (vectors_server.ceiling == CEILING_CRASH)
		allowed = allowed * 2 + 20 * run.given_n;
	LAW(extra <= allowed, "%llu extra requests, %llu are allowed", NUMBER(extra),
		NUMBER(allowed));
	allowed_n += allowed;
}

/* == the same texts == */

static void play_twins(uint64_t seed)
{
	begin(seed);
	pack_texts.keys_n = (unsigned)pick(1, 40);
	pack_texts.percent[TEXT_IS_REFUSED] = chance(50) ? 10 : 0;
	if (chance(50))
		run.scenario.window = (struct range){ 200, 200 };
	play(seed);
	LAW(run.verdict.failed_n > 0 || pack_seen.shared_n == run.given_n - pack_seen.texts_n,
		"%llu records, %llu texts asked, %llu share", NUMBER(run.given_n),
		NUMBER(pack_seen.texts_n), NUMBER(pack_seen.shared_n));
	LAW(run.scenario.window.least < 200 || run.scenario.input.gap_ms.most > 0 ||
			pack_seen.asked_most < run.given_n || run.given_n < 2,
		"nothing is shared");
}

static void play_each(uint64_t seed)
{
	begin(seed);
	pack_texts.keys_n = (unsigned)pick(1, 40);
	run.scenario.opts.sched.shares_nothing = pack_laws.is_each = true;
	play(seed);
	LAW(pack_seen.texts_n == run.given_n, "%llu records, %llu texts asked", NUMBER(run.given_n),
		NUMBER(pack_seen.texts_n));
}

/* == time == */

static void play_deadline(uint64_t seed)
{
	begin(seed);
	pack_texts.keys_n = chance(60) ? (unsigned)pick(1, 60) : 0;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.percent[TEXT_HANGS] = chance(50) ? (double)pick(0, 3) : 0;
	run.scenario.input.burst = (struct range){ 1, 10 };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 300) };
	run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	run.scenario.opts.sched.timeout_ms = pick(100, 5000);
	run.scenario.opts.sched.retry.retries = pick(-1, 5);
	pack_laws.may_fail = run.scenario.opts.sched.timeout_ms < 1500;
	if (chance(30)) {
		run.scenario.upstreams[0].percent[REPLY_ERROR] = 10;
		run.scenario.upstreams[0].percent[REPLY_HALF] = 5;
		run.scenario.upstreams[0].percent[REPLY_RATE] = 10;
		pack_laws.may_fail = true;
	}
	vectors_server.null_percent = (double)pick(0, 10);
	pack_laws.may_fail |= vectors_server.null_percent > 0;
	play(seed);
}

static void hedge(void)
{
	int64_t most_ms = pick(50, 2000);
	run.scenario.opts.sched.hedge.delay_ms = pick(10, 500);
	run.scenario.opts.sched.hedge.max_percent = 100;
	pack_laws.is_hedged = true;
	for (unsigned i = 0; i < 3; i++)
		run.scenario.upstreams[i] =
			(struct scenario_upstream){ .latency_ms = { 1, most_ms },
				.tail_percent = 20,
				.tail_ms = { 1, 10 * most_ms },
				.output = { 1, 1 } };
}

/* The first whole answer wins, with whom it is. */
static void play_hedges(uint64_t seed)
{
	begin(seed);
	hedge();
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.keys_n = chance(50) ? (unsigned)pick(1, 60) : 0;
	vectors_server.null_percent = (double)pick(0, 10);
	pack_laws.may_fail = vectors_server.null_percent > 0;
	play(seed);
}

static void play_late_hedges(uint64_t seed)
{
	begin(seed);
	hedge();
	pack_texts.keys_n = chance(50) ? (unsigned)pick(1, 60) : 0;
	run.scenario.input.burst = (struct range){ 1, 10 };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 300) };
	run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	for (unsigned i = 0; i < 3; i++)
		run.scenario.upstreams[i].percent[REPLY_ERROR] = (double)pick(0, 10);
	pack_laws.may_fail = true;
	play(seed);
}

/* A pack leaves when it is full, or --batch-wait after its first text. */
static void play_trickle(uint64_t seed)
{
	begin(seed);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.input.burst = (struct range){ 1, pick(1, 2 * size) };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 1000) };
	run.scenario.input.records.most = 100;
	run.scenario.jobs = (struct range){ 200, 200 };
	run.scenario.window = (struct range){ 1000, 1000 };
	run.scenario.opts.sched.is_fixed = true;
	run.scenario.opts.sched.pack.wait_ms = chance(30) ? 0 : pick(1, 500);
	pack_laws.has_waits = true;
	play(seed);
}

/* A window smaller than a pack: nothing more can come, so nothing waits for more. */
static void play_narrow(uint64_t seed)
{
	begin(seed);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.window = (struct range){ 1, size > 1 ? size - 1 : 1 };
	run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.wait_ms = MUCH_MS;
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].latency_ms = (struct range){ 1, 100 };
	play(seed);
	int64_t took_ms = run.end_ms - run.begin_ms;
	LAW(took_ms < MUCH_MS / 2 || took_ms < (int64_t)run.starts_n * 110,
		"it took %lld ms: somebody has waited", (long long)took_ms);
}

/* == stops == */

static void play_stops(uint64_t seed)
{
	begin(seed);
	pack_texts.keys_n = chance(50) ? (unsigned)pick(1, 60) : 0;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 10);
	pack_texts.percent[TEXT_HANGS] = (double)pick(0, 2);
	trouble(&run.scenario.upstreams[0]);
	vectors_server.null_percent = (double)pick(0, 10);
	if (chance(30))
		hedge();
	if (chance(30))
		run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	run.scenario.opts.sched.timeout_ms = 3000;
	run.scenario.opts.grace_ms = pick(1, 2000);
	run.scenario.signals[0] =
		(struct scenario_signal){ .number = SIGINT, .after_ms = { 0, pick(1, 5000) } };
	if (chance(30))
		run.scenario.signals[1] =
			(struct scenario_signal){ .number = SIGINT, .after_ms = { 0, 500 } };
	pack_laws.may_fail = run.may_abort = true;
	play(seed);
}

/* == endpoints == */

static void play_dead(uint64_t seed)
{
	begin(seed);
	run.scenario.upstreams[1] = run.scenario.upstreams[0];
	run.scenario.upstreams[seed % 2].percent[chance(50) ? REPLY_AUTH : REPLY_QUOTA] =
		(double)pick(5, 100);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	play(seed);
}

static void play_fallback(uint64_t seed)
{
	begin(seed);
	run.scenario.upstreams[1] = run.scenario.upstreams[0];
	run.scenario.upstreams[1].tier = 1;
	if (chance(50))
		run.scenario.upstreams[0].percent[REPLY_AUTH] = (double)pick(5, 100);
	else
		run.scenario.upstreams[0].percent[REPLY_ERROR] = 100;
	run.scenario.opts.sched.fallback_after_ms = pick(1, 3000);
	run.scenario.opts.sched.retry.retries = 8;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	play(seed);
}

/* == memory == */

static void play_memory(uint64_t seed)
{
	begin(seed);
	int64_t jobs = pick(2, 4), size = pick(2, 12);
	vectors_server.columns_n = 300;
	run.scenario.jobs = (struct range){ jobs, jobs };
	run.scenario.window = (struct range){ 1000, 1000 };
	run.scenario.opts.window_bytes = 100000;
	run.scenario.opts.unordered = false;
	run.scenario.input.records = (struct range){ 300, 400 };
	run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.texts_max = size;
	run.scenario.upstreams[0].latency_ms = (struct range){ 1, 20 };
	run.scenario.upstreams[0].head_ms = 5000;
	/* What was let in before the first answers came, and is in packs yet. */
	size_t vector_bytes = 300 * 10 + 64;
	pack_laws.slack_bytes = 2 * (size_t)((jobs + 3) * size) * vector_bytes;
	play(seed);
}

static const struct scene rows[] = {
	{ "every record gets its own vector, once", 300, play_calm, print_counts },
	{ "packs are full where there is enough", 200, play_full, print_counts },
	{ "packs keep to --batch-tokens", 200, play_tokens, print_counts },
	{ "a refused text fails alone, at few requests more", 400, play_poison, print_extra },
	{ "a refusal that names its text saves the search", 200, play_named, print_extra },
	{ "bad texts of one pack share the search", 100, play_rotten, print_extra },
	{ "a text that crashes or hangs the server fails alone", 300, play_deadly, print_extra },
	{ "a text without a vector, or with a longer one, fails alone", 200, play_lacking,
		print_extra },
	{ "all vectors have as many numbers as the first", 200, play_columns, print_counts },
	{ "faults of servers lose and repeat nothing", 500, play_faults, print_counts },
	{ "faults by chance cost nobody his vector", 200, play_patience, print_counts },
	{ "an outage costs nobody his vector", 200, play_outage, print_extra },
	{ "what is too much at once is asked in parts", 300, play_ceilings, print_extra },
	{ "what is the same is asked once at a time, in packs", 300, play_twins, print_counts },
	{ "with --no-share texts are asked each", 200, play_each, print_counts },
	{ "who leaves a pack at his deadline takes nothing along", 600, play_deadline,
		print_counts },
	{ "packs are hedged", 300, play_hedges, print_counts },
	{ "packs are hedged, and some are late", 300, play_late_hedges, print_counts },
	{ "a pack leaves when it is full or has waited", 300, play_trickle, print_counts },
	{ "a window smaller than a pack holds nothing up", 200, play_narrow, print_counts },
	{ "a run with packs may be stopped at any time", 600, play_stops, print_counts },
	{ "packs do without an endpoint that is dead", 200, play_dead, print_counts },
	{ "packs go on to a fallback", 200, play_fallback, print_counts },
	{ "vectors behind a slow head are bounded by --window-bytes", 100, play_memory,
		print_counts },
};

const struct scenes scenes_pack = { rows, sizeof rows / sizeof *rows };
