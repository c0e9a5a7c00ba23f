/* SPDX-License-Identifier: MIT */
/*
 * What two files are, only the file system knows, and only of those that exist. Of one that does
 * not exist yet its directory does: so a name stands for the place of its directory and its last
 * part.
 */
#include "app/files.h"

#include "base/xalloc.h"
#include "io/outfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a file is used. */
enum use {
	USE_READ,
	USE_WRITTEN, /* at the end, in one go, or line by line */
	USE_PARTIAL, /* as FILE.partial until the end */
	USE_CACHE    /* has others beside it */
};

struct file {
	const char *option, *path;
	enum use use;
	bool has_records; /* which may go to standard output as well */
	bool may_replace; /* the input, once all of it has been read */
	char *place;      /* owned; NULL = no file that anything could happen to */
};

enum { INPUT, OUTPUT = 2, FILES_N = 9 };

/* Gives (allocated) where a file will be that does not exist. */
static char *place_to_be(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = slash ? xmemdup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	char *directory = realpath(name, NULL);
	char *place =
		directory ? xasprintf("%s/%s", directory, slash ? slash + 1 : path) : xstrdup(path);
	free(directory);
	free(name);
	return place;
}

/* Devices and pipes take from many and give to many. */
static char *place_of(const char *path)
{
	struct stat st;
	if (outfile_is_stdout(path) || strcmp(path, "/dev/stderr") == 0 ||
		strncmp(path, "/dev/fd/", 8) == 0)
		return NULL;
	if (stat(path, &st) < 0)
		return place_to_be(path);
	return S_ISREG(st.st_mode) ? realpath(path, NULL) : NULL;
}

/* Records go to standard output, which the shell may have made a file. */
static void take_stdout(struct file *output)
{
	struct stat st;
	output->option = "standard output";
	output->path = "(>)";
	output->use = USE_WRITTEN;
	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		output->place = realpath("/proc/self/fd/1", NULL);
}

/* Likewise for records that come from standard input. */
static void take_stdin(struct file *input)
{
	struct stat st;
	input->option = "standard input";
	input->path = "(<)";
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		input->place = realpath("/proc/self/fd/0", NULL);
}

/* True if a's place with that ending is b's. */
static bool is_at(const struct file *a, const char *ending, const struct file *b)
{
	size_t n = strlen(a->place);
	return strncmp(b->place, a->place, n) == 0 && strcmp(b->place + n, ending) == 0;
}

/* Two names that no path tells, of the same file all the same. */
static bool are_linked(const struct file *a, const struct file *b)
{
	struct stat at_a, at_b;
	return stat(a->place, &at_a) == 0 && stat(b->place, &at_b) == 0 &&
		at_a.st_dev == at_b.st_dev && at_a.st_ino == at_b.st_ino;
}

/* True if b is what a is, or keeps beside it, until the end. */
static bool is_beside(const struct file *a, const struct file *b)
{
	return (a->use == USE_PARTIAL && is_at(a, ".partial", b)) ||
		(a->use == USE_CACHE && (is_at(a, "-wal", b) || is_at(a, "-shm", b)));
}

/* The input may be read to its end, and then be what was made of it; prices may not. */
static bool is_in_place(const struct file *a, const struct file *b)
{
	return a->use == USE_READ && a->has_records && b->may_replace;
}

static bool check_pair(const struct file *a, const struct file *b, struct err *err)
{
	if (!a->place || !b->place || (a->use == USE_READ && b->use == USE_READ))
		return true;
	if (is_beside(a, b) || is_beside(b, a)) {
		const struct file *whole = is_beside(a, b) ? a : b, *part = whole == a ? b : a;
		return err_set(err, ERR_USAGE,
			"%s %s: that is what %s %s is written as until the end" LOG_HELP
			"give another file",
			part->option, part->path, whole->option, whole->path);
	}
	if ((!is_at(a, "", b) && !are_linked(a, b)) || is_in_place(a, b))
		return true;
	return err_set(err, ERR_USAGE, "%s %s: that is %s %s %s" LOG_HELP "give another file",
		b->option, b->path, a->use == USE_READ ? "what" : "where", a->option,
		a->use == USE_READ ? "reads" : "writes");
}

/* What is no record would stand among them. */
static bool check_standard(const struct file *f, const struct config *c, struct err *err)
{
	const char *out = c->writer.path;
	if (f->has_records || f->use == USE_READ || !f->path || !outfile_is_stdout(f->path) ||
		!outfile_is_stdout(out))
		return true;
	return err_set(err, ERR_USAGE,
		"%s %s: standard output is where the records go" LOG_HELP
		"give a file, or the records one with -o",
		f->option, f->path);
}

bool files_check(const struct config *c, struct err *err)
{
	/* Whose fault it is that two are one: that of the later one. */
	struct file files[FILES_N] = {
		{ "--input", c->reader.path, USE_READ, true, false, NULL },
		{ "--prices", c->money.prices, USE_READ, false, false, NULL },
		{ "-o", c->writer.path, USE_PARTIAL, true, true, NULL },
		{ "--ids", c->embed.ids, USE_PARTIAL, true, true, NULL },
		{ "--errors", c->writer.errors_path, USE_PARTIAL, true, false, NULL },
		{ "--cache", c->cache.path, USE_CACHE, false, false, NULL },
		{ "--stats", c->seeing.stats, USE_PARTIAL, false, false, NULL },
		{ "--metrics-file", c->seeing.metrics, USE_WRITTEN, false, false, NULL },
		{ "--trace", c->seeing.trace, USE_WRITTEN, false, false, NULL },
	};
	bool ok = true;
	for (int i = 0; i < FILES_N; i++)
		files[i].place = place_of(files[i].path);
	if (!c->reader.path || strcmp(c->reader.path, "-") == 0)
		take_stdin(&files[INPUT]);
	if (outfile_is_stdout(c->writer.path))
		take_stdout(&files[OUTPUT]);
	for (int i = 0; ok && i < FILES_N; i++)
		ok = check_standard(&files[i], c, err);
	for (int i = 0; ok && i < FILES_N * FILES_N; i++)
		if (i / FILES_N < i % FILES_N)
			ok = check_pair(&files[i / FILES_N], &files[i % FILES_N], err);
	for (int i = 0; i < FILES_N; i++)
		free(files[i].place);
	return ok;
}
