/* SPDX-License-Identifier: MIT */
/*
 * The table stands in chapters, one per group of --help: options_io.c, options_ask.c,
 * options_steps.c, options_embed.c, options_money.c, options_run.c. To add an option, add a row
 * there; nothing else has to be told, and script/generate rewrites what is checked in.
 */
#include "cli/options.h"

#include "base/near.h"
#include "cli/option_text.h"
#include "cli/options_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the value of an option begins with that can be given for each step. */
#define ANY_STEP "[STEP"

const struct option_group *const option_groups[] = { &options_io, &options_prompt, &options_steps,
	&options_reduce, &options_embed, &options_chunk, &options_endpoint, &options_speed,
	&options_patience, &options_cache, &options_money, &options_seeing, &options_doctor,
	&options_help, NULL };

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

/* What else it is called, and what does that here. */
static const struct {
	const char *names; /* with a space between two, and at both ends */
	const char *help;
} foreign[] = {
	{ " concurrency parallel parallelism max-procs max-concurrency workers threads n-jobs ",
		"-j N says how many requests are in flight" },
	{ " retry max-retries retry-count ", "--retries N" },
	{ " max-time request-timeout ", "--timeout DUR is of one attempt, --deadline of a record" },
	{ " delay sleep rps rpm rate-limit ", "--rate N/UNIT, as in --rate 60/m" },
	{ " base-url url api-base api-url base host server ",
		"--endpoint URL says where to ask, as in --endpoint http://127.0.0.1:8000/v1" },
	{ " H headers ", "--header 'Name: value', or --header-file FILE for what is secret" },
	{ " temperature top-p top-k min-p seed stop frequency-penalty presence-penalty "
	  "reasoning-effort ",
		"--param KEY=JSON sets fields of the request, as in --param temperature=0" },
	{ " system-prompt instructions ", "-s TEMPLATE" },
	{ " template ", "-p TEMPLATE" },
	{ " json-schema response-format ", "--schema FILE" },
	{ " joblog resume resume-failed continue restart checkpoint ",
		"--cache FILE keeps answers, so that the same command goes on where it ended; "
		"--retry-errors asks again about records that failed" },
	{ " output-format out-format ",
		"records are JSON, a line each; -r prints the answers' text alone, --seq "
		"separates records as RFC 7464 does" },
	{ " csv tsv ",
		"mlr --icsv --ojsonl cat makes records of CSV, mlr --ijsonl --ocsv cat CSV "
		"of records" },
	{ " I replace ", "-p TEMPLATE has the record's fields, written {{name}}" },
	{ " batch-size ",
		"pllm embed has --batch-items N; elsewhere a request is about one record" },
	{ " budget ", "--max-cost USD" },
	{ " limit head ", "head -n N gives the first records; --trial N takes some of all" },
	{ " ordered ", "-k, which is the default" },
	{ " silent ", "-q" },
	{ " bar eta ", "--progress always" },
	{ " insecure ", "--cacert FILE says which certificates to trust" },
};

const char *option_foreign(struct span name)
{
	char word[OPTION_TEXT_MAX];
	snprintf(word, sizeof word, " %.*s ", (int)(name.n < sizeof word ? name.n : 0), name.at);
	for (char *c = word; *c; c++)
		*c = *c == '_' ? '-' : *c;
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (strlen(word) > 2 && strstr(foreign[i].names, word))
			return foreign[i].help;
	return NULL;
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

bool option_is_taken_by(const struct option *o, enum command command)
{
	return option_is_for(o, command) ||
		(command == COMMAND_DOCTOR && o->takers & OPTION_IS_ASKERS);
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

size_t option_step_n(const struct option *o)
{
	bool has_step = o->value && strncmp(o->value, ANY_STEP, sizeof ANY_STEP - 1) == 0;
	return has_step ? strcspn(o->value, "]") + 1 : 0;
}

bool option_is_for_one_step(const struct option *o, enum command command)
{
	return (command == COMMAND_EMBED || command == COMMAND_CACHE) && option_step_n(o) > 0;
}

const char *option_value_for(
	const struct option *o, enum command command, char out[OPTION_TEXT_MAX])
{
	if (!option_is_for_one_step(o, command))
		return option_value_name(o, out);
	const char *value = o->value + option_step_n(o);
	/* Nor are there several. */
	snprintf(out, OPTION_TEXT_MAX, "%.*s", (int)strcspn(value, ","), value);
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
