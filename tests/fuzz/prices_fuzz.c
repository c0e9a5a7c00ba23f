/* SPDX-License-Identifier: MIT */
/*
 * A model map as anybody might write it, and behind its last newline the name of a model. Whatever
 * is there, prices are in range, and no usage costs more than the worst that was foretold for it.
 */
#include "api/prices.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "prices_fuzz: %s\n", what);
	abort();
}

static void check_rates(const struct price_rates *r)
{
	for (unsigned tier = 0; tier < PRICE_TIERS_N; tier++)
		for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
			demand(r->of[tier][kind] >= -1, "a price below nothing");
}

static void check_price(const struct price *p)
{
	static const int64_t sizes[] = { 0, 1, 128000, 128001, 200001, 1000000, INT64_MAX };
	check_rates(&p->rates);
	demand(p->steps_n <= PRICE_STEPS_MAX, "too many steps");
	demand(p->max_input >= 0 && p->max_output >= 0, "a limit below nothing");
	for (unsigned i = 0; i < p->steps_n; i++) {
		check_rates(&p->steps[i].rates);
		demand(p->steps[i].above > (i ? p->steps[i - 1].above : 0), "steps in disorder");
	}
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes * PRICE_TIERS_N; i++) {
		int64_t n = sizes[i / PRICE_TIERS_N];
		const struct usage usage = { .input = n,
			.output = n,
			.cached = n / 3,
			.cache_write = n / 3,
			.cache_write_long = n / 5,
			.reasoning = n / 2,
			.tier = (enum service_tier)(i % PRICE_TIERS_N) };
		int64_t worst = price_worst(p, n, n), real = price_of(p, &usage);
		demand(worst < 0 || (real >= 0 && real <= worst), "more than the worst");
	}
}

static void look(const struct prices *p, const char *model)
{
	static const char *const apis[] = { NULL, "openai", "azure", "bedrock", "openrouter" };
	for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
		bool is_guess;
		const struct price *price = prices_find(p, apis[i], model, &is_guess);
		demand(price || !is_guess, "a guess of nothing");
		if (price)
			check_price(price);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { (const char *)data, size };
	size_t n = size;
	while (n > 0 && all.at[n - 1] != '\n')
		n--;
	struct err err = { 0 };
	struct buf model;
	buf_init(&model, SIZE_MAX / 2);
	buf_put(&model, all.at + n, size - n);
	buf_put_char(&model, '\0');
	struct prices *p = prices_read((struct span){ all.at, n }, &err);
	demand(p || err.kind == ERR_PRICES, "refused without a word");
	if (p)
		look(p, model.data);
	prices_free(p);
	buf_release(&model);
	return 0;
}
