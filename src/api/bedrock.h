/* SPDX-License-Identifier: MIT */
/*
 * bedrock: what the files of Amazon's API share: how to read its answers and streams.
 *
 * Private to the room api; bedrock.c, which has the row, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "api/blocks.h"
#include "work/answer.h"
#include "work/attempt.h"

/* How its answers and streams are judged and kept. */
extern const struct blocks_style bedrock_blocks;

/* Reads a finished attempt: the row's `read`. */
void bedrock_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void bedrock_read_usage(struct answer *answer);

/* Gives the name, escaped, in what an answer says of the tier of service; missing = none. */
struct span bedrock_tier(struct span service_tier);

/* Reads a success that came as a binary stream of events, whose bytes are then given up. */
void bedrock_read_stream(struct attempt *attempt, struct answer *answer);
