/* SPDX-License-Identifier: MIT */
/*
 * ask: what a call asks, in a form from which every wire API can write its request.
 *
 * Made by the engine at dispatch from the step, the record and the endpoint; all borrowed, nothing
 * copied. The first that applies says what is asked: the step's prompt; the record's own `body`;
 * its `messages`; its `prompt`; a record that is a string (product.md section 3). Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/endpoint.h"
#include "work/outcome.h"
#include "work/plan.h"

enum ask_form {
	ASK_PROMPT,   /* one user message: ask_put_prompt writes it */
	ASK_MESSAGES, /* `own` is the record's array of messages */
	ASK_BODY      /* `own` is the record's request body, an object */
};

/* Why a record cannot be asked about. */
struct fault {
	enum error_code code; /* ERROR_TEMPLATE or ERROR_BAD_RECORD */
	char msg[320];
};

struct ask {
	const struct step *step;
	const struct endpoint *endpoint;
	struct span record; /* scanned */
	enum ask_form form;
	struct span own;   /* see ask_form; for ASK_PROMPT without a template the string that is
			      asked, escaped */
	struct span model; /* a JSON string with its quotes; never missing */
};

/*
 * Decides what is asked. False with fault filled if the record brings nothing to ask or no model is
 * known, or its body wants what pllm cannot give (stream, several choices).
 */
bool ask_init(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault);

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
