/* SPDX-License-Identifier: MIT */
/*
 * LiteLLM's model map, {"gpt-4o-mini": {"input_cost_per_token": 1.5e-07, ...}, ...}, read in one
 * pass. A price's key says what it is of, piece by piece:
 *
 *     cache_read_input_token_cost _above_272k_tokens _flex
 *     the kind                    requests so large  the tier of service
 *
 * Where one of the pieces is unknown, so is the price. Another form of steps are the items of
 * "tiered_pricing", each with the keys of an entry and its range of tokens of input. A model that
 * has more steps than we keep has no price at all, rather than a wrong one; and neither has one
 * whose tokens are free because something else is paid for, as searches are.
 */
#include "api/prices.h"

#include "api/prices_part.h"
#include "base/money.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

enum { THOUSANDS_MAX = 100000000 };

/* What a key is the price of. */
struct field {
	enum price_kind kind;
	enum service_tier tier;
	int64_t above; /* tokens of input; -1 = of any size */
};

/* An entry while it is read. */
struct reading {
	struct price price;
	int64_t max_tokens;  /* of the answer, or of the request where there is no answer */
	bool is_embedding;   /* the answer has no tokens */
	bool has_other_cost; /* something else than tokens is paid for */
	bool has_too_much;   /* more steps than there is room for */
	bool has_price;
	bool has_fault; /* what ought to be a price is none */
};

/* True if `rest` begins with the text, which is then taken away. */
static bool take(struct span *rest, struct span text)
{
	if (rest->n < text.n || memcmp(rest->at, text.at, text.n) != 0)
		return false;
	*rest = (struct span){ rest->at + text.n, rest->n - text.n };
	return true;
}

/* "_above_128k_tokens" */
static bool take_above(struct span *rest, int64_t *tokens)
{
	struct span left = *rest;
	int64_t n = 0;
	if (!take(&left, SPAN("_above_")))
		return false;
	const char *first = left.at;
	for (; left.n && *left.at >= '0' && *left.at <= '9' && n < THOUSANDS_MAX;
		left.at++, left.n--)
		n = n * 10 + (*left.at - '0');
	if (left.at == first || !take(&left, SPAN("k_tokens")))
		return false;
	*tokens = n * 1000;
	*rest = left;
	return true;
}

/* Takes the next piece of a key behind its kind. False if it is unknown. */
static bool take_piece(struct span *rest, struct field *f)
{
	if (f->kind == PRICE_CACHE_WRITE && take(rest, SPAN("_above_1hr"))) {
		f->kind = PRICE_CACHE_WRITE_LONG;
	} else if (f->kind == PRICE_INPUT && take(rest, SPAN("_cache_hit"))) {
		f->kind = PRICE_CACHED;
	} else if (take(rest, SPAN("_batches"))) {
		f->tier = TIER_BATCH;
	} else if (take(rest, SPAN("_flex"))) {
		f->tier = TIER_FLEX;
	} else if (take(rest, SPAN("_priority"))) {
		f->tier = TIER_PRIORITY;
	} else {
		return take_above(rest, &f->above);
	}
	return true;
}

static bool read_key(struct span key, struct field *f)
{
	static const struct {
		const char *name;
		enum price_kind kind;
	} kinds[] = {
		{ "input_cost_per_token", PRICE_INPUT },
		{ "output_cost_per_token", PRICE_OUTPUT },
		{ "cache_read_input_token_cost", PRICE_CACHED },
		{ "cache_creation_input_token_cost", PRICE_CACHE_WRITE },
		{ "output_cost_per_reasoning_token", PRICE_REASONING },
	};
	size_t i = 0;
	*f = (struct field){ .tier = TIER_USUAL, .above = -1 };
	while (i < sizeof kinds / sizeof *kinds && !take(&key, span_of(kinds[i].name)))
		i++;
	if (i == sizeof kinds / sizeof *kinds)
		return false;
	f->kind = kinds[i].kind;
	while (key.n)
		if (!take_piece(&key, f))
			return false;
	return true;
}

/* Gives the text of a number, or of a string that is to be one. */
static struct span number_of(struct span value)
{
	struct span text = json_text_of(value);
	return text.at ? text : value;
}

/* Gives whole tokens, whichever way they are written; 0 = not known. */
static int64_t tokens_of(struct span value)
{
	int64_t millionths;
	if (!value.at || !money_read(number_of(value), MONEY_PER_DOLLAR / 1000000, &millionths))
		return 0;
	return millionths / 1000000;
}

static void take_price(struct reading *r, const struct field *f, struct span value)
{
	struct price_rates *rates = &r->price.rates;
	int64_t pico;
	if (!value.at || !money_read(number_of(value), 1, &pico)) {
		r->has_fault |= value.at && !json_is(value, JSON_KIND_NULL);
		return;
	}
	if (f->above > 0) {
		struct price_step *step = price_step_above(&r->price, f->above);
		r->has_too_much |= !step;
		if (!step)
			return;
		rates = &step->rates;
	}
	rates->of[f->tier][f->kind] = pico;
	r->has_price = true;
}

/* Prices of searches, pictures, seconds. */
static bool is_other_cost(struct span key, struct span value)
{
	int64_t pico;
	return memmem(key.at, key.n, "_cost_per_", 10) && !memmem(key.at, key.n, "_token", 6) &&
		value.at && money_read(number_of(value), 1, &pico) && pico > 0;
}

/* {"range": [32000, 128000], "input_cost_per_token": 5e-06}, validated already. */
static void take_range(struct reading *r, struct span item)
{
	int64_t above = tokens_of(json_item(json_member(item, SPAN("range")), 0));
	struct json_walk walk;
	struct field field;
	json_walk_init(&walk, item);
	while (walk.in_object && json_walk_next(&walk)) {
		if (!read_key(json_inside(walk.key), &field))
			continue;
		field.above = above;
		take_price(r, &field, walk.value);
	}
}

static void take_ranges(struct reading *r, struct span list)
{
	struct json_walk walk;
	json_walk_init(&walk, list);
	while (!walk.in_object && json_walk_next(&walk))
		take_range(r, walk.value);
}

static void take_member(struct reading *r, struct span key, struct span value)
{
	struct field field;
	if (read_key(key, &field))
		take_price(r, &field, value);
	else if (span_equals(key, SPAN("max_output_tokens")))
		r->price.max_output = tokens_of(value);
	else if (span_equals(key, SPAN("max_input_tokens")))
		r->price.max_input = tokens_of(value);
	else if (span_equals(key, SPAN("max_tokens")))
		r->max_tokens = tokens_of(value);
	else if (span_equals(key, SPAN("mode")))
		r->is_embedding = span_is(json_text_of(value), "embedding");
	else if (span_equals(key, SPAN("tiered_pricing")))
		take_ranges(r, value);
	else
		r->has_other_cost |= is_other_cost(key, value);
}

/* Where only searches and the like are paid for, that tokens are free says nothing. */
static void forget_free(struct price_rates *rates)
{
	for (unsigned tier = 0; tier < PRICE_TIERS_N; tier++)
		for (unsigned kind = 0; kind < PRICE_KINDS_N; kind++)
			if (rates->of[tier][kind] == 0)
				rates->of[tier][kind] = -1;
}

/* Draws the conclusions from all that the entry says. */
static void finish(struct reading *r)
{
	struct price *p = &r->price;
	int64_t *output = &p->rates.of[TIER_USUAL][PRICE_OUTPUT];
	int64_t *max = r->is_embedding ? &p->max_input : &p->max_output;
	if (*max == 0)
		*max = r->max_tokens;
	if (r->has_other_cost)
		forget_free(&p->rates);
	if (r->has_too_much) {
		int64_t max_output = p->max_output, max_input = p->max_input;
		price_init(p);
		p->max_output = max_output;
		p->max_input = max_input;
		r->has_price = false;
	}
	if (r->is_embedding && *output < 0)
		*output = 0;
	p->source = PRICE_OF_FILE;
}

/* Gives the plain text of a key, which is in own if there are escapes. */
static struct span plain_of(struct span key, struct buf *own)
{
	key = json_inside(key);
	if (!memchr(key.at, '\\', key.n))
		return key;
	buf_clear(own);
	json_put_plain(own, key);
	return buf_span(own);
}

static void read_entry(struct json_pull *pull, struct reading *r, struct buf *own)
{
	*r = (struct reading){ 0 };
	price_init(&r->price);
	while (json_pull_next(pull)) {
		struct span key = pull->key;
		struct span value = json_pull_value(pull);
		if (value.at)
			take_member(r, plain_of(key, own), value);
	}
	finish(r);
}

/* Reads all entries. True if one of them has a price. */
static bool read_entries(struct json_pull *pull, struct prices *p)
{
	struct reading r;
	struct buf name, own;
	bool has_price = false;
	buf_init(&name, SIZE_MAX / 4);
	buf_init(&own, SIZE_MAX / 4);
	while (json_pull_next(pull)) {
		struct span model = plain_of(pull->key, &name);
		bool is_sample = span_is(model, "sample_spec");
		if (is_sample || !json_pull_is(pull, JSON_KIND_OBJECT) || !json_pull_enter(pull))
			continue;
		read_entry(pull, &r, &own);
		has_price |= r.has_price;
		/* Where a price is wrong, not to know the model would tell the user less. */
		if (r.has_price || r.has_fault || r.price.max_output || r.price.max_input)
			prices_put(p, model, &r.price);
	}
	buf_release(&name);
	buf_release(&own);
	return has_price;
}

struct prices *prices_read(struct span json, struct err *err)
{
	struct prices *p = prices_new();
	struct json_pull pull;
	struct json_fault fault;
	struct span trimmed = utf8_trimmed(json);
	json_pull_init(&pull, json);
	bool is_object = trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull);
	bool has_price = is_object && read_entries(&pull, p);
	if (!json_pull_end(&pull, &fault)) {
		err_set(err, ERR_PRICES, "not JSON: %s at byte %zu", fault.reason,
			fault.offset + 1);
	} else if (!has_price) {
		err_set(err, ERR_PRICES,
			"no prices in it" LOG_HELP
			"expected LiteLLM's model map, {\"MODEL\":{\"input_cost_per_token\":1.5e-07,...},...}");
	} else {
		return p;
	}
	prices_free(p);
	return NULL;
}
