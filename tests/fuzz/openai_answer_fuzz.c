/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status and a content type, the rest is the body of an answer, perhaps a
 * stream. Whatever a server sends,
 * there is an outcome; an answer has a text, anything else a message without our key; and texts lie
 * in the body and are what a JSON string may hold.
 */
#include "api/api.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "sk-canary-key"

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "openai_answer_fuzz: %s\n", what);
	abort();
}

static void check_text(struct span text, const struct buf *body)
{
	struct buf string;
	struct span value;
	struct json_fault fault;
	if (!text.at)
		return;
	demand(text.at >= body->data && text.at + text.n <= body->data + body->len,
		"a text outside of the body");
	buf_init(&string, text.n + 2);
	buf_put_char(&string, '"');
	buf_put_span(&string, text);
	buf_put_char(&string, '"');
	demand(json_scan(buf_span(&string), &value, &fault), "a text breaks its string");
	buf_release(&string);
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	demand(error_code_of(answer->outcome) != ERROR_NONE || is_answered,
		"an outcome without a code");
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(!is_answered || answer->text.at, "an answer without a text");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	demand(finish_name(answer->finish) != NULL, "a finish without a name");
	if (answer->message && attempt->status >= 400)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
	check_text(answer->text, &attempt->answer);
	check_text(answer->model, &attempt->answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503,
		100 };
	if (size == 0)
		return 0;
	struct endpoint endpoint = { 0 };
	struct attempt attempt;
	struct answer answer = { 0 };
	endpoint_add_header(&endpoint, "Authorization: Bearer " KEY);
	attempt_init(&attempt, 1);
	attempt.endpoint = &endpoint;
	attempt.wire = WIRE_COMPLETE;
	attempt.status = statuses[(*data & 0x3f) % (sizeof statuses / sizeof *statuses)];
	attempt.is_html = *data & 0x80;
	attempt.is_event_stream = *data & 0x40;
	buf_init(&attempt.answer, size);
	buf_put(&attempt.answer, data + 1, size - 1);
	api_openai.read(&attempt, &answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint_release(&endpoint);
	return 0;
}
