/* SPDX-License-Identifier: MIT */
#include "engine/tell.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "caught.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Gives what is said of the first record of its code that failed, in static memory. */
static const char *told(enum error_code code, int status, const char *message)
{
	struct stats s = { 0 };
	struct record r = { .line = 17, .failure = { .code = code, .status = status } };
	s.codes_n[code] = 1;
	r.failure.message = xstrdup(message);
	struct caught c = caught_begin();
	tell_failed(&s, &r, false);
	free(r.failure.message);
	return caught_text(&c);
}

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

TEST("codes that somebody can do something about have a help of their own")
{
	static const struct {
		enum error_code code;
		const char *help;
	} all[] = { { ERROR_AUTH, "--key-env" }, { ERROR_QUOTA, "billing" },
		{ ERROR_RATE_LIMITED, "--rate 60/m" }, { ERROR_OVERLOADED, "--fallback" },
		{ ERROR_TIMEOUT, "--timeout" }, { ERROR_TRANSPORT, "tries the connection" },
		{ ERROR_BAD_RESPONSE, "--trace" }, { ERROR_TRUNCATED, "--max-tokens" },
		{ ERROR_SCHEMA_MISMATCH, "--reasks" }, { ERROR_TOO_LARGE, "--max-input-tokens" } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const char *text = told(all[i].code, 0, "no");
		t_check(strstr(text, "\nhelp: ") && strstr(text, all[i].help), all[i].help,
			__FILE__, __LINE__);
	}
	check_told(ERROR_TIMEOUT, 1, "no" LOG_HELP "its own", false,
		"pllm: line 17: error[E-timeout]: no\nhelp: its own\n");
	CHECK(!strstr(told(ERROR_REQUEST_REJECTED, 400, "no"), "help: "));
	CHECK(strstr(told(ERROR_REQUEST_REJECTED, 404, "no"), "the address or the model\n"));
	CHECK(strstr(told(ERROR_BAD_RESPONSE, 404, "no"), "--trace"));
}

TEST("three of a code are told of, all if nothing else tells, none of them if all is to be quiet")
{
	check_told(ERROR_TEMPLATE, 3, "no", false, "pllm: line 17: error[E-template]: no\n");
	check_told(ERROR_TEMPLATE, 4, "no", false, "");
	check_told(ERROR_TEMPLATE, 4, "no", true, "pllm: line 17: error[E-template]: no\n");
	log_set_level(LOG_NOTICE);
	check_told(ERROR_TEMPLATE, 4, "no", false, "");
	log_set_level(LOG_DETAIL);
	check_told(ERROR_TEMPLATE, 4, "no", false, "pllm: line 17: error[E-template]: no\n");
	log_set_level(LOG_ERROR);
	check_told(ERROR_TEMPLATE, 1, "no", true, "");
	log_set_level(LOG_WARNING);
}
