/* SPDX-License-Identifier: MIT */
/*
 * process: what a careful program does before it touches a secret or a descriptor. Start-up only, one thread.
 */
#pragma once

/*
 * Closes what would leak or confuse: no core dumps and no /proc/PID/environ for other processes of the user (keys are in there),
 * no TLS key log, and descriptors 0 to 2 taken, so that no file of ours can land on them; one that was closed fails when used.
 */
void process_harden(void);

/* Gives one line that names the HTTP library and what it was built with; static text. */
const char *process_libraries(void);
