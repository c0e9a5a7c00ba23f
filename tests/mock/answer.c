/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "attempts.h"
#include "base/buf.h"
#include "base/rng.h"
#include "reply.h"
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ECHO_PREFIX "echo: "
#define REFUSAL "I'm sorry, but I can't help with that."
#define TOOL_CALL                                                  \
	"\"id\":\"call_mock\",\"type\":\"function\",\"function\":" \
	"{\"name\":\"lookup\",\"arguments\":\"{\\\"query\\\":\\\"mock\\\"}\"}"

/* One choice: its text and how it ended. */
struct choice {
	struct buf text;
	const char *finish;
};

static void write_words(struct buf *text, uint64_t seed, uint64_t words_n)
{
	static const char *const words[] = { "the", "of", "a", "to", "in", "is", "and", "that",
		"it", "as", "was", "for", "on", "with", "his", "by", "at", "which", "light",
		"water", "house", "river", "morning", "letter", "garden", "window", "answer",
		"question", "small", "long", "quiet", "early" };
	struct rng r;
	rng_init(&r, seed);
	for (uint64_t i = 0; i < words_n; i++) {
		size_t word = rng_next(&r) % (sizeof words / sizeof *words);
		if (i > 0)
			buf_put_char(text, ' ');
		buf_put_str(text, words[word]);
	}
}

/* The ceilings are ours: an echo is no longer than its prompt, words are counted. */
static void write_text(struct buf *text, const struct chat_ask *ask,
	const struct answer_style *style, uint64_t index)
{
	struct span prompt = buf_span(&ask->prompt);
	struct span asked_for = script_answer(prompt);
	buf_init(text, SIZE_MAX / 2);
	if (asked_for.at) {
		buf_put_span(text, asked_for);
	} else if (style->kind == ANSWER_FIXED) {
		buf_put_span(text, style->fixed);
	} else if (style->kind == ANSWER_WORDS) {
		write_words(text, attempts_key(prompt) + index, style->words_n);
	} else {
		buf_put_str(text, ECHO_PREFIX);
		script_strip(prompt, text);
	}
}

static void cut(struct choice *choice, size_t bytes)
{
	if (choice->text.len <= bytes)
		return;
	choice->text.len = utf8_fit(choice->text.data, bytes);
	choice->finish = "length";
}

static bool is_textless(enum answer_shape shape)
{
	return shape == SHAPE_NULL || shape == SHAPE_REFUSAL || shape == SHAPE_TOOLS;
}

static void choice_init(struct choice *choice, const struct chat_ask *ask,
	const struct answer_style *style, uint64_t index)
{
	choice->finish = "stop";
	write_text(&choice->text, ask, style, index);
	if (ask->max_tokens)
		cut(choice, (size_t)ask->max_tokens * 4);
}

/* Bends a choice into the shape that is wanted. */
static void shape_choice(struct choice *choice, enum answer_shape shape)
{
	if (shape == SHAPE_FILTER)
		choice->finish = "content_filter";
	if (shape == SHAPE_TOOLS)
		choice->finish = "tool_calls";
	if (shape == SHAPE_LENGTH) {
		cut(choice, choice->text.len / 2);
		choice->finish = "length";
	}
	if (is_textless(shape))
		buf_clear(&choice->text);
}

/* == JSON: written, not built, because at full load a tree costs more than the whole exchange == */

static void put_escaped(struct buf *out, unsigned char c)
{
	char escape[8];
	if (c == '"' || c == '\\')
		snprintf(escape, sizeof escape, "\\%c", c);
	else
		snprintf(escape, sizeof escape, "\\u%04x", c);
	buf_put_str(out, escape);
}

static void put_string(struct buf *out, struct span text)
{
	size_t plain_from = 0;
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_put(out, text.at + plain_from, i - plain_from);
		put_escaped(out, c);
		plain_from = i + 1;
	}
	buf_put(out, text.at + plain_from, text.n - plain_from);
	buf_put_char(out, '"');
}

/* A name (with its punctuation) and a number. */
static void put_number(struct buf *out, const char *name, int64_t number)
{
	buf_put_str(out, name);
	buf_put_int(out, number);
}

static void put_message(struct buf *out, const struct choice *choice, enum answer_shape shape)
{
	buf_put_str(out, ",\"message\":{\"role\":\"assistant\",\"content\":");
	if (is_textless(shape))
		buf_put_str(out, "null");
	else
		put_string(out, buf_span(&choice->text));
	buf_put_str(out, ",\"refusal\":");
	buf_put_str(out, shape == SHAPE_REFUSAL ? "\"" REFUSAL "\"" : "null");
	if (shape == SHAPE_TOOLS)
		buf_put_str(out, ",\"tool_calls\":[{" TOOL_CALL "}]");
	buf_put_str(out, "},\"logprobs\":null,\"finish_reason\":\"");
	buf_put_str(out, choice->finish);
	buf_put_str(out, "\"}");
}

/* Writes the choices and gives their tokens. */
static int64_t put_choices(struct buf *out, const struct chat_ask *ask,
	const struct answer_style *style, enum answer_shape shape)
{
	int64_t tokens_n = 0;
	buf_put_str(out, ",\"choices\":[");
	for (int64_t i = 0; i < ask->choices_n; i++) {
		struct choice choice;
		choice_init(&choice, ask, style, (uint64_t)i);
		shape_choice(&choice, shape);
		put_number(out, i ? ",{\"index\":" : "{\"index\":", i);
		put_message(out, &choice, shape);
		tokens_n += chat_tokens(choice.text.len);
		buf_release(&choice.text);
	}
	buf_put_char(out, ']');
	return tokens_n;
}

static void put_usage(struct buf *out, int64_t prompt_tokens, int64_t completion_tokens)
{
	put_number(out, ",\"usage\":{\"prompt_tokens\":", prompt_tokens);
	put_number(out, ",\"completion_tokens\":", completion_tokens);
	put_number(out, ",\"total_tokens\":", prompt_tokens + completion_tokens);
	buf_put_str(out,
		",\"prompt_tokens_details\":{\"cached_tokens\":0}"
		",\"completion_tokens_details\":{\"reasoning_tokens\":0}}}");
}

/* What every answer, and every chunk of a stream, begins with. */
static void put_head(struct buf *out, const struct chat_ask *ask, const char *object)
{
	char head[128];
	snprintf(head, sizeof head,
		"{\"id\":\"chatcmpl-%016" PRIx64 "\",\"object\":\"%s\",\"created\":0,\"model\":",
		attempts_key(buf_span(&ask->prompt)), object);
	buf_put_str(out, head);
	put_string(out, span_of(ask->model));
}

struct buf answer_body(
	const struct chat_ask *ask, const struct answer_style *style, enum answer_shape shape)
{
	struct buf out;
	int64_t tokens_n = 0;
	buf_init(&out, SIZE_MAX / 2);
	buf_reserve(&out, ask->prompt.len + 512);
	put_head(&out, ask, "chat.completion");
	if (shape != SHAPE_EMPTY)
		tokens_n = put_choices(&out, ask, style, shape);
	put_usage(&out, chat_tokens(ask->prompt_bytes), tokens_n);
	return out;
}

/* == The same as a stream == */

struct stream {
	struct buf out;
	const struct chat_ask *ask;
	struct buf head; /* of each chunk, which is why it is kept */
};

static void open_chunk(struct stream *s)
{
	buf_put_str(&s->out, "data: ");
	buf_put_span(&s->out, buf_span(&s->head));
}

/* A chunk of one choice; delta is what stands in the braces, finish may be NULL. */
static void put_chunk(struct stream *s, int64_t index, struct span delta, const char *finish)
{
	open_chunk(s);
	put_number(&s->out, ",\"choices\":[{\"index\":", index);
	buf_put_str(&s->out, ",\"delta\":{");
	buf_put_span(&s->out, delta);
	buf_put_str(&s->out, "},\"logprobs\":null,\"finish_reason\":");
	if (finish)
		put_string(&s->out, span_of(finish));
	else
		buf_put_str(&s->out, "null");
	buf_put_str(&s->out, s->ask->wants_usage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
}

/* A text in pieces of a token each, as the named member. */
static void put_pieces(struct stream *s, int64_t index, const char *name, struct span text)
{
	struct buf delta;
	buf_init(&delta, SIZE_MAX / 2);
	while (text.n > 0) {
		size_t n = text.n > CHAT_TOKEN_BYTES ? utf8_fit(text.at, CHAT_TOKEN_BYTES) : text.n;
		buf_clear(&delta);
		buf_put_str(&delta, name);
		put_string(&delta, (struct span){ .at = text.at, .n = n });
		put_chunk(s, index, buf_span(&delta), NULL);
		text = (struct span){ .at = text.at + n, .n = text.n - n };
	}
	buf_release(&delta);
}

static void put_streamed_choice(
	struct stream *s, int64_t index, const struct choice *choice, enum answer_shape shape)
{
	struct span text = buf_span(&choice->text);
	if (shape == SHAPE_ERROR)
		text.n = utf8_fit(text.at, text.n / 2);
	put_chunk(s, index,
		is_textless(shape)
			? SPAN("\"role\":\"assistant\",\"content\":null,\"refusal\":null")
			: SPAN("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"),
		NULL);
	put_pieces(s, index, "\"content\":", text);
	if (shape == SHAPE_REFUSAL)
		put_pieces(s, index, "\"refusal\":", SPAN(REFUSAL));
	if (shape == SHAPE_TOOLS)
		put_chunk(s, index, SPAN("\"tool_calls\":[{\"index\":0," TOOL_CALL "}]"), NULL);
	if (shape != SHAPE_ERROR)
		put_chunk(s, index, SPAN(""), choice->finish);
}

static int64_t put_streamed_choices(
	struct stream *s, const struct answer_style *style, enum answer_shape shape)
{
	int64_t tokens_n = 0;
	for (int64_t i = 0; shape != SHAPE_EMPTY && i < s->ask->choices_n; i++) {
		struct choice choice;
		choice_init(&choice, s->ask, style, (uint64_t)i);
		shape_choice(&choice, shape);
		put_streamed_choice(s, i, &choice, shape);
		tokens_n += chat_tokens(choice.text.len);
		buf_release(&choice.text);
	}
	return tokens_n;
}

struct buf answer_stream(
	const struct chat_ask *ask, const struct answer_style *style, enum answer_shape shape)
{
	struct stream s = { .ask = ask };
	buf_init(&s.out, SIZE_MAX / 2);
	buf_init(&s.head, SIZE_MAX / 2);
	put_head(&s.head, ask, "chat.completion.chunk");
	int64_t tokens_n = put_streamed_choices(&s, style, shape);
	if (shape == SHAPE_ERROR) {
		buf_put_str(&s.out, "data: " ANSWER_ERROR "\n\n");
	} else {
		if (ask->wants_usage) {
			open_chunk(&s);
			buf_put_str(&s.out, ",\"choices\":[]");
			put_usage(&s.out, chat_tokens(ask->prompt_bytes), tokens_n);
			buf_put_str(&s.out, "\n\n");
		}
		buf_put_str(&s.out, "data: [DONE]\n\n");
	}
	buf_release(&s.head);
	return s.out;
}
