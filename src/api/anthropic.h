/* SPDX-License-Identifier: MIT */
/*
 * anthropic: what the files of Anthropic's API share: how to read its answers and streams.
 *
 * Private to the room api; anthropic.c, which has the row, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "api/blocks.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

/* How its answers and streams are judged and kept. */
extern const struct blocks_style anthropic_blocks;

/* Reads a finished attempt: the row's `read`. */
void anthropic_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void anthropic_read_usage(struct answer *answer);

/* Reads a success that came as a stream of events, whose bytes are then given up. */
void anthropic_read_stream(struct attempt *attempt, struct answer *answer);

/* Gives the words, escaped, in which stop_details say why the model refused; missing if in none. */
struct span anthropic_refusal(struct span stop_details);
