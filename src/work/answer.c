/* SPDX-License-Identifier: MIT */
#include "work/answer.h"

#include <stdlib.h>

int64_t usage_sum_of(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

struct usage usage_sum(struct usage a, struct usage b)
{
	return (struct usage){
		.input = usage_sum_of(a.input, b.input),
		.output = usage_sum_of(a.output, b.output),
		.cached = usage_sum_of(a.cached, b.cached),
		.reasoning = usage_sum_of(a.reasoning, b.reasoning),
	};
}

void answer_init(struct answer *a, enum outcome outcome)
{
	*a = (struct answer){
		.outcome = outcome,
		.usage = { .input = -1, .output = -1, .cached = -1, .reasoning = -1 },
	};
}

void answer_release(struct answer *a)
{
	free(a->message);
	buf_release(&a->own);
	buf_release(&a->json);
	a->message = NULL;
}

const char *finish_name(enum finish finish)
{
	static const char *const names[] = {
		[FINISH_UNKNOWN] = "unknown",
		[FINISH_STOP] = "stop",
		[FINISH_LENGTH] = "length",
		[FINISH_TOOL_CALLS] = "tool_calls",
		[FINISH_CONTENT_FILTER] = "content_filter",
		[FINISH_REFUSAL] = "refusal",
		[FINISH_ERROR] = "error",
	};
	return names[finish];
}
