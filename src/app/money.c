/* SPDX-License-Identifier: MIT */
/*
 * What a budget rests on has to be said by the user: prices inside a program age, and the price of
 * a model with a similar name is that of another model. Both do for display.
 *
 * The most that a request may cost needs an end of the answer, too. Who gives no --max-tokens may
 * have it from the map; a record's own request may have it in itself, which is seen when it is its
 * turn.
 */
#include "app/money.h"

#include "api/api.h"
#include "app/text_file.h"
#include "base/log.h"
#include "base/money.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_OF_A_PRICE = 1000000 };

/* While it is made. */
struct making {
	struct money *money;
	const struct config *config;
	const struct endpoints *list;
	const struct plan *plan;
	int64_t input, output;        /* as stated, pico-dollars a token; -1 = not */
	bool is_guess[ENDPOINTS_MAX]; /* the endpoint's price is of another model */
	struct err *err;
};

static bool is_stated(const struct making *m)
{
	return m->input >= 0 || m->output >= 0;
}

/* People write .5, too. */
static bool read_typed(const char *text, int64_t divisor, int64_t *pico)
{
	char *whole = xasprintf("%s%s", *text == '.' ? "0" : "", text);
	bool ok = money_read(span_of(whole), divisor, pico);
	free(whole);
	return ok;
}

/* Reads an option with dollars in it; NULL leaves *pico alone. */
static bool read_dollars(struct making *m, const char *option, const char *text, int64_t *pico)
{
	bool is_price = strncmp(option, "--price", 7) == 0;
	int64_t divisor = is_price ? TOKENS_OF_A_PRICE : 1;
	int64_t most = INT64_MAX / MONEY_PER_DOLLAR * divisor;
	if (!text || (read_typed(text, divisor, pico) && (is_price || *pico > 0)))
		return true;
	return err_set(m->err, ERR_USAGE,
		"%s %.60s: not understood" LOG_HELP
		"expected US dollars%s, such as %s: %s %" PRId64,
		option, text, is_price ? " for a million tokens" : "", is_price ? "0.15" : "2.50",
		is_price ? "from 0 to" : "more than 0, and no more than", most);
}

static bool read_options(struct making *m)
{
	const struct money_opts *o = &m->config->money;
	int64_t *limits = m->money->limits.of;
	limits[BUDGET_TOKENS] = o->max_total_tokens;
	limits[BUDGET_REQUESTS] = o->max_requests;
	return read_dollars(m, "--price-in", o->price_in, &m->input) &&
		read_dollars(m, "--price-out", o->price_out, &m->output) &&
		read_dollars(m, "--max-cost", o->max_cost, &limits[BUDGET_MONEY]);
}

/* True if nobody is paid for what is asked there. */
static bool is_local(const struct endpoint *e)
{
	return e->is_loopback || strcmp(e->api->name, "ollama") == 0 ||
		strncmp(e->api->name, "tei", 3) == 0;
}

static bool read_prices(struct making *m)
{
	const char *path = m->config->money.prices;
	struct err why = { 0 };
	struct buf text;
	bool are_remote = true;
	if (!path) {
		m->money->prices = prices_built_in();
		for (unsigned i = 0; i < m->list->n; i++)
			are_remote = are_remote && !is_local(&m->list->items[i]);
		m->money->map = are_remote && !is_stated(m) ? m->money->prices : NULL;
		return true;
	}
	buf_init(&text, TEXT_FILE_MAX_BYTES);
	bool ok = text_file_read("--prices", path, &text, m->err);
	if (ok) {
		m->money->map = m->money->prices = prices_read(buf_span(&text), &why);
		ok = m->money->prices ||
			err_set(m->err, why.kind, "--prices %s: %s", path, why.msg);
	}
	buf_release(&text);
	return ok;
}

/* Vectors, ranks and the like are not made of tokens that anybody counts. */
static bool has_output(const struct endpoint *e)
{
	return e->api->max_tokens[0] != NULL;
}

/* True if the source of prices may be asked about that endpoint's model. */
static bool may_look(const struct making *m, const struct endpoint *e)
{
	return e->model && (m->config->money.prices || (!is_stated(m) && !is_local(e)));
}

static void say_guess(const struct endpoint *e, const struct price *price)
{
	if (price->source != PRICE_UNKNOWN)
		log_say(LOG_DETAIL, "%s: the price of %s is not known, that of %s is shown (%s)",
			e->name, e->model, price->name, price_source_name(price->source));
}

/* Fills the endpoint's price, and says whether it is that of another model. */
static void find_price(
	const struct making *m, const struct endpoint *e, struct price *price, bool *is_guess)
{
	const struct price *found = NULL;
	*is_guess = false;
	price_init(price);
	if (may_look(m, e))
		found = prices_find(m->money->prices, e->api->name, e->model, is_guess);
	if (*is_guess && is_stated(m)) /* halves of two models' prices are no whole */
		found = NULL;
	*is_guess = *is_guess && found;
	if (found)
		*price = *found;
	if (*is_guess || !m->config->money.prices)
		price->max_input = price->max_output = 0;
	price_state(price, m->input, m->output);
	int64_t *usual = price->rates.of[TIER_USUAL];
	if (!has_output(e) && usual[PRICE_OUTPUT] < 0)
		usual[PRICE_OUTPUT] = 0;
	if (usual[PRICE_INPUT] < 0 && (usual[PRICE_OUTPUT] < 0 || !has_output(e)))
		price->source = PRICE_UNKNOWN;
	else if (is_stated(m))
		price->source = PRICE_OF_OPTIONS;
}

static void find_prices(struct making *m)
{
	m->money->of_endpoint = xcalloc(m->list->n ? m->list->n : 1, sizeof(struct price));
	for (unsigned i = 0; i < m->list->n; i++) {
		const struct endpoint *e = &m->list->items[i];
		struct price *price = &m->money->of_endpoint[i];
		find_price(m, e, price, &m->is_guess[i]);
		if (m->is_guess[i])
			say_guess(e, price);
	}
}

/*
 * Gives the members of a map's entry without which its price is no price; NULL = it has them. They
 * may be missing, or what they say is no number of dollars.
 */
static const char *members_missed(const struct endpoint *e, const struct price *price)
{
	const int64_t *usual = price->rates.of[TIER_USUAL];
	bool wants_output = has_output(e) && usual[PRICE_OUTPUT] < 0;
	if (usual[PRICE_INPUT] < 0)
		return wants_output ? "input_cost_per_token or output_cost_per_token"
				    : "input_cost_per_token";
	return wants_output ? "output_cost_per_token" : NULL;
}

/* True if --prices has an entry of the model's own that does not tell what it costs. */
static bool has_bad_entry(const struct making *m, unsigned index)
{
	const struct price *price = &m->money->of_endpoint[index];
	return m->config->money.prices && price->name && !m->is_guess[index] &&
		members_missed(&m->list->items[index], price);
}

/* Says why the endpoint's price is not known although --prices has the model. */
static bool complain_of_entry(const struct making *m, unsigned index)
{
	const struct endpoint *e = &m->list->items[index];
	const struct price *price = &m->money->of_endpoint[index];
	return err_set(m->err, ERR_PRICES,
		"--max-cost: --prices %s: the entry \"%s\" has no %s that can be used (US "
		"dollars for one token, such as 1.5e-07)" LOG_HELP "mend it, or give %s",
		m->config->money.prices, price->name, members_missed(e, price),
		has_output(e) ? "--price-in and --price-out" : "--price-in");
}

/* --max-cost needs the price of every endpoint, by the model's own name. */
static bool check_price(const struct making *m, unsigned index)
{
	const struct endpoint *e = &m->list->items[index];
	const struct price *price = &m->money->of_endpoint[index];
	bool is_known = price_worst(price, 1, has_output(e)) >= 0;
	bool is_told = price->source == PRICE_OF_OPTIONS || price->source == PRICE_OF_FILE;
	const char *both = has_output(e) ? "--price-in and --price-out" : "--price-in";
	if (is_known && is_told && !m->is_guess[index])
		return true;
	if (!e->model)
		return err_set(m->err, ERR_PRICES,
			"--max-cost: which model is asked at %s, and so its price, is not known "
			"beforehand" LOG_HELP "give %s",
			e->name, both);
	if (has_bad_entry(m, index))
		return complain_of_entry(m, index);
	if (is_stated(m))
		return err_set(m->err, ERR_PRICES,
			"--max-cost: half of the price of %s at %s is not known" LOG_HELP "give %s",
			e->model, e->name, both);
	if (m->is_guess[index] && m->config->money.prices)
		return err_set(m->err, ERR_PRICES,
			"--max-cost: %s has no price of %s, asked at %s" LOG_HELP
			"near it is %s, which is another model; give %s",
			m->config->money.prices, e->model, e->name, price->name, both);
	return err_set(m->err, ERR_PRICES,
		"--max-cost: the price of %s, asked at %s, is not known" LOG_HELP
		"give --prices FILE with an entry for it, or %s",
		e->model, e->name, both);
}

/* The most tokens of an answer that the step's --param allow; 0 = they do not say. */
static int64_t bound_of_params(const struct step *step, const struct api *api)
{
	struct buf body;
	buf_init(&body, SIZE_MAX / 4);
	for (size_t i = 0; i < step->params_n; i++) {
		buf_put_char(&body, i ? ',' : '{');
		json_put_string(&body, span_of(step->params[i].key));
		buf_put_char(&body, ':');
		buf_put_str(&body, step->params[i].json);
	}
	buf_put_char(&body, '}');
	int64_t bound = step->params_n ? api_max_tokens(api, buf_span(&body)) : 0;
	buf_release(&body);
	return bound;
}

/* True if it is known how long an answer may be, or each record may say it. */
static bool is_bounded(const struct step *step, const struct endpoint *e, const struct price *price)
{
	return !has_output(e) || !step->has_prompt || step->max_tokens > 0 ||
		price->max_output > 0 || bound_of_params(step, e->api) > 0;
}

static bool check_step(const struct making *m, const char *option, const struct step *step)
{
	if (step->has_image)
		return err_set(m->err, ERR_BUDGET,
			"%s: what pictures cost is not known beforehand" LOG_HELP
			"leave out --image, or limit --max-requests",
			option);
	for (unsigned i = 0; i < m->list->n; i++) {
		const struct endpoint *e = &m->list->items[i];
		if (!endpoints_asks(step, e) || is_bounded(step, e, &m->money->of_endpoint[i]))
			continue;
		return err_set(m->err, ERR_BUDGET,
			"%s: how long an answer of %s at %s may be is not known (step %s)" LOG_HELP
			"give --max-tokens N, or --prices FILE that has its max_output_tokens",
			option, e->model ? e->model : "the model", e->name, step->name);
	}
	return true;
}

/* True if the limits can be kept. */
static bool check_limits(const struct making *m)
{
	const int64_t *limits = m->money->limits.of;
	const char *option = limits[BUDGET_MONEY] > 0 ? "--max-cost" : "--max-total-tokens";
	if (limits[BUDGET_MONEY] == 0 && limits[BUDGET_TOKENS] == 0)
		return true;
	for (unsigned i = 0; limits[BUDGET_MONEY] > 0 && i < m->list->n; i++)
		if (!check_price(m, i))
			return false;
	for (unsigned i = 0; i < m->plan->steps_n; i++)
		if (!check_step(m, option, &m->plan->steps[i]))
			return false;
	return true;
}

/* Warns where somebody has given prices that are none: what is paid will not be known. */
static void say_halves(const struct making *m)
{
	bool is_half = false;
	for (unsigned i = 0; i < m->list->n; i++) {
		const struct price *price = &m->money->of_endpoint[i];
		const char *missed = members_missed(&m->list->items[i], price);
		if (has_bad_entry(m, i))
			log_say(LOG_WARNING,
				"--prices %s: the entry \"%s\" has no %s that can be used, so its cost is not known",
				m->config->money.prices, price->name, missed);
		else
			is_half = is_half || (missed && is_stated(m));
	}
	if (is_half)
		log_say(LOG_WARNING,
			"%s is half of the price: the cost is not known without %s, too",
			m->input >= 0 ? "--price-in" : "--price-out",
			m->input >= 0 ? "--price-out" : "--price-in");
}

bool money_make(struct money *money, const struct config *c, const struct endpoints *list,
	const struct plan *plan, struct err *err)
{
	struct making m = { .money = money,
		.config = c,
		.list = list,
		.plan = plan,
		.input = -1,
		.output = -1,
		.err = err };
	if (!read_options(&m) || !read_prices(&m))
		return false;
	find_prices(&m);
	if (!check_limits(&m))
		return false;
	say_halves(&m);
	return true;
}

void money_release(struct money *m)
{
	free(m->of_endpoint);
	prices_free(m->prices);
	*m = (struct money){ 0 };
}
