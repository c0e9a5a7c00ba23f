/* SPDX-License-Identifier: MIT */
/*
 * generate_parts: what the generated files have in common. Private to generate*.c.
 *
 * The three completions are one program in three languages: a table of the options, written from
 * the options table, and a fixed part that reads the line up to the cursor as cli/parse.c would,
 * for which command it is, which steps and which configuration it names, and what was given. How
 * a value is completed is said to all of them in the words of cli/completion.h.
 */
#pragma once

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/options.h"

#include <stdio.h>

#define GENERATE_WRITTEN_BY "Written by script/generate from the options table; change it there."

/* Calls put for each row that is shown, in the order of the table. */
void generate_each(FILE *out, void (*put)(FILE *, const struct option *));

/* Prints the names of those commands of the set that have one, with that between two. */
void generate_put_commands(FILE *out, unsigned set, const char *between);

/* The same with "filter" first for the one that has none. */
void generate_put_takers(FILE *out, unsigned set, const char *between);

/* Prints the commands whose run `pllm doctor` can look at. */
void generate_put_runs(FILE *out, const char *between);

/* Prints what can be done with a cache. */
void generate_put_cache_verbs(FILE *out, const char *between);

/* Prints the long names of rows that are shown and for which is_one is true. */
void generate_put_names(FILE *out, bool (*is_one)(const struct option *), const char *between);

/* Prints text with a backslash before each of the marks. */
void generate_put_escaped(FILE *out, const char *text, const char *marks);
