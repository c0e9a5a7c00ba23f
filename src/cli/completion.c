/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include "cli/option_text.h"

#include <string.h>

#define WORD_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* What of a value is known elsewhere. */
static const char *const offers[] = {
	[OPTION_OFFERS_STEPS] = "steps",
	[OPTION_OFFERS_MODELS] = "models",
	[OPTION_OFFERS_ENDPOINTS] = "endpoints",
	[OPTION_OFFERS_FALLBACKS] = "fallbacks",
	[OPTION_OFFERS_APIS] = "apis",
	[OPTION_OFFERS_PROFILES] = "profiles",
};

/* How help calls the value, without the step: "all|vote|first". */
static const char *value_text(const struct option *o)
{
	return o->value ? o->value + option_step_n(o) : "";
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), end_n = strlen(end);
	return n >= end_n && strcmp(text + n - end_n, end) == 0;
}

/* Gives the next alternative in "all|none|NAME" that stands for itself, from *at; empty = none. */
static struct span next_word(const char **at)
{
	while (**at) {
		struct span word = { .at = *at, .n = strcspn(*at, "|") };
		*at += word.n;
		*at += strspn(*at, "|");
		if (strspn(word.at, WORD_LETTERS) >= word.n)
			return word;
	}
	return (struct span){ 0 };
}

/* Where the words are, if they are in the value's text: it is alternatives and nothing more. */
static const char *words_of(const struct option *o)
{
	const char *text = value_text(o);
	const char *at = text;
	size_t n = strcspn(text, ",=[");
	bool is_alternatives = strchr(text, '|') && (!text[n] || strcmp(text + n, ",...") == 0);
	return is_alternatives && next_word(&at).n ? text : NULL;
}

static const char *source_of(const struct option *o)
{
	if (!option_has_value(o))
		return "none";
	if (o->choices || words_of(o))
		return "words";
	if (o->traits & OPTION_IS_FILE)
		return "files";
	return o->offers > OPTION_NAMES_STEP ? offers[o->offers] : "free";
}

const char *completion_how(const struct option *o, char out[COMPLETION_HOW_MAX])
{
	char joint[2] = { 0 };
	if (option_step_n(o) > 0)
		joint[0] = completion_names_step(o) ? '~' : value_text(o)[-2];
	bool is_list = o->offers > OPTION_NAMES_STEP && ends_with(value_text(o), ",...");
	snprintf(out, COMPLETION_HOW_MAX, "%s%s%s", source_of(o), joint, is_list ? "," : "");
	return out;
}

void completion_put_words(FILE *out, const struct option *o, const char *between)
{
	const char *at = words_of(o), *before = "";
	for (const struct option_choice *c = o->choices; c && c->name; c++) {
		fprintf(out, "%s%s", before, c->name);
		before = between;
	}
	if (o->choices || !at)
		return;
	for (struct span word; (word = next_word(&at)).n;) {
		fprintf(out, "%s%.*s", before, (int)word.n, word.at);
		before = between;
	}
}

void completion_put_apis(FILE *out, bool embeds, const char *between)
{
	for (size_t i = 0; endpoint_api_name(embeds, i); i++)
		fprintf(out, "%s%s", i ? between : "", endpoint_api_name(embeds, i));
}

bool completion_names_step(const struct option *o)
{
	return o->offers == OPTION_NAMES_STEP;
}

bool completion_is_optional(const struct option *o)
{
	return o->bare != NULL;
}

bool completion_takes_word(const struct option *o)
{
	return option_has_value(o) && !o->bare;
}

void completion_put_letters(FILE *out, bool have_value)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (option_is_shown(o) && o->letters && option_has_value(o) == have_value)
			fputs(o->letters, out);
}
