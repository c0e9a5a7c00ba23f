/* SPDX-License-Identifier: MIT */
/*
 * metrics_merge: the metrics of a job and those of other jobs, in one file. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stddef.h>

/*
 * Appends the text, which metrics_put has made, and in each metric what `before`, a file that was
 * made so, has of other jobs. Total whatever `before` holds: what is not understood there is not
 * kept. Gives how many jobs are left out, each of them whole, for there is no room for all below
 * the ceiling of out: those whose last run is longest ago. Borrows both; neither lies in out.
 */
size_t metrics_merge(struct span text, struct span before, struct buf *out);
