/* SPDX-License-Identifier: MIT */
/*
 * setting: one row of the options table put into struct config.
 *
 * Knows rows and texts; does not know argv. Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "cli/options.h"

#include <stdbool.h>

/* An option as the user gave it. */
struct given {
	const char *label; /* how it was called, up to the value: "--jobs ", "PLLM_JOBS=" */
	const char *value; /* NULL = none was given */
};

/* Fills config with the command and its defaults of all rows, whatever it held. */
void setting_defaults(struct config *config, enum command command);

/*
 * Sets the row's field; borrows the text, the config keeps a copy. A value is there if the row
 * must have one. False with err filled (what would be right, and never anything that
 * looks like a key) if it will not do. Not for actions without choices.
 */
bool setting_put(
	struct config *config, const struct option *o, const struct given *given, struct err *err);

/*
 * Sets what a flag that is said to be false sets: if its first effect is a bool, the opposite of
 * it; else nothing, as for all other rows.
 */
void setting_put_off(struct config *config, const struct option *o);

/* True if all that `other` sets is set by o too, so that after o it says nothing any more. */
bool setting_covers(const struct option *o, const struct option *other);

/* Finds the choice of that name; false with err filled as setting_put says. */
bool setting_choose(const struct option *o, const struct given *given, int *value, struct err *err);

/* Frees what the table's fields hold and zeroes the config. */
void setting_release(struct config *config);

/* True if some word of the text looks like an API key. */
bool setting_looks_secret(const char *text);

/* True if what has that name is a secret, by the name: "api_key", "token", "client-secret". */
bool setting_names_secret(struct span name);

/* Fills err for a key found on the command line, without showing it; returns false. */
bool setting_refuse_secret(struct err *err);
