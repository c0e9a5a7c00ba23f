/* SPDX-License-Identifier: MIT */
/*
 * compact: a JSON value without the white space around its parts.
 *
 * What stands in strings is kept byte for byte, numbers are not re-printed: the value is the same
 * and so is every part of it. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>

/*
 * Appends a scanned value, borrowed (it must not lie in out), without white space outside strings.
 * Never more bytes than the value has. False, out possibly holding a part, only at the ceiling.
 */
bool json_compact(struct span value, struct buf *out);
