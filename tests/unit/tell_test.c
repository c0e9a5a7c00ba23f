/* SPDX-License-Identifier: MIT */
#include "engine/tell.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "caught.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is said of the n-th record of its code that failed. */
static void check_told(
	enum error_code code, uint64_t n, const char *message, bool all, const char *want)
{
	struct stats s = { 0 };
	struct record r = { .line = 17, .failure = { .code = code } };
	s.codes_n[code] = n;
	r.failure.message = message ? xstrdup(message) : NULL;
	struct caught c = caught_begin();
	tell_failed(&s, &r, all);
	CHECK_STR(caught_text(&c), want);
	free(r.failure.message);
}

TEST("a record that failed is told of by its line and code, with the message's own help")
{
	check_told(ERROR_TEMPLATE, 1, "no field" LOG_HELP "it has one", false,
		"pllm: line 17: error[E-template]: no field\nhelp: it has one\n");
	check_told(ERROR_CONTENT_FILTER, 1, "withheld", false,
		"pllm: line 17: error[E-content_filter]: withheld\n");
	check_told(
		ERROR_CONTENT_FILTER, 1, NULL, false, "pllm: line 17: error[E-content_filter]: \n");
}

TEST("what the message does not say the code may, once")
{
	check_told(ERROR_TRUNCATED, 1, "cut", false,
		"pllm: line 17: error[E-truncated]: cut\n"
		"help: give a larger --max-tokens, or --on-truncate grow or keep\n");
	check_told(ERROR_TRUNCATED, 2, "cut", false, "pllm: line 17: error[E-truncated]: cut\n");
	check_told(ERROR_TEMPLATE, 3, "no field" LOG_HELP "it has one", false,
		"pllm: line 17: error[E-template]: no field\n");
}

TEST("three of a code are told of, all if nothing else tells, none of them if all is to be quiet")
{
	check_told(ERROR_TEMPLATE, 3, "no", false, "pllm: line 17: error[E-template]: no\n");
	check_told(ERROR_TEMPLATE, 4, "no", false, "");
	check_told(ERROR_TEMPLATE, 4, "no", true, "pllm: line 17: error[E-template]: no\n");
	log_set_level(LOG_DETAIL);
	check_told(ERROR_TEMPLATE, 4, "no", false, "pllm: line 17: error[E-template]: no\n");
	log_set_level(LOG_ERROR);
	check_told(ERROR_TEMPLATE, 1, "no", true, "");
	log_set_level(LOG_WARNING);
}
