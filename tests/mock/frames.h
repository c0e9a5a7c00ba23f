/* SPDX-License-Identifier: MIT */
/*
 * frames: Amazon's event stream: messages in binary, with their checksums.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

/* Appends a message: `kind` is event, exception or error, `type` the name of it; JSON inside. */
void frames_put(struct buf *out, const char *kind, const char *type, struct span payload);
