/* SPDX-License-Identifier: MIT */
#include "api/said.h"

#include "base/xalloc.h"
#include "json/text.h"
#include "json/walk.h"

#include <stdlib.h>
#include <string.h>

enum { REFUSAL_QUOTED_MAX = 300 }; /* code points of a refusal in a message */

void said_init(struct said *s, const struct attempt *attempt)
{
	size_t max = attempt->answer.len + 1;
	*s = (struct said){ 0 };
	buf_init(&s->text, max);
	buf_init(&s->refusal, max);
}

void said_release(struct said *s)
{
	for (size_t i = 0; i < s->calls_n; i++)
		buf_release(&s->calls[i].args);
	free(s->calls);
	buf_release(&s->text);
	buf_release(&s->refusal);
	*s = (struct said){ 0 };
}

void said_add_text(struct said *s, struct span piece)
{
	s->has_text |= piece.at != NULL;
	buf_put_span(&s->text, piece);
}

void said_add_value(struct said *s, struct span value)
{
	struct span text = json_text_of(value);
	s->has_bad_text |= value.at && !text.at && !span_is(value, "null");
	said_add_text(s, text);
}

void said_add_refusal(struct said *s, struct span piece)
{
	buf_put_span(&s->refusal, piece);
}

struct said_call *said_call(struct said *s, int64_t index)
{
	/* Pieces of one call follow each other: it is nearly always the last. */
	for (size_t i = s->calls_n; i-- > 0;)
		if (s->calls[i].index == index)
			return &s->calls[i];
	if (s->calls_n == SAID_CALLS_MAX) {
		s->has_too_many_calls = true;
		return NULL;
	}
	s->calls = xrealloc(s->calls, s->calls_n + 1, sizeof *s->calls);
	struct said_call *call = &s->calls[s->calls_n++];
	*call = (struct said_call){ .index = index };
	buf_init(&call->args, s->text.max);
	return call;
}

/* Where a part of answer->own will be once it has stopped growing. */
struct place {
	size_t at, n;
};

static struct place put(struct buf *own, struct span part)
{
	struct place p = { own->len, part.n };
	buf_put_span(own, part);
	return p;
}

static struct place put_calls(struct buf *own, const struct said *s, said_put_call *put_call)
{
	struct place p = { own->len, 0 };
	for (size_t i = 0; i < s->calls_n; i++) {
		buf_put_char(own, i ? ',' : '[');
		put_call(own, &s->calls[i]);
	}
	buf_put_char(own, ']');
	p.n = own->len - p.at;
	return p;
}

static struct span taken(const struct buf *own, struct place p, bool is_there)
{
	return is_there ? (struct span){ own->data + p.at, p.n } : (struct span){ 0 };
}

void said_keep(struct said *s, said_put_call *put_call, struct answer *answer)
{
	bool has_calls = s->calls_n > 0 && put_call;
	bool has_words = s->has_text && !s->has_bad_text &&
		(s->text.len > 0 || !(has_calls || s->tools.at || s->finish == FINISH_TOOL_CALLS));
	struct buf *own = &answer->own;
	*own = s->text;
	own->max = SIZE_MAX / 2; /* all of it is made of what came, whose ceiling holds */
	buf_init(&s->text, 1);
	buf_reserve(own, 1);
	struct place text = { 0, own->len };
	struct place model = put(own, s->model);
	struct place usage = put(own, s->usage);
	struct place tier = put(own, s->tier);
	struct place logprobs = put(own, s->logprobs);
	struct place tools = has_calls ? put_calls(own, s, put_call) : put(own, s->tools);
	answer->text = taken(own, text, has_words);
	answer->model = taken(own, model, s->model.at);
	answer->usage_text = taken(own, usage, s->usage.at);
	answer->service_tier = taken(own, tier, s->tier.at);
	answer->logprobs = taken(own, logprobs, s->logprobs.at);
	answer->tool_calls = taken(own, tools, has_calls || s->tools.at);
	answer->finish = s->has_too_many_calls ? FINISH_ERROR : s->finish;
}

void said_refuse(struct answer *answer, enum outcome outcome, const char *message)
{
	answer->outcome = outcome;
	answer->message = xstrdup(message);
}

static void refuse_in_words(struct answer *answer, struct span refusal)
{
	struct buf plain;
	buf_init(&plain, refusal.n * 3 + 1);
	json_put_plain(&plain, refusal);
	/* One line, whatever the model wrote. */
	for (size_t i = 0; i < plain.len; i++)
		if ((unsigned char)plain.data[i] < ' ' || plain.data[i] == 0x7f)
			plain.data[i] = ' ';
	struct span words = utf8_first(buf_span(&plain), REFUSAL_QUOTED_MAX);
	answer->finish = FINISH_REFUSAL;
	answer->outcome = OUTCOME_POLICY;
	answer->message = xasprintf("the model refused: %.*s", (int)words.n, words.at);
	buf_release(&plain);
}

void said_judge(struct answer *answer, struct span refusal, const char *where)
{
	/* Some write an empty text beside the calls, which are the answer then. */
	if (answer->text.n == 0 && answer->tool_calls.at)
		answer->text = (struct span){ 0 };
	if (answer->finish == FINISH_CONTENT_FILTER) {
		said_refuse(
			answer, OUTCOME_POLICY, "the answer was withheld by the content filter");
	} else if (refusal.at && refusal.n > 0) {
		refuse_in_words(answer, refusal);
	} else if (answer->finish == FINISH_REFUSAL) {
		said_refuse(answer, OUTCOME_POLICY, "the model refused");
	} else if (answer->finish == FINISH_LENGTH) {
		said_refuse(answer, OUTCOME_TRUNCATED,
			"the answer was cut at the limit of tokens; raise --max-tokens");
	} else if (answer->finish == FINISH_ERROR) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE,
			"the server broke the answer off with an error");
	} else if (!answer->text.at && answer->tool_calls.at) {
		answer->value = answer->tool_calls;
	} else if (!answer->text.at) {
		answer->outcome = OUTCOME_BAD_RESPONSE;
		answer->message = xasprintf("the answer has no %s", where);
	}
}
