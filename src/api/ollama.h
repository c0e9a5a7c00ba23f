/* SPDX-License-Identifier: MIT */
/*
 * ollama: what the files of Ollama's API share: how to read its answers.
 *
 * Private to the room api; ollama.c, which has the row, writes the requests. Pure; the loop's
 * thread.
 */
#pragma once

#include "work/answer.h"
#include "work/attempt.h"

/* Reads a finished attempt: the row's `read`. */
void ollama_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void ollama_read_usage(struct answer *answer);
