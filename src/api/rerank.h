/* SPDX-License-Identifier: MIT */
/*
 * rerank: what the files of the rerank APIs share: how to read their answers.
 *
 * Private to the room api; rerank.c, which has the rows, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "work/answer.h"
#include "work/attempt.h"

/* Reads a finished attempt, of whichever of these APIs: the rows' `read`. */
void rerank_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the rows' `read_usage`. */
void rerank_read_usage(struct answer *answer);
