/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status and a content type, the rest is the body of an answer of Ollama,
 * whole or a stream of lines. Whatever a server sends, there is an outcome; an answer has a text
 * or calls of tools, anything else a message without our key or controls; texts are what a JSON
 * string may hold, all else is JSON, and nothing points at bytes that were given up.
 */
#include "api/api.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "canary-key"

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ollama_answer_fuzz: %s\n", what);
	abort();
}

/* All that is said lies in what the answer owns: the bytes it came in are given up. */
static void check_place(const struct answer *answer, struct span part)
{
	demand(!part.at ||
			(part.at >= answer->own.data &&
				part.at + part.n <= answer->own.data + answer->own.len),
		"something is outside of the answer");
}

static void check_json(const struct answer *answer, struct span json)
{
	struct span value;
	struct json_fault fault;
	check_place(answer, json);
	demand(!json.at || json_scan(json, &value, &fault), "what should be JSON is none");
}

static void check_text(const struct answer *answer, struct span text)
{
	struct buf string;
	struct span value;
	struct json_fault fault;
	check_place(answer, text);
	if (!text.at)
		return;
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
	demand(!is_answered || answer->text.at || answer->tool_calls.at, "an answer of nothing");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	demand(finish_name(answer->finish) != NULL, "a finish without a name");
	if (answer->message)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
	check_text(answer, answer->text);
	check_text(answer, answer->model);
	check_json(answer, answer->tool_calls);
	check_json(answer, answer->logprobs);
	check_json(answer, answer->usage_text);
	demand(answer->usage.input >= -1 && answer->usage.output >= -1 &&
			answer->usage.cached >= -1 && answer->usage.reasoning >= -1,
		"a usage below nothing");
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
	api_ollama.read(&attempt, &answer);
	api_ollama.read_usage(&answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint_release(&endpoint);
	return 0;
}
