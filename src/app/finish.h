/* SPDX-License-Identifier: MIT */
/*
 * finish: how a run ends that writes records, whatever it did with them. The loop's thread.
 */
#pragma once

#include "app/config.h"
#include "app/filter.h"
#include "app/stops.h"
#include "engine/verdict.h"

#include <stdbool.h>

/*
 * Writes out the rest. Says in v whether the output failed, of which a message has been said,
 * unless its reader went away. Gives how the process will end, as far as it is known now.
 */
struct ending finish_writing(struct writer *writer, struct verdict *v, const struct accept *accept);

/*
 * Makes the files what the exit code promises: call once, after finish_writing. False, with the
 * exit code changed and a message said, if it cannot.
 */
bool finish_files(struct writer *writer, const struct verdict *v, struct ending *ending);

/* The command line will not do: says why, and where that stands. Gives the exit code. */
int finish_refused(const struct config *config, struct err *err);
