/* SPDX-License-Identifier: MIT */
#include "engine/triage.h"

#include "t.h"

TEST("too fast touches neither the limit nor the breaker")
{
	CHECK_INT(triage_of(OUTCOME_RATE)->limit, LIMIT_SILENT);
	CHECK_INT(triage_of(OUTCOME_RATE)->breaker, BREAKER_NEITHER);
	CHECK_INT(triage_of(OUTCOME_RATE)->trouble, TROUBLE_PACE);
}

TEST("what is wrong with a record shows that its endpoint works")
{
	static const enum outcome own[] = { OUTCOME_REQUEST, OUTCOME_TOO_LONG, OUTCOME_POLICY,
		OUTCOME_TRUNCATED, OUTCOME_TOO_LARGE, OUTCOME_ANSWERED };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		CHECK_INT(triage_of(own[i])->breaker, BREAKER_SUCCESS);
		CHECK_INT(triage_of(own[i])->limit, LIMIT_TAKEN);
		CHECK_INT(triage_of(own[i])->trouble, TROUBLE_PERMANENT);
	}
}

TEST("only too much at once and no answer in time lower the limit")
{
	for (int o = 0; o < OUTCOMES_N; o++)
		CHECK_INT(triage_of((enum outcome)o)->limit == LIMIT_REFUSED,
			o == OUTCOME_CAPACITY || o == OUTCOME_TIMEOUT);
}

TEST("only the endpoint's own troubles open its breaker")
{
	for (int o = 0; o < OUTCOMES_N; o++)
		CHECK_INT(triage_of((enum outcome)o)->breaker == BREAKER_FAILURE,
			o == OUTCOME_CAPACITY || o == OUTCOME_FAULT || o == OUTCOME_TIMEOUT ||
				o == OUTCOME_TRANSPORT);
}

TEST("a refusal for load or pace is never the record's own doing")
{
	CHECK(!triage_of(OUTCOME_CAPACITY)->may_be_own);
	CHECK(!triage_of(OUTCOME_RATE)->may_be_own);
	CHECK(triage_of(OUTCOME_FAULT)->may_be_own);
}
