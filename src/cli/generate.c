/* SPDX-License-Identifier: MIT */
#include "cli/generate.h"

#include "cli/commands.h"

#include <string.h>

#define WRITTEN_BY "Written by script/generate from the options table; change it there."

/* Calls put for each row that is shown. */
static void each_shown(FILE *out, void (*put)(FILE *, const struct option *))
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (option_is_shown(o))
			put(out, o);
}

/* Calls put for each row that is shown and taken by just those. */
static void each_of(FILE *out, unsigned takers, void (*put)(FILE *, const struct option *))
{
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (option_is_shown(o) && o->takers == takers)
			put(out, o);
}

/*
 * Gives the next set of commands, from 0 the first, that some option is taken by, by these and no
 * others; 0 at the end.
 */
static unsigned next_takers(unsigned takers)
{
	while (++takers <= OPTION_IS_ALL)
		for (const struct option *o = option_next(NULL); o; o = option_next(o))
			if (option_is_shown(o) && o->takers == takers)
				return takers;
	return 0;
}

/* Prints the names of those commands of the set that have one, with that between two. */
static void put_commands(FILE *out, unsigned set, const char *between)
{
	bool is_first = true;
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++) {
		if (!(set >> c & 1))
			continue;
		fprintf(out, "%s%s", is_first ? "" : between, command_name(c));
		is_first = false;
	}
}

/* Prints what can be done with a cache, with that between two. */
static void put_cache_verbs(FILE *out, const char *between)
{
	for (enum cache_verb v = 0; v <= CACHE_VERIFY; v++)
		fprintf(out, "%s%s", v ? between : "", command_cache_verb_name(v));
}

/* Prints text with a backslash before each of the marks. */
static void put_escaped(FILE *out, const char *text, const char *marks)
{
	for (; *text; text++) {
		if (strchr(marks, *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_choices(FILE *out, const struct option *o, const char *between)
{
	for (const struct option_choice *c = o->choices; c->name; c++)
		fprintf(out, "%s%s", c == o->choices ? "" : between, c->name);
}

/* How bash completes an option's value. */
enum completion { BY_CHOICE, BY_FILE, BY_NOTHING, AFTER_EQUALS, HAS_NO_VALUE };

static enum completion completion_of(const struct option *o)
{
	if (!option_has_value(o))
		return HAS_NO_VALUE;
	if (o->bare)
		return AFTER_EQUALS;
	return o->choices ? BY_CHOICE : o->traits & OPTION_IS_FILE ? BY_FILE : BY_NOTHING;
}

/* Prints the row's names for bash's case: "--jobs|-j|-P". */
static void put_bash_pattern(FILE *out, const struct option *o)
{
	fprintf(out, "--%s", o->name);
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, "|-%c", *letter);
}

static void put_bash_choices(FILE *out, const struct option *o)
{
	enum completion how = completion_of(o);
	bool is_after_equals = o->choices && how == AFTER_EQUALS;
	if (how != BY_CHOICE && !is_after_equals)
		return;
	fputs("\t", out);
	put_bash_pattern(out, o);
	fprintf(out, ") %swords='", is_after_equals ? "[ -z \"$equals\" ] || " : "");
	put_choices(out, o, " ");
	fputs("' ;;\n", out);
}

/* Prints one pattern for all rows whose values are completed in the same way. */
static void put_bash_patterns(FILE *out, enum completion how, const char *then)
{
	const char *between = "\t";
	for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
		bool is_done = o->choices && how == AFTER_EQUALS;
		if (!option_is_shown(o) || completion_of(o) != how || is_done)
			continue;
		fputs(between, out);
		put_bash_pattern(out, o);
		between = "|\\\n\t";
	}
	fprintf(out, ")%s ;;\n", then);
}

static void put_bash_name(FILE *out, const struct option *o)
{
	if (o->name)
		fprintf(out, "\t--%s\n", o->name);
	else
		fprintf(out, "\t-%c\n", o->letters[0]);
}

/* What the options are called that just those commands take: "_pllm_filter_embed". */
static void put_bash_list_name(FILE *out, unsigned takers)
{
	fputs(takers & OPTION_IS_FILTERS ? "_pllm_filter" : "_pllm", out);
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		if (takers >> c & 1)
			fprintf(out, "_%s", command_name(c));
}

static void put_bash_lists(FILE *out)
{
	for (unsigned takers = 0; (takers = next_takers(takers));) {
		put_bash_list_name(out, takers);
		fputs("='\n", out);
		each_of(out, takers, put_bash_name);
		fputs("'\n", out);
	}
}

/* Prints which lists of options a command has. */
static void put_bash_command(FILE *out, enum command command)
{
	if (command == COMMAND_FILTER)
		fputs("\t\t*) words=", out);
	else
		fprintf(out, "\t\t*' %s '*) words=", command_name(command));
	for (unsigned takers = 0; (takers = next_takers(takers));) {
		if (!(takers >> command & 1))
			continue;
		fputc('$', out);
		put_bash_list_name(out, takers);
	}
	fputs(" ;;\n", out);
}

static void put_bash_commands(FILE *out)
{
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		put_bash_command(out, c);
	put_bash_command(out, COMMAND_FILTER);
	fputs("\t\tesac ;;\n"
	      "\t*) [ \"$COMP_CWORD\" -gt 1 ] || words='" COMMAND_HELP " ",
		out);
	put_commands(out, OPTION_IS_ALL, " ");
	fputs("' ;;\n"
	      "\tesac\n"
	      "\t[ \"$prev\" != " COMMAND_HELP " ] || words='",
		out);
	put_commands(out, OPTION_IS_ALL, " ");
	fprintf(out, "'\n\t[ \"$prev\" != %s ] || words='", command_name(COMMAND_CACHE));
	put_cache_verbs(out, " ");
	fputs("'\n", out);
}

/* Prints that behind `pllm cache COMMAND` comes a file. */
static void put_bash_cache_file(FILE *out)
{
	fputs("\t", out);
	put_cache_verbs(out, "|");
	fprintf(out,
		")\n"
		"\t\tif [[ $cur != -* && \" ${COMP_WORDS[*]} \" == *' %s '* ]]; then\n"
		"\t\t\tcompopt -o filenames\n"
		"\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		"\t\t\treturn\n"
		"\t\tfi ;;\n",
		command_name(COMMAND_CACHE));
}

void generate_bash(FILE *out)
{
	fputs("# bash completion for pllm                               -*- shell-script -*-\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " WRITTEN_BY "\n\n",
		out);
	put_bash_lists(out);
	fputs("\n"
	      "_pllm() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal words='' equals=''\n"
	      "\tCOMPREPLY=()\n"
	      "\t# bash cuts --name=value at the sign, which is then a word of its own.\n"
	      "\tif [ \"$cur\" = '=' ]; then\n"
	      "\t\tcur='' equals=1\n"
	      "\telif [ \"$prev\" = '=' ] && [ \"$COMP_CWORD\" -gt 2 ]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]} equals=1\n"
	      "\tfi\n"
	      "\tcase $cur in\n"
	      "\t-*)\n"
	      "\t\tcase \" ${COMP_WORDS[*]} \" in\n",
		out);
	put_bash_commands(out);
	fputs("\tcase $prev in\n", out);
	each_shown(out, put_bash_choices);
	put_bash_patterns(out, BY_FILE,
		"\n\t\tcompopt -o filenames\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		"\t\treturn");
	put_bash_patterns(out, BY_NOTHING, " return");
	put_bash_cache_file(out);
	put_bash_patterns(out, AFTER_EQUALS, " [ -z \"$equals\" ] || return");
	fputs("\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "}\n"
	      "complete -F _pllm pllm\n",
		out);
}

/* Prints text for a zsh spec that stands in single quotes. */
static void put_zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputs(*text == '\'' ? "'\\'" : "", out);
		fputc(*text, out);
	}
}

/* Prints the part of a zsh spec that says what the value is. */
static void put_zsh_value(FILE *out, const struct option *o)
{
	char value[OPTION_TEXT_MAX];
	fputs(o->bare ? "::" : ":", out);
	put_zsh_text(out, o->choices ? o->name : option_value_name(o, value));
	fputc(':', out);
	if (o->choices) {
		fputc('(', out);
		put_choices(out, o, " ");
		fputc(')', out);
	} else if (o->traits & OPTION_IS_FILE) {
		fputs("_files", out);
	}
}

/*
 * zsh takes a value after `-j+` and `--jobs=` joined or as the next word, after `--meta=-` only
 * joined.
 */
static void put_zsh_spec(FILE *out, const struct option *o, const char *dashed, const char *joint)
{
	fprintf(out, "\t'%s%s%s[", o->kind == OPTION_LIST ? "*" : "", dashed, joint);
	put_zsh_text(out, o->help);
	fputc(']', out);
	if (option_has_value(o))
		put_zsh_value(out, o);
	fputs("'\n", out);
}

static void put_zsh_option(FILE *out, const struct option *o)
{
	char dashed[OPTION_TEXT_MAX];
	bool has_value = option_has_value(o);
	for (const char *letter = o->letters; letter && *letter; letter++) {
		snprintf(dashed, sizeof dashed, "-%c", *letter);
		put_zsh_spec(out, o, dashed, has_value ? "+" : "");
	}
	if (!o->name)
		return;
	snprintf(dashed, sizeof dashed, "--%s", o->name);
	put_zsh_spec(out, o, dashed, o->bare ? "=-" : has_value ? "=" : "");
}

/* Prints the options that just those commands take. */
static void put_zsh_list(FILE *out, unsigned takers)
{
	unsigned named = takers & ~(unsigned)OPTION_IS_FILTERS;
	fputs("if [[ $command = (", out);
	if (takers != named)
		fputs(named ? "filter|" : "filter", out);
	put_commands(out, named, "|");
	fputs(") ]]; then\n\tspecs+=(\n", out);
	each_of(out, takers, put_zsh_option);
	fputs("\t)\nfi\n", out);
}

void generate_zsh(FILE *out)
{
	fputs("#compdef pllm\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " WRITTEN_BY "\n\n"
	      "local command=filter word\n"
	      "local -a specs rest\n"
	      "for word in ",
		out);
	put_commands(out, OPTION_IS_ALL, " ");
	fputs("; do\n"
	      "\t(( ${words[(I)$word]} )) && command=$word\n"
	      "done\n",
		out);
	for (unsigned takers = 0; (takers = next_takers(takers));)
		put_zsh_list(out, takers);
	fputs("rest=('2:command:(", out);
	put_commands(out, OPTION_IS_ALL, " ");
	fprintf(out, ")')\n[[ $command = %s ]] && rest=('2:command:(", command_name(COMMAND_CACHE));
	put_cache_verbs(out, " ");
	fputs(")' '3:file:_files')\n"
	      "_arguments -s -S : $specs '1:command:(" COMMAND_HELP " ",
		out);
	put_commands(out, OPTION_IS_ALL, " ");
	fputs(")' $rest\n", out);
}

/* Prints in which commands it is, or, since the filter has no name, in which it is not. */
static void put_fish_condition(FILE *out, const struct option *o)
{
	bool is_filters = o->takers & OPTION_IS_FILTERS;
	if (o->takers == OPTION_IS_ALL)
		return;
	fprintf(out, " -n '%s__fish_seen_subcommand_from ", is_filters ? "not " : "");
	put_commands(out, is_filters ? ~o->takers : o->takers, " ");
	fputc('\'', out);
}

static void put_fish_option(FILE *out, const struct option *o)
{
	fputs("complete -c pllm", out);
	put_fish_condition(out, o);
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, " -s %c", *letter);
	if (o->name)
		fprintf(out, " -l %s", o->name);
	if (o->choices) {
		fputs(o->bare ? " -f -a '" : " -x -a '", out);
		put_choices(out, o, " ");
		fputc('\'', out);
	} else if (o->traits & OPTION_IS_FILE) {
		fputs(" -r -F", out);
	} else if (option_has_value(o) && !o->bare) {
		fputs(" -x", out);
	}
	fputs(" -d '", out);
	put_escaped(out, o->help, "'\\");
	fputs("'\n", out);
}

/* Prints what comes behind `pllm cache`: what to do, then a file. */
static void put_fish_cache(FILE *out)
{
	fprintf(out, "complete -c pllm -n '__fish_seen_subcommand_from %s; and not ",
		command_name(COMMAND_CACHE));
	fputs("__fish_seen_subcommand_from ", out);
	put_cache_verbs(out, " ");
	fputs("' -a '", out);
	put_cache_verbs(out, " ");
	fputs("'\ncomplete -c pllm -n '__fish_seen_subcommand_from ", out);
	put_cache_verbs(out, " ");
	fputs("' -F\n", out);
}

void generate_fish(FILE *out)
{
	fputs("# fish completion for pllm\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " WRITTEN_BY "\n\n"
	      "complete -c pllm -f\n"
	      "complete -c pllm -n __fish_use_subcommand -a " COMMAND_HELP " -d 'all options'\n",
		out);
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		fprintf(out,
			"complete -c pllm -n __fish_use_subcommand -a %s -d '%s'\n"
			"complete -c pllm -n '__fish_seen_subcommand_from " COMMAND_HELP
			"' -a %s -d 'its options'\n",
			command_name(c), command_purpose(c), command_name(c));
	put_fish_cache(out);
	each_shown(out, put_fish_option);
}

static void put_mdoc_value(FILE *out, const struct option *o)
{
	char value[OPTION_TEXT_MAX];
	if (!option_has_value(o))
		return;
	if (o->choices) {
		fputs(o->bare ? " Ns Op = Ns Cm " : " Cm ", out);
		put_choices(out, o, " | ");
		return;
	}
	fprintf(out, o->bare ? " Ns Op = Ns Ar %s" : " Ar %s", option_value_name(o, value));
}

/* What the table knows beside the paragraph, as "Default: 64; range: ...; environment: ..." */
static void put_mdoc_facts(FILE *out, const struct option *o)
{
	char range[OPTION_TEXT_MAX], env[OPTION_TEXT_MAX];
	const char *standard = option_default(o, COMMAND_FILTER);
	bool has_range = *option_range(o, range), has_env = *option_env_name(o, env);
	if (o->traits & OPTION_IS_REPEATABLE)
		fputs("May be given several times.\n", out);
	if (standard)
		fputs("Default: ", out);
	put_escaped(out, standard ? standard : "", "-");
	if (o->embeds) {
		fputs(", of\n.Cm embed :\n", out);
		put_escaped(out, o->embeds, "-");
	}
	if (has_range)
		fprintf(out, "%s: %s", standard ? "; range" : "Range", range);
	if (has_env)
		fprintf(out, "%s:\n.Ev %s .\n",
			standard || has_range ? "; environment" : "Environment", env);
	else if (standard || has_range)
		fputs(".\n", out);
}

static void put_mdoc_option(FILE *out, const struct option *o)
{
	fputs(".It", out);
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, "%s Fl %c", letter > o->letters ? " ," : "", *letter);
	if (o->name)
		fprintf(out, "%s Fl -%s", o->letters ? " ," : "", o->name);
	put_mdoc_value(out, o);
	fprintf(out, "\n%s", o->manual);
	put_mdoc_facts(out, o);
}

void generate_mdoc(FILE *out)
{
	for (const struct option_group *const *g = option_groups; *g; g++) {
		fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", (*g)->title);
		for (size_t i = 0; i < (*g)->rows_n; i++)
			if (option_is_shown(&(*g)->rows[i]))
				put_mdoc_option(out, &(*g)->rows[i]);
		fputs(".El\n", out);
	}
}

void generate_print(FILE *out, enum cli_action action)
{
	if (action == CLI_GENERATE_BASH)
		generate_bash(out);
	else if (action == CLI_GENERATE_ZSH)
		generate_zsh(out);
	else if (action == CLI_GENERATE_FISH)
		generate_fish(out);
	else
		generate_mdoc(out);
}
