/* SPDX-License-Identifier: MIT */
/*
 * result_batch: the line that a settled record of a batch file leaves as.
 *
 * Written as the Batch APIs write their results, so that what reads those reads ours. An answer is
 * the server's own bytes, made one line. Pure; the writer's thread.
 */
#pragma once

#include "base/buf.h"
#include "work/plan.h"
#include "work/record.h"

/*
 * Appends the record's line, without its end, in that format, which is not BATCH_NONE. Out is full
 * at its ceiling.
 */
void result_batch_put(struct buf *out, const struct record *r, enum batch format);
