/* SPDX-License-Identifier: MIT */
/*
 * parse: a command line becomes a struct config.
 *
 * Long options are matched exactly and never abbreviated; `--name=value` and `--name value` are
 * the same; short flags bundle; `--` ends options; `-` is a value; the last one wins. The first
 * word that is no option is the command; an option of another command is refused. Behind `cache`
 * come a verb and, if one likes, the file. What it leaves
 * open comes from the environment, the configuration file and the table, see cli/layers.h. Knows
 * only the table; reads no key. Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "cli/options.h"

/*
 * Fills config, whatever it held, and says what is to be done; borrows argv, the config keeps
 * copies. CLI_USAGE_ERROR with err filled (what is wrong and what would be right, without the
 * program's name) if it cannot be understood. Other files and variables than argv are looked at
 * only for CLI_RUN; for CLI_OFFER_* the config holds what argv says up to there, and for other
 * actions it is empty but for its command, which is the one they are about. In each case it is to
 * be freed.
 */
enum cli_action cli_parse(int argc, char **argv, struct config *config, struct err *err);

/* Frees what cli_parse put into the config, and zeroes it. */
void cli_free(struct config *config);
