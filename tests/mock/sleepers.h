/* SPDX-License-Identifier: MIT */
/*
 * sleepers: requests that wait for their time, and for nothing else.
 *
 * A waiting connection is suspended in libmicrohttpd and lies in a heap by the time at which it is
 * due. Meanwhile its socket is watched, because libmicrohttpd does not look at a suspended one: a
 * client that leaves wakes its request at once. Knows no HTTP; time is an argument. One thread.
 *
 * Invariant: a sleeper is in the heap exactly while its connection is suspended.
 */
#pragma once

#include "base/heap.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* Due never: sleeps until the client leaves or the mock ends. */
#define SLEEP_FOREVER INT64_MAX

struct sleeper {
	struct heap_node due;
	struct MHD_Connection *connection; /* borrowed */
	bool left; /* the client has gone, or the mock ends: nothing to send */
};

struct sleepers {
	struct heap heap;
	int epoll_fd;     /* borrowed; events carry the struct sleeper */
	int64_t woken_ms; /* when some were last woken because they were due */
	bool closed;
};

/* Makes s empty; events of waiting sockets will go to epoll_fd, which it borrows. */
void sleepers_init(struct sleepers *s, int epoll_fd);

/* Makes a sleeper that is awake, for a connection it borrows. */
void sleeper_init(struct sleeper *sleeper, struct MHD_Connection *connection);

/*
 * Suspends the connection until due_ms; keeps the sleeper until then. Only to be called from
 * libmicrohttpd's callbacks. False, with nothing done, after sleepers_close.
 */
bool sleepers_put(struct sleepers *s, struct sleeper *sleeper, int64_t due_ms);

/* Wakes a sleeper whose client has left (an event of epoll_fd says so). */
void sleepers_client_left(struct sleepers *s, struct sleeper *sleeper);

/* Gives the time at which sleepers_wake_due has something to do; SLEEP_FOREVER if there is none. */
int64_t sleepers_next_ms(const struct sleepers *s);

/* Wakes all that are due, if sleepers_next_ms has been reached. */
void sleepers_wake_due(struct sleepers *s, int64_t now_ms);

/* Wakes all as if their clients had left, and lets nobody sleep any more. */
void sleepers_close(struct sleepers *s);

/* Frees what s holds; there must be no sleeper left. */
void sleepers_release(struct sleepers *s);
