/* SPDX-License-Identifier: MIT */
/*
 * openai_reading: what an API of OpenAI's and their kin makes of an answer, for their tests.
 */
#pragma once

#include "api/api.h"
#include "t.h"

#include <stdio.h>

/* An answer, and what is to come of it. */
struct reading {
	int status;
	const char *body;
	enum outcome outcome;
	const char *text;    /* NULL = there is none */
	const char *message; /* words that the message has; NULL = there is no message */
};

/* An attempt that has come to its end, and what was read from it. */
struct exchange {
	struct attempt attempt;
	struct answer answer;
};

/* Reads such an answer as the API called `api` does. */
static inline void enter(
	struct exchange *x, const char *api, int status, const char *body, bool is_stream)
{
	*x = (struct exchange){ 0 };
	attempt_init(&x->attempt, 10);
	x->attempt.wire = WIRE_COMPLETE;
	x->attempt.status = status;
	x->attempt.is_event_stream = is_stream;
	buf_init(&x->attempt.answer, 1 << 20);
	CHECK(buf_put_str(&x->attempt.answer, body));
	api_find(api)->read(&x->attempt, &x->answer);
}

static inline void leave(struct exchange *x)
{
	answer_release(&x->answer);
	attempt_release(&x->attempt);
}

static inline void check_span(struct span got, const char *want)
{
	if (want)
		CHECK_MEM(got.at, got.n, want);
	else
		CHECK(got.at == NULL);
}

static inline void check_usage(const char *api, struct answer *answer, const struct usage *want)
{
	api_find(api)->read_usage(answer);
	CHECK_INT(answer->usage.input, want->input);
	CHECK_INT(answer->usage.output, want->output);
	CHECK_INT(answer->usage.cached, want->cached);
	CHECK_INT(answer->usage.reasoning, want->reasoning);
}

static inline void check_readings(
	const char *api, bool is_stream, const struct reading *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct exchange x;
		const struct reading *c = &cases[i];
		enter(&x, api, c->status, c->body, is_stream);
		bool ok = CHECK_INT(x.answer.outcome, c->outcome);
		if (c->text)
			ok &= CHECK_MEM(x.answer.text.at, x.answer.text.n, c->text);
		else
			ok &= CHECK(x.answer.text.at == NULL);
		if (c->message)
			ok &= CHECK(x.answer.message && strstr(x.answer.message, c->message));
		else
			ok &= CHECK_STR(x.answer.message, NULL);
		if (!ok)
			printf("#   %s: %s\n", c->body, x.answer.message);
		leave(&x);
	}
}
