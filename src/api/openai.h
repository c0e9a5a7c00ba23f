/* SPDX-License-Identifier: MIT */
/*
 * openai: what the files of OpenAI's API share: how to read its answers, streams and errors.
 *
 * Private to the room api; openai_chat.c, which has the row, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads a finished attempt: the row's `read`. */
void openai_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void openai_read_usage(struct answer *answer);

/*
 * Reads a success that came as a stream of events, and puts what it said in the place of the
 * attempt's answer bytes.
 */
void openai_read_stream(struct attempt *attempt, struct answer *answer);

/*
 * Makes answer the failure that an error says: `root` is the scanned JSON that holds it, missing if
 * it is none, and `raw` the bytes as they came. Total: never OUTCOME_ANSWERED.
 */
void openai_read_error(
	const struct attempt *attempt, struct span raw, struct span root, struct answer *answer);

/* True if the value of a member "error" says that there is one: some say null in every answer. */
bool openai_is_error(struct span value);

/* Gives what a finish_reason means; FINISH_UNKNOWN for a missing or unknown one. */
enum finish openai_finish(struct span reason);

/*
 * Decides what the first choice amounts to, once its text and finish are in the answer; refusal is
 * escaped text or missing.
 */
void openai_judge(struct answer *answer, struct span refusal);

/* Makes answer a failure with these words. */
void openai_refuse(struct answer *answer, enum outcome outcome, const char *message);

/* Gives the inside of a string value, escaped; missing if the value is anything else. */
struct span openai_string(struct span value);

/* Gives a number of tokens, or a status; -1 if the value is none. */
int64_t openai_count(struct span value);
