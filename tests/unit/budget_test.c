/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "policy/budget.h"

#include "t.h"

static struct budget of_tokens(int64_t max)
{
	struct budget b;
	budget_init(&b, &(struct budget_sum){ { 0, max, 0 } });
	return b;
}

static struct budget_sum tokens(int64_t n)
{
	return (struct budget_sum){ { 0, n, 0 } };
}

static enum budget_answer look(const struct budget *b, int64_t n)
{
	struct budget_sum cost = tokens(n);
	return budget_look(b, &cost);
}

static void enter(struct budget *b, int64_t n)
{
	struct budget_sum cost = tokens(n);
	budget_enter(b, &cost);
}

static void leave(struct budget *b, int64_t reserved_n, int64_t spent_n)
{
	struct budget_sum reserved = tokens(reserved_n), spent = tokens(spent_n);
	budget_leave(b, &reserved, &spent);
}

TEST("without a limit anything fits, and what was spent is known")
{
	struct budget b;
	budget_init(&b, &(struct budget_sum){ { 0 } });
	CHECK(!budget_is_on(&b));
	CHECK_INT(look(&b, INT64_MAX), BUDGET_FITS);
	enter(&b, INT64_MAX);
	leave(&b, INT64_MAX, 5);
	CHECK_INT(b.spent.of[BUDGET_TOKENS], 5);
	CHECK_INT(b.reserved.of[BUDGET_TOKENS], 0);
}

TEST("a limit of any kind makes a budget")
{
	for (int k = 0; k < BUDGET_KINDS_N; k++) {
		struct budget b;
		struct budget_sum max = { { 0 } };
		max.of[k] = 1;
		budget_init(&b, &max);
		CHECK(budget_is_on(&b));
	}
}

TEST("what fits to the last token fits, and one more waits for what is reserved")
{
	struct budget b = of_tokens(100);
	enter(&b, 60);
	CHECK_INT(look(&b, 40), BUDGET_FITS);
	CHECK_INT(look(&b, 41), BUDGET_WAITS);
	leave(&b, 60, 10);
	CHECK_INT(look(&b, 41), BUDGET_FITS);
	CHECK_INT(look(&b, 90), BUDGET_FITS);
	CHECK_INT(b.spent.of[BUDGET_TOKENS], 10);
}

TEST("what does not fit beside what is spent never will, whatever else is reserved")
{
	struct budget b = of_tokens(100);
	enter(&b, 50);
	CHECK_INT(look(&b, 101), BUDGET_NEVER);
	CHECK_INT(look(&b, 100), BUDGET_WAITS);
	leave(&b, 50, 30);
	CHECK_INT(look(&b, 71), BUDGET_NEVER);
	CHECK_INT(look(&b, 70), BUDGET_FITS);
}

TEST("each kind has its say, and the first that never fits is blamed")
{
	struct budget b;
	budget_init(&b, &(struct budget_sum){ { 1000, 100, 3 } });
	struct budget_sum cost = { { 400, 10, 1 } };
	budget_enter(&b, &cost);
	budget_enter(&b, &cost);
	CHECK_INT(budget_look(&b, &cost), BUDGET_WAITS);
	CHECK_INT(budget_blame(&b, &cost), BUDGET_KINDS_N);
	budget_leave(&b, &cost, &(struct budget_sum){ { 5, 95, 1 } });
	CHECK_INT(budget_look(&b, &cost), BUDGET_NEVER);
	CHECK_INT(budget_blame(&b, &cost), BUDGET_TOKENS);
	CHECK_INT(budget_blame(&b, &(struct budget_sum){ { 996, 10, 1 } }), BUDGET_MONEY);
	CHECK_INT(budget_blame(&b, &(struct budget_sum){ { 0, 0, 3 } }), BUDGET_REQUESTS);
	CHECK_INT(budget_look(&b, &(struct budget_sum){ { 0, 5, 1 } }), BUDGET_WAITS);
}

TEST("sums that are too large for a number are too large for a budget")
{
	struct budget b = of_tokens(INT64_MAX - 1);
	CHECK_INT(look(&b, INT64_MAX), BUDGET_NEVER);
	enter(&b, INT64_MAX - 1);
	CHECK_INT(look(&b, 1), BUDGET_WAITS);
	CHECK_INT(look(&b, INT64_MAX - 1), BUDGET_WAITS);
	leave(&b, INT64_MAX - 1, INT64_MAX - 2);
	CHECK_INT(look(&b, 1), BUDGET_FITS);
	CHECK_INT(look(&b, 2), BUDGET_NEVER);
}

TEST("reservations without a limit may be too many to count, and give back no more than they took")
{
	struct budget b = of_tokens(0);
	enter(&b, INT64_MAX);
	enter(&b, INT64_MAX);
	leave(&b, INT64_MAX, INT64_MAX);
	CHECK_INT(b.reserved.of[BUDGET_TOKENS], 0);
	leave(&b, INT64_MAX, INT64_MAX);
	CHECK_INT(b.reserved.of[BUDGET_TOKENS], 0);
	CHECK_INT(b.spent.of[BUDGET_TOKENS], INT64_MAX);
	CHECK(!b.is_exceeded);
}

TEST("what costs more than was reserved is owned up to, and then nothing fits")
{
	struct budget b = of_tokens(100);
	enter(&b, 50);
	leave(&b, 50, 100);
	CHECK(!b.is_exceeded);
	CHECK_INT(look(&b, 0), BUDGET_FITS);
	enter(&b, 0);
	leave(&b, 0, 1);
	CHECK(b.is_exceeded);
	CHECK_INT(look(&b, 0), BUDGET_NEVER);
}

/* == A run against a server of random answers == */

enum { FLIGHTS_MAX = 64, TRIES_MAX = 4, STEPS_MAX = 1000000 };

struct flight {
	struct budget_sum reserved;
	int64_t input, tries_n;
	int64_t end;
};

struct run {
	struct rng rng;
	struct budget b;
	struct flight flights[FLIGHTS_MAX];
	int flights_n, jobs;
	int64_t now;
	int64_t price_in, price_out;
	int64_t input_max, output_max;
	int refused_percent, lost_percent;
	struct flight next; /* wants to start */
	bool is_stopped;
};

/* The most that the next request can cost. */
static struct budget_sum worst(const struct run *r, int64_t input)
{
	return (struct budget_sum){ { input * r->price_in + r->output_max * r->price_out,
		input + r->output_max, 1 } };
}

static void check_laws(const struct run *r)
{
	for (int k = 0; k < BUDGET_KINDS_N; k++) {
		int64_t max = r->b.max.of[k], spent = r->b.spent.of[k];
		if (max == 0)
			continue;
		CHECK(spent <= max);
		CHECK(spent + r->b.reserved.of[k] <= max);
	}
	CHECK(!r->b.is_exceeded);
}

static void pick_next(struct run *r)
{
	int64_t input = 1 + rng_upto(&r->rng, r->input_max - 1);
	r->next = (struct flight){ .reserved = worst(r, input), .input = input };
}

/* Starts what may start; stops for good at the first that never will. */
static void start(struct run *r)
{
	while (!r->is_stopped && r->flights_n < r->jobs) {
		enum budget_answer answer = budget_look(&r->b, &r->next.reserved);
		r->is_stopped = answer == BUDGET_NEVER;
		if (answer == BUDGET_WAITS)
			CHECK(r->flights_n > 0);
		if (answer != BUDGET_FITS)
			return;
		budget_enter(&r->b, &r->next.reserved);
		r->next.end = r->now + 1 + rng_upto(&r->rng, 1000);
		r->flights[r->flights_n++] = r->next;
		check_laws(r);
		pick_next(r);
	}
}

static struct flight take_first(struct run *r)
{
	int first = 0;
	for (int i = 1; i < r->flights_n; i++)
		if (r->flights[i].end < r->flights[first].end)
			first = i;
	struct flight f = r->flights[first];
	r->flights[first] = r->flights[--r->flights_n];
	r->now = f.end;
	return f;
}

/* A request ends: refused, lost, or answered. What failed may be asked again. */
static void land(struct run *r)
{
	struct flight f = take_first(r);
	int64_t fortune = rng_upto(&r->rng, 99);
	int64_t output = rng_upto(&r->rng, rng_upto(&r->rng, r->output_max));
	struct budget_sum spent = { { f.input * r->price_in + output * r->price_out,
		f.input + output, 1 } };
	bool is_refused = fortune < r->refused_percent;
	bool is_lost = !is_refused && fortune < r->refused_percent + r->lost_percent;
	if (is_refused)
		spent = (struct budget_sum){ { 0 } };
	if (is_lost)
		spent = f.reserved;
	budget_leave(&r->b, &f.reserved, &spent);
	check_laws(r);
	if ((is_refused || is_lost) && f.tries_n + 1 < TRIES_MAX) {
		f.tries_n++;
		r->next = f;
	}
}

/* Makes a run; bit k of kinds: there is a limit of kind k. */
static void set_up(struct run *r, uint64_t seed, unsigned kinds)
{
	*r = (struct run){ 0 };
	rng_init(&r->rng, seed * 8 + kinds);
	r->jobs = 1 + (int)rng_upto(&r->rng, FLIGHTS_MAX - 1);
	r->price_in = 1 + rng_upto(&r->rng, 5000000);
	r->price_out = 1 + rng_upto(&r->rng, 25000000);
	r->input_max = 1 + rng_upto(&r->rng, 4000);
	r->output_max = 1 + rng_upto(&r->rng, 4000);
	r->refused_percent = (int)rng_upto(&r->rng, 40);
	r->lost_percent = (int)rng_upto(&r->rng, 20);
	struct budget_sum most = worst(r, r->input_max), max = { { 0 } };
	for (int k = 0; k < BUDGET_KINDS_N; k++)
		if (kinds >> k & 1)
			max.of[k] = most.of[k] * (20 + rng_upto(&r->rng, 200));
	budget_init(&r->b, &max);
	pick_next(r);
}

/* Gives how much of the kind of which most was used, in thousandths. */
static int64_t used(const struct run *r)
{
	int64_t most = 0;
	for (int k = 0; k < BUDGET_KINDS_N; k++) {
		double max = (double)r->b.max.of[k];
		int64_t now = max > 0 ? (int64_t)((double)r->b.spent.of[k] * 1000 / max) : 0;
		most = now > most ? now : most;
	}
	return most;
}

TEST("a budget is never overshot, nearly all of it is used, and nobody waits for nothing")
{
	int64_t least = 1000;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		for (unsigned kinds = 1; kinds < 1U << BUDGET_KINDS_N; kinds++) {
			struct run r;
			int steps_n = 0;
			set_up(&r, seed, kinds);
			do {
				start(&r);
				if (r.flights_n > 0)
					land(&r);
			} while ((!r.is_stopped || r.flights_n > 0) && ++steps_n < STEPS_MAX);
			CHECK(steps_n < STEPS_MAX);
			least = used(&r) < least ? used(&r) : least;
		}
	}
	if (!CHECK(least >= 900))
		CHECK_INT(least, 900);
}
