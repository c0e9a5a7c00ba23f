/* SPDX-License-Identifier: MIT */
/*
 * log: lines for people, on stderr.
 *
 * Each message leaves as one line "pllm: ..." in one write, with control characters shown rather
 * than sent (what it quotes may come from a server). Knows nobody. Any thread.
 */
#pragma once

enum log_level {
	LOG_ERROR,   /* always shown */
	LOG_WARNING, /* not with -q */
	LOG_NOTICE,  /* only on a terminal, or with -v */
	LOG_DETAIL,  /* only with -v */
};

/* Sets the least important level that is still shown; LOG_WARNING until then. */
void log_set_level(enum log_level level);

/* Says one line, printf-style, without the final newline; longer than 2000 bytes is cut. */
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
