/* SPDX-License-Identifier: MIT */
/*
 * The whole engine in virtual time, in one thread: `sim` plays every scenario with 200 seeds
 * and prints TAP; `sim SCENARIO` plays that one; `sim SCENARIO SEED` just that run, with -v
 * event by event. The pipeline, the scheduler, the policies, the wire API and the scanner are
 * the real ones; the rooms that touch the world are fakes with the same names, linked ahead of
 * them.
 */
#include "api/api.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "check.h"
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS_N = 200, SHOWN_N = 3, USAGE = 2 };

/* What all runs share. */
static struct plan plan;
static struct endpoint endpoint;

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
	s->has_prompt = true;
	if (!template_parse(&s->prompt, SPAN("ask {{id}}."), TEMPLATE_FROM_ARGUMENT, &err) ||
		!wake_init(&world.wake, &err)) {
		fprintf(stderr, "sim: %s\n", err.msg);
		exit(1);
	}
	endpoint.api = &api_openai;
	endpoint.origin = xstrdup("http://127.0.0.1:1");
	endpoint_set_model(&endpoint, "sim");
	signal(SIGABRT, on_abort);
}

static void release(void)
{
	plan_release(&plan);
	endpoint_release(&endpoint);
	wake_release(&world.wake);
}

static void play(struct check_sum *sum)
{
	struct err err;
	struct stats stats = { 0 };
	struct verdict verdict;
	struct http *http =
		http_new(&(struct http_opts){ .jobs = world.opts.sched.jobs }, &world.wake, &err);
	http_add_endpoint(http, &endpoint, &err);
	struct writer *writer = writer_new(NULL, &plan, &world.wake, &err);
	struct reader *reader = reader_new(NULL, &world.wake, &err);
	signals_start(&world.wake);
	struct pipeline_rooms rooms = {
		.reader = reader,
		.writer = writer,
		.wake = &world.wake,
		.sched = { .plan = &plan, .endpoint = &endpoint, .http = http },
		.stats = &stats,
		.seed = rng_next(&world.rng),
	};
	pipeline_run(&world.opts, &rooms, &verdict);
	check_end(&verdict, &stats, sum);
	signals_stop();
	reader_free(reader);
	writer_free(writer);
	http_free(http);
}

/* Plays one run. False, with the law that was broken in check_message. */
static bool run(const struct scenario *scenario, uint64_t seed, struct check_sum *sum)
{
	snprintf(playing, sizeof playing, "not ok - %s: aborted; sim %s %llu -v\n", scenario->name,
		scenario->name, (unsigned long long)seed);
	fflush(stdout);
	if (setjmp(check_escape))
		return false;
	world_begin(scenario, seed);
	check_begin();
	upstream_begin();
	play(sum);
	return true;
}

/* Plays the scenario with all seeds and prints its line. */
static bool run_all(const struct scenario *scenario, unsigned number)
{
	struct check_sum sum = { 0 };
	unsigned failed_n = 0;
	for (uint64_t seed = 1; seed <= SEEDS_N; seed++) {
		if (run(scenario, seed, &sum))
			continue;
		if (failed_n++ < SHOWN_N)
			printf("# sim %s %llu -v: %s\n", scenario->name, (unsigned long long)seed,
				check_message);
	}
	if (failed_n > 0)
		printf("# %u of %d seeds failed\n", failed_n, SEEDS_N);
	printf("%s %u - %s: %llu records, %llu attempts", failed_n ? "not ok" : "ok", number,
		scenario->name, (unsigned long long)sum.records_n,
		(unsigned long long)sum.attempts_n);
	if (scenario->factor > 0)
		printf(", at most %.0f %% of the time allowed", sum.slowness * 100);
	putchar('\n');
	return failed_n == 0;
}

static int usage(void)
{
	size_t n;
	const struct scenario *all = scenario_all(&n);
	fputs("usage: sim [SCENARIO [SEED] [-v]]\n", stderr);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "\t%s\n", all[i].name);
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
	size_t n;
	const struct scenario *all = scenario_all(&n);
	bool ok = true;
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++)
		ok &= run_all(&all[i], (unsigned)i + 1);
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
	const struct scenario *scenario = argc > 1 ? scenario_find(argv[1]) : NULL;
	if (argc > 3 || (argc > 1 && !scenario) ||
		(argc > 2 && !units_parse_int(span_of(argv[2]), &seed)))
		return usage();
	prepare();
	if (argc == 1) {
		status = run_table();
	} else if (argc == 2) {
		puts("1..1");
		status = !run_all(scenario, 1);
	} else {
		status = run_one(scenario, (uint64_t)seed);
	}
	release();
	return status;
}
