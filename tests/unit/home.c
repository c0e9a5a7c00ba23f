/* SPDX-License-Identifier: MIT */
#include "home.h"

#include "t.h"

#include "app/origin.h"
#include "base/xalloc.h"
#include "cli/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGS_MAX = 24 };

/* The file of whoever runs the tests must not reach any of them. */
__attribute__((constructor)) static void home_forget(void)
{
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
}

void home_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	chmod(path, 0644);
}

void home_start(struct home *w, const char *text)
{
	*w = (struct home){ .home = "/tmp/pllm-unit-XXXXXX" };
	CHECK(mkdtemp(w->home));
	setenv("HOME", w->home, 1);
	snprintf(w->dir, sizeof w->dir, "%s/.config", w->home);
	mkdir(w->dir, 0755);
	snprintf(w->dir, sizeof w->dir, "%s/.config/pllm", w->home);
	mkdir(w->dir, 0755);
	chmod(w->dir, 0755);
	snprintf(w->path, sizeof w->path, "%s/config.yaml", w->dir);
	if (text)
		home_write(w->path, text);
}

bool home_parse(struct home *w, const char *line)
{
	char text[400], name[] = "pllm", *argv[ARGS_MAX] = { name }, *rest = text;
	int argc = 1;
	snprintf(text, sizeof text, "%s", line);
	while (*line && rest)
		argv[argc++] = strsep(&rest, " ");
	cli_free(&w->config);
	w->action = cli_parse(argc, argv, &w->config, &w->err);
	if (w->action == CLI_USAGE_ERROR)
		CHECK(err_is_usage(w->err.kind));
	return w->action == CLI_RUN;
}

void home_check_parsed(struct home *w, const char *line)
{
	if (!CHECK(home_parse(w, line)))
		printf("#   said: %s\n", w->err.msg);
}

void home_end(struct home *w)
{
	cli_free(&w->config);
	unlink(w->path);
	rmdir(w->dir);
	*strrchr(w->dir, '/') = '\0';
	rmdir(w->dir);
	CHECK_INT(rmdir(w->home), 0);
	home_forget();
}

void home_check_line_refused(struct home *w, const char *line, const char *msg)
{
	char *want = xasprintf("%s%s", w->path, msg);
	CHECK(!home_parse(w, line));
	CHECK_STR(w->err.msg, want);
	free(want);
}

void home_check_refused(const char *text, const char *msg)
{
	struct home w;
	home_start(&w, text);
	home_check_line_refused(&w, "", msg);
	home_end(&w);
}

void check_strings(const struct strings *list, const char *want)
{
	char text[1000] = "";
	for (size_t i = 0; i < list->n; i++) {
		size_t n = strlen(text);
		snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", list->items[i]);
	}
	CHECK_STR(text, want);
}

void home_check_origin(const struct home *w, const char *option, const char *want)
{
	char text[400];
	const struct origin *origin = origin_of(&w->config, option);
	const char *place = origin->place ? origin->place : "-";
	if (strncmp(place, w->path, strlen(w->path)) == 0)
		place += strlen(w->path);
	snprintf(text, sizeof text, "%s %s", origin_kind_name(origin->kind), place);
	for (size_t i = 0; i < origin->values.n; i++) {
		size_t n = strlen(text);
		snprintf(text + n, sizeof text - n, " %s", origin->values.items[i]);
	}
	CHECK_STR(text, want);
}
