/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses a status, the second how many texts were sent, the rest is the body of an
 * answer. Whatever a server sends, there is an outcome; an answer has a vector for one text at
 * least, anything else a message without our key or controls. A vector is an array of as many
 * numbers as it says, on one line, or base64 that holds as many; it lies in the bytes that came or
 * in those that the answer owns, and no two share a byte. Who is blamed is one of the texts.
 */
#include "api/embeddings.h"
#include "base/xalloc.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS_MAX = 16 };

#define KEY "canary-key"

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "embeddings_answer_fuzz: %s\n", what);
	abort();
}

static bool lies_in(struct span part, const struct buf *bytes)
{
	return bytes->data && part.at >= bytes->data &&
		part.at + part.n <= bytes->data + bytes->len;
}

static void check_digits(struct span text, size_t n)
{
	struct span value;
	struct json_fault fault;
	struct json_walk walk;
	demand(json_scan(text, &value, &fault) && value.n == text.n, "digits are no JSON");
	demand(json_kind(value) == JSON_KIND_ARRAY, "digits are no array");
	json_walk_init(&walk, value);
	for (; json_walk_next(&walk); n--)
		demand(n > 0 && json_kind(walk.value) == JSON_KIND_NUMBER,
			"there are more than numbers, or more than it says");
	demand(n == 0, "there are fewer numbers than it says");
	for (size_t i = 0; i < text.n; i++)
		demand((unsigned char)text.at[i] > ' ', "there is white space in it");
}

static void check_vector(
	const struct vector *v, const struct attempt *attempt, const struct answer *answer)
{
	demand(lies_in(v->text, &attempt->answer) || lies_in(v->text, &answer->own),
		"a vector is outside of all bytes");
	demand(v->n > 0, "a vector has no numbers");
	if (vector_is_digits(v))
		check_digits(v->text, v->n);
	else
		demand(vector_count(v->text) == v->n, "base64 holds another number than it says");
}

static void check_vectors(const struct attempt *attempt, const struct answer *answer)
{
	unsigned vectors_n = 0;
	demand(answer->vectors != NULL, "an answer without vectors");
	for (unsigned i = 0; i < attempt->texts_n; i++) {
		const struct vector *v = &answer->vectors[i];
		if (!v->text.at)
			continue;
		vectors_n++;
		check_vector(v, attempt, answer);
		for (unsigned j = 0; j < i; j++) {
			struct span other = answer->vectors[j].text;
			demand(!other.at || other.at + other.n <= v->text.at ||
					v->text.at + v->text.n <= other.at,
				"two texts share a vector");
		}
	}
	demand(vectors_n > 0, "an answer of nothing");
}

static void check(const struct attempt *attempt, const struct answer *answer)
{
	bool is_answered = answer->outcome == OUTCOME_ANSWERED;
	long blamed = embeddings_blamed(attempt, answer);
	struct span value;
	struct json_fault fault;
	demand(is_answered == (answer->message == NULL), "a message and an answer, or neither");
	demand(!is_answered || (attempt->status >= 200 && attempt->status < 300),
		"an answer in an error");
	if (is_answered)
		check_vectors(attempt, answer);
	else
		demand(answer->vectors == NULL, "vectors in a failure");
	demand(!answer->usage_text.at || json_scan(answer->usage_text, &value, &fault),
		"usage is no JSON");
	demand(blamed == -1 || (!is_answered && blamed >= 0 && blamed < (long)attempt->texts_n),
		"the one that is blamed is none of the texts");
	demand(!answer->message ||
			(!strstr(answer->message, KEY) && !strpbrk(answer->message, "\r\n\x1b")),
		"a key or controls are in the message");
	demand(answer->usage.input >= -1 && answer->usage.output == -1, "odd numbers of tokens");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 201, 400, 401, 413, 422, 429, 500 };
	struct endpoint endpoint = { .url = xstrdup("http://h/v1") };
	struct attempt attempt;
	struct answer answer = { 0 };
	if (size < 2) {
		endpoint_release(&endpoint);
		return 0;
	}
	endpoint_add_header(&endpoint, "Authorization: Bearer " KEY);
	attempt_init(&attempt, 1000);
	buf_put_str(&attempt.body, "{\"input\":[\"input[0]\"]}");
	attempt.endpoint = &endpoint;
	attempt.wire = WIRE_COMPLETE;
	attempt.status = statuses[data[0] % (sizeof statuses / sizeof *statuses)];
	attempt.texts_n = 1 + data[1] % TEXTS_MAX;
	buf_init(&attempt.answer, size);
	buf_put(&attempt.answer, data + 2, size - 2);
	embeddings_read(&attempt, &answer);
	embeddings_read_usage(&answer);
	check(&attempt, &answer);
	demand(!embeddings_has_too_many(&attempt, &answer) || answer.message,
		"an answer was too much");
	answer_release(&answer);
	attempt_release(&attempt);
	endpoint_release(&endpoint);
	return 0;
}
