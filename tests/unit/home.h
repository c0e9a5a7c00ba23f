/* SPDX-License-Identifier: MIT */
/*
 * home: a HOME of a test's own, with a configuration file in it, and command lines that are parsed
 * there. Outside of it tests have no HOME at all.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "cli/options.h"

#include <stdbool.h>

struct home {
	char home[64];
	char dir[100];        /* that of the configuration file */
	char path[120];       /* the file */
	struct config config; /* of the last command line, and what became of it */
	struct err err;
	enum cli_action action;
};

/* Makes a HOME; text is the configuration file, NULL = there is none. */
void home_start(struct home *w, const char *text);

/* Writes a file of mode 0644. */
void home_write(const char *path, const char *text);

/* Parses a command line, whose words stand apart by spaces. True if there is something to run. */
bool home_parse(struct home *w, const char *line);

/* Parses one that must be fine. */
void home_check_parsed(struct home *w, const char *line);

/* Parses one that must be refused with the file's path and msg right behind it. */
void home_check_line_refused(struct home *w, const char *line, const char *msg);

/* Checks that a file with this text is refused likewise. */
void home_check_refused(const char *text, const char *msg);

/* Compares an option's origin as "KIND PLACE VALUES...", the place without the file's path. */
void home_check_origin(const struct home *w, const char *option, const char *want);

/* Compares the strings, with spaces between them. */
void check_strings(const struct strings *list, const char *want);

/* Removes what is left of it. */
void home_end(struct home *w);
