/* SPDX-License-Identifier: MIT */
/*
 * private_file: the bytes of a file that nobody but its user and root can have written.
 *
 * Knows nothing of what they say. Start-up's thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * Appends the file's bytes to `out`, as far as its ceiling allows. If there is none, that is a
 * success and *is_there stays false. False with err filled (ERR_CONFIG, says what would help): it
 * is no regular file, larger than the ceiling, cannot be read; or it, or a directory that it or a
 * link to it stands in, belongs to another user, or may be written by group or others.
 */
bool private_file_read(const char *path, struct buf *out, bool *is_there, struct err *err);
