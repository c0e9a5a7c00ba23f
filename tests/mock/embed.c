/* SPDX-License-Identifier: MIT */
#include "embed.h"

#include "base/xalloc.h"
#include "dialect.h"
#include "fields.h"
#include "meaning.h"
#include "put.h"
#include "script.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of ROGUE_LONG; a product with it is exact often enough not to look like a mistake. */
#define ROGUE_LENGTH 3

/* == Reading == */

void embed_start(struct ask *ask)
{
	ask->embed = xcalloc(1, sizeof *ask->embed);
	ask->embed->forms = EMBED_FLOATS;
	ask->embed->truncates = ask->dialect->embedder->truncates;
}

bool embed_put_item(struct ask *ask, const json_t *text)
{
	struct embed *embed = ask->embed;
	struct span item = { .at = json_string_value(text), .n = json_string_length(text) };
	if (!item.at)
		return false;
	/* What chance is drawn for: see faults. */
	if (embed->items_n == 0)
		buf_put_span(&ask->prompt, item);
	if (embed->items_n == embed->items_cap) {
		embed->items_cap = embed->items_cap ? embed->items_cap * 2 : 16;
		embed->items = xrealloc(embed->items, embed->items_cap, sizeof *embed->items);
	}
	embed->items[embed->items_n++] = item;
	return true;
}

bool embed_read_items(struct ask *ask, const char *name, struct api_error *e)
{
	const json_t *items = json_object_get(ask->tree, name);
	size_t i;
	json_t *item;
	if (!items)
		return fields_missing(e, name);
	if (embed_put_item(ask, items))
		return true;
	if (!json_is_array(items))
		return fields_type(e, name, "a string or an array of strings");
	json_array_foreach(items, i, item)
	{
		const json_t *text = json_is_object(item) ? json_object_get(item, "text") : item;
		if (!embed_put_item(ask, text))
			return fields_type(e, name, "an array of strings (and no tokens here)");
	}
	return true;
}

bool embed_read_dimensions(
	struct ask *ask, const json_t *from, const char *name, struct api_error *e)
{
	const struct number_rule rule = { name, true, 1, MEANING_MAX };
	if (!fields_numbers(from, &rule, 1, e))
		return false;
	ask->embed->dimensions = fields_whole(from, name);
	return true;
}

void embed_free(struct embed *embed)
{
	if (!embed)
		return;
	free(embed->items);
	free(embed);
}

/* == Deciding == */

/* Refuses the request for a fault of item `index`, or of all of them if that is items_n. */
static bool refuse(
	const struct ask *ask, struct embed_fault *fault, size_t index, struct reply *reply)
{
	const struct embedder *row = ask->dialect->embedder;
	struct embed *embed = ask->embed;
	struct api_error e = { .status = 400, .type = "invalid_request_error" };
	if (index < embed->items_n && embed->options->names_index)
		snprintf(embed->where, sizeof embed->where, "%s[%zu]", row->input, index);
	else
		snprintf(embed->where, sizeof embed->where, "%s", row->input);
	fault->where = embed->where;
	row->say(&e, fault);
	e.is_said = true;
	dialect_refuse(ask->dialect, reply, &e);
	return true;
}

static int64_t ceiling(int64_t wanted, int64_t usual)
{
	int64_t most = wanted ? wanted : usual;
	return most ? most : INT64_MAX;
}

bool embed_refuse(struct ask *ask, const struct embed_opts *options, struct reply *reply)
{
	const struct embedder *row = ask->dialect->embedder;
	struct embed *embed = ask->embed;
	int64_t item_most = ceiling(options->item_tokens, row->item_tokens);
	struct embed_fault fault = { TROUBLE_NONE_THERE, NULL, (int64_t)embed->items_n,
		ceiling(options->items, row->items) };
	embed->options = options;
	ask->prompt_bytes = 0;
	if (embed->items_n == 0)
		return refuse(ask, &fault, 0, reply);
	fault.trouble = TROUBLE_MANY;
	if (fault.got > fault.most)
		return refuse(ask, &fault, embed->items_n, reply);
	for (size_t i = 0; i < embed->items_n; i++) {
		struct span *item = &embed->items[i];
		fault = (struct embed_fault){ TROUBLE_LONG, NULL, ask_tokens(item->n), item_most };
		if (item->n == 0)
			fault.trouble = TROUBLE_EMPTY;
		if (item->n == 0 || (fault.got > item_most && !embed->truncates))
			return refuse(ask, &fault, i, reply);
		if (fault.got > item_most)
			item->n = utf8_fit(item->at, (size_t)item_most * ASK_TOKEN_BYTES);
		ask->prompt_bytes += item->n;
	}
	fault = (struct embed_fault){ TROUBLE_MUCH, NULL, ask_tokens(ask->prompt_bytes),
		ceiling(options->tokens, row->tokens) };
	return fault.got > fault.most && refuse(ask, &fault, embed->items_n, reply);
}

static bool is_poisoned(struct span item)
{
	struct span script = script_find(item);
	struct step step;
	for (uint64_t i = 1; script.at && script_step(script, i, &step); i++)
		if (span_is(step.name, "poison"))
			return true;
	return false;
}

bool embed_refuse_poison(const struct ask *ask, struct reply *reply)
{
	struct embed_fault fault = { .trouble = TROUBLE_POISON };
	for (size_t i = 0; i < ask->embed->items_n; i++)
		if (is_poisoned(ask->embed->items[i]))
			return refuse(ask, &fault, i, reply);
	return false;
}

void embed_say(struct api_error *e, const struct embed_fault *fault)
{
	switch (fault->trouble) {
	case TROUBLE_NONE_THERE:
		api_error_say(e, "invalid request: %s must not be empty", fault->where);
		break;
	case TROUBLE_EMPTY:
		api_error_say(e, "invalid request: %s must not have empty texts", fault->where);
		break;
	case TROUBLE_MANY:
		api_error_say(e,
			"invalid request: %s must have at most %" PRId64 " texts, got %" PRId64,
			fault->where, fault->most, fault->got);
		break;
	case TROUBLE_LONG:
		api_error_say(e,
			"invalid request: %s is too long: %" PRId64 " tokens, at most %" PRId64
			" are allowed",
			fault->where, fault->got, fault->most);
		break;
	case TROUBLE_MUCH:
		api_error_say(e,
			"invalid request: too many tokens: %" PRId64 " in all, at most %" PRId64
			" are allowed",
			fault->got, fault->most);
		break;
	case TROUBLE_POISON:
		api_error_say(e, "invalid request: %s was refused for its content", fault->where);
		break;
	}
}

/* == Writing == */

/* What is wrong with item i's vector: its script says so, or what is so in every answer. */
static enum answer_shape shape_of(const struct answer *a, size_t i)
{
	const struct embed *embed = a->ask->embed;
	unsigned rogue = i + 1 == embed->items_n ? embed->options->rogue : 0;
	if (i == a->plan.item && a->plan.shape == SHAPE_MISSING)
		return a->ask->dialect->embedder->is_bare ? SHAPE_LEFT_OUT : SHAPE_MISSING;
	if (i == a->plan.item && a->plan.shape != SHAPE_TEXT)
		return a->plan.shape;
	if (rogue & ROGUE_LEFT_OUT)
		return SHAPE_LEFT_OUT;
	if (rogue & ROGUE_SHORT)
		return SHAPE_SHORT;
	return rogue & ROGUE_NULL ? SHAPE_NULL : SHAPE_TEXT;
}

bool embed_is_memberless(const struct answer *a, size_t i)
{
	return shape_of(a, i) == SHAPE_MISSING;
}

bool embed_next(struct buf *out, const struct answer *a, struct embed_walk *walk, size_t *i)
{
	const struct embed *embed = a->ask->embed;
	size_t n = a->plan.shape == SHAPE_EMPTY ? 0 : embed->items_n;
	bool is_reversed =
		embed->options->rogue & ROGUE_REVERSED && a->ask->dialect->embedder->has_index;
	do {
		if (walk->seen_n >= n)
			return false;
		*i = is_reversed ? n - 1 - walk->seen_n : walk->seen_n;
		walk->seen_n++;
	} while (shape_of(a, *i) == SHAPE_LEFT_OUT);
	if (walk->written_n++)
		buf_put_char(out, ',');
	if (embed->options->pad_bytes && buf_reserve(out, embed->options->pad_bytes)) {
		memset(out->data + out->len, ' ', embed->options->pad_bytes);
		out->len += embed->options->pad_bytes;
	}
	return true;
}

static size_t dimensions_of(const struct embed *embed)
{
	return (size_t)(embed->dimensions ? embed->dimensions : embed->options->dimensions);
}

/* The text's vector, without what its scripts say. */
static void make_vector(const struct embed *embed, struct span text, float *v, size_t n)
{
	struct buf said;
	buf_init(&said, text.n + 1);
	if (script_is_in(text) && script_strip(text, &said))
		text = buf_span(&said);
	meaning_of(text, v, n);
	if (embed->options->rogue & ROGUE_LONG && !embed->is_normalized)
		for (size_t i = 0; i < n; i++)
			v[i] *= ROGUE_LENGTH;
	buf_release(&said);
}

static void put_numbers(struct buf *out, const float *v, size_t n)
{
	/* Enough for almost all. */
	buf_reserve(out, n * 14 + 2);
	buf_put_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(out, ',');
		if (isnan(v[i]))
			buf_put_str(out, "null");
		else
			meaning_put_number(out, v[i]);
	}
	buf_put_char(out, ']');
}

void embed_put_vector(struct buf *out, const struct answer *a, size_t i, enum embed_form form)
{
	const struct embed *embed = a->ask->embed;
	enum answer_shape shape = shape_of(a, i);
	size_t n = dimensions_of(embed);
	float *v;
	if (shape == SHAPE_NULL || shape == SHAPE_NUMBER) {
		buf_put_str(out, shape == SHAPE_NULL ? "null" : "42");
		return;
	}
	v = xcalloc(n, sizeof *v);
	make_vector(embed, embed->items[i], v, n);
	if (shape == SHAPE_HOLE)
		v[n / 2] = NAN;
	if (shape == SHAPE_SHORT)
		n--;
	if (embed->options->rogue & ROGUE_FLOATS)
		form = EMBED_FLOATS;
	if (embed->options->rogue & ROGUE_BASE64)
		form = EMBED_BASE64;
	if (form == EMBED_BASE64)
		meaning_put_base64(out, v, n);
	else
		put_numbers(out, v, n);
	free(v);
}

void embed_put_list(struct buf *out, const struct answer *a, enum embed_form form)
{
	struct embed_walk walk = { 0 };
	size_t i;
	buf_put_char(out, '[');
	while (embed_next(out, a, &walk, &i))
		embed_put_vector(out, a, i, form);
	buf_put_char(out, ']');
}
