/* SPDX-License-Identifier: MIT */
/*
 * offers: what the user's configuration has names for, for the completions of shells.
 *
 * Reads that one file and nothing else: asks nobody, runs nothing and looks for no key. Knows the
 * table and the file. Start-up's thread.
 */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/*
 * Prints what a CLI_OFFER_* action asks for, a name a line, each of them once; borrows opts. A file
 * that is not there, not to be trusted or wrong offers what was understood of it, or nothing:
 * whoever presses a key does not want to read why. Nor is a name offered that a shell would not
 * take as it is.
 */
void offers_print(FILE *out, enum cli_action action, const struct config_file_opts *opts);
