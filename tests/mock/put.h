/* SPDX-License-Identifier: MIT */
/*
 * put: JSON is written into a buffer, as it goes.
 *
 * Written, not built, because at full load a tree costs more than the whole exchange. Knows no API.
 * Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdint.h>

/* Appends a text as a JSON string; the text must be valid UTF-8. */
void put_string(struct buf *out, struct span text);

/* Appends a name (with its punctuation) and a number. */
void put_number(struct buf *out, const char *name, int64_t number);

/*
 * Appends a format in which ' stands for " and which may contain
 *   %s  const char *: as a JSON string        %r  const char *: as it is
 *   %t  struct span: as a JSON string         %d  int64_t: in decimal
 *   %x  uint64_t: 16 hexadecimal digits
 */
void put_json(struct buf *out, const char *format, ...);

/* Begins an event of a stream: `event: NAME` unless name is NULL, and `data: `. */
void put_event(struct buf *out, const char *name);

/* Ends it. */
void put_event_end(struct buf *out);
