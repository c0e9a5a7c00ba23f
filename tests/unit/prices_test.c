/* SPDX-License-Identifier: MIT */
#include "api/prices.h"

#include "api/api.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

/* Gives the map of this text, which is to be one. */
static struct prices *read(const char *json)
{
	struct err err = { 0 };
	struct prices *p = prices_read(span_of(json), &err);
	if (!CHECK(p != NULL))
		printf("#   %s\n", err.msg);
	return p ? p : prices_built_in();
}

/* Gives the price of the one model `m` of which the map says this. */
static struct price price_in(const char *members)
{
	char json[2000];
	bool is_guess;
	snprintf(json, sizeof json, "{\"other\":{\"input_cost_per_token\":1},\"m\":{%s}}", members);
	struct prices *p = read(json);
	const struct price *found = prices_find(p, NULL, "m", &is_guess);
	struct price price;
	price_init(&price);
	if (found)
		price = *found;
	price.name = NULL; /* that dies with the map */
	prices_free(p);
	return price;
}

static int64_t usual(const struct price *p, enum price_kind kind)
{
	return p->rates.of[TIER_USUAL][kind];
}

TEST("an entry's prices are dollars a token, however the number is written")
{
	struct price p = price_in("\"input_cost_per_token\": 1.5e-07,"
				  "\"output_cost_per_token\": \"0.0000006\","
				  "\"cache_read_input_token_cost\":7.5E-8,"
				  "\"cache_creation_input_token_cost\":0,"
				  "\"cache_creation_input_token_cost_above_1hr\":1,"
				  "\"output_cost_per_reasoning_token\":0.0");
	CHECK_INT(p.source, PRICE_OF_FILE);
	CHECK_INT(usual(&p, PRICE_INPUT), 150000);
	CHECK_INT(usual(&p, PRICE_OUTPUT), 600000);
	CHECK_INT(usual(&p, PRICE_CACHED), 75000);
	CHECK_INT(usual(&p, PRICE_CACHE_WRITE), 0);
	CHECK_INT(usual(&p, PRICE_CACHE_WRITE_LONG), INT64_C(1000000000000));
	CHECK_INT(usual(&p, PRICE_REASONING), 0);
	CHECK_INT(p.steps_n, 0);
}

TEST("what is null, no number, negative or not there is not known")
{
	struct price p =
		price_in("\"input_cost_per_token\":null,\"output_cost_per_token\":\"free\","
			 "\"cache_read_input_token_cost\":-1,\"max_tokens\":\"none\","
			 "\"cache_creation_input_token_cost\":{},\"mode\":null,"
			 "\"output_cost_per_reasoning_token\":true,\"max_input_tokens\":5");
	for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
		CHECK_INT(usual(&p, (enum price_kind)kind), -1);
	CHECK_INT(p.max_output, 0);
	CHECK_INT(p.max_input, 5);
}

TEST("tiers of service have prices of their own, and so have large requests, and both at once")
{
	struct price p =
		price_in("\"input_cost_per_token\":1e-9,"
			 "\"input_cost_per_token_batches\":2e-9,"
			 "\"input_cost_per_token_flex\":3e-9,"
			 "\"output_cost_per_token_priority\":4e-9,"
			 "\"input_cost_per_token_above_272k_tokens\":5e-9,"
			 "\"output_cost_per_token_above_128k_tokens\":6e-9,"
			 "\"cache_read_input_token_cost_above_272k_tokens_flex\":7e-9,"
			 "\"cache_creation_input_token_cost_above_1hr_above_272k_tokens\":8e-9,"
			 "\"input_cost_per_token_above_512k_tokens\":null");
	CHECK_INT(usual(&p, PRICE_INPUT), 1000);
	CHECK_INT(p.rates.of[TIER_BATCH][PRICE_INPUT], 2000);
	CHECK_INT(p.rates.of[TIER_FLEX][PRICE_INPUT], 3000);
	CHECK_INT(p.rates.of[TIER_PRIORITY][PRICE_OUTPUT], 4000);
	CHECK_INT(p.steps_n, 2);
	CHECK_INT(p.steps[0].above, 128000);
	CHECK_INT(p.steps[0].rates.of[TIER_USUAL][PRICE_OUTPUT], 6000);
	CHECK_INT(p.steps[1].above, 272000);
	CHECK_INT(p.steps[1].rates.of[TIER_USUAL][PRICE_INPUT], 5000);
	CHECK_INT(p.steps[1].rates.of[TIER_FLEX][PRICE_CACHED], 7000);
	CHECK_INT(p.steps[1].rates.of[TIER_USUAL][PRICE_CACHE_WRITE_LONG], 8000);
}

TEST("keys that are almost prices of tokens are none")
{
	struct price p = price_in("\"input_cost_per_token\":1e-9,"
				  "\"input_cost_per_token_above_1hr\":2,"
				  "\"input_cost_per_token_above_k_tokens\":2,"
				  "\"input_cost_per_token_above_200k\":2,"
				  "\"input_cost_per_token_above_99999999999999999999k_tokens\":2,"
				  "\"input_cost_per_token_batch_requests\":2,"
				  "\"input_cost_per_tokens\":2,\"input_cost_per\":2,"
				  "\"output_cost_per_token_cache_hit\":2,"
				  "\"input_cost_per_audio_token\":2");
	CHECK_INT(usual(&p, PRICE_INPUT), 1000);
	CHECK_INT(usual(&p, PRICE_OUTPUT), -1);
	CHECK_INT(usual(&p, PRICE_CACHED), -1);
	CHECK_INT(p.steps_n, 0);
}

TEST("ranges of prices are steps, in whatever order they come")
{
	struct price p = price_in(
		"\"tiered_pricing\":["
		"{\"range\":[32000,128000],\"input_cost_per_token\":\"5e-9\"},"
		"{\"range\":[0,32000.0],\"input_cost_per_token\":2e-9,\"output_cost_per_token\":3e-9},"
		"{\"range\":[128000,null],\"output_cost_per_token\":9e-9},7],"
		"\"input_cost_per_token_cache_hit\":1e-9");
	CHECK_INT(usual(&p, PRICE_INPUT), 2000);
	CHECK_INT(usual(&p, PRICE_OUTPUT), 3000);
	CHECK_INT(usual(&p, PRICE_CACHED), 1000);
	CHECK_INT(p.steps_n, 2);
	CHECK_INT(p.steps[0].above, 32000);
	CHECK_INT(p.steps[0].rates.of[TIER_USUAL][PRICE_INPUT], 5000);
	CHECK_INT(p.steps[1].rates.of[TIER_USUAL][PRICE_OUTPUT], 9000);
}

TEST("a model with more steps than there is room for has no price, but its limits")
{
	struct price p = price_in("\"input_cost_per_token\":1,\"output_cost_per_token\":1,"
				  "\"max_output_tokens\":77,"
				  "\"input_cost_per_token_above_1k_tokens\":2,"
				  "\"input_cost_per_token_above_2k_tokens\":2,"
				  "\"input_cost_per_token_above_3k_tokens\":2,"
				  "\"input_cost_per_token_above_4k_tokens\":2");
	CHECK_INT(price_worst(&p, 1, 1), -1);
	CHECK_INT(p.max_output, 77);
}

TEST("free tokens of what is paid for by the search have no price")
{
	struct price p = price_in("\"input_cost_per_query\":0.002,\"input_cost_per_token\":0.0,"
				  "\"output_cost_per_token\":0.0");
	CHECK_INT(usual(&p, PRICE_INPUT), -1);
	CHECK_INT(usual(&p, PRICE_OUTPUT), -1);
	p = price_in("\"input_cost_per_query\":0.0,\"input_cost_per_token\":0.0,"
		     "\"search_context_cost_per_query\":{\"low\":1},\"output_cost_per_token\":0.0");
	CHECK_INT(usual(&p, PRICE_INPUT), 0);
	p = price_in("\"output_cost_per_image\":0.03,\"input_cost_per_token\":1e-9,"
		     "\"output_cost_per_token\":0.0");
	CHECK_INT(usual(&p, PRICE_INPUT), 1000);
	CHECK_INT(usual(&p, PRICE_OUTPUT), -1);
}

TEST("vectors have no output to pay for, and max_tokens is what may be sent")
{
	struct price p = price_in("\"max_tokens\":8191,\"mode\":\"embedding\","
				  "\"input_cost_per_token\":2e-8,\"output_vector_size\":1536");
	CHECK_INT(usual(&p, PRICE_OUTPUT), 0);
	CHECK_INT(p.max_input, 8191);
	CHECK_INT(p.max_output, 0);
}

TEST("max_output_tokens is the limit of answers, and max_tokens where that is missing")
{
	CHECK_INT(price_in("\"max_tokens\":9,\"max_output_tokens\":\"4096\"").max_output, 4096);
	CHECK_INT(price_in("\"max_output_tokens\":4096.0,\"max_tokens\":9").max_output, 4096);
	CHECK_INT(price_in("\"max_tokens\":1e7,\"max_output_tokens\":null").max_output, 10000000);
	CHECK_INT(
		price_in("\"max_tokens\":\"see below\",\"input_cost_per_token\":1").max_output, 0);
}

TEST("names and keys may have escapes, and of two entries of one name the later counts")
{
	bool is_guess;
	struct prices *p = read("{\"\\u006d/1\":{\"input_cost_per_token\":1e-9},"
				"\"m\\/1\":{\"\\u0069nput_cost_per_token\":2e-9}}");
	const struct price *found = prices_find(p, NULL, "m/1", &is_guess);
	CHECK(found && !is_guess);
	CHECK_INT(found ? usual(found, PRICE_INPUT) : 0, 2000);
	CHECK_STR(found ? found->name : NULL, "m/1");
	prices_free(p);
}

TEST("the sample entry and entries that are no objects are passed over")
{
	bool is_guess;
	struct prices *p =
		read("{\"sample_spec\":{\"input_cost_per_token\":1e-9,"
		     "\"max_tokens\":\"LEGACY parameter\"},\"a\":null,\"b\":[{}],\"c\":1,"
		     "\"d\":{\"input_cost_per_token\":1e-9},\"e\":{}}");
	CHECK(!prices_find(p, NULL, "sample_spec", &is_guess));
	CHECK(!prices_find(p, NULL, "a", &is_guess));
	CHECK(!prices_find(p, NULL, "e", &is_guess));
	CHECK(prices_find(p, NULL, "d", &is_guess));
	prices_free(p);
}

static void check_refusal(const char *json, const char *words)
{
	struct err err = { 0 };
	struct prices *p = prices_read(span_of(json), &err);
	CHECK(!p);
	CHECK_INT(err.kind, ERR_PRICES);
	if (!CHECK(strstr(err.msg, words)))
		printf("#   %s\n", err.msg);
	prices_free(p);
}

TEST("what is no map of prices is refused, and it is said why")
{
	check_refusal("", "not JSON");
	check_refusal("{\"m\":{\"input_cost_per_token\":1e-9}", "at byte");
	check_refusal("{\"m\":{\"input_cost_per_token\":1e-9}} x", "at byte 37");
	check_refusal("{\"m\":{\"input_cost_per_token\":01}}", "not JSON");
	check_refusal("[{\"input_cost_per_token\":1e-9}]", "model map");
	check_refusal("{}", "no prices");
	check_refusal("{\"m\":{\"mode\":\"chat\",\"max_tokens\":5}}", "no prices");
}

/* Which entry prices a model asked by an API; "~name" = as a guess; "" = none. */
struct match {
	const char *api, *model, *entry;
};

static void check_matches(const struct prices *p, const struct match *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_guess, wants_guess = cases[i].entry[0] == '~';
		const struct price *found = prices_find(p, cases[i].api, cases[i].model, &is_guess);
		const char *entry = cases[i].entry + wants_guess;
		bool ok = CHECK_STR(found ? found->name : "", entry);
		ok &= CHECK_INT(is_guess, wants_guess);
		if (!ok)
			printf("#   %s at %s\n", cases[i].model, cases[i].api);
	}
}

#define ENTRY(name) "\"" name "\":{\"input_cost_per_token\":1e-9}"

TEST("the API's own entry of a model counts before the one without its name")
{
	static const struct match cases[] = {
		{ "openai", "gpt-4o", "gpt-4o" },
		{ NULL, "gpt-4o", "gpt-4o" },
		{ "azure", "gpt-4o", "azure/gpt-4o" },
		{ "azure-classic", "gpt-4o", "azure/gpt-4o" },
		{ "azure", "Phi-4", "azure_ai/Phi-4" },
		{ "openai-responses", "gpt-4o", "gpt-4o" },
		{ "jina", "jina-v3", "jina_ai/jina-v3" },
		{ "openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o" },
		{ "openrouter", "openai/gpt-4o-2024-05-13", "gpt-4o-2024-05-13" },
		{ "together_ai", "openai/gpt-4o", "gpt-4o" },
		{ "gemini", "models/gemini-x", "gemini/gemini-x" },
		{ "bedrock", "jina-v3", "" },
	};
	struct prices *p = read(
		"{" ENTRY("gpt-4o") "," ENTRY("azure/gpt-4o") "," ENTRY("jina_ai/jina-v3") "," ENTRY("openrouter/openai/gpt-4o") "," ENTRY(
			"gemini/"
			"gemini-x") "," ENTRY("azure_ai/Phi-4") "," ENTRY("gpt-4o-2024-05-13") "}");
	check_matches(p, cases, sizeof cases / sizeof *cases);
	prices_free(p);
}

TEST("dates, regions, versions and vendors around a name do not hide it")
{
	static const struct match cases[] = {
		{ "openai", "gpt-4o-2024-08-06", "gpt-4o" },
		{ "openai", "gpt-4o-20240806", "gpt-4o" },
		{ "anthropic", "claude-x@20250929", "claude-x" },
		{ "bedrock", "us.anthropic.claude-x-20250929-v1:0", "claude-x" },
		{ "bedrock", "us.anthropic.own-20250101-v1:0", "us.anthropic.own-20250101-v1:0" },
		{ "bedrock", "eu.anthropic.own-20250101-v1:0", "anthropic.own-20250101-v1:0" },
		{ "bedrock", "anthropic.own-20250101", "" },
		{ "openai", "deepseek-v3", "~deepseek" },
		{ "openai", "xgpt-4o", "" },
		{ "openai", "2024-08-06", "" },
		{ "openai", "-20240806", "" },
		{ "openai", "", "" },
		{ "openai", "/", "" },
		{ "bedrock", "us.", "" },
	};
	struct prices *p = read(
		"{" ENTRY("gpt-4o") "," ENTRY("claude-x") "," ENTRY("us.anthropic.own-20250101-v1:0") "," ENTRY(
			"anthropic.own-20250101-v1:0") "," ENTRY("deepseek") "}");
	check_matches(p, cases, sizeof cases / sizeof *cases);
	prices_free(p);
}

TEST("another model's entry is a guess: the longest name that this one begins with")
{
	static const struct match cases[] = {
		{ "openai", "gpt-4o-mini-audio", "~gpt-4o-mini" },
		{ "openai", "gpt-4o-minis", "~gpt-4o" },
		{ "openai", "gpt-4o.1", "~gpt-4o" },
		{ "openrouter", "openai/gpt-4o:free", "~gpt-4o" },
		{ "azure", "gpt-4o-mini-x-y", "~azure/gpt-4o-mini" },
		{ "openai", "gpt-4", "" },
		{ "openai", "gpt-4om", "" },
		{ "openai", "limits-only-1", "" },
	};
	struct prices *p = read("{" ENTRY("gpt-4o") "," ENTRY("gpt-4o-mini") "," ENTRY(
		"azure/gpt-4o-mini") ",\"limits-only\":{\"max_tokens\":1}}");
	check_matches(p, cases, sizeof cases / sizeof *cases);
	prices_free(p);
}

TEST("the models of every API but TEI are found below the name that the map has for it")
{
	static const char map[] =
		"{" ENTRY("openai/m") "," ENTRY("azure/m") "," ENTRY("anthropic/m") "," ENTRY("gemini/m") "," ENTRY("ollama/m") "," ENTRY("mistral/m") "," ENTRY("groq/m") "," ENTRY("together_ai/m") "," ENTRY("openrouter/m") "," ENTRY(
			"deepseek/m") "," ENTRY("xai/m") "," ENTRY("fireworks_ai/m") "," ENTRY("cerebras/m") "," ENTRY("nvidia_nim/m") "," ENTRY("cohere/m") "," ENTRY("bedrock/m") "," ENTRY("voyage/m") "," ENTRY("jina_ai/m") "}";
	struct prices *p = read(map);
	const struct api *const *tables[2];
	size_t n[2];
	tables[0] = api_all(&n[0]);
	tables[1] = api_all_embedders(&n[1]);
	for (int t = 0; t < 2; t++)
		for (size_t i = 0; i < n[t]; i++) {
			const char *api = tables[t][i]->name;
			bool is_guess, is_tei = strncmp(api, "tei", 3) == 0;
			const struct price *found = prices_find(p, api, "m", &is_guess);
			if (!CHECK(is_tei ? !found : found && strncmp(found->name, api, 3) == 0))
				printf("#   %s: %s\n", api, found ? found->name : "none");
		}
	prices_free(p);
}

TEST("the table inside knows the usual models, with what is special to them, and its source")
{
	static const struct match cases[] = {
		{ "openai", "gpt-4o-mini", "gpt-4o-mini" },
		{ "openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini" },
		{ "bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5" },
		{ "voyage", "voyage-3-large", "voyage-3-large" },
		{ "ollama", "llama3.2", "" },
	};
	struct prices *p = prices_built_in();
	bool is_guess;
	check_matches(p, cases, sizeof cases / sizeof *cases);
	const struct price *mini = prices_find(p, "openai", "gpt-4o-mini", &is_guess);
	CHECK_INT(mini->source, PRICE_BUILT_IN);
	CHECK_INT(price_of(mini,
			  &(struct usage){ .input = 1000000, .output = 1000000, .cached = 500000 }),
		INT64_C(75000000000) + INT64_C(37500000000) + INT64_C(600000000000));
	const struct price *sonnet = prices_find(p, NULL, "claude-sonnet-4-5", &is_guess);
	CHECK_INT(price_of(sonnet, &(struct usage){ .input = 200001, .output = 2 }),
		INT64_C(200001) * 6000000 + 2 * 22500000);
	CHECK_INT(price_of(sonnet,
			  &(struct usage){ .input = 3, .cache_write = 2, .cache_write_long = 1 }),
		3000000 + 3750000 + 6000000);
	const struct price *small = prices_find(p, NULL, "text-embedding-3-small", &is_guess);
	CHECK_INT(price_of(small, &(struct usage){ .input = 10, .output = -1 }), 200000);
	prices_free(p);
}

TEST("freeing no prices is fine")
{
	prices_free(NULL);
}

TEST("a model that is not in the map has the nearest name there, if one is near")
{
	struct prices *p = prices_built_in();
	const char *near = prices_nearest(p, "gpt-4o-mni");
	CHECK_STR(near ? near : "", "gpt-4o-mini");
	CHECK(!prices_nearest(p, "gpt-4o-mini"));
	CHECK(!prices_nearest(p, "nothing-that-is-at-all-like-it"));
	CHECK(!prices_nearest(p, ""));
	prices_free(p);
}
