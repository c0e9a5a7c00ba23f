/* SPDX-License-Identifier: MIT */
/*
 * fish asks the condition of each option by itself, so the line is read once and what was found is
 * kept until there is another.
 */
#include "cli/generate.h"

#include "cli/generate_parts.h"

#include <string.h>

static const char read_text[] =
	"# An option, with its value if it has one, was given.\n"
	"function __pllm_given --argument-names name value\n"
	"\tset -ga __pllm_names $name\n"
	"\tif contains -- $name $__pllm_naming\n"
	"\t\tset -l step (string match -r '^[a-z0-9_]+(?==)' -- $value)\n"
	"\t\tand set -ga __pllm_steps $step\n"
	"\tend\n"
	"\tswitch $name\n"
	"\t\tcase config profile\n"
	"\t\t\tset -ga __pllm_config --$name=(string replace -r '^~/' $HOME/ -- $value)\n"
	"\t\tcase no-config\n"
	"\t\t\tset -ga __pllm_config --$name\n"
	"\tend\n"
	"end\n"
	"\n"
	"# Reads -rp or -rpVALUE: prints the name of the option that has a value, and that.\n"
	"function __pllm_split --argument-names word\n"
	"\tset -l at 1\n"
	"\tfor letter in (string split '' -- (string sub -s 2 -- $word))\n"
	"\t\tset at (math $at + 1)\n"
	"\t\tset -l i (contains -i -- $letter $__pllm_letters)\n"
	"\t\tor return\n"
	"\t\tif contains -- $__pllm_letter_names[$i] $__pllm_valued\n"
	"\t\t\tprintf '%s\\n' $__pllm_letter_names[$i] (string sub -s (math $at + 1) -- $word)\n"
	"\t\t\treturn\n"
	"\t\tend\n"
	"\t\tset -ga __pllm_names $__pllm_letter_names[$i]\n"
	"\tend\n"
	"end\n"
	"\n"
	"# Reads the words before the cursor as pllm does.\n"
	"function __pllm_read\n"
	"\tset -l line (commandline -opc)\n"
	"\ttest \"$line\" = \"$__pllm_line\"\n"
	"\tand return\n"
	"\tset -g __pllm_line \"$line\"\n"
	"\tset -g __pllm_names\n"
	"\tset -g __pllm_steps\n"
	"\tset -g __pllm_config\n"
	"\tset -g __pllm_words\n"
	"\tset -l name\n"
	"\tset -l ended\n"
	"\tfor word in $line[2..]\n"
	"\t\tif test -n \"$name\"\n"
	"\t\t\t__pllm_given $name $word\n"
	"\t\t\tset name\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tif test -n \"$ended\"; or not string match -qr '^-.' -- $word\n"
	"\t\t\tset -ga __pllm_words $word\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tswitch $word\n"
	"\t\t\tcase --\n"
	"\t\t\t\tset ended yes\n"
	"\t\t\tcase '--*=*'\n"
	"\t\t\t\t__pllm_given (string replace -r '^--([^=]*)=[\\s\\S]*' '$1' -- $word) \\\n"
	"\t\t\t\t\t(string replace -r '^[^=]*=' '' -- $word)[1]\n"
	"\t\t\tcase '--*'\n"
	"\t\t\t\tset name (string sub -s 3 -- $word)\n"
	"\t\t\t\tif not contains -- $name $__pllm_valued\n"
	"\t\t\t\t\t__pllm_given $name ''\n"
	"\t\t\t\t\tset name\n"
	"\t\t\t\tend\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\tset -l parts (__pllm_split $word)\n"
	"\t\t\t\tset name $parts[1]\n"
	"\t\t\t\tif test -n \"$parts[2]\"\n"
	"\t\t\t\t\t__pllm_given $parts[1..2]\n"
	"\t\t\t\t\tset name\n"
	"\t\t\t\tend\n"
	"\t\tend\n"
	"\tend\n"
	"\tset -g __pllm_command filter\n"
	"\tif contains -- \"$__pllm_words[1]\" $__pllm_commands\n"
	"\t\tset -g __pllm_command $__pllm_words[1]\n"
	"\tend\n"
	"end\n"
	"\n";

static const char offer_text[] =
	"# True if so many words have been said, the first of which is this one.\n"
	"function __pllm_words_are --argument-names n first\n"
	"\t__pllm_read\n"
	"\ttest (count $__pllm_words) -eq $n -a \"$__pllm_words[1]\" = \"$first\"\n"
	"end\n"
	"\n"
	"# True if one of these commands is being written, and the option is not there already.\n"
	"function __pllm_takes --argument-names commands name\n"
	"\t__pllm_read\n"
	"\tcontains -- $__pllm_command (string split , -- $commands)\n"
	"\tand not contains -- \"$name\" $__pllm_names\n"
	"end\n"
	"\n"
	"# Prints values that are not listed already: how, and the words that there are.\n"
	"function __pllm_value --argument-names how\n"
	"\t__pllm_read\n"
	"\tset -l stem ''\n"
	"\tset -l listed\n"
	"\tset -l value (commandline -ct | string replace -ra '[\\'\"\\\\\\\\]' '' |\n"
	"\t\tstring replace -r '^--[a-z0-9-]*=' '')\n"
	"\tif string match -qr '^-[^-]' -- \"$value\"\n"
	"\t\tset value (__pllm_split $value)[2]\n"
	"\tend\n"
	"\tset -l joint (string match -r '[=:]' -- $how)\n"
	"\tif test -n \"$joint\"\n"
	"\t\tset stem (string match -r \"^[a-z0-9_]*$joint\" -- $value)\n"
	"\t\tor for step in $__pllm_steps\n"
	"\t\t\techo $step$joint\n"
	"\t\tend\n"
	"\tend\n"
	"\tif string match -q '*,' -- $how\n"
	"\t\tset value (string sub -s (math (string length -- \"$stem\") + 1) -- $value)\n"
	"\t\tset listed (string split , -- $value)[1..-2]\n"
	"\t\tset stem \"$stem\"(string match -r '^.*,' -- $value; or echo)\n"
	"\tend\n"
	"\tset -l source (string match -r '^[a-z]+' -- $how)\n"
	"\tset -l found $argv[2..]\n"
	"\tswitch $source\n"
	"\t\tcase files\n"
	"\t\t\treturn\n"
	"\t\tcase steps\n"
	"\t\t\tset found $__pllm_steps\n"
	"\t\tcase apis\n"
	"\t\t\tset found $__pllm_apis\n"
	"\t\t\ttest $__pllm_command = embed\n"
	"\t\t\tand set found $__pllm_embed_apis\n"
	"\t\tcase models endpoints fallbacks profiles\n"
	"\t\t\tset found (command pllm $__pllm_config --generate $source </dev/null 2>/dev/null)\n"
	"\tend\n"
	"\tfor word in $found\n"
	"\t\tcontains -- $word $listed\n"
	"\t\tor printf '%s%s\\n' \"$stem\" $word\n"
	"\tend\n"
	"end\n"
	"\n";

/* Prints who takes it and, unless it may be given again, how it is called. */
static void put_condition(FILE *out, const struct option *o)
{
	fputs(" -n '__pllm_takes ", out);
	generate_put_takers(out, o->takers, ",");
	if (o->traits & OPTION_IS_REPEATABLE)
		fputc('\'', out);
	else if (o->name)
		fprintf(out, " %s'", o->name);
	else
		fprintf(out, " %c'", o->letters[0]);
}

static void put_value(FILE *out, const struct option *o)
{
	char how[COMPLETION_HOW_MAX];
	completion_how(o, how);
	if (strcmp(how, "none") == 0)
		return;
	bool is_file = how[0] == 'f' && how[1] == 'i', is_free = how[0] == 'f' && how[1] == 'r';
	fputs(is_file ? " -r -F" : completion_is_optional(o) ? " -f" : " -x", out);
	if ((is_file || is_free) && !strpbrk(how, "=:"))
		return;
	fprintf(out, " -a '(__pllm_value %s%s", how, how[0] == 'w' ? " " : "");
	completion_put_words(out, o, " ");
	fputs(")'", out);
}

static void put_option(FILE *out, const struct option *o)
{
	fputs("complete -c pllm", out);
	put_condition(out, o);
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, " -s %c", *letter);
	if (o->name)
		fprintf(out, " -l %s", o->name);
	put_value(out, o);
	fputs(" -d '", out);
	generate_put_escaped(out, o->help, "'\\");
	fputs("'\n", out);
}

static void put_letter(FILE *out, const struct option *o)
{
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, " %c", *letter);
}

static void put_letter_name(FILE *out, const struct option *o)
{
	for (const char *letter = o->letters; letter && *letter; letter++)
		fprintf(out, " %s", o->name ? o->name : (char[]){ o->letters[0], '\0' });
}

/* Prints what the functions want to know of the table. */
static void put_tables(FILE *out)
{
	fputs("set -g __pllm_letters", out);
	generate_each(out, put_letter);
	fputs("\nset -g __pllm_letter_names", out);
	generate_each(out, put_letter_name);
	fputs("\nset -g __pllm_valued ", out);
	generate_put_names(out, completion_takes_word, " ");
	fputs("\nset -g __pllm_naming ", out);
	generate_put_names(out, completion_names_step, " ");
	fputs("\nset -g __pllm_commands ", out);
	generate_put_commands(out, OPTION_IS_ALL, " ");
	fputs("\nset -g __pllm_apis ", out);
	completion_put_apis(out, false, " ");
	fputs("\nset -g __pllm_embed_apis ", out);
	completion_put_apis(out, true, " ");
	fputs("\n\n", out);
}

/* Prints what completes a word that is neither an option nor a value. */
static void put_words(FILE *out)
{
	fputs("complete -c pllm -f\n"
	      "complete -c pllm -n '__pllm_words_are 0' -a " COMMAND_HELP " -d 'all options'\n",
		out);
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		fprintf(out,
			"complete -c pllm -n '__pllm_words_are 0' -a %s -d '%s'\n"
			"complete -c pllm -n '__pllm_words_are 1 " COMMAND_HELP
			"' -a %s -d 'its options'\n",
			command_name(c), command_purpose(c), command_name(c));
	fprintf(out, "complete -c pllm -n '__pllm_words_are 1 %s' -a '",
		command_name(COMMAND_CACHE));
	generate_put_cache_verbs(out, " ");
	fprintf(out,
		"'\ncomplete -c pllm -n '__pllm_words_are 2 %s' -F\n"
		"complete -c pllm -n '__pllm_words_are 1 %s' -a '",
		command_name(COMMAND_CACHE), command_name(COMMAND_DOCTOR));
	generate_put_runs(out, " ");
	fputs("'\n", out);
}

void generate_fish(FILE *out)
{
	fputs("# fish completion for pllm\n"
	      "# SPDX-License-Identifier: MIT\n"
	      "# " GENERATE_WRITTEN_BY "\n\n",
		out);
	put_tables(out);
	fputs(read_text, out);
	fputs(offer_text, out);
	put_words(out);
	generate_each(out, put_option);
}
