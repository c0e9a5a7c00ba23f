/* SPDX-License-Identifier: MIT */
/*
 * help: what -h, --help and --version print.
 *
 * All but the examples comes from the options table. Writes to the stream it is given and leaves
 * checking that stream to the caller. Start-up's thread.
 */
#pragma once

#include "cli/options.h"

#include <stdio.h>

/*
 * Prints what the action asks for: any but CLI_RUN and CLI_USAGE_ERROR. Borrows the config that
 * cli_parse has filled: help is about its command. `libraries` as for cli_print_version.
 */
void cli_print(
	FILE *out, enum cli_action action, const struct config *config, const char *libraries);

/* Prints one screen: examples first, then the most used options. */
void cli_print_short_help(FILE *out, enum command command);

/* Prints every option that the command takes, by group. */
void cli_print_long_help(FILE *out, enum command command);

/*
 * Prints "pllm X.Y.Z" and the line `libraries`, borrowed, which names the libraries and their
 * versions.
 */
void cli_print_version(FILE *out, const char *libraries);
