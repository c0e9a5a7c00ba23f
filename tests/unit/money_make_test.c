/* SPDX-License-Identifier: MIT */
#include "app/money.h"

#include "api/api.h"
#include "api/embeddings.h"
#include "base/xalloc.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAP                                                                           \
	"{\"own\":{\"input_cost_per_token\":1e-6,\"output_cost_per_token\":2e-6,"     \
	"\"cache_read_input_token_cost\":1e-7,\"max_output_tokens\":100},"            \
	"\"endless\":{\"input_cost_per_token\":1e-6,\"output_cost_per_token\":2e-6}," \
	"\"half\":{\"input_cost_per_token\":1e-6},"                                   \
	"\"limits\":{\"max_output_tokens\":100}}"

enum { MODELS_MAX = 3 };

/* What the command line would have said, and what became of it. */
struct world {
	struct config config;
	struct plan plan;
	struct endpoint endpoints[MODELS_MAX];
	struct endpoints list;
	struct money money;
	struct err err;
	char path[40];
};

/* One step with a prompt, and a model at an endpoint that costs something. */
static void enter(struct world *w, const char *model)
{
	*w = (struct world){ .list = { .items = w->endpoints } };
	struct step *step = plan_add_step(&w->plan, "answer");
	step->has_prompt = true;
	step->models_n = step->samples_n = 1;
	w->list.n = 1;
	w->endpoints[0] = (struct endpoint){ .api = &api_openai, .name = xstrdup("https://h/v1") };
	endpoint_set_model(&w->endpoints[0], model);
}

/* One more, of which the first is the pool's other, or a fallback. */
static struct endpoint *add_endpoint(struct world *w, const char *model, unsigned tier)
{
	struct endpoint *e = &w->endpoints[w->list.n++];
	*e = (struct endpoint){ .api = &api_openai, .name = xstrdup("https://i"), .tier = tier };
	endpoint_set_model(e, model);
	return e;
}

/* Has --prices name a file with these bytes. */
static void set_prices(struct world *w, const char *bytes)
{
	memcpy(w->path, "/tmp/pllm-prices-XXXXXX", 24);
	int fd = mkstemp(w->path);
	CHECK(fd >= 0 && write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
	close(fd);
	w->config.money.prices = w->path;
}

static bool make(struct world *w)
{
	bool ok = money_make(&w->money, &w->config, &w->list, &w->plan, &w->err);
	if (!ok && !CHECK(err_is_usage(w->err.kind)))
		printf("#   %s\n", w->err.msg);
	return ok;
}

static void leave(struct world *w)
{
	money_release(&w->money);
	plan_release(&w->plan);
	for (unsigned i = 0; i < w->list.n; i++)
		endpoint_release(&w->endpoints[i]);
	if (w->path[0])
		unlink(w->path);
}

/* True if it is refused with a message that has all these words. */
static bool is_refused(struct world *w, const char *word, const char *other)
{
	bool is_made = make(w);
	bool ok = !is_made && strstr(w->err.msg, word) && strstr(w->err.msg, other);
	if (!ok)
		printf("#   said: %s\n", is_made ? "nothing" : w->err.msg);
	leave(w);
	return ok;
}

static int64_t cost(const struct world *w, unsigned endpoint, int64_t input, int64_t output)
{
	const struct usage usage = { .input = input, .output = output, .cached = -1 };
	return price_of(&w->money.of_endpoint[endpoint], &usage);
}

/* Options' values, which are owned elsewhere and so not const. */
static char text_in[] = "0.15", text_out[] = "0.6", text_cost[] = "2.50", text_zero[] = "0",
	    text_odd[] = "$5", text_nowhere[] = "/nowhere", text_much[] = "1e30",
	    text_point[] = ".5", text_minus[] = "-1";

TEST("without any option a model's price is the table's inside, and its limits are nobody's")
{
	struct world w;
	enter(&w, "gpt-4o-mini");
	add_endpoint(&w, "nobody-knows", 1);
	CHECK(make(&w));
	const struct price *price = &w.money.of_endpoint[0];
	CHECK_INT(price->source, PRICE_BUILT_IN);
	CHECK_STR(price->name, "gpt-4o-mini");
	CHECK_INT(price->max_output, 0);
	CHECK_INT(cost(&w, 0, 10, 10), 7500000);
	CHECK_INT(w.money.of_endpoint[1].source, PRICE_UNKNOWN);
	CHECK_INT(cost(&w, 1, 10, 10), -1);
	CHECK(w.money.map != NULL);
	for (unsigned i = 0; i < BUDGET_KINDS_N; i++)
		CHECK_INT(w.money.limits.of[i], 0);
	leave(&w);
}

TEST("what is asked on this machine has no price unless somebody gives one")
{
	struct world w;
	enter(&w, "gpt-4o-mini");
	w.endpoints[0].is_loopback = true;
	add_endpoint(&w, "gpt-4o-mini", 1)->api = &api_ollama;
	CHECK(make(&w));
	CHECK_INT(w.money.of_endpoint[0].source, PRICE_UNKNOWN);
	CHECK_INT(w.money.of_endpoint[1].source, PRICE_UNKNOWN);
	CHECK(w.money.map == NULL);
	money_release(&w.money);
	w.config.money.price_in = text_in;
	w.config.money.price_out = text_out;
	CHECK(make(&w));
	CHECK_INT(cost(&w, 0, 1, 1), 750000);
	CHECK_INT(cost(&w, 1, 1, 1), 750000);
	leave(&w);
	enter(&w, "own");
	w.endpoints[0].is_loopback = true;
	set_prices(&w, MAP);
	CHECK(make(&w));
	CHECK_INT(w.money.of_endpoint[0].source, PRICE_OF_FILE);
	CHECK(w.money.map != NULL);
	leave(&w);
}

TEST("--prices takes the place of the table inside, and says how long answers may be")
{
	struct world w;
	enter(&w, "own");
	add_endpoint(&w, "gpt-4o-mini", 1);
	set_prices(&w, MAP);
	CHECK(make(&w));
	CHECK_INT(w.money.of_endpoint[0].source, PRICE_OF_FILE);
	CHECK_INT(w.money.of_endpoint[0].max_output, 100);
	CHECK_INT(cost(&w, 0, 1, 1), 3000000);
	CHECK_INT(w.money.of_endpoint[1].source, PRICE_UNKNOWN);
	leave(&w);
}

TEST("a model that is only near has a price for display, and no limits")
{
	struct world w;
	enter(&w, "own-more");
	set_prices(&w, MAP);
	CHECK(make(&w));
	CHECK_INT(w.money.of_endpoint[0].source, PRICE_OF_FILE);
	CHECK_STR(w.money.of_endpoint[0].name, "own");
	CHECK_INT(w.money.of_endpoint[0].max_output, 0);
	leave(&w);
}

TEST("--price-in and --price-out win over --prices for what they state")
{
	struct world w;
	enter(&w, "own");
	set_prices(&w, MAP);
	w.config.money.price_out = text_out;
	CHECK(make(&w));
	CHECK_INT(w.money.of_endpoint[0].source, PRICE_OF_OPTIONS);
	CHECK_INT(w.money.of_endpoint[0].max_output, 100);
	CHECK_INT(cost(&w, 0, 1, 1), 1000000 + 600000);
	money_release(&w.money);
	w.config.money.price_in = text_in;
	CHECK(make(&w));
	CHECK_INT(price_of(&w.money.of_endpoint[0], &(struct usage){ .input = 2, .cached = 2 }),
		300000);
	leave(&w);
}

TEST("half a price is not made whole with another model's, nor with the table inside")
{
	struct world w;
	enter(&w, "own-more");
	set_prices(&w, MAP);
	w.config.money.price_in = text_in;
	CHECK(make(&w));
	CHECK_INT(cost(&w, 0, 1, 0), 150000);
	CHECK_INT(cost(&w, 0, 1, 1), -1);
	leave(&w);
	enter(&w, "gpt-4o-mini");
	w.config.money.price_in = text_in;
	CHECK(make(&w));
	CHECK_INT(cost(&w, 0, 1, 1), -1);
	CHECK(w.money.map == NULL);
	leave(&w);
}

TEST("for vectors --price-in is the whole price")
{
	struct world w;
	enter(&w, "v");
	w.endpoints[0].api = &embeddings_openai;
	w.config.money.price_in = text_in;
	w.config.money.max_cost = text_cost;
	w.config.money.max_total_tokens = 1000;
	CHECK(make(&w));
	CHECK_INT(cost(&w, 0, 10, -1), 1500000);
	CHECK_INT(w.money.limits.of[BUDGET_MONEY], INT64_C(2500000000000));
	CHECK_INT(w.money.limits.of[BUDGET_TOKENS], 1000);
	leave(&w);
}

TEST("amounts that are none are refused, with what would be right")
{
	struct world w;
	enter(&w, "own");
	w.config.money.price_in = text_odd;
	CHECK(is_refused(&w, "--price-in $5", "million tokens"));
	enter(&w, "own");
	w.config.money.price_out = text_odd;
	CHECK(is_refused(&w, "--price-out $5", "0.15"));
	enter(&w, "own");
	w.config.money.max_cost = text_odd;
	CHECK(is_refused(&w, "--max-cost $5", "2.50"));
	enter(&w, "own");
	w.config.money.max_cost = text_zero;
	CHECK(is_refused(&w, "--max-cost 0", "more than 0"));
	enter(&w, "own");
	w.config.money.max_cost = text_much;
	CHECK(is_refused(&w, "--max-cost 1e30", "no more than 9223372"));
	enter(&w, "own");
	w.config.money.price_out = text_minus;
	CHECK(is_refused(&w, "--price-out -1", "from 0 to"));
	enter(&w, "own");
	w.config.money.price_in = text_zero;
	CHECK(make(&w));
	leave(&w);
}

TEST("dollars that are typed may begin with their point")
{
	struct world w;
	enter(&w, "own");
	w.config.money.price_in = text_point;
	w.config.money.price_out = text_point;
	w.config.money.max_cost = text_point;
	w.plan.steps[0].max_tokens = 5;
	CHECK(make(&w));
	CHECK_INT(cost(&w, 0, 1, 1), 1000000);
	CHECK_INT(w.money.limits.of[BUDGET_MONEY], INT64_C(500000000000));
	leave(&w);
}

TEST("--prices that cannot be read, or are none, are refused with the file's name")
{
	struct world w;
	enter(&w, "own");
	w.config.money.prices = text_nowhere;
	CHECK(is_refused(&w, "--prices", "/nowhere"));
	enter(&w, "own");
	set_prices(&w, "{\"own\":{}}");
	CHECK(is_refused(&w, "/tmp/pllm-prices-", "no prices in it"));
	enter(&w, "own");
	set_prices(&w, "");
	CHECK(is_refused(&w, "/tmp/pllm-prices-", "not JSON"));
}

/* A world with --max-cost 2.50, and --max-tokens unless that is 0. */
static void enter_budget(struct world *w, const char *model, int64_t max_tokens)
{
	enter(w, model);
	w->config.money.max_cost = text_cost;
	w->plan.steps[0].max_tokens = max_tokens;
}

TEST("--max-cost is kept with a price and a limit, by the map or by options")
{
	struct world w;
	enter_budget(&w, "own", 0);
	set_prices(&w, MAP);
	CHECK(make(&w));
	CHECK_INT(w.money.limits.of[BUDGET_MONEY], INT64_C(2500000000000));
	leave(&w);
	enter_budget(&w, NULL, 50);
	w.plan.steps[0].has_prompt = false;
	w.config.money.price_in = text_in;
	w.config.money.price_out = text_out;
	CHECK(make(&w));
	leave(&w);
	enter_budget(&w, "half", 50);
	set_prices(&w, MAP);
	w.config.money.price_out = text_out;
	CHECK(make(&w));
	leave(&w);
}

TEST("--max-cost without a price of every model, fallbacks too, is refused by its name")
{
	struct world w;
	enter_budget(&w, "gpt-4o-mini", 50);
	CHECK(is_refused(&w, "gpt-4o-mini", "--prices FILE"));
	enter_budget(&w, "own", 50);
	set_prices(&w, MAP);
	add_endpoint(&w, "gpt-4o-mini", 1);
	CHECK(is_refused(&w, "gpt-4o-mini, asked at https://i", "--price-in and --price-out"));
	enter_budget(&w, "half", 50);
	set_prices(&w, MAP);
	CHECK(is_refused(&w, "the entry \"half\"", "no output_cost_per_token that"));
	enter_budget(&w, "own", 50);
	w.config.money.price_in = text_in;
	CHECK(is_refused(&w, "half of the price", "--price-out"));
	enter_budget(&w, "own-more", 50);
	set_prices(&w, MAP);
	CHECK(is_refused(&w, "own-more", "near it is own,"));
	enter_budget(&w, "gpt-4o-mini-more", 50);
	CHECK(is_refused(&w, "gpt-4o-mini-more", "--prices FILE"));
	enter_budget(&w, NULL, 50);
	set_prices(&w, MAP);
	CHECK(is_refused(&w, "https://h/v1", "give --price-in and --price-out"));
}

TEST("an entry whose prices cannot be used is named, with the members that are wrong")
{
	static const struct {
		const char *entry, *member;
	} cases[] = {
		{ "\"input_cost_per_token\":\"cheap\"",
			"no input_cost_per_token or output_cost_per_token that" },
		{ "\"input_cost_per_token\":-1,\"output_cost_per_token\":2e-6",
			"no input_cost_per_token that" },
		{ "\"input_cost_per_token\":1e-6,\"output_cost_per_token\":true",
			"no output_cost_per_token that" },
		{ "\"input_cost_per_token\":1e30,\"output_cost_per_token\":2e-6",
			"no input_cost_per_token that" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;
		char map[300];
		snprintf(map, sizeof map, "{\"m\":{%s},\"o\":{\"input_cost_per_token\":1}}",
			cases[i].entry);
		enter_budget(&w, "m", 50);
		set_prices(&w, map);
		CHECK(is_refused(&w, "the entry \"m\"", cases[i].member));
	}
}

TEST("limits of money and tokens need a longest answer, which --param may say as well")
{
	struct world w;
	enter_budget(&w, "endless", 0);
	set_prices(&w, MAP);
	CHECK(is_refused(&w, "--max-cost: how long an answer of endless", "--max-tokens N"));
	enter(&w, "gpt-4o-mini");
	w.config.money.max_total_tokens = 9;
	CHECK(is_refused(&w, "--max-total-tokens: how long", "step answer"));
	enter(&w, "own-more");
	set_prices(&w, MAP);
	w.config.money.max_total_tokens = 9;
	CHECK(is_refused(&w, "own-more", "max_output_tokens"));
	enter(&w, "limits");
	set_prices(&w, MAP);
	w.config.money.max_total_tokens = 9;
	CHECK(make(&w));
	leave(&w);
	enter(&w, "x");
	w.config.money.max_total_tokens = 9;
	CHECK(step_add_param(&w.plan.steps[0], "temperature=1", &w.err));
	CHECK(step_add_param(&w.plan.steps[0], "max_completion_tokens= 50", &w.err));
	CHECK(make(&w));
	leave(&w);
	enter(&w, "x");
	w.config.money.max_total_tokens = 9;
	CHECK(step_add_param(&w.plan.steps[0], "temperature=1", &w.err));
	CHECK(is_refused(&w, "answer of x", "--max-tokens"));
}

TEST("of records' own requests it is seen later how long their answers may be")
{
	struct world w;
	enter(&w, "x");
	w.config.money.max_total_tokens = 9;
	w.plan.steps[0].has_prompt = false;
	CHECK(make(&w));
	leave(&w);
}

TEST("only the endpoints that a step may be asked at need to say how long its answers are")
{
	struct world w;
	enter(&w, "limits");
	set_prices(&w, MAP);
	w.config.money.max_total_tokens = 9;
	add_endpoint(&w, "x", 0)->pool = 1;
	CHECK(make(&w));
	money_release(&w.money);
	w.plan.steps[0].models[0] = 1;
	CHECK(is_refused(&w, "answer of x", "https://i"));
}

TEST("pictures go with a limit of requests, and with no other")
{
	struct world w;
	enter_budget(&w, "own", 50);
	set_prices(&w, MAP);
	w.plan.steps[0].has_image = true;
	CHECK(is_refused(&w, "--max-cost", "--image"));
	enter(&w, "own");
	w.plan.steps[0].max_tokens = 5;
	w.plan.steps[0].has_image = true;
	w.config.money.max_total_tokens = 9;
	CHECK(is_refused(&w, "--max-total-tokens", "--image"));
	enter(&w, "own");
	w.plan.steps[0].has_image = true;
	w.config.money.max_requests = 9;
	CHECK(make(&w));
	CHECK_INT(w.money.limits.of[BUDGET_REQUESTS], 9);
	leave(&w);
}
