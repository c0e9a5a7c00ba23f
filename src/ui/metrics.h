/* SPDX-License-Identifier: MIT */
/*
 * metrics: what runs have counted, in the text format of Prometheus, as node_exporter's textfile
 * collector wants it: no timestamps, a line end at the end. Pure.
 *
 * Each run adds its counts to those that the file had before, so that counters only rise, and says
 * of itself what gauges are for. Other jobs in the file are for metrics_merge.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "engine/stats.h"
#include "engine/verdict.h"

#include <stdint.h>

/* What the metrics are of; borrowed. */
struct metrics {
	const struct stats *stats;
	const struct verdict *verdict;
	int exit_code;      /* as it will be; 128 + signal where that ends it */
	const char *job;    /* --job-name */
	int64_t now_s;      /* wall clock, seconds since 1970 */
	struct span before; /* the file that this run counts on from, or empty */
};

/*
 * Appends all metrics, of this job alone. Total whatever `before` holds: what is not understood
 * there was nothing.
 */
void metrics_put(const struct metrics *m, struct buf *out);
