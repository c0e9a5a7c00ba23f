/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include "t.h"

#include <stdlib.h>
#include <string.h>

/* Compares how the option of that name is completed. */
static void check_how(const char *name, const char *want)
{
	char how[COMPLETION_HOW_MAX];
	CHECK_STR(completion_how(option_find(span_of(name)), how), want);
}

/* Compares the words that the option's value may be. */
static void check_words(const char *name, const char *want)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	completion_put_words(out, option_find(span_of(name)), " ");
	fclose(out);
	CHECK_STR(text, want);
	free(text);
}

TEST("how a value is completed follows from its row")
{
	check_how("unordered", "none");
	check_how("help", "none");
	check_how("jobs", "free");
	check_how("errors", "files");
	check_how("existing", "words");
	check_how("show-flow", "words");
	check_how("model", "models=,");
	check_how("endpoint", "endpoints");
	check_how("fallback", "fallbacks");
	check_how("api", "apis");
	check_how("profile", "profiles");
	check_how("emit", "steps,");
	check_how("keep-fields", "words");
}

TEST("what stands before a value is a step that was named, or one that is named there")
{
	check_how("schema", "files=");
	check_how("join", "words=");
	check_how("system", "free=");
	check_how("param", "free:");
	check_how("prompt", "free~");
	check_how("prompt-file", "files~");
}

TEST("words are choices, or what help says a value may be, word by word")
{
	check_words("existing", "error skip replace");
	check_words("join", "all vote first");
	check_words("keep-fields", "all none");
	check_words("hedge", "off");
	check_words("jobs", "");
	check_words("model", "");
}

TEST("a value of which help says parts has no words")
{
	check_how("halt", "free");
	check_words("halt", "");
	check_how("accept", "free");
	check_words("accept", "");
	check_words("rate", "");
}

TEST("a value that may be left out is no word behind the option")
{
	const struct option *flow = option_find(SPAN("show-flow")),
			    *jobs = option_find(SPAN("jobs"));
	CHECK(completion_is_optional(flow) && !completion_takes_word(flow));
	CHECK(!completion_is_optional(jobs) && completion_takes_word(jobs));
	CHECK(!completion_takes_word(option_find(SPAN("unordered"))));
}

TEST("APIs are those of the kind that is wanted")
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	completion_put_apis(out, false, " ");
	fputc('\n', out);
	completion_put_apis(out, true, " ");
	fclose(out);
	char *embedders = strchr(text, '\n');
	CHECK(*text != ' ' && embedders[1] != ' ');
	CHECK(strstr(text, "anthropic") && strstr(text, "anthropic") < embedders);
	CHECK(strstr(embedders, "voyage") && !strstr(embedders, "anthropic"));
	CHECK(!endpoint_api_name(true, 1000));
	free(text);
}

TEST("no letter is both one that takes a value and one that takes none")
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	completion_put_letters(out, true);
	fputc(' ', out);
	completion_put_letters(out, false);
	fclose(out);
	for (const char *letter = text; *letter; letter++)
		CHECK(strchr(letter + 1, *letter) == NULL);
	CHECK(strchr(text, 'p') < strchr(text, ' ') && strchr(text, 'k') > strchr(text, ' '));
	free(text);
}
