/* SPDX-License-Identifier: MIT */
/* traffic: what has gone over the wire, counted by how it ended. Zeroed, it is empty. Pure. */
#pragma once

#include "base/histogram.h"
#include "work/outcome.h"

#include <stdint.h>

struct traffic {
	uint64_t ended_n[OUTCOMES_N];   /* attempts, by how they ended */
	uint64_t retries_n[OUTCOMES_N]; /* attempts after a failure, by that failure */
	struct histogram latency;       /* of those with an answer: milliseconds to its end */
	struct histogram first_byte;    /* likewise, to the first byte of its body */
};
