/* SPDX-License-Identifier: MIT */
/*
 * An empty list is an answer if the model says that it came to the end: that is how these APIs
 * write an empty text. So is one with nothing but thoughts. A list that just ends is none.
 *
 * Two reasons to stop are neither a limit that the user set nor a failure: the context was full, or
 * a tool of the server's took so long that the model wants to be asked to go on, which pllm does
 * not. The answer is not whole, and asking again would end the same way: truncated.
 */
#include "api/blocks.h"

#include "json/array.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdint.h>

void blocks_init(struct blocks *b, const struct attempt *attempt)
{
	*b = (struct blocks){ 0 };
	said_init(&b->said, attempt);
	/* A comma or bracket for each block, none of which is shorter than two bytes. */
	buf_init(&b->tools, attempt->answer.len * 2 + 2);
}

void blocks_release(struct blocks *b)
{
	said_release(&b->said);
	buf_release(&b->tools);
}

void blocks_clear(struct blocks *b)
{
	buf_clear(&b->said.text);
	buf_clear(&b->tools);
	b->said.has_text = b->has_others = b->has_bad_text = false;
}

void blocks_add_text(struct blocks *b, struct span text)
{
	b->has_bad_text |= text.at == NULL;
	said_add_text(&b->said, text);
}

void blocks_add_call(struct blocks *b, struct span block)
{
	array_add(&b->tools, block);
}

static int64_t index_of(struct span index)
{
	return index.at ? json_count_of(index) : -1;
}

void blocks_start_call(
	struct blocks *b, struct span index, const struct said_call *call, struct span input)
{
	struct said_call *own = said_call(&b->said, index_of(index));
	if (!own)
		return;
	own->id = call->id;
	own->name = call->name;
	if (!json_is(input, JSON_KIND_OBJECT) || json_is_empty(input))
		return;
	own->args.max = b->tools.max; /* quotes become two bytes */
	json_put_escaped(&own->args, input);
}

void blocks_add_args(struct blocks *b, struct span index, struct span piece)
{
	int64_t wanted = index_of(index);
	/* Not said_call, which would start one: tools of the server's have arguments, too. */
	for (size_t i = b->said.calls_n; i-- > 0;) {
		if (b->said.calls[i].index == wanted) {
			buf_put_span(&b->said.calls[i].args, piece);
			return;
		}
	}
}

static enum finish finish_of(struct span stop)
{
	static const struct {
		const char *name;
		enum finish finish;
	} reasons[] = {
		{ "end_turn", FINISH_STOP },
		{ "stop_sequence", FINISH_STOP },
		{ "max_tokens", FINISH_LENGTH },
		{ "model_context_window_exceeded", FINISH_LENGTH },
		{ "tool_use", FINISH_TOOL_CALLS },
		{ "refusal", FINISH_REFUSAL },
		{ "guardrail_intervened", FINISH_CONTENT_FILTER },
		{ "content_filtered", FINISH_CONTENT_FILTER },
		{ "malformed_model_output", FINISH_ERROR },
		{ "malformed_tool_use", FINISH_ERROR },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (span_is(stop, reasons[i].name))
			return reasons[i].finish;
	return FINISH_UNKNOWN;
}

/* Makes the arguments of a call the object they are the text of; {} if they are none. */
static bool finish_args(struct said_call *call)
{
	struct buf plain;
	struct span value = { 0 };
	struct json_fault why;
	buf_init(&plain, call->args.len + 2);
	json_put_plain(&plain, buf_span(&call->args));
	bool is_none = plain.len == 0;
	bool ok = json_scan(buf_span(&plain), &value, &why) && json_kind(value) == JSON_KIND_OBJECT;
	if (!ok)
		value = SPAN("{}");
	buf_release(&call->args);
	buf_init(&call->args, value.n);
	buf_put_span(&call->args, value);
	buf_release(&plain);
	return ok || is_none;
}

static bool finish_calls(struct said *said)
{
	bool ok = true;
	for (size_t i = 0; i < said->calls_n; i++)
		ok &= finish_args(&said->calls[i]);
	return ok;
}

static void judge(const struct blocks *b, const struct blocks_style *style, bool are_args_whole,
	struct answer *answer)
{
	if (span_is(b->stop, "model_context_window_exceeded"))
		said_refuse(answer, OUTCOME_TRUNCATED,
			"the answer was cut where the model's context ended");
	else if (span_is(b->stop, "pause_turn"))
		said_refuse(answer, OUTCOME_TRUNCATED,
			"the model paused before the end of its answer (pause_turn)");
	else
		said_judge(answer,
			answer->finish == FINISH_REFUSAL ? b->refusal : (struct span){ 0 },
			style->where);
	if (answer->outcome == OUTCOME_ANSWERED && b->has_bad_text)
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "a text of the answer is missing");
	if (answer->outcome == OUTCOME_ANSWERED && !are_args_whole)
		said_refuse(answer, OUTCOME_BAD_RESPONSE,
			"the arguments of a tool call are not the JSON of an object");
}

void blocks_keep(struct blocks *b, const struct blocks_style *style, struct attempt *attempt,
	struct answer *answer)
{
	struct said *said = &b->said;
	bool are_args_whole = finish_calls(said);
	said->finish = finish_of(b->stop);
	if (b->has_list && said->finish == FINISH_STOP && !b->has_others && !b->has_bad_text &&
		!said->calls_n && !b->tools.len)
		said->has_text = true;
	said->tools = array_end(&b->tools);
	said_keep(said, style->put_call, answer);
	judge(b, style, are_args_whole, answer);
	buf_release(&attempt->answer);
}
