/* SPDX-License-Identifier: MIT */
/*
 * A token bucket with two springs. Time alone fills two a second, so that a run in which nothing
 * succeeds still finds out when that ends. Successes fill the rest: five first tries that succeed
 * pay for one retry, which is Finagle's and Envoy's fifth; a retry that succeeds pays for itself,
 * as AWS's refund does, so that after a storm, when what is left is mostly retries, each success
 * funds the next at once and the queue of them drains as fast as the endpoint answers.
 *
 * The bucket holds a fifth of the starts of the last ten seconds, twenty at least: a busy run may
 * save up for a burst in proportion to what it does.
 */
#include "policy/retry_budget.h"

#include <assert.h>
#include <math.h>

#define CAPACITY_LEAST 20.0
#define CAPACITY_SHARE 0.2
#define REFILL_PER_MS (2.0 / 1000)
#define FIRST_TRY_DEPOSIT 0.2
#define RETRY_DEPOSIT 1.0

/* Sums of fifths fall short of the whole by a hair. */
#define HAIR 1e-9

/* Starts of the last ten seconds; those that have grown older since the last start do not count. */
static uint64_t recent_starts(const struct retry_budget *b, int64_t second)
{
	uint64_t starts_n = b->recent_n;
	for (int64_t s = b->second; s < second && s < b->second + RETRY_BUDGET_SLOTS; s++)
		starts_n -= b->starts_n[(s + 1) % RETRY_BUDGET_SLOTS];
	return starts_n;
}

/* The most there can be at now_ms. */
static double capacity(const struct retry_budget *b, int64_t now_ms)
{
	return fmax(CAPACITY_LEAST, CAPACITY_SHARE * (double)recent_starts(b, now_ms / 1000));
}

static double level(const struct retry_budget *b, int64_t now_ms)
{
	double level = b->level + REFILL_PER_MS * (double)(now_ms - b->then_ms);
	return fmin(level, capacity(b, now_ms));
}

static void bring_up(struct retry_budget *b, int64_t now_ms)
{
	b->level = level(b, now_ms);
	b->then_ms = now_ms;
}

void retry_budget_init(struct retry_budget *b, int64_t now_ms)
{
	assert(now_ms >= 0);
	*b = (struct retry_budget){
		.level = CAPACITY_LEAST, .then_ms = now_ms, .second = now_ms / 1000
	};
}

int64_t retry_budget_wait(const struct retry_budget *b, int64_t now_ms)
{
	double missing = 1 - HAIR - level(b, now_ms);
	return missing > 0 ? (int64_t)ceil(missing / REFILL_PER_MS) : 0;
}

void retry_budget_enter(struct retry_budget *b, bool is_retry, int64_t now_ms)
{
	assert(now_ms >= b->then_ms);
	assert(!is_retry || retry_budget_wait(b, now_ms) == 0);
	bring_up(b, now_ms);
	int64_t second = now_ms / 1000;
	if (second >= b->second + RETRY_BUDGET_SLOTS)
		b->second = second - RETRY_BUDGET_SLOTS;
	while (b->second < second) {
		b->second++;
		b->recent_n -= b->starts_n[b->second % RETRY_BUDGET_SLOTS];
		b->starts_n[b->second % RETRY_BUDGET_SLOTS] = 0;
	}
	b->starts_n[second % RETRY_BUDGET_SLOTS]++;
	b->recent_n++;
	if (is_retry)
		b->level = fmax(b->level - 1, 0);
}

void retry_budget_succeed(struct retry_budget *b, bool was_retry, int64_t now_ms)
{
	assert(now_ms >= b->then_ms);
	bring_up(b, now_ms);
	b->level = fmin(
		b->level + (was_retry ? RETRY_DEPOSIT : FIRST_TRY_DEPOSIT), capacity(b, now_ms));
}
