/* SPDX-License-Identifier: MIT */
/*
 * process: what a careful program does before it touches a secret or a descriptor, and how it ends.
 * Start-up and end only, one thread.
 */
#pragma once

#include "app/filter.h"

#include <stdbool.h>

/*
 * Closes what would leak or confuse: no core dumps and no /proc/PID/environ for other processes of
 * the user (keys are in there), no TLS key log, and descriptors 0 to 2 taken, so that no file of
 * ours can land on them; one that was closed fails when used.
 */
void process_harden(void);

/* True if SSLKEYLOGFILE was set: it had no effect. */
bool process_had_keylog(void);

/*
 * Has memory that is freed kept for what comes next, up to some 64M: where megabytes come and go
 * all the time, giving each back to the system and asking for it anew costs more than the work.
 */
void process_keep_memory(void);

/*
 * Ends the process as the ending says: by a signal, or with its exit code, which is then given back
 * for main to return.
 */
int process_end(const struct ending *ending);

/* Gives one line that names the libraries that matter, with their versions; static text. */
const char *process_libraries(void);
