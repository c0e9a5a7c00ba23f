/* SPDX-License-Identifier: MIT */
#include "work/secrets.h"

#include "t.h"

#include <stdio.h>
#include <string.h>

static const char *const items[] = { "abc/def", "sixsix", "five5", "0123456789abcdef" };

/* An endpoint with secrets of seven, six, five and sixteen bytes. */
static struct endpoint keeper(void)
{
	return (struct endpoint){ .secrets = {
					  .items = (char **)(uintptr_t)items,
					  .n = sizeof items / sizeof *items,
				  } };
}

typedef bool redactor(const struct endpoint *e, char *bytes, size_t n);

static void check_redacted(redactor *redact, const char *text, const char *want)
{
	struct endpoint e = keeper();
	char bytes[100];
	snprintf(bytes, sizeof bytes, "%s", text);
	CHECK_INT(redact(&e, bytes, strlen(bytes)), strcmp(text, want) != 0);
	CHECK_STR(bytes, want);
}

TEST("a secret is overwritten wherever it stands, and one of five bytes is none")
{
	check_redacted(secrets_redact, "sixsix, abc/def; sixsix", "******, *******; ******");
	check_redacted(secrets_redact, "sixsixsixsix", "************");
	check_redacted(secrets_redact, "a five5 abc/de sixsi", "a five5 abc/de sixsi");
	check_redacted(secrets_redact, "", "");
	CHECK(!secrets_redact(NULL, (char[]){ "sixsix" }, 6));
	CHECK(!secret_overwrite((char[]){ "sixsix" }, 6, (struct span){ 0 }));
}

TEST("a secret is overwritten behind the escapes of URLs, whatever else is escaped")
{
	check_redacted(secrets_redact, "k=abc%2Fdef&x", "k=*********&x");
	check_redacted(secrets_redact, "%41%42 abc%2fdef %41", "%41%42 ********* %41");
	check_redacted(secrets_redact, "%41 %61bc/def abc%2Fd%65f", "%41 ********* ***********");
	check_redacted(secrets_redact, "100% abc%2Fdef %", "100% ********* %");
	check_redacted(secrets_redact, "abc%252Fdef abc%2", "abc%252Fdef abc%2");
}

TEST("of a secret that was cut twelve bytes are enough, where that is asked for")
{
	check_redacted(secrets_redact, "0123456789abcde", "0123456789abcde");
	check_redacted(secrets_redact_cut, "0123456789abcde!", "***************!");
	check_redacted(secrets_redact_cut, "0123456789ab", "************");
	check_redacted(secrets_redact_cut, "0123456789a", "0123456789a");
	check_redacted(secrets_redact_cut, "%3012345678%39ab", "****************");
	check_redacted(secrets_redact_cut, "sixsi abc/de", "sixsi abc/de");
	check_redacted(secrets_redact_cut, "sixsix", "******");
}

TEST("that some of several secrets are not there does not hide that one is")
{
	static const char *const long_ones[] = { "0123456789abcdef", "fedcba9876543210" };
	const struct endpoint e = { .secrets = { .items = (char **)(uintptr_t)long_ones, .n = 2 } };
	char cut[] = "0123456789abc";
	CHECK(secrets_redact_cut(&e, cut, strlen(cut)));
	CHECK_STR(cut, "*************");
}

TEST("whether a secret is there is seen as it is, or behind the escapes of URLs or of JSON")
{
	struct endpoint e = keeper();
	CHECK(secrets_are_in(&e, SPAN("a sixsix")));
	CHECK(secrets_are_in(&e, SPAN("a abc%2Fdef")));
	CHECK(!secrets_are_in(&e, SPAN("five5 sixsi %41")));
	CHECK(!secrets_are_in(&e, (struct span){ 0 }));
	CHECK(!secrets_are_in(NULL, SPAN("sixsix")));
	CHECK(secrets_are_hidden(&e, SPAN("{\"a\":\"\\u0073ixsix\"}")));
	CHECK(secrets_are_hidden(&e, SPAN("{\"a\":\"abc\\/def\"}")));
	CHECK(!secrets_are_hidden(&e, SPAN("{\"a\":\"\\u0073ixsi\"}")));
	CHECK(!secrets_are_hidden(NULL, SPAN("\\u0073ixsix")));
}
