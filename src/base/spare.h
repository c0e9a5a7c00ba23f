/* SPDX-License-Identifier: MIT */
/*
 * spare: large memory that went, kept for what comes.
 *
 * Answers of megabytes are read in one thread and let go in another, thousands of them. From malloc
 * each would tear the heap a little further apart, or be given back to the system and asked for
 * anew. A few are kept. Any thread, without a lock.
 */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* Memory smaller than this is not worth it. */
#define SPARE_MIN_BYTES (256UL << 10)

/* Makes room for n bytes in an empty buf, of memory that went if there is some; false as
 * buf_reserve. */
bool spare_take(struct buf *b, size_t n);

/* Frees what b holds, or keeps the memory; b is empty then. Fine on a zeroed one. */
void spare_put(struct buf *b);
