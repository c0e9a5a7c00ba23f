/* SPDX-License-Identifier: MIT */
/*
 * Too fast is no failure: neither the limit nor the breaker hears of it, only the pace. Too much at
 * once is the limit's business; the breaker hears of it too, but believes it only where nothing is
 * taken any more (see gates.c). A request that is wrong shows that the endpoint works. Of what was
 * cancelled, or came as an answer that is none, nothing follows.
 */
#include "engine/triage.h"

#include <assert.h>

static const struct triage table[OUTCOMES_N] = {
	[OUTCOME_ANSWERED] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_RATE] = { TROUBLE_PACE, LIMIT_SILENT, BREAKER_NEITHER, false },
	[OUTCOME_CAPACITY] = { TROUBLE_LOAD, LIMIT_REFUSED, BREAKER_FAILURE, false },
	[OUTCOME_FAULT] = { TROUBLE_LOAD, LIMIT_SILENT, BREAKER_FAILURE, true },
	[OUTCOME_QUOTA] = { TROUBLE_PERMANENT, LIMIT_SILENT, BREAKER_NEITHER, false },
	[OUTCOME_AUTH] = { TROUBLE_PERMANENT, LIMIT_SILENT, BREAKER_NEITHER, false },
	[OUTCOME_NOT_FOUND] = { TROUBLE_PERMANENT, LIMIT_SILENT, BREAKER_NEITHER, false },
	[OUTCOME_REQUEST] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_TOO_LONG] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_POLICY] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_TRANSPORT] = { TROUBLE_LINK, LIMIT_SILENT, BREAKER_FAILURE, true },
	[OUTCOME_TIMEOUT] = { TROUBLE_LOAD, LIMIT_REFUSED, BREAKER_FAILURE, true },
	[OUTCOME_CONFLICT] = { TROUBLE_DOUBTFUL, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_BAD_RESPONSE] = { TROUBLE_DOUBTFUL, LIMIT_SILENT, BREAKER_NEITHER, false },
	[OUTCOME_TOO_LARGE] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_TRUNCATED] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_MISMATCH] = { TROUBLE_PERMANENT, LIMIT_TAKEN, BREAKER_SUCCESS, false },
	[OUTCOME_CANCELLED] = { TROUBLE_PERMANENT, LIMIT_SILENT, BREAKER_NEITHER, false },
};

const struct triage *triage_of(enum outcome outcome)
{
	assert(outcome < OUTCOMES_N);
	return &table[outcome];
}
