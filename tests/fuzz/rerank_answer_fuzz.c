/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status, the rest is the body of an answer. Whatever a server sends, there
 * is an outcome; an answer is a list of {"index","score"} in which no index is twice, anything else
 * has a message without our key.
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
	fprintf(stderr, "rerank_answer_fuzz: %s\n", what);
	abort();
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

static void check_value(struct span value)
{
	struct span root;
	struct json_fault fault;
	struct json_walk walk, later;
	demand(json_scan(value, &root, &fault), "the value is not JSON");
	demand(json_kind(root) == JSON_KIND_ARRAY && !json_is_empty(root), "the value is no list");
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		int64_t index = check_item(walk.value);
		later = walk;
		for (int i = 0; i < 100 && json_walk_next(&later); i++)
			demand(check_item(later.value) != index, "an index is there twice");
	}
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	demand(error_code_of(answer->outcome) != ERROR_NONE || is_answered,
		"an outcome without a code");
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(is_answered == (answer->value.at != NULL), "a value and a failure, or neither");
	demand(!answer->own.is_full, "the list is longer than where it comes from");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	if (answer->message && attempt->status >= 400)
		demand(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b"),
			"a key or controls are in the message");
	if (is_answered)
		check_value(answer->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 302, 400, 401, 402, 404, 413, 422, 424, 429, 500,
		503, 100 };
	if (size == 0)
		return 0;
	struct endpoint endpoint = { 0 };
	struct attempt attempt;
	struct answer answer = { 0 };
	char url[] = "http://h/rerank";
	endpoint_add_header(&endpoint, "Authorization: Bearer " KEY);
	endpoint.url = url;
	attempt_init(&attempt, 1);
	attempt.endpoint = &endpoint;
	attempt.wire = WIRE_COMPLETE;
	attempt.status = statuses[(*data & 0x7f) % (sizeof statuses / sizeof *statuses)];
	attempt.is_html = *data & 0x80;
	buf_init(&attempt.answer, size);
	buf_put(&attempt.answer, data + 1, size - 1);
	api_tei_rerank.read(&attempt, &answer);
	api_tei_rerank.read_usage(&answer);
	check(&attempt, &answer);
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint.url = NULL;
	endpoint_release(&endpoint);
	return 0;
}
