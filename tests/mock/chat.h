/* SPDX-License-Identifier: MIT */
/*
 * chat: OpenAI's chat completions, and those that resemble them.
 *
 * What the rows of the dialect share: reading a request (chat.c) and writing answers
 * (chat_answer.c). Knows neither HTTP nor faults. One thread at a time.
 */
#pragma once

#include "dialect.h"

/* The readers of the rows; see struct dialect. */
bool chat_read(struct ask *ask, const struct arrival *a, struct api_error *e);

/* Reads the model's name, which Azure may have in the path. */
bool chat_read_model(struct ask *ask, const struct arrival *a, struct api_error *e);

/* Reads `response_format` or its like: the schema, strictly. Format may be NULL. */
bool chat_read_schema(
	struct ask *ask, const json_t *format, const char *param, struct api_error *e);

/* Reads `stream` and `stream_options`. */
bool chat_read_stream(struct ask *ask, struct api_error *e);

/* The writers of the rows. */
struct buf chat_whole(const struct answer *a);
struct buf chat_stream(const struct answer *a);

/* Appends `,"usage":{...}` as chat completions and completions have it, or nothing. */
void chat_put_usage(struct buf *out, const struct answer *a);

/* Gives the name of a finish reason. */
const char *chat_finish(const struct answer *a, enum answer_finish finish);

/* Fills the reply with an error as OpenAI, and most others, tell it. */
void openai_refuse(struct reply *r, const struct api_error *e);
