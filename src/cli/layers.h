/* SPDX-License-Identifier: MIT */
/*
 * layers: what each source says of the options, and who wins.
 *
 * The command line wins over the environment, that over the profile, that over the file's defaults,
 * and those over what is built in. Of an option that may be given several times the winner's values
 * count, all of them and no others'. Options that say the same thing in different ways (--prompt
 * and --prompt-file; where a key comes from) win and lose together. What the environment and
 * the file say for other commands than the one that runs is checked and then left aside. Everything
 * is checked as it is said, whoever wins in the end. Knows the table; does not know argv or files.
 * Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "cli/options.h"
#include "cli/setting.h"

#include <stdbool.h>
#include <stddef.h>

/* Who says something. */
struct source {
	enum origin_kind kind; /* not ORIGIN_BUILT_IN */
	const char *place;     /* as in struct origin; borrowed for the call */
};

struct saying;

struct layers {
	struct saying *sayings; /* owned, in the order in which they came */
	size_t n;
	enum command command; /* that runs: may be set until layers_settle */
	struct config tried;  /* everything was put here once, to see whether it can be */
};

/* Makes l empty. */
void layers_init(struct layers *l);

/*
 * Notes what a source says of an option, which is no action; copies what it is given. False with
 * err filled as setting_put says if that will not do.
 */
bool layers_say(struct layers *l, const struct option *o, const struct source *source,
	const struct given *given, struct err *err);

/*
 * Notes that a source says that a flag, or a value that may be left out, is not to be, or a list is
 * to be empty.
 */
void layers_say_off(struct layers *l, const struct option *o, const struct source *source);

/*
 * Notes what the rows' environment variables say; an empty one counts as not set, a flag's says 1
 * or 0. False with err filled likewise.
 */
bool layers_read_env(struct layers *l, struct err *err);

/*
 * Gives the first option on the command line that another command takes and not l's; NULL = there
 * is none.
 */
const struct option *layers_misplaced(const struct layers *l);

/*
 * Fills config, which is zeroed or was filled by this, with the command and what won, and notes the
 * origins.
 */
void layers_settle(const struct layers *l, struct config *config);

/* Frees what layers_settle put into the config, and zeroes it; fine on a zeroed one. */
void layers_forget(struct config *config);

/* Frees what l holds; fine on a zeroed one. */
void layers_release(struct layers *l);
