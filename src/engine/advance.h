/* SPDX-License-Identifier: MIT */
/*
 * advance: moves records on through their steps.
 *
 * work/progress says which step may begin and who has lost; here its calls are put to the
 * scheduler, and those of the losers are taken from it. The loop's thread.
 */
#pragma once

#include "engine/sched.h"
#include "work/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Begins a record: has_steps are the steps whose fields it has already, and keeps (see
 * work/progress.h). True if nothing is to be asked: its fate is known.
 */
bool advance_begin(struct sched *s, struct record *r, uint64_t has_steps);

/*
 * Takes a call that has settled. True if all of its record is over by that: its fate is known, and
 * no call of it is inside.
 */
bool advance_settle(struct sched *s, struct call *call);

/*
 * Lets go of a record that is begun, not over, and of no use any more; what only it was waiting for
 * is cut off. True: it has failed as cancelled and is over. False: answers of it are on their way
 * already, and it will be over by them.
 */
bool advance_abandon(struct sched *s, struct record *r);
