/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "attempts.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "dialect.h"
#include "put.h"
#include "sample.h"
#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ECHO_PREFIX "echo: "

static void write_words(struct buf *text, uint64_t seed, uint64_t words_n)
{
	static const char *const words[] = { "the", "of", "a", "to", "in", "is", "and", "that",
		"it", "as", "was", "for", "on", "with", "his", "by", "at", "which", "light",
		"water", "house", "river", "morning", "letter", "garden", "window", "answer",
		"question", "small", "long", "quiet", "early" };
	struct rng r;
	rng_init(&r, seed);
	for (uint64_t i = 0; i < words_n; i++) {
		size_t word = rng_next(&r) % (sizeof words / sizeof *words);
		if (i > 0)
			buf_put_char(text, ' ');
		buf_put_str(text, words[word]);
	}
}

static void write_styled(
	struct buf *text, struct span prompt, const struct answer_style *style, uint64_t index)
{
	if (style->kind == ANSWER_FIXED) {
		buf_put_span(text, style->fixed);
	} else if (style->kind == ANSWER_WORDS) {
		write_words(text, attempts_key(prompt) + index, style->words_n);
	} else {
		buf_put_str(text, ECHO_PREFIX);
		script_strip(prompt, text);
	}
}

/* JSON of any kind has the usual text as a member. */
static void write_any_json(
	struct buf *text, struct span prompt, const struct answer_style *style, uint64_t index)
{
	struct buf plain;
	buf_init(&plain, SIZE_MAX / 2);
	write_styled(&plain, prompt, style, index);
	put_json(text, "{'answer':%t}", buf_span(&plain));
	buf_release(&plain);
}

/* The seed as JSON, or "none". */
static void write_seed(struct buf *text, const struct ask *ask)
{
	const json_t *seed = ask_seed(ask);
	char *json = seed ? json_dumps(seed, JSON_ENCODE_ANY) : NULL;
	buf_put_str(text, json ? json : "none");
	free(json);
}

/* What the shapes with a text of their own make of it; false if this is none of them. */
static bool write_shaped(struct buf *text, const struct answer *a)
{
	const json_t *schema = a->ask->schema;
	switch (a->plan.shape) {
	case SHAPE_PROSE:
		buf_put_str(text, "Sure! Here is what you asked for: ");
		return true;
	case SHAPE_SEED:
		write_seed(text, a->ask);
		return true;
	case SHAPE_MISMATCH:
		sample_put_mismatch(text, schema);
		return true;
	case SHAPE_FENCED:
		buf_put_str(text, "```json\n");
		if (schema)
			sample_put(text, schema);
		else
			buf_put_str(text, "{}");
		buf_put_str(text, "\n```");
		return true;
	case SHAPE_REFUSAL:
		if (!a->ask->dialect->has_refusals)
			buf_put_str(text, ANSWER_REFUSAL);
		return true;
	default:
		return false;
	}
}

/* The text that choice number `index` answers. */
static struct span prompt_of(const struct ask *ask, size_t index)
{
	const json_t *prompt;
	if (ask->prompts_n == 1)
		return buf_span(&ask->prompt);
	prompt = json_array_get(ask->documents, index / (size_t)ask->choices_n);
	return (struct span){ .at = json_string_value(prompt), .n = json_string_length(prompt) };
}

/* The ceilings are ours: an echo is no longer than its prompt, words are counted. */
static void write_text(
	struct buf *text, const struct answer *a, const struct answer_style *style, size_t index)
{
	const struct ask *ask = a->ask;
	struct span asked_for = script_answer(ask_script_text(ask));
	buf_init(text, SIZE_MAX / 2);
	if (answer_is_textless(a) || write_shaped(text, a))
		return;
	if (a->plan.deltas_n > 0) {
		buf_reserve(text, (size_t)a->plan.deltas_n);
		memset(text->data, 'x', (size_t)a->plan.deltas_n);
		text->len = (size_t)a->plan.deltas_n;
	} else if (asked_for.at) {
		buf_put_span(text, asked_for);
	} else if (ask->schema) {
		sample_put(text, ask->schema);
	} else if (ask->wants_json) {
		write_any_json(text, prompt_of(ask, index), style, index);
	} else {
		write_styled(text, prompt_of(ask, index), style, index);
	}
}

static void cut(struct choice *choice, size_t bytes)
{
	if (choice->text.len <= bytes)
		return;
	choice->text.len = utf8_fit(choice->text.data, bytes);
	choice->finish = FINISH_LENGTH;
}

static enum answer_finish finish_of(const struct answer *a)
{
	switch (a->plan.shape) {
	case SHAPE_REFUSAL:
		return a->ask->dialect->has_refusals ? FINISH_REFUSAL : FINISH_STOP;
	case SHAPE_FILTER:
		return FINISH_FILTER;
	case SHAPE_TOOLS:
		return FINISH_TOOLS;
	case SHAPE_BLOCKED:
		return FINISH_BLOCKED;
	case SHAPE_ODD:
		return FINISH_ODD;
	default:
		return FINISH_STOP;
	}
}

static void choice_init(
	struct choice *choice, const struct answer *a, const struct answer_style *style, size_t i)
{
	choice->finish = finish_of(a);
	write_text(&choice->text, a, style, i);
	if (a->ask->max_tokens && !a->plan.deltas_n)
		cut(choice, (size_t)a->ask->max_tokens * ASK_TOKEN_BYTES);
	if (a->plan.shape == SHAPE_LENGTH) {
		cut(choice, choice->text.len / 2);
		choice->finish = FINISH_LENGTH;
	}
	if (a->plan.shape == SHAPE_ERROR)
		cut(choice, choice->text.len / 2);
}

void answer_init(struct answer *a, const struct ask *ask, const struct answer_style *style,
	const struct answer_plan *plan)
{
	*a = (struct answer){ .ask = ask, .plan = *plan };
	a->id = attempts_key(buf_span(&ask->prompt));
	a->input = ask_tokens(ask->prompt_bytes);
	if (a->input < plan->cached)
		a->input = plan->cached;
	if (plan->shape == SHAPE_EMPTY)
		return;
	a->choices_n = (size_t)(ask->choices_n * ask->prompts_n);
	a->choices = xcalloc(a->choices_n, sizeof *a->choices);
	for (size_t i = 0; i < a->choices_n; i++) {
		choice_init(&a->choices[i], a, style, i);
		a->output += ask_tokens(a->choices[i].text.len);
	}
}

bool answer_is_textless(const struct answer *a)
{
	switch (a->plan.shape) {
	case SHAPE_NULL:
	case SHAPE_TOOLS:
	case SHAPE_BLOCKED:
		return true;
	case SHAPE_REFUSAL:
		return a->ask->dialect->has_refusals;
	default:
		return false;
	}
}

struct span answer_text(const struct answer *a, size_t i)
{
	return buf_span(&a->choices[i].text);
}

void answer_put_text(struct buf *out, const struct answer *a, const char *name, struct span text)
{
	if (a->plan.shape == SHAPE_MISSING)
		return;
	buf_put_str(out, name);
	if (a->plan.shape == SHAPE_NUMBER)
		buf_put_str(out, "42");
	else if (a->plan.shape == SHAPE_NULL)
		buf_put_str(out, "null");
	else
		put_string(out, text);
}

bool answer_take_piece(const struct answer *a, struct span *text, struct span *piece)
{
	size_t most = a->plan.deltas_n ? 1 : ASK_TOKEN_BYTES;
	size_t n = text->n > most ? utf8_fit(text->at, most) : text->n;
	*piece = (struct span){ .at = text->at, .n = n };
	*text = (struct span){ .at = text->at + n, .n = text->n - n };
	return n > 0;
}

struct shown answer_shown(const struct answer *a, int64_t number)
{
	struct shown shown;
	const char *quote = a->plan.shape == SHAPE_STRINGS ? "\"" : "";
	snprintf(shown.text, sizeof shown.text, "%s%" PRId64 "%s", quote, number, quote);
	return shown;
}

bool answer_has_end(const struct answer *a)
{
	return a->plan.shape != SHAPE_OPEN && a->plan.shape != SHAPE_ERROR;
}

void answer_release(struct answer *a)
{
	for (size_t i = 0; i < a->choices_n; i++)
		buf_release(&a->choices[i].text);
	free(a->choices);
	*a = (struct answer){ 0 };
}
