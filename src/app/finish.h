/* SPDX-License-Identifier: MIT */
/*
 * finish: how a run ends that writes records, whatever it did with them. The loop's thread.
 */
#pragma once

#include "app/config.h"
#include "app/filter.h"
#include "app/stops.h"
#include "engine/verdict.h"

/*
 * Writes out the rest, and makes the files what the exit code promises. Says in v whether the
 * output failed, of which a message has been said, unless its reader went away.
 */
struct ending finish_run(struct writer *writer, struct verdict *v, const struct accept *accept);

/* The command line will not do: says why, and where that stands. Gives the exit code. */
int finish_refused(const struct config *config, struct err *err);
