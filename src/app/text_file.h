/* SPDX-License-Identifier: MIT */
/*
 * text_file: a file that an option or a flow file names, read whole. Start-up only.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* The ceiling of prompts and schemas. */
enum { TEXT_FILE_MAX_BYTES = 16 << 20 };

/*
 * Appends the file's bytes to out. False with err filled (ERR_FILE,
 * beginning with label, such as "--schema") if it cannot be read or passes out's ceiling.
 */
bool text_file_read(const char *label, const char *path, struct buf *out, struct err *err);
