/* SPDX-License-Identifier: MIT */
#include "io/signals.h"

#include "t.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_called(const struct wake *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

/* As a program in the foreground starts; whoever runs the tests may ignore signals. */
static void enter(struct wake *w)
{
	struct err err;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	CHECK(wake_init(w, &err));
	signals_start(w);
}

static void leave(struct wake *w)
{
	signals_stop();
	wake_release(w);
}

TEST("nothing has come until a signal comes")
{
	struct wake w;
	enter(&w);
	struct signals_seen seen = signals_look();
	CHECK_INT(seen.stops_n, 0);
	CHECK_INT(seen.last_stop, 0);
	CHECK(!seen.hangup && !seen.status);
	CHECK(!is_called(&w));
	leave(&w);
}

TEST("stops are counted, the first of them is remembered, and the sleeper is called")
{
	struct wake w;
	enter(&w);
	raise(SIGTERM);
	CHECK(is_called(&w));
	CHECK_INT(signals_look().stops_n, 1);
	raise(SIGINT);
	struct signals_seen seen = signals_look();
	CHECK_INT(seen.stops_n, 2);
	CHECK_INT(seen.last_stop, SIGTERM);
	CHECK(!seen.hangup);
	leave(&w);
}

TEST("the same stop twice at once is one, as from timeout(1), which tells child and group")
{
	struct wake w;
	enter(&w);
	raise(SIGTERM);
	raise(SIGTERM);
	CHECK_INT(signals_look().stops_n, 1);
	raise(SIGINT);
	CHECK_INT(signals_look().stops_n, 2);
	leave(&w);
}

TEST("a key that is held down stops a run again before long")
{
	struct wake w;
	enter(&w);
	for (int i = 0; i < 12; i++) {
		raise(SIGINT);
		poll(NULL, 0, 30);
	}
	CHECK(signals_look().stops_n >= 2);
	leave(&w);
}

TEST("a wish for status is seen once, a hang-up for good")
{
	struct wake w;
	enter(&w);
	raise(SIGUSR1);
	raise(SIGHUP);
	struct signals_seen seen = signals_look();
	CHECK(seen.status && seen.hangup);
	CHECK_INT(seen.stops_n, 0);
	seen = signals_look();
	CHECK(!seen.status && seen.hangup);
	leave(&w);
}

TEST("starting anew forgets what came before")
{
	struct wake w;
	enter(&w);
	raise(SIGINT);
	raise(SIGHUP);
	signals_stop();
	signals_start(&w);
	struct signals_seen seen = signals_look();
	CHECK_INT(seen.stops_n, 0);
	CHECK(!seen.hangup);
	raise(SIGINT);
	CHECK_INT(signals_look().stops_n, 1);
	leave(&w);
}

TEST("who lets stops kill again still answers a wish for status")
{
	struct sigaction now;
	struct wake w;
	enter(&w);
	signals_let_die();
	sigaction(SIGINT, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
	raise(SIGUSR1);
	CHECK(signals_look().status);
	leave(&w);
}

TEST("whether a broken pipe was ignored at the start is known")
{
	struct wake w;
	enter(&w);
	CHECK(!signals_pipe_is_ignored());
	signals_stop();
	signal(SIGPIPE, SIG_IGN);
	signals_start(&w);
	CHECK(signals_pipe_is_ignored());
	leave(&w);
	signal(SIGPIPE, SIG_DFL);
}

TEST("a signal that was ignored at the start stays ignored")
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before, now;
	struct wake w;
	struct err err;
	sigaction(SIGHUP, &ignore, &before);
	CHECK(wake_init(&w, &err));
	signals_start(&w);
	raise(SIGHUP);
	CHECK(!signals_look().hangup);
	leave(&w);
	sigaction(SIGHUP, NULL, &now);
	CHECK(now.sa_handler == SIG_IGN);
	sigaction(SIGHUP, &before, NULL);
}

TEST("a broken pipe kills nobody in between, and stopping puts everything back")
{
	struct sigaction now;
	struct wake w;
	enter(&w);
	raise(SIGPIPE);
	leave(&w);
	sigaction(SIGPIPE, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
	sigaction(SIGINT, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
}

static void *blocked(void *unused)
{
	sigset_t mask;
	signals_block();
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			CHECK(sigismember(&mask, sig));
	return unused;
}

TEST("a thread that blocks signals blocks them all, and only for itself")
{
	pthread_t thread;
	sigset_t mask;
	CHECK_INT(pthread_create(&thread, NULL, blocked, NULL), 0);
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	CHECK(!sigismember(&mask, SIGINT));
}

TEST("dying by a signal is seen by the parent, even from under handlers and blocks")
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct wake w;
			struct err err;
			if (wake_init(&w, &err))
				signals_start(&w);
			signals_block();
			signals_die(signals[i]);
			_exit(0);
		}
		int status = 0;
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status));
		CHECK_INT(WTERMSIG(status), signals[i]);
	}
}

TEST("a stop from the terminal stops the process each time, and a signal that it ignores never")
{
	pid_t pid = fork();
	if (pid == 0) {
		struct wake w;
		struct err err;
		/* A group that a shell looks after. */
		setpgid(0, 0);
		signal(SIGTSTP, SIG_DFL);
		if (!wake_init(&w, &err))
			_exit(1);
		signals_start(&w);
		raise(SIGTSTP);
		raise(SIGTSTP);
		signals_stop();
		signal(SIGTSTP, SIG_IGN);
		signals_start(&w);
		raise(SIGTSTP);
		_exit(7);
	}
	int status = 0;
	for (int i = 0; i < 2; i++) {
		CHECK_INT(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
		kill(pid, SIGCONT);
	}
	CHECK_INT(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 7);
}
