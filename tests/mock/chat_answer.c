/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include "put.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOOL_CALL                                                  \
	"\"id\":\"call_mock\",\"type\":\"function\",\"function\":" \
	"{\"name\":\"lookup\",\"arguments\":\"{\\\"query\\\":\\\"mock\\\"}\"}"

#define AZURE_VERDICT                                                                      \
	"{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},\"violence\":{\"filtered\":" \
	"false,\"severity\":\"safe\"}}"

const char *chat_finish(const struct answer *a, enum answer_finish finish)
{
	static const char *const names[FINISHES_N] = { "stop", "length", "tool_calls",
		"content_filter", "stop", "content_filter", "pondering" };
	if (a->ask->dialect == &dialect_mistral && finish == FINISH_FILTER)
		return "error";
	return names[finish];
}

static bool is_azure(const struct answer *a)
{
	return a->ask->dialect == &dialect_azure;
}

/* vLLM shows what was thought. */
static bool shows_thought(const struct answer *a)
{
	return a->plan.reasoning && a->ask->dialect == &dialect_vllm;
}

static void put_message(struct buf *out, const struct answer *a, const struct choice *choice)
{
	buf_put_str(out, ",\"message\":{\"role\":\"assistant\"");
	if (answer_is_textless(a))
		buf_put_str(out, ",\"content\":null");
	else
		answer_put_text(out, a, ",\"content\":", buf_span(&choice->text));
	if (shows_thought(a))
		buf_put_str(out, ",\"reasoning\":\"" ANSWER_THOUGHT "\"");
	buf_put_str(out, ",\"refusal\":");
	buf_put_str(out, choice->finish == FINISH_REFUSAL ? "\"" ANSWER_REFUSAL "\"" : "null");
	if (choice->finish == FINISH_TOOLS)
		buf_put_str(out, ",\"tool_calls\":[{" TOOL_CALL "}]");
	buf_put_str(out, "},\"logprobs\":null,\"finish_reason\":\"");
	buf_put_str(out, chat_finish(a, choice->finish));
	buf_put_str(out, is_azure(a) ? "\",\"content_filter_results\":" AZURE_VERDICT "}" : "\"}");
}

static void put_choices(struct buf *out, const struct answer *a)
{
	buf_put_str(out, ",\"choices\":[");
	for (size_t i = 0; i < a->choices_n; i++) {
		put_number(out, i ? ",{\"index\":" : "{\"index\":", (int64_t)i);
		put_message(out, a, &a->choices[i]);
	}
	buf_put_char(out, ']');
}

static void put_count(struct buf *out, const struct answer *a, const char *name, int64_t number)
{
	buf_put_str(out, name);
	if (a->plan.shape == SHAPE_STRINGS)
		buf_put_str(out, answer_shown(a, number).text);
	else
		buf_put_int(out, number);
}

void chat_put_usage(struct buf *out, const struct answer *a)
{
	int64_t output = a->output + a->plan.reasoning;
	if (a->plan.shape == SHAPE_NO_USAGE)
		return;
	put_count(out, a, ",\"usage\":{\"prompt_tokens\":", a->input);
	put_count(out, a, ",\"completion_tokens\":", output);
	put_count(out, a, ",\"total_tokens\":", a->input + output);
	put_count(out, a, ",\"prompt_tokens_details\":{\"cached_tokens\":", a->plan.cached);
	put_count(out, a,
		"},\"completion_tokens_details\":{\"reasoning_tokens\":", a->plan.reasoning);
	buf_put_str(out, "}}");
}

/* What every answer, and every chunk of a stream, begins with. */
static void put_head(struct buf *out, const struct answer *a, const char *object)
{
	char head[128];
	snprintf(head, sizeof head,
		"{\"id\":\"chatcmpl-%016" PRIx64 "\",\"object\":\"%s\",\"created\":0,\"model\":",
		a->id, object);
	buf_put_str(out, head);
	put_string(out, span_of(a->ask->model));
}

struct buf chat_whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	buf_reserve(&out, a->ask->prompt.len + 512);
	put_head(&out, a, "chat.completion");
	put_choices(&out, a);
	if (is_azure(a))
		buf_put_str(&out,
			",\"prompt_filter_results\":[{\"prompt_index\":0,"
			"\"content_filter_results\":" AZURE_VERDICT "}]");
	chat_put_usage(&out, a);
	buf_put_char(&out, '}');
	return out;
}

/* == The same as a stream == */

struct stream {
	struct buf out;
	const struct answer *answer;
	struct buf head; /* of each chunk, which is why it is kept */
	struct buf delta;
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
	/* Mistral tells it with the last piece, unasked. */
	if (finish && s->answer->ask->dialect == &dialect_mistral) {
		buf_put_str(&s->out, "}]");
		chat_put_usage(&s->out, s->answer);
		buf_put_str(&s->out, "}\n\n");
		return;
	}
	buf_put_str(&s->out, s->answer->ask->wants_usage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
}

/* A text in pieces of a token each, as the named member. */
static void put_pieces(struct stream *s, int64_t index, const char *name, struct span text)
{
	struct span piece;
	while (answer_take_piece(s->answer, &text, &piece)) {
		buf_clear(&s->delta);
		answer_put_text(&s->delta, s->answer, name, piece);
		put_chunk(s, index, buf_span(&s->delta), NULL);
	}
}

static void put_streamed_choice(struct stream *s, size_t i)
{
	const struct answer *a = s->answer;
	const struct choice *choice = &a->choices[i];
	int64_t index = (int64_t)i;
	put_chunk(s, index,
		answer_is_textless(a)
			? SPAN("\"role\":\"assistant\",\"content\":null,\"refusal\":null")
			: SPAN("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"),
		NULL);
	if (shows_thought(a))
		put_chunk(s, index, SPAN("\"reasoning\":\"" ANSWER_THOUGHT "\""), NULL);
	put_pieces(s, index, "\"content\":", answer_text(a, i));
	if (choice->finish == FINISH_REFUSAL)
		put_pieces(s, index, "\"refusal\":", SPAN(ANSWER_REFUSAL));
	if (choice->finish == FINISH_TOOLS)
		put_chunk(s, index, SPAN("\"tool_calls\":[{\"index\":0," TOOL_CALL "}]"), NULL);
	if (answer_has_end(a))
		put_chunk(s, index, SPAN(""), chat_finish(a, choice->finish));
}

static void put_last_chunks(struct stream *s)
{
	const struct answer *a = s->answer;
	if (a->ask->wants_usage) {
		open_chunk(s);
		buf_put_str(&s->out, ",\"choices\":[]");
		chat_put_usage(&s->out, a);
		buf_put_str(&s->out, "}\n\n");
	}
	buf_put_str(&s->out, "data: [DONE]\n\n");
}

struct buf chat_stream(const struct answer *a)
{
	struct stream s = { .answer = a };
	buf_init(&s.out, SIZE_MAX / 2);
	buf_init(&s.head, SIZE_MAX / 2);
	buf_init(&s.delta, SIZE_MAX / 2);
	put_head(&s.head, a, "chat.completion.chunk");
	if (is_azure(a)) {
		open_chunk(&s);
		buf_put_str(&s.out,
			",\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0,"
			"\"content_filter_results\":" AZURE_VERDICT "}]}\n\n");
	}
	for (size_t i = 0; i < a->choices_n; i++)
		put_streamed_choice(&s, i);
	if (a->plan.shape == SHAPE_ERROR)
		put_json(&s.out,
			"data: {'error':{'message':'Upstream failed.','type':'server_error','param':null,"
			"'code':null}}\n\n");
	else if (answer_has_end(a))
		put_last_chunks(&s);
	buf_release(&s.head);
	buf_release(&s.delta);
	return s.out;
}
