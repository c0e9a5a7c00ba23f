/* SPDX-License-Identifier: MIT */
/*
 * outfile: a file that appears whole or not at all.
 *
 * Written as FILE.partial beside FILE, synced and renamed when the run has succeeded; otherwise
 * FILE is as it was. What is no regular file (/dev/null, a pipe, a terminal) is written directly. A
 * symbolic link to a file stands for the file. FILE.partial is locked: of two runs that would write
 * the same file the second is refused. What goes to a terminal is shown as base/visible has it, all
 * else gets the very bytes. One thread at a time.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct outfile {
	int fd;       /* -1 = not open */
	bool is_ours; /* opened here, not stdout */
	bool is_pipe; /* or a socket: its reader may go away */
	bool is_terminal;
	bool is_locked; /* FILE.partial is nobody else's */
	bool is_begun;  /* what an earlier run left in FILE.partial is gone */
	char *path;     /* owned: FILE; "standard output" when it is that */
	char *partial;  /* owned: FILE.partial; NULL = written directly, or renamed already */
};

/* True if that name is standard output: NULL, "-" or /dev/stdout. */
bool outfile_is_stdout(const char *path);

/*
 * Opens FILE.partial for writing; NULL, "-" or /dev/stdout is standard output. What an earlier run
 * has left in FILE.partial may be paid for: it stays until outfile_begin. An existing
 * FILE's permissions are kept, new files have 0666 less umask. False with f empty and err filled:
 * nothing has been sent yet. ERR_OUTPUT is said of a standard output that is closed, else ERR_FILE.
 */
bool outfile_open(struct outfile *f, const char *path, struct err *err);

/*
 * From here on FILE.partial is this run's: empties it. To be called when all is there that the run
 * needs; the first write and the commit do it else. False with errno set if it cannot.
 */
bool outfile_begin(struct outfile *f);

/*
 * Writes all the bytes, borrowed, however many calls it takes; waits if it must. While a
 * terminal is written to, the line at its bottom (see base/log.h) is away, until the bytes end with
 * a line feed. False with errno set if it cannot.
 */
bool outfile_write(struct outfile *f, struct span bytes);

/*
 * Gives how many bytes stand before the next one; -1 = they cannot be written over: it is a pipe or
 * a terminal, or was opened for appending.
 */
int64_t outfile_position(const struct outfile *f);

/*
 * Writes all the bytes, borrowed, over those that stand at that position; the next one goes where
 * it would have gone. False with errno set if it cannot.
 */
bool outfile_overwrite(struct outfile *f, int64_t position, struct span bytes);

/* Says where the bytes are that did not become FILE, if there are any. */
void outfile_tell_partial(const struct outfile *f);

/*
 * Syncs, closes, renames to FILE and syncs the directory; call once. Standard output stays open.
 * False with err filled (ERR_OUTPUT); FILE is then as it was.
 */
bool outfile_commit(struct outfile *f, struct err *err);

/*
 * Closes and leaves FILE.partial where it is, unless it is empty; frees the names. Fine on one that
 * is not open, or zeroed and not ours.
 */
void outfile_release(struct outfile *f);
