/* SPDX-License-Identifier: MIT */
#include "cli/setting.h"

#include "base/key_form.h"
#include "base/near.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cli/option_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHOICES_MAX = 32 }; /* of an option, that may be suggested */

static void *field_of(struct config *config, size_t offset)
{
	return (char *)config + offset;
}

/* What stands around a key when it is not the whole text. */
static bool is_between(char c)
{
	return c == '\0' || strchr("= :,;\"'", c);
}

static bool is_key(struct span text)
{
	size_t n = key_form_length(text);
	return n > 0 && is_between(text.at[n]);
}

bool setting_looks_secret(const char *text)
{
	const char *end = text + strlen(text);
	for (const char *at = text; at < end; at++)
		if ((at == text || is_between(at[-1])) &&
			is_key((struct span){ at, (size_t)(end - at) }))
			return true;
	return false;
}

bool setting_names_secret(struct span name)
{
	static const char *const ends[] = { "key", "apikey", "token", "secret", "password" };
	/* Of tokens there are others. */
	if (name.n > 4 && strncasecmp(name.at, "max", 3) == 0 && strchr("-_", name.at[3]))
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);
		if (name.n < n || strncasecmp(name.at + name.n - n, ends[i], n) != 0)
			continue;
		if (name.n == n || strchr("-_", name.at[name.n - n - 1]))
			return true;
	}
	return false;
}

bool setting_refuse_secret(struct err *err)
{
	return err_set(err, ERR_KEY,
		"an argument looks like an API key, which others can see there" LOG_HELP
		"use the API's variable, --key-file, --key-fd or --key-cmd");
}

/* Says what a number of that kind looks like. */
static bool refuse_number(const struct option *o, const struct given *given, struct err *err)
{
	static const struct {
		const char *name, *examples;
	} kinds[] = {
		[OPTION_INT] = { "a whole number", "" },
		[OPTION_DURATION] = { "a duration", ", such as 500ms, 30s or 1h30m" },
		[OPTION_SIZE] = { "a size", ", such as 64k or 16M" },
	};
	char range[OPTION_TEXT_MAX];
	return err_set(err, ERR_USAGE, "%s%.60s: not understood" LOG_HELP "expected %s from %s%s",
		given->label, given->value, kinds[o->kind].name, option_range(o, range),
		kinds[o->kind].examples);
}

static bool put_number(
	void *field, const struct option *o, const struct given *given, struct err *err)
{
	struct span text = span_of(given->value);
	int64_t n = 0;
	uint64_t bytes = 0;
	bool is_one = o->kind == OPTION_DURATION ? units_parse_ms(text, &n)
		: o->kind == OPTION_SIZE         ? units_parse_bytes(text, &bytes)
						 : units_parse_int(text, &n);
	if (o->kind == OPTION_SIZE)
		n = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;
	if (!is_one || n < o->min || n > o->max)
		return refuse_number(o, given, err);
	memcpy(field, &n, sizeof n);
	return true;
}

bool setting_choose(const struct option *o, const struct given *given, int *value, struct err *err)
{
	const char *names[CHOICES_MAX];
	size_t n = 0;
	for (const struct option_choice *c = o->choices; c->name; c++) {
		if (strcmp(given->value, c->name) == 0) {
			*value = c->value;
			return true;
		}
		if (n < CHOICES_MAX)
			names[n++] = c->name;
	}
	char choices[OPTION_TEXT_MAX];
	const char *near = near_find(given->value, names, n);
	return err_set(err, ERR_USAGE, "%s%.60s: not understood" LOG_HELP "expected one of %s%s%s",
		given->label, given->value, option_value_name(o, choices),
		near ? "; the nearest is " : "", near ? near : "");
}

static bool put_flag(struct config *config, const struct option *o)
{
	for (size_t i = 0; i < OPTION_EFFECTS_MAX; i++) {
		void *field = field_of(config, o->effects[i].field);
		if (o->effects[i].kind == EFFECT_BOOL)
			*(bool *)field = o->effects[i].value;
		else if (o->effects[i].kind == EFFECT_INT)
			*(int *)field = o->effects[i].value;
	}
	return true;
}

static bool put_text(void *field, const struct option *o, const char *text)
{
	char **string = field;
	if (o->kind == OPTION_LIST) {
		strings_add(field, text);
		return true;
	}
	free(*string);
	*string = xstrdup(text);
	return true;
}

bool setting_put(
	struct config *config, const struct option *o, const struct given *given, struct err *err)
{
	struct given full = { given->label, given->value ? given->value : o->bare };
	void *field = field_of(config, o->field);
	if (o->kind == OPTION_FLAG)
		return put_flag(config, o);
	if (!*full.value && !(o->traits & OPTION_MAY_BE_EMPTY))
		return err_set(err, ERR_USAGE, "%.*s: the value is empty",
			(int)strlen(full.label) - 1, full.label);
	if (!(o->traits & OPTION_IS_TEXT) && setting_looks_secret(full.value))
		return setting_refuse_secret(err);
	if (o->kind == OPTION_STRING || o->kind == OPTION_LIST)
		return put_text(field, o, full.value);
	if (o->kind == OPTION_CHOICE)
		return setting_choose(o, &full, field, err);
	return put_number(field, o, &full, err);
}

/* A default may lie outside of the range: "not given" is not something to be given. */
static void put_standard(struct config *config, const struct option *o, const char *standard)
{
	struct err err;
	struct option boundless = *o;
	boundless.min = INT64_MIN;
	bool is_good = setting_put(config, &boundless, &(struct given){ "", standard }, &err);
	assert(is_good);
	(void)is_good;
}

void setting_defaults(struct config *config, enum command command)
{
	*config = (struct config){ .command = command };
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		const char *standard = option_standard(o, command);
		if (standard)
			put_standard(config, o, standard);
	}
}

void setting_put_off(struct config *config, const struct option *o)
{
	if (o->kind == OPTION_FLAG && o->effects[0].kind == EFFECT_BOOL)
		*(bool *)field_of(config, o->effects[0].field) = !o->effects[0].value;
}

/* Fills in the fields that a row sets, and gives their number. */
static size_t fields_of(const struct option *o, size_t fields[OPTION_EFFECTS_MAX])
{
	size_t n = 0;
	if (o->kind == OPTION_ACTION)
		return 0;
	fields[0] = o->field;
	if (o->kind != OPTION_FLAG)
		return 1;
	for (size_t i = 0; i < OPTION_EFFECTS_MAX; i++)
		if (o->effects[i].kind != EFFECT_NONE)
			fields[n++] = o->effects[i].field;
	return n;
}

bool setting_covers(const struct option *o, const struct option *other)
{
	size_t ours[OPTION_EFFECTS_MAX], theirs[OPTION_EFFECTS_MAX];
	size_t ours_n = fields_of(o, ours), theirs_n = fields_of(other, theirs), covered_n = 0;
	for (size_t i = 0; i < theirs_n; i++)
		for (size_t k = 0; k < ours_n; k++)
			covered_n += theirs[i] == ours[k];
	return theirs_n > 0 && covered_n == theirs_n;
}

void setting_release(struct config *config)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		void *field = field_of(config, o->field);
		if (o->kind == OPTION_STRING)
			free(*(char **)field);
		else if (o->kind == OPTION_LIST)
			strings_release(field);
	}
	*config = (struct config){ 0 };
}
