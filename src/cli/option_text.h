/* SPDX-License-Identifier: MIT */
/*
 * option_text: how help, the manual and messages write what a row of the options table says. In
 * options.c. Pure.
 */
#pragma once

#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>

enum { OPTION_TEXT_MAX = 80 };

/* Writes how help calls the value ("FILE", "error|skip|replace"), or nothing. Returns out. */
const char *option_value_name(const struct option *o, char out[OPTION_TEXT_MAX]);

/* Gives how many letters of that are the step that may stand before a value; 0 = none may. */
size_t option_step_n(const struct option *o);

/* True if what is said of each step elsewhere is said once there. */
bool option_is_for_one_step(const struct option *o, enum command command);

/* Writes how the command calls the value: without a step if it has but one. Returns out. */
const char *option_value_for(
	const struct option *o, enum command command, char out[OPTION_TEXT_MAX]);

/* Writes the environment variable's name, or an empty string if there is none. Returns out. */
const char *option_env_name(const struct option *o, char out[OPTION_TEXT_MAX]);

/* Writes "MIN to MAX" as values are written ("1ms to 1h"), or nothing. Returns out. */
const char *option_range(const struct option *o, char out[OPTION_TEXT_MAX]);

/* Gives the command's default as it is shown; NULL = none is. */
const char *option_default(const struct option *o, enum command command);

/* Gives the command's default as it is set; NULL = there is none. */
const char *option_standard(const struct option *o, enum command command);

/*
 * Gives what does here what an option of that name, or of that letter, does in other tools
 * ("concurrency", "H"); static text, NULL = nobody knows.
 */
const char *option_foreign(struct span name);
