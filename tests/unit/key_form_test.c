/* SPDX-License-Identifier: MIT */
#include "base/key_form.h"

#include "t.h"

#include <stdio.h>
#include <string.h>

TEST("a key is a mark and at least eight letters")
{
	CHECK_INT(key_form_length(SPAN("sk-12345678")), 11);
	CHECK_INT(key_form_length(SPAN("sk-1234567")), 0);
	CHECK_INT(key_form_length(SPAN("sk-proj_1-2345 tail")), 14);
	CHECK_INT(key_form_length(SPAN("AIzaSyA1234567")), 14);
	CHECK_INT(key_form_length(SPAN("gsk_abcdefgh")), 12);
	CHECK_INT(key_form_length(SPAN("xai-abcdefgh.")), 12);
	CHECK_INT(key_form_length(SPAN("hf_abcdefgh")), 11);
	CHECK_INT(key_form_length(SPAN("task-12345678")), 0);
	CHECK_INT(key_form_length(SPAN("sk")), 0);
	CHECK_INT(key_form_length(SPAN("")), 0);
	CHECK_INT(key_form_length((struct span){ "sk-12345678", 10 }), 0);
}

static void check_overwritten(const char *text, const char *want)
{
	char bytes[100];
	snprintf(bytes, sizeof bytes, "%s", text);
	key_form_overwrite(bytes, strlen(bytes));
	CHECK_STR(bytes, want);
}

TEST("what looks like a key is overwritten, and nothing else is")
{
	check_overwritten("key: sk-12345678.", "key: ***********.");
	check_overwritten("sk-12345678,hf_12345678", "***********,***********");
	check_overwritten("(\"AIzaabcdefgh\")", "(\"************\")");
	check_overwritten("key_sk-12345678", "key_***********");
	check_overwritten("ask-12345678 risk-averse-people", "ask-12345678 risk-averse-people");
	check_overwritten("sk-1234567", "sk-1234567");
	check_overwritten("", "");
}

TEST("what follows a key may be the rest of it")
{
	check_overwritten("key: sk-proj-AbCd/efGH+12==.", "key: **********************.");
	check_overwritten("'sk-proj-AbCd%2FefGH%2B12'", "'************************'");
	check_overwritten("sk-12345678=", "************");
	check_overwritten("hf_1234567/89 a/b", "hf_1234567/89 a/b");
}
