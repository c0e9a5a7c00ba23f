/* SPDX-License-Identifier: MIT */
/*
 * dry_run: a run in which nobody is asked and nothing is written but an estimate of what it would
 * ask (-n). The loop's thread.
 */
#pragma once

#include "app/config.h"
#include "app/endpoints.h"
#include "engine/estimate.h"
#include "engine/stats.h"
#include "io/outfile.h"

#include <stdbool.h>

/*
 * Changes what the options say, once they are complete: no key is read; the cache is only read;
 * what would be written goes nowhere, to no file; the run ends with the input and not before.
 */
void dry_run_prepare(struct config *c);

/*
 * Writes the estimate to `out`, of what the run has counted. Borrows all. False with err filled
 * (ERR_OUTPUT) if it cannot.
 */
bool dry_run_report(const struct estimate *e, const struct stats *stats,
	const struct endpoints *endpoints, struct outfile *out, struct err *err);
