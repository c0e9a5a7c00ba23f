/* SPDX-License-Identifier: MIT */
/*
 * SA_RESTART is set for all: nothing relies on EINTR to notice a signal, because the wake ends the
 * loop's sleep (epoll_wait is never restarted anyhow), and libraries that do not expect EINTR are
 * spared it.
 *
 * The flags are lock-free atomics and not sig_atomic_t, for two signals may run their handlers at
 * once in two threads (libcurl's resolver has its own).
 */
#include "io/signals.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/*
 * The same signal twice within so long is one: timeout(1) tells its child, then the whole group. A
 * key that is held down repeats faster, and counts once in a while.
 */
enum { ECHO_MS = 100 };

_Static_assert(
	ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_POINTER_LOCK_FREE == 2,
	"handlers need atomics without locks");

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGTSTP };

enum { CAUGHT_N = sizeof caught / sizeof *caught };

static struct sigaction before[CAUGHT_N];
static struct sigaction pipe_before;
static _Atomic(struct wake *) sleeper;
static atomic_int stops_n, first_stop, last_stop, hangup, status;
static atomic_llong counted_stop_ms;

static void on_stop(int sig)
{
	int none = 0;
	/* Reading the clock is one of the things that a handler may do. */
	int64_t now_ms = clock_now_ms();
	int64_t counted_ms = atomic_load(&counted_stop_ms);
	if (atomic_exchange(&last_stop, sig) == sig && now_ms - counted_ms < ECHO_MS)
		return;
	atomic_store(&counted_stop_ms, now_ms);
	atomic_compare_exchange_strong(&first_stop, &none, sig);
	atomic_fetch_add(&stops_n, 1);
}

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		atomic_store(&hangup, 1);
	else if (sig == SIGUSR1)
		atomic_store(&status, 1);
	else
		on_stop(sig);
	struct wake *wake = atomic_load(&sleeper);
	if (wake)
		wake_up_from_signal(wake);
}

static void take_over(int sig);

/* Does what the signal does to who has not asked for it, here and now. */
static void act_as_usual(int sig)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t just_this;
	sigemptyset(&usual.sa_mask);
	sigaction(sig, &usual, NULL);
	sigemptyset(&just_this);
	sigaddset(&just_this, sig);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &just_this, NULL);
}

/* Stops the process, and comes back when it goes on. */
static void on_suspend(int sig)
{
	int error = errno;
	log_leave_screen();
	act_as_usual(sig);
	take_over(sig);
	errno = error;
}

static void take_over(int sig)
{
	struct sigaction handler = { .sa_flags = SA_RESTART };
	handler.sa_handler = sig == SIGTSTP ? on_suspend : on_signal;
	sigfillset(&handler.sa_mask);
	sigaction(sig, &handler, NULL);
}

void signals_start(struct wake *wake)
{
	atomic_store(&stops_n, 0);
	atomic_store(&first_stop, 0);
	atomic_store(&last_stop, 0);
	atomic_store(&hangup, 0);
	atomic_store(&status, 0);
	atomic_store(&sleeper, wake);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, &pipe_before);
	for (size_t i = 0; i < CAUGHT_N; i++) {
		sigaction(caught[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			take_over(caught[i]);
	}
}

struct signals_seen signals_look(void)
{
	/* The count first: if it says that there was a stop, which one is known. */
	int n = atomic_load(&stops_n);
	return (struct signals_seen){
		.stops_n = n,
		.last_stop = n ? atomic_load(&first_stop) : 0,
		.hangup = atomic_load(&hangup),
		.status = atomic_exchange(&status, 0),
	};
}

bool signals_pipe_is_ignored(void)
{
	return pipe_before.sa_handler == SIG_IGN;
}

void signals_let_die(void)
{
	for (size_t i = 0; i < CAUGHT_N; i++)
		if (caught[i] != SIGUSR1)
			sigaction(caught[i], &before[i], NULL);
}

void signals_stop(void)
{
	for (size_t i = 0; i < CAUGHT_N; i++)
		sigaction(caught[i], &before[i], NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	atomic_store(&sleeper, NULL);
}

void signals_block(void)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void signals_die(int sig)
{
	act_as_usual(sig);
}
