/* SPDX-License-Identifier: MIT */
/*
 * Prices as LiteLLM's model map had them on PRICES_BUILT_IN_DATE; those of OpenAI's and Voyage's
 * vectors as the vendors say. They are for display: a budget wants a map, or prices, of the user's.
 *
 * The map is "Copyright (c) 2023 Berri AI", under the MIT licence.
 */
#include "api/prices.h"
#include "api/prices_part.h"

/* Thousandths of a dollar for a million tokens; -1 = not told. */
struct thousandths {
	int input, output, cached, write, write_long;
};

static const struct {
	const char *name;
	struct thousandths usual;
	int64_t max_input, max_output; /* 0 = not known */
} models[] = {
	{ "gpt-4o", { 2500, 10000, 1250, -1, -1 }, 128000, 16384 },
	{ "gpt-4o-mini", { 150, 600, 75, -1, -1 }, 128000, 16384 },
	{ "gpt-4.1", { 2000, 8000, 500, -1, -1 }, 1047576, 32768 },
	{ "gpt-4.1-mini", { 400, 1600, 100, -1, -1 }, 1047576, 32768 },
	{ "gpt-4.1-nano", { 100, 400, 25, -1, -1 }, 1047576, 32768 },
	{ "gpt-5", { 1250, 10000, 125, -1, -1 }, 272000, 128000 },
	{ "gpt-5.1", { 1250, 10000, 125, -1, -1 }, 272000, 128000 },
	{ "gpt-5-mini", { 250, 2000, 25, -1, -1 }, 272000, 128000 },
	{ "gpt-5-nano", { 50, 400, 5, -1, -1 }, 272000, 128000 },
	{ "gpt-5.2", { 1750, 14000, 175, -1, -1 }, 272000, 128000 },
	{ "gpt-5.4", { 2500, 15000, 250, -1, -1 }, 1050000, 128000 },
	{ "gpt-5.4-mini", { 750, 4500, 75, -1, -1 }, 400000, 128000 },
	{ "gpt-5.5", { 5000, 30000, 500, -1, -1 }, 1050000, 128000 },
	{ "gpt-5.6", { 5000, 30000, 500, 6250, -1 }, 1050000, 128000 },
	{ "o3", { 2000, 8000, 500, -1, -1 }, 200000, 100000 },
	{ "o4-mini", { 1100, 4400, 275, -1, -1 }, 200000, 100000 },
	{ "claude-haiku-4-5", { 1000, 5000, 100, 1250, 2000 }, 200000, 64000 },
	{ "claude-sonnet-4-5", { 3000, 15000, 300, 3750, 6000 }, 200000, 64000 },
	{ "claude-sonnet-4-6", { 3000, 15000, 300, 3750, 6000 }, 1000000, 64000 },
	{ "claude-sonnet-5", { 2000, 10000, 200, 2500, 4000 }, 1000000, 128000 },
	{ "claude-opus-4-5", { 5000, 25000, 500, 6250, 10000 }, 200000, 64000 },
	{ "claude-opus-4-8", { 5000, 25000, 500, 6250, 10000 }, 1000000, 128000 },
	{ "claude-opus-5", { 5000, 25000, 500, 6250, 10000 }, 1000000, 128000 },
	{ "claude-fable-5", { 10000, 50000, 1000, 12500, 20000 }, 1000000, 128000 },
	{ "gemini-2.5-flash", { 300, 2500, 30, -1, -1 }, 1048576, 65535 },
	{ "gemini-2.5-flash-lite", { 100, 400, 10, -1, -1 }, 1048576, 65535 },
	{ "gemini-2.5-pro", { 1250, 10000, 125, -1, -1 }, 1048576, 65535 },
	{ "gemini-3-flash-preview", { 500, 3000, 50, -1, -1 }, 1048576, 65535 },
	{ "gemini-3-pro-preview", { 2000, 12000, 200, -1, -1 }, 1048576, 65535 },
	{ "gemini-3.5-flash", { 1500, 9000, 150, -1, -1 }, 1048576, 65535 },
	{ "deepseek-chat", { 280, 420, 28, -1, -1 }, 131072, 8192 },
	{ "text-embedding-3-small", { 20, 0, -1, -1, -1 }, 8191, 0 },
	{ "text-embedding-3-large", { 130, 0, -1, -1, -1 }, 8191, 0 },
	{ "text-embedding-ada-002", { 100, 0, -1, -1, -1 }, 8191, 0 },
	{ "voyage-3", { 60, 0, -1, -1, -1 }, 32000, 0 },
	{ "voyage-3-large", { 180, 0, -1, -1, -1 }, 32000, 0 },
	{ "voyage-3-lite", { 20, 0, -1, -1, -1 }, 32000, 0 },
};

/* Whose requests cost more when they are larger. */
static const struct {
	const char *name;
	int64_t above;
	struct thousandths prices;
} steps[] = {
	{ "gpt-5.4", 272000, { 5000, 22500, 500, -1, -1 } },
	{ "gpt-5.5", 272000, { 10000, 45000, 1000, -1, -1 } },
	{ "gpt-5.6", 272000, { 10000, 45000, 1000, 12500, -1 } },
	{ "claude-sonnet-4-5", 200000, { 6000, 22500, 600, 7500, 12000 } },
	{ "gemini-2.5-pro", 200000, { 2500, 15000, 250, -1, -1 } },
	{ "gemini-3-pro-preview", 200000, { 4000, 18000, 400, -1, -1 } },
};

static int64_t pico_of(int thousandths)
{
	return thousandths < 0 ? -1 : (int64_t)thousandths * 1000;
}

static void fill(struct price_rates *rates, const struct thousandths *from)
{
	int64_t *of = rates->of[TIER_USUAL];
	of[PRICE_INPUT] = pico_of(from->input);
	of[PRICE_OUTPUT] = pico_of(from->output);
	of[PRICE_CACHED] = pico_of(from->cached);
	of[PRICE_CACHE_WRITE] = pico_of(from->write);
	of[PRICE_CACHE_WRITE_LONG] = pico_of(from->write_long);
}

static void add_steps(struct price *price, struct span name)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (!span_is(name, steps[i].name))
			continue;
		struct price_step *step = price_step_above(price, steps[i].above);
		if (step)
			fill(&step->rates, &steps[i].prices);
	}
}

struct prices *prices_built_in(void)
{
	struct prices *p = prices_new();
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		struct span name = span_of(models[i].name);
		struct price price;
		price_init(&price);
		price.source = PRICE_BUILT_IN;
		price.max_input = models[i].max_input;
		price.max_output = models[i].max_output;
		fill(&price.rates, &models[i].usual);
		add_steps(&price, name);
		prices_put(p, name, &price);
	}
	return p;
}
