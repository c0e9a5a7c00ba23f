/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses an API, the second a status and a content type, the rest is the body of an
 * answer, perhaps a stream; one of Bedrock's is made of lines, each a message: its first letter
 * says of what type, the rest is the payload. Whatever a server sends, there is an outcome; an
 * answer has something in it, anything else a message without our key or controls; texts are what
 * a JSON string may hold, all else is JSON, and nothing points at bytes that were given up. Who
 * ranks gives a list of {"index","score"} in which no index is twice.
 */
#include "api/api.h"
#include "base/xalloc.h"
#include "frames.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATUS_BITS = 0x3f, IS_STREAM = 0x40, IS_HTML = 0x80, TWINS_MAX = 100 };

#define KEY "canary-key"

/* The row that reads; for what is said of a failure. */
static const struct api *api;

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "api_answer_fuzz: %s: %s\n", api->name, what);
	abort();
}

/* Those whose answers are put together from parts: all that they say lies in what it owns. */
static bool is_put_together(void)
{
	return api == &api_anthropic || api == &api_bedrock || api == &api_gemini ||
		api == &api_ollama;
}

static bool is_rerank(void)
{
	return api->read == api_tei_rerank.read || api->read == api_cohere_rerank.read ||
		api->read == api_voyage_rerank.read || api->read == api_jina_rerank.read;
}

static bool lies_in(struct span part, const struct buf *bytes)
{
	return bytes->data && part.at >= bytes->data &&
		part.at + part.n <= bytes->data + bytes->len;
}

static void check_place(
	struct span part, const struct attempt *attempt, const struct answer *answer)
{
	demand(!part.at || lies_in(part, &answer->own) ||
			(!is_put_together() && lies_in(part, &attempt->answer)),
		"something is outside of the body and of the answer");
}

static void check_json(struct span json)
{
	struct span value;
	struct json_fault fault;
	demand(!json.at || json_scan(json, &value, &fault), "what should be JSON is none");
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

/* Gives the index of an item, which must have that and a score and nothing else. */
static int64_t check_item(struct span item)
{
	struct json_walk walk;
	struct span index = json_member(item, SPAN("index"));
	struct span score = json_member(item, SPAN("score"));
	size_t n = 0;
	json_walk_init(&walk, item);
	demand(walk.in_object, "an item is no object");
	while (json_walk_next(&walk))
		n++;
	demand(n == 2 && index.at && score.at, "an item has other members");
	demand(json_kind(index) == JSON_KIND_NUMBER && json_count_of(index) >= 0,
		"an index is none");
	demand(json_kind(score) == JSON_KIND_NUMBER, "a score is no number");
	return json_count_of(index);
}

static void check_ranks(struct span ranks)
{
	struct json_walk walk, later;
	demand(json_kind(ranks) == JSON_KIND_ARRAY && !json_is_empty(ranks), "there is no list");
	json_walk_init(&walk, ranks);
	while (json_walk_next(&walk)) {
		int64_t index = check_item(walk.value);
		later = walk;
		for (int i = 0; i < TWINS_MAX && json_walk_next(&later); i++)
			demand(check_item(later.value) != index, "an index is there twice");
	}
}

static void check_content(const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	if (is_rerank()) {
		demand(is_answered == (answer->value.at != NULL),
			"a value and a failure, or neither");
		demand(!answer->own.is_full, "the list is longer than where it comes from");
		if (is_answered)
			check_ranks(answer->value);
	} else if (is_answered) {
		demand(answer->text.at ||
				(is_put_together() ? answer->tool_calls.at : answer->value.at),
			"an answer of nothing");
	}
}

/* In a refusal the model speaks, and where no failure is reported, too. */
static void check_message(const struct attempt *attempt, const struct answer *answer)
{
	bool is_ours = is_put_together() ? api != &api_anthropic || answer->finish != FINISH_REFUSAL
					 : attempt->status >= 400;
	if (answer->message && is_ours)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	const struct span texts[] = { answer->text, answer->model };
	const struct span values[] = { answer->value, answer->tool_calls, answer->logprobs,
		answer->usage_text };
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	demand(error_code_of(answer->outcome) != ERROR_NONE || is_answered,
		"an outcome without a code");
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	demand(finish_name(answer->finish) != NULL, "a finish without a name");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		check_place(texts[i], attempt, answer);
		check_text(texts[i]);
	}
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		check_place(values[i], attempt, answer);
		check_json(values[i]);
	}
	check_content(answer);
	check_message(attempt, answer);
	demand(answer->usage.input >= -1 && answer->usage.output >= -1 &&
			answer->usage.cached >= -1 && answer->usage.reasoning >= -1,
		"a number of tokens below none");
}

/* A message of the type that the line's first letter stands for. */
static void put_message(struct buf *b, struct span line)
{
	static const char *const events[] = { "messageStart", "contentBlockStart",
		"contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "odd" };
	struct buf headers;
	struct span payload = { line.at + 1, line.n - 1 };
	buf_init(&headers, 1 << 17);
	switch (*line.at) {
	case 'x':
		frames_put_header(&headers, ":message-type", SPAN("exception"));
		frames_put_header(&headers, ":exception-type", SPAN("throttlingException"));
		break;
	case 'e':
		payload.n = payload.n > 1000 ? 1000 : payload.n;
		frames_put_header(&headers, ":message-type", SPAN("error"));
		frames_put_header(&headers, ":error-code", payload);
		frames_put_header(&headers, ":error-message", payload);
		break;
	default:
		frames_put_header(&headers, ":message-type", SPAN("event"));
		frames_put_header(
			&headers, ":event-type", span_of(events[(unsigned char)*line.at % 7]));
	}
	frames_put(b, buf_span(&headers), payload);
	buf_release(&headers);
}

static void put_messages(struct buf *b, const char *at, size_t n)
{
	while (n > 0) {
		const char *lf = memchr(at, '\n', n);
		struct span line = { at, lf ? (size_t)(lf - at) : n };
		if (line.n > 0)
			put_message(b, line);
		n -= line.n + (lf != NULL);
		at += line.n + (lf != NULL);
	}
}

/* What came back, as the second byte says. */
static void receive(struct attempt *attempt, const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 302, 400, 401, 402, 403, 404, 409, 413, 422, 424,
		429, 498, 500, 503, 100 };
	bool is_stream = data[1] & IS_STREAM;
	attempt->wire = WIRE_COMPLETE;
	attempt->status = statuses[(data[1] & STATUS_BITS) % (sizeof statuses / sizeof *statuses)];
	attempt->is_html = data[1] & IS_HTML;
	if (api == &api_bedrock && is_stream) {
		buf_init(&attempt->answer, size * 150);
		put_messages(&attempt->answer, (const char *)data + 2, size - 2);
	} else {
		attempt->is_event_stream = is_stream;
		buf_init(&attempt->answer, size);
		buf_put(&attempt->answer, data + 2, size - 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t apis_n;
	const struct api *const *apis = api_all(&apis_n);
	if (size < 2)
		return 0;
	api = apis[*data % apis_n];
	struct endpoint endpoint = { .url = xstrdup("http://h/v1") };
	struct attempt attempt;
	struct answer answer = { 0 };
	char *key = xasprintf("%s" KEY, api->auth_header);
	endpoint_add_header(&endpoint, key);
	attempt_init(&attempt, 1);
	attempt.endpoint = &endpoint;
	receive(&attempt, data, size);
	api->read(&attempt, &answer);
	api->read_usage(&answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint_release(&endpoint);
	free(key);
	return 0;
}
