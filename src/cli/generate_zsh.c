/* SPDX-License-Identifier: MIT */
/*
 * What of an option is written where is left to zsh's _arguments; which options there are depends
 * on the command, which the fixed part finds first.
 */
#include "cli/generate.h"

#include "cli/generate_parts.h"
#include "cli/option_text.h"

#include <string.h>

static const char functions_text[] =
	"(( $+functions[_pllm_given] )) ||\n"
	"_pllm_given() {\n"
	"\tlocal name=$1 value=$2\n"
	"\tif (( $naming[(Ie)$name] )) && [[ $value = [a-z0-9_]##=* ]]; then\n"
	"\t\tsteps+=(${value%%=*})\n"
	"\tfi\n"
	"\tcase $name in\n"
	"\t(config|profile) config+=(--$name=${value/#\\~\\//$HOME/}) ;;\n"
	"\tno-config) config+=(--$name) ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# Reads the words before the cursor as pllm does.\n"
	"(( $+functions[_pllm_read] )) ||\n"
	"_pllm_read() {\n"
	"\tlocal word name= ended=\n"
	"\tfor word in ${(Q)words[2,CURRENT-1]}; do\n"
	"\t\tif [[ -n $name ]]; then\n"
	"\t\t\t_pllm_given $name $word\n"
	"\t\t\tname=\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tif [[ -n $ended || $word != -?* ]]; then\n"
	"\t\t\t: ${command:=$word}\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tcase $word in\n"
	"\t\t(--) ended=yes ;;\n"
	"\t\t(--*=*) _pllm_given ${${word%%=*}#--} ${word#*=} ;;\n"
	"\t\t(--*)\n"
	"\t\t\tname=${word#--}\n"
	"\t\t\t(( $valued[(Ie)$name] )) && continue\n"
	"\t\t\t_pllm_given $name ''\n"
	"\t\t\tname= ;;\n"
	"\t\t(*)\n"
	"\t\t\tword=${word##-[$flags]#}\n"
	"\t\t\tname=${letters[$word[1]]-}\n"
	"\t\t\tif [[ -n $name && -n $word[2] ]]; then\n"
	"\t\t\t\t_pllm_given $name ${word[2,-1]}\n"
	"\t\t\t\tname=\n"
	"\t\t\tfi ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# Offers values that are not listed already: how, and the words that there are.\n"
	"(( $+functions[_pllm_value] )) ||\n"
	"_pllm_value() {\n"
	"\tlocal how=$1 source=${1%%[^a-z]*} joint=${1//[^=:]/}\n"
	"\tlocal -a found listed\n"
	"\tshift\n"
	"\t[[ $how = *'~'* ]] && compset -P '[a-z0-9_]#='\n"
	"\tif [[ -n $joint ]] && ! compset -P \"[a-z0-9_]#$joint\"; then\n"
	"\t\tcompadd -S $joint -a steps\n"
	"\tfi\n"
	"\tif [[ $how = *, ]]; then\n"
	"\t\t[[ $PREFIX = *,* ]] && listed=(${(s:,:)PREFIX%,*})\n"
	"\t\tcompset -P '*,'\n"
	"\tfi\n"
	"\tcase $source in\n"
	"\t(files) _files ;;\n"
	"\t(steps)\n"
	"\t\tfound=(${steps:|listed})\n"
	"\t\tcompadd -a found ;;\n"
	"\t(words) compadd -- \"$@\" ;;\n"
	"\t(apis) compadd -a apis ;;\n"
	"\t(models|endpoints|fallbacks|profiles)\n"
	"\t\tfound=(${(f)\"$(command pllm $config --generate $source </dev/null 2>/dev/null)\"})\n"
	"\t\tfound=(${found:|listed})\n"
	"\t\tcompadd -a found ;;\n"
	"\tesac\n"
	"}\n"
	"\n";

/* Prints text for a zsh spec that stands in single quotes. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputs(*text == '\'' ? "'\\'" : "", out);
		fputc(*text, out);
	}
}

/* Prints the part of a spec that says what the value is. */
static void put_value(FILE *out, const struct option *o)
{
	char value[OPTION_TEXT_MAX], how[COMPLETION_HOW_MAX];
	completion_how(o, how);
	fputs(o->bare ? "::" : ":", out);
	put_text(out, o->choices ? o->name : option_value_name(o, value));
	fputc(':', out);
	if (strncmp(how, "free", 4) == 0 && !strpbrk(how, "=:"))
		return;
	fputs(" _pllm_value ", out);
	put_text(out, how);
	fputs(how[0] == 'w' ? " " : "", out);
	completion_put_words(out, o, " ");
}

/*
 * Prints the names, each with how a value is joined to it: zsh takes it after `-j+` and `--jobs=`
 * joined or as the next word, after `--meta=-` only joined.
 */
static void put_names(FILE *out, const struct option *o, bool is_spec, const char *between)
{
	const char *before = "";
	bool has_value = is_spec && option_has_value(o);
	for (const char *letter = o->letters; letter && *letter; letter++) {
		fprintf(out, "%s-%c%s", before, *letter, has_value ? "+" : "");
		before = between;
	}
	if (o->name)
		fprintf(out, "%s--%s%s", before, o->name, !has_value ? "" : o->bare ? "=-" : "=");
}

static void put_option(FILE *out, const struct option *o)
{
	bool has_letters = o->letters && o->name;
	fputs("\t", out);
	if (o->traits & OPTION_IS_REPEATABLE) {
		fputs("'*'", out);
	} else if (has_letters) {
		fputs("'(", out);
		put_names(out, o, false, " ");
		fputs(")'", out);
	}
	fputs(has_letters ? "{" : "", out);
	put_names(out, o, true, ",");
	fputs(has_letters ? "}'[" : "'[", out);
	put_text(out, o->help);
	fputc(']', out);
	if (option_has_value(o))
		put_value(out, o);
	fputs("'\n", out);
}

/* Prints one list of options for each set of commands that take the same. */
static void put_lists(FILE *out)
{
	for (unsigned takers = 1; takers <= OPTION_IS_ALL; takers++) {
		bool is_begun = false;
		for (const struct option *o = option_next(NULL); o; o = option_next(o)) {
			if (!option_is_shown(o) || o->takers != takers)
				continue;
			if (!is_begun) {
				fputs("if [[ $command = (", out);
				generate_put_takers(out, takers, "|");
				fputs(") ]]; then\n\tspecs+=(\n", out);
			}
			is_begun = true;
			put_option(out, o);
		}
		fputs(is_begun ? "\t)\nfi\n" : "", out);
	}
}

static void put_letter(FILE *out, const struct option *o)
{
	for (const char *letter = o->letters; letter && *letter && o->name; letter++)
		if (option_has_value(o))
			fprintf(out, " %c %s", *letter, o->name);
}

/* Prints what the fixed part wants to know of the table. */
static void put_tables(FILE *out)
{
	fputs("local command flags='", out);
	completion_put_letters(out, false);
	fputs("'\n"
	      "local -a specs rest steps config apis\n"
	      "local -a naming=(",
		out);
	generate_put_names(out, completion_names_step, " ");
	fputs(")\nlocal -a valued=(", out);
	generate_put_names(out, completion_takes_word, " ");
	fputs(")\nlocal -A letters=(", out);
	generate_each(out, put_letter);
	fputs(" )\nlocal -a known=(", out);
	generate_put_commands(out, OPTION_IS_ALL, " ");
	fputs(")\n\n", out);
}

/* Prints which words may follow the command. */
static void put_rest(FILE *out)
{
	fputs("rest=()\n"
	      "case $command in\n"
	      "(" COMMAND_HELP ") rest=(\"2:command:($known)\") ;;\n",
		out);
	fprintf(out, "(%s) rest=('2:command:(", command_name(COMMAND_CACHE));
	generate_put_cache_verbs(out, " ");
	fprintf(out, ")' '3:file:_files') ;;\n(%s) rest=('2:command:(",
		command_name(COMMAND_DOCTOR));
	generate_put_runs(out, " ");
	fputs(")') ;;\nesac\n", out);
}

void generate_zsh(FILE *out)
{
	fputs("#compdef pllm\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " GENERATE_WRITTEN_BY "\n\n",
		out);
	fputs(functions_text, out);
	put_tables(out);
	fputs("_pllm_read\n", out);
	put_rest(out);
	fputs("(( $known[(Ie)$command] )) || command=filter\napis=(", out);
	completion_put_apis(out, false, " ");
	fprintf(out, ")\n[[ $command = %s ]] && apis=(", command_name(COMMAND_EMBED));
	completion_put_apis(out, true, " ");
	fputs(")\n", out);
	put_lists(out);
	fputs("_arguments -s -S : $specs '1:command:(" COMMAND_HELP " ", out);
	generate_put_commands(out, OPTION_IS_ALL, " ");
	fputs(")' $rest\n", out);
}
