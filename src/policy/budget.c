/* SPDX-License-Identifier: MIT */
/*
 * What is spent only grows, so what does not fit beside that alone never will. All else that does
 * not fit stands beside something that is reserved, and waits for it: nobody waits for nothing.
 *
 * A request that was refused gives its reservation back, one whose end nobody saw counts as spent,
 * whole: which of the two it is, the caller knows. With costs of at most a twentieth of the budget,
 * the first that never fits comes when more than 95 per cent are spent.
 */
#include "policy/budget.h"

#include "base/money.h"

#include <assert.h>

void budget_init(struct budget *b, const struct budget_sum *max)
{
	*b = (struct budget){ .max = *max };
}

bool budget_is_on(const struct budget *b)
{
	for (int k = 0; k < BUDGET_KINDS_N; k++)
		if (b->max.of[k] > 0)
			return true;
	return false;
}

static bool is_above(const struct budget *b, int kind, int64_t amount)
{
	return b->max.of[kind] > 0 && amount > b->max.of[kind];
}

enum budget_kind budget_blame(const struct budget *b, const struct budget_sum *cost)
{
	int k = 0;
	while (k < BUDGET_KINDS_N && !is_above(b, k, money_plus(b->spent.of[k], cost->of[k])))
		k++;
	return (enum budget_kind)k;
}

enum budget_answer budget_look(const struct budget *b, const struct budget_sum *cost)
{
	if (budget_blame(b, cost) != BUDGET_KINDS_N)
		return BUDGET_NEVER;
	for (int k = 0; k < BUDGET_KINDS_N; k++) {
		int64_t taken = money_plus(b->spent.of[k], b->reserved.of[k]);
		if (is_above(b, k, money_plus(taken, cost->of[k])))
			return BUDGET_WAITS;
	}
	return BUDGET_FITS;
}

void budget_enter(struct budget *b, const struct budget_sum *cost)
{
	assert(budget_look(b, cost) == BUDGET_FITS);
	for (int k = 0; k < BUDGET_KINDS_N; k++)
		b->reserved.of[k] = money_plus(b->reserved.of[k], cost->of[k]);
}

void budget_leave(
	struct budget *b, const struct budget_sum *reserved, const struct budget_sum *spent)
{
	for (int k = 0; k < BUDGET_KINDS_N; k++) {
		int64_t *left = &b->reserved.of[k];
		/* Only where nothing is limited can the sum have been too much to hold. */
		assert(b->max.of[k] == 0 || *left >= reserved->of[k]);
		*left -= *left < reserved->of[k] ? *left : reserved->of[k];
		b->spent.of[k] = money_plus(b->spent.of[k], spent->of[k]);
		b->is_exceeded |= is_above(b, k, b->spent.of[k]);
	}
}
