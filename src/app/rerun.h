/* SPDX-License-Identifier: MIT */
/*
 * rerun: the command that asks again just what failed, as somebody would type it.
 *
 * The command line as it was, quoted for sh, with --retry-errors, and the output of this run as
 * input. Pure but for looking where standard output goes, and what is a pipe. A command line holds
 * no secret: cli has refused those.
 */
#pragma once

#include "app/config.h"

#include <stdbool.h>

/*
 * Gives (allocated) the command; NULL where it cannot be told: no failed record is written
 * (--on-error drop, -r, a matrix), or apart from the answers in -o (--errors), or among messages;
 * the input of pllm reduce; a key, a prompt or anything else was read from a descriptor or a pipe,
 * which will not say it again; a word ends in a line feed, or has bytes that are no UTF-8; or it
 * would be longer than a screen. It is one line.
 * Where the output is a pipe, or a file that has lines of others, it says in capitals what is to be
 * put there. is_whole: files have their names, not FILE.partial. is_alone: what
 * rerun_is_stdout_empty said when the run began.
 */
char *rerun_command(const struct config *config, bool is_whole, bool is_alone);

/* True if standard output is a file with nothing in it yet: what it has at the end is all ours. */
bool rerun_is_stdout_empty(void);
