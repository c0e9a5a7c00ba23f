/* SPDX-License-Identifier: MIT */
/*
 * Runs the unit tests and prints TAP: `unit` runs all of them, `unit FILTER`
 * those whose name or file contains FILTER. Exit code 1 when one failed, 2 when
 * FILTER matches none (a run of nothing must not pass for a success).
 *
 * Constructors run before main() in an order that is the linker's; tests are
 * appended as they come, which is link order, then line order.
 */
#include "t.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct t_test *first;
static struct t_test **last = &first;
static atomic_bool failed;

void t_register(struct t_test *test)
{
	*last = test;
	last = &test->next;
}

static bool verdict(bool ok, const char *file, int line)
{
	if (!ok) {
		atomic_store(&failed, true);
		printf("# %s:%d: check failed\n", file, line);
	}
	return ok;
}

/* Prints bytes so that the line stays one line, and stays TAP. */
static void show(const char *label, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	printf("#   %s: ", label);
	if (!p) {
		puts("NULL");
		return;
	}
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e || p[i] == '"' || p[i] == '\\')
			printf("\\x%02x", p[i]);
		else
			putchar(p[i]);
	}
	printf("\" (%zu bytes)\n", n);
}

bool t_check(bool ok, const char *expr, const char *file, int line)
{
	if (!verdict(ok, file, line))
		printf("#   false: %s\n", expr);
	return ok;
}

bool t_check_int(long long got, long long want, const char *file, int line)
{
	bool ok = verdict(got == want, file, line);

	if (!ok)
		printf("#   got: %lld\n#   want: %lld\n", got, want);
	return ok;
}

bool t_check_str(const char *got, const char *want, const char *file, int line)
{
	bool same = got && want ? strcmp(got, want) == 0 : got == want;

	if (!verdict(same, file, line)) {
		show("got", got, got ? strlen(got) : 0);
		show("want", want, want ? strlen(want) : 0);
	}
	return same;
}

bool t_check_mem(struct t_span got, const char *want, const char *file, int line)
{
	size_t want_n = strlen(want);
	bool same = got.n == want_n && (want_n == 0 || memcmp(got.ptr, want, want_n) == 0);

	if (!verdict(same, file, line)) {
		show("got", got.ptr, got.n);
		show("want", want, want_n);
	}
	return same;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_wanted(const struct t_test *test, const char *filter)
{
	return !filter || strstr(test->name, filter) || strstr(base_name(test->file), filter);
}

static bool run(const struct t_test *test, int number)
{
	atomic_store(&failed, false);
	test->run();
	printf("%s %d - %s: %s\n", atomic_load(&failed) ? "not ok" : "ok", number,
		base_name(test->file), test->name);
	return !atomic_load(&failed);
}

int main(int argc, char **argv)
{
	const char *filter = argc > 1 ? argv[1] : NULL;
	int total = 0, number = 0, bad = 0;

	/* A test that crashes must not take what was printed before with it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct t_test *test = first; test; test = test->next)
		total += is_wanted(test, filter);
	printf("1..%d\n", total);
	for (struct t_test *test = first; test; test = test->next)
		if (is_wanted(test, filter) && !run(test, ++number))
			bad++;
	if (total == 0) {
		fprintf(stderr, "unit: no test's name or file contains '%s'\n",
			filter ? filter : "");
		return 2;
	}
	return bad > 0;
}
