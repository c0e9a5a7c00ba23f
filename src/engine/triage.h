/* SPDX-License-Identifier: MIT */
/*
 * triage: what an API's word for the end of an attempt means to each policy.
 *
 * The one place where an outcome becomes a signal: an API knows no breaker, and a breaker knows no
 * outcome. Pure constants.
 */
#pragma once

#include "policy/breaker.h"
#include "policy/limit.h"
#include "policy/retry.h"
#include "work/outcome.h"

struct triage {
	enum trouble trouble;      /* to the one that decides about another try */
	enum limit_sign limit;     /* to the endpoint's limit of concurrency */
	enum breaker_sign breaker; /* to its breaker */
	bool may_be_own;           /* the record itself may have brought it about */
};

/* Gives what the outcome means; static. */
const struct triage *triage_of(enum outcome outcome);
