/* SPDX-License-Identifier: MIT */
#include "api/classify.h"

#include "base/xalloc.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST("each way in which an exchange can break has its outcome and its words")
{
	static const struct {
		enum wire wire;
		enum outcome outcome;
	} cases[] = {
		{ WIRE_NO_CONNECTION, OUTCOME_TRANSPORT },
		{ WIRE_TLS, OUTCOME_TRANSPORT },
		{ WIRE_CLOSED, OUTCOME_TRANSPORT },
		{ WIRE_CUT, OUTCOME_TRANSPORT },
		{ WIRE_CONNECT_TIMEOUT, OUTCOME_TRANSPORT },
		{ WIRE_TIMEOUT, OUTCOME_TIMEOUT },
		{ WIRE_LATE, OUTCOME_TIMEOUT },
		{ WIRE_IDLE, OUTCOME_TIMEOUT },
		{ WIRE_TOO_LARGE, OUTCOME_TOO_LARGE },
		{ WIRE_NOT_HTTP, OUTCOME_BAD_RESPONSE },
		{ WIRE_CANCELLED, OUTCOME_CANCELLED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char detail[] = "the library's words";
		struct attempt a = { .wire = cases[i].wire, .status = 200 };
		struct answer plain = { 0 }, detailed = { 0 };
		CHECK(classify_wire(&a, &plain));
		a.detail = detail;
		CHECK(classify_wire(&a, &detailed));
		CHECK_INT(plain.outcome, cases[i].outcome);
		CHECK(plain.message && *plain.message);
		CHECK(strstr(detailed.message, detail) != NULL);
		CHECK(strncmp(detailed.message, plain.message, strlen(plain.message)) == 0);
		CHECK_INT(plain.usage.input, -1);
		answer_release(&plain);
		answer_release(&detailed);
	}
}

TEST("a whole answer of the API is left to the API")
{
	static const int statuses[] = { 200, 201, 400, 401, 429, 500 };
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		struct attempt a = { .wire = WIRE_COMPLETE, .status = statuses[i] };
		struct answer answer = { 0 };
		CHECK(!classify_wire(&a, &answer));
		CHECK(answer.message == NULL);
	}
}

TEST("a redirect is not followed, and the message says so")
{
	for (int status = 300; status < 400; status++) {
		struct attempt a = { .wire = WIRE_COMPLETE, .status = status };
		struct answer answer;
		CHECK(classify_wire(&a, &answer));
		CHECK_INT(answer.outcome, OUTCOME_REQUEST);
		CHECK(strstr(answer.message, "never follows") != NULL);
		answer_release(&answer);
	}
}

TEST("HTML in place of an answer is a bad response; with an error status the status counts")
{
	struct attempt a = { .wire = WIRE_COMPLETE, .status = 200, .is_html = true };
	struct answer answer;
	CHECK(classify_wire(&a, &answer));
	CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
	CHECK(strstr(answer.message, "HTML") != NULL);
	answer_release(&answer);
	a.status = 502;
	CHECK(!classify_wire(&a, &answer));
}

TEST("a status alone has an outcome")
{
	static const struct {
		int status;
		enum outcome outcome;
	} cases[] = {
		{ 200, OUTCOME_ANSWERED },
		{ 204, OUTCOME_ANSWERED },
		{ 400, OUTCOME_REQUEST },
		{ 401, OUTCOME_AUTH },
		{ 402, OUTCOME_QUOTA },
		{ 403, OUTCOME_AUTH },
		{ 404, OUTCOME_NOT_FOUND },
		{ 405, OUTCOME_REQUEST },
		{ 408, OUTCOME_FAULT },
		{ 409, OUTCOME_CONFLICT },
		{ 413, OUTCOME_TOO_LONG },
		{ 415, OUTCOME_REQUEST },
		{ 422, OUTCOME_REQUEST },
		{ 424, OUTCOME_FAULT },
		{ 429, OUTCOME_RATE },
		{ 499, OUTCOME_FAULT },
		{ 500, OUTCOME_FAULT },
		{ 502, OUTCOME_FAULT },
		{ 503, OUTCOME_CAPACITY },
		{ 504, OUTCOME_FAULT },
		{ 520, OUTCOME_FAULT },
		{ 529, OUTCOME_CAPACITY },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(classify_status(cases[i].status), cases[i].outcome))
			CHECK_INT(cases[i].status, 0);
}

static void check_message(const struct attempt *a, struct span text, const char *want)
{
	char *message = classify_message(a, text);
	CHECK_STR(message, want);
	free(message);
}

TEST("a message is the status and the server's words on one line")
{
	struct attempt a = { .status = 429 };
	check_message(&a, SPAN("slow down"), "HTTP 429: slow down");
	check_message(&a, (struct span){ 0 }, "HTTP 429");
	check_message(&a, SPAN(""), "HTTP 429");
	check_message(&a, SPAN("a\r\nb\tc\x1b[31m\x7f\0d"), "HTTP 429: a  b c [31m  d");
}

TEST("a long message is cut between characters")
{
	struct attempt a = { .status = 500 };
	for (size_t shift = 0; shift < 4; shift++) {
		char text[3000];
		memset(text, 'x', shift);
		for (size_t i = shift; i + 2 < sizeof text; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		char *message = classify_message(&a, (struct span){ .at = text, .n = 2900 });
		size_t n = strlen(message);
		CHECK(n <= 500 && n > 496);
		CHECK_MEM(message + n - 3, 3, "\xe2\x82\xac");
		free(message);
	}
}

TEST("the endpoint's secrets are taken out, however often and wherever they stand")
{
	struct endpoint e = { 0 };
	struct attempt a = { .status = 401, .endpoint = &e };
	endpoint_add_header(&e, "Authorization: Bearer sk-secret-1");
	endpoint_add_header(&e, "X-Api-Key:other-secret");
	endpoint_add_header(&e, "X-Short: abc");
	endpoint_add_header(&e, "X-None");
	check_message(&a, SPAN("sk-secret-1 is not sk-secret-1, nor other-secretother-secret"),
		"HTTP 401: *********** is not ***********, nor ************************");
	check_message(&a, SPAN("Bearer sk-secret-1"), "HTTP 401: Bearer ***********");
	check_message(&a, SPAN("abc stays"), "HTTP 401: abc stays");
	endpoint_release(&e);
}

TEST("a secret that the cut would halve is taken out whole")
{
	struct endpoint e = { 0 };
	struct attempt a = { .status = 401, .endpoint = &e };
	char text[600];
	endpoint_add_header(&e, "Authorization: Bearer sk-very-secret-key");
	for (size_t before = 470; before < 500; before++) {
		memset(text, 'x', sizeof text);
		memcpy(text + before, "sk-very-secret-key", 18);
		char *message = classify_message(&a, (struct span){ .at = text, .n = sizeof text });
		CHECK(strstr(message, "sk") == NULL);
		free(message);
	}
	endpoint_release(&e);
}

#define ODD "sk-proj-AbCd/efGH+1234567890abcdefXYZ"

TEST("a key is taken out though it is escaped as in a URL, however much of it")
{
	struct endpoint e = { 0 };
	struct attempt a = { .status = 401, .endpoint = &e };
	endpoint_add_secret(&e, "AbCd/efGH+12345=");
	check_message(
		&a, SPAN("no AbCd%2FefGH%2B12345%3D!"), "HTTP 401: no **********************!");
	check_message(
		&a, SPAN("no AbCd%2fefGH%2b12345%3d!"), "HTTP 401: no **********************!");
	check_message(&a, SPAN("no AbCd/efGH%2B12345=, 5%"), "HTTP 401: no ******************, 5%");
	check_message(&a, SPAN("%41bCd/efGH+12345= AbCd/efGH+12345="),
		"HTTP 401: ****************** ****************");
	check_message(&a, SPAN("%zz%2% AbCd%2FefGH%2B12345%3D%2"),
		"HTTP 401: %zz%2% **********************%2");
	check_message(&a, SPAN("AbCd%2XefGH%2B12345"), "HTTP 401: AbCd%2XefGH%2B12345");
	check_message(&a, SPAN("AbCd%252FefGH%2B"), "HTTP 401: AbCd%252FefGH%2B");
	endpoint_release(&e);
	endpoint_add_secret(&e, "a%2Fb%2Fc");
	check_message(&a, SPAN("a%2Fb%2Fc a%252Fb%252Fc a/b/c"),
		"HTTP 401: ********* ************* a/b/c");
	endpoint_release(&e);
}

TEST("a key that a server has cut is taken out of a message, from twelve letters on")
{
	struct endpoint e = { 0 };
	struct attempt a = { .status = 401, .endpoint = &e };
	const char key[] = "Zx9/efGH+1234567890abcdefXYZ";
	endpoint_add_secret(&e, key);
	for (size_t n = 8; n < sizeof key; n++) {
		char text[100], want[200], *at = text;
		for (size_t i = 0; i < n; i++)
			at += snprintf(
				at, 4, key[i] == '/' || key[i] == '+' ? "%%%02X" : "%c", key[i]);
		size_t text_n = (size_t)(at - text);
		snprintf(want, sizeof want, "HTTP 401: [%.*s]", (int)text_n, text);
		snprintf(at, 2, "]");
		memmove(text + 1, text, text_n + 2);
		text[0] = '[';
		if (n >= 12)
			memset(want + 11, '*', text_n);
		check_message(&a, span_of(text), want);
		snprintf(text, sizeof text, "[%.*s]", (int)n, key);
		snprintf(want, sizeof want, "HTTP 401: %s", text);
		if (n >= 12)
			memset(want + 11, '*', n);
		check_message(&a, span_of(text), want);
	}
	endpoint_release(&e);
	endpoint_add_secret(&e, ODD);
	check_message(
		&a, SPAN("no sk-proj-AbCd/efGH+123..."), "HTTP 401: no *********************...");
	check_message(&a, SPAN("no sk-proj-AbCd%2FefGH%2B1234567890abcdefXYZ"),
		"HTTP 401: no *****************************************");
	endpoint_release(&e);
}

TEST("an answer's own words that begin as a key does stay, and its key goes")
{
	struct endpoint e = { 0 };
	struct buf text;
	endpoint_add_secret(&e, ODD);
	buf_init(&text, 1000);
	buf_put_str(&text, "sk-proj-AbCd/efGH sk%2Dproj-AbCd/efGH%2B1234567890abcdefXYZ");
	CHECK(classify_redact(&text, &e));
	CHECK_MEM(
		text.data, text.len, "sk-proj-AbCd/efGH *****************************************");
	CHECK(!classify_redact(&text, &e));
	buf_clear(&text);
	buf_put_str(&text, "\\u0073k-proj-AbCd%2FefGH%2B1234567890abcdefXYZ");
	CHECK(!classify_redact(&text, &e) && classify_hides_secret(buf_span(&text), &e));
	buf_release(&text);
	endpoint_release(&e);
}
