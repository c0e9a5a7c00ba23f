/* SPDX-License-Identifier: MIT */
/*
 * reading: answers given to an API's reader and what it makes of them, for the tests of wire APIs.
 */
#pragma once

#include "api/api.h"
#include "base/xalloc.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct endpoint endpoint;
	struct attempt attempt;
	struct answer answer;
};

/* Makes a whole HTTP answer of these bytes; there is room for more. */
static inline void receive(struct attempt *a, int status, struct span body)
{
	attempt_init(a, 10);
	a->wire = WIRE_COMPLETE;
	a->status = status;
	buf_init(&a->answer, 1 << 28);
	CHECK(buf_put_span(&a->answer, body));
}

/* The same for a stream of events. */
static inline void receive_stream(struct attempt *a, struct span body)
{
	receive(a, 200, body);
	a->is_event_stream = true;
}

/* Makes an exchange, asked with the key canary-key, of which nothing is read yet. */
static inline void arrive(struct exchange *x, const char *api, int status, const char *body)
{
	char *key = xasprintf("%scanary-key", api_find(api)->auth_header);
	*x = (struct exchange){ 0 };
	endpoint_add_header(&x->endpoint, key);
	free(key);
	receive(&x->attempt, status, span_of(body));
	x->attempt.endpoint = &x->endpoint;
}

/* Makes an exchange and reads it as the API called `api` does. */
static inline void enter(
	struct exchange *x, const char *api, int status, const char *body, bool is_stream)
{
	arrive(x, api, status, body);
	x->attempt.is_event_stream = is_stream;
	api_find(api)->read(&x->attempt, &x->answer);
}

static inline void leave(struct exchange *x)
{
	answer_release(&x->answer);
	attempt_release(&x->attempt);
	endpoint_release(&x->endpoint);
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
	CHECK_INT(answer->usage.cache_write, want->cache_write);
	CHECK_INT(answer->usage.cache_write_long, want->cache_write_long);
	CHECK_INT(answer->usage.tier, want->tier);
}

/* Checks what was read; if that is not what it should be, says what it was and gives false. */
static inline bool check_answer(const struct answer *answer, const struct reading *want)
{
	bool ok = CHECK_INT(answer->outcome, want->outcome);
	if (want->text)
		ok &= CHECK_MEM(answer->text.at, answer->text.n, want->text);
	else
		ok &= CHECK(answer->text.at == NULL);
	if (want->message)
		ok &= CHECK(answer->message && strstr(answer->message, want->message));
	else
		ok &= CHECK_STR(answer->message, NULL);
	if (!ok)
		printf("#   %d %s: %s\n", want->status, want->body, answer->message);
	return ok;
}

/* Checks what the API called `api` reads from each. */
static inline void check_readings(
	const char *api, bool is_stream, const struct reading *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct exchange x;
		enter(&x, api, cases[i].status, cases[i].body, is_stream);
		check_answer(&x.answer, &cases[i]);
		leave(&x);
	}
}
