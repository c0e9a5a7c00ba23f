/* SPDX-License-Identifier: MIT */
/*
 * chat: what a chat completion request asks, strictly read.
 *
 * Reads the body of POST /v1/chat/completions and refuses what OpenAI refuses. Knows neither HTTP
 * nor how the answer is made. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "reply.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A token is so many bytes, by the mock's rule. */
#define CHAT_TOKEN_BYTES 4

struct chat_ask {
	json_t *tree;          /* owned; keeps the strings below alive */
	const char *model;     /* borrowed from tree */
	struct buf prompt;     /* owned: the text of the last user message */
	uint64_t prompt_bytes; /* of the texts of all messages */
	int64_t max_tokens;    /* 0: as many as it takes */
	int64_t choices_n;
	bool is_streamed; /* the answer is wanted as a stream of events */
	bool wants_usage; /* with the tokens in the last of them */
};

/*
 * Reads a request body. False, with *e saying what is wrong as OpenAI would, if it is not JSON,
 * lacks model or messages, or has a member of a wrong type or out of range. Release ask in either
 * case.
 */
bool chat_read(struct chat_ask *ask, struct span body, struct api_error *e);

/* Frees what ask holds; fine on a zeroed one. */
void chat_release(struct chat_ask *ask);

/* Gives how many tokens a text of so many bytes is, rounded up. */
int64_t chat_tokens(uint64_t bytes);
