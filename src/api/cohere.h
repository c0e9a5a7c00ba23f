/* SPDX-License-Identifier: MIT */
/*
 * cohere: what the files of Cohere's chat share: how to read its answers and streams.
 *
 * Private to the room api; cohere_chat.c, which has the row, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

/* Reads a finished attempt: the row's `read`. */
void cohere_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void cohere_read_usage(struct answer *answer);

/* Reads a success that came as a stream of events, whose bytes are then given up. */
void cohere_read_stream(struct attempt *attempt, struct answer *answer);

/* Gives what a finish_reason means; FINISH_UNKNOWN for a missing or unknown one. */
enum finish cohere_finish(struct span reason);

/*
 * Gives the text, escaped, of a block of content, or of a piece of one; missing if it has none, as
 * what a model thinks has not.
 */
struct span cohere_text_of(struct span block);
