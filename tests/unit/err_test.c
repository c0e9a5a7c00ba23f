/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include "t.h"

#include <errno.h>
#include <string.h>

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
