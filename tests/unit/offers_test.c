/* SPDX-License-Identifier: MIT */
#include "cli/offers.h"

#include "home.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

/* Compares what the line, which ends in what is asked for, prints, with commas for line feeds. */
static void check_offers(struct home *w, const char *line, const char *want)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	home_parse(w, line);
	offers_print(out, w->action, &w->config.file);
	fclose(out);
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	CHECK_STR(text, want);
	free(text);
}

TEST("what is offered is what the file has names for, each once")
{
	struct home w;
	home_start(&w,
		"defaults: { model: [one, 'st_ep2=two,one'], fallback: ['http://a/v1,three', far] }\n"
		"endpoints:\n  near: { url: http://a/v1, model: 'four:4' }\n  far: http://b/v1\n"
		"pools: { all: [near, far] }\n"
		"profiles: { night: { model: five, jobs: 2 }, day: }\n");
	check_offers(&w, "--generate models", "one two three four:4 ");
	check_offers(&w, "--generate endpoints", "near far all ");
	check_offers(&w, "--generate fallbacks", "near far all one two three four:4 ");
	check_offers(&w, "--generate profiles", "night day ");
	check_offers(&w, "--profile night --generate models", "five three four:4 ");
	check_offers(&w, "--no-config --generate models", "");
	home_end(&w);
}

TEST("a name that a shell would not take as it is is not offered")
{
	struct home w;
	home_start(&w,
		"defaults: { model: ['a b', '$(c)', '`d`', '-e', \"f\\n\", 'g;h', 'i*', fine] }\n");
	check_offers(&w, "--generate models", "fine ");
	home_end(&w);
	home_start(&w, "defaults: { model: ['a/b_C-1.5:x@y+z'] }\n");
	check_offers(&w, "--generate models", "a/b_C-1.5:x@y+z ");
	home_end(&w);
}

TEST("a name without end is not offered, nor a part of it")
{
	struct home w;
	char file[600];
	snprintf(file, sizeof file, "defaults: { model: ['%0256d', '%0255d'] }\n", 1, 1);
	home_start(&w, file);
	snprintf(file, sizeof file, "%0255d ", 1);
	check_offers(&w, "--generate models", file);
	home_end(&w);
}

TEST("of a file that is wrong is offered what was understood, of none nothing")
{
	struct home w;
	home_start(&w,
		"endpoints: { near: http://a/v1 }\ndefaults: { model: one, jbos: 2 }\n"
		"profiles: { night: { jobs: 2 } }\n");
	check_offers(&w, "--generate endpoints", "near ");
	check_offers(&w, "--generate models", "one ");
	check_offers(&w, "--generate profiles", "night ");
	check_offers(&w, "--profile none --generate endpoints", "near ");
	home_end(&w);
	home_start(&w, "[");
	check_offers(&w, "--generate profiles", "");
	home_end(&w);
	home_start(&w, NULL);
	check_offers(&w, "--generate models", "");
	home_end(&w);
}
