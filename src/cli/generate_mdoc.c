/* SPDX-License-Identifier: MIT */
#include "cli/generate.h"

#include "cli/generate_parts.h"
#include "cli/option_text.h"

#include <string.h>

/* True if the page explains the option, and does not only name it. */
static bool is_own(const struct option *o, enum command command)
{
	bool is_filters = option_is_for(o, COMMAND_FILTER);
	return option_is_shown(o) && option_is_for(o, command) &&
		(command == COMMAND_FILTER || !is_filters);
}

/* True if the page says of the option that it is as in pllm(1). */
static bool is_shared(const struct option *o, enum command command)
{
	return option_is_shown(o) && option_is_for(o, command) && !is_own(o, command);
}

static void put_value(FILE *out, const struct option *o, enum command command)
{
	char value[OPTION_TEXT_MAX];
	if (!option_has_value(o))
		return;
	if (o->choices) {
		fputs(o->bare ? " Ns Op = Ns Cm " : " Cm ", out);
		completion_put_words(out, o, " | ");
		return;
	}
	fprintf(out, o->bare ? " Ns Op = Ns Ar %s" : " Ar %s", option_value_for(o, command, value));
}

static void put_item(FILE *out, const struct option *o, enum command command)
{
	fputs(".It", out);
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, "%s Fl %c", letter > o->letters ? " ," : "", *letter);
	if (o->name)
		fprintf(out, "%s Fl -%s", o->letters ? " ," : "", o->name);
	put_value(out, o, command);
	fputc('\n', out);
}

/* What the table knows beside the paragraph, as "Default: 64; range: ...; environment: ..." */
static void put_facts(FILE *out, const struct option *o, enum command command)
{
	char range[OPTION_TEXT_MAX], env[OPTION_TEXT_MAX];
	const char *standard = option_default(o, command);
	bool has_range = *option_range(o, range), has_env = *option_env_name(o, env);
	if (o->traits & OPTION_IS_REPEATABLE)
		fputs("May be given several times.\n", out);
	if (standard)
		fputs("Default: ", out);
	generate_put_escaped(out, standard ? standard : "", "-");
	if (has_range)
		fprintf(out, "%s: %s", standard ? "; range" : "Range", range);
	if (has_env)
		fprintf(out, "%s:\n.Ev %s .\n",
			standard || has_range ? "; environment" : "Environment", env);
	else if (standard || has_range)
		fputs(".\n", out);
}

static void put_group(FILE *out, const struct option_group *g, enum command command)
{
	bool is_begun = false;
	for (size_t i = 0; i < g->rows_n; i++) {
		if (!is_own(&g->rows[i], command))
			continue;
		if (!is_begun)
			fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", g->title);
		is_begun = true;
		put_item(out, &g->rows[i], command);
		fputs(g->rows[i].manual, out);
		put_facts(out, &g->rows[i], command);
	}
	if (is_begun)
		fputs(".El\n", out);
}

/* What help says of it has to do. */
static void put_shared(FILE *out, const struct option *o, enum command command)
{
	const char *standard = option_default(o, command);
	put_item(out, o, command);
	generate_put_escaped(out, o->help, "-");
	if (standard) {
		fputs("; default: ", out);
		generate_put_escaped(out, standard, "-");
	}
	fputc('\n', out);
}

void generate_mdoc(FILE *out, enum command command)
{
	for (const struct option_group *const *g = option_groups; *g; g++)
		put_group(out, *g, command);
	if (command == COMMAND_FILTER)
		return;
	fputs(".Ss As in pllm\n"
	      "These are explained in\n"
	      ".Xr pllm 1 .\n"
	      ".Bl -tag -width Ds -compact\n",
		out);
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (is_shared(o, command))
			put_shared(out, o, command);
	fputs(".El\n", out);
}
