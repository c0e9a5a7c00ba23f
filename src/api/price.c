/* SPDX-License-Identifier: MIT */
/*
 * A price may be told for each kind of token, tier of service and size of request, and mostly is
 * not. What is not told follows from what is, first for the same kind of token:
 *
 *     above a step      as below it, or by the next two, whichever is more
 *     batch             half of the usual tier
 *     flex, priority    as the usual tier
 *
 * and then from another kind: what a cache has to do with costs as input, reasoning as output.
 *
 * What usage says may contradict itself (more cached than sent): the parts of the input are then
 * cut so that together they are the input, which is what makes price_worst a bound.
 */
#include "api/price.h"

#include "api/prices.h"
#include "base/money.h"

#include <string.h>

static void forget(struct price_rates *r)
{
	for (unsigned tier = 0; tier < PRICE_TIERS_N; tier++)
		for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
			r->of[tier][kind] = -1;
}

void price_init(struct price *p)
{
	*p = (struct price){ .source = PRICE_UNKNOWN };
	forget(&p->rates);
}

const struct price *price_unknown(void)
{
	static struct price unknown;
	price_init(&unknown);
	return &unknown;
}

struct price_step *price_step_above(struct price *p, int64_t tokens)
{
	unsigned at = 0;
	while (at < p->steps_n && p->steps[at].above < tokens)
		at++;
	struct price_step *step = &p->steps[at];
	if (at < p->steps_n && step->above == tokens)
		return step;
	if (p->steps_n == PRICE_STEPS_MAX)
		return NULL;
	memmove(step + 1, step, (p->steps_n++ - at) * sizeof *step);
	step->above = tokens;
	forget(&step->rates);
	return step;
}

/* The kind that this one costs as much as, if nothing is known of it. */
static enum price_kind kin_of(enum price_kind kind)
{
	static const enum price_kind kin[PRICE_KINDS_N] = {
		[PRICE_INPUT] = PRICE_INPUT,
		[PRICE_OUTPUT] = PRICE_OUTPUT,
		[PRICE_CACHED] = PRICE_INPUT,
		[PRICE_CACHE_WRITE] = PRICE_INPUT,
		[PRICE_CACHE_WRITE_LONG] = PRICE_CACHE_WRITE,
		[PRICE_REASONING] = PRICE_OUTPUT,
	};
	return kin[kind];
}

static bool is_output(enum price_kind kind)
{
	return kind == PRICE_OUTPUT || kind == PRICE_REASONING;
}

/* Forgets what the rates say of all kinds on the side of `main`, and makes that cost so much. */
static void state(struct price_rates *r, enum price_kind main, int64_t pico)
{
	for (unsigned tier = 0; tier < PRICE_TIERS_N; tier++)
		for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
			if (is_output((enum price_kind)kind) == is_output(main))
				r->of[tier][kind] = -1;
	r->of[TIER_USUAL][main] = pico;
}

void price_state(struct price *p, int64_t input, int64_t output)
{
	if (input >= 0) {
		state(&p->rates, PRICE_INPUT, input);
		for (unsigned i = 0; i < p->steps_n; i++)
			state(&p->steps[i].rates, PRICE_INPUT, input);
	}
	if (output >= 0) {
		state(&p->rates, PRICE_OUTPUT, output);
		for (unsigned i = 0; i < p->steps_n; i++)
			state(&p->steps[i].rates, PRICE_OUTPUT, output);
	}
}

/* One kind of token, at a tier of service, in a request of a size. */
struct case_of {
	unsigned steps; /* how many of the price's steps it is above */
	enum service_tier tier;
	enum price_kind kind;
};

static int64_t dearer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What a token of the tier costs where only the usual tier's price is known, or -1. */
static int64_t derived(enum service_tier tier, int64_t usual)
{
	return tier == TIER_BATCH && usual > 0 ? usual / 2 + usual % 2 : usual;
}

/* What is known of that very kind of token. */
static int64_t known_rate(const struct price *p, struct case_of c)
{
	int64_t below = -1;
	for (unsigned i = 0; i <= c.steps; i++) {
		const struct price_rates *r = i ? &p->steps[i - 1].rates : &p->rates;
		int64_t own = r->of[c.tier][c.kind];
		int64_t usual = derived(c.tier, r->of[TIER_USUAL][c.kind]);
		below = own >= 0 ? own : dearer(below, usual);
	}
	return below;
}

static int64_t rate_of(const struct price *p, struct case_of c)
{
	int64_t rate = known_rate(p, c);
	/* Maps raise the price of output at a step and forget that of its reasoning. */
	if (c.kind == PRICE_REASONING && c.steps > 0 && rate >= 0) {
		c.kind = PRICE_OUTPUT;
		return dearer(rate, known_rate(p, c));
	}
	for (; rate < 0 && kin_of(c.kind) != c.kind; rate = known_rate(p, c))
		c.kind = kin_of(c.kind);
	return rate;
}

/* Nothing costs nothing, at any price, and what is free is so however much it is. */
static int64_t times(int64_t tokens, int64_t rate)
{
	if (tokens == 0 || rate == 0)
		return 0;
	return tokens < 0 || rate < 0 ? -1 : money_times(tokens, rate);
}

static int64_t plus(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : money_plus(a, b);
}

/* How many of the price's steps a request of that many tokens is above. */
static unsigned steps_below(const struct price *p, int64_t input)
{
	unsigned n = 0;
	while (n < p->steps_n && p->steps[n].above < input)
		n++;
	return n;
}

/* Gives as much of *rest as there are tokens, and takes it away from there. */
static int64_t take(int64_t *rest, int64_t tokens)
{
	int64_t n = tokens < 0 || *rest < 0 ? 0 : tokens < *rest ? tokens : *rest;
	*rest -= n;
	return n;
}

/* Tells the tokens of a usage apart by what is paid for them; -1 = not known. */
static void divide(const struct usage *u, int64_t tokens[PRICE_KINDS_N])
{
	int64_t input = u->input, output = u->output;
	tokens[PRICE_CACHED] = take(&input, u->cached);
	int64_t written = take(&input, u->cache_write);
	tokens[PRICE_CACHE_WRITE_LONG] = take(&written, u->cache_write_long);
	tokens[PRICE_CACHE_WRITE] = written;
	tokens[PRICE_REASONING] = take(&output, u->reasoning);
	tokens[PRICE_INPUT] = input;
	tokens[PRICE_OUTPUT] = output;
}

int64_t price_of(const struct price *p, const struct usage *usage)
{
	struct case_of c = { .steps = steps_below(p, usage->input), .tier = usage->tier };
	int64_t tokens[PRICE_KINDS_N], sum = 0;
	divide(usage, tokens);
	for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++) {
		c.kind = (enum price_kind)kind;
		sum = plus(sum, times(tokens[kind], rate_of(p, c)));
	}
	return sum;
}

/* The dearest kind of token there is on that side of a request; -1 = not known. */
static int64_t dearest(const struct price *p, unsigned steps_n, bool of_output)
{
	int64_t most = 0;
	for (unsigned i = 0; i < (steps_n + 1) * PRICE_TIERS_N * PRICE_KINDS_N; i++) {
		struct case_of c = {
			.steps = i / (PRICE_TIERS_N * PRICE_KINDS_N),
			.tier = (enum service_tier)(i / PRICE_KINDS_N % PRICE_TIERS_N),
			.kind = (enum price_kind)(i % PRICE_KINDS_N),
		};
		if (is_output(c.kind) != of_output)
			continue;
		int64_t rate = rate_of(p, c);
		if (rate < 0)
			return -1;
		most = dearer(most, rate);
	}
	return most;
}

int64_t price_worst(const struct price *p, int64_t input, int64_t output)
{
	unsigned steps_n = steps_below(p, input);
	return plus(
		times(input, dearest(p, steps_n, false)), times(output, dearest(p, steps_n, true)));
}

const char *price_source_name(enum price_source source)
{
	static const char *const names[] = {
		[PRICE_UNKNOWN] = "unknown",
		[PRICE_OF_OPTIONS] = "--price-in/--price-out",
		[PRICE_OF_FILE] = "--prices",
		[PRICE_BUILT_IN] = ("the table inside, of " PRICES_BUILT_IN_DATE),
	};
	return names[source];
}
