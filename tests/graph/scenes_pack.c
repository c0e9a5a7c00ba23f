/* SPDX-License-Identifier: MIT */
/* Texts whose vectors are wanted, in packs: through all that servers make of them. */
#include "pack_scene.h"
#include "scene.h"

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

/* calm */

static void play_calm(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_scene_play(seed);
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
	pack_scene_begin(seed);
	pack_scene_hurry();
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	int64_t jobs = run.scenario.jobs.least;
	run.scenario.opts.unordered = pack_laws.gathers = true;
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].latency_ms = (struct range){ 200, 1000 };
	pack_scene_play(seed);
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
	pack_scene_begin(seed);
	pack_scene_hurry();
	pack_texts.pad_bytes = (struct range){ 0, pick(1, 150) };
	int64_t most = run.scenario.opts.sched.pack.tokens_max = pick(4, 200);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.window = (struct range){ 1000, 1000 };
	pack_scene_play(seed);
	double least = pack_seen.tokens_n / (double)most + (double)(run.given_n / (uint64_t)size);
	LAW((double)run.starts_n <= 2 * least + 2, "%llu requests for %g tokens",
		NUMBER(run.starts_n), pack_seen.tokens_n);
}

/* What has no text is not asked about, and holds nobody up. */
static void play_bare(uint64_t seed)
{
	pack_scene_begin(seed);
	run.scenario.input.bad_percent = (double)pick(1, 60);
	pack_scene_play(seed);
	LAW(pack_seen.texts_n == run.verdict.answered_n, "%llu vectors, %llu texts asked",
		NUMBER(run.verdict.answered_n), NUMBER(pack_seen.texts_n));
}

/* bad texts */

static void play_poison(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 20);
	pack_texts.percent[TEXT_IS_LONG] = (double)pick(0, 5);
	vectors_server.naming = (enum naming)pick(0, NAMINGS_N - 1);
	/* A lie that is followed is one more step. */
	unsigned lies = vectors_server.naming == NAMES_ANOTHER ? 2 : 0;
	pack_scene_play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = pack_seen.allowed_n + pack_seen.bad_n * lies;
	LAW(extra <= allowed, "%llu extra requests for %llu bad texts, %llu are allowed",
		NUMBER(extra), NUMBER(pack_seen.bad_n), NUMBER(allowed));
}

/* A server that names the bad text saves the search, but for the first packs. */
static void play_named(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(1, 10);
	vectors_server.naming = NAMES_THE_BAD;
	run.scenario.jobs = (struct range){ 1, 1 };
	run.scenario.input.records = (struct range){ 300, 400 };
	pack_scene_play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = 2 * pack_seen.bad_n + 50;
	LAW(extra <= allowed, "%llu extra requests for %llu bad texts, %llu are allowed",
		NUMBER(extra), NUMBER(pack_seen.bad_n), NUMBER(allowed));
}

/* Where all of a pack are bad the search is shared: each text is asked log2 n times. */
static void play_rotten(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_scene_hurry();
	pack_texts.percent[TEXT_IS_REFUSED] = 100;
	pack_scene_play(seed);
	LAW(run.starts_n <= 2 * run.given_n, "%llu requests for %llu bad texts",
		NUMBER(run.starts_n), NUMBER(run.given_n));
}

/* What the server crashes of, or never answers, fails alone. */
static void play_deadly(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.percent[seed % 2 ? TEXT_CRASHES : TEXT_HANGS] = (double)pick(1, 5);
	run.scenario.opts.sched.timeout_ms = 3000;
	int64_t retries = run.scenario.opts.sched.retry.retries = pick(1, 3);
	pack_scene_play(seed);
	int64_t allowed = 1 + retries + pack_seen.steps_most + 8;
	LAW(pack_seen.asked_most <= (uint64_t)allowed,
		"a text was asked %llu times, %lld are allowed", NUMBER(pack_seen.asked_most),
		(long long)allowed);
}

/* Answers that are none for one text. */
static void play_lacking(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.percent[TEXT_LACKS] = (double)pick(0, 10);
	pack_texts.percent[TEXT_IS_ODD] = (double)pick(0, 10);
	run.plan.embedding.dimensions = vectors_server.columns_n;
	vectors_server.shape = (enum shape)(seed % 2 ? SHAPE_INDEXED : SHAPE_BARE);
	pack_scene_play(seed);
	/* Those of one pack are asked again together: twice more, and then in halves. */
	LAW(pack_seen.texts_n <= run.given_n + 4 * pack_seen.bad_n + pack_seen.allowed_n,
		"%llu records, %llu of them bad, %llu texts asked", NUMBER(run.given_n),
		NUMBER(pack_seen.bad_n), NUMBER(pack_seen.texts_n));
}

/* The first vector says how many numbers there are: whichever that is. */
static void play_columns(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.percent[TEXT_IS_ODD] = (double)pick(0, 50);
	pack_laws.may_fail = true;
	pack_scene_play(seed);
	LAW(run.given_n == 0 || run.verdict.answered_n > 0, "none has a vector");
}

/* servers */

static void play_faults(uint64_t seed)
{
	pack_scene_begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			pack_scene_trouble(i);
	vectors_server.short_percent = (double)pick(0, 10);
	vectors_server.null_percent = (double)pick(0, 10);
	vectors_server.stray_percent = (double)pick(0, 5);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.percent[TEXT_LACKS] = (double)pick(0, 5);
	pack_texts.keys_n = world_chance(50) ? (unsigned)pick(1, 100) : 0;
	run.scenario.opts.sched.timeout_ms = 5000;
	run.scenario.opts.sched.retry.retries = pick(-1, 5);
	pack_laws.may_fail = true;
	pack_scene_play(seed);
	LAW(pack_seen.asked_most <= 100, "a text was asked %llu times",
		NUMBER(pack_seen.asked_most));
}

/* With some patience chance costs nobody his vector. */
static void play_patience(uint64_t seed)
{
	pack_scene_begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++) {
		struct scenario_upstream *u = &run.scenario.upstreams[i];
		u->percent[seed % 2 ? REPLY_ERROR : REPLY_DROP] = 10;
		u->percent[REPLY_RATE] = 5;
	}
	vectors_server.short_percent = 2;
	vectors_server.null_percent = 5;
	vectors_server.shape = SHAPE_SHUFFLED;
	run.scenario.opts.sched.retry.retries = 10;
	pack_scene_play(seed);
}

/* While nothing works little is asked, and no pack falls to pieces. */
static void play_outage(uint64_t seed)
{
	static const enum reply_kind kinds[] = { REPLY_ERROR, REPLY_UNAVAILABLE, REPLY_REFUSED,
		REPLY_DROP, REPLY_SILENCE, REPLY_RATE };
	enum reply_kind kind = kinds[seed % 6];
	pack_scene_begin(seed);
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].moods[0] = (struct scenario_mood){
				.kind = kind, .from_ms = { 0, 2000 }, .until_ms = pick(3000, 30000)
			};
	run.scenario.opts.sched.timeout_ms = 5000;
	run.scenario.opts.sched.retry.retries = 8;
	pack_scene_play(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	LAW(pack_seen.asked_most <= 40, "a text was asked %llu times",
		NUMBER(pack_seen.asked_most));
}

/* What a server takes at once is learned: most packs keep to it. */
static void play_learning(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_scene_hurry();
	vectors_server.ceiling = seed % 2 ? CEILING_STATUS : CEILING_WORDS;
	vectors_server.most_n = (unsigned)pick(2, 8);
	run.scenario.opts.sched.is_fixed = false;
	run.scenario.opts.sched.pack.texts_max = 64;
	run.scenario.window = (struct range){ 256, 256 };
	run.scenario.input.records = (struct range){ 1000, 1000 };
	pack_scene_play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	LAW(2 * extra <= run.starts_n, "%llu of %llu requests were extra", NUMBER(extra),
		NUMBER(run.starts_n));
}

static void play_ceilings(uint64_t seed)
{
	pack_scene_begin(seed);
	vectors_server.ceiling = (enum ceiling)(1 + seed % (CEILINGS_N - 1));
	vectors_server.most_n = (unsigned)pick(1, 20);
	run.scenario.opts.sched.timeout_ms = 2000;
	run.scenario.opts.sched.retry.retries = pick(1, 3);
	pack_scene_play(seed);
	uint64_t extra = run.starts_n - pack_seen.fresh_n;
	uint64_t allowed = 4 * pack_seen.over_n / vectors_server.most_n;
	if (vectors_server.ceiling == CEILING_CRASH)
		allowed = allowed * 2 + 20 * run.given_n;
	LAW(extra <= allowed, "%llu extra requests, %llu are allowed", NUMBER(extra),
		NUMBER(allowed));
}

/* the same texts */

static void play_twins(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.keys_n = (unsigned)pick(1, 40);
	pack_texts.percent[TEXT_IS_REFUSED] = world_chance(50) ? 10 : 0;
	if (world_chance(50))
		run.scenario.window = (struct range){ 200, 200 };
	pack_scene_play(seed);
	LAW(run.verdict.failed_n > 0 || pack_seen.shared_n == run.given_n - pack_seen.texts_n,
		"%llu records, %llu texts asked, %llu share", NUMBER(run.given_n),
		NUMBER(pack_seen.texts_n), NUMBER(pack_seen.shared_n));
	LAW(run.scenario.window.least < 200 || run.scenario.input.gap_ms.most > 0 ||
			pack_seen.asked_most < run.given_n || run.given_n < 2,
		"nothing is shared");
}

static void play_each(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.keys_n = (unsigned)pick(1, 40);
	run.scenario.opts.sched.shares_nothing = pack_laws.is_each = true;
	pack_scene_play(seed);
	LAW(pack_seen.texts_n == run.given_n, "%llu records, %llu texts asked", NUMBER(run.given_n),
		NUMBER(pack_seen.texts_n));
}

static const struct scene rows[] = {
	{ "every record gets its own vector, once", 300, play_calm, pack_scene_print },
	{ "packs are full where there is enough", 200, play_full, pack_scene_print },
	{ "packs keep to --batch-tokens", 200, play_tokens, pack_scene_print },
	{ "records without a text fail before anything is sent", 200, play_bare, pack_scene_print },
	{ "a refused text fails alone, at few requests more", 400, play_poison,
		pack_scene_print_extra },
	{ "a refusal that names its text saves the search", 200, play_named,
		pack_scene_print_extra },
	{ "bad texts of one pack share the search", 100, play_rotten, pack_scene_print_extra },
	{ "a text that crashes or hangs the server fails alone", 300, play_deadly,
		pack_scene_print_extra },
	{ "a text without a vector, or with a longer one, fails alone", 200, play_lacking,
		pack_scene_print_extra },
	{ "all vectors have as many numbers as the first", 200, play_columns, pack_scene_print },
	{ "faults of servers lose and repeat nothing", 500, play_faults, pack_scene_print },
	{ "faults by chance cost nobody his vector", 200, play_patience, pack_scene_print },
	{ "an outage costs nobody his vector", 200, play_outage, pack_scene_print },
	{ "how much may be asked at once is learned", 100, play_learning, pack_scene_print_extra },
	{ "what is too much at once is asked in parts", 300, play_ceilings, pack_scene_print },
	{ "what is the same is asked once at a time, in packs", 300, play_twins, pack_scene_print },
	{ "with --no-share texts are asked each", 200, play_each, pack_scene_print },
};

const struct scenes scenes_pack = { rows, sizeof rows / sizeof *rows };
