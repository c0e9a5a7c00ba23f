/* SPDX-License-Identifier: MIT */
#include "app/files.h"

#include "home.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A command line in a directory with a file `there`, a link `link` to it, and a hard one, `hard`.
 */
static void start(struct home *w)
{
	home_start(w, NULL);
	CHECK(chdir(w->home) == 0);
	home_write("there", "");
	CHECK(symlink("there", "link") == 0 && link("there", "hard") == 0);
}

static void end(struct home *w)
{
	static const char *const names[] = { "there", "link", "hard" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(names[i]);
	CHECK(chdir("/") == 0);
	home_end(w);
}

/* Refused with that message, or, NULL, not at all. */
static void check(const char *line, const char *want)
{
	struct home w;
	struct err err;
	start(&w);
	home_check_parsed(&w, line);
	bool ok = files_check(&w.config, &err);
	CHECK_STR(ok ? NULL : err.msg, want);
	end(&w);
}

#define ANOTHER LOG_HELP "give another file"

TEST("files of their own are fine, and so is an output in place of the input")
{
	check("-i there -o out --errors e --cache c --stats s --metrics-file m --trace t", NULL);
	check("-i there -o there", NULL);
	check("-o -", NULL);
	check("-o /dev/null --errors /dev/null --stats /dev/null", NULL);
	check("--stats /dev/fd/2 --metrics-file /dev/stderr", NULL);
	check("embed -i there --ids there -o v --format f32", NULL);
}

TEST("a file that is written for two options is refused, by whatever names")
{
	check("--errors x -o x", "--errors x: that is where -o writes" ANOTHER);
	check("-o x --stats ./x", "--stats ./x: that is where -o writes" ANOTHER);
	check("-o link --stats there", "--stats there: that is where -o writes" ANOTHER);
	check("-o hard --stats there", "--stats there: that is where -o writes" ANOTHER);
	check("--errors ../no/x --stats ../no/x",
		"--stats ../no/x: that is where --errors writes" ANOTHER);
	check("--stats x --metrics-file x",
		"--metrics-file x: that is where --stats writes" ANOTHER);
	check("--stats x --trace x", "--trace x: that is where --stats writes" ANOTHER);
	check("--cache x --metrics-file x",
		"--metrics-file x: that is where --cache writes" ANOTHER);
}

TEST("what is read is not written, but for the output")
{
	check("-i there --errors there", "--errors there: that is what --input reads" ANOTHER);
	check("-i there --cache link", "--cache link: that is what --input reads" ANOTHER);
	check("-i there --metrics-file there",
		"--metrics-file there: that is what --input reads" ANOTHER);
	check("--prices there -o there", "-o there: that is what --prices reads" ANOTHER);
	check("--prices there -i there", NULL);
}

TEST("what a file is written as until the end is not read, nor written for another")
{
	check("-i x.partial -o x",
		"--input x.partial: that is what -o x is written as until the end" ANOTHER);
	check("-o x.partial --errors x",
		"-o x.partial: that is what --errors x is written as until the end" ANOTHER);
	check("--stats x --trace x.partial",
		"--trace x.partial: that is what --stats x is written as until the end" ANOTHER);
	check("--cache x --stats x-shm",
		"--stats x-shm: that is what --cache x is written as until the end" ANOTHER);
	check("embed --format f32 -o v --ids x --stats x.partial",
		"--stats x.partial: that is what --ids x is written as until the end" ANOTHER);
	check("--cache x -o x-wal",
		"-o x-wal: that is what --cache x is written as until the end" ANOTHER);
}

TEST("the file that standard input is has the records, and may only be replaced by the output")
{
	int saved = dup(STDIN_FILENO);
	char name[] = "/tmp/pllm-unit-XXXXXX", line[80], want[200];
	int fd = mkstemp(name);
	CHECK(saved >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	snprintf(line, sizeof line, "--errors %s", name);
	snprintf(want, sizeof want, "%s: that is what standard input reads" ANOTHER, line);
	check(line, want);
	snprintf(line, sizeof line, "-o %s", name);
	check(line, NULL);
	CHECK(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
	close(saved);
	close(fd);
	unlink(name);
}

TEST("standard output has the records, and nothing else beside them")
{
	check("--stats -",
		"--stats -: standard output is where the records go" LOG_HELP
		"give a file, or the records one with -o");
	check("--metrics-file /dev/stdout -o -",
		"--metrics-file /dev/stdout: standard output is where the records go" LOG_HELP
		"give a file, or the records one with -o");
	check("--stats - -o x", NULL);
}

TEST("the file that standard output is has the records, and is not written for an option")
{
	int saved = dup(STDOUT_FILENO);
	char name[] = "/tmp/pllm-unit-XXXXXX", line[80], want[200];
	fflush(stdout);
	int fd = mkstemp(name);
	CHECK(saved >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	static const char *const options[] = { "--stats", "--metrics-file", "--trace", "--errors" };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		snprintf(line, sizeof line, "%s %s", options[i], name);
		snprintf(want, sizeof want, "%s: that is where standard output writes" ANOTHER,
			line);
		check(line, want);
	}
	check("--metrics-file /dev/stdout -o x", NULL);
	snprintf(line, sizeof line, "-i %s", name);
	check(line, NULL);
	CHECK(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	close(saved);
	close(fd);
	unlink(name);
}
