/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "t.h"

#include <pthread.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* stderr, caught: a pipe, or a terminal. */
struct catcher {
	int saved, end, other; /* what we read; its other end */
};

static void catch (struct catcher *c, int end, int other)
{
	*c = (struct catcher){ .saved = dup(STDERR_FILENO), .end = end, .other = other };
	dup2(other, STDERR_FILENO);
}

static void catch_pipe(struct catcher *c)
{
	int ends[2];
	if (!CHECK(pipe(ends) == 0))
		abort();
	catch (c, ends[0], ends[1]);
}

/* A terminal that changes no byte. */
static void catch_terminal(struct catcher *c)
{
	int master, slave;
	struct termios raw;
	memset(&raw, 0, sizeof raw);
	cfmakeraw(&raw);
	if (!CHECK(openpty(&master, &slave, NULL, &raw, NULL) == 0))
		abort();
	catch (c, master, slave);
}

/* Gives what has come since, in static memory. */
static const char *caught(const struct catcher *c)
{
	static char text[16384];
	size_t n = 0;
	struct pollfd p = { .fd = c->end, .events = POLLIN };
	while (n < sizeof text - 1 && poll(&p, 1, 20) == 1 && p.revents & POLLIN) {
		ssize_t more = read(c->end, text + n, sizeof text - 1 - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	text[n] = '\0';
	return text;
}

static void release(struct catcher *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->end);
	close(c->other);
}

/* Says the text with stderr caught; gives what came. */
static const char *said(enum log_level level, const char *text)
{
	struct catcher c;
	catch_pipe(&c);
	log_say(level, "%s", text);
	const char *line = caught(&c);
	release(&c);
	return line;
}

static const char *fault(const char *where, const char *id, const char *text)
{
	struct catcher c;
	catch_pipe(&c);
	log_fault(LOG_ERROR, where, id, text);
	const char *lines = caught(&c);
	release(&c);
	return lines;
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
	CHECK_STR(said(LOG_ERROR, "a\x1b[31mb\x07\x7f"), "pllm: a\\u001b[31mb\\u0007\\u007f\n");
	CHECK_STR(said(LOG_ERROR,
			  "c1 \xc2\x9b"
			  "31m \x9b"
			  "31m"),
		"pllm: c1 \\u009b31m \\x9b31m\n");
	CHECK_STR(said(LOG_ERROR, "to the left: \xe2\x80\xaeit"), "pllm: to the left: \\u202eit\n");
	CHECK_STR(said(LOG_ERROR, "tab\tstays, \xc3\xa9 too, \xc2\xa0 too"),
		"pllm: tab\tstays, \xc3\xa9 too, \xc2\xa0 too\n");
}

TEST("a run that has a name is told from others by it, whatever stands in it")
{
	char long_name[100];
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	log_set_name("judge");
	CHECK_STR(said(LOG_ERROR, "x"), "pllm[judge]: x\n");
	CHECK_STR(fault("line 6", "input", "no"), "pllm[judge]: line 6: error[E-input]: no\n");
	log_set_name("a\nb\x1b");
	CHECK_STR(said(LOG_ERROR, "x"), "pllm[a\\u000ab\\u001b]: x\n");
	log_set_name(long_name);
	const char *line = said(LOG_ERROR, "x");
	CHECK_INT(strspn(line + strlen("pllm["), "n"), 60);
	CHECK_STR(line + strlen("pllm[") + 60, "]: x\n");
	log_set_name(NULL);
	CHECK_STR(said(LOG_ERROR, "x"), "pllm: x\n");
}

TEST("a quoted line feed cannot begin a line that looks like ours")
{
	CHECK_STR(said(LOG_ERROR, "no\npllm: all is well\r\n"),
		"pllm: no\\u000apllm: all is well\\u000d\\u000a\n");
	CHECK_STR(fault("a\nb", "input", "no\nhelp: none" LOG_HELP "c\nd"),
		"pllm: a\\u000ab: error[E-input]: no\\u000ahelp: none\nhelp: c\\u000ad\n");
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

TEST("a message that is too long ends with a whole character or escape")
{
	char text[4000];
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof text; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		const char *line = said(LOG_ERROR, text);
		size_t n = strlen(line);
		CHECK(n > 2000 && n <= 2007);
		CHECK(strcmp(line + n - 4, "\xe2\x82\xac\n") == 0);
	}
	memset(text, '\x1b', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	const char *line = said(LOG_ERROR, text);
	size_t n = strlen(line);
	CHECK_INT(n, 6 + 2000 / 6 * 6 + 1);
	CHECK_STR(line + n - 7, "\\u001b\n");
}

TEST("what would be right is a line of its own with an error, and a clause in other messages")
{
	CHECK_STR(fault("line 17", "prompt", "there is none" LOG_HELP "use -p"),
		"pllm: line 17: error[E-prompt]: there is none\nhelp: use -p\n");
	CHECK_STR(fault(NULL, "usage", "what?"), "pllm: error[E-usage]: what?\n");
	CHECK_STR(fault(NULL, "x",
			  "quoted\x1f"
			  "bad" LOG_HELP "good"),
		"pllm: error[E-x]: quoted\\u001fbad\nhelp: good\n");
	CHECK_STR(said(LOG_ERROR, "there is none" LOG_HELP "use -p"),
		"pllm: there is none; use -p\n");
}

TEST("an error has colours only if it is to have them, and they end with their word")
{
	log_set_colour(true);
	CHECK_STR(fault("f:1", "prompt", "none" LOG_HELP "use -p"),
		"pllm: f:1: \x1b[1;31merror[E-prompt]\x1b[0m: none\n\x1b[1;36mhelp\x1b[0m: use -p\n");
	log_set_colour(false);
	CHECK_STR(fault("f:1", "prompt", "none"), "pllm: f:1: error[E-prompt]: none\n");
}

TEST("an error that is too long is cut, and still leaves in one piece of a pipe")
{
	char text[6000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	text[2500] = *LOG_HELP;
	const char *lines = fault(text, "prompt", text);
	CHECK(strlen(lines) > 3500 && strlen(lines) <= 4096);
	CHECK(strstr(lines, "x: error[E-prompt]: x") != NULL);
	CHECK(strstr(lines, "x\nhelp: x") != NULL);
	CHECK_STR(lines + strlen(lines) - 2, "x\n");
}

#define ERASE "\r\x1b[K\x1b[C\x1b[J\r"

TEST("the line at the bottom is erased and put back by the write of a message")
{
	struct catcher c;
	catch_terminal(&c);
	log_set_status("1 of 9");
	CHECK_STR(caught(&c), ERASE "1 of 9\r");
	log_say(LOG_ERROR, "m");
	CHECK_STR(caught(&c), ERASE "pllm: m\n1 of 9\r");
	log_fault(LOG_ERROR, NULL, "x", "m" LOG_HELP "h");
	CHECK_STR(caught(&c), ERASE "pllm: error[E-x]: m\nhelp: h\n1 of 9\r");
	log_set_status("2 of 9");
	CHECK_STR(caught(&c), ERASE "2 of 9\r");
	log_set_status(NULL);
	CHECK_STR(caught(&c), ERASE);
	log_set_status(NULL);
	log_say(LOG_ERROR, "m");
	CHECK_STR(caught(&c), "pllm: m\n");
	release(&c);
}

TEST("while the line at the bottom is hidden nobody draws it")
{
	struct catcher c;
	catch_terminal(&c);
	log_hide_status();
	log_set_status("0 of 9");
	CHECK_STR(caught(&c), "");
	log_show_status();
	CHECK_STR(caught(&c), ERASE "0 of 9\r");
	log_hide_status();
	CHECK_STR(caught(&c), ERASE);
	log_say(LOG_ERROR, "m");
	CHECK_STR(caught(&c), "pllm: m\n");
	log_set_status("1 of 9");
	CHECK_STR(caught(&c), "");
	log_show_status();
	CHECK_STR(caught(&c), ERASE "1 of 9\r");
	log_set_status(NULL);
	caught(&c);
	log_hide_status();
	log_show_status();
	CHECK_STR(caught(&c), "");
	release(&c);
}

TEST("who is about to be stopped leaves the screen without a line, until it is set again")
{
	struct catcher c;
	catch_terminal(&c);
	log_leave_screen();
	CHECK_STR(caught(&c), "");
	log_set_status("1 of 9");
	CHECK_STR(caught(&c), ERASE "1 of 9\r");
	log_leave_screen();
	CHECK_STR(caught(&c), "\x1b[K\x1b[J");
	log_leave_screen();
	log_say(LOG_ERROR, "m");
	CHECK_STR(caught(&c), "pllm: m\n");
	log_set_status("2 of 9");
	CHECK_STR(caught(&c), ERASE "2 of 9\r");
	log_set_status(NULL);
	release(&c);
}

TEST("a line at the bottom of any length fits behind the longest message")
{
	struct catcher c;
	char text[3000];
	memset(text, 's', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	catch_terminal(&c);
	log_set_status(text);
	CHECK_INT(strlen(caught(&c)), strlen(ERASE) + 1000 + 1);
	memset(text, 'm', sizeof text - 1);
	text[1500] = *LOG_HELP;
	log_say(LOG_ERROR, "%s", text);
	const char *lines = caught(&c), *feed = strchr(lines, '\n');
	CHECK(feed && feed - lines > 2000 && feed[1] == 's');
	CHECK(feed && strlen(feed) == 1 + 1000 + 1);
	log_set_status(NULL);
	caught(&c);
	release(&c);
}

/* Fills the terminal until it takes nothing more, as one that was stopped. */
static void stop(const struct catcher *c)
{
	char junk[4096];
	struct pollfd p = { .fd = c->other, .events = POLLOUT };
	memset(junk, '.', sizeof junk);
	while (poll(&p, 1, 0) == 1 && p.revents & POLLOUT)
		if (write(c->other, junk, 64) < 0)
			return;
}

static void *say(void *text)
{
	log_say(LOG_ERROR, "%s", (const char *)text);
	return NULL;
}

TEST("a terminal that takes nothing does not hold up who draws the line at the bottom")
{
	struct catcher c;
	pthread_t talker;
	catch_terminal(&c);
	log_set_status("1 of 9");
	stop(&c);
	/* These would hang. */
	log_set_status("2 of 9");
	log_set_status(NULL);
	log_set_status("2 of 9");
	char text[] = "it waits";
	if (!CHECK(pthread_create(&talker, NULL, say, text) == 0))
		abort();
	/* With or without another thread that waits. */
	for (int i = 0; i < 20; i++) {
		log_set_status(i % 10 ? "3 of 9" : NULL);
		poll(NULL, 0, 1);
	}
	const char *last = NULL;
	for (int i = 0; i < 100 && !last; i++)
		last = strstr(caught(&c), ERASE "pllm: it waits\n");
	CHECK(last != NULL);
	pthread_join(talker, NULL);
	log_set_status("4 of 9");
	CHECK_STR(caught(&c), ERASE "4 of 9\r");
	log_set_status(NULL);
	caught(&c);
	release(&c);
}

enum { TALKERS_N = 4, WORDS_N = 50 };

static void *talk(void *unused)
{
	for (int i = 0; i < WORDS_N; i++) {
		log_say(LOG_ERROR, "word");
		log_hide_status();
		log_show_status();
		log_set_status("status");
	}
	return unused;
}

/* Takes what stands at the beginning of the text away; false if something else does. */
static bool took(const char **text, const char *what)
{
	if (strncmp(*text, what, strlen(what)) != 0)
		return false;
	*text += strlen(what);
	return true;
}

/* Reads until the talkers are done, in a thread of its own, for a terminal holds little. */
static void *drain(void *arg)
{
	const struct catcher *c = arg;
	char *all = calloc(1, 1 << 20);
	size_t n = 0;
	while (all && n < (1 << 20) - 1 && !strstr(all, "pllm: the end\n")) {
		ssize_t more = read(c->end, all + n, (1 << 20) - 1 - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	return all;
}

TEST("however many threads speak, no line stands behind another")
{
	struct catcher c;
	pthread_t talkers[TALKERS_N], drainer;
	void *all;
	catch_terminal(&c);
	log_set_status("status");
	pthread_create(&drainer, NULL, drain, &c);
	for (int i = 0; i < TALKERS_N; i++)
		pthread_create(&talkers[i], NULL, talk, NULL);
	for (int i = 0; i < TALKERS_N; i++)
		pthread_join(talkers[i], NULL);
	log_set_status(NULL);
	log_say(LOG_ERROR, "the end");
	pthread_join(drainer, &all);
	const char *at = all;
	bool is_drawn = false, ok = all != NULL;
	int words_n = 0;
	while (ok && *at && !took(&at, "pllm: the end\n")) {
		bool is_erased = took(&at, ERASE);
		/* What is drawn is erased before anything else comes, whoever draws. */
		ok = CHECK(is_erased || !is_drawn);
		int before_n = words_n;
		words_n += took(&at, "pllm: word\n");
		is_drawn = took(&at, "status\r");
		ok = ok && CHECK(is_erased || is_drawn || words_n > before_n);
	}
	CHECK(ok && *at == '\0');
	CHECK_INT(words_n, TALKERS_N * WORDS_N);
	free(all);
	release(&c);
}
