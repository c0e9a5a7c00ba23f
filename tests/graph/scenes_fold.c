/* SPDX-License-Identifier: MIT */
/*
 * pllm reduce: leaves are L and the record's number, an answer is N and a hash of what was asked,
 * so that the words of a pack say what is in it, and two runs with the same input can be compared.
 */
#include "../sim/fakes.h"
#include "run.h"
#include "scene.h"

#include "base/hash.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/walk.h"
#include "work/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORDS_MAX = 400,
	GROUPS_MAX = 12,
	PACKS_MAX = 1000,
	WINDOW_MAX = 40,
	LONG_BYTES = 300,  /* of an item, where they are long */
	BESIDE_BYTES = 500 /* what a record may add to a fold that was not full before it */
};

/* A question that combines. */
struct pack {
	uint64_t hash;
	unsigned group;
	unsigned used_n; /* packs that have its answer as an item */
	bool is_answered, is_flying, is_final;
};

struct group {
	unsigned count;  /* members that are not left out */
	bool has_failed; /* a member has */
	bool is_doomed;  /* a pack was cut off, of which nobody could make use any more */
	bool is_put;
	unsigned number; /* among those that have begun */
};

static struct {
	uint64_t seed;
	unsigned groups_n, begun_n, put_groups_n, put_own_n, own_n;
	int64_t fan_in;
	bool is_calm;  /* all packs are answered */
	bool is_again; /* all of that is in the cache */
	bool is_long;
	enum record_kind kinds[RECORDS_MAX];
	unsigned leaf_packs[RECORDS_MAX]; /* packs that the record is an item of */
	struct group groups[GROUPS_MAX];
	struct pack packs[PACKS_MAX];
	unsigned packs_n;
	uint64_t sum; /* of the hashes of all packs, and of what the groups were answered */
} seen;

static struct fold_opts fold_opts;
static uint64_t records_n, packs_n;
static unsigned halted_n;
static int64_t told[GROUPS_MAX]; /* what each group was answered, in the last run */

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

/* The group of a record hangs on the seed and its number alone: so the input can be repeated. */
static unsigned group_of(uint64_t seq)
{
	uint64_t bits = hash_bytes((struct span){ (const char *)&seq, sizeof seq }, seen.seed);
	if (fold_opts.is_sorted)
		return (unsigned)(seq * seen.groups_n / (uint64_t)world.records_n);
	return (unsigned)(bits % seen.groups_n);
}

static size_t put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	static const char *const tails[RECORD_KINDS_N] = {
		[RECORD_GOOD] = "}",
		[RECORD_BROKEN] = "",
		[RECORD_BEFORE] = ",\"pllm\":{\"error\":{\"code\":\"timeout\"}}}",
		[RECORD_TAKEN] = ",\"output\":\"old\"}",
		[RECORD_BARE] = "}",
	};
	seen.kinds[seq] = kind;
	return (size_t)snprintf(out, size, "{\"%s\":%llu,\"pad\":\"%*s\",\"g\":\"g%u\"%s",
		kind == RECORD_BARE ? "ix" : "id", NUMBER(seq), seen.is_long ? LONG_BYTES : 0, "",
		group_of(seq), tails[kind]);
}

/* Notes what the fold gets: members, failed ones, and those that leave by themselves. */
static void note_given(uint64_t seq)
{
	enum record_kind kind = seen.kinds[seq];
	struct group *g = &seen.groups[group_of(seq)];
	bool is_failed = kind == RECORD_BEFORE || kind == RECORD_BARE;
	if (kind == RECORD_BROKEN) {
		seen.own_n++;
		return;
	}
	if (is_failed && fold_opts.drops)
		return;
	if (g->count++ == 0)
		g->number = seen.begun_n++;
	g->has_failed |= is_failed;
}

static void given(const struct record *r)
{
	LAW(r->seq < RECORDS_MAX, "too many records");
	note_given(r->seq);
}

static uint64_t hash_of(struct span text)
{
	return hash_bytes(text, 1) >> 1;
}

static struct pack *find_pack(uint64_t hash)
{
	for (unsigned i = 0; i < seen.packs_n; i++)
		if (seen.packs[i].hash == hash)
			return &seen.packs[i];
	return NULL;
}

static void use_leaf(int64_t id, unsigned group)
{
	LAW(id < (int64_t)run.given_n, "a leaf that was not read");
	LAW(group_of((uint64_t)id) == group, "#%lld is in a pack of another group", (long long)id);
	LAW(seen.kinds[id] == RECORD_GOOD || seen.kinds[id] == RECORD_TAKEN, "#%lld failed",
		(long long)id);
	LAW(seen.leaf_packs[id]++ == 0, "#%lld is in two packs", (long long)id);
}

static void use_item(struct span item, unsigned group)
{
	int64_t number = -1;
	while (item.n > 0 && item.at[item.n - 1] == ' ')
		item.n--;
	LAW(item.n > 1 && units_parse_int((struct span){ item.at + 1, item.n - 1 }, &number),
		"strange item: %.*s", (int)item.n, item.at);
	if (*item.at == 'L') {
		use_leaf(number, group);
		return;
	}
	struct pack *p = find_pack((uint64_t)number);
	LAW(p && p->is_answered, "an item that nobody has answered: %.*s", (int)item.n, item.at);
	LAW(p->group == group, "an answer is an item of another group");
	LAW(p->used_n++ == 0, "an answer is in two packs");
}

/* Each line behind the key is an item. */
static void use_items(struct span prompt, const char *bar, unsigned group)
{
	const char *at = bar + 1, *end = prompt.at + prompt.n;
	int64_t n = 0;
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		use_item((struct span){ at, (size_t)((line ? line : end) - at) }, group);
		at = line ? line + 1 : end;
		n++;
	}
	LAW(n > 0 && n <= seen.fan_in, "a pack of %lld items", (long long)n);
}

static uint64_t asked(const struct attempt *attempt)
{
	struct question q;
	int64_t group;
	question_init(&q, attempt);
	struct span prompt = buf_span(&q.prompt);
	const char *bar = memchr(prompt.at, '|', prompt.n);
	LAW(bar && *prompt.at == 'g' &&
			units_parse_int(
				(struct span){ prompt.at + 1, (size_t)(bar - prompt.at) - 1 },
				&group) &&
			group < seen.groups_n,
		"strange prompt: %.*s", (int)prompt.n, prompt.at);
	uint64_t hash = hash_of(prompt);
	struct pack *p = find_pack(hash);
	if (!p) {
		LAW(seen.packs_n < PACKS_MAX, "too many packs");
		use_items(prompt, bar, (unsigned)group);
		p = &seen.packs[seen.packs_n++];
		*p = (struct pack){ .hash = hash, .group = (unsigned)group };
		seen.sum += hash;
	}
	question_release(&q);
	return (uint64_t)(p - seen.packs);
}

static void answer(uint64_t number, unsigned nth, char *out, size_t size)
{
	(void)nth;
	snprintf(out, size, "N%" PRIu64, seen.packs[number].hash);
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	struct pack *p = &seen.packs[number];
	(void)endpoint;
	LAW(!p->is_answered && !p->is_flying && !p->is_final, "a pack is asked again");
	p->is_flying = true;
	return 1;
}

static void finish(uint64_t number, const struct reply *reply)
{
	struct pack *p = &seen.packs[number];
	p->is_flying = false;
	p->is_answered = reply->kind == REPLY_ANSWER;
	p->is_final = reply->kind == REPLY_BAD_REQUEST;
}

static void cancel(uint64_t number, bool is_for_all)
{
	struct group *g = &seen.groups[seen.packs[number].group];
	LAW(is_for_all || !g->is_put, "pack %llu is cut off late", NUMBER(number));
	g->is_doomed |= !is_for_all;
}

/* What the group was told is the answer that holds all the others. */
static void check_answer(const struct group *g, unsigned group, struct span text)
{
	int64_t hash = -1;
	LAW(text.n > 1 && units_parse_int((struct span){ text.at + 1, text.n - 1 }, &hash),
		"g%u has the answer %.*s", group, (int)text.n, text.at ? text.at : "");
	if (seen.is_again) {
		LAW(hash == told[group], "g%u has another answer than before", group);
		return;
	}
	told[group] = hash;
	struct pack *root = find_pack((uint64_t)hash);
	LAW(root && root->group == group && root->used_n == 0, "g%u has an answer in between",
		group);
	for (unsigned i = 0; i < seen.packs_n; i++) {
		const struct pack *p = &seen.packs[i];
		LAW(p->group != group || p == root || p->used_n == 1,
			"an answer of g%u was left out", group);
		LAW(!fake_cache_is_open() || p->group != group || fake_cache_holds(p->hash),
			"g%u leaves, and an answer is not stored", group);
	}
	for (uint64_t seq = 0; seq < run.given_n; seq++)
		LAW(group_of(seq) != group || seen.leaf_packs[seq] == 1 ||
				seen.kinds[seq] == RECORD_BROKEN ||
				(fold_opts.drops &&
					(seen.kinds[seq] == RECORD_BARE ||
						seen.kinds[seq] == RECORD_BEFORE)),
			"#%llu was left out of g%u", NUMBER(seq), group);
	LAW(!g->has_failed, "g%u is answered although a member failed", group);
	LAW(!g->is_doomed, "g%u is answered although packs of it were cut off", group);
	seen.sum += 31 * (uint64_t)hash;
}

static void put_group(const struct record *r)
{
	struct span key = json_text_of(json_member(r->value, SPAN("key")));
	int64_t group = -1, count = -1;
	LAW(key.n > 1 && units_parse_int((struct span){ key.at + 1, key.n - 1 }, &group) &&
			group < seen.groups_n &&
			units_parse_int(json_member(r->value, SPAN("count")), &count),
		"strange group: %.*s", (int)r->text.n, r->text.at);
	struct group *g = &seen.groups[group];
	LAW(!g->is_put && g->count > 0, "g%lld is put twice, or never began", (long long)group);
	LAW(count == g->count, "g%lld has %lld members, not %u", (long long)group, (long long)count,
		g->count);
	LAW(world.opts.unordered || g->number == seen.put_groups_n, "g%lld is put out of turn",
		(long long)group);
	g->is_put = true;
	seen.put_groups_n++;
	if (r->fate == FATE_ANSWERED)
		check_answer(g, (unsigned)group, r->stages[0].calls[0].answer.text);
	else
		LAW(g->has_failed || !seen.is_calm, "g%lld failed: %s", (long long)group,
			r->failure.message);
}

static void put(const struct record *r)
{
	if (json_member(r->value, SPAN("count")).at) {
		put_group(r);
		return;
	}
	LAW(r->fate == FATE_FAILED && r->failure.code == ERROR_BAD_RECORD &&
			seen.kinds[r->seq] == RECORD_BROKEN,
		"#%llu leaves by itself", NUMBER(r->seq));
	seen.put_own_n++;
}

/* What is taken at once may be too much, and no more than that. */
static void sleep_law(void)
{
	uint64_t bytes = fold_bytes(run.folding);
	LAW(bytes <= fold_opts.max_bytes + WINDOW_MAX * BESIDE_BYTES,
		"groups hold %llu bytes, and --group-bytes is %llu", NUMBER(bytes),
		NUMBER(fold_opts.max_bytes));
}

/* An entry is the number that its answer has. */
static uint64_t kept(const struct entry *e)
{
	struct span form = buf_span(&e->form);
	const char *at = memmem(form.at, form.n, "\"N", 2);
	LAW(at, "an entry that answers nothing");
	return strtoull(at + 2, NULL, 10);
}

static const struct play fold_play = {
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

/* plans */

static void make_plan(void)
{
	struct err err;
	struct step *s = plan_add_step(&run.plan, "output");
	plan_add_model(&run.plan, "m0", false);
	s->has_prompt = s->is_emitted = true;
	s->samples_n = s->models_n = 1;
	template_release(&fold_opts.item);
	path_release(&fold_opts.by);
	fold_opts.has_by = true;
	if (!template_parse(&s->prompt, SPAN("{{key}}|{{items}}"), TEMPLATE_FROM_ARGUMENT, &err) ||
		!template_parse(
			&fold_opts.item, SPAN("L{{id}}{{pad}}"), TEMPLATE_FROM_ARGUMENT, &err) ||
		!path_parse(&fold_opts.by, SPAN("g"), &err) || !plan_link(&run.plan, &err))
		check_fail("%s", err.msg);
}

/* The fold and its input are the seed's, the rest is timing's. */
static void begin(uint64_t seed, uint64_t timing)
{
	struct template item = fold_opts.item;
	struct path by = fold_opts.by;
	run_reset();
	memset(&seen, 0, sizeof seen);
	rng_init(&world.rng, seed * 1013);
	seen.seed = seed;
	seen.is_calm = true;
	seen.groups_n = (unsigned)pick(1, GROUPS_MAX);
	seen.fan_in = pick(2, 8);
	fold_opts = (struct fold_opts){ .item = item,
		.by = by,
		.fan_in = seen.fan_in,
		.is_sorted = world_chance(30),
		.is_unordered = world_chance(30),
		.drops = world_chance(50),
		.max_bytes = 64 << 20 };
	int64_t n = pick(0, RECORDS_MAX / 2);
	run.play = &fold_play;
	run.fold = &fold_opts;
	rng_init(&world.rng, timing);
	run.scenario = (struct scenario){
		.name = "fold",
		.jobs = { 1, 20 },
		.window = { 1, WINDOW_MAX },
		.input = { .records = { n, n },
			.gap_ms = { 0, pick(0, 3000) },
			.burst = { 1, 40 } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = fold_opts.is_unordered,
			.sched = { .is_fixed = world_chance(50) } },
		.upstream = { .latency_ms = { 1, pick(1, 2000) }, .output = { 1, 9 } },
	};
}

static void play(uint64_t seed)
{
	make_plan();
	run_engine(seed);
	LAW(seen.put_groups_n == seen.begun_n, "%u groups began, and %u were put", seen.begun_n,
		seen.put_groups_n);
	LAW(seen.put_own_n == seen.own_n, "%u records are in no group, and %u were put", seen.own_n,
		seen.put_own_n);
	records_n += run.given_n;
	packs_n += seen.packs_n;
}

static void print_counts(void)
{
	printf(": %llu records, %llu packs", NUMBER(records_n), NUMBER(packs_n));
	records_n = packs_n = 0;
}

/* The same input gives the same packs and answers, whatever comes when. */
static void play_calm(uint64_t seed)
{
	begin(seed, seed);
	play(seed);
	uint64_t sum = seen.sum;
	begin(seed, seed + 100000);
	play(seed + 100000);
	LAW(sum == seen.sum, "other latencies, other packs");
}

static void add_faults(void)
{
	struct scenario_upstream *u = &run.scenario.upstream;
	u->percent[REPLY_RATE] = (double)pick(0, 10);
	u->percent[REPLY_ERROR] = (double)pick(0, 10);
	u->percent[REPLY_DROP] = (double)pick(0, 10);
	u->percent[REPLY_BAD_REQUEST] = (double)pick(0, 5);
	seen.is_calm = false;
}

static void play_faults(uint64_t seed)
{
	begin(seed, seed);
	run.scenario.input.bad_percent = 0;
	add_faults();
	play(seed);
}

static void play_signal(uint64_t seed)
{
	begin(seed, seed);
	run.scenario.signals[0].number = 2;
	run.scenario.signals[0].after_ms = (struct range){ 0, 10000 };
	run.scenario.input.gap_ms = (struct range){ 0, 3000 };
	run.scenario.opts.grace_ms = world_chance(50) ? 100000 : pick(1, 2000);
	seen.is_calm = false;
	play(seed);
}

/* With a cache the same input is combined once, in two runs. */
static void play_kept(uint64_t seed)
{
	begin(seed, seed);
	run.scenario.cache = (struct scenario_cache){
		.is_on = true, .look_ms = { 0, 50 }, .commit_ms = { 0, pick(1, 3000) }
	};
	struct scenario_cache cache = run.scenario.cache;
	play(seed);
	begin(seed, seed + 100000);
	run.scenario.cache = cache;
	seen.is_again = true;
	play(seed + 100000);
	LAW(run.starts_n == 0, "%llu packs are asked again", NUMBER(run.starts_n));
}

static void play_bad(uint64_t seed)
{
	begin(seed, seed);
	run.scenario.input.bad_percent = (double)pick(1, 40);
	play(seed);
}

/* Where the groups hold more than they may the run ends, and each leaves its line all the same. */
static void play_full(uint64_t seed)
{
	begin(seed, seed);
	seen.groups_n = GROUPS_MAX;
	seen.is_long = true;
	seen.is_calm = false;
	fold_opts.max_bytes = (uint64_t)pick(3000, 60000);
	run.scenario.input = (struct scenario_input){ .records = { RECORDS_MAX, RECORDS_MAX } };
	play(seed);
	bool is_halted = run_exit_code() == EXIT_HALTED;
	LAW(is_halted == run_is_stopped(), "it ends with %d", run_exit_code());
	LAW(!is_halted || strstr(run.verdict.reason, "--sorted"), "it ends, and says \"%s\"",
		run.verdict.reason);
	halted_n += is_halted;
}

static void print_halted(void)
{
	print_counts();
	printf(", %u runs ended", halted_n);
	halted_n = 0;
}

static const struct scene rows[] = {
	{ "groups are folded alike whatever the timing", 300, play_calm, print_counts },
	{ "groups with faults", 300, play_faults, print_counts },
	{ "groups with members that failed", 300, play_bad, print_counts },
	{ "a fold that holds too much ends the run", 100, play_full, print_halted },
	{ "with a cache groups are folded once, in two runs", 200, play_kept, print_counts },
	{ "groups that are stopped leave one line each", 300, play_signal, print_counts },
};

const struct scenes scenes_fold = { rows, sizeof rows / sizeof *rows };
