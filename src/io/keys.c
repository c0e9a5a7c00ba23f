/* SPDX-License-Identifier: MIT */
/*
 * What is read passes through one buffer of fixed size that is overwritten when done: one that grew
 * would leave copies of the key behind in freed memory.
 */
#include "io/keys.h"

#include "base/clock.h"
#include "base/span.h"
#include "base/strings.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
	KEY_MAX_BYTES = 64 << 10,
	COMMAND_MAX_MS = 10000,
	REAP_POLL_MS = 10 /* how often we ask whether a command has ended */
};

#define NO_DEADLINE INT64_MAX

/* The bytes that a source gave. */
struct haul {
	char bytes[KEY_MAX_BYTES];
	size_t n;
};

/* Waits until fd can be read. False at the deadline. */
static bool is_readable_by(int fd, int64_t deadline_ms)
{
	if (deadline_ms == NO_DEADLINE)
		return true;
	for (;;) {
		int64_t left_ms = deadline_ms - clock_now_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (left_ms <= 0)
			return false;
		if (poll(&p, 1, (int)left_ms) > 0)
			return true;
	}
}

/* Reads fd to its end. */
static bool slurp(struct haul *c, int fd, int64_t deadline_ms, const char *source, struct err *err)
{
	for (;;) {
		if (!is_readable_by(fd, deadline_ms))
			return err_set(err, ERR_KEY, "%s: no key after %d s", source,
				COMMAND_MAX_MS / 1000);
		if (c->n == sizeof c->bytes)
			return err_set(err, ERR_KEY, "%s: that is no key: it is %zu bytes or more",
				source, c->n);
		ssize_t n = read(fd, c->bytes + c->n, sizeof c->bytes - c->n);
		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_set_errno(err, ERR_KEY, "%s: cannot read the key", source);
		if (n > 0)
			c->n += (size_t)n;
	}
}

/* Gives a copy of the key among the bytes. */
static bool check_key(struct span bytes, const char *source, char **key, struct err *err)
{
	if (bytes.n && bytes.at[bytes.n - 1] == '\n')
		bytes.n--;
	if (bytes.n && bytes.at[bytes.n - 1] == '\r')
		bytes.n--;
	if (bytes.n == 0)
		return err_set(err, ERR_KEY, "%s: the key is empty", source);
	for (size_t i = 0; i < bytes.n; i++)
		if (bytes.at[i] < 0x21 || bytes.at[i] > 0x7e)
			return err_set(err, ERR_KEY,
				"%s: byte %zu is none of a key: a space, a control or not ASCII",
				source, i + 1);
	*key = xmemdup(bytes.at, bytes.n);
	return true;
}

/* Splits a command at its spaces; quotes of either kind keep what is between them together. */
static bool split_command(struct strings *words, const char *cmd, struct err *err)
{
	char *word = xmalloc(strlen(cmd) + 1);
	bool ok = true;
	for (const char *at = cmd + strspn(cmd, " \t"); *at && ok; at += strspn(at, " \t")) {
		size_t n = 0;
		char quote = '\0';
		for (; *at && (quote || !strchr(" \t", *at)); at++) {
			bool opens = !quote && (*at == '"' || *at == '\'');
			if (opens)
				quote = *at;
			else if (*at == quote)
				quote = '\0';
			else
				word[n++] = *at;
		}
		word[n] = '\0';
		strings_add(words, word);
		ok = !quote || err_set(err, ERR_KEY, "--key-cmd: a quote is not closed");
	}
	free(word);
	return ok && (words->n > 0 || err_set(err, ERR_KEY, "--key-cmd: there is no command"));
}

/* Moves to the next name of a list with spaces between them. False at the end. */
static bool next_name(const char **at, struct span *name)
{
	*at += strspn(*at, " ");
	*name = (struct span){ .at = *at, .n = strcspn(*at, " ") };
	*at += name->n;
	return name->n > 0;
}

static bool sets_one_of(const char *assignment, const char *names)
{
	struct span name;
	while (next_name(&names, &name))
		if (strncmp(assignment, name.at, name.n) == 0 && assignment[name.n] == '=')
			return true;
	return false;
}

/* Gives the environment without some variables: an array of borrowed strings. */
static char **environment_without(const char *names)
{
	size_t n = 0, kept_n = 0;
	while (environ && environ[n])
		n++;
	char **kept = xcalloc(n + 1, sizeof *kept);
	for (size_t i = 0; i < n; i++)
		if (!names || !sets_one_of(environ[i], names))
			kept[kept_n++] = environ[i];
	return kept;
}

/* Starts the command with its output going to fd. Gives 0 or an errno. */
static int spawn(pid_t *pid, int fd, char *const *argv, const char *usual_env)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	char **environment = environment_without(usual_env);
	int code = posix_spawnp(pid, argv[0], &files, &attributes, argv, environment);
	free(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return code;
}

/*
 * Ends the command, by force at the deadline, and gives its status; -1 with errno if that cannot be
 * known.
 */
static int reap(pid_t pid, int64_t deadline_ms)
{
	int status;
	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);
		if (ended == pid)
			return status;
		if (ended < 0 && errno != EINTR)
			return -1;
		if (clock_now_ms() >= deadline_ms)
			kill(pid, SIGKILL);
		poll(NULL, 0, REAP_POLL_MS);
	}
}

static bool check_status(int status, struct err *err)
{
	if (status == -1)
		return err_set_errno(err, ERR_KEY, "--key-cmd: cannot learn how the command ended");
	if (WIFSIGNALED(status))
		return err_set(err, ERR_KEY, "--key-cmd: the command was ended by signal %d",
			WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, ERR_KEY, "--key-cmd: the command failed with exit code %d",
			WEXITSTATUS(status));
	return true;
}

static bool run_command(struct haul *c, char *const *argv, const char *usual_env, struct err *err)
{
	int ends[2];
	pid_t pid;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_KEY, "--key-cmd: cannot make a pipe");
	int code = spawn(&pid, ends[1], argv, usual_env);
	close(ends[1]);
	if (code != 0) {
		close(ends[0]);
		errno = code;
		return err_set_errno(err, ERR_KEY, "--key-cmd: cannot run %s", argv[0]);
	}
	int64_t deadline_ms = clock_now_ms() + COMMAND_MAX_MS;
	bool ok = slurp(c, ends[0], deadline_ms, "--key-cmd", err);
	close(ends[0]);
	int status = reap(pid, ok ? deadline_ms : 0);
	return ok && check_status(status, err);
}

static bool catch_command(struct haul *c, const char *cmd, const char *usual_env, struct err *err)
{
	struct strings words = { 0 };
	bool ok = split_command(&words, cmd, err);
	if (ok) {
		char **argv = xcalloc(words.n + 1, sizeof *argv);
		memcpy(argv, words.items, words.n * sizeof *argv);
		ok = run_command(c, argv, usual_env, err);
		free(argv);
	}
	strings_release(&words);
	return ok;
}

static bool catch_file(struct haul *c, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set_errno(err, ERR_FILE, "--key-file %s: cannot open it", path);
	bool ok = slurp(c, fd, NO_DEADLINE, "--key-file", err);
	close(fd);
	return ok;
}

static bool catch_fd(struct haul *c, int64_t fd, struct err *err)
{
	if (fd > INT32_MAX)
		return err_set(err, ERR_KEY, "--key-fd: there is no such descriptor");
	return slurp(c, (int)fd, NO_DEADLINE, "--key-fd", err);
}

/*
 * A unit of systemd's has its secrets as files in a directory of its own, named as the unit likes:
 * we look for one named as the variable is. Leaves *key as it is if there is none.
 */
static bool read_credential(const char *name, char **key, struct err *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	if (!directory || *directory != '/' || strchr(name, '/'))
		return true;
	char *path = xasprintf("%s/%s", directory, name);
	bool ok = true;
	if (access(path, F_OK) == 0) {
		struct haul *c = xmalloc(sizeof *c);
		c->n = 0;
		ok = catch_file(c, path, err) &&
			check_key((struct span){ .at = c->bytes, .n = c->n }, path, key, err);
		explicit_bzero(c, sizeof *c);
		free(c);
	}
	free(path);
	return ok;
}

/* The first of the usual variables, or credentials of their names, that is there. */
static bool read_usual(const char *names, char **key, struct err *err)
{
	struct span each;
	bool ok = true;
	while (ok && !*key && next_name(&names, &each)) {
		char *name = xmemdup(each.at, each.n);
		const char *value = getenv(name);
		ok = value && *value ? check_key(span_of(value), name, key, err)
				     : read_credential(name, key, err);
		free(name);
	}
	return ok;
}

static bool read_variable(const struct key_opts *opts, char **key, struct err *err)
{
	const char *name = opts->env, *value = getenv(name);
	const char *said = opts->is_of_endpoint ? "key-env=" : "--key-env ";
	if (strcmp(name, "none") == 0)
		return true;
	if (value)
		return check_key(span_of(value), name, key, err);
	return read_credential(name, key, err) &&
		(*key ||
			err_set(err, ERR_KEY,
				"%s%s: there is no such variable" LOG_HELP
				"set it to the key, or give %snone if no key is needed",
				said, name, said));
}

bool keys_read(const struct key_opts *opts, const char *usual_env, char **key, struct err *err)
{
	*key = NULL;
	if (opts->fd < 0 && !opts->file && !opts->cmd) {
		if (opts->env)
			return read_variable(opts, key, err);
		return !usual_env || read_usual(usual_env, key, err);
	}
	struct haul *c = xmalloc(sizeof *c);
	c->n = 0;
	const char *source = opts->fd >= 0 ? "--key-fd" : opts->file ? "--key-file" : "--key-cmd";
	bool ok;
	if (opts->fd >= 0)
		ok = catch_fd(c, opts->fd, err);
	else if (opts->file)
		ok = catch_file(c, opts->file, err);
	else
		ok = catch_command(c, opts->cmd, usual_env, err);
	ok = ok && check_key((struct span){ .at = c->bytes, .n = c->n }, source, key, err);
	explicit_bzero(c, sizeof *c);
	free(c);
	return ok;
}

/* A variable that is set, or else the credential that stands for it. */
static char *variable_or_credential(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? xstrdup(name) : xasprintf("$CREDENTIALS_DIRECTORY/%s", name);
}

/* Goes the way of read_usual. */
static char *usual_source(const char *names)
{
	struct span each;
	char *found = NULL;
	while (!found && next_name(&names, &each)) {
		char *name = xmemdup(each.at, each.n), *key = NULL;
		struct err err;
		if (read_usual(name, &key, &err) && key)
			found = variable_or_credential(name);
		if (key)
			explicit_bzero(key, strlen(key));
		free(key);
		free(name);
	}
	return found ? found : xstrdup("the environment");
}

char *keys_source(const struct key_opts *opts, const char *usual_env)
{
	if (opts->fd >= 0)
		return xasprintf("--key-fd %d", (int)opts->fd);
	if (opts->file)
		return xasprintf("--key-file %s", opts->file);
	if (opts->cmd)
		return xstrdup("--key-cmd");
	return opts->env ? variable_or_credential(opts->env)
			 : usual_source(usual_env ? usual_env : "");
}

/* RFC 9110, 5.6.2: what names are made of. */
static bool is_token_byte(char c)
{
	bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
	return is_letter || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool begins(struct span text, const char *with)
{
	size_t n = strlen(with);
	return text.n >= n && strncasecmp(text.at, with, n) == 0;
}

static bool ends(struct span text, const char *with)
{
	size_t n = strlen(with);
	return text.n >= n && strncasecmp(text.at + text.n - n, with, n) == 0;
}

static bool is_name(struct span text, const char *name)
{
	return text.n == strlen(name) && begins(text, name);
}

/* Cuts a header line into its name and its value, which is empty if there is no colon. */
static void cut_header(const char *line, struct span *name, struct span *value)
{
	const char *colon = strchr(line, ':');
	*name = (struct span){ .at = line, .n = colon ? (size_t)(colon - line) : strlen(line) };
	*value = span_of(colon ? colon + 1 + strspn(colon + 1, " \t") : line + name->n);
}

bool keys_check_header(const char *line, struct err *err)
{
	struct span name, value;
	cut_header(line, &name, &value);
	for (size_t i = 0; i < name.n; i++)
		if (!is_token_byte(name.at[i]))
			return err_set(err, ERR_USAGE,
				"a header is written 'Name: value', and byte %zu is not of a name",
				i + 1);
	if (name.n == 0 || line[name.n] != ':')
		return err_set(err, ERR_USAGE, "a header is written 'Name: value'");
	for (const char *at = line + name.n + 1; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return err_set(err, ERR_USAGE,
				"header %.*s: its value has a line end or control character in it",
				(int)name.n, name.at);
	if (value.n == 0)
		return err_set(
			err, ERR_USAGE, "header %.*s: it has no value", (int)name.n, name.at);
	if (is_name(name, "Content-Length") || is_name(name, "Transfer-Encoding"))
		return err_set(
			err, ERR_USAGE, "header %.*s: pllm sets it itself", (int)name.n, name.at);
	return true;
}

bool keys_looks_secret(const char *line)
{
	static const char *const names[] = { "Authorization", "Proxy-Authorization", "Cookie" };
	static const char *const name_ends[] = { "api-key", "apikey", "-token", "-secret", "-key" };
	static const char *const value_starts[] = { "Bearer ", "Basic ", "sk-", "gsk_", "ghp_",
		"hf_", "xai-", "AIza", "AKIA" };
	struct span name, value;
	cut_header(line, &name, &value);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is_name(name, names[i]))
			return true;
	for (size_t i = 0; i < sizeof name_ends / sizeof *name_ends; i++)
		if (ends(name, name_ends[i]))
			return true;
	for (size_t i = 0; i < sizeof value_starts / sizeof *value_starts; i++)
		if (begins(value, value_starts[i]))
			return true;
	return false;
}
