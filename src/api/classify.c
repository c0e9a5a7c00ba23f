/* SPDX-License-Identifier: MIT */
#include "api/classify.h"

#include "base/buf.h"
#include "base/key_form.h"
#include "base/xalloc.h"
#include "work/secrets.h"

#include <stdlib.h>
#include <string.h>

enum { QUOTED_MAX_BYTES = 500 }; /* of a server's words in a message */

/* What each end of the exchange means, and what to say when the library has nothing better. */
static const struct {
	enum outcome outcome;
	const char *text;
} wires[] = {
	[WIRE_COMPLETE] = { OUTCOME_ANSWERED, NULL },
	[WIRE_NO_CONNECTION] = { OUTCOME_TRANSPORT, "could not connect" },
	[WIRE_TLS] = { OUTCOME_TRANSPORT, "the TLS connection cannot be trusted" },
	[WIRE_CLOSED] = { OUTCOME_TRANSPORT, "the server closed the connection without an answer" },
	[WIRE_CUT] = { OUTCOME_TRANSPORT, "the answer broke off before its end" },
	[WIRE_CONNECT_TIMEOUT] = { OUTCOME_TRANSPORT, "no connection within --connect-timeout" },
	[WIRE_TIMEOUT] = { OUTCOME_TIMEOUT, "no whole answer within --timeout" },
	[WIRE_LATE] = { OUTCOME_TIMEOUT, "no first byte within --ttft-timeout" },
	[WIRE_IDLE] = { OUTCOME_TIMEOUT, "the answer stopped arriving for --idle-timeout" },
	[WIRE_TOO_LARGE] = { OUTCOME_TOO_LARGE, "the answer is larger than pllm accepts" },
	[WIRE_NOT_HTTP] = { OUTCOME_BAD_RESPONSE, "the answer is not HTTP" },
	[WIRE_CANCELLED] = { OUTCOME_CANCELLED, "stopped while under way" },
};

static struct span secret_of(const char *header)
{
	const char *value = strchr(header, ':');
	if (!value)
		return (struct span){ 0 };
	value += 1 + strspn(value + 1, " ");
	/* "Bearer KEY": the scheme is no secret, and the server may echo the key without it */
	const char *space = strrchr(value, ' ');
	return span_of(space ? space + 1 : value);
}

bool classify_redact(struct buf *text, const struct endpoint *e)
{
	return secrets_redact(e, text->data, text->len);
}

bool classify_hides_secret(struct span bytes, const struct endpoint *e)
{
	return secrets_are_hidden(e, bytes);
}

/* In a message no header's value has a place, whatever it is. */
static void redact_headers(struct buf *text, const struct endpoint *e)
{
	for (size_t i = 0; e && i < e->headers_n; i++)
		secret_overwrite(text->data, text->len, secret_of(e->headers[i]));
	secrets_redact_cut(e, text->data, text->len);
	/* A gateway's own key, or another's, is nobody's business either. */
	key_form_overwrite(text->data, text->len);
}

static void flatten(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];
		if (c < 0x20 || c == 0x7f)
			text->data[i] = ' ';
	}
}

char *classify_message(const struct attempt *attempt, struct span text)
{
	struct buf message;
	buf_init(&message, SIZE_MAX / 2);
	buf_put_str(&message, "HTTP ");
	buf_put_int(&message, attempt->status);
	if (text.at && text.n) {
		/* All of it first: a secret must not survive by being cut in half. */
		buf_put_str(&message, ": ");
		buf_put_span(&message, text);
		redact_headers(&message, attempt->endpoint);
		flatten(&message);
	}
	size_t n = message.len < QUOTED_MAX_BYTES ? message.len : QUOTED_MAX_BYTES;
	while (n < message.len && ((unsigned char)message.data[n] & 0xc0) == 0x80)
		n--;
	char *copy = xmemdup(message.data, n);
	buf_release(&message);
	return copy;
}

static void fill(struct answer *answer, enum outcome outcome, char *message)
{
	answer_init(answer, outcome);
	answer->message = message;
}

bool classify_wire(const struct attempt *attempt, struct answer *answer)
{
	if (attempt->wire != WIRE_COMPLETE) {
		const char *text = wires[attempt->wire].text;
		fill(answer, wires[attempt->wire].outcome,
			attempt->detail ? xasprintf("%s: %s", text, attempt->detail)
					: xstrdup(text));
		return true;
	}
	if (attempt->status >= 300 && attempt->status < 400) {
		fill(answer, OUTCOME_REQUEST,
			xasprintf(
				"HTTP %d: the server redirects, and pllm never follows; give the final URL as --endpoint",
				attempt->status));
		return true;
	}
	if (attempt->is_html && attempt->status < 300) {
		fill(answer, OUTCOME_BAD_RESPONSE,
			xasprintf(
				"HTTP %d with an HTML page where JSON was expected; is the URL right?",
				attempt->status));
		return true;
	}
	return false;
}

enum outcome classify_status(int status)
{
	static const struct {
		int status;
		enum outcome outcome;
	} rows[] = {
		{ 401, OUTCOME_AUTH },
		{ 402, OUTCOME_QUOTA },
		{ 403, OUTCOME_AUTH },
		{ 404, OUTCOME_NOT_FOUND },
		{ 408, OUTCOME_FAULT },
		{ 409, OUTCOME_CONFLICT },
		{ 413, OUTCOME_TOO_LONG },
		{ 424, OUTCOME_FAULT }, /* the server's, behind a gateway */
		{ 429, OUTCOME_RATE },
		{ 498, OUTCOME_AUTH },  /* Cohere's: the key is not valid */
		{ 499, OUTCOME_FAULT }, /* says that we left, and we did not */
		{ 503, OUTCOME_CAPACITY },
		{ 529, OUTCOME_CAPACITY },
	};
	if (status >= 200 && status < 300)
		return OUTCOME_ANSWERED;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == status)
			return rows[i].outcome;
	return status >= 500 ? OUTCOME_FAULT : OUTCOME_REQUEST;
}
