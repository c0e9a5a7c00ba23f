/* SPDX-License-Identifier: MIT */
/*
 * look: the run as others see it: its sums, and views of it while it is on. Private to
 * engine/pipeline.
 */
#pragma once

#include "engine/pipeline_state.h"

/* Gets the watcher's first look on its way. */
void look_begin(struct pipeline *p);

/*
 * Has the watcher look, if that is due: before the loop sleeps, when what holds it back is known.
 */
void look_out(struct pipeline *p);

/* Has the watcher look because somebody asks. */
void look_asked(struct pipeline *p);

/* Writes down in the run's stats what its rooms have counted so far. */
void look_sum_up(struct pipeline *p);

/* Has a watcher who still wants to look do so once more, when the run is over and summed up. */
void look_last(struct pipeline *p);
