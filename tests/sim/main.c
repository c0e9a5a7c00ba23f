/* SPDX-License-Identifier: MIT */
/*
 * The whole engine in virtual time, in one thread: `sim` plays every scenario with its
 * seeds and prints TAP; `sim SCENARIO` plays that one; `sim SCENARIO SEED` just that run, with -v
 * event by event; `sim --baseline` prints how simpler clients fare against the same servers. The
 * pipeline, the scheduler, the policies, the wire API and the scanner are the real ones; the rooms
 * that touch the world are fakes with the same names, linked ahead of them. With SIM_QUICK set, or
 * instrumented, a twentieth of the seeds is played.
 */
#include "base/units.h"
#include "baseline.h"
#include "check.h"
#include "check_views.h"
#include "engine/spend.h"
#include "fakes.h"
#include "json/schema.h"
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS_N = 200, SHOWN_N = 3, ENOUGH_N = 100, BASELINE_SEEDS_N = 5, FEWER = 20, USAGE = 2 };

/* So much larger are the seeds of what is played before. */
enum { FIRST_SEEDS = 1000003 };

/* What all runs share. */
static struct plan plan;

/* What is played, for when the program is aborted. */
static char playing[200];

static void on_abort(int sig)
{
	if (write(STDOUT_FILENO, playing, strlen(playing)) < 0)
		_exit(sig);
	_exit(1);
}

static void prepare(void)
{
	struct err err;
	struct step *s = plan_add_step(&plan, "output");
	s->has_prompt = s->is_emitted = true;
	s->samples_n = s->models_n = 1;
	plan_add_model(&plan, NULL, true);
	if (!template_parse(&s->prompt, SPAN("ask {{id}}."), TEMPLATE_FROM_ARGUMENT, &err) ||
		!plan_link(&plan, &err) || !wake_init(&world.wake, &err)) {
		fprintf(stderr, "sim: %s\n", err.msg);
		exit(1);
	}
	world_init();
	signal(SIGABRT, on_abort);
}

static void release(void)
{
	plan_release(&plan);
	world_release();
	wake_release(&world.wake);
}

/* The schema is the plan's only in scenarios that have one. */
static void set_schema(bool has_schema)
{
	static struct schema *schema;
	struct err err;
	if (!schema && has_schema && !(schema = schema_new(SPAN("{\"type\":\"string\"}"), &err)))
		check_fail("%s", err.msg);
	plan.steps[0].schema = has_schema ? schema : NULL;
	plan.steps[0].reasks_n = SIM_REASKS_N;
}

/*
 * Gives what the scenario lets be spent, at the servers' prices; NULL if it says nothing of that.
 */
static const struct spend_opts *choose_money(void)
{
	static struct price prices[ENDPOINTS_MAX];
	static struct spend_opts money;
	const struct scenario_budget *b = &world.scenario->budget;
	if (b->money == 0 && b->tokens == 0 && b->requests == 0)
		return NULL;
	for (int i = 0; i < ENDPOINTS_MAX; i++) {
		price_init(&prices[i]);
		prices[i].source = PRICE_OF_FILE;
		price_state(&prices[i], SIM_INPUT_PRICE, SIM_OUTPUT_PRICE);
		prices[i].max_output = SIM_OUTPUT_MAX;
	}
	money = (struct spend_opts){ .prices = prices,
		.limits.of = { [BUDGET_MONEY] = b->money,
			[BUDGET_TOKENS] = b->tokens,
			[BUDGET_REQUESTS] = b->requests } };
	return &money;
}

static void play(struct check_sum *sum)
{
	struct err err;
	struct stats stats = { 0 };
	struct verdict verdict;
	set_schema(world.scenario->has_schema);
	struct http *http =
		http_new(&(struct http_opts){ .jobs = world.opts.sched.jobs }, &world.wake, &err);
	for (unsigned i = 0; i < world.endpoints_n; i++)
		http_add_endpoint(http, &world.endpoints[i], &err);
	struct writer *writer = writer_new(NULL, &plan, &world.wake, &err);
	struct reader *reader = reader_new(NULL, &world.wake, &err);
	struct cache *cache =
		world.scenario->cache.is_on ? cache_new(NULL, &world.wake, &err) : NULL;
	signals_start(&world.wake);
	struct pipeline_rooms rooms = {
		.reader = reader,
		.writer = writer,
		.wake = &world.wake,
		.sched = { .plan = &plan,
			.endpoints = world.endpoints,
			.endpoints_n = world.endpoints_n,
			.http = http,
			.cache = cache,
			.money = choose_money() },
		.stats = &stats,
		.watch = { .look = check_view, .first_ms = check_views_begin() },
		.seed = rng_next(&world.rng),
	};
	pipeline_run(&world.opts, &rooms, &verdict);
	check_views_end();
	check_end(&verdict, &stats, sum);
	signals_stop();
	cache_free(cache);
	reader_free(reader);
	writer_free(writer);
	http_free(http);
}

static void play_scenario(const struct scenario *scenario, uint64_t seed, struct check_sum *sum)
{
	world_begin(scenario, seed);
	check_begin();
	upstream_begin();
	play(sum);
}

/* Plays one run. False, with the law that was broken in check_message. */
static bool run(const struct scenario *scenario, uint64_t seed, struct check_sum *sum)
{
	snprintf(playing, sizeof playing, "not ok - %s: aborted; sim %s %llu -v\n", scenario->name,
		scenario->name, (unsigned long long)seed);
	fflush(stdout);
	fake_cache_abandon();
	if (setjmp(check_escape))
		return false;
	fake_cache_clear();
	if (scenario->cache.before)
		play_scenario(scenario->cache.before, seed + FIRST_SEEDS, sum);
	play_scenario(scenario, seed, sum);
	return true;
}

static unsigned seeds_of(const struct scenario *scenario)
{
	unsigned seeds_n = scenario->seeds_n ? scenario->seeds_n : SEEDS_N;
	/* Instrumented it is ten times slower, and looks for other mistakes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return seeds_n / FEWER;
#else
	return getenv("SIM_QUICK") ? seeds_n / FEWER : seeds_n;
#endif
}

static void print_sum(const struct scenario *scenario, const struct check_sum *sum)
{
	printf("%llu records, %llu attempts", (unsigned long long)sum->records_n,
		(unsigned long long)sum->attempts_n);
	if (scenario->factor > 0)
		printf(", at most %.0f %% of the time allowed", sum->slowness * 100);
	if (scenario->goal.until_ms)
		printf(", %.1f %% of the best, %.1f %% in the worst run",
			sum->answers_per_s / sum->best_per_s * 100, sum->least_share * 100);
	if (scenario->goal.refused_percent > 0)
		printf(", %.1f %% refused, %.1f %% in the worst run",
			(double)sum->refused_n * 100 / (double)sum->attempts_n, sum->most_refused);
	if (sum->hits_n > 0)
		printf(", %llu from the cache", (unsigned long long)sum->hits_n);
	if (sum->most_used > 0)
		printf(", %.1f to %.1f %% of the budget used", sum->least_used, sum->most_used);
	putchar('\n');
}

/* Plays the scenario with all seeds and prints its line. */
static bool run_all(const struct scenario *scenario, unsigned number)
{
	struct check_sum sum = { 0 };
	unsigned failed_n = 0;
	for (uint64_t seed = 1; seed <= seeds_of(scenario) && failed_n < ENOUGH_N; seed++) {
		if (run(scenario, seed, &sum))
			continue;
		if (failed_n++ < SHOWN_N)
			printf("# sim %s %llu -v: %s\n", scenario->name, (unsigned long long)seed,
				check_message);
	}
	if (failed_n > 0)
		printf("# %u of %u seeds failed%s\n", failed_n, seeds_of(scenario),
			failed_n == ENOUGH_N ? "; that is enough" : "");
	printf("%s %u - %s: ", failed_n ? "not ok" : "ok", number, scenario->name);
	print_sum(scenario, &sum);
	return failed_n == 0;
}

/* Plays it for the table: what was achieved counts, not how. */
static void run_for_table(const struct scenario *scenario)
{
	struct check_sum ours = { 0 };
	struct baseline_sum sums[BASELINES_N] = { 0 };
	for (uint64_t seed = 1; seed <= BASELINE_SEEDS_N; seed++) {
		run(scenario, seed, &ours);
		for (int client = 0; client < BASELINES_N; client++) {
			world_begin(scenario, seed);
			upstream_begin();
			baseline_play((enum baseline)client, &sums[client]);
		}
	}
	baseline_print(scenario, &ours, sums, BASELINE_SEEDS_N);
}

static int run_baseline(void)
{
	const struct scenario *s;
	baseline_print_head();
	world.is_surveyed = true;
	for (size_t i = 0; (s = scenario_nth(i)); i++)
		if (s->goal.until_ms && s->opts.sched.rate <= 0)
			run_for_table(s);
	return 0;
}

static int usage(void)
{
	const struct scenario *s;
	fputs("usage: sim [SCENARIO [SEED] [-v]] | sim --baseline\n", stderr);
	for (size_t i = 0; (s = scenario_nth(i)); i++)
		fprintf(stderr, "\t%s\n", s->name);
	return USAGE;
}

static int run_one(const struct scenario *scenario, uint64_t seed)
{
	struct check_sum sum = { 0 };
	puts("1..1");
	bool ok = run(scenario, seed, &sum);
	if (!ok)
		printf("# %s\n", check_message);
	printf("%s 1 - %s, seed %llu: ended after %.3f s\n", ok ? "ok" : "not ok", scenario->name,
		(unsigned long long)seed, (double)(world.now_ms - WORLD_BEGIN_MS) / 1000);
	return !ok;
}

static int run_table(void)
{
	const struct scenario *s;
	size_t n = 0;
	bool ok = true;
	while (scenario_nth(n))
		n++;
	printf("1..%zu\n", n);
	for (size_t i = 0; (s = scenario_nth(i)); i++)
		ok &= run_all(s, (unsigned)i + 1);
	return !ok;
}

int main(int argc, char **argv)
{
	int64_t seed = 0;
	int status;
	if (argc > 1 && strcmp(argv[argc - 1], "-v") == 0) {
		world.is_traced = true;
		argc--;
	}
	bool is_baseline = argc == 2 && strcmp(argv[1], "--baseline") == 0;
	const struct scenario *scenario = argc > 1 && !is_baseline ? scenario_find(argv[1]) : NULL;
	if (argc > 3 || (argc > 1 && !scenario && !is_baseline) ||
		(argc > 2 && !units_parse_int(span_of(argv[2]), &seed)))
		return usage();
	prepare();
	if (is_baseline) {
		status = run_baseline();
	} else if (argc == 1) {
		status = run_table();
	} else if (argc == 2) {
		puts("1..1");
		status = !run_all(scenario, 1);
	} else {
		status = run_one(scenario, (uint64_t)seed);
	}
	fake_cache_clear();
	release();
	return status;
}
