/* SPDX-License-Identifier: MIT */
/*
 * The locale is asked, but not set: set, it would change how the whole program compares letters,
 * and in Turkish an I is no i.
 */
#include "ui/terminal.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80 };

/* Gives what a variable of the environment says; empty is as good as not there. */
static const char *said(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

static bool says(const char *name, const char *what)
{
	return strcmp(said(name), what) == 0;
}

static bool is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	/* It may be one that is not installed. */
	if (!locale)
		return false;
	bool yes = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return yes;
}

static bool has_colour(const struct terminal *t, int forced)
{
	if (forced)
		return forced > 0;
	if (*said("NO_COLOR") || says("CLICOLOR", "0") || says("TERM", "dumb"))
		return false;
	if (*said("CLICOLOR_FORCE") && !says("CLICOLOR_FORCE", "0"))
		return true;
	return t->can_redraw;
}

void terminal_look(struct terminal *t, int forced)
{
	*t = (struct terminal){ .is_one = isatty(STDERR_FILENO) == 1 };
	/* Without a name nobody knows what it understands. */
	t->can_redraw = t->is_one && *said("TERM") && !says("TERM", "dumb");
	t->is_utf8 = is_utf8();
	t->has_colour = has_colour(t, forced);
}

/*
 * A lock on the terminal's own file. It belongs to what was opened, and the stages of a pipeline
 * share what they have from the shell: so each opens the terminal anew. Where that cannot be done
 * nobody is asked.
 */
static int claim_fd = -1;
static bool is_claimed;

bool terminal_claim(void)
{
	char path[64];
	pid_t typist = tcgetpgrp(STDERR_FILENO);
	if (typist >= 0 && typist != getpgrp())
		return false;
	if (is_claimed)
		return true;
	if (claim_fd < 0 && ttyname_r(STDERR_FILENO, path, sizeof path) == 0)
		claim_fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	is_claimed = claim_fd < 0 || flock(claim_fd, LOCK_EX | LOCK_NB) == 0;
	return is_claimed;
}

void terminal_yield(void)
{
	if (claim_fd >= 0)
		close(claim_fd);
	claim_fd = -1;
	is_claimed = false;
}

unsigned terminal_columns(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return USUAL_COLUMNS;
	return size.ws_col;
}
