/* SPDX-License-Identifier: MIT */
/*
 * verify: whether an answer is what its step's schema says.
 *
 * json/schema knows what matches; here is what a model's text has to do with JSON. Pure; the loop's
 * thread.
 */
#pragma once

#include "work/answer.h"
#include "work/call.h"
#include "work/plan.h"

/*
 * Reads an answered answer as JSON, without the fence that models like to put around it, and makes
 * that its value if it matches; else makes the answer an OUTCOME_MISMATCH with the reason as its
 * message.
 */
void verify_answer(const struct step *step, struct answer *answer);

/* Makes the call one that is asked again: with its answer, which did not match, and the reason. */
void verify_ask_again(struct call *call, const struct step *step);
