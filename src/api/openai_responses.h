/* SPDX-License-Identifier: MIT */
/*
 * openai_responses: what the two files of OpenAI's Responses share.
 *
 * Private to the room api. Pure; the loop's thread.
 */
#pragma once

#include "work/answer.h"
#include "work/attempt.h"

/* Reads a finished attempt: the row's `read`. */
void openai_responses_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void openai_responses_read_usage(struct answer *answer);
