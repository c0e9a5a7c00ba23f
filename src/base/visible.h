/* SPDX-License-Identifier: MIT */
/*
 * visible: text as a terminal may see it. Knows nobody; pure.
 *
 * What a terminal would obey is shown instead of sent: C0 but newline and tab, DEL, C1 (U+0080 to
 * U+009F) and the controls of writing direction (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066
 * to U+2069) as \u001b, so that inside a JSON string the text still means the same; bytes that are
 * no UTF-8 as \x9b. Everything else, byte by byte, is as it was.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>

/* True if the text can be shown as it is. */
bool visible_is(struct span text);

/*
 * Appends the text so that it can be shown: whole characters, as many as the buffer has room for.
 */
void visible_put(struct buf *out, struct span text);
