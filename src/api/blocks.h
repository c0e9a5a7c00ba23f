/* SPDX-License-Identifier: MIT */
/*
 * blocks: answers that are a list of content blocks, texts and calls of tools, with a reason why it
 * ends.
 *
 * Anthropic's and Amazon's have the same words for the reason, and write a tool's arguments as an
 * object, which streams bring in pieces of its text. Puts together and judges what the API's file
 * finds. Pure; the loop's thread.
 */
#pragma once

#include "api/said.h"
#include "base/buf.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/* In what two APIs of this kind differ. */
struct blocks_style {
	said_put_call *put_call; /* args are then a whole JSON object, not escaped */
	const char *where;       /* "content[].text": what is missing if nothing was said */
};

struct blocks {
	struct said said;
	struct buf tools;    /* owned: whole calls, as they came: [ and blocks */
	struct span stop;    /* why the model stopped, escaped; missing = not said */
	struct span refusal; /* in what words it refused, escaped; missing = in none */
	bool has_list;       /* there is a list of blocks, perhaps an empty one */
	bool has_others;     /* there are blocks that are neither text, call nor thought */
	bool has_bad_text;   /* a block or piece of text has none */
};

/* Makes b empty. The attempt's answer, of which spans are kept, must stay until blocks_keep. */
void blocks_init(struct blocks *b, const struct attempt *attempt);

/* Frees what b holds. */
void blocks_release(struct blocks *b);

/* Forgets the texts and whole calls. */
void blocks_clear(struct blocks *b);

/* Adds an escaped text or piece of one; a missing one spoils the answer. */
void blocks_add_text(struct blocks *b, struct span text);

/* Adds a block that is a whole call, a JSON value. */
void blocks_add_call(struct blocks *b, struct span block);

/*
 * Starts a call whose arguments come in pieces; index, a JSON value or missing, is its block's, id
 * and name are escaped. input, a JSON value or missing, is them already, if it is an object with
 * something in it.
 */
void blocks_start_call(
	struct blocks *b, struct span index, const struct said_call *call, struct span input);

/* Adds an escaped piece of the arguments, unless the block of this index is no call. */
void blocks_add_args(struct blocks *b, struct span index, struct span piece);

/*
 * Moves all into the answer, decides what it amounts to, and gives up the attempt's answer bytes.
 */
void blocks_keep(struct blocks *b, const struct blocks_style *style, struct attempt *attempt,
	struct answer *answer);
