/* SPDX-License-Identifier: MIT */
/*
 * signals: what the outside asks of the process, as flags that the loop reads.
 *
 * Handlers set a flag and call the wake; nothing else happens in them, but in that of TSTP (^Z): it
 * takes the line at the bottom off the screen and stops the process, as it would be without us,
 * even where the loop does not look. A signal that was ignored at start (nohup) stays ignored.
 * SIGPIPE is always ignored: a broken pipe is seen where the write fails. Process-wide; one user at
 * a time.
 */
#pragma once

#include "base/wake.h"

#include <stdbool.h>

struct signals_seen {
	int stops_n;   /* how many INT and TERM have come, in all; echoes within 100 ms are not */
	int last_stop; /* the signal to die by: the first of them, SIGINT or SIGTERM; 0 = none */
	int hangup;    /* SIGHUP if it has come; else 0 */
	bool status;   /* USR1 has come since the last look */
};

/*
 * Installs the handlers and forgets earlier signals. Borrows wake until signals_stop; other threads
 * may run the handlers.
 */
void signals_start(struct wake *wake);

/* Gives what has come so far; clears `status`. The loop's thread. */
struct signals_seen signals_look(void);

/*
 * True if SIGPIPE was ignored at start: then a broken pipe is an error of writing, not a way to
 * die.
 */
bool signals_pipe_is_ignored(void);

/*
 * From here on INT, TERM and HUP do what they did before signals_start: nobody looks any more, and
 * what is left to do may take for ever. A broken pipe stays an error of writing.
 */
void signals_let_die(void);

/* Puts the handlers back as they were. */
void signals_stop(void);

/* Blocks all signals in the calling thread: for the reader's and the writer's. */
void signals_block(void);

/*
 * Dies by the signal, its default action restored, so that the shell sees it. Comes back only where
 * the kernel does not let the process die so (it is process 1 of a container); the caller then
 * exits with 128 + sig.
 */
void signals_die(int sig);
