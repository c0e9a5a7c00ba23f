/* SPDX-License-Identifier: MIT */
/* A cache among processes: those that are killed, those that share it, and a disk that is full. */
#include "io/cache.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "cache_scene.h"
#include "t.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `work` in a process of its own. Gives it, and where it writes to: closed by the caller. */
static pid_t start(void (*work)(struct scene *, int out), struct scene *s, int *from)
{
	int pipe_fds[2];
	CHECK_INT(pipe(pipe_fds), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipe_fds[0]);
		/* Its own: what calls one process must not be heard by another. */
		CHECK(wake_init(&s->wake, &s->err));
		work(s, pipe_fds[1]);
		_exit(0);
	}
	close(pipe_fds[1]);
	*from = pipe_fds[0];
	return pid;
}

static void check_ended_well(pid_t pid)
{
	int status = -1;
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Stores 0, 1, ... and says of each group how far it is committed. */
static void store_forever(struct scene *s, int out)
{
	scene_start(s);
	for (int64_t n = 1;; n++) {
		scene_put(s, n - 1, 5);
		if (n % 50 == 0)
			scene_await(s, (uint64_t)n - 30);
		uint64_t committed_n = cache_committed(s->cache);
		if (write(out, &committed_n, sizeof committed_n) < 0)
			return;
	}
}

TEST("what was committed is there after kill -9, and the file is sound")
{
	struct scene s;
	scene_enter(&s);
	uint64_t total_n = 0;
	for (int round = 0; round < 12; round++) {
		int from;
		uint64_t n, committed_n = 0;
		pid_t pid = start(store_forever, &s, &from);
		/* Each time a little later. */
		for (int i = 0; i < 1 + 97 * round; i++)
			if (read(from, &n, sizeof n) == sizeof n)
				committed_n = n;
		CHECK_INT(kill(pid, SIGKILL), 0);
		while (read(from, &n, sizeof n) == sizeof n)
			committed_n = n;
		waitpid(pid, NULL, 0);
		close(from);
		scene_start(&s);
		for (uint64_t i = 0; i < committed_n; i += 1 + committed_n / 50)
			CHECK_INT(scene_find(&s, (int64_t)i), 5);
		scene_stop(&s);
		CHECK(scene_is_sound(&s));
		CHECK(scene_sql(&s, "SELECT count(*) FROM answers") >= (int64_t)committed_n);
		total_n += committed_n;
	}
	CHECK(total_n > 1000);
	scene_leave(&s);
}

static void open_only(struct scene *s, int out)
{
	if (write(out, "b", 1) != 1)
		return;
	if (!scene_open(s))
		_exit(2);
	scene_stop(s);
}

TEST("killed while it is made, a cache can be made and used by the next")
{
	struct scene s;
	scene_enter(&s);
	for (int round = 0; round < 40; round++) {
		int from;
		char begun;
		pid_t pid = start(open_only, &s, &from);
		CHECK_INT(read(from, &begun, 1), 1);
		poll(NULL, 0, round % 8);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(from);
		scene_start(&s);
		scene_store(&s, 1, 5);
		CHECK_INT(scene_find(&s, 1), 5);
		scene_stop(&s);
		CHECK(scene_is_sound(&s));
		scene_write(&s, "", 0);
		unlink(s.path);
	}
	scene_leave(&s);
}

TEST("several processes that make a cache at once all get it")
{
	enum { N = 6 };
	struct scene s;
	scene_enter(&s);
	for (int round = 0; round < 10; round++) {
		pid_t pids[N];
		int from[N];
		for (int i = 0; i < N; i++)
			pids[i] = start(open_only, &s, &from[i]);
		for (int i = 0; i < N; i++) {
			check_ended_well(pids[i]);
			close(from[i]);
		}
		CHECK_INT(scene_sql(&s, "PRAGMA user_version"), 1);
		CHECK(scene_is_sound(&s));
		unlink(s.path);
	}
	scene_leave(&s);
}

enum { SHARED_N = 3000, OWN_N = 1500 };

/* Stores what all store, and what only it does. */
static void store_both(struct scene *s, int out)
{
	(void)out;
	if (!scene_open(s))
		_exit(2);
	uint64_t n = 0;
	for (int i = 0; i < SHARED_N; i++) {
		n = scene_put(s, i, 5);
		if (i % 2)
			n = scene_put(s, 10000 + (int64_t)getpid() * 10000 + i, 6);
		if (i % 100 == 0 && (!scene_await(s, n) || scene_find(s, i) != 5))
			_exit(3);
	}
	if (!scene_await(s, n))
		_exit(4);
	scene_stop(s);
}

TEST("processes that store at once wait for each other and lose nothing")
{
	enum { N = 3 };
	struct scene s;
	pid_t pids[N];
	int from[N];
	scene_enter(&s);
	for (int i = 0; i < N; i++)
		pids[i] = start(store_both, &s, &from[i]);
	for (int i = 0; i < N; i++) {
		check_ended_well(pids[i]);
		close(from[i]);
	}
	CHECK(scene_is_sound(&s));
	CHECK(!scene_has(&s, "-wal"));
	CHECK_INT(scene_sql(&s, "SELECT count(*) FROM answers"), SHARED_N + N * OWN_N);
	scene_start(&s);
	for (int i = 0; i < SHARED_N; i += 37)
		CHECK_INT(scene_find(&s, i), 5);
	for (int p = 0; p < N; p++)
		CHECK_INT(scene_find(&s, 10000 + (int64_t)pids[p] * 10000 + 1999), 6);
	scene_leave(&s);
}

TEST("a full disk: it says so, keeps what was stored, and goes on when there is room")
{
	struct scene s;
	char *disk, *file;
	scene_enter(&s);
	disk = xasprintf("%s/disk", s.dir);
	file = xasprintf("%s/c.db", disk);
	CHECK_INT(mkdir(disk, 0700), 0);
	/* Only root may mount: others have not seen this. */
	if (mount("none", disk, "tmpfs", 0, "size=3m") == 0) {
		char *kept = s.opts.path;
		s.opts.path = file;
		scene_start(&s);
		uint64_t n = 0;
		int64_t i = 0;
		for (; i < 20000 && !cache_has_failed(s.cache, &s.err); i++) {
			n = scene_put(&s, i, 5);
			if (i % 100 == 0)
				scene_await(&s, n);
		}
		uint64_t committed_n = cache_committed(s.cache);
		CHECK_INT(s.err.kind, ERR_CACHE);
		CHECK(strstr(s.err.msg,
			      "disk full" LOG_HELP "what was stored before is kept; run the same "
			      "command again when there is room") != NULL);
		CHECK(committed_n > 100 && committed_n < n);
		scene_stop(&s);
		s.opts.is_readonly = true;
		scene_start(&s);
		CHECK_INT(scene_find(&s, 0), 5);
		CHECK_INT(scene_find(&s, (int64_t)committed_n - 1), 5);
		scene_stop(&s);
		CHECK_INT(mount("none", disk, "tmpfs", MS_REMOUNT, "size=40m"), 0);
		s.opts.is_readonly = false;
		scene_start(&s);
		CHECK_INT(scene_find(&s, (int64_t)committed_n - 1), 5);
		scene_store(&s, 100000, 5);
		scene_stop(&s);
		s.opts.path = kept;
		CHECK_INT(umount(disk), 0);
	}
	CHECK_INT(rmdir(disk), 0);
	free(disk);
	free(file);
	scene_leave(&s);
}
