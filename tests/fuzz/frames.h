/* SPDX-License-Identifier: MIT */
/*
 * frames: writes messages of Amazon's event stream, for unit tests and fuzz targets.
 *
 * Everything is borrowed. Any thread.
 */
#pragma once

#include "base/buf.h"

/* Appends a header whose value is a text of at most 65535 bytes; its name has at most 255. */
void frames_put_header(struct buf *out, const char *name, struct span value);

/* Appends a whole message with these headers and this payload. */
void frames_put(struct buf *out, struct span headers, struct span payload);
