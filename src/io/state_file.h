/* SPDX-License-Identifier: MIT */
/*
 * state_file: a small file that every run replaces, at once, and may look into before. Start and
 * end of a run only.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * Appends what is in the file, if it is a regular one and within out's ceiling. False, with nothing
 * appended, if not.
 */
bool state_file_read(const char *path, struct buf *out);

/*
 * Waits until no other process is between this and state_file_unlock for a file in the same
 * directory, so that what is read is still there when it is replaced; for two seconds at most, and
 * not where the file system has no locks: then it goes on without. Gives what state_file_unlock
 * takes.
 */
int state_file_lock(const char *path);

/* Lets the next one. */
void state_file_unlock(int lock);

/*
 * False with err filled (ERR_FILE) if a file of that name could not be put there now: so that it is
 * known before anything is paid for.
 */
bool state_file_check(const char *path, struct err *err);

/*
 * Puts a file with these bytes, borrowed, in the place of what is there: whoever looks sees the old
 * one or the new one, never a part. It has the permissions of the old one, or 0666 less umask. A
 * symbolic link stays, and stands for what it leads to, which may not be there yet. What is no
 * regular file, "-" among them, is written to. False with err filled (ERR_OUTPUT) and the old one
 * as it was.
 */
bool state_file_replace(const char *path, struct span bytes, struct err *err);
