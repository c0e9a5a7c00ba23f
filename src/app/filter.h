/* SPDX-License-Identifier: MIT */
/*
 * filter: the command without a name: every record through a prompt. Puts the rooms together, runs
 * the loop, says how it ended.
 */
#pragma once

#include "app/config.h"

/* How the process shall end. */
struct ending {
	int exit_code;
	int by_signal; /* die by this one, after everything else; 0 = none */
};

/*
 * Runs the filter. Says on stderr what a person must know. On return all is written and freed,
 * unless the run was cut short by a second signal, when only dying is left to do. Completes config
 * in place where an option depends on another.
 */
struct ending filter_run(struct config *config);
