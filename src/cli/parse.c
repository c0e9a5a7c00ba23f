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
	int at;          /* index of the next argument */
	bool wants_help; /* `help` was said */
	bool has_verb;   /* of pllm cache: which is ... */
	enum cache_verb verb;
	size_t caches_n; /* how often it was said which file */
	enum cli_action action;
	struct layers *layers;
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

static const char *const commands_to_come[] = { "doctor" };

static bool say(struct parser *p, const struct option *o, const struct given *given)
{
	char *place = xmemdup(given->label, strlen(given->label) - 1);
	const struct source source = { ORIGIN_COMMAND_LINE, place };
	bool ok = layers_say(p->layers, o, &source, given, p->err);
	free(place);
	p->caches_n += o->name && strcmp(o->name, CACHE_OPTION) == 0;
	return ok;
}

/* Does what the option says. Actions end the parsing, in success. */
static bool apply(struct parser *p, const struct option *o, const struct given *given)
{
	int action = (int)o->action;
	if (o->kind != OPTION_ACTION)
		return say(p, o, given);
	if (o->choices && !setting_choose(o, given, &action, p->err))
		return false;
	p->action = (enum cli_action)action;
	return true;
}

/* Takes the next argument as the option's value. */
static bool take_value(struct parser *p, const struct option *o, struct given *given)
{
	char name[OPTION_TEXT_MAX];
	if (p->at < p->argc) {
		given->value = p->argv[p->at++];
		return true;
	}
	return err_set(p->err, ERR_USAGE, "%.*s needs a value: %s", (int)strlen(given->label) - 1,
		given->label, option_value_name(o, name));
}

static bool is_about_keys(struct span name)
{
	static const char *const names[] = { "key", "api-key", "api_key", "apikey", "token",
		"api-token" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool unknown_long(struct parser *p, struct span name)
{
	const struct option *nearest = option_nearest(name);
	int n = shown_n(name.at);
	n = name.n < (size_t)n ? (int)name.n : n;
	if (is_about_keys(name))
		return err_set(p->err, ERR_USAGE,
			"unknown option --%.*s; others can see a command line, so a key comes by "
			"the API's variable, --key-file, --key-fd or --key-cmd",
			n, name.at);
	if (setting_looks_secret(name.at))
		return setting_refuse_secret(p->err);
	if (nearest)
		return err_set(p->err, ERR_USAGE, "unknown option --%.*s; the nearest is --%s", n,
			name.at, nearest->name);
	return err_set(
		p->err, ERR_USAGE, "unknown option --%.*s; pllm --help lists all", n, name.at);
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
		return err_set(p->err, ERR_USAGE, "%.2s takes its value without \"=\": %s%.*s",
			given->label, given->label, shown_n(rest + 1), rest + 1);
	given->value = rest;
	return true;
}

static bool unknown_letter(struct parser *p, const char *letter, const char *arg)
{
	bool is_bundled = arg[2] && (unsigned char)*letter < 0x80;
	if (is_bundled)
		return err_set(p->err, ERR_USAGE,
			"unknown option -%c in %.*s; pllm --help lists all", *letter, shown_n(arg),
			arg);
	return err_set(
		p->err, ERR_USAGE, "unknown option %.*s; pllm --help lists all", shown_n(arg), arg);
}

/* `arg` is one dash and letters, the last of which may be followed by its value. */
static bool take_letters(struct parser *p, const char *arg)
{
	const struct option *meant = long_with_one_dash(arg);
	if (meant)
		return err_set(
			p->err, ERR_USAGE, "long options have two dashes: --%s", meant->name);
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

static bool is_to_come(const char *word)
{
	for (size_t i = 0; i < sizeof commands_to_come / sizeof *commands_to_come; i++)
		if (strcmp(word, commands_to_come[i]) == 0)
			return true;
	return false;
}

/* Behind a command, nothing can be meant by a word. */
static bool refuse_word(struct parser *p, const char *word)
{
	bool has_prompt = p->layers->command != COMMAND_CHUNK;
	return err_set(p->err, ERR_USAGE,
		"\"%.*s\" is one word too many; %san input file %swith -i", shown_n(word), word,
		has_prompt ? "a prompt is given with -p, " : "", has_prompt ? "" : "is given ");
}

/* Nothing is called so. */
static bool unknown_word(struct parser *p, const char *word)
{
	const struct option *nearest = option_nearest(span_of(word));
	const char *command = command_nearest(word);
	if (setting_looks_secret(word))
		return setting_refuse_secret(p->err);
	if (p->layers->command != COMMAND_FILTER)
		return refuse_word(p, word);
	if (is_to_come(word))
		return err_set(p->err, ERR_USAGE, "\"%s\" is not in this version", word);
	if (strchr(word, ' ') || strstr(word, "{{"))
		return err_set(p->err, ERR_USAGE,
			"\"%.*s\" is not a command; a prompt is given with -p", shown_n(word),
			word);
	if (command)
		return err_set(p->err, ERR_USAGE, "unknown command \"%s\"; the nearest is %s", word,
			command);
	if (nearest)
		return err_set(p->err, ERR_USAGE,
			"unknown command \"%s\"; the nearest option is --%s", word, nearest->name);
	return err_set(p->err, ERR_USAGE,
		"\"%.*s\" is not a command; a prompt is given with -p, an input file with -i",
		shown_n(word), word);
}

/* What can be done with a cache. */
static bool refuse_cache_verb(struct parser *p, const char *word)
{
	static const char verbs[] = "stats, ls, rm, export or verify";
	const char *near = word ? command_nearest_cache_verb(word) : NULL;
	if (!word)
		return err_set(p->err, ERR_USAGE, "pllm cache wants to know what to do: %s", verbs);
	if (near)
		return err_set(p->err, ERR_USAGE,
			"pllm cache: unknown command \"%.*s\"; the nearest is %s", shown_n(word),
			word, near);
	return err_set(p->err, ERR_USAGE, "pllm cache: unknown command \"%.*s\"; it knows %s",
		shown_n(word), word, verbs);
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

/* An argument that is no option: the command, or what `help` is to explain. */
static bool take_word(struct parser *p, const char *word)
{
	bool is_first = p->layers->command == COMMAND_FILTER;
	if (is_first && command_find(word, &p->layers->command))
		return true;
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
	bool ok = take_arguments(&p);
	config->command = layers.command;
	ok = ok && (p.action != CLI_RUN || complete(&layers, config, err));
	config->cache_command.verb = (int)p.verb;
	layers_release(&layers);
	return ok ? p.action : CLI_USAGE_ERROR;
}

void cli_free(struct config *config)
{
	layers_forget(config);
}
