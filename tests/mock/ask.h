/* SPDX-License-Identifier: MIT */
/*
 * ask: what a request asks for, whatever dialect it was written in.
 *
 * The readers of the dialects fill it, message by message; the rooms that decide and answer look
 * only at this. Knows no HTTP. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct dialect;
struct embed;

/* A token is so many bytes, by the mock's rule. */
#define ASK_TOKEN_BYTES 4

enum ask_role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct ask {
	const struct dialect *dialect; /* borrowed */
	json_t *tree;                  /* owned; keeps the strings below alive */
	json_t *schema_tree;           /* owned: a schema that came as a string, or NULL */
	char *path_model;              /* owned: the model, where the path names it, or NULL */
	const char *model;             /* borrowed from one of them */
	struct buf prompt;             /* owned: the text of the last user message */
	struct buf scripted;           /* owned: of the last one with a script, if it is another */
	struct buf message;            /* owned: of the message that is being read */
	uint64_t prompt_bytes;         /* of the texts of all messages */
	int64_t max_tokens;            /* 0: as many as it takes */
	int64_t choices_n;
	int64_t prompts_n;       /* texts to complete, each with its choices */
	bool is_streamed;        /* the answer is wanted as a stream */
	bool wants_usage;        /* with the tokens in its last event */
	bool wants_json;         /* the answer is to be JSON of any kind */
	const json_t *schema;    /* borrowed: the answer is to be an instance of it; NULL: none */
	const json_t *documents; /* borrowed: to be ranked, or judged; NULL: none */
	int64_t top_n;           /* how many of them are wanted */
	bool returns_documents;
	struct embed *embed; /* owned: the texts whose vectors are wanted; NULL: none are */
	uint64_t images_n;
	uint64_t systems_n; /* system messages */
	uint64_t turns_n;   /* messages of user, assistant and tools */
};

/* Makes *ask empty, for a body of at most so many bytes. */
void ask_init(struct ask *ask, const struct dialect *dialect, size_t body_bytes);

/* Appends the string `value` to the message that is being read. False if it is no string. */
bool ask_put_text(struct ask *ask, const json_t *value);

/* Ends a message: its text takes its place, and the next one is empty. */
void ask_end_message(struct ask *ask, enum ask_role role);

/* Gives the text whose script counts: the last user message that has one, or the last one. */
struct span ask_script_text(const struct ask *ask);

/* Gives the seed of the request, by whatever name it goes, borrowed; NULL if there is none. */
const json_t *ask_seed(const struct ask *ask);

/* Frees what ask holds; fine on a zeroed one. */
void ask_release(struct ask *ask);

/* Gives how many tokens a text of so many bytes is, rounded up. */
int64_t ask_tokens(uint64_t bytes);
