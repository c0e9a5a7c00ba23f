/* SPDX-License-Identifier: MIT */
#include "ui/terminal.h"

#include "t.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What the environment says; NULL = nothing. */
struct surroundings {
	const char *term, *no_color, *clicolor, *force, *locale;
	int forced;
};

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* Runs with stderr as one end of a terminal, of this size, or of a pipe. */
static struct terminal look(bool is_terminal, const struct surroundings *s)
{
	struct terminal t;
	int ends[2], saved = dup(STDERR_FILENO);
	if (!CHECK((is_terminal ? openpty(&ends[0], &ends[1], NULL, NULL, NULL) : pipe(ends)) == 0))
		abort();
	set("TERM", s->term);
	set("NO_COLOR", s->no_color);
	set("CLICOLOR", s->clicolor);
	set("CLICOLOR_FORCE", s->force);
	set("LC_ALL", s->locale);
	dup2(ends[1], STDERR_FILENO);
	terminal_look(&t, s->forced);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	return t;
}

#define LOOK(is_terminal, ...) look(is_terminal, &(struct surroundings){ __VA_ARGS__ })

TEST("a terminal is known, and so is one that cannot erase")
{
	struct terminal t = LOOK(true, .term = "xterm");
	CHECK(t.is_one && t.can_redraw);
	t = LOOK(true, .term = "dumb");
	CHECK(t.is_one && !t.can_redraw);
	t = LOOK(true, .term = NULL);
	CHECK(t.is_one && !t.can_redraw);
	t = LOOK(true, .term = "");
	CHECK(t.is_one && !t.can_redraw);
	t = LOOK(false, .term = "xterm");
	CHECK(!t.is_one && !t.can_redraw);
}

TEST("colour is for terminals that have it, unless somebody says otherwise")
{
	CHECK(LOOK(true, .term = "xterm").has_colour);
	CHECK(!LOOK(false, .term = "xterm").has_colour);
	CHECK(!LOOK(true, .term = "dumb").has_colour);
	CHECK(!LOOK(true, .term = NULL).has_colour);
	CHECK(!LOOK(true, .term = "xterm", .no_color = "1").has_colour);
	CHECK(!LOOK(true, .term = "xterm", .clicolor = "0").has_colour);
	CHECK(LOOK(true, .term = "xterm", .clicolor = "1").has_colour);
	CHECK(!LOOK(false, .term = "xterm", .clicolor = "1").has_colour);
	CHECK(LOOK(false, .force = "1").has_colour);
	CHECK(!LOOK(false, .force = "0").has_colour);
	/* Empty is as good as not there (no-color.org). */
	CHECK(LOOK(true, .term = "xterm", .no_color = "").has_colour);
	CHECK(!LOOK(false, .force = "").has_colour);
}

TEST("of two who speak of colour the first in line is heard")
{
	CHECK(LOOK(false, .no_color = "1", .clicolor = "0", .term = "dumb", .forced = 1)
			.has_colour);
	CHECK(!LOOK(true, .term = "xterm", .force = "1", .forced = -1).has_colour);
	CHECK(!LOOK(true, .term = "xterm", .no_color = "1", .force = "1").has_colour);
	CHECK(!LOOK(true, .term = "xterm", .clicolor = "0", .force = "1").has_colour);
	CHECK(!LOOK(true, .term = "dumb", .force = "1").has_colour);
}

TEST("the locale says whether there is UTF-8")
{
	CHECK(LOOK(true, .locale = "C.UTF-8").is_utf8);
	CHECK(!LOOK(true, .locale = "C").is_utf8);
	CHECK(!LOOK(true, .locale = "POSIX").is_utf8);
	CHECK(!LOOK(true, .locale = "no_SUCH.UTF-8").is_utf8);
	LOOK(true, .locale = "C");
}

TEST("the width is the terminal's, also after it has changed, and 80 where there is none")
{
	int master, slave, ends[2], saved = dup(STDERR_FILENO);
	struct winsize size = { .ws_row = 24, .ws_col = 40 };
	if (!CHECK(openpty(&master, &slave, NULL, NULL, &size) == 0 && pipe(ends) == 0))
		abort();
	dup2(slave, STDERR_FILENO);
	unsigned first = terminal_columns();
	size.ws_col = 132;
	bool is_wide = ioctl(master, TIOCSWINSZ, &size) == 0;
	unsigned second = terminal_columns();
	size.ws_col = 0;
	bool is_none = ioctl(master, TIOCSWINSZ, &size) == 0;
	unsigned third = terminal_columns();
	dup2(ends[1], STDERR_FILENO);
	unsigned fourth = terminal_columns();
	dup2(saved, STDERR_FILENO);
	CHECK_INT(first, 40);
	CHECK(is_wide);
	CHECK_INT(second, 132);
	CHECK(is_none);
	CHECK_INT(third, 80);
	CHECK_INT(fourth, 80);
	close(saved);
	close(master);
	close(slave);
	close(ends[0]);
	close(ends[1]);
}
