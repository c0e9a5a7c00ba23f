/* SPDX-License-Identifier: MIT */
#include "t.h"

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/option_text.h"
#include "cli/options.h"
#include "cli/setting.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH_OPTION(o) for (const struct option *(o) = option_next(NULL); (o); (o) = option_next(o))

/* Says which row a check failed for. */
static void about(bool ok, const struct option *o)
{
	if (!ok)
		printf("#   option: %s\n", o->name ? o->name : o->letters);
}

TEST("no two options share a name or a letter")
{
	EACH_OPTION(o)
	{
		if (o->name)
			about(CHECK(option_find(span_of(o->name)) == o), o);
		for (const char *c = o->letters; c && *c; c++)
			about(CHECK(option_find_letter(*c) == o), o);
		about(CHECK(o->name || o->letters), o);
	}
	CHECK(option_find(SPAN("job")) == NULL);
	CHECK(option_find(SPAN("jobss")) == NULL);
	CHECK(option_find_letter('\0') == NULL);
}

TEST("every option that is shown has one line of help and a paragraph")
{
	EACH_OPTION(o)
	{
		if (!option_is_shown(o))
			continue;
		about(CHECK(o->help && o->manual), o);
		size_t n = strlen(o->help), m = strlen(o->manual);
		about(CHECK(n > 5 && !strchr(".\n ", o->help[n - 1]) && !strchr(o->help, '\n')), o);
		about(CHECK(islower((unsigned char)o->help[0]) ||
			      !islower((unsigned char)o->help[1])),
			o);
		about(CHECK(m > 5 && strcmp(o->manual + m - 2, ".\n") == 0), o);
	}
}

TEST("every default is one that the option takes, or is shown as something else")
{
	EACH_OPTION(o)
	{
		struct config config = { 0 };
		struct err err;
		if (!o->standard)
			continue;
		bool is_taken = setting_put(&config, o, &(struct given){ "", o->standard }, &err);
		about(CHECK(is_taken || o->shown), o);
		setting_release(&config);
	}
}

TEST("an option that takes a number says from where to where")
{
	char range[OPTION_TEXT_MAX];
	EACH_OPTION(o)
	{
		bool is_number = o->kind == OPTION_INT || o->kind == OPTION_DURATION ||
			o->kind == OPTION_SIZE;
		about(CHECK((*option_range(o, range) != '\0') == is_number), o);
	}
	CHECK_STR(option_range(option_find(SPAN("jobs")), range), "1 to 100000");
	CHECK_STR(option_range(option_find(SPAN("timeout")), range), "1ms to 8760h");
	CHECK_STR(option_range(option_find(SPAN("grace")), range), "0 to 8760h");
	CHECK_STR(option_range(option_find(SPAN("window-bytes")), range), "1 to 1024G");
	CHECK_STR(option_range(option_find(SPAN("model")), range), "");
}

TEST("an option with a value says what to call it")
{
	char name[OPTION_TEXT_MAX];
	EACH_OPTION(o)
	about(CHECK((*option_value_name(o, name) != '\0') == option_has_value(o)), o);
	CHECK_STR(option_value_name(option_find(SPAN("existing")), name), "error|skip|replace");
	CHECK_STR(option_value_name(option_find(SPAN("jobs")), name), "N");
}

TEST("no key, URL or header has a default in the environment, and of files two that hold none")
{
	char name[OPTION_TEXT_MAX];
	EACH_OPTION(o)
	{
		const char *is_private[] = { "key", "endpoint", "header", "http", "cert",
			"socket" };
		if (!*option_env_name(o, name))
			continue;
		for (size_t i = 0; i < sizeof is_private / sizeof *is_private; i++)
			about(CHECK(!strstr(o->name, is_private[i])), o);
		bool may_be_file = strcmp(o->name, "cache") == 0 || strcmp(o->name, "prices") == 0;
		about(CHECK(may_be_file || !(o->traits & OPTION_IS_FILE)), o);
		about(CHECK(o->kind != OPTION_LIST || strcmp(o->name, "model") == 0), o);
	}
	CHECK_STR(option_env_name(option_find(SPAN("max-record")), name), "PLLM_MAX_RECORD");
	CHECK_STR(option_env_name(option_find(SPAN("key-env")), name), "");
}

TEST("the nearest option is found by its beginning or by small mistakes, or not at all")
{
	CHECK(option_nearest(SPAN("promt")) == option_find(SPAN("prompt")));
	CHECK(option_nearest(SPAN("max-dur")) == option_find(SPAN("max-duration")));
	CHECK(option_nearest(SPAN("tiemout")) == option_find(SPAN("timeout")));
	CHECK(option_nearest(SPAN("unorderd")) == option_find(SPAN("unordered")));
	CHECK(option_nearest(SPAN("generat")) == NULL);
	CHECK(option_nearest(SPAN("something-else")) == NULL);
	CHECK(option_nearest(SPAN("")) == NULL);
}

/*
 * What a printer prints; the caller frees it. Not inlined: gcc 12 then takes the text for dangling.
 */
static __attribute__((noinline)) char *printed(
	void (*print)(FILE *, enum command), enum command command)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	print(out, command);
	fclose(out);
	return text;
}

static size_t widest_line(const char *text)
{
	size_t widest = 0;
	while (*text) {
		size_t n = strcspn(text, "\n");
		widest = n > widest ? n : widest;
		text += n + (text[n] == '\n');
	}
	return widest;
}

TEST("each command's short help fits a screen of 24 lines and 80 columns")
{
	for (enum command c = COMMAND_FILTER; c <= COMMAND_LAST; c++) {
		char *text = printed(cli_print_short_help, c);
		size_t lines_n = 0;
		for (const char *at = text; *at; at++)
			lines_n += *at == '\n';
		CHECK(lines_n <= 24);
		CHECK(widest_line(text) <= 80);
		const char *option = strstr(text, c == COMMAND_DOCTOR ? "--model" : "--output");
		CHECK(option && strstr(text, "  pllm ") < option);
		free(text);
	}
}

/* True if help's text has a row for the option. */
static bool has_row(const char *text, const struct option *o)
{
	char name[100];
	snprintf(name, sizeof name, "%s%s%s", o->name ? "  --" : "  -",
		o->name ? o->name : o->letters,
		o->name && option_has_value(o) && !o->bare ? " " : "");
	if (o->name && o->letters)
		memcpy(name, ", ", 2);
	return strstr(text, name) != NULL;
}

TEST("long help fits 80 columns and shows every option that the command takes, with its default")
{
	for (enum command c = COMMAND_FILTER; c <= COMMAND_LAST; c++) {
		char *text = printed(cli_print_long_help, c);
		CHECK(widest_line(text) <= 80);
		EACH_OPTION(o)
		{
			bool is_due = option_is_shown(o) && option_is_for(o, c);
			about(CHECK(has_row(text, o) == is_due), o);
		}
		CHECK(!strstr(text,
			      "-j, --jobs N                   requests in flight, at most (default 64)\n") ==
			(c == COMMAND_CHUNK || c == COMMAND_CACHE));
		CHECK(!strstr(text, "--meta[=NAME]") ==
			(c == COMMAND_CHUNK || c == COMMAND_CACHE || c == COMMAND_DOCTOR));
		CHECK(!strstr(text, "\nSteps:\n") == (c != COMMAND_FILTER));
		CHECK(!strstr(text, "\nReduce:\n") == (c != COMMAND_REDUCE));
		CHECK(!strstr(text, "\nEmbed:\n") == (c != COMMAND_EMBED));
		CHECK(!strstr(text, "\nChunk:\n") == (c != COMMAND_CHUNK));
		free(text);
	}
}

/* The commands that take the option of that name, by their letters. */
static const char *takers_of(const char *name, char out[8])
{
	static const char letters[] = "frecCd";
	const struct option *o = option_find(span_of(name));
	size_t n = 0;
	for (enum command c = COMMAND_FILTER; c <= COMMAND_LAST; c++)
		if (option_is_for(o, c))
			out[n++] = letters[c];
	out[n] = '\0';
	return out;
}

TEST("an option is taken by the commands that can do something with it, at least by one")
{
	static const struct {
		const char *name, *takers;
	} cases[] = { { "jobs", "fred" }, { "model", "freCd" }, { "key-file", "fred" },
		{ "hedge", "fre" }, { "window", "fre" }, { "meta", "fre" }, { "input", "frec" },
		{ "errors", "frec" }, { "config", "frecCd" }, { "verbose", "frecCd" },
		{ "samples", "f" }, { "image", "f" }, { "flow", "f" }, { "existing", "fe" },
		{ "retry-errors", "fec" }, { "by", "r" }, { "raw-output", "fr" },
		{ "system", "fr" }, { "schema", "fr" }, { "stream", "fr" }, { "max-tokens", "fr" },
		{ "ttft-timeout", "fr" }, { "on-truncate", "fr" }, { "max-input-tokens", "fre" },
		{ "dimensions", "e" }, { "input-type", "e" }, { "normalize", "e" },
		{ "format", "e" }, { "ids", "e" }, { "batch-items", "e" }, { "batch-tokens", "e" },
		{ "batch-wait", "e" }, { "field", "c" }, { "size", "c" }, { "overlap", "c" },
		{ "at", "c" }, { "keep-fields", "c" }, { "cache", "freCd" }, { "cache-ttl", "fre" },
		{ "refresh", "fre" }, { "failed", "C" }, { "older-than", "C" },
		{ "output", "frecC" }, { "max-cost", "fre" }, { "max-total-tokens", "fre" },
		{ "max-requests", "fre" }, { "prices", "fred" }, { "price-in", "fred" },
		{ "price-out", "fred" }, { "dry-run", "fre" }, { "trial", "fe" },
		{ "endpoint", "fred" }, { "live", "d" }, { "json", "d" } };
	char takers[8];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(takers_of(cases[i].name, takers), cases[i].takers);
	EACH_OPTION(o)
	about(CHECK(o->takers && o->takers <= OPTION_IS_ALL), o);
}

TEST("doctor takes the options of all runs, and no others that are not its own")
{
	EACH_OPTION(o)
	{
		bool is_due = o->takers & (OPTION_IS_ASKERS | OPTION_IS_DOCTORS);
		about(CHECK(option_is_taken_by(o, COMMAND_DOCTOR) == is_due), o);
		about(CHECK(option_is_taken_by(o, COMMAND_EMBED) ==
			      option_is_for(o, COMMAND_EMBED)),
			o);
	}
	CHECK(option_is_taken_by(option_find(SPAN("prompt")), COMMAND_DOCTOR));
	CHECK(option_is_taken_by(option_find(SPAN("dimensions")), COMMAND_DOCTOR));
	CHECK(!option_is_taken_by(option_find(SPAN("older-than")), COMMAND_DOCTOR));
	CHECK(!option_is_taken_by(option_find(SPAN("overlap")), COMMAND_DOCTOR));
}

TEST("the defaults of embed are its own where the table says so")
{
	const struct option *as = option_find(SPAN("as")), *window = option_find(SPAN("window"));
	CHECK_STR(option_default(as, COMMAND_FILTER), "output");
	CHECK_STR(option_default(as, COMMAND_REDUCE), "output");
	CHECK_STR(option_default(as, COMMAND_EMBED), "embedding");
	CHECK_STR(option_standard(as, COMMAND_EMBED), "embedding");
	CHECK_STR(option_default(window, COMMAND_FILTER), "four times --jobs");
	CHECK_STR(option_default(window, COMMAND_EMBED), "two packs for each of --jobs");
	CHECK_STR(option_standard(window, COMMAND_EMBED), "0");
	CHECK(!option_standard(option_find(SPAN("max-tokens")), COMMAND_FILTER));
}

TEST("an option that begins with a step may be given for each of them")
{
	char value[OPTION_TEXT_MAX];
	EACH_OPTION(o)
	{
		if (strncmp(option_value_name(o, value), "[STEP", 5) != 0)
			continue;
		about(CHECK_INT(o->kind, OPTION_LIST), o);
		about(CHECK(o->traits & OPTION_IS_REPEATABLE), o);
	}
	EACH_OPTION(o)
	if (o->traits & OPTION_IS_REPEATABLE)
		about(CHECK_INT(o->kind, OPTION_LIST), o);
}
