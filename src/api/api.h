/* SPDX-License-Identifier: MIT */
/*
 * api: the wire APIs that pllm speaks, one const row each.
 *
 * A row says how to write a request and how to read an answer; adding an API touches one file and
 * one row. Knows no sockets, no retries, no breaker: it says what an answer means, not what to do
 * about it. Pure; the loop's thread.
 */
#pragma once

#include "base/buf.h"
#include "work/answer.h"
#include "work/ask.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What a request is charged on a limit of tokens per minute, given how many it sends and how many
 * it may get.
 */
enum charge {
	CHARGE_LARGER, /* the larger of the two */
	CHARGE_SUM,    /* both */
	CHARGE_INPUT,  /* what it sends */
	CHARGE_APART   /* each on a limit of its own; what it gets as it is given */
};

/* What some APIs have no place for. */
enum api_refusal { API_HAS_NO_SYSTEM = 1, API_HAS_NO_SCHEMA = 2, API_HAS_NO_IMAGE = 4 };

enum { API_LIMITS_MAX = 3 };

struct api {
	const char *name;         /* as --api takes it: "openai" */
	const char *base_url;     /* when none is given; NULL = one must be */
	const char *base_url_env; /* variable that gives another one; NULL = none */
	const char *key_env;      /* the usual variables of its key, with a space between two; the
				     first that is set counts; NULL = it needs none */
	const char *auth_header;  /* "Authorization: Bearer ": the key is appended */
	const char *header;       /* one more that all requests carry; NULL = none */
	const char *path;         /* appended to the base URL; {model} stands for the model */
	const char *stream_path;  /* likewise for streams; NULL = the same */
	enum charge charge;
	unsigned refuses; /* of enum api_refusal */
	bool cannot_stream;
	bool is_signed;      /* for want of a key, requests are signed as Amazon wants it */
	bool needs_no_model; /* the server has its own, or one for all */

	/*
	 * The fields of a request that say how many tokens an answer may have, what is in an object
	 * with a dot before it; the first that says so counts. None = none does.
	 */
	const char *max_tokens[API_LIMITS_MAX];

	/*
	 * The field that seeds sampling, likewise with dots; NULL = the API has none, or refuses it
	 * of some models.
	 */
	const char *seed;

	/*
	 * Appends the request for `ask`, however long: see api_build. False with fault filled if
	 * the record does not yield one.
	 */
	bool (*build)(const struct ask *ask, struct buf *body, struct fault *fault);

	/*
	 * Of a row that gives vectors: how many texts a request may have and how many tokens they
	 * may be together, as the vendor says; whether it scales them to length 1 when asked to;
	 * and what appends the request for a pack, in place of build. False with fault filled.
	 */
	unsigned pack_texts;
	int64_t pack_tokens;
	bool normalizes;
	bool (*build_pack)(const struct ask_pack *ask, struct buf *body, struct fault *fault);

	/*
	 * Says what a finished attempt means: fills answer, whose spans point into the attempt's
	 * answer bytes or into what it owns; those of a stream are given up. Total: whatever came,
	 * there is an outcome and, unless it is OUTCOME_ANSWERED, a message.
	 */
	void (*read)(struct attempt *attempt, struct answer *answer);

	/* Fills answer->usage from usage_text: apart, since most runs do not look at it. Total. */
	void (*read_usage)(struct answer *answer);
};

/* Gives the row called `name`, or NULL. */
const struct api *api_find(const char *name);

/* Gives all rows, and how many there are in *n. */
const struct api *const *api_all(size_t *n);

/*
 * The same of the rows that give vectors: a table of its own, for an API has one name whatever it
 * is asked for.
 */
const struct api *api_find_embedder(const char *name);

/* Gives all of these, and how many there are in *n. */
const struct api *const *api_all_embedders(size_t *n);

/*
 * Appends the request for `ask`, its prompt cut if that is what the step wants of long ones: then
 * is_cut says so. False with fault filled if the record does not yield one, or it is longer than
 * the step allows.
 */
bool api_build(const struct api *api, struct ask *ask, struct buf *body, struct fault *fault);

/*
 * Gives (allocated) the path to ask at: the row's, with the model's name, plain text,
 * percent-encoded where it belongs. NULL if it belongs there and is missing or no plain name:
 * letters, digits and - . _ : / @ +, no ".." and no slash at an end.
 */
char *api_path(const struct api *api, const char *model, bool is_streamed);

/*
 * True if a body that was written for one row means the same to the other: those who speak OpenAI's
 * chat.
 */
bool api_shares_bodies(const struct api *a, const struct api *b);

/*
 * Gives the most tokens that an answer to this request, as the row's build wrote it, may have; 0 =
 * the request does not say.
 */
int64_t api_max_tokens(const struct api *api, struct span body);

/* True if the model is part of the path. */
bool api_has_model_in_path(const struct api *api);

/* The rows, each in the file of its name; those of openai_kin.c are OpenAI's chat elsewhere. */
extern const struct api api_openai, api_openai_responses, api_openai_completions,
	api_openai_moderation;
extern const struct api api_azure, api_azure_classic, api_mistral, api_groq, api_together_ai,
	api_openrouter, api_deepseek, api_xai, api_fireworks_ai, api_cerebras, api_nvidia_nim;
extern const struct api api_anthropic, api_bedrock, api_gemini, api_ollama, api_cohere;
extern const struct api api_cohere_rerank, api_voyage_rerank, api_jina_rerank, api_tei_rerank;
