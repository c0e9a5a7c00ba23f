/* SPDX-License-Identifier: MIT */
/*
 * bash cuts words at the signs in COMP_WORDBREAKS as well, = and : among them, and replaces only
 * what stands behind the last of them. So the line is put together again first, and what readline
 * will leave in place is taken off each offer in the end. `compgen -W` is not used for what comes
 * from elsewhere, because it expands its words.
 */
#include "cli/generate.h"

#include "cli/generate_parts.h"

static const char words_text[] =
	"# What was typed, without its quotes.\n"
	"_pllm_plain() {\n"
	"\tlocal text=$1\n"
	"\tcase $text in\n"
	"\t*[\\'\\\"]*) text=${text//[\\'\\\"]/} ;;\n"
	"\t*\\\\*) text=${text//\\\\/} ;;\n"
	"\tesac\n"
	"\tplain=$text\n"
	"}\n"
	"\n"
	"# Puts the words up to the cursor together again, without quotes: line. What of the last one\n"
	"# stands before the part that readline will replace, which is given: kept.\n"
	"_pllm_words() {\n"
	"\tlocal rest=${COMP_LINE:0:COMP_POINT} word gap i plain\n"
	"\tline=()\n"
	"\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]} gap=${rest%%[![:space:]]*}\n"
	"\t\trest=${rest#\"$gap\"}\n"
	"\t\t[ \"$i\" -lt \"$COMP_CWORD\" ] || word=$rest\n"
	"\t\trest=${rest#\"$word\"}\n"
	"\t\t_pllm_plain \"$word\"\n"
	"\t\tif [ \"$i\" -eq 0 ] || [ -n \"$gap\" ]; then\n"
	"\t\t\tline+=(\"$plain\")\n"
	"\t\telse\n"
	"\t\t\tline[${#line[@]} - 1]+=$plain\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t_pllm_plain \"$1\"\n"
	"\t[[ $plain != +([=:]) ]] || plain=\n"
	"\tkept=${line[${#line[@]} - 1]%\"$plain\"}\n"
	"}\n"
	"\n";

static const char read_text[] =
	"# An option, with its value if it has one, was given.\n"
	"_pllm_given() {\n"
	"\tlocal how=${_pllm_rows[$1]:-} value=$2\n"
	"\tgiven+=\"$1 \"\n"
	"\tif [[ $how == *'~'* && $value =~ ^([a-z0-9_]+)= ]]; then\n"
	"\t\tsteps+=(\"${BASH_REMATCH[1]}\")\n"
	"\tfi\n"
	"\tcase $1 in\n"
	"\t--config | --profile) config+=(\"$1=${value/#'~/'/$HOME/}\") ;;\n"
	"\t--no-config) config+=(\"$1\") ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# Reads -rp or -rpVALUE: stem is what stands before the value of the option that ends it.\n"
	"_pllm_letters() {\n"
	"\tlocal rest=${1#-}\n"
	"\tstem=- name='' value=''\n"
	"\twhile [ -n \"$rest\" ]; do\n"
	"\t\tname=${_pllm_letter[${rest:0:1}]:-} stem+=${rest:0:1} rest=${rest:1}\n"
	"\t\t[ -n \"$name\" ] || return\n"
	"\t\tcase ${_pllm_rows[$name]} in\n"
	"\t\t*\" none\") given+=\"$name \" ;;\n"
	"\t\t*) value=$rest && return ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tname=\n"
	"}\n"
	"\n"
	"# Reads a word that is options, or --, behind which there are none.\n"
	"_pllm_dashed() {\n"
	"\tlocal how value stem\n"
	"\tcase $1 in\n"
	"\t--) ended=yes ;;\n"
	"\t--*=*) _pllm_given \"${1%%=*}\" \"${1#*=}\" ;;\n"
	"\t--*)\n"
	"\t\thow=${_pllm_rows[$1]:-none}\n"
	"\t\tcase $how in\n"
	"\t\t*none | *'?'*) _pllm_given \"$1\" '' ;;\n"
	"\t\t*) name=$1 ;;\n"
	"\t\tesac ;;\n"
	"\t*)\n"
	"\t\t_pllm_letters \"$1\"\n"
	"\t\tif [ -n \"$name\" ] && [ -n \"$value\" ]; then\n"
	"\t\t\t_pllm_given \"$name\" \"$value\"\n"
	"\t\t\tname=\n"
	"\t\tfi ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# Reads the words before the cursor as pllm does. Leaves in name the option whose value comes\n"
	"# next, if one does.\n"
	"_pllm_read() {\n"
	"\tlocal word i\n"
	"\tname=\n"
	"\tfor ((i = 1; i < ${#line[@]} - 1; i++)); do\n"
	"\t\tword=${line[i]}\n"
	"\t\tif [ -n \"$name\" ]; then\n"
	"\t\t\t_pllm_given \"$name\" \"$word\"\n"
	"\t\t\tname=\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tcase $word in\n"
	"\t\t*[\\<\\>]) name='<' ;;\n"
	"\t\t[\\<\\>\\&]* | [0-9]\\>*) ;;\n"
	"\t\t*)\n"
	"\t\t\tif [ -z \"$ended\" ] && [[ $word == -?* ]]; then\n"
	"\t\t\t\t_pllm_dashed \"$word\"\n"
	"\t\t\telse\n"
	"\t\t\t\twords+=(\"$word\")\n"
	"\t\t\tfi ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n";

static const char offer_text[] =
	"# Offers each of the words behind the first that goes on where the word at the cursor ends and\n"
	"# is not listed there already; the first is what of that one stands before them.\n"
	"_pllm_offer() {\n"
	"\tlocal stem=$1 word\n"
	"\tshift\n"
	"\tfor word; do\n"
	"\t\t[[ $listed != *,\"$word\",* ]] || continue\n"
	"\t\tword=$stem$word\n"
	"\t\t[[ $word != \"$cur\"* ]] || COMPREPLY+=(\"${word#\"$kept\"}\")\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_pllm_files() {\n"
	"\tlocal -a files\n"
	"\tmapfile -t files < <(compgen -f -- \"$2\")\n"
	"\tcompopt -o filenames\n"
	"\t_pllm_offer \"$1\" \"${files[@]}\"\n"
	"}\n"
	"\n"
	"# What the configuration file has names for. pllm reads nothing else for it.\n"
	"_pllm_ask() {\n"
	"\tlocal -a found\n"
	"\tmapfile -t found < <(command pllm \"${config[@]}\" --generate \"$2\" </dev/null 2>/dev/null)\n"
	"\t_pllm_offer \"$1\" \"${found[@]}\"\n"
	"}\n"
	"\n"
	"# Offers values: the option, what of the word stands before its value, and that.\n"
	"_pllm_value() {\n"
	"\tlocal how=${_pllm_rows[$1]:-files} stem=$2 value=$3 joint\n"
	"\tlocal -a found\n"
	"\thow=${how##* }\n"
	"\tjoint=${how//[!=:~]/}\n"
	"\tif [ -n \"$joint\" ]; then\n"
	"\t\tif [[ $value =~ ^[a-z0-9_]*[${joint/'~'/=}] ]]; then\n"
	"\t\t\tstem+=${BASH_REMATCH[0]} value=${value:${#BASH_REMATCH[0]}}\n"
	"\t\telif [ \"$joint\" != '~' ]; then\n"
	"\t\t\t_pllm_offer \"$stem\" \"${steps[@]/%/$joint}\"\n"
	"\t\t\t[ \"${#COMPREPLY[@]}\" -eq 0 ] || compopt -o nospace\n"
	"\t\tfi\n"
	"\tfi\n"
	"\tif [[ $how == *, && $value == *,* ]]; then\n"
	"\t\tlisted=,${value%,*},\n"
	"\t\tstem+=${value%,*}, value=${value##*,}\n"
	"\tfi\n"
	"\thow=${how#'?'}\n"
	"\tcase ${how%%[!a-z]*} in\n"
	"\tfiles) _pllm_files \"$stem\" \"$value\" ;;\n"
	"\tsteps) _pllm_offer \"$stem\" \"${steps[@]}\" ;;\n"
	"\twords | apis)\n"
	"\t\tread -ra found <<<\"${_pllm_values[$1]:-${_pllm_apis[$command]:-${_pllm_apis[filter]}}}\"\n"
	"\t\t_pllm_offer \"$stem\" \"${found[@]}\" ;;\n"
	"\tmodels | endpoints | fallbacks | profiles) _pllm_ask \"$stem\" \"${how%%[!a-z]*}\" ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# Offers the command's options that can be given now.\n"
	"_pllm_options() {\n"
	"\tlocal option row\n"
	"\tfor option in \"${!_pllm_rows[@]}\"; do\n"
	"\t\trow=${_pllm_rows[$option]}\n"
	"\t\tcase ,${row%% *},:$row:$given in\n"
	"\t\t*,\"$command\",*:*' many '*:*) ;;\n"
	"\t\t*\" $option \"*) continue ;;\n"
	"\t\t*,\"$command\",*:*:*) ;;\n"
	"\t\t*) continue ;;\n"
	"\t\tesac\n"
	"\t\t_pllm_offer '' \"$option\"\n"
	"\tdone\n"
	"}\n"
	"\n";

/* The words are what read_text leaves of them; before it come lists of commands. */
static const char main_text[] =
	"_pllm() {\n"
	"\tlocal IFS=$' \\t\\n' kept cur name command=filter given=' ' ended='' listed='' stem value\n"
	"\tlocal -a line words=() steps=() config=()\n"
	"\tCOMPREPLY=()\n"
	"\t_pllm_words \"$2\"\n"
	"\tcur=${line[${#line[@]} - 1]}\n"
	"\t_pllm_read\n"
	"\t[[ \" $_pllm_commands \" != *\" ${words[0]:-help} \"* ]] || command=${words[0]}\n"
	"\tif [ -n \"$name\" ]; then\n"
	"\t\t_pllm_value \"$name\" '' \"$cur\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tif [ -n \"$ended\" ] && [[ $cur != [\\<\\>]* ]]; then\n"
	"\t\t_pllm_word\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $cur in\n"
	"\t[\\<\\>]*) _pllm_files \"${cur:0:1}\" \"${cur:1}\" ;;\n"
	"\t--*=*)\n"
	"\t\tname=${cur%%=*}\n"
	"\t\t[ -z \"${_pllm_rows[$name]:-}\" ] || _pllm_value \"$name\" \"$name=\" \"${cur#*=}\" ;;\n"
	"\t- | --*) _pllm_options ;;\n"
	"\t-*)\n"
	"\t\t_pllm_letters \"$cur\"\n"
	"\t\t[ -z \"$name\" ] || _pllm_value \"$name\" \"$stem\" \"$value\" ;;\n"
	"\t*) _pllm_word ;;\n"
	"\tesac\n"
	"}\n"
	"complete -F _pllm pllm\n";

/* Prints "[--jobs]='filter,reduce,embed once free'". */
static void put_row(FILE *out, const struct option *o)
{
	char how[COMPLETION_HOW_MAX];
	if (o->name)
		fprintf(out, "\t[--%s]='", o->name);
	else
		fprintf(out, "\t[-%c]='", o->letters[0]);
	generate_put_takers(out, o->takers, ",");
	fprintf(out, " %s %s%s'\n", o->traits & OPTION_IS_REPEATABLE ? "many" : "once",
		completion_is_optional(o) ? "?" : "", completion_how(o, how));
}

static void put_letters(FILE *out, const struct option *o)
{
	for (const char *letter = o->letters; letter && *letter; letter++)
		if (o->name)
			fprintf(out, "\t[%c]=--%s\n", *letter, o->name);
		else
			fprintf(out, "\t[%c]=-%c\n", *letter, o->letters[0]);
}

static void put_values(FILE *out, const struct option *o)
{
	char how[COMPLETION_HOW_MAX];
	if (completion_how(o, how)[0] != 'w')
		return;
	fprintf(out, "\t[--%s]='", o->name);
	completion_put_words(out, o, " ");
	fputs("'\n", out);
}

static void put_tables(FILE *out)
{
	fputs("# Who takes the option, how often, and how its value is completed.\n"
	      "declare -gA _pllm_rows=(\n",
		out);
	generate_each(out, put_row);
	fputs(")\ndeclare -gA _pllm_letter=(\n", out);
	generate_each(out, put_letters);
	fputs(")\ndeclare -gA _pllm_values=(\n", out);
	generate_each(out, put_values);
	fputs(")\ndeclare -gA _pllm_apis=(\n\t[filter]='", out);
	completion_put_apis(out, false, " ");
	fprintf(out, "'\n\t[%s]='", command_name(COMMAND_EMBED));
	completion_put_apis(out, true, " ");
	fputs("'\n)\n_pllm_commands='", out);
	generate_put_commands(out, OPTION_IS_ALL, " ");
	fputs("'\n\n", out);
}

/* Prints what completes a word that is neither an option nor a value. */
static void put_word_function(FILE *out)
{
	fputs("_pllm_word() {\n"
	      "\tlocal -a found\n"
	      "\tcase \"${#words[@]} ${words[0]:-}\" in\n"
	      "\t'0 ')\n"
	      "\t\tread -ra found <<<\"$_pllm_commands\"\n"
	      "\t\t_pllm_offer '' " COMMAND_HELP " \"${found[@]}\" ;;\n"
	      "\t'1 " COMMAND_HELP "')\n"
	      "\t\tread -ra found <<<\"$_pllm_commands\"\n"
	      "\t\t_pllm_offer '' \"${found[@]}\" ;;\n",
		out);
	fprintf(out, "\t'1 %s') _pllm_offer '' ", command_name(COMMAND_CACHE));
	generate_put_cache_verbs(out, " ");
	fprintf(out,
		" ;;\n"
		"\t'2 %s') _pllm_files '' \"$cur\" ;;\n"
		"\t'1 %s') _pllm_offer '' ",
		command_name(COMMAND_CACHE), command_name(COMMAND_DOCTOR));
	generate_put_runs(out, " ");
	fputs(" ;;\n\tesac\n}\n\n", out);
}

void generate_bash(FILE *out)
{
	fputs("# bash completion for pllm                               -*- shell-script -*-\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " GENERATE_WRITTEN_BY "\n\n",
		out);
	put_tables(out);
	fputs(words_text, out);
	fputs(read_text, out);
	fputs(offer_text, out);
	put_word_function(out);
	fputs(main_text, out);
}
