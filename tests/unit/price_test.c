/* SPDX-License-Identifier: MIT */
#include "api/price.h"

#include "base/rng.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

/* A price of which these of the usual tier are known; -1 = not. */
static struct price make(int64_t input, int64_t output)
{
	struct price p;
	price_init(&p);
	p.rates.of[TIER_USUAL][PRICE_INPUT] = input;
	p.rates.of[TIER_USUAL][PRICE_OUTPUT] = output;
	return p;
}

static int64_t cost(const struct price *p, struct usage usage)
{
	return price_of(p, &usage);
}

TEST("a price of which nothing is known prices nothing but nothing")
{
	struct price p;
	price_init(&p);
	CHECK_INT(p.source, PRICE_UNKNOWN);
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 0 }), -1);
	CHECK_INT(cost(&p, (struct usage){ .input = 0, .output = 1 }), -1);
	CHECK_INT(cost(&p, (struct usage){ .input = 0, .output = 0 }), 0);
	CHECK_INT(price_worst(&p, 1, 1), -1);
}

TEST("tokens of input and output cost what they cost")
{
	struct price p = make(150000, 600000);
	CHECK_INT(cost(&p, (struct usage){ .input = 1000, .output = 10 }), 156000000);
	CHECK_INT(cost(&p,
			  (struct usage){
				  .input = 1000, .output = 10, .cached = -1, .reasoning = -1 }),
		156000000);
}

TEST("what was not said makes the cost unknown, unless it costs nothing anyway")
{
	struct price p = make(20, 600), free_output = make(20, 0), half = make(20, -1);
	CHECK_INT(cost(&p, (struct usage){ .input = 10, .output = -1 }), -1);
	CHECK_INT(cost(&p, (struct usage){ .input = -1, .output = 10 }), -1);
	CHECK_INT(cost(&free_output, (struct usage){ .input = 10, .output = -1 }), 200);
	CHECK_INT(cost(&half, (struct usage){ .input = 10, .output = 0 }), 200);
	CHECK_INT(cost(&half, (struct usage){ .input = 10, .output = 1 }), -1);
}

TEST("cached, written and reasoning tokens have prices of their own, where they have")
{
	struct price p = make(100, 1000);
	const struct usage usage = { .input = 100,
		.output = 50,
		.cached = 40,
		.cache_write = 30,
		.cache_write_long = 10,
		.reasoning = 20 };
	int64_t *of = p.rates.of[TIER_USUAL];
	CHECK_INT(price_of(&p, &usage), 100 * 100 + 50 * 1000);
	of[PRICE_CACHED] = 10;
	CHECK_INT(price_of(&p, &usage), 40 * 10 + 60 * 100 + 50 * 1000);
	of[PRICE_CACHE_WRITE] = 125;
	CHECK_INT(price_of(&p, &usage), 40 * 10 + 30 * 125 + 30 * 100 + 50 * 1000);
	of[PRICE_CACHE_WRITE_LONG] = 200;
	CHECK_INT(price_of(&p, &usage), 40 * 10 + 20 * 125 + 10 * 200 + 30 * 100 + 50 * 1000);
	of[PRICE_REASONING] = 3000;
	CHECK_INT(price_of(&p, &usage),
		40 * 10 + 20 * 125 + 10 * 200 + 30 * 100 + 30 * 1000 + 20 * 3000);
}

TEST("parts of the input that are more than all of it are no more than that")
{
	struct price p = make(100, 0);
	p.rates.of[TIER_USUAL][PRICE_CACHED] = 10;
	p.rates.of[TIER_USUAL][PRICE_CACHE_WRITE] = 125;
	CHECK_INT(cost(&p, (struct usage){ .input = 5, .cached = 9, .cache_write = 9 }), 50);
	CHECK_INT(cost(&p,
			  (struct usage){ .input = 5,
				  .cached = 1,
				  .cache_write = 9,
				  .cache_write_long = 99 }),
		10 + 4 * 125);
}

TEST("a request above a step is priced by it as a whole, one at it is not")
{
	struct price p = make(100, 1000);
	struct price_step *high = price_step_above(&p, 200000);
	high->rates.of[TIER_USUAL][PRICE_INPUT] = 400;
	struct price_step *low = price_step_above(&p, 128000);
	low->rates.of[TIER_USUAL][PRICE_INPUT] = 200;
	low->rates.of[TIER_USUAL][PRICE_OUTPUT] = 1500;
	CHECK_INT(p.steps_n, 2);
	CHECK_INT(p.steps[0].above, 128000);
	CHECK_INT(p.steps[1].rates.of[TIER_USUAL][PRICE_INPUT], 400);
	CHECK(price_step_above(&p, 128000) == &p.steps[0]);
	CHECK_INT(cost(&p, (struct usage){ .input = 128000, .output = 1 }), 128000 * 100 + 1000);
	CHECK_INT(cost(&p, (struct usage){ .input = 128001, .output = 1 }), 128001 * 200 + 1500);
	CHECK_INT(cost(&p, (struct usage){ .input = 200000, .output = 1 }), 200000 * 200 + 1500);
	CHECK_INT(cost(&p, (struct usage){ .input = 200001, .output = 1 }), 200001 * 400 + 1500);
}

TEST("above a step reasoning costs no less than other output, whatever it cost below")
{
	struct price p = make(1, 1000);
	p.rates.of[TIER_USUAL][PRICE_REASONING] = 1000;
	price_step_above(&p, 10)->rates.of[TIER_USUAL][PRICE_OUTPUT] = 1500;
	CHECK_INT(cost(&p, (struct usage){ .input = 0, .output = 1, .reasoning = 1 }), 1000);
	CHECK_INT(cost(&p, (struct usage){ .input = 11, .output = 1, .reasoning = 1 }), 1511);
}

TEST("a price has room for so many steps, and no more")
{
	struct price p = make(1, 1);
	for (int64_t i = 0; i < PRICE_STEPS_MAX; i++)
		CHECK(price_step_above(&p, 100 - i) != NULL);
	CHECK(price_step_above(&p, 1) == NULL);
	CHECK(price_step_above(&p, 100) == &p.steps[PRICE_STEPS_MAX - 1]);
	CHECK_INT(p.steps_n, PRICE_STEPS_MAX);
}

TEST("a batch costs half, unless its price is known, rounded up")
{
	struct price p = make(15, 100);
	const struct usage usage = { .input = 1, .output = 1, .tier = TIER_BATCH };
	CHECK_INT(price_of(&p, &usage), 8 + 50);
	p.rates.of[TIER_BATCH][PRICE_OUTPUT] = 70;
	CHECK_INT(price_of(&p, &usage), 8 + 70);
	p.rates.of[TIER_USUAL][PRICE_INPUT] = -1;
	CHECK_INT(price_of(&p, &usage), -1);
}

TEST("flex and priority cost as usual, unless their prices are known")
{
	struct price p = make(10, 100);
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 1, .tier = TIER_FLEX }), 110);
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 1, .tier = TIER_PRIORITY }), 110);
	p.rates.of[TIER_FLEX][PRICE_INPUT] = 5;
	p.rates.of[TIER_PRIORITY][PRICE_OUTPUT] = 200;
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 1, .tier = TIER_FLEX }), 105);
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 1, .tier = TIER_PRIORITY }), 210);
}

TEST("above a step a tier without a price there costs what it does below, or by rule, if more")
{
	struct price p = make(10, 100);
	struct price_step *step = price_step_above(&p, 1000);
	p.rates.of[TIER_BATCH][PRICE_INPUT] = 5;
	p.rates.of[TIER_PRIORITY][PRICE_INPUT] = 40;
	step->rates.of[TIER_USUAL][PRICE_INPUT] = 20;
	step->rates.of[TIER_FLEX][PRICE_INPUT] = 7;
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .tier = TIER_USUAL }), 2000 * 20);
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .tier = TIER_BATCH }), 2000 * 10);
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .tier = TIER_PRIORITY }), 2000 * 40);
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .tier = TIER_FLEX }), 2000 * 7);
}

TEST("what the user states of input holds for all of it, and leaves output alone")
{
	struct price p = make(10, 100);
	p.rates.of[TIER_USUAL][PRICE_CACHED] = 1;
	p.rates.of[TIER_PRIORITY][PRICE_INPUT] = 20;
	p.rates.of[TIER_PRIORITY][PRICE_OUTPUT] = 200;
	price_step_above(&p, 1000)->rates.of[TIER_USUAL][PRICE_INPUT] = 15;
	price_step_above(&p, 1000)->rates.of[TIER_USUAL][PRICE_OUTPUT] = 150;
	price_state(&p, 3, -1);
	CHECK_INT(cost(&p, (struct usage){ .input = 10, .output = 1, .cached = 10 }), 30 + 100);
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .output = 1 }), 6000 + 150);
	CHECK_INT(cost(&p, (struct usage){ .input = 10, .output = 1, .tier = TIER_PRIORITY }),
		30 + 200);
	price_state(&p, -1, 7);
	CHECK_INT(cost(&p, (struct usage){ .input = 2000, .output = 2 }), 6000 + 14);
	CHECK_INT(cost(&p, (struct usage){ .input = 1, .output = 2, .tier = TIER_PRIORITY }), 17);
}

TEST("the worst is the dearest kind of each token, at the dearest tier and step in reach")
{
	struct price p = make(10, 100);
	CHECK_INT(price_worst(&p, 7, 3), 370);
	p.rates.of[TIER_USUAL][PRICE_CACHE_WRITE] = 12;
	CHECK_INT(price_worst(&p, 7, 3), 84 + 300);
	p.rates.of[TIER_PRIORITY][PRICE_OUTPUT] = 200;
	CHECK_INT(price_worst(&p, 7, 3), 84 + 600);
	price_step_above(&p, 6)->rates.of[TIER_USUAL][PRICE_INPUT] = 20;
	CHECK_INT(price_worst(&p, 6, 3), 72 + 600);
	CHECK_INT(price_worst(&p, 7, 3), 140 + 600);
	CHECK_INT(price_worst(&p, 7, -1), -1);
	CHECK_INT(price_worst(&p, 7, 0), 140);
}

TEST("costs that are too much for a number stay at the largest there is")
{
	struct price p = make(INT64_MAX, 3);
	CHECK_INT(cost(&p, (struct usage){ .input = INT64_MAX, .output = INT64_MAX }), INT64_MAX);
	CHECK_INT(price_worst(&p, INT64_MAX, INT64_MAX), INT64_MAX);
	CHECK_INT(cost(&p, (struct usage){ .input = INT64_MAX, .tier = TIER_BATCH }), INT64_MAX);
}

/* A number of up to that many bits, or now and then -1. */
static int64_t draw(struct rng *rng, unsigned bits, bool may_lack)
{
	if (may_lack && rng_upto(rng, 2) == 0)
		return -1;
	return (int64_t)(rng_next(rng) >> (63 - rng_upto(rng, (int64_t)bits - 1)));
}

static void draw_rates(struct rng *rng, struct price_rates *r)
{
	for (unsigned tier = 0; tier < PRICE_TIERS_N; tier++)
		for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
			r->of[tier][kind] = draw(rng, 40, true);
}

static struct usage draw_usage(struct rng *rng)
{
	return (struct usage){ .input = draw(rng, 40, false),
		.output = draw(rng, 40, false),
		.cached = draw(rng, 40, true),
		.reasoning = draw(rng, 40, true),
		.cache_write = draw(rng, 40, true),
		.cache_write_long = draw(rng, 40, true),
		.tier = (enum service_tier)rng_upto(rng, PRICE_TIERS_N - 1) };
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

TEST("no usage within its bounds costs more than the worst, of any price")
{
	struct rng rng;
	int known_n = 0;
	rng_init(&rng, 4711);
	for (int i = 0; i < 20000; i++) {
		struct price p;
		price_init(&p);
		draw_rates(&rng, &p.rates);
		for (unsigned n = (unsigned)rng_upto(&rng, PRICE_STEPS_MAX); n > 0; n--)
			draw_rates(&rng, &price_step_above(&p, 1 + draw(&rng, 30, false))->rates);
		struct usage usage = draw_usage(&rng);
		int64_t input = most(usage.input, draw(&rng, 41, false));
		int64_t output = most(usage.output, draw(&rng, 41, false));
		int64_t worst = price_worst(&p, input, output), real = price_of(&p, &usage);
		known_n += worst > 0 && real > 0;
		if (worst < 0 || CHECK(real >= 0 && real <= worst))
			continue;
		printf("#   case %d: %lld of %lld\n", i, (long long)real, (long long)worst);
		break;
	}
	CHECK(known_n > 5000);
}

TEST("each source has a name that says which option it is")
{
	CHECK_STR(price_source_name(PRICE_OF_OPTIONS), "--price-in/--price-out");
	CHECK_STR(price_source_name(PRICE_OF_FILE), "--prices");
	CHECK(strstr(price_source_name(PRICE_BUILT_IN), "2026-07-24") != NULL);
	CHECK(strlen(price_source_name(PRICE_UNKNOWN)) > 0);
}
