/* SPDX-License-Identifier: MIT */
/*
 * The output of a run that failed in part is its own list of what to do: --retry-errors takes the
 * failed records of it as new and lets the others through, so that the same command over it gives
 * the whole. Two things are to be minded:
 *
 *     FILE.partial   would be emptied by the next run that has -o FILE; so it is moved aside first,
 *                    to a name that nothing has
 *     FILE           may be input and output at once, for -o writes beside it until the end
 *
 * With --errors the failed ones are by themselves, and so will be what becomes of them: in a file
 * of its own, or behind the others.
 */
#include "app/rerun.h"

#include "app/origin.h"
#include "base/buf.h"
#include "base/visible.h"
#include "base/xalloc.h"
#include "io/outfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Twenty lines of a terminal: longer is not read, nor shown whole by log_say. */
enum { COMMAND_MAX_BYTES = 1600, NAME_MAX_BYTES = 1024 };

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./_-";
	return word[0] && word[strspn(word, plain)] == '\0';
}

static void put_quoted(struct buf *out, const char *word)
{
	buf_put_char(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_put_str(out, "'\\''");
		else
			buf_put_char(out, *word);
	buf_put_char(out, '\'');
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* As printf %b has it. */
static void put_octal(struct buf *out, char c)
{
	buf_put_str(out, "\\0");
	for (int shift = 6; shift >= 0; shift -= 3)
		buf_put_char(out, (char)('0' + (c >> shift & 7)));
}

/*
 * Appends what makes sh print a word that has several lines or controls, so that it is one line of
 * plain characters here. Line feeds at its end would be lost: then it stays as it is.
 */
static void put_printed(struct buf *out, const char *word)
{
	struct buf escaped;
	buf_init(&escaped, COMMAND_MAX_BYTES);
	for (const char *p = word; *p; p++)
		if (*p == '\n')
			buf_put_str(&escaped, "\\n");
		else if (*p == '\\')
			buf_put_str(&escaped, "\\\\");
		else if (is_control(*p))
			put_octal(&escaped, *p);
		else
			buf_put_char(&escaped, *p);
	buf_put_char(&escaped, '\0');
	out->is_full = out->is_full || escaped.is_full;
	if (!out->is_full) {
		buf_put_str(out, "\"$(printf %b ");
		put_quoted(out, escaped.data);
		buf_put_str(out, ")\"");
	}
	buf_release(&escaped);
}

static bool has_controls(const char *word)
{
	while (*word && !is_control(*word))
		word++;
	return *word != '\0';
}

/* Appends it as sh takes it for one word, whatever is in it. */
static void put_word(struct buf *out, const char *word)
{
	size_t n = strlen(word);
	if (out->len > 0)
		buf_put_char(out, ' ');
	if (is_plain(word))
		buf_put_str(out, word);
	else if (has_controls(word) && word[n - 1] != '\n')
		put_printed(out, word);
	else
		put_quoted(out, word);
}

/* Appends a name as a word that can be taken for no option. */
static void put_name(struct buf *out, const char *name)
{
	char *safe = name[0] == '-' ? xasprintf("./%s", name) : xstrdup(name);
	put_word(out, safe);
	free(safe);
}

/*
 * Gives (allocated) the name of the file that standard output is, "OUTPUT" if it is a pipe; NULL if
 * what was written there is gone.
 */
static char *name_of_stdout(void)
{
	struct stat opened, named;
	char name[NAME_MAX_BYTES];
	if (fstat(STDOUT_FILENO, &opened) < 0)
		return NULL;
	if (S_ISFIFO(opened.st_mode) || S_ISSOCK(opened.st_mode))
		return xstrdup("OUTPUT");
	if (!S_ISREG(opened.st_mode))
		return NULL;
	ssize_t n = readlink("/proc/self/fd/1", name, sizeof name - 1);
	if (n <= 0 || n == sizeof name - 1)
		return xstrdup("OUTPUT");
	name[n] = '\0';
	/* Messages are no records. */
	if (fstat(STDERR_FILENO, &named) == 0 && named.st_dev == opened.st_dev &&
		named.st_ino == opened.st_ino)
		return NULL;
	/* It may have been renamed or removed meanwhile. */
	bool is_it = stat(name, &named) == 0 && named.st_dev == opened.st_dev &&
		named.st_ino == opened.st_ino;
	return xstrdup(is_it ? name : "OUTPUT");
}

/* True if it is, or will be, a file that can be renamed and read again. */
static bool is_file(const char *path)
{
	struct stat st;
	return !outfile_is_stdout(path) && strcmp(path, "/dev/stderr") != 0 &&
		strncmp(path, "/dev/fd/", 8) != 0 && (stat(path, &st) < 0 || S_ISREG(st.st_mode));
}

/*
 * Gives (allocated) a name that nothing has: what was moved aside before may be what this run was
 * reading, and not to its end.
 */
static char *name_aside(const char *path)
{
	struct stat st;
	char *name = xasprintf("%s.failed", path);
	for (unsigned n = 2; lstat(name, &st) == 0; n++) {
		free(name);
		name = xasprintf("%s.failed%u", path, n);
	}
	return name;
}

/*
 * Appends what is in front of the command, FILE or FILE.partial being moved aside, and gives
 * (allocated) where the records are that it is to read.
 */
static char *put_aside(struct buf *out, const char *path, bool is_whole)
{
	/* It stands beside what a link leads to: see io/outfile.h. */
	struct stat st;
	char *real = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
	char *written = xasprintf("%s%s", real ? real : path, is_whole ? "" : ".partial");
	char *failed = name_aside(real ? real : path);
	put_word(out, "mv");
	put_name(out, written);
	put_name(out, failed);
	buf_put_str(out, " &&");
	free(written);
	free(real);
	return failed;
}

static void put_command(struct buf *out, const struct config *config, const char *input)
{
	for (size_t i = 0; i < config->said.n; i++)
		put_word(out, config->said.items[i]);
	/* What the output is written in is not what this input was. */
	if (config->reader.format == INPUT_LINES &&
		(origin_is_setting(config, "raw-input") ||
			origin_is_setting(config, "input-format")))
		buf_put_str(out, " --input-format jsonl");
	buf_put_str(out, " --retry-errors -i");
	put_name(out, input);
}

/* Everything is in the output. */
static void put_whole(
	struct buf *out, const struct config *config, const char *output, bool is_whole)
{
	char *input = is_whole ? xstrdup(output) : put_aside(out, output, false);
	put_command(out, config, input);
	buf_put_str(out, " -o");
	put_name(out, output);
	free(input);
}

/* What failed is in a file of its own: what becomes of it must not replace the rest. */
static void put_failed(struct buf *out, const struct config *config, bool is_whole)
{
	char *input = put_aside(out, config->writer.errors_path, is_whole);
	char *stdout_name = name_of_stdout();
	put_command(out, config, input);
	if (stdout_name) {
		buf_put_str(out, " >>");
		put_name(out, stdout_name);
	}
	free(stdout_name);
	free(input);
}

/* True if the run was none that can be had again for some of its records. */
static bool is_of_a_kind(const struct config *c)
{
	bool is_batch =
		c->reader.format == INPUT_OPENAI_BATCH || c->reader.format == INPUT_ANTHROPIC_BATCH;
	return is_batch || c->command == COMMAND_REDUCE || c->money.trial_n > 0 || c->money.is_dry;
}

/* True if it names a descriptor, or a pipe: what was read there is gone. */
static bool is_read_once(const char *name)
{
	struct stat st;
	bool is_fd = strncmp(name, "/dev/fd/", 8) == 0 || strcmp(name, "/dev/stdin") == 0 ||
		(strncmp(name, "/proc/", 6) == 0 && strstr(name, "/fd/"));
	return is_fd || (stat(name, &st) == 0 && S_ISFIFO(st.st_mode));
}

/* The same with a step in front of the name, or an option. */
static bool has_read_once(const char *word)
{
	const char *equals = strchr(word, '=');
	return is_read_once(word) || (equals && is_read_once(equals + 1));
}

/* True if something that the run needs again was given to it alone. */
static bool needs_what_is_gone(const struct config *c)
{
	for (size_t i = 0; i < c->said.n; i++)
		if (has_read_once(c->said.items[i]))
			return true;
	return c->endpoint.key.fd >= 0;
}

/* True if there is no file with the failed records, or none that could be read again. */
static bool is_lost(const struct config *c)
{
	const char *records = c->writer.errors_path ? c->writer.errors_path : c->writer.path;
	bool is_gone = (c->writer.errors_path || !outfile_is_stdout(records)) && !is_file(records);
	bool is_records = (c->writer.form == RESULT_JSON || c->writer.form == RESULT_SEQ) &&
		c->writer.matrix.form == NPY_NONE;
	/* What is answered then belongs between the lines of -o, where no command puts it. */
	bool is_apart = c->writer.errors_path && !outfile_is_stdout(c->writer.path);
	return is_gone || is_apart || is_of_a_kind(c) ||
		(!c->writer.errors_path && (!is_records || c->on_error == ERROR_IS_DROPPED));
}

bool rerun_is_stdout_empty(void)
{
	struct stat st;
	return fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* True if nobody else has written behind us either. */
static bool ends_with_us(void)
{
	struct stat st;
	return fstat(STDOUT_FILENO, &st) == 0 && lseek(STDOUT_FILENO, 0, SEEK_CUR) == st.st_size;
}

/*
 * Gives (allocated) where all that this run has written is, and nothing else: records of others
 * would be asked about as well, and paid. NULL = nowhere.
 */
static char *name_of_output(const struct config *config, bool is_alone)
{
	if (!outfile_is_stdout(config->writer.path))
		return xstrdup(config->writer.path);
	char *name = name_of_stdout();
	if (!name || (is_alone && ends_with_us()))
		return name;
	free(name);
	return xstrdup("OUTPUT");
}

char *rerun_command(const struct config *config, bool is_whole, bool is_alone)
{
	struct buf command;
	char *text = NULL;
	if (is_lost(config) || config->said.n == 0 || needs_what_is_gone(config))
		return NULL;
	char *output = name_of_output(config, is_alone);
	bool is_named = !outfile_is_stdout(config->writer.path);
	buf_init(&command, COMMAND_MAX_BYTES);
	if (config->writer.errors_path)
		put_failed(&command, config, is_whole);
	else if (output)
		put_whole(&command, config, output, is_whole || !is_named);
	/* Controls would be shown otherwise, and be another command. */
	if (command.len > 0 && !command.is_full && visible_is(buf_span(&command)) &&
		!memchr(command.data, '\n', command.len))
		text = xmemdup(command.data, command.len);
	free(output);
	buf_release(&command);
	return text;
}
