/* SPDX-License-Identifier: MIT */
/*
 * The steps are those of every careful editor: write beside, fsync, rename, fsync the directory.
 * Three things are less usual. The partial file is opened without following a link that somebody
 * may have planted under its name. It is locked before it is emptied, and after locking its name is
 * looked at again: a run that held it may have renamed it to FILE in between, and then what we have
 * open is that run's result. And standard output is "closed" through a duplicate, because on some
 * file systems only closing says that the disk is full.
 *
 * The partial file is emptied only when the run begins: one that cannot start leaves the answers of
 * the one before.
 *
 * Results, and what is reported of them, leave the program through outfile_write, so here is the
 * place that keeps controls from a terminal, whatever the bytes are.
 */
#include "io/outfile.h"

#include "base/log.h"
#include "base/units.h"
#include "base/visible.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A terminal gets that much at once; escaped it is up to six times as much. */
enum { SHOWN_BYTES = 16 << 10 };

static const struct outfile closed = { .fd = -1 };

/* True if the name still stands for the open file. */
static bool is_same_file(int fd, const char *path)
{
	struct stat opened, named;
	return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
		opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Locks the partial file. */
static bool seize(struct outfile *f, struct err *err)
{
	struct stat st;
	if (fstat(f->fd, &st) < 0)
		return err_set_errno(err, ERR_FILE, "cannot look at %s", f->partial);
	if (!S_ISREG(st.st_mode))
		return err_set(
			err, ERR_FILE, "%s is in the way, and it is no regular file", f->partial);
	/* A file system without locks is no reason not to write; another run is. */
	f->is_locked = flock(f->fd, LOCK_EX | LOCK_NB) == 0;
	bool is_taken = !f->is_locked && errno == EWOULDBLOCK;
	f->is_locked = f->is_locked && is_same_file(f->fd, f->partial);
	if (is_taken || !is_same_file(f->fd, f->partial))
		return err_set(err, ERR_FILE,
			"%s is being written by another run or for another option", f->partial);
	return true;
}

/*
 * Gives N for /dev/stderr and /dev/fd/N: not a name to write beside, but a descriptor of ours. -1
 * for others.
 */
static int descriptor_of(const char *path)
{
	int64_t n;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (strncmp(path, "/dev/fd/", 8) != 0 || !units_parse_int(span_of(path + 8), &n) || n < 0 ||
		n > 1 << 20)
		return -1;
	return (int)n;
}

/*
 * True if a descriptor that we were given can be written to; else errno is what a write would say,
 * and that would come when answers are paid for.
 */
static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	bool is_fine = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
	if (!is_fine)
		errno = EBADF;
	return is_fine;
}

static bool open_stdout(struct outfile *f, struct err *err)
{
	f->path = xstrdup("standard output");
	if (!is_writable(STDOUT_FILENO))
		return err_set_errno(err, ERR_OUTPUT,
			"cannot write %s" LOG_HELP
			"it is closed, or open for reading only: give it a file or a pipe",
			f->path);
	f->fd = STDOUT_FILENO;
	return true;
}

static bool open_directly(struct outfile *f, struct err *err)
{
	int given = descriptor_of(f->path);
	if (given >= 0) {
		f->fd = is_writable(given) ? fcntl(given, F_DUPFD_CLOEXEC, 3) : -1;
		return f->fd >= 0 || err_set_errno(err, ERR_FILE, "cannot write %s", f->path);
	}
	f->fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return f->fd >= 0 || err_set_errno(err, ERR_FILE, "cannot write %s", f->path);
}

static bool open_partial(struct outfile *f, const struct stat *existing, struct err *err)
{
	f->partial = xasprintf("%s.partial", f->path);
	/*
	 * O_NONBLOCK: not to wait for the reader of a pipe of that name; for a file it means
	 * nothing.
	 */
	f->fd = open(f->partial,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (f->fd < 0)
		return err_set_errno(err, ERR_FILE, "cannot write %s", f->partial);
	if (!seize(f, err))
		return false;
	if (existing && fchmod(f->fd, existing->st_mode & 0777) < 0)
		return err_set_errno(
			err, ERR_FILE, "cannot give %s the permissions of %s", f->partial, f->path);
	return true;
}

static bool is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool open_path(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;
	f->is_ours = true;
	bool exists = stat(path, &st) == 0;
	char *real = exists ? realpath(path, NULL) : NULL;
	bool is_direct = descriptor_of(path) >= 0 || (exists && (!S_ISREG(st.st_mode) || !real));
	f->path = real && !is_direct ? xstrdup(real) : xstrdup(path);
	free(real);
	return is_direct ? open_directly(f, err) : open_partial(f, exists ? &st : NULL, err);
}

bool outfile_is_stdout(const char *path)
{
	return !path || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

bool outfile_open(struct outfile *f, const char *path, struct err *err)
{
	*f = closed;
	if (!(outfile_is_stdout(path) ? open_stdout(f, err) : open_path(f, path, err))) {
		outfile_release(f);
		return false;
	}
	f->is_pipe = is_pipe(f->fd);
	f->is_terminal = isatty(f->fd) == 1;
	return true;
}

static bool write_exactly(const struct outfile *f, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(f->fd, bytes.at, bytes.n);
		if (n >= 0) {
			bytes = (struct span){ .at = bytes.at + n, .n = bytes.n - (size_t)n };
			continue;
		}
		/* Somebody who shares our standard output may have made it non-blocking. */
		struct pollfd p = { .fd = f->fd, .events = POLLOUT };
		if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			return false;
	}
	return true;
}

/* Gives the beginning of the bytes that is shown at once: it ends between two characters. */
static struct span shown_first(struct span bytes)
{
	size_t n = SHOWN_BYTES;
	if (bytes.n <= n)
		return bytes;
	/* No character is longer than four bytes: what seems to be is none. */
	while (n > SHOWN_BYTES - 4 && ((unsigned char)bytes.at[n] & 0xc0) == 0x80)
		n--;
	return (struct span){ bytes.at, n };
}

static bool write_shown(const struct outfile *f, struct span bytes)
{
	bool ok = true, is_whole_line = bytes.n > 0 && bytes.at[bytes.n - 1] == '\n';
	struct buf text;
	if (bytes.n == 0)
		return true;
	buf_init(&text, (size_t)SHOWN_BYTES * 6);
	log_hide_status();
	while (ok && bytes.n > 0) {
		struct span first = shown_first(bytes);
		buf_clear(&text);
		visible_put(&text, first);
		ok = write_exactly(f, buf_span(&text));
		bytes = (struct span){ bytes.at + first.n, bytes.n - first.n };
	}
	/* Drawn behind half a line, the line at the bottom would erase it. */
	if (ok && is_whole_line)
		log_show_status();
	else
		log_leave_half_line();
	buf_release(&text);
	return ok;
}

bool outfile_begin(struct outfile *f)
{
	if (f->partial && !f->is_begun && ftruncate(f->fd, 0) < 0)
		return false;
	f->is_begun = true;
	return true;
}

bool outfile_write(struct outfile *f, struct span bytes)
{
	if (!outfile_begin(f))
		return false;
	return f->is_terminal ? write_shown(f, bytes) : write_exactly(f, bytes);
}

int64_t outfile_position(const struct outfile *f)
{
	int flags = fcntl(f->fd, F_GETFL);
	/* Whatever position it is told, Linux writes what is appended at the end. */
	return flags < 0 || flags & O_APPEND ? -1 : (int64_t)lseek(f->fd, 0, SEEK_CUR);
}

bool outfile_overwrite(struct outfile *f, int64_t position, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = pwrite(f->fd, bytes.at, bytes.n, (off_t)position);
		if (n < 0 && errno != EINTR)
			return false;
		size_t written_n = n < 0 ? 0 : (size_t)n;
		bytes = (struct span){ .at = bytes.at + written_n, .n = bytes.n - written_n };
		position += (int64_t)written_n;
	}
	return true;
}

/* True if it is empty, and ours to take away. */
static bool is_litter(const struct outfile *f)
{
	struct stat st;
	return f->is_locked && f->partial && f->fd >= 0 && fstat(f->fd, &st) == 0 &&
		st.st_size == 0 && is_same_file(f->fd, f->partial);
}

void outfile_tell_partial(const struct outfile *f)
{
	struct stat st;
	if (f->fd < 0 || !f->partial || !f->is_begun || is_litter(f))
		return;
	bool is_absent = stat(f->path, &st) != 0 && errno == ENOENT;
	log_say(LOG_WARNING, "%s %s; what was written is in %s", f->path,
		is_absent ? "was not made" : "is left as it was", f->partial);
}

/*
 * The file is whole with or without this; it makes its name outlive a power cut, where the file
 * system can.
 */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = slash ? xmemdup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(name);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static bool commit_direct(struct outfile *f, struct err *err)
{
	int fd = f->is_ours ? f->fd : dup(f->fd);
	if (f->is_ours)
		f->fd = -1;
	/* Linux has closed it even when it says EINTR. */
	if (fd < 0 || (close(fd) < 0 && errno != EINTR))
		return err_set_errno(err, ERR_OUTPUT, "cannot write %s", f->path);
	return true;
}

bool outfile_commit(struct outfile *f, struct err *err)
{
	if (!f->partial)
		return commit_direct(f, err);
	if (!outfile_begin(f) || fsync(f->fd) < 0)
		return err_set_errno(err, ERR_OUTPUT, "cannot write %s", f->partial);
	/* Renamed while still open, and so locked: nobody else can have taken the name. */
	if (rename(f->partial, f->path) < 0)
		return err_set_errno(
			err, ERR_OUTPUT, "cannot rename %s to %s", f->partial, f->path);
	close(f->fd);
	f->fd = -1;
	free(f->partial);
	f->partial = NULL;
	sync_directory(f->path);
	return true;
}

void outfile_release(struct outfile *f)
{
	if (is_litter(f))
		unlink(f->partial);
	if (f->is_ours && f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f->partial);
	*f = closed;
}
