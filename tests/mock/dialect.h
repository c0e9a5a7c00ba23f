/* SPDX-License-Identifier: MIT */
/*
 * dialect: one const row for each API: how a request is read, and how answers and errors look.
 *
 * A dialect is a file of its own that gives its row; the table of paths is here. Knows neither
 * faults nor waiting. One thread at a time.
 */
#pragma once

#include "answer.h"
#include "arrival.h"
#include "ask.h"
#include "embed.h"
#include "family.h"
#include "reply.h"

#include <stdbool.h>

/* How a 429 says when to come again. */
enum hinting {
	HINTING_BOTH,    /* retry-after and retry-after-ms */
	HINTING_SECONDS, /* retry-after, unless the other is asked for */
	HINTING_AWS,     /* the milliseconds under Amazon's name, and only what is asked for */
	HINTING_BODY,    /* in the body; the row's refuse does it */
};

struct dialect {
	const char *name;
	const char *key_header; /* of a key that is no bearer's; NULL: there is none */
	const char *id_header;  /* which names the request */
	const char *id_prefix;
	bool has_openai_headers;
	bool has_refusals;    /* a model can refuse in a form of its own */
	bool answers_blocked; /* a blocked prompt is answered, not refused */
	enum family family;   /* of the headers that tell of limits */
	enum hinting hinting;
	enum event_end event_end;
	const char *stream_type;
	const char *tokens_header;       /* that says what was read; NULL: there is none */
	const struct embedder *embedder; /* of those that give vectors; NULL: it does not */

	/* Reads a request into ask (initialised); false, with *e filled, if it must be refused. */
	bool (*read)(struct ask *ask, const struct arrival *a, struct api_error *e);

	/* Gives the answer's body, to be released by the caller. */
	struct buf (*whole)(const struct answer *a);

	/* Gives the same as a stream; NULL: there are no streams. */
	struct buf (*stream)(const struct answer *a);

	/* Fills the reply with an error. */
	void (*refuse)(struct reply *r, const struct api_error *e);
};

/*
 * Gives the dialect that a path speaks, and in *named what it says in the place of its star. Where
 * several share the path it is the preferred vendor's, if that has one; NULL prefers nobody.
 */
const struct dialect *dialect_of_path(const char *path, const char *preferred, struct span *named);

/* True if --dialect may have this name. */
bool dialect_is_vendor(const char *name);

/* Gives dialect number i; NULL if there are no more. */
const struct dialect *dialect_at(size_t i);

/* Gives the place of a dialect among all. */
size_t dialect_index(const struct dialect *d);

/* Fills the reply with an error in a dialect's form, and with its hints. */
void dialect_refuse(const struct dialect *d, struct reply *r, const struct api_error *e);

/* As many dialects as there may be. */
#define DIALECTS_MAX 32

extern const struct dialect dialect_openai, dialect_azure, dialect_mistral, dialect_vllm;
extern const struct dialect dialect_responses, dialect_completions, dialect_moderations;
extern const struct dialect dialect_anthropic, dialect_gemini, dialect_ollama, dialect_cohere;
extern const struct dialect dialect_bedrock;
extern const struct dialect dialect_cohere_rerank, dialect_voyage_rerank, dialect_jina_rerank;
extern const struct dialect dialect_tei_rerank;
extern const struct dialect dialect_openai_embed, dialect_azure_embed, dialect_mistral_embed;
extern const struct dialect dialect_vllm_embed, dialect_voyage_embed, dialect_jina_embed;
extern const struct dialect dialect_gemini_embed, dialect_ollama_embed, dialect_cohere_embed;
extern const struct dialect dialect_tei_embed;
