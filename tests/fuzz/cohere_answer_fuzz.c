/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status and whether a stream was announced, the rest is the body of an
 * answer. Whatever comes in place of Cohere's, there is an outcome; an answer has a text or calls,
 * anything else a message without our key; and texts are what a JSON string may hold.
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
	fprintf(stderr, "cohere_answer_fuzz: %s\n", what);
	abort();
}

static bool lies_in(struct span part, const struct buf *bytes)
{
	return part.at >= bytes->data && part.at + part.n <= bytes->data + bytes->len;
}

static void check_place(
	struct span part, const struct attempt *attempt, const struct answer *answer)
{
	demand(!part.at || lies_in(part, &attempt->answer) || lies_in(part, &answer->own),
		"a part lies neither in the body nor in the answer's own");
}

static void check_json(struct span json)
{
	struct span value;
	struct json_fault fault;
	demand(!json.at || json_scan(json, &value, &fault), "a value is not JSON");
}

static void check_text(struct span text)
{
	struct buf string;
	if (!text.at)
		return;
	buf_init(&string, text.n + 2);
	buf_put_char(&string, '"');
	buf_put_span(&string, text);
	buf_put_char(&string, '"');
	check_json(buf_span(&string));
	buf_release(&string);
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	demand(error_code_of(answer->outcome) != ERROR_NONE || is_answered,
		"an outcome without a code");
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(!is_answered || answer->text.at || answer->value.at, "an answer with nothing in it");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	demand(finish_name(answer->finish) != NULL, "a finish without a name");
	if (answer->message && attempt->status >= 400)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
	const struct span parts[] = { answer->text, answer->model, answer->value,
		answer->tool_calls, answer->usage_text, answer->logprobs };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		check_place(parts[i], attempt, answer);
	check_text(answer->text);
	check_text(answer->model);
	check_json(answer->tool_calls);
	check_json(answer->logprobs);
	check_json(answer->usage_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 302, 400, 401, 402, 404, 429, 498, 500, 503,
		100 };
	if (size == 0)
		return 0;
	struct endpoint endpoint = { 0 };
	struct attempt attempt;
	struct answer answer = { 0 };
	char url[] = "http://h/v2/chat";
	endpoint_add_header(&endpoint, "Authorization: Bearer " KEY);
	endpoint.url = url;
	attempt_init(&attempt, 1);
	attempt.endpoint = &endpoint;
	attempt.wire = WIRE_COMPLETE;
	attempt.status = statuses[(*data & 0x3f) % (sizeof statuses / sizeof *statuses)];
	attempt.is_html = *data & 0x80;
	attempt.is_event_stream = *data & 0x40;
	buf_init(&attempt.answer, size);
	buf_put(&attempt.answer, data + 1, size - 1);
	api_cohere.read(&attempt, &answer);
	api_cohere.read_usage(&answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint.url = NULL;
	endpoint_release(&endpoint);
	return 0;
}
