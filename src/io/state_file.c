/* SPDX-License-Identifier: MIT */
/*
 * Unlike an outfile, which is written for hours and left as FILE.partial when a run fails, this one
 * is written in one go, and always whole: so what it is called meanwhile is nobody's business, and
 * is gone afterwards. The name has the process's number, for runs may end at the same moment, and
 * does not end as FILE does: who collects *.prom is not to find it.
 */
#include "io/state_file.h"

#include "base/xalloc.h"
#include "io/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Others read, and write a page or two. */
enum { LOCK_MAX_MS = 2000, LOCK_PAUSE_MS = 5 };

/* As many as Linux follows. */
enum { LINKS_MAX = 40 };

bool state_file_read(const char *path, struct buf *out)
{
	struct stat st;
	size_t before = out->len;
	char block[4096];
	ssize_t n = -1;
	/* O_NONBLOCK: not to wait for who writes into a pipe of that name. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while ((n = read(fd, block, sizeof block)) > 0 && buf_put(out, block, (size_t)n))
			;
	close(fd);
	if (n != 0)
		out->len = before;
	return n == 0;
}

/*
 * Gives (allocated) the name of what is to be replaced or made: not that of a link to it, whether
 * it is there or not. NULL with errno set if links lead nowhere.
 */
static char *real_name(const char *path)
{
	char *name = xstrdup(path), target[PATH_MAX];
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(name, target, sizeof target);
		if (n < 0 || (size_t)n == sizeof target)
			return name;
		const char *slash = target[0] == '/' ? NULL : strrchr(name, '/');
		int dir_n = slash ? (int)(slash + 1 - name) : 0;
		char *next = xasprintf("%.*s%.*s", dir_n, name, (int)n, target);
		free(name);
		name = next;
	}
	free(name);
	errno = ELOOP;
	return NULL;
}

/* Makes of a file's name that of its directory, in place. */
static const char *directory_of(char *name)
{
	char *slash = strrchr(name, '/');
	if (!slash)
		return ".";
	slash[slash == name] = '\0';
	return name;
}

/* The directory is locked: the file itself is another one after each run. */
int state_file_lock(const char *path)
{
	char *name = real_name(path);
	int fd = name ? open(directory_of(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	free(name);
	for (int ms = 0; fd >= 0 && ms < LOCK_MAX_MS && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
		errno == EWOULDBLOCK;
		ms += LOCK_PAUSE_MS)
		poll(NULL, 0, LOCK_PAUSE_MS);
	return fd;
}

void state_file_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

/* A file that one of these is has other things in it. */
static bool is_descriptor(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0 ||
		strcmp(path, "/dev/stderr") == 0 || strncmp(path, "/dev/fd/", 8) == 0;
}

/* True if it is there and cannot be replaced, only written to. */
static bool is_direct(const char *path, struct stat *st, bool *exists)
{
	*exists = stat(path, st) == 0;
	return is_descriptor(path) || (*exists && !S_ISREG(st->st_mode));
}

bool state_file_check(const char *path, struct err *err)
{
	struct stat st;
	bool exists;
	if (is_direct(path, &st, &exists))
		return !exists || !S_ISDIR(st.st_mode) ||
			err_set(err, ERR_FILE, "cannot write %s: it is a directory", path);
	char *name = real_name(path);
	bool ok = (name && access(directory_of(name), W_OK | X_OK) == 0) ||
		err_set_errno(err, ERR_FILE, "cannot write %s", path);
	free(name);
	return ok;
}

static bool write_direct(const char *path, struct span bytes, struct err *err)
{
	struct outfile f;
	if (!outfile_open(&f, path, err)) {
		err->kind = ERR_OUTPUT;
		return false;
	}
	bool ok = (outfile_write(&f, bytes) ||
			  err_set_errno(err, ERR_OUTPUT, "cannot write %s", path)) &&
		outfile_commit(&f, err);
	outfile_release(&f);
	return ok;
}

/* Gives a new file's descriptor, or -1 with errno set. */
static int make(const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(name, flags, 0666);
	/* Of a process that had our number and was killed. */
	if (fd < 0 && errno == EEXIST && unlink(name) == 0)
		fd = open(name, flags, 0666);
	return fd;
}

/* Writes it all, to the disk; false with errno set. */
static bool fill(int fd, struct span bytes, const struct stat *old)
{
	struct outfile f = { .fd = fd };
	return (!old || fchmod(fd, old->st_mode & 0777) == 0) && outfile_write(&f, bytes) &&
		fsync(fd) == 0;
}

bool state_file_replace(const char *path, struct span bytes, struct err *err)
{
	struct stat old;
	bool exists;
	if (is_direct(path, &old, &exists))
		return write_direct(path, bytes, err);
	char *name = real_name(path);
	if (!name)
		return err_set_errno(err, ERR_OUTPUT, "cannot write %s", path);
	char *beside = xasprintf("%s.%ld.new", name, (long)getpid());
	int fd = make(beside);
	bool ok = fd >= 0 && fill(fd, bytes, exists ? &old : NULL);
	if (!ok)
		err_set_errno(err, ERR_OUTPUT, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	if (ok && rename(beside, name) < 0)
		ok = err_set_errno(err, ERR_OUTPUT, "cannot rename %s to %s", beside, path);
	if (!ok && fd >= 0)
		unlink(beside);
	free(beside);
	free(name);
	return ok;
}
