/* SPDX-License-Identifier: MIT */
/*
 * again: what becomes of a request whose attempt has failed. Private to engine/sched.
 *
 * It may be asked again, after a while or at once, in other words, elsewhere, or, being a pack, in
 * parts; or this was the end of it. Time is an argument. The loop's thread.
 */
#pragma once

#include "engine/flight.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * True if the request is asked again in other words, for its answer was not what it should be.
 */
bool again_in_other_words(struct sched *s, struct request *q, int64_t now_ms);

/*
 * True if the request of this flight, its last, goes on: it, or its parts, are in the queue now; or
 * if it is over, and settled.
 */
bool again(struct sched *s, struct flight *f, int64_t now_ms);
