/* SPDX-License-Identifier: MIT */
/*
 * Why not one source after the other, each overwriting the last: a list would grow where it is to
 * be replaced, and `stream: false` in a profile would have to undo what the defaults had done. So
 * first it is found out who wins each option, and then only the winners are put into the config.
 */
#include "cli/layers.h"

#include "base/xalloc.h"
#include "cli/option_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One thing that was said. */
struct saying {
	const struct option *option;
	enum origin_kind kind;
	char *place; /* owned */
	char *value; /* owned; NULL = none was given */
	bool is_off; /* it was said not to be */
};

/* Which of them is given counts, not the order: a family wins as one. */
static const char *const families[][4] = {
	{ "prompt", "prompt-file" },
	{ "key-env", "key-file", "key-fd", "key-cmd" },
};

static bool is_in_family(const char *const family[4], const char *name)
{
	for (size_t i = 0; i < 4 && family[i]; i++)
		if (strcmp(family[i], name) == 0)
			return true;
	return false;
}

static bool are_kin(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (is_in_family(families[i], a) && is_in_family(families[i], b))
			return true;
	return false;
}

void layers_init(struct layers *l)
{
	*l = (struct layers){ 0 };
}

static void add(struct layers *l, const struct saying *saying)
{
	l->sayings = xrealloc(l->sayings, l->n + 1, sizeof *l->sayings);
	l->sayings[l->n++] = *saying;
}

bool layers_say(struct layers *l, const struct option *o, const struct source *source,
	const struct given *given, struct err *err)
{
	if (!setting_put(&l->tried, o, given, err))
		return false;
	add(l,
		&(struct saying){ .option = o,
			.kind = source->kind,
			.place = xstrdup(source->place),
			.value = given->value ? xstrdup(given->value) : NULL });
	return true;
}

void layers_say_off(struct layers *l, const struct option *o, const struct source *source)
{
	add(l,
		&(struct saying){ .option = o,
			.kind = source->kind,
			.place = xstrdup(source->place),
			.is_off = true });
}

static bool say_env(struct layers *l, const struct option *o, const char *name, struct err *err)
{
	char label[OPTION_TEXT_MAX + 1];
	const struct source source = { ORIGIN_ENVIRONMENT, name };
	const struct given given = { label, getenv(name) };
	snprintf(label, sizeof label, "%s=", name);
	if (!given.value || !*given.value)
		return true;
	if (o->kind != OPTION_FLAG || strcmp(given.value, "1") == 0)
		return layers_say(l, o, &source, &given, err);
	if (strcmp(given.value, "0") != 0)
		return err_set(err, ERR_USAGE, "%s%.60s: not understood" LOG_HELP "expected 1 or 0",
			given.label, given.value);
	layers_say_off(l, o, &source);
	return true;
}

bool layers_read_env(struct layers *l, struct err *err)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		char name[OPTION_TEXT_MAX];
		if (*option_env_name(o, name) && !say_env(l, o, name, err))
			return false;
	}
	return true;
}

const struct option *layers_misplaced(const struct layers *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->sayings[i].kind == ORIGIN_COMMAND_LINE &&
			!option_is_taken_by(l->sayings[i].option, l->command))
			return l->sayings[i].option;
	return NULL;
}

static void origin_reset(struct origin *origin, const struct option *o, enum command command)
{
	const char *standard = option_default(o, command);
	origin->kind = ORIGIN_BUILT_IN;
	free(origin->place);
	origin->place = NULL;
	strings_release(&origin->values);
	if (standard)
		strings_add(&origin->values, standard);
	else if (o->kind == OPTION_FLAG)
		strings_add(&origin->values, "false");
}

/* Makes one origin for each row that sets something. */
static void make_origins(struct origins *origins, enum command command)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		if (o->kind == OPTION_ACTION)
			continue;
		origins->items = xrealloc(origins->items, origins->n + 1, sizeof *origins->items);
		origins->items[origins->n] = (struct origin){ .option = o->name };
		origin_reset(&origins->items[origins->n++], o, command);
	}
}

static struct origin *origin_find(struct origins *origins, const char *name)
{
	for (size_t i = 0; i < origins->n; i++)
		if (origins->items[i].option == name)
			return &origins->items[i];
	return NULL;
}

/* Gives, allocated, who wins each option, in the order of the origins. */
static enum origin_kind *winners_of(const struct layers *l, const struct origins *origins)
{
	enum origin_kind *winners = xcalloc(origins->n, sizeof *winners);
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < origins->n; k++)
			if (l->sayings[i].kind > winners[k] &&
				option_is_taken_by(l->sayings[i].option, l->command) &&
				are_kin(l->sayings[i].option->name, origins->items[k].option))
				winners[k] = l->sayings[i].kind;
	return winners;
}

/* After `--input-format lines` nobody is served by hearing that the file says `seq: true`. */
static void forget_covered(struct config *config, const struct option *by)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (o != by && setting_covers(by, o))
			origin_reset(origin_find(&config->origins, o->name), o, config->command);
}

static void note_origin(struct config *config, struct origin *origin, const struct saying *said)
{
	const struct option *o = said->option;
	bool is_next = o->kind == OPTION_LIST && origin->kind == said->kind;
	if (!is_next) {
		origin_reset(origin, o, config->command);
		strings_release(&origin->values);
		origin->kind = said->kind;
		origin->place = xstrdup(said->place);
		if (!said->is_off)
			forget_covered(config, o);
	}
	if (said->is_off && o->kind != OPTION_LIST)
		strings_add(&origin->values, "false");
	else if (!said->is_off)
		strings_add(&origin->values,
			said->value       ? said->value
				: o->bare ? o->bare
					  : "true");
}

static void put(struct config *config, const struct saying *said)
{
	struct err err;
	if (said->is_off)
		setting_put_off(config, said->option);
	else /* cannot fail: it has been tried */
		setting_put(config, said->option, &(struct given){ "", said->value }, &err);
}

void layers_settle(const struct layers *l, struct config *config)
{
	layers_forget(config);
	setting_defaults(config, l->command);
	make_origins(&config->origins, l->command);
	struct origins *origins = &config->origins;
	enum origin_kind *winners = winners_of(l, origins);
	for (enum origin_kind kind = ORIGIN_DEFAULTS; kind <= ORIGIN_COMMAND_LINE; kind++)
		for (size_t i = 0; i < l->n; i++) {
			const struct saying *said = &l->sayings[i];
			struct origin *origin = origin_find(origins, said->option->name);
			if (said->kind != kind || winners[origin - origins->items] != kind ||
				!option_is_taken_by(said->option, l->command))
				continue;
			put(config, said);
			note_origin(config, origin, said);
		}
	free(winners);
}

void layers_forget(struct config *config)
{
	for (size_t i = 0; i < config->origins.n; i++) {
		free(config->origins.items[i].place);
		strings_release(&config->origins.items[i].values);
	}
	free(config->origins.items);
	setting_release(config);
}

void layers_release(struct layers *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->sayings[i].place);
		free(l->sayings[i].value);
	}
	free(l->sayings);
	setting_release(&l->tried);
	*l = (struct layers){ 0 };
}
