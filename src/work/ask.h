/* SPDX-License-Identifier: MIT */
/*
 * ask: what a call asks, in a form from which every wire API can write its request.
 *
 * Made by the engine at dispatch from the step, the record and the endpoint; all borrowed, nothing
 * copied. The first that applies says what is asked: the step's prompt; the record's own `body`;
 * its `messages`; its `prompt`; a record that is a string (product.md section 3); else only its
 * fields, for APIs that want others (rerank). Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/log.h"
#include "base/span.h"
#include "work/embedding.h"
#include "work/endpoint.h"
#include "work/image.h"
#include "work/outcome.h"
#include "work/plan.h"

enum ask_form {
	ASK_PROMPT,   /* one user message: ask_put_prompt writes it */
	ASK_MESSAGES, /* `own` is the record's array of messages */
	ASK_BODY,     /* `own` is the record's request body, an object */
	ASK_FIELDS    /* none of these: the API's file looks for what it knows */
};

/* Why a record cannot be asked about. */
struct fault {
	enum error_code code; /* ERROR_TEMPLATE, ERROR_BAD_RECORD or ERROR_TOO_LARGE */
	char msg[320];
};

/* An answer that did not match the schema, when the same is asked again. */
struct reask {
	struct span answer;    /* what the model said, escaped */
	struct span complaint; /* what is wrong with it, escaped */
};

struct ask {
	const struct step *step;
	const struct endpoint *endpoint;
	struct span record; /* scanned */
	enum ask_form form;
	struct span own;   /* see ask_form; for ASK_PROMPT without a template the string that is
			      asked, escaped */
	struct span model; /* a JSON string with its quotes; missing = nobody says */
	const struct image *images; /* go along with the prompt */
	size_t images_n;
	const struct reask *reask; /* NULL = it is asked for the first time */
	struct span prompt;        /* what ask_fit has made of the prompt, escaped; missing = it is
				      written as it is */
	const struct span *values; /* of the steps that the templates mention, by step; NULL = they
				      mention none */
	int64_t max_tokens;        /* of the answer; 0 = the server's own limit */
	bool is_cut;               /* ask_fit has left out a part of the prompt */
	bool has_no_mark;          /* and nothing is to say so: it would be in the vector */
	int64_t sample;            /* which of several, from 0; -1 = there is one */
};

/* What a pack asks: the vectors of several texts. All borrowed. */
struct ask_pack {
	const struct step *step;
	const struct embedding *embedding;
	struct span model;        /* a JSON string with its quotes; missing = nobody says */
	const struct span *texts; /* escaped, none of them empty */
	size_t texts_n;           /* >= 1 */
};

/*
 * Decides what is asked, with the step's max_tokens and no number of a sample; images, reask and
 * values are for the caller to add. False with fault filled if the record's body wants what pllm
 * cannot give (stream, several choices).
 */
bool ask_init(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault);

/*
 * The same where a text is wanted, for its vector: the step's prompt, the record's `text`, or a
 * record that is a string; else false with fault filled, which says what would be right.
 */
bool ask_init_text(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault);

/* False with fault filled if nobody says which model is asked. */
bool ask_has_model(const struct ask *a, struct fault *fault);

/* False with fault filled, which says what would be right, if the record brings nothing to ask. */
bool ask_has_words(const struct ask *a, struct fault *fault);

/*
 * Sees to it that prompt and system message are not longer than the step's max_input_tokens, if it
 * has a limit: cuts the prompt if the step says so, or else is false with fault filled
 * (ERROR_TOO_LARGE). Messages and bodies are measured as they stand, pictures in them with the
 * rest, and never cut; for ASK_FIELDS nothing is. What the prompt becomes is written to `text`,
 * empty before, which must live as long as `a` is used.
 */
bool ask_fit(struct ask *a, struct buf *text, struct fault *fault);

/*
 * Appends the user's message, escaped, for ASK_PROMPT. False with fault filled as template_render
 * says.
 */
bool ask_put_prompt(const struct ask *a, struct buf *out, struct fault *fault);

/* Appends the system message, escaped; the step must have one. False with fault filled likewise. */
bool ask_put_system(const struct ask *a, struct buf *out, struct fault *fault);

/* Fills the fault printf-style and returns false. */
bool fault_set(struct fault *fault, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
