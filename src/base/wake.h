/* SPDX-License-Identifier: MIT */
/*
 * wake: how one thread gets another out of its sleep, and pays nothing if it is awake.
 *
 * The sleeper owns the struct and sleeps in poll or epoll with `fd` among its descriptors:
 *
 *         wake_prepare(w);                      // from here on, wake_up() will write
 *         if (nothing to do)                    // look again: closes the race with a waker
 *                 poll(..., w->fd, ...);
 *         wake_finish(w, fd_was_readable);
 *
 * A waker publishes its work first and then calls wake_up(), which costs a system call only if the
 * sleeper had announced its sleep. Knows nothing of what the work is.
 */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>

struct wake {
	int fd;             /* an eventfd; readable = somebody called */
	atomic_bool asleep; /* the sleeper is asleep or about to be */
};

/* Makes w ready to use. False with err filled if the system has no descriptor left. */
bool wake_init(struct wake *w, struct err *err);

/*
 * Closes the descriptor; fine on one that wake_init failed on. Nobody may call wake_up() any more.
 */
void wake_release(struct wake *w);

/* Announces sleep. Only the sleeper's thread; it must look for work once more after this. */
void wake_prepare(struct wake *w);

/* Ends a sleep; `called` says whether fd was seen readable. Only the sleeper's thread. */
void wake_finish(struct wake *w, bool called);

/* Wakes the sleeper if it sleeps. Any thread, after what it shall find has been published. */
void wake_up(struct wake *w);

/* Wakes the sleeper, asleep or not. Async-signal-safe: for signal handlers. Keeps errno. */
void wake_up_from_signal(struct wake *w);
