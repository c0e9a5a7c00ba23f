/* SPDX-License-Identifier: MIT */
/*
 * log: lines for people, on stderr, and one that stays at the bottom while a run is on.
 *
 * Each message leaves as whole lines "pllm: ...", or "pllm[NAME]: ...", in one write, with control
 * characters shown rather than sent (what it quotes may come from a server). The line at the
 * bottom, if there is one, is taken away and put back by the same write, so that neither tears the
 * other. Knows nobody. Any thread; waits for another only while the terminal takes nothing, and
 * the line never does.
 */
#pragma once

#include <stdbool.h>

enum log_level {
	LOG_ERROR,   /* always shown */
	LOG_WARNING, /* not with -q */
	LOG_NOTICE,  /* only on a terminal, or with -v */
	LOG_DETAIL,  /* only with -v */
};

/*
 * Parts what is wrong from what would be right in a message of ours (the last one counts); see
 * log_fault. log_say shows it as "; ".
 */
#define LOG_HELP "\x1f"

/* Sets the least important level that is still shown; LOG_WARNING until then. */
void log_set_level(enum log_level level);

/*
 * Names this run in all that is said from now on, to tell it from others on the same stderr; NULL =
 * no more. Copied, up to 60 bytes. While there is one thread.
 */
void log_set_name(const char *name);

/* Says whether errors, and what would be right, are in colour; not until then. */
void log_set_colour(bool has_colour);

/* Says one line, printf-style, without the final newline; longer than 2000 bytes is cut. */
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Says that others in the same pipeline may have a line at the bottom of this terminal: what is
 * written erases it first, from where they have left the cursor. They draw it again.
 */
void log_share_terminal(void);

/*
 * Says what is wrong:
 *
 *         pllm: WHERE: error[E-ID]: TEXT
 *         help: what follows LOG_HELP in TEXT, if it does
 *
 * where: "line 17", "FILE:3:4"; NULL = the text says it. id without "E-". All borrowed.
 */
void log_fault(enum log_level level, const char *where, const char *id, const char *text);

/*
 * Puts that line at the bottom, in place of the one that is there; NULL takes it away. It must fit
 * the terminal's width and may have colours of ours; copied, up to 1000 bytes. Only where stderr is
 * a terminal that erases what is below the cursor. Not drawn while the terminal takes nothing.
 */
void log_set_status(const char *line);

/*
 * For who writes to a terminal himself: the line at the bottom is away until log_show_status.
 * Cheap.
 */
void log_hide_status(void);

/* Draws it again; whole lines have been written. */
void log_show_status(void);

/*
 * Instead of that: half a line stands there. No line is drawn behind it, and on a terminal the next
 * message begins a line of its own.
 */
void log_leave_half_line(void);

/*
 * From a signal's handler, before the process is stopped: takes the line at the bottom off the
 * screen, if the terminal takes that at once, until it is set again.
 */
void log_leave_screen(void);
