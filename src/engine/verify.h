/* SPDX-License-Identifier: MIT */
/*
 * verify: whether an answer is what was wanted, and what is asked in place of it if not.
 *
 * json/schema knows what matches; here is what a model's text has to do with JSON. Pure; the loop's
 * thread.
 */
#pragma once

#include "work/answer.h"
#include "work/plan.h"
#include "work/request.h"

#include <stdbool.h>

/*
 * Reads an answered answer as JSON, without the fence that models like to put around it, and makes
 * that its value if it matches; else makes the answer an OUTCOME_MISMATCH with the reason as its
 * message.
 */
void verify_answer(const struct step *step, struct answer *answer);

/*
 * Makes a request whose answer did not match one that is asked again, with that answer and what was
 * wrong. False if it is of another outcome, or was asked again as often as --reasks says.
 */
bool verify_ask_again(struct request *q, const struct step *step);

/*
 * Makes a request whose answer was cut one that is asked for twice as many tokens, up to the step's
 * limit. False if it is of another outcome, or was asked for that many. Never the same request.
 */
bool verify_grow(struct request *q, const struct step *step);
