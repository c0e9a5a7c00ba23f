/* SPDX-License-Identifier: MIT */
/* The table's fifth chapter: what is kept so that it is not paid twice, and what may be paid. */
#include "cli/options_row.h"

/* What is older was somebody else's project. */
#define AGE_MAX (INT64_C(87600) * 3600 * 1000)

static const struct option cache_rows[] = {
	{ .name = "cache",
		STRING(cache.path),
		.value = "FILE",
		.takers = OPTION_IS_CALLERS | OPTION_IS_CACHES,
		.traits = OPTION_HAS_ENV | OPTION_IS_FILE | OPTION_IS_COMMON,
		.help = "keep answers in FILE, and ask for none twice",
		.manual = "Keep each answer in\n.Ar FILE ,\n"
			  "and take from there what was asked before, see\n.Sx CACHE .\n"
			  "If there is no such file, it is made.\n" },
	{ .name = "cache-ttl",
		DURATION(cache.ttl_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "any age",
		.max = AGE_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "ask again for what was stored longer ago: 30d, 12h",
		.manual = "Ask again for what was stored in the cache longer ago, and replace\n"
			  "it there.\n0 is any age.\n" },
	{ .name = "refresh",
		FLAG(SETS(cache.refreshes, true)),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_TYPED,
		.help = "ask again for all that is in the cache, and store the new answers there",
		.manual =
			"Ask again for what was in the cache when the run began, and replace\n"
			"it there.\n"
			"Stopped and started once more it begins with all of it again; to go on,\n"
			"use\n.Fl -cache-ttl .\n" },
	{ .name = "failed",
		FLAG(SETS(cache_command.is_failed, true)),
		.takers = OPTION_IS_CACHES,
		.traits = OPTION_IS_COMMON | OPTION_IS_TYPED,
		.help = "only requests that were refused, no answers",
		.manual = "Only what was refused, and no answers.\n" },
	{ .name = "older-than",
		DURATION(cache_command.older_than_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "",
		.min = 1,
		.max = AGE_MAX,
		.takers = OPTION_IS_CACHES,
		.traits = OPTION_IS_COMMON | OPTION_IS_TYPED,
		.help = "only what was stored longer ago: 30d, 12h",
		.manual = "Only what was stored longer ago than\n.Ar DUR .\n" },
};

static const struct option money_rows[] = {
	{ .name = "max-cost",
		STRING(money.max_cost),
		.value = "USD",
		.shown = "no limit",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "stop before this run has cost more, in US dollars: 2.50",
		.manual = "The most that this run may cost, in US dollars, as in\n"
			  ".Li 2.50 ;\n"
			  "more than 0, and no more than 9223372.\n"
			  "Needs\n.Fl -prices ,\nor\n.Fl -price-in\nand\n.Fl -price-out ;\nsee\n"
			  ".Sx BUDGETS .\n" },
	{ .name = "max-total-tokens",
		INT(money.max_total_tokens),
		.value = "N",
		.standard = "0",
		.shown = "no limit",
		.min = 1,
		.max = INT64_C(1000000000000000),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "stop before this run has used more tokens, in and out together",
		.manual = "The most tokens that this run may use, prompts and answers\n"
			  "together; see\n.Sx BUDGETS .\n" },
	{ .name = "max-requests",
		INT(money.max_requests),
		.value = "N",
		.standard = "0",
		.shown = "no limit",
		.min = 1,
		.max = INT64_C(1000000000000),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "stop before this run has sent more requests, retries included",
		.manual = "How many requests this run may send, each attempt counted; see\n"
			  ".Sx BUDGETS .\n" },
	{ .name = "prices",
		STRING(money.prices),
		.value = "FILE",
		.shown = "a table inside, only to show costs",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV | OPTION_IS_FILE,
		.help = "what models cost, as in LiteLLM's model_prices_and_context_window.json",
		.manual =
			"Read what models cost from\n.Ar FILE ,\n"
			"which is LiteLLM's model map\n"
			".Pq Pa model_prices_and_context_window.json .\n"
			"What a model costs that is not in it is not known; see\n.Sx PRICES .\n" },
	{ .name = "price-in",
		STRING(money.price_in),
		.value = "USD",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.help = "what a million input tokens cost, in US dollars: 0.15",
		.manual =
			"What a million tokens of prompts cost, in US dollars, whichever\n"
			"model is asked.\nFor answers it is half of the price, and\n.Fl -price-out\n"
			"the other.\n" },
	{ .name = "price-out",
		STRING(money.price_out),
		.value = "USD",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.help = "what a million output tokens cost, in US dollars: 0.60",
		.manual = "What a million tokens of answers cost, likewise.\n" },
	{ .name = "on-truncate",
		CHOICE(pipeline.sched.on_truncate, { "error", TRUNCATE_IS_ERROR },
			{ "keep", TRUNCATE_IS_KEPT }, { "grow", TRUNCATE_GROWS }),
		.standard = "error",
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "what an answer cut by the token limit is",
		.manual = "What to make of an answer that was cut by the token limit:\n.Cm error\n"
			  "makes the record a failed one, with the text under\n"
			  ".Li error.partial ;\n.Cm keep\ntakes it for an answer;\n.Cm grow\n"
			  "asks again with twice the\n.Fl -max-tokens ,\nup to\n"
			  ".Fl -max-tokens-limit ,\nand both must be given.\n" },
	{ .name = "max-tokens-limit",
		INT(prompt.max_tokens_limit),
		.value = "N",
		.standard = "0",
		.shown = "",
		.min = 1,
		.max = 100000000,
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "how far --on-truncate grow may go",
		.manual = "The longest answer, in tokens, up to which\n"
			  ".Fl -on-truncate Cm grow\nasks again.\n" },
	{ .name = "max-input-tokens",
		INT(prompt.max_input_tokens),
		.value = "N",
		.standard = "0",
		.shown = "no limit",
		.min = 1,
		.max = INT64_C(1000000000),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "longest prompt, in tokens",
		.manual = "The longest prompt, system message included, in tokens, which are\n"
			  "estimated before anything is sent;\n.Fl -on-overflow\n"
			  "says what becomes of a longer one.\nFor\n.Cm reduce\n"
			  "it also bounds what is put into one pack.\n" },
	{ .name = "on-overflow",
		CHOICE(prompt.on_overflow, { "error", OVERFLOW_IS_ERROR },
			{ "truncate", OVERFLOW_CUTS_END },
			{ "truncate-middle", OVERFLOW_CUTS_MIDDLE }, { "split", OVERFLOW_SPLITS }),
		.standard = "error",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "what to do with a longer one",
		.manual = "What to do with a prompt that is longer than\n.Fl -max-input-tokens :\n"
			  ".Cm error\nmakes the record a failed one, and nothing is sent;\n"
			  ".Cm truncate\ncuts it at the end,\n.Cm truncate-middle\n"
			  "in the middle, and a mark stands where text is missing;\n.Cm split ,\n"
			  "for\n.Cm reduce\nalone, makes several items of one.\n"
			  "Without a limit to pass it is refused.\n" },
};

const struct option_group options_cache = { "Cache", ROWS_OF(cache_rows) };
const struct option_group options_money = { "Money", ROWS_OF(money_rows) };
