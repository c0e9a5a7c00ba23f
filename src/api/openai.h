/* SPDX-License-Identifier: MIT */
/*
 * openai: what the files of OpenAI's APIs share, and those of the many who speak them: how to write
 * chat requests, and to read answers and streams.
 *
 * Private to the room api. Pure; the loop's thread.
 */
#pragma once

#include "api/said.h"
#include "base/buf.h"
#include "base/span.h"
#include "json/walk.h"
#include "work/answer.h"
#include "work/ask.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

struct schema;

/* In what those who speak it differ. */
struct openai_style {
	const char
		*max_tokens; /* the field's name; NULL = OpenAI's newer or everybody's older one */
	bool has_stream_options; /* the usage of a stream has to be asked for */
	bool has_no_schemas;     /* JSON can be asked for, what is in it only in words */
};

/* Writes a chat completion request: for the rows' `build`. */
bool openai_build(const struct ask *ask, const struct openai_style *style, struct buf *body,
	struct fault *fault);

/* The rows' `max_tokens`: some know the one, some the other; whoever says both means the newer. */
#define OPENAI_MAX_TOKENS "max_completion_tokens", "max_tokens"

/* Appends a picture as a part of a content. */
bool openai_put_image(struct buf *out, const struct image *image);

/* Appends the response_format that asks for what the schema says. */
bool openai_put_format(struct buf *out, const struct schema *schema);

/* True if a record's messages have parts that only others know: Anthropic, or the Responses. */
bool openai_are_foreign(struct span messages);

/* Appends all that is asked as messages in OpenAI's words, with commas between them. */
bool openai_put_told(const struct ask *ask, struct buf *body, struct fault *fault);

/* Appends the beginning of a message, up to its role's end; a comma first unless it is the first.
 */
bool openai_open_message(struct buf *body, const char *role);

/* Appends a message that is an escaped text. */
bool openai_put_message(struct buf *body, const char *role, struct span text);

/* Reads a finished attempt, of a chat or of a completion: the row's `read`. */
void openai_read(struct attempt *attempt, struct answer *answer);

/*
 * Fills what usage says of the parts of the input, a JSON value or missing: as Chat Completions and
 * Responses have them, and those gateways that speak for others.
 */
void openai_read_input_details(struct usage *usage, struct span details);

/* Fills answer->usage from usage_text: the row's `read_usage`. */
void openai_read_usage(struct answer *answer);

/* Reads a success that came as a stream of events, whose bytes are then given up. */
void openai_read_stream(struct attempt *attempt, struct answer *answer);

/* Appends a tool's call that came in pieces as a whole answer has it: for said_keep. */
bool openai_put_call(struct buf *out, const struct said_call *call);

/* Gives what a finish_reason means; FINISH_UNKNOWN for a missing or unknown one. */
enum finish openai_finish(struct span reason);

/* Gives what a choice's logprobs say; missing if that is nothing. */
struct span openai_logprobs(struct span value);

/*
 * Moves to the next text of a content that is an array of parts, and gives it, escaped; passes over
 * what else there is, thinking above all. False at the end.
 */
bool openai_next_text(struct json_walk *parts, struct span *text);
