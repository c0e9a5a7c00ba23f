/* SPDX-License-Identifier: MIT */
/*
 * The table stands in chapters, one per group of --help: options_io.c, options_ask.c,
 * options_steps.c, options_embed.c, options_money.c, options_run.c. To add an option, add a row
 * there; nothing else has to be told, and script/generate rewrites what is checked in.
 */
#include "cli/options.h"

#include "base/near.h"
#include "cli/options_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct option_group *const option_groups[] = { &options_io, &options_prompt, &options_steps,
	&options_reduce, &options_embed, &options_chunk, &options_endpoint, &options_speed,
	&options_patience, &options_cache, &options_money, &options_seeing, &options_help, NULL };

const struct option *option_next(const struct option *o)
{
	bool is_next = !o;
	for (const struct option_group *const *g = option_groups; *g; g++)
		for (size_t i = 0; i < (*g)->rows_n; i++) {
			const struct option *row = &(*g)->rows[i];
			if (is_next)
				return row;
			is_next = row == o;
		}
	return NULL;
}

const struct option *option_find(struct span name)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (o->name && span_is(name, o->name))
			return o;
	return NULL;
}

const struct option *option_find_letter(char letter)
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (letter && o->letters && strchr(o->letters, letter))
			return o;
	return NULL;
}

const struct option *option_nearest(struct span name)
{
	const struct option *nearest = NULL;
	size_t least = near_limit(name.n) + 1;
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		if (!o->name || !option_is_shown(o))
			continue;
		bool is_begun = name.n > 1 && strncmp(o->name, name.at, name.n) == 0;
		size_t distance = is_begun ? 0 : near_distance(name, span_of(o->name));
		if (distance < least) {
			least = distance;
			nearest = o;
		}
	}
	return nearest;
}

bool option_has_value(const struct option *o)
{
	return o->kind != OPTION_FLAG && (o->kind != OPTION_ACTION || o->choices);
}

bool option_is_shown(const struct option *o)
{
	return !(o->traits & OPTION_IS_HIDDEN);
}

bool option_is_for(const struct option *o, enum command command)
{
	return o->takers >> command & 1;
}

const char *option_value_name(const struct option *o, char out[OPTION_TEXT_MAX])
{
	snprintf(out, OPTION_TEXT_MAX, "%s", o->value ? o->value : "");
	if (o->value || !o->choices)
		return out;
	for (const struct option_choice *c = o->choices; c->name; c++) {
		size_t n = strlen(out);
		snprintf(out + n, OPTION_TEXT_MAX - n, "%s%s", n ? "|" : "", c->name);
	}
	return out;
}

const char *option_env_name(const struct option *o, char out[OPTION_TEXT_MAX])
{
	out[0] = '\0';
	if (!(o->traits & OPTION_HAS_ENV))
		return out;
	snprintf(out, OPTION_TEXT_MAX, "PLLM_%s", o->name);
	for (char *c = out; *c; c++)
		*c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	return out;
}

/* A unit in which numbers of a kind are written; the largest that divides one is taken. */
struct unit {
	int64_t size;
	const char *name;
};

static const struct unit durations[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
	{ 1, "ms" } };
static const struct unit sizes[] = { { 1 << 30, "G" }, { 1 << 20, "M" }, { 1 << 10, "k" },
	{ 1, "" } };
static const struct unit plain[] = { { 1, "" } };

static const struct unit *unit_of(const struct option *o, int64_t n)
{
	const struct unit *unit = o->kind == OPTION_DURATION ? durations
		: o->kind == OPTION_SIZE                     ? sizes
							     : plain;
	while (n == 0 ? unit->size > 1 : n % unit->size != 0)
		unit++;
	return unit;
}

const char *option_range(const struct option *o, char out[OPTION_TEXT_MAX])
{
	const struct unit *low = unit_of(o, o->min), *high = unit_of(o, o->max);
	out[0] = '\0';
	if (o->max > 0)
		snprintf(out, OPTION_TEXT_MAX, "%" PRId64 "%s to %" PRId64 "%s", o->min / low->size,
			o->min ? low->name : "", o->max / high->size, high->name);
	return out;
}

const char *option_default(const struct option *o, enum command command)
{
	const char *shown = o->shown ? o->shown : o->standard;
	if (command == COMMAND_EMBED && o->embeds)
		shown = o->embeds;
	return shown && *shown ? shown : NULL;
}

const char *option_standard(const struct option *o, enum command command)
{
	return o->shown ? o->standard : option_default(o, command);
}
