/* SPDX-License-Identifier: MIT */
#include "work/answer.h"

#include "base/money.h"
#include "base/xalloc.h"

#include <stdlib.h>

int64_t usage_sum_of(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t cost_sum(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : money_plus(a, b);
}

struct usage usage_sum(struct usage a, struct usage b)
{
	return (struct usage){
		.input = usage_sum_of(a.input, b.input),
		.output = usage_sum_of(a.output, b.output),
		.cached = usage_sum_of(a.cached, b.cached),
		.reasoning = usage_sum_of(a.reasoning, b.reasoning),
		.cache_write = usage_sum_of(a.cache_write, b.cache_write),
		.cache_write_long = usage_sum_of(a.cache_write_long, b.cache_write_long),
		.tier = a.tier != TIER_USUAL ? a.tier : b.tier,
	};
}

void answer_init(struct answer *a, enum outcome outcome)
{
	*a = (struct answer){
		.outcome = outcome,
		.usage = { .input = -1, .output = -1, .cached = -1, .reasoning = -1 },
		.cost = -1,
	};
}

void answer_release(struct answer *a)
{
	free(a->message);
	buf_release(&a->own);
	buf_release(&a->json);
	shared_drop(a->source);
	free(a->vectors);
	a->message = NULL;
	a->source = NULL;
	a->vectors = NULL;
}

enum { SPANS_N = 9 };

/* Points out all spans that `a` has, and gives how many: what is in its share stays there. */
static int find_spans(struct answer *a, struct span *spans[SPANS_N])
{
	spans[0] = &a->text;
	spans[1] = &a->value;
	spans[2] = &a->tool_calls;
	spans[3] = &a->logprobs;
	spans[4] = &a->model;
	spans[5] = &a->usage_text;
	spans[6] = &a->service_tier;
	spans[7] = &a->endpoint;
	spans[8] = &a->vector.text; /* the last: see below */
	return a->source ? SPANS_N - 1 : SPANS_N;
}

/* Makes `own`, in whose place nothing is lost, the home of all that the spans point to. */
static void gather(struct answer *a)
{
	struct span *spans[SPANS_N];
	size_t n = 0;
	int spans_n = find_spans(a, spans);
	for (int i = 0; i < spans_n; i++)
		n += spans[i]->n;
	buf_init(&a->own, n + 1);
	/* Even of nothing: what is present and empty must point somewhere. */
	buf_reserve(&a->own, n + 1);
	for (int i = 0; i < spans_n; i++) {
		if (!spans[i]->at)
			continue;
		const char *at = a->own.data + a->own.len;
		buf_put_span(&a->own, *spans[i]);
		spans[i]->at = at;
	}
}

void answer_keep(struct answer *a)
{
	struct buf own = a->own, json = a->json;
	a->json = (struct buf){ 0 };
	gather(a);
	free(a->vectors);
	a->vectors = NULL;
	buf_release(&own);
	buf_release(&json);
}

void answer_copy(struct answer *a, const struct answer *from)
{
	*a = *from;
	a->json = (struct buf){ 0 };
	a->vectors = NULL;
	gather(a);
	if (from->source)
		shared_hold(from->source);
	if (from->message)
		a->message = xstrdup(from->message);
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
