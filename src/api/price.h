/* SPDX-License-Identifier: MIT */
/*
 * price: what a model's tokens cost, and what an answer did.
 *
 * Prices are pico-dollars a token (see base/money.h); one that is not known is -1 and makes every
 * cost that needs it unknown, -1, never 0. Source of the formula: LiteLLM's, whose model map
 * api/prices.h reads. Pure; any thread.
 */
#pragma once

#include "work/answer.h"

#include <stdint.h>

/* What is paid for. */
enum price_kind {
	PRICE_INPUT,
	PRICE_OUTPUT,
	PRICE_CACHED,           /* read from the vendor's prompt cache; -1 = as input */
	PRICE_CACHE_WRITE,      /* written there; -1 = as input */
	PRICE_CACHE_WRITE_LONG, /* for an hour; -1 = as cache_write */
	PRICE_REASONING,        /* -1 = as output */
	PRICE_KINDS_N
};

enum { PRICE_TIERS_N = TIER_PRIORITY + 1, PRICE_STEPS_MAX = 3 };

/*
 * Of each enum service_tier and kind; -1 = not known. Then a batch costs half of TIER_USUAL, and
 * the others as much as it.
 */
struct price_rates {
	int64_t of[PRICE_TIERS_N][PRICE_KINDS_N];
};

/*
 * Prices that hold for the whole of a request which sends more than that many tokens; -1 = as
 * below.
 */
struct price_step {
	int64_t above; /* tokens of input */
	struct price_rates rates;
};

/* Where a price comes from. */
enum price_source {
	PRICE_UNKNOWN,
	PRICE_OF_OPTIONS, /* --price-in, --price-out */
	PRICE_OF_FILE,    /* --prices FILE */
	PRICE_BUILT_IN    /* the small table inside: for display only */
};

struct price {
	enum price_source source;
	const char *name; /* whose it is in the map it comes from, which has it; NULL = of none */
	struct price_rates rates;
	struct price_step steps[PRICE_STEPS_MAX]; /* by `above`, which ascends */
	unsigned steps_n;
	int64_t max_output; /* the most tokens of an answer; 0 = not known */
	int64_t max_input;  /* and of a request; 0 = not known */
};

/* Makes one of which nothing is known. */
void price_init(struct price *p);

/* Gives one of which nothing is known, for good. */
const struct price *price_unknown(void);

/*
 * Gives the step above that many tokens, a new one of which nothing is known if there is none;
 * NULL if there are too many.
 */
struct price_step *price_step_above(struct price *p, int64_t tokens);

/*
 * Makes every token of input, or of output, cost that much, whatever else was known of these; -1
 * leaves them as they are.
 */
void price_state(struct price *p, int64_t input, int64_t output);

/* Gives what an answer with that usage costs; -1 = not known: a price, or how many tokens. */
int64_t price_of(const struct price *p, const struct usage *usage);

/*
 * Gives the most that a request can cost which sends at most `input` tokens and gets at most
 * `output`, whatever of them is cached, written to a cache or reasoning, and whatever tier it is
 * charged at that the user did not ask for; -1 = not known.
 */
int64_t price_worst(const struct price *p, int64_t input, int64_t output);

/* Gives what a person reads of the source: "--price-in/--price-out", "--prices"; static. */
const char *price_source_name(enum price_source source);
