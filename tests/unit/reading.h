/* SPDX-License-Identifier: MIT */
/*
 * reading: answers given to an API's reader, for the tests of those whose answers are blocks.
 */
#pragma once

#include "api/api.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

/* Makes a whole HTTP answer of these bytes. */
static inline void enter(struct attempt *a, int status, struct span body)
{
	attempt_init(a, 10);
	a->wire = WIRE_COMPLETE;
	a->status = status;
	buf_init(&a->answer, 1 << 20);
	CHECK(buf_put_span(&a->answer, body));
}

struct reading {
	const char *body;
	enum outcome outcome;
	const char *text;    /* NULL = there is none */
	const char *message; /* words that the message has; NULL = there is no message */
};

/* Checks what was read; says what it was if that is not what it should be. */
static inline void check_answer(const struct answer *answer, const struct reading *want)
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
		printf("#   %s: %s\n", want->body, answer->message);
}

/* Checks what the API called `name` reads from answers of this status. */
static inline void check_readings(
	const char *name, int status, const struct reading *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		enter(&attempt, status, span_of(cases[i].body));
		api_find(name)->read(&attempt, &answer);
		check_answer(&answer, &cases[i]);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}
