/* SPDX-License-Identifier: MIT */
/*
 * What is checked is what is read: the directory is opened and looked at, the file is opened in
 * that directory and looked at, and then it is read, each through its descriptor. Where the path
 * leads through a link, the directory that really holds the file is looked at too: whoever may
 * write there may replace it.
 */
#include "cli/private_file.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory's part of a path, allocated. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xmemdup(path, (size_t)(slash - path));
}

static bool check_owner(const char *path, const struct stat *st, struct err *err)
{
	if (st->st_uid == geteuid() || st->st_uid == 0)
		return true;
	return err_set(err, ERR_CONFIG,
		"%s belongs to another user, who may change where your requests go" LOG_HELP
		"chown it, or give --no-config",
		path);
}

/*
 * In a directory like /tmp everybody may write, but nobody may replace what is another's; the file
 * is, when it has passed.
 */
static bool check_stat(const char *path, const struct stat *st, struct err *err)
{
	bool is_shared = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
	if (!check_owner(path, st, err))
		return false;
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || is_shared)
		return true;
	return err_set(err, ERR_CONFIG,
		"%s may be written by others, who may change where your requests go" LOG_HELP
		"chmod go-w %s",
		path, path);
}

/* Checks where the path leads in the end; the path itself has been checked. */
static bool check_real_place(const char *path, struct err *err)
{
	char *real = realpath(path, NULL);
	struct stat st;
	if (!real)
		return err_set_errno(err, ERR_CONFIG, "cannot read %s", path);
	char *dir = directory_of(real);
	bool ok = stat(dir, &st) == 0 ? check_stat(dir, &st, err)
				      : err_set_errno(err, ERR_CONFIG, "cannot read %s", path);
	free(dir);
	free(real);
	return ok;
}

static bool read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		char chunk[4096];
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_CONFIG, "cannot read %s", path);
		if (!buf_put(out, chunk, (size_t)n))
			return err_set(
				err, ERR_CONFIG, "%s is larger than %zu bytes", path, out->max);
	}
}

static bool read_checked(int fd, const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_set_errno(err, ERR_CONFIG, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s is not a regular file", path);
	return check_stat(path, &st, err) && check_real_place(path, err) &&
		read_all(fd, path, out, err);
}

/* Opens and checks the directory; -1 with *is_there false if there is none, or with err filled. */
static int open_directory(const char *path, bool *is_there, struct err *err)
{
	struct stat st;
	char *dir = directory_of(path);
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A home that may not be entered, as of some services, has no file for us. */
	*is_there = fd >= 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES);
	if (*is_there && (fd < 0 || fstat(fd, &st) != 0))
		err_set_errno(err, ERR_CONFIG, "cannot open %s", dir);
	else if (*is_there && check_stat(dir, &st, err)) {
		free(dir);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	free(dir);
	return -1;
}

bool private_file_read(const char *path, struct buf *out, bool *is_there, struct err *err)
{
	int dir = open_directory(path, is_there, err);
	if (dir < 0)
		return !*is_there;
	const char *slash = strrchr(path, '/');
	/* Without O_NONBLOCK a FIFO would be waited for. */
	int fd =
		openat(dir, slash ? slash + 1 : path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = errno;
	close(dir);
	*is_there = fd >= 0 || error != ENOENT;
	if (!*is_there)
		return true;
	errno = error;
	if (fd < 0)
		return err_set_errno(err, ERR_CONFIG, "cannot open %s", path);
	bool ok = read_checked(fd, path, out, err);
	close(fd);
	return ok;
}
