/* SPDX-License-Identifier: MIT */
/*
 * price: what a model's tokens cost, and what an answer did.
 *
 * Prices are pico-dollars a token (see base/money.h); one that is not known is -1 and makes every
 * cost that needs it unknown, -1, never 0. Source of the formula: LiteLLM's, whose model map
 * api/prices.c reads. Pure; any thread.
 */
#pragma once

#include "work/answer.h"

#include <stdbool.h>
#include <stdint.h>

/* Prices for tokens of each kind; -1 = not known. */
struct price_tier {
	int64_t input;
	int64_t output;
	int64_t cached;           /* read from the vendor's prompt cache; -1 = as input */
	int64_t cache_write;      /* written there; -1 = as input */
	int64_t cache_write_long; /* for an hour; -1 = as cache_write */
	int64_t reasoning;        /* -1 = as output */
};

enum { PRICE_STEPS_MAX = 3 };

/* Prices that hold for the whole of a request which sends more than that many tokens. */
struct price_step {
	int64_t above; /* tokens of input */
	struct price_tier tier;
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
	struct price_tier usual;
	struct price_step steps[PRICE_STEPS_MAX]; /* by `above`, which ascends */
	unsigned steps_n;
	struct price_tier batch; /* of answers whose service tier is so; -1 = half of usual */
	struct price_tier flex;  /* -1 = as usual */
	struct price_tier priority;
	int64_t max_output; /* the most tokens of an answer; 0 = not known */
	int64_t max_input;  /* and of a request; 0 = not known */
};

/* Makes one of which nothing is known. */
void price_init(struct price *p);

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
