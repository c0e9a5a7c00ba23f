/* SPDX-License-Identifier: MIT */
/*
 * answer: the chat completion that is given, always the same for the same request.
 *
 * Knows neither HTTP nor faults of transport; what a model itself can do wrong (refuse, stop short,
 * call a tool) is a shape. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "chat.h"

#include <stdint.h>

/* What the text is made of, unless the prompt says `[[answer:TEXT]]`. */
struct answer_style {
	enum answer_kind { ANSWER_ECHO, ANSWER_WORDS, ANSWER_FIXED } kind;
	uint64_t words_n;  /* of ANSWER_WORDS */
	struct span fixed; /* of ANSWER_FIXED; borrowed, valid UTF-8 */
};

/* What the server says when it fails in the middle of an answer, though the status was 200. */
#define ANSWER_ERROR                                                              \
	"{\"error\":{\"message\":\"Upstream failed.\",\"type\":\"server_error\"," \
	"\"param\":null,\"code\":null}}"

/* The most words that may be asked for. */
#define ANSWER_WORDS_MAX 1000000

enum answer_shape {
	SHAPE_TEXT,
	SHAPE_NULL,    /* content null, and no refusal */
	SHAPE_REFUSAL, /* content null, refusal set */
	SHAPE_FILTER,  /* finish_reason content_filter */
	SHAPE_LENGTH,  /* half the text, finish_reason length */
	SHAPE_TOOLS,   /* content null, one tool call */
	SHAPE_EMPTY,   /* no choices at all */
	SHAPE_ERROR,   /* of a stream: half the text, then an error */
};

/* Gives the body of the answer, JSON, to be released by the caller. Borrows all it is given. */
struct buf answer_body(
	const struct chat_ask *ask, const struct answer_style *style, enum answer_shape shape);

/*
 * Gives the same as a stream of events, each with its empty line; texts come in pieces of a token,
 * cut between characters. To be released by the caller. Borrows all it is given.
 */
struct buf answer_stream(
	const struct chat_ask *ask, const struct answer_style *style, enum answer_shape shape);
