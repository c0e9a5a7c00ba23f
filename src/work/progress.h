/* SPDX-License-Identifier: MIT */
/*
 * progress: a record's way through the steps of the plan.
 *
 * Says which steps may begin and makes their calls; joins the answers of a step that has all it
 * needs; says which calls nobody waits for any more; and, when nothing is left to do, what became
 * of the record. Asks nobody itself: the engine carries calls to and fro. Pure but for memory; the
 * thread that has the record.
 *
 *         begin -> (open -> settle...)... -> conclude
 *
 * Rules (product.md section 5): a step begins when all steps that its templates name have their
 * value. Join `all` wants every call answered, `vote` more than half, `first` one; --quorum says
 * fewer. As soon as that can no longer be reached, or `first` has one, the other calls are losers.
 * A step that failed leaves those that need it unrun, and nobody else.
 */
#pragma once

#include "work/plan.h"
#include "work/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives the record its stages. The steps whose bits are set in has_steps are done: the record has
 * their fields already, and so is what only they would have needed. True if nothing is left to do
 * (the fate is then FATE_SKIPPED).
 */
bool progress_begin(struct record *r, const struct plan *plan, uint64_t has_steps);

/*
 * Opens the next stage whose needs are met and gives it with its calls, which are all to be asked;
 * NULL = none may begin now.
 */
struct stage *progress_open(struct record *r, const struct plan *plan);

/*
 * Notes that a call of the record has settled, which is told once for each but the losers. Gives
 * its stage if that has ended by this; its losers are those of its calls that are not settled, and
 * the caller abandons them. Others may have settled without being told of yet: they change nothing
 * any more, but the record is not over before, and with the last of them its stage is given again.
 * Else NULL.
 */
struct stage *progress_settle(struct call *c, const struct plan *plan);

/* True if no stage is open, no call is on its way back, and no stage may be opened. */
bool progress_is_over(const struct record *r);

/* Sets the fate of a record that is over, and the failure if there is one. */
void progress_conclude(struct record *r, const struct plan *plan);

/*
 * Gives the value of a step for templates: JSON; missing = it has none. Borrowed from the record.
 */
struct span progress_value(const struct record *r, const struct plan *plan, unsigned step);
