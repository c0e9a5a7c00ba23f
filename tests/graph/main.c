/* SPDX-License-Identifier: MIT */
/*
 * Plans of many steps through the whole engine in virtual time, in one thread: `graph` plays every
 * scenario with its seeds and prints TAP; `graph SCENARIO` plays that one; `graph SCENARIO SEED`
 * just that run, with -v event by event. A scenario is called by its number or its name. With
 * SIM_QUICK set, or instrumented, a twentieth of the seeds is played.
 */
#include "../sim/fakes.h"
#include "base/units.h"
#include "pack_laws.h"
#include "scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_N = 3, ENOUGH_N = 50, FEWER = 20, USAGE = 2 };

static const struct scenes *const tables[] = { &scenes_graph, &scenes_time, &scenes_same,
	&scenes_fold, &scenes_pack, &scenes_pack_time, &scenes_kept };

/* What is played, for when the program is aborted. */
static char playing[200];

static void on_abort(int sig)
{
	if (write(STDOUT_FILENO, playing, strlen(playing)) < 0)
		_exit(sig);
	_exit(1);
}

static const struct scene *scene_nth(size_t n)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (n < tables[i]->n)
			return &tables[i]->rows[n];
		n -= tables[i]->n;
	}
	return NULL;
}

static const struct scene *scene_find(const char *name)
{
	const struct scene *s;
	int64_t number = 0;
	if (units_parse_int(span_of(name), &number) && number > 0)
		return scene_nth((size_t)number - 1);
	for (size_t i = 0; (s = scene_nth(i)); i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/* Plays one run. False, with the law that was broken in check_message. */
static bool play(const struct scene *s, uint64_t seed)
{
	snprintf(playing, sizeof playing, "not ok - %s: aborted; graph '%s' %llu -v\n", s->name,
		s->name, NUMBER(seed));
	fflush(stdout);
	fake_cache_abandon();
	fake_cache_clear();
	if (setjmp(check_escape))
		return false;
	s->play(seed);
	return true;
}

static unsigned seeds_of(const struct scene *s)
{
	unsigned fewer = s->seeds_n > FEWER ? s->seeds_n / FEWER : 1;
	/* Instrumented it is ten times slower, and looks for other mistakes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return fewer;
#else
	return getenv("SIM_QUICK") ? fewer : s->seeds_n;
#endif
}

/* Plays the scenario with all seeds and prints its line. */
static bool play_all(const struct scene *s, unsigned number)
{
	unsigned failed_n = 0;
	for (uint64_t seed = 1; seed <= seeds_of(s) && failed_n < ENOUGH_N; seed++) {
		if (play(s, seed))
			continue;
		if (failed_n++ < SHOWN_N)
			printf("# graph '%s' %llu -v: %s\n", s->name, NUMBER(seed), check_message);
	}
	if (failed_n > 0)
		printf("# %u of %u seeds failed%s\n", failed_n, seeds_of(s),
			failed_n == ENOUGH_N ? "; that is enough" : "");
	printf("%s %u - %s", failed_n ? "not ok" : "ok", number, s->name);
	if (s->print)
		s->print();
	putchar('\n');
	return failed_n == 0;
}

static int play_one(const struct scene *s, uint64_t seed)
{
	puts("1..1");
	bool ok = play(s, seed);
	if (!ok)
		printf("# %s\n", check_message);
	printf("%s 1 - %s, seed %llu: ended after %.3f s\n", ok ? "ok" : "not ok", s->name,
		NUMBER(seed), (double)(world.now_ms - WORLD_BEGIN_MS) / 1000);
	return !ok;
}

static int play_tables(void)
{
	const struct scene *s;
	size_t n = 0;
	bool ok = true;
	while (scene_nth(n))
		n++;
	printf("1..%zu\n", n);
	for (size_t i = 0; (s = scene_nth(i)); i++)
		ok &= play_all(s, (unsigned)i + 1);
	return !ok;
}

static int usage(void)
{
	const struct scene *s;
	fputs("usage: graph [SCENARIO [SEED] [-v]]\n", stderr);
	for (size_t i = 0; (s = scene_nth(i)); i++)
		fprintf(stderr, "\t%zu\t%s\n", i + 1, s->name);
	return USAGE;
}

int main(int argc, char **argv)
{
	int64_t seed = 0;
	struct err err;
	int status;
	if (argc > 1 && strcmp(argv[argc - 1], "-v") == 0) {
		world.is_traced = true;
		argc--;
	}
	const struct scene *s = argc > 1 ? scene_find(argv[1]) : NULL;
	if (argc > 3 || (argc > 1 && !s) || (argc > 2 && !units_parse_int(span_of(argv[2]), &seed)))
		return usage();
	if (!wake_init(&world.wake, &err)) {
		fprintf(stderr, "graph: %s\n", err.msg);
		return 1;
	}
	world_init();
	signal(SIGABRT, on_abort);
	if (argc == 1) {
		status = play_tables();
	} else if (argc == 2) {
		puts("1..1");
		status = !play_all(s, 1);
	} else {
		status = play_one(s, (uint64_t)seed);
	}
	fake_cache_abandon();
	fake_cache_clear();
	run_reset();
	pack_release();
	free(run.alive);
	world_release();
	wake_release(&world.wake);
	return status;
}
