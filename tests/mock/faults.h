/* SPDX-License-Identifier: MIT */
/*
 * faults: what an admitted request gets, good or bad.
 *
 * The script in its prompt decides; where there is none (or none any more), chance does, with the
 * rates of the command line. Chance depends on seed, prompt and attempt only, never on the order of
 * arrival. Knows no connection. One thread at a time.
 */
#pragma once

#include "ask.h"
#include "mock.h"
#include "reply.h"

#include <stdint.h>

/*
 * Fills *reply (zeroed; the caller releases it) and gives the milliseconds to wait before it is
 * sent.
 */
int64_t faults_reply(struct mock *m, const struct ask *ask, struct reply *reply);
