/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "t.h"

#include <string.h>
#include <unistd.h>

/* Says the text with stderr caught; gives what came, in static memory. */
static const char *said(enum log_level level, const char *text)
{
	static char caught[4096];
	int ends[2], saved = dup(STDERR_FILENO);
	if (!CHECK(pipe(ends) == 0 && saved >= 0))
		return "";
	dup2(ends[1], STDERR_FILENO);
	log_say(level, "%s", text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], caught, sizeof caught - 1);
	close(ends[0]);
	caught[n > 0 ? n : 0] = '\0';
	return caught;
}

TEST("a message is one line with our name in front")
{
	CHECK_STR(said(LOG_ERROR, "disk full"), "pllm: disk full\n");
	CHECK_STR(said(LOG_WARNING, ""), "pllm: \n");
}

TEST("only what is important enough is said")
{
	log_set_level(LOG_WARNING);
	CHECK_STR(said(LOG_DETAIL, "x"), "");
	CHECK_STR(said(LOG_WARNING, "x"), "pllm: x\n");
	log_set_level(LOG_ERROR);
	CHECK_STR(said(LOG_WARNING, "x"), "");
	CHECK_STR(said(LOG_ERROR, "x"), "pllm: x\n");
	log_set_level(LOG_DETAIL);
	CHECK_STR(said(LOG_DETAIL, "x"), "pllm: x\n");
	log_set_level(LOG_WARNING);
}

TEST("what a terminal would obey is shown, not sent")
{
	CHECK_STR(said(LOG_ERROR, "a\x1b[31mb\x07\x7f"), "pllm: a?[31mb??\n");
	CHECK_STR(said(LOG_ERROR,
			  "c1 \xc2\x9b"
			  "31m"),
		"pllm: c1 ??31m\n");
	CHECK_STR(said(LOG_ERROR, "tab\tstays, \xc3\xa9 too, \xc2\xa0 too"),
		"pllm: tab\tstays, \xc3\xa9 too, \xc2\xa0 too\n");
}

TEST("a quoted line feed cannot begin a line that looks like ours")
{
	CHECK_STR(said(LOG_ERROR, "no\npllm: all is well\r"), "pllm: no?pllm: all is well?\n");
}

TEST("a message that is too long is cut and still ends its line")
{
	char text[5000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	const char *line = said(LOG_ERROR, text);
	size_t n = strlen(line);
	CHECK(n > 2000 && n <= 2048);
	CHECK_INT(line[n - 1], '\n');
	CHECK_INT(line[n - 2], 'x');
}
