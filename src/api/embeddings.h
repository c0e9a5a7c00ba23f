/* SPDX-License-Identifier: MIT */
/*
 * embeddings: the rows of the APIs that give vectors, and what else their users must know of them.
 *
 * The rows themselves are private to the room api: api_find_embedder has them. Pure; the loop's
 * thread.
 */
#pragma once

#include "api/api.h"
#include "base/err.h"
#include "work/answer.h"
#include "work/attempt.h"
#include "work/embedding.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * True if the API has words for all that is wanted of the vectors, and the step's params leave
 * alone what pllm sets itself; for the start, before anything is sent. False with err filled
 * (ERR_MODEL), which names the API and the option and says what would be right. --normalize is
 * always possible: where the row does not `normalizes`, who asked does it.
 */
bool embeddings_check(const struct api *api, const struct step *step,
	const struct embedding *embedding, struct err *err);

/* Reads a finished attempt, of whichever of these APIs: the rows' `read`. */
void embeddings_read(struct attempt *attempt, struct answer *answer);

/* Fills answer->usage from usage_text: the rows' `read_usage`. */
void embeddings_read_usage(struct answer *answer);

/*
 * Gives the place in its pack of the text that a refusal names as the guilty one; -1 if it names
 * none, or is no refusal. The server's word, no more: it may be wrong, or have been put into its
 * mouth, so whoever acts on it asks again without that text, and about that text alone.
 */
long embeddings_blamed(const struct attempt *attempt, const struct answer *answer);

/*
 * True if a refusal is for a member of the request that is none of its texts, by its "param", or
 * because nobody knows it. Then it is so whatever the texts are.
 */
bool embeddings_is_no_text_blamed(const struct attempt *attempt, const struct answer *answer);

/*
 * True if a refusal is for how many texts there were, or how much they were together, or the answer
 * was more than we take: fewer at once may do. One text that is too long says nothing of that.
 */
bool embeddings_has_too_many(const struct attempt *attempt, const struct answer *answer);

/* The rows; embeddings.c has them. */
extern const struct api embeddings_openai, embeddings_azure, embeddings_azure_classic,
	embeddings_gemini, embeddings_ollama, embeddings_cohere, embeddings_voyage, embeddings_jina,
	embeddings_mistral, embeddings_tei, embeddings_together_ai, embeddings_fireworks_ai,
	embeddings_openrouter, embeddings_nvidia_nim;
