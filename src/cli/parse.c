/* SPDX-License-Identifier: MIT */
/*
 * An own parser rather than getopt_long: that one takes any unique prefix for an option, so that
 * each new option may break a script, and it cannot say which option was meant.
 */
#include "cli/parse.h"

#include "base/xalloc.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/layers.h"
#include "cli/names.h"
#include "cli/option_text.h"
#include "cli/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages quote this much of an argument. */
enum { SHOWN_MAX = 60 };

/* What says the same as the word behind `pllm cache COMMAND`. */
#define CACHE_OPTION "cache"

struct parser {
	char **argv;
	int argc;
	int at;           /* index of the next argument */
	int text_at;      /* index of the last one that is free text; 0 = there is none */
	bool wants_help;  /* `help` was said */
	enum command run; /* of pllm doctor: whose run it is to look at */
	bool has_verb;    /* of pllm cache: which is ... */
	enum cache_verb verb;
	size_t caches_n; /* how often it was said which file */
	enum cli_action action;
	struct layers *layers;
	struct strings said; /* owned: see app/config.h */
	struct err *err;
};

/* How much of an argument a message shows: of its first line, whole UTF-8 letters. */
static int shown_n(const char *arg)
{
	size_t n = strcspn(arg, "\r\n");
	if (n > SHOWN_MAX)
		for (n = SHOWN_MAX; n > 0 && ((unsigned char)arg[n] & 0xc0) == 0x80; n--)
			;
	return (int)n;
}

static bool say(struct parser *p, const struct option *o, const struct given *given)
{
	char *place = xmemdup(given->label, strlen(given->label) - 1);
	const struct source source = { ORIGIN_COMMAND_LINE, place };
	bool ok = layers_say(p->layers, o, &source, given, p->err);
	free(place);
	p->caches_n += o->name && strcmp(o->name, CACHE_OPTION) == 0;
	return ok;
}

/* True if it says where records come from, where they go, or which of them are asked about. */
static bool is_about_files(const struct option *o)
{
	static const char *const names[] = { "input", "input-format", "raw-input", "output",
		"retry-errors", "total", "trace" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(o->name, names[i]) == 0)
			return true;
	return false;
}

/* Notes the option as it could have been written, for who wants to run all of this again. */
static void note(struct parser *p, const struct option *o, const struct given *given)
{
	int n = (int)strlen(given->label) - 1;
	if (!o->name || is_about_files(o))
		return;
	/* A value that may be missing is not a word of its own. */
	char *word = xasprintf("%.*s%s%s", n, given->label, o->bare && given->value ? "=" : "",
		o->bare && given->value ? given->value : "");
	strings_add(&p->said, word);
	free(word);
	if (given->value && !o->bare)
		strings_add(&p->said, given->value);
}

/* Does what the option says. Actions end the parsing, in success. */
static bool apply(struct parser *p, const struct option *o, const struct given *given)
{
	int action = (int)o->action;
	if (o->kind != OPTION_ACTION) {
		note(p, o, given);
		return say(p, o, given);
	}
	if (o->choices && !setting_choose(o, given, &action, p->err))
		return false;
	p->action = (enum cli_action)action;
	return true;
}

/* True for just an option's name or letter. */
static bool is_option(const char *arg)
{
	if (strncmp(arg, "--", 2) == 0)
		return option_find((struct span){ arg + 2, strcspn(arg + 2, "=") }) != NULL;
	return arg[0] == '-' && arg[1] && !arg[2] && option_find_letter(arg[1]) != NULL;
}

/* Takes the next argument as the option's value. */
static bool take_value(struct parser *p, const struct option *o, struct given *given)
{
	char name[OPTION_TEXT_MAX];
	if (p->at < p->argc && is_option(p->argv[p->at]))
		return err_set(p->err, ERR_USAGE,
			"%.*s has no value: %.*s, which follows, is an option" LOG_HELP
			"give it %s",
			(int)strlen(given->label) - 1, given->label, shown_n(p->argv[p->at]),
			p->argv[p->at], option_value_name(o, name));
	if (p->at < p->argc) {
		p->text_at = o->traits & OPTION_IS_TEXT ? p->at : p->text_at;
		given->value = p->argv[p->at++];
		return true;
	}
	return err_set(p->err, ERR_USAGE, "%.*s needs a value" LOG_HELP "%s",
		(int)strlen(given->label) - 1, given->label, option_value_name(o, name));
}

static bool unknown_long(struct parser *p, struct span name)
{
	const struct option *nearest = option_nearest(name);
	const char *foreign = option_foreign(name);
	int n = shown_n(name.at);
	n = name.n < (size_t)n ? (int)name.n : n;
	if (setting_names_secret(name))
		return err_set(p->err, ERR_KEY,
			"unknown option --%.*s" LOG_HELP
			"others can see a command line, so a key comes by "
			"the API's variable, --key-file, --key-fd or --key-cmd",
			n, name.at);
	if (setting_looks_secret(name.at))
		return setting_refuse_secret(p->err);
	if (foreign)
		return err_set(p->err, ERR_USAGE, "unknown option --%.*s" LOG_HELP "%s", n, name.at,
			foreign);
	if (nearest)
		return err_set(p->err, ERR_USAGE,
			"unknown option --%.*s" LOG_HELP "the nearest is --%s", n, name.at,
			nearest->name);
	return err_set(p->err, ERR_USAGE, "unknown option --%.*s" LOG_HELP "pllm --help lists all",
		n, name.at);
}

/* `arg` begins with two dashes. */
static bool take_long(struct parser *p, const char *arg)
{
	const char *equals = strchr(arg, '=');
	struct span name = { .at = arg + 2,
		.n = equals ? (size_t)(equals - arg - 2) : strlen(arg + 2) };
	const struct option *o = option_find(name);
	if (!o)
		return unknown_long(p, name);
	char label[OPTION_TEXT_MAX];
	snprintf(label, sizeof label, "--%s ", o->name);
	struct given given = { label, equals ? equals + 1 : NULL };
	if (equals && !option_has_value(o))
		return err_set(p->err, ERR_USAGE, "--%s takes no value", o->name);
	if (!equals && option_has_value(o) && !o->bare && !take_value(p, o, &given))
		return false;
	return apply(p, o, &given);
}

/* `-prompt` would be -p with the value "rompt": paid for, and not what was meant. */
static const struct option *long_with_one_dash(const char *arg)
{
	struct span name = { .at = arg + 1, .n = strcspn(arg + 1, "=") };
	return name.n > 2 ? option_find(name) : NULL;
}

static bool take_letter_value(
	struct parser *p, const struct option *o, const char *rest, struct given *given)
{
	if (!*rest)
		return take_value(p, o, given);
	if (*rest == '=' && !(o->traits & OPTION_IS_TEXT))
		return err_set(p->err, ERR_USAGE,
			"%.2s takes its value without \"=\"" LOG_HELP "%s%.*s", given->label,
			given->label, shown_n(rest + 1), rest + 1);
	given->value = rest;
	return true;
}

static bool unknown_letter(struct parser *p, const char *letter, const char *arg)
{
	bool is_bundled = arg[2] && (unsigned char)*letter < 0x80;
	const char *foreign = option_foreign((struct span){ letter, 1 });
	if (foreign && letter == arg + 1)
		return err_set(
			p->err, ERR_USAGE, "unknown option -%c" LOG_HELP "%s", *letter, foreign);
	if (is_bundled)
		return err_set(p->err, ERR_USAGE,
			"unknown option -%c in %.*s" LOG_HELP "pllm --help lists all", *letter,
			shown_n(arg), arg);
	return err_set(p->err, ERR_USAGE, "unknown option %.*s" LOG_HELP "pllm --help lists all",
		shown_n(arg), arg);
}

/* `arg` is one dash and letters, the last of which may be followed by its value. */
static bool take_letters(struct parser *p, const char *arg)
{
	const struct option *meant = long_with_one_dash(arg);
	if (meant)
		return err_set(p->err, ERR_USAGE, "long options have two dashes" LOG_HELP "--%s",
			meant->name);
	if (!strchr(arg, ' ') && setting_looks_secret(arg + 1))
		return setting_refuse_secret(p->err);
	for (const char *letter = arg + 1; *letter && p->action == CLI_RUN; letter++) {
		const struct option *o = option_find_letter(*letter);
		char label[] = { '-', *letter, ' ', '\0' };
		struct given given = { label, NULL };
		if (!o)
			return unknown_letter(p, letter, arg);
		bool ends = option_has_value(o);
		if (ends && !take_letter_value(p, o, letter + 1, &given))
			return false;
		if (!apply(p, o, &given))
			return false;
		if (ends)
			return true;
	}
	return true;
}

/* Behind a command, nothing can be meant by a word. */
static bool refuse_word(struct parser *p, const char *word)
{
	bool has_prompt = p->layers->command != COMMAND_CHUNK;
	return err_set(p->err, ERR_USAGE,
		"\"%.*s\" is one word too many" LOG_HELP "%san input file %swith -i", shown_n(word),
		word, has_prompt ? "a prompt is given with -p, " : "",
		has_prompt ? "" : "is given ");
}

/* Some editors make them of two dashes: U+2013, U+2014 and the minus U+2212. */
static bool begins_with_long_dash(const char *word)
{
	static const char *const dashes[] = { "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x88\x92" };
	for (size_t i = 0; i < sizeof dashes / sizeof *dashes; i++)
		if (strncmp(word, dashes[i], strlen(dashes[i])) == 0)
			return true;
	return false;
}

/* True if the word follows a text that has no space in it, and is no file's name. */
static bool goes_on(const struct parser *p, const char *word)
{
	const char *dot = strrchr(word, '.');
	bool is_file = !strstr(word, "{{") && (strchr(word, '/') || (dot && dot[1]));
	return !is_file && p->text_at > 0 && p->text_at == p->at - 2 &&
		!strpbrk(p->argv[p->text_at], " \t\n");
}

/* What shells, editors and habits make of a command line. True if it is none of these. */
static bool check_habits(struct parser *p, const char *word)
{
	if (begins_with_long_dash(word))
		return err_set(p->err, ERR_USAGE,
			"\"%.*s\" begins with a long dash" LOG_HELP
			"options begin with - or --, as they are typed",
			shown_n(word), word);
	if (p->wants_help)
		return err_set(p->err, ERR_USAGE,
			"pllm help: unknown command \"%.*s\"" LOG_HELP
			"the commands are reduce, embed, chunk, cache and doctor",
			shown_n(word), word);
	/* There may be a password in it. */
	if (strstr(word, "://"))
		return err_set(p->err, ERR_USAGE,
			"a URL is one word too many" LOG_HELP "--endpoint URL says where to ask");
	return !goes_on(p, word) ||
		err_set(p->err, ERR_USAGE,
			"\"%.*s\" is one word too many" LOG_HELP
			"quotes make one text of several words, as in -p 'Say {{text}}'; an input "
			"file is given with -i",
			shown_n(word), word);
}

/* Nothing is called so. */
static bool unknown_word(struct parser *p, const char *word)
{
	const struct option *nearest = option_nearest(span_of(word));
	const char *command = command_nearest(word);
	if (setting_looks_secret(word))
		return setting_refuse_secret(p->err);
	if (!check_habits(p, word))
		return false;
	if (p->layers->command != COMMAND_FILTER)
		return refuse_word(p, word);
	if (strchr(word, ' ') || strstr(word, "{{"))
		return err_set(p->err, ERR_USAGE,
			"\"%.*s\" is not a command" LOG_HELP "a prompt is given with -p",
			shown_n(word), word);
	if (command)
		return err_set(p->err, ERR_USAGE,
			"unknown command \"%s\"" LOG_HELP "the nearest is %s", word, command);
	if (nearest)
		return err_set(p->err, ERR_USAGE,
			"unknown command \"%s\"" LOG_HELP "the nearest option is --%s", word,
			nearest->name);
	return err_set(p->err, ERR_USAGE,
		"\"%.*s\" is not a command" LOG_HELP
		"a prompt is given with -p, an input file with -i",
		shown_n(word), word);
}

/* What can be done with a cache. */
static bool refuse_cache_verb(struct parser *p, const char *word)
{
	static const char verbs[] = "stats, ls, rm, export or verify";
	const char *near = word ? command_nearest_cache_verb(word) : NULL;
	if (!word)
		return err_set(p->err, ERR_USAGE,
			"pllm cache wants to know what to do" LOG_HELP "%s", verbs);
	if (near)
		return err_set(p->err, ERR_USAGE,
			"pllm cache: unknown command \"%.*s\"" LOG_HELP "the nearest is %s",
			shown_n(word), word, near);
	return err_set(p->err, ERR_USAGE,
		"pllm cache: unknown command \"%.*s\"" LOG_HELP "it knows %s", shown_n(word), word,
		verbs);
}

/* A word behind `pllm cache`: what to do, or with which file, which may be given by itself here. */
static bool take_cache_word(struct parser *p, const char *word)
{
	if (setting_looks_secret(word))
		return setting_refuse_secret(p->err);
	if (p->has_verb)
		return say(p, option_find(span_of(CACHE_OPTION)), &(struct given){ "FILE ", word });
	p->has_verb = command_find_cache_verb(word, &p->verb);
	return p->has_verb || refuse_cache_verb(p, word);
}

/* The file that entries are removed from must not be a matter of which one was said last. */
static bool check_cache_words(struct parser *p)
{
	if (p->layers->command != COMMAND_CACHE)
		return true;
	if (!p->has_verb)
		return refuse_cache_verb(p, NULL);
	return p->caches_n <= 1 ||
		err_set(p->err, ERR_USAGE, "pllm cache %s: one file at a time",
			command_cache_verb_name(p->verb));
}

/* Behind `pllm doctor` may stand the command whose run it is to look at. */
static bool take_run(struct parser *p, const char *word)
{
	enum command command;
	bool is_one = p->layers->command == COMMAND_DOCTOR && p->run == COMMAND_FILTER &&
		command_find(word, &command) &&
		(command == COMMAND_REDUCE || command == COMMAND_EMBED);
	if (is_one)
		p->run = command;
	return is_one;
}

/* An argument that is no option: the command, or what `help` is to explain. */
static bool take_word(struct parser *p, const char *word)
{
	bool is_first = p->layers->command == COMMAND_FILTER;
	if (is_first ? command_find(word, &p->layers->command) : take_run(p, word)) {
		strings_add(&p->said, word);
		return true;
	}
	if (strcmp(word, COMMAND_HELP) == 0)
		return p->wants_help = true;
	return p->layers->command == COMMAND_CACHE ? take_cache_word(p, word)
						   : unknown_word(p, word);
}

/* The command may stand behind its options, so this is seen at the end. */
static bool check_places(struct parser *p)
{
	const struct option *o = layers_misplaced(p->layers);
	enum command command = p->layers->command;
	if (!o)
		return true;
	if (command != COMMAND_FILTER)
		return err_set(p->err, ERR_USAGE, "--%s is no option of pllm %s", o->name,
			command_name(command));
	while (!option_is_for(o, command))
		command++;
	return err_set(
		p->err, ERR_USAGE, "--%s is an option of pllm %s", o->name, command_name(command));
}

static bool take_argument(struct parser *p, bool *ended)
{
	const char *arg = p->argv[p->at++];
	if (*ended || arg[0] != '-' || !arg[1])
		return take_word(p, arg);
	if (strcmp(arg, "--") != 0)
		return arg[1] == '-' ? take_long(p, arg) : take_letters(p, arg);
	*ended = true;
	return true;
}

static bool take_arguments(struct parser *p)
{
	bool ended = false;
	while (p->at < p->argc && p->action == CLI_RUN)
		if (!take_argument(p, &ended))
			return false;
	if (p->action == CLI_RUN && p->wants_help)
		p->action = CLI_HELP_LONG;
	return p->action != CLI_RUN || (check_places(p) && check_cache_words(p));
}

/* The arguments say which file is read; what it says comes before them all the same. */
static bool complete(struct layers *layers, struct config *config, struct err *err)
{
	struct names names = { 0 };
	layers_settle(layers, config);
	bool ok = layers_read_env(layers, err) &&
		config_file_read(&config->file, layers, &names, err);
	layers_settle(layers, config);
	ok = ok && names_expand(&names, config, err);
	names_release(&names);
	return ok;
}

enum cli_action cli_parse(int argc, char **argv, struct config *config, struct err *err)
{
	struct layers layers;
	struct parser p = { .argv = argv, .argc = argc, .at = 1, .layers = &layers, .err = err };
	*config = (struct config){ 0 };
	layers_init(&layers);
	strings_add(&p.said, argc > 0 ? argv[0] : "pllm");
	bool ok = take_arguments(&p);
	config->command = layers.command;
	if (ok && p.action >= CLI_OFFER_MODELS && p.action <= CLI_OFFER_PROFILES)
		layers_settle(&layers, config);
	ok = ok && (p.action != CLI_RUN || complete(&layers, config, err));
	config->cache_command.verb = (int)p.verb;
	config->doctor.run = (int)p.run;
	config->said = p.said;
	layers_release(&layers);
	return ok ? p.action : CLI_USAGE_ERROR;
}

void cli_free(struct config *config)
{
	strings_release(&config->said);
	layers_forget(config);
}
