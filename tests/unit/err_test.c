/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include "caught.h"
#include "t.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

TEST("setting an error fills it and says false")
{
	struct err e = { 0 };
	CHECK(!err_set(&e, ERR_USAGE, "bad %s %d", "thing", 7));
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_STR(e.msg, "bad thing 7");
}

TEST("errno's text comes at the end")
{
	struct err e = { 0 };
	errno = ENOSPC;
	CHECK(!err_set_errno(&e, ERR_OUTPUT, "cannot write %s", "f"));
	CHECK_INT(e.kind, ERR_OUTPUT);
	CHECK_STR(e.msg, "cannot write f: No space left on device");
}

TEST("a message that is too long is cut and says so")
{
	struct err e;
	char text[2000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&e, ERR_USAGE, "%s", text);
	CHECK_INT(strlen(e.msg), sizeof e.msg - 1);
	CHECK_STR(e.msg + sizeof e.msg - 5, "x...");
	errno = EPERM;
	err_set_errno(&e, ERR_USAGE, "%s", text);
	CHECK_INT(strlen(e.msg), sizeof e.msg - 1);
	text[sizeof e.msg - 1] = '\0';
	err_set(&e, ERR_USAGE, "%s", text);
	CHECK_STR(e.msg, text);
}

TEST("errno's text stands behind what is wrong, before what would be right")
{
	struct err e;
	errno = EACCES;
	err_set_errno(&e, ERR_CACHE, "cannot make %s" LOG_HELP "name another", "c.db");
	CHECK_STR(e.msg, "cannot make c.db: Permission denied" LOG_HELP "name another");
}

TEST("each kind has an id of its own, and those of the command line are told apart")
{
	for (int i = ERR_NONE + 1; i < ERR_KINDS_N; i++) {
		const char *name = err_kind_name((enum err_kind)i);
		CHECK(*name && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name));
		for (int j = ERR_NONE + 1; j < i; j++)
			CHECK(strcmp(name, err_kind_name((enum err_kind)j)) != 0);
	}
	CHECK_STR(err_kind_name(ERR_USAGE), "usage");
	CHECK(err_is_usage(ERR_USAGE) && err_is_usage(ERR_KEY) && err_is_usage(ERR_FILE));
	CHECK(!err_is_usage(ERR_NONE) && !err_is_usage(ERR_INPUT));
	CHECK(!err_is_usage(ERR_OUTPUT) && !err_is_usage(ERR_INTERNAL));
}

/* What err_say writes to stderr. */
static void check_said(const char *msg, const char *want)
{
	struct err e;
	err_set(&e, ERR_CONFIG, "%s", msg);
	struct caught c = caught_begin();
	err_say(&e);
	CHECK_STR(caught_text(&c), want);
}

TEST("it is said with its id, behind the place if there is one, and help below")
{
	check_said("no" LOG_HELP "yes", "pllm: error[E-config]: no\nhelp: yes\n");
	check_said("f.yaml:3:14: no", "pllm: f.yaml:3:14: error[E-config]: no\n");
	check_said("a: b:1:2: no", "pllm: error[E-config]: a: b:1:2: no\n");
	check_said("f:1: no", "pllm: error[E-config]: f:1: no\n");
	check_said(":1:2: no", "pllm: error[E-config]: :1:2: no\n");
	check_said("1:2: no", "pllm: error[E-config]: 1:2: no\n");
	check_said("--halt 1:2:3: no", "pllm: error[E-config]: --halt 1:2:3: no\n");
	check_said("no", "pllm: error[E-config]: no\n");
}

TEST("where it has to be one text a semicolon parts fault and help, and it is cut to size")
{
	char text[8];
	err_flatten(text, sizeof text, "ab" LOG_HELP "cd");
	CHECK_STR(text, "ab; cd");
	err_flatten(text, sizeof text, "abcdef" LOG_HELP "gh");
	CHECK_STR(text, "abcdef;");
	err_flatten(text, sizeof text, "abcdefghij");
	CHECK_STR(text, "abcdefg");
	err_flatten(text, 1, "abc");
	CHECK_STR(text, "");
}
