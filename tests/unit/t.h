/* SPDX-License-Identifier: MIT */
/*
 * The unit test harness: a TEST registers itself before main() runs, a CHECK
 * that fails says where and what, fails its test, and lets it go on.
 *
 *	#include "t.h"
 *
 *	TEST("an empty buffer has length 0")
 *	{
 *		struct buf b;
 *		...
 *		CHECK_INT(b.len, 0);
 *	}
 *
 * All tests are linked into one program, run one after another in one thread,
 * in the order of their files' link order and of their lines within a file.
 * Checks may be made from any thread the test has started, provided the test
 * joins it. Each argument is evaluated once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One test; borrowed by the registry for the life of the program. */
struct t_test {
	const char *name; /* the sentence */
	const char *file; /* as the compiler was given it */
	void (*run)(void);
	struct t_test *next;
};

/* Keeps `test`, which must live as long as the program. Called by TEST only. */
void t_register(struct t_test *test);

/* Each compares, prints file:line and both sides when they differ (borrowing all
 * arguments), marks the running test failed, and says whether the check held. */
bool t_check(bool ok, const char *expr, const char *file, int line);

/* As t_check: got and want are compared as signed 64-bit numbers. */
bool t_check_int(long long got, long long want, const char *file, int line);

/* As t_check: NUL-terminated strings; NULL equals only NULL. */
bool t_check_str(const char *got, const char *want, const char *file, int line);

/* A span of bytes that may hold NULs and need not end in one. */
struct t_span {
	const void *ptr;
	size_t n;
};

/* As t_check: the bytes of `got` against the NUL-terminated `want`. */
bool t_check_mem(struct t_span got, const char *want, const char *file, int line);

#define T_JOIN_(a, b) a##b
#define T_JOIN(a, b) T_JOIN_(a, b)

#define T_TEST(sentence, id)                                                                  \
	static void T_JOIN(t_run_, id)(void);                                                 \
	__attribute__((constructor)) static void T_JOIN(t_register_, id)(void)                \
	{                                                                                     \
		static struct t_test test = { sentence, __FILE__, T_JOIN(t_run_, id), NULL }; \
		t_register(&test);                                                            \
	}                                                                                     \
	static void T_JOIN(t_run_, id)(void)

/* TEST("a sentence") { body }: defines a test and registers it. */
#define TEST(sentence) T_TEST(sentence, __COUNTER__)

/* True is wanted. */
#define CHECK(cond) t_check((cond), #cond, __FILE__, __LINE__)

/* Equal integers are wanted; both are converted to long long. */
#define CHECK_INT(got, want) t_check_int((long long)(got), (long long)(want), __FILE__, __LINE__)

/* Equal C strings are wanted; NULL equals only NULL. */
#define CHECK_STR(got, want) t_check_str((got), (want), __FILE__, __LINE__)

/* The got_n bytes at got are to be exactly the C string want (without its NUL). */
#define CHECK_MEM(got, got_n, want_cstr) \
	t_check_mem((struct t_span){ (got), (got_n) }, (want_cstr), __FILE__, __LINE__)
