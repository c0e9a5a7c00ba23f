/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include "cli/commands.h"
#include "cli/generate.h"
#include "cli/option_text.h"

#include <string.h>

enum { COLUMNS = 80, HELP_COLUMN = 33 };

/* Prints text in words, from the column that the cursor is in, wrapped at HELP_COLUMN. */
static void put_wrapped(FILE *out, int column, const char *text)
{
	while (*text) {
		int word_n = (int)strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + word_n > COLUMNS) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += fprintf(out, "%s%.*s", column > HELP_COLUMN ? " " : "", word_n, text);
		text += word_n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* Prints "  -j, --jobs N" and gives the number of columns used. */
static int put_names(FILE *out, const struct option *o, enum command command)
{
	char name[OPTION_TEXT_MAX];
	const char *value = option_value_for(o, command, name);
	int column = o->letters ? fprintf(out, "  -%c", o->letters[0]) : fprintf(out, "    ");
	if (o->name)
		column += fprintf(out, "%s--%s", o->letters ? ", " : "  ", o->name);
	if (option_has_value(o))
		column += fprintf(out, o->bare ? "[=%s]" : " %s", value);
	return column;
}

static void put_option(FILE *out, const struct option *o, enum command command)
{
	char text[200];
	const char *standard = option_default(o, command);
	bool is_repeatable =
		o->traits & OPTION_IS_REPEATABLE && !option_is_for_one_step(o, command);
	int column = put_names(out, o, command);
	if (column > HELP_COLUMN - 2)
		column = fprintf(out, "\n") - 1;
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	snprintf(text, sizeof text, "%s%s%s%s%s", o->help, standard ? " (default " : "",
		standard ? standard : "", standard ? ")" : "",
		is_repeatable ? " (repeatable)" : "");
	put_wrapped(out, HELP_COLUMN, text);
}

/* What help says before the options. */
struct page {
	const char *examples; /* of the short help, with the usage */
	const char *usage;
};

static const struct page pages[COMMANDS_N] = {
	[COMMAND_FILTER] = {
		"Usage: pllm [OPTION]... <records.jsonl >answers.jsonl\n"
		"Ask a language model about each record, and write the record with the answer.\n"
		"\n"
		"  pllm -m gpt-4o-mini -p 'Summarise: {{text}}' <in.jsonl >out.jsonl\n"
		"  pllm --endpoint http://127.0.0.1:8000/v1 -m NAME --prompt-file FILE <in.jsonl\n"
		"  ls | pllm -Rr -m NAME -p 'Guess what is in the file {{.}}'\n"
		"  pllm -m NAME -p 'Summarise: {{text}}' --retry-errors <out.jsonl >all.jsonl\n",
		"Usage: pllm [OPTION]...\n"
		"       pllm reduce [OPTION]...   many records to one; see pllm help reduce\n"
		"       pllm embed [OPTION]...    records to vectors; see pllm help embed\n"
		"       pllm chunk [OPTION]...    documents to pieces; see pllm help chunk\n"
		"       pllm cache COMMAND FILE   look after a cache; see pllm help cache\n"
		"       pllm doctor [OPTION]...   whether a run would work; see pllm help doctor\n"
		"Ask a language model about each record on stdin, many at a time, and write each\n"
		"record with its answer to stdout, in the same order.\n",
	},
	[COMMAND_REDUCE] = {
		"Usage: pllm reduce [OPTION]... <records.jsonl >groups.jsonl\n"
		"Let a language model make one record of many, for all of them or by groups.\n"
		"\n"
		"  pllm reduce -m NAME --item '- {{text}}' -p 'Merge these:\\n{{items}}' <in.jsonl\n"
		"  pllm reduce --by .lang -m NAME --prompt-file FILE <in.jsonl >merged.jsonl\n",
		"Usage: pllm reduce [OPTION]...\n"
		"Let a language model combine the records on stdin, a few at a time, and what\n"
		"comes of them again, until one is left of each group; write these to stdout.\n",
	},
	[COMMAND_EMBED] = {
		"Usage: pllm embed [OPTION]... <records.jsonl >vectors.jsonl\n"
		"Ask an embedding model for the vector of each record's text.\n"
		"\n"
		"  pllm embed -m text-embedding-3-small <in.jsonl >out.jsonl\n"
		"  pllm embed -m voyage/voyage-3.5 -p '{{title}}: {{text}}' <in.jsonl >out.jsonl\n"
		"  pllm embed -m NAME --format npy -o v.npy --ids ids.jsonl <in.jsonl\n",
		"Usage: pllm embed [OPTION]...\n"
		"Ask an embedding model for the vector of each record on stdin: of its field\n"
		"\"text\", or of what the prompt makes of it; many in one request. Write each\n"
		"record with its vector to stdout, in the same order, or vectors to a matrix.\n",
	},
	[COMMAND_CHUNK] = {
		"Usage: pllm chunk [OPTION]... <documents.jsonl >chunks.jsonl\n"
		"Cut the text of each record into pieces, and write a record for each of them.\n"
		"\n"
		"  pllm chunk --size 256 --overlap 32 <documents.jsonl >chunks.jsonl\n"
		"  pllm chunk --field body --at paragraph <documents.jsonl | pllm embed -m NAME\n",
		"Usage: pllm chunk [OPTION]...\n"
		"Cut the text of each record on stdin into pieces of a few hundred tokens; write\n"
		"a record for each of them to stdout. Nothing is sent anywhere.\n",
	},
	[COMMAND_CACHE] = {
		"Usage: pllm cache stats|ls|rm|export|verify [FILE] [OPTION]...\n"
		"Look after a file that --cache keeps answers in.\n"
		"\n"
		"  pllm cache stats c.db                     what is in it, model by model\n"
		"  pllm cache ls c.db --failed               what was refused, and why\n"
		"  pllm cache rm c.db --older-than 30d       so that it is asked again\n"
		"  pllm cache export c.db -o answers.jsonl   all of it, as JSON Lines\n"
		"  pllm cache verify c.db                    whether it is sound\n",
		"Usage: pllm cache stats|ls|rm|export|verify [FILE] [OPTION]...\n"
		"Look after the file that --cache keeps answers in: stats says what is in it, ls\n"
		"lists its entries, rm takes entries out, export writes them as JSON Lines, and\n"
		"verify looks for damage. rm wants to be told which: --failed, --model or\n"
		"--older-than; to be rid of all of them, delete FILE.\n",
	},
	[COMMAND_DOCTOR] = {
		"Usage: pllm doctor [reduce|embed] [OPTION]...\n"
		"Look whether a run with these options would work, and say what to mend.\n"
		"\n"
		"  pllm doctor                      configuration, keys, the usual endpoint\n"
		"  pllm doctor -m gpt-4o-mini       and whether it has that model\n"
		"  pllm doctor -m NAME -j 500 -p 'Summarise: {{text}}' --cache c.db\n"
		"                                   any run's options: they are checked too\n"
		"  pllm doctor embed -m NAME        a run of pllm embed\n"
		"  pllm doctor -m NAME --live       one tiny request, which is paid for\n",
		"Usage: pllm doctor [reduce|embed] [OPTION]...\n"
		"Look at the configuration, keys and files, and at each endpoint's name,\n"
		"connection, certificate, clock, key, models and limits; write to stdout what was\n"
		"found and what to mend. Nothing is changed, and nothing is paid for without\n"
		"--live. The options of a run are taken as well, and checked: those that stand\n"
		"here are those that are about endpoints.\n",
	},
};

void cli_print_short_help(FILE *out, enum command command)
{
	fprintf(out, "%s\n", pages[command].examples);
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (o->traits & OPTION_IS_COMMON && option_is_for(o, command))
			put_option(out, o, command);
	bool is_filter = command == COMMAND_FILTER;
	fprintf(out, "\npllm %s%s--help lists all options; man pllm%s%s explains them.\n",
		command_name(command), is_filter ? "" : " ", is_filter ? "" : "-",
		command_name(command));
}

static void put_group(FILE *out, const struct option_group *g, enum command command)
{
	bool is_begun = false;
	for (size_t i = 0; i < g->rows_n; i++) {
		if (!option_is_shown(&g->rows[i]) || !option_is_for(&g->rows[i], command))
			continue;
		if (!is_begun)
			fprintf(out, "\n%s:\n", g->title);
		is_begun = true;
		put_option(out, &g->rows[i], command);
	}
}

void cli_print_long_help(FILE *out, enum command command)
{
	bool is_filter = command == COMMAND_FILTER;
	fputs(pages[command].usage, out);
	for (const struct option_group *const *g = option_groups; *g; g++)
		put_group(out, *g, command);
	fprintf(out,
		"\nA DUR is written 500ms, 30s, 5m or 1h30m; a SIZE 64k or 16M.\n"
		"Examples: pllm %s%s-h. In full, with exit statuses: man pllm%s%s.\n",
		command_name(command), is_filter ? "" : " ", is_filter ? "" : "-",
		command_name(command));
}

void cli_print_version(FILE *out, const char *libraries)
{
	fprintf(out, "pllm %s\n%s\n", PACKAGE_VERSION, libraries);
}

void cli_print(
	FILE *out, enum cli_action action, const struct config *config, const char *libraries)
{
	if (action == CLI_HELP_SHORT)
		cli_print_short_help(out, config->command);
	else if (action == CLI_HELP_LONG)
		cli_print_long_help(out, config->command);
	else if (action == CLI_VERSION)
		cli_print_version(out, libraries);
	else
		generate_print(out, action, config);
}
