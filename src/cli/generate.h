/* SPDX-License-Identifier: MIT */
/*
 * generate: the files that say again what the options table says: completions for three shells,
 * and the manual's parts on options in mdoc. script/generate writes them; tests compare.
 *
 * Knows nothing but the table. Writes to the stream it is given and leaves checking it to the
 * caller. Start-up's thread.
 */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/*
 * Prints what a CLI_GENERATE_* or CLI_OFFER_* action asks for. Borrows the config: the manual's
 * part is about its command, offers are made from its configuration file.
 */
void generate_print(FILE *out, enum cli_action action, const struct config *config);

/* Prints the completion of bash, which needs bash 4.4 and nothing else. */
void generate_bash(FILE *out);

/* Prints the completion of zsh, a #compdef file. */
void generate_zsh(FILE *out);

/* Prints the completion of fish. */
void generate_fish(FILE *out);

/*
 * Prints what stands under OPTIONS in the manual page of the command: for the filter all of its
 * options; for another one its own in full, and those that the filter has too in a short list.
 */
void generate_mdoc(FILE *out, enum command command);
