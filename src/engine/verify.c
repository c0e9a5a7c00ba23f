/* SPDX-License-Identifier: MIT */
#include "engine/verify.h"

#include "base/xalloc.h"
#include "json/compact.h"
#include "json/scan.h"
#include "json/schema.h"
#include "json/text.h"
#include "work/ask.h"

#include <stdlib.h>
#include <string.h>

#define FENCE "```"

/* The bytes between the first line, "```json", and the last; all of the text if there is none. */
static struct span unfenced(struct span text)
{
	const size_t fence_n = sizeof FENCE - 1;
	struct span inside = utf8_trimmed(text);
	if (inside.n < 2 * fence_n || memcmp(inside.at, FENCE, fence_n) != 0 ||
		memcmp(inside.at + inside.n - fence_n, FENCE, fence_n) != 0)
		return text;
	inside.n -= fence_n;
	const char *line = memchr(inside.at, '\n', inside.n);
	if (!line)
		return text;
	return (struct span){ line, (size_t)(inside.at + inside.n - line) };
}

static void mismatch(struct answer *answer, const char *what)
{
	answer->outcome = OUTCOME_MISMATCH;
	free(answer->message);
	answer->message = xasprintf("the answer does not match the schema: %s", what);
}

static void check(const struct step *step, struct answer *answer, struct span value)
{
	struct schema_fault fault;
	if (!schema_check(step->schema, value, &fault)) {
		mismatch(answer, fault.msg);
		return;
	}
	buf_init(&answer->json, value.n + 1);
	json_compact(value, &answer->json);
	answer->value = buf_span(&answer->json);
}

void verify_answer(const struct step *step, struct answer *answer)
{
	struct json_fault fault;
	struct span value;
	struct buf plain;
	if (!answer->text.at) {
		mismatch(answer, "it has no text");
		return;
	}
	buf_init(&plain, answer->text.n + 1);
	json_put_plain(&plain, answer->text);
	struct span inside = unfenced(buf_span(&plain));
	if (json_scan(inside, &value, &fault)) {
		check(step, answer, value);
	} else {
		char *what =
			xasprintf("it is not JSON: %s at byte %zu", fault.reason, fault.offset + 1);
		mismatch(answer, what);
		free(what);
	}
	buf_release(&plain);
}

/* What is asked has changed: for the next attempt it is written anew, and repeats nothing. */
static void change(struct request *q)
{
	q->is_reask = true;
	q->estimate = 0; /* it is another length now */
	q->paid = usage_sum(q->paid, q->answer.usage);
	q->paid_cost = cost_sum(q->paid_cost, q->answer.cost);
	q->body_kind = REQUEST_BODY_IS_STALE;
}

/*
 * The number of the try is in it, so that a model that repeats itself is not asked the very same
 * thing.
 */
bool verify_ask_again(struct request *q, const struct step *step)
{
	struct buf bytes;
	struct answer *answer = &q->answer;
	if (answer->outcome != OUTCOME_MISMATCH || q->reasks_n >= step->reasks_n)
		return false;
	/* No API takes a turn without words. */
	struct span said = answer->text.n > 0 ? answer->text : SPAN("(no text)");
	buf_init(&bytes, SIZE_MAX / 2);
	buf_put_span(&bytes, said);
	json_put_escaped_lossy(&bytes, span_of(answer->message));
	buf_put_str(&bytes, ". Answer again, with nothing but JSON that matches it; this is try ");
	buf_put_int(&bytes, q->reasks_n + 2);
	buf_put_str(&bytes, " of ");
	buf_put_int(&bytes, step->reasks_n + 1);
	buf_put_char(&bytes, '.');
	struct reask *r = xmalloc(sizeof *r + bytes.len);
	char *at = (char *)(r + 1);
	memcpy(at, bytes.data, bytes.len);
	r->answer = (struct span){ at, said.n };
	r->complaint = (struct span){ at + said.n, bytes.len - said.n };
	buf_release(&bytes);
	free(q->reask);
	q->reask = r;
	q->reasks_n++;
	change(q);
	return true;
}

bool verify_grow(struct request *q, const struct step *step)
{
	int64_t asked = q->grown_tokens ? q->grown_tokens : step->max_tokens;
	if (q->answer.outcome != OUTCOME_TRUNCATED || asked <= 0 || asked >= step->max_tokens_limit)
		return false;
	q->grown_tokens = asked < step->max_tokens_limit / 2 ? 2 * asked : step->max_tokens_limit;
	change(q);
	return true;
}
