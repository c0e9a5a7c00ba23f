/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status, a content type and which of OpenAI's APIs was asked, the rest is
 * the body of an answer, perhaps a stream. Whatever a server sends, there is an outcome; an answer
 * has a text or a value, anything else a message without our key; texts lie in the body or in what
 * the answer owns and are what a JSON string may hold, values are JSON.
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

static bool lies_in(struct span part, const struct buf *bytes)
{
	return bytes->data && part.at >= bytes->data &&
		part.at + part.n <= bytes->data + bytes->len;
}

static void check_place(
	struct span part, const struct attempt *attempt, const struct answer *answer)
{
	demand(lies_in(part, &attempt->answer) || lies_in(part, &answer->own),
		"something is outside of the body and of the answer");
}

static void check_text(struct span text, const struct attempt *attempt, const struct answer *answer)
{
	struct buf string;
	struct span value;
	struct json_fault fault;
	if (!text.at)
		return;
	check_place(text, attempt, answer);
	buf_init(&string, text.n + 2);
	buf_put_char(&string, '"');
	buf_put_span(&string, text);
	buf_put_char(&string, '"');
	demand(json_scan(buf_span(&string), &value, &fault), "a text breaks its string");
	buf_release(&string);
}

static void check_value(
	struct span value, const struct attempt *attempt, const struct answer *answer)
{
	struct span root;
	struct json_fault fault;
	if (!value.at)
		return;
	check_place(value, attempt, answer);
	demand(json_scan(value, &root, &fault), "a value is not JSON");
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	demand(error_code_of(answer->outcome) != ERROR_NONE || is_answered,
		"an outcome without a code");
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(!is_answered || answer->text.at || answer->value.at,
		"an answer with neither text nor value");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	demand(finish_name(answer->finish) != NULL, "a finish without a name");
	if (answer->message && attempt->status >= 400)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
	check_text(answer->text, attempt, answer);
	check_text(answer->model, attempt, answer);
	check_value(answer->value, attempt, answer);
	check_value(answer->tool_calls, attempt, answer);
	check_value(answer->logprobs, attempt, answer);
	check_value(answer->usage_text, attempt, answer);
	demand(answer->usage.input >= -1 && answer->usage.output >= -1 &&
			answer->usage.cached >= -1 && answer->usage.reasoning >= -1,
		"a number of tokens below none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503,
		100 };
	static const char *const apis[] = { "openai", "openai-responses", "openai-moderation" };
	const size_t statuses_n = sizeof statuses / sizeof *statuses;
	if (size == 0)
		return 0;
	struct endpoint endpoint = { 0 };
	struct attempt attempt;
	struct answer answer = { 0 };
	endpoint_add_header(&endpoint, "Authorization: Bearer " KEY);
	attempt_init(&attempt, 1);
	attempt.endpoint = &endpoint;
	attempt.wire = WIRE_COMPLETE;
	attempt.status = statuses[(*data & 0x3f) % statuses_n];
	attempt.is_html = *data & 0x80;
	attempt.is_event_stream = *data & 0x40;
	buf_init(&attempt.answer, size);
	buf_put(&attempt.answer, data + 1, size - 1);
	const struct api *api = api_find(apis[(*data & 0x3f) / statuses_n % 3]);
	api->read(&attempt, &answer);
	api->read_usage(&answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint_release(&endpoint);
	return 0;
}
