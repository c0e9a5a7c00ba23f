/* SPDX-License-Identifier: MIT */
/*
 * generate: the files that say again what the options table says: completions for three shells,
 * and the manual's part on options in mdoc. script/generate writes them; a test compares.
 *
 * Knows nothing but the table. Writes to the stream it is given and leaves checking it to the
 * caller.
 */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/* Prints what a CLI_GENERATE_* action asks for. */
void generate_print(FILE *out, enum cli_action action);

/* Prints the completion of bash, which needs bash 4.4 and nothing else. */
void generate_bash(FILE *out);

/* Prints the completion of zsh, a #compdef file. */
void generate_zsh(FILE *out);

/* Prints the completion of fish. */
void generate_fish(FILE *out);

/* Prints the part of the manual that stands under OPTIONS. */
void generate_mdoc(FILE *out);
