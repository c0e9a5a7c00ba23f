/* SPDX-License-Identifier: MIT */
/*
 * An answer with a vector: who keeps the bytes that it lies in. (Answers with words are looked at
 * in call_test.c.)
 */
#include "work/answer.h"

#include "base/xalloc.h"
#include "t.h"

#include <stdlib.h>

#define DIGITS "[0.25,1e-3]"

/* Gives a share of bytes that hold the digits, with one owner, and where they are. */
static struct shared *share(struct span *digits)
{
	struct buf a, b;
	buf_init(&a, 100);
	buf_init(&b, 100);
	buf_put_str(&a, "{\"embedding\":" DIGITS "}");
	*digits = (struct span){ .at = a.data + strlen("{\"embedding\":"), .n = strlen(DIGITS) };
	return shared_new(&a, &b);
}

TEST("a copy of an answer with a vector shares the bytes, and outlives what it is of")
{
	struct answer a, copy;
	struct span digits;
	answer_init(&a, OUTCOME_ANSWERED);
	a.source = share(&digits);
	a.vector = (struct vector){ .text = digits, .n = 2 };
	a.model = SPAN("m");
	answer_copy(&copy, &a);
	CHECK(copy.vector.text.at == a.vector.text.at);
	answer_release(&a);
	CHECK(a.source == NULL);
	CHECK_MEM(copy.vector.text.at, copy.vector.text.n, DIGITS);
	CHECK_MEM(copy.model.at, copy.model.n, "m");
	CHECK_INT(copy.vector.n, 2);
	answer_release(&copy);
}

TEST("a vector stays where it is when its answer is made to stand alone")
{
	struct answer a;
	struct span digits;
	answer_init(&a, OUTCOME_ANSWERED);
	a.source = share(&digits);
	a.vector = (struct vector){ .text = digits, .n = 2 };
	answer_keep(&a);
	CHECK(a.vector.text.at == digits.at);
	CHECK_INT(a.own.len, 0);
	answer_release(&a);
}

TEST("a vector that nobody shares is moved like all words")
{
	struct answer a, copy;
	char *attempt = xstrdup(DIGITS);
	answer_init(&a, OUTCOME_ANSWERED);
	a.vector = (struct vector){ .text = span_of(attempt), .n = 2 };
	answer_copy(&copy, &a);
	answer_keep(&a);
	memset(attempt, 'x', strlen(attempt));
	free(attempt);
	CHECK_MEM(a.vector.text.at, a.vector.text.n, DIGITS);
	CHECK_MEM(copy.vector.text.at, copy.vector.text.n, DIGITS);
	answer_release(&a);
	answer_release(&copy);
}

TEST("a pack's vectors are its own: no copy has them, nor what is kept beyond the attempt")
{
	struct answer a, copy;
	answer_init(&a, OUTCOME_ANSWERED);
	a.vectors = xcalloc(2, sizeof *a.vectors);
	answer_copy(&copy, &a);
	CHECK(copy.vectors == NULL && a.vectors != NULL);
	answer_release(&copy);
	answer_keep(&a);
	CHECK(a.vectors == NULL);
	a.vectors = xcalloc(2, sizeof *a.vectors);
	answer_release(&a);
	CHECK(a.vectors == NULL);
}

TEST("all that was said is kept, and copied, with who said it")
{
	struct answer a, copy;
	char *attempt = xstrdup("text model tier endpoint");
	answer_init(&a, OUTCOME_ANSWERED);
	CHECK_INT(a.cost, -1);
	a.cost = 42;
	a.text = (struct span){ attempt, 4 };
	a.model = (struct span){ attempt + 5, 5 };
	a.service_tier = (struct span){ attempt + 11, 4 };
	a.endpoint = (struct span){ attempt + 16, 8 };
	answer_copy(&copy, &a);
	answer_keep(&a);
	memset(attempt, 'x', strlen(attempt));
	free(attempt);
	const struct answer *both[] = { &a, &copy };
	for (int i = 0; i < 2; i++) {
		CHECK_MEM(both[i]->text.at, both[i]->text.n, "text");
		CHECK_MEM(both[i]->model.at, both[i]->model.n, "model");
		CHECK_MEM(both[i]->service_tier.at, both[i]->service_tier.n, "tier");
		CHECK_MEM(both[i]->endpoint.at, both[i]->endpoint.n, "endpoint");
		CHECK_INT(both[i]->cost, 42);
	}
	answer_release(&a);
	answer_release(&copy);
}

static void check_sum(struct usage a, struct usage b, struct usage want)
{
	struct usage sum = usage_sum(a, b);
	CHECK_INT(sum.input, want.input);
	CHECK_INT(sum.output, want.output);
	CHECK_INT(sum.cached, want.cached);
	CHECK_INT(sum.reasoning, want.reasoning);
	CHECK_INT(sum.cache_write, want.cache_write);
	CHECK_INT(sum.cache_write_long, want.cache_write_long);
	CHECK_INT(sum.tier, want.tier);
}

TEST("tokens of all kinds are summed up; the first tier that is not the usual one stays")
{
	const struct usage none = { -1, -1, -1, -1, 0, 0, TIER_USUAL };
	const struct usage one = { 1, 2, 3, -1, 5, 6, TIER_FLEX };
	check_sum(none, none, none);
	check_sum(none, one, one);
	check_sum(one, none, one);
	check_sum(one, one, (struct usage){ 2, 4, 6, -1, 10, 12, TIER_FLEX });
	check_sum(one, (struct usage){ 1, 1, 1, 1, 1, 1, TIER_BATCH },
		(struct usage){ 2, 3, 4, 1, 6, 7, TIER_FLEX });
	check_sum((struct usage){ .cache_write = INT64_MAX }, one,
		(struct usage){ 1, 2, 3, 0, INT64_MAX, 6, TIER_FLEX });
}
