/* SPDX-License-Identifier: MIT */
#include "cli/generate.h"

#include "cli/generate_parts.h"
#include "cli/offers.h"

#include <string.h>

void generate_each(FILE *out, void (*put)(FILE *, const struct option *))
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (option_is_shown(o))
			put(out, o);
}

void generate_put_commands(FILE *out, unsigned set, const char *between)
{
	const char *before = "";
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++) {
		if (!(set >> c & 1))
			continue;
		fprintf(out, "%s%s", before, command_name(c));
		before = between;
	}
}

void generate_put_takers(FILE *out, unsigned set, const char *between)
{
	unsigned named = set & ~(unsigned)OPTION_IS_FILTERS;
	if (set != named)
		fprintf(out, "filter%s", named ? between : "");
	generate_put_commands(out, named, between);
}

void generate_put_runs(FILE *out, const char *between)
{
	generate_put_commands(out, (OPTION_IS_REDUCES | OPTION_IS_EMBEDS), between);
}

void generate_put_cache_verbs(FILE *out, const char *between)
{
	for (enum cache_verb v = 0; v <= CACHE_VERIFY; v++)
		fprintf(out, "%s%s", v ? between : "", command_cache_verb_name(v));
}

void generate_put_names(FILE *out, bool (*is_one)(const struct option *), const char *between)
{
	const char *before = "";
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		if (!option_is_shown(o) || !o->name || !is_one(o))
			continue;
		fprintf(out, "%s%s", before, o->name);
		before = between;
	}
}

void generate_put_escaped(FILE *out, const char *text, const char *marks)
{
	for (; *text; text++) {
		if (strchr(marks, *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

void generate_print(FILE *out, enum cli_action action, const struct config *config)
{
	if (action == CLI_GENERATE_BASH)
		generate_bash(out);
	else if (action == CLI_GENERATE_ZSH)
		generate_zsh(out);
	else if (action == CLI_GENERATE_FISH)
		generate_fish(out);
	else if (action == CLI_GENERATE_MDOC)
		generate_mdoc(out, config->command);
	else
		offers_print(out, action, &config->file);
}
