/* SPDX-License-Identifier: MIT */
#include "io/keys.h"

#include "base/xalloc.h"
#include "t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL "PLLM_TEST_USUAL_KEY"

/* Reads a key and checks it against want (NULL: none is set); frees it. */
static void check_key(const struct key_opts *opts, const char *want)
{
	char *key = NULL;
	struct err err = { 0 };
	if (CHECK(keys_read(opts, USUAL, &key, &err)))
		CHECK_STR(key, want);
	else
		CHECK_STR(err.msg, "no error");
	free(key);
}

/* Checks that no key can be read and that the message has the words. */
static void check_refused(const struct key_opts *opts, const char *words)
{
	char *key = NULL;
	struct err err = { 0 };
	CHECK(!keys_read(opts, USUAL, &key, &err));
	CHECK(key == NULL);
	CHECK(err.kind == ERR_KEY || err.kind == ERR_FILE);
	if (!CHECK(strstr(err.msg, words) != NULL))
		CHECK_STR(err.msg, words);
	CHECK(strstr(err.msg, "hunter2") == NULL);
}

static void check_command(const char *cmd, const char *want)
{
	struct key_opts o = { .fd = -1, .cmd = xstrdup(cmd) };
	check_key(&o, want);
	free(o.cmd);
}

static void check_command_refused(const char *cmd, const char *words)
{
	struct key_opts o = { .fd = -1, .cmd = xstrdup(cmd) };
	check_refused(&o, words);
	free(o.cmd);
}

TEST("the usual variable is read if it is set and not empty")
{
	const struct key_opts none = { .fd = -1 };
	unsetenv(USUAL);
	check_key(&none, NULL);
	setenv(USUAL, "", 1);
	check_key(&none, NULL);
	setenv(USUAL, "sk-1", 1);
	check_key(&none, "sk-1");
	setenv(USUAL, "sk-1\n", 1);
	check_key(&none, "sk-1");
	unsetenv(USUAL);
}

TEST("an API without a usual variable has no key unless one is given")
{
	const struct key_opts none = { .fd = -1 };
	char *key = xstrdup("x");
	struct err err;
	free(key);
	CHECK(keys_read(&none, NULL, &key, &err));
	CHECK(key == NULL);
}

TEST("a variable named by the user must be there and hold a key")
{
	char name[] = "PLLM_TEST_OTHER_KEY", no[] = "none";
	struct key_opts o = { .fd = -1, .env = name };
	char *key;
	struct err err;
	unsetenv(name);
	setenv(USUAL, "wrong", 1);
	check_refused(&o, "--key-env PLLM_TEST_OTHER_KEY: there is no such variable" LOG_HELP);
	o.is_of_endpoint = true;
	check_refused(&o, "key-env=PLLM_TEST_OTHER_KEY: there is no such variable" LOG_HELP);
	CHECK(!keys_read(&o, USUAL, &key, &err) && strncmp(err.msg, "key-env=", 8) == 0);
	setenv(name, "", 1);
	check_refused(&o, "empty");
	setenv(name, "sk-2", 1);
	check_key(&o, "sk-2");
	o.env = no;
	check_key(&o, NULL);
	unsetenv(name);
	unsetenv(USUAL);
}

TEST("a key that no header may carry is refused without showing it")
{
	static const char *const keys[] = { "hunter2 hunter2", "hunter2\nX: y", "hunter2\r\n\r\n",
		"hunter2\t", "hunter2\x7f", "hunter2\xc3\xa9", " hunter2" };
	const struct key_opts none = { .fd = -1 };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		setenv(USUAL, keys[i], 1);
		check_refused(&none, USUAL);
	}
	unsetenv(USUAL);
}

TEST("a key is read from a file, one line end taken off")
{
	static const struct {
		const char *text, *key;
	} cases[] = {
		{ "sk-3", "sk-3" },
		{ "sk-3\n", "sk-3" },
		{ "sk-3\r\n", "sk-3" },
		{ "sk-3\n\n", NULL },
		{ "\n", NULL },
		{ "", NULL },
	};
	char path[] = "/tmp/pllm-key-XXXXXX";
	int fd = mkstemp(path);
	struct key_opts o = { .fd = -1, .file = path };
	setenv(USUAL, "wrong", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].text);
		CHECK_INT(ftruncate(fd, 0), 0);
		CHECK_INT(pwrite(fd, cases[i].text, n, 0), n);
		if (cases[i].key)
			check_key(&o, cases[i].key);
		else
			check_refused(&o, "--key-file");
	}
	CHECK_INT(ftruncate(fd, 1 << 20), 0);
	check_refused(&o, "that is no key");
	close(fd);
	unlink(path);
	check_refused(&o, "No such file");
	unsetenv(USUAL);
}

TEST("a key is read from a descriptor, before any other source")
{
	int ends[2];
	char file[] = "/nonexistent", cmd[] = "false";
	CHECK_INT(pipe(ends), 0);
	CHECK_INT(write(ends[1], "sk-4\n", 5), 5);
	close(ends[1]);
	struct key_opts o = { .fd = ends[0], .file = file, .cmd = cmd };
	check_key(&o, "sk-4");
	close(ends[0]);
	check_refused(&o, "Bad file descriptor");
	o.fd = INT64_C(1) << 40;
	check_refused(&o, "--key-fd");
}

TEST("a command's output is the key; spaces and quotes split its words, and no shell is asked")
{
	check_command("echo sk-5", "sk-5");
	check_command("  printf   sk-%s\\n   5  ", "sk-5");
	check_command("printf '%s' \"$HOME\"", "$HOME");
	check_command("printf %s 'a'\"'\"b", "a'b");
	check_command("printf %s%s '' x", "x");
	check_command("printf %s a;echo", "a;echo");
	check_command("sh -c 'printf %s sk-6'", "sk-6");
}

TEST("a command that fails, says nothing, says too much or is none is refused")
{
	check_command_refused("", "there is no command");
	check_command_refused("   ", "there is no command");
	check_command_refused("echo 'a", "quote");
	check_command_refused("false", "exit code 1");
	check_command_refused("sh -c 'echo hunter2; exit 3'", "exit code 3");
	check_command_refused("sh -c 'kill -9 $$'", "signal 9");
	check_command_refused("true", "empty");
	check_command_refused("echo hunter2 hunter2", "byte 8");
	check_command_refused("/nonexistent/tool hunter3", "cannot run /nonexistent/tool");
	check_command_refused("head -c 200000 /dev/zero", "that is no key");
}

TEST("a command that never stops talking is ended")
{
	check_command_refused("yes hunter2", "that is no key");
}

TEST("a command sees an empty stdin, and not the usual key variable")
{
	setenv(USUAL, "hunter2", 1);
	check_command("sh -c 'printf %s ${" USUAL ":-unset}'", "unset");
	check_command("sh -c 'cat; printf end'", "end");
	unsetenv(USUAL);
}

TEST("a command has the usual SIGPIPE even where pllm ignores it")
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	sigaction(SIGPIPE, &ignore, &before);
	check_command_refused("sh -c 'kill -PIPE $$; echo survived'", "signal 13");
	sigaction(SIGPIPE, &before, NULL);
}

TEST("header lines must be a name, a colon and a value")
{
	static const struct {
		const char *line;
		bool ok;
	} cases[] = {
		{ "X-Title: my app", true },
		{ "X-Title:my app", true },
		{ "x_y!#$%&'*+-.^`|~9: v", true },
		{ "X-Utf: caf\xc3\xa9", true },
		{ "", false },
		{ ": v", false },
		{ "X-Title", false },
		{ "X-Title:", false },
		{ "X-Title:   ", false },
		{ "X Title: v", false },
		{ "X-Title : v", false },
		{ "X-T\xc3\xa9: v", false },
		{ "X-(T): v", false },
		{ "X-Title: a\r\nHost: evil", false },
		{ "X-Title: a\nb", false },
		{ "X-Title: a\rb", false },
		{ "X-Title: a\tb", false },
		{ "X-Title: a\x7f", false },
		{ "X-Title: a\x1b[2J", false },
		{ "X-Title\r\nA: b", false },
		{ "Content-Length: 3", false },
		{ "transfer-encoding: chunked", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		if (!CHECK_INT(keys_check_header(cases[i].line, &err), cases[i].ok))
			CHECK_STR(cases[i].line, "this one");
		CHECK_INT(err.kind, cases[i].ok ? ERR_NONE : ERR_USAGE);
	}
}

TEST("a refused header's value is not quoted")
{
	struct err err = { 0 };
	CHECK(!keys_check_header("Authorization: Bearer hunter2\x01", &err));
	CHECK(strstr(err.msg, "hunter2") == NULL);
	CHECK(strstr(err.msg, "Authorization") != NULL);
	CHECK(!keys_check_header("hunter2 hunter2", &err));
	CHECK(strstr(err.msg, "hunter2") == NULL);
}

TEST("headers that look like secrets are told from those that do not")
{
	static const struct {
		const char *line;
		bool is_secret;
	} cases[] = {
		{ "Authorization: x", true },
		{ "authorization:x", true },
		{ "Proxy-Authorization: x", true },
		{ "Cookie: a=b", true },
		{ "api-key: x", true },
		{ "X-Api-Key: x", true },
		{ "apikey: x", true },
		{ "X-Auth-Token: x", true },
		{ "X-Client-Secret: x", true },
		{ "Ocp-Apim-Subscription-Key: x", true },
		{ "X-Whatever: sk-abc", true },
		{ "X-Whatever: bearer abc", true },
		{ "X-Whatever:\tghp_abc", true },
		{ "X-Whatever: AKIAABCDEFGH", true },
		{ "HTTP-Referer: https://example.com", false },
		{ "X-Title: my app", false },
		{ "OpenAI-Organization: org-1", false },
		{ "X-Title: a task-list", false },
		{ "X-Title: skip", false },
		{ "X-Keyboard: us", false },
		{ "X-Title", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(keys_looks_secret(cases[i].line), cases[i].is_secret))
			CHECK_STR(cases[i].line, "this one");
}

TEST("of several usual variables the first that is set counts, and a command sees none of them")
{
	struct key_opts opts = { .fd = -1 };
	char *key = NULL;
	struct err err;
	setenv(USUAL "_2", "second", 1);
	CHECK(keys_read(&opts, USUAL " " USUAL "_2", &key, &err));
	CHECK_STR(key, "second");
	free(key);
	setenv(USUAL, "first", 1);
	CHECK(keys_read(&opts, USUAL " " USUAL "_2", &key, &err));
	CHECK_STR(key, "first");
	free(key);
	opts.cmd = (char[]){ "sh -c 'echo x$" USUAL "$" USUAL "_2'" };
	CHECK(keys_read(&opts, USUAL " " USUAL "_2", &key, &err));
	CHECK_STR(key, "x");
	free(key);
	unsetenv(USUAL);
	unsetenv(USUAL "_2");
}

TEST("for want of the variable, systemd's credential of its name is the key")
{
	char directory[] = "/tmp/pllm-keys-XXXXXX";
	struct key_opts opts = { .fd = -1 };
	CHECK(mkdtemp(directory) != NULL);
	char *path = xasprintf("%s/" USUAL, directory);
	FILE *f = fopen(path, "w");
	CHECK(f != NULL && fputs("secret\n", f) >= 0);
	fclose(f);
	check_key(&opts, NULL);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	check_key(&opts, "secret");
	opts.env = (char[]){ USUAL };
	check_key(&opts, "secret");
	setenv(USUAL, "variable", 1);
	check_key(&opts, "variable");
	unsetenv(USUAL);
	opts.env = (char[]){ "../" USUAL };
	check_refused(&opts, "no such variable");
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(path);
	rmdir(directory);
	free(path);
}

static void check_source(const struct key_opts *opts, const char *want)
{
	char *source = keys_source(opts, USUAL " " USUAL "_2");
	CHECK_STR(source, want);
	free(source);
}

TEST("where a key is from is said as keys_read finds it, a command without its words")
{
	char file[] = "/run/key", command[] = "pass show hunter2", name[] = USUAL "_3";
	check_source(&(struct key_opts){ .fd = 7, .file = file, .cmd = command }, "--key-fd 7");
	check_source(&(struct key_opts){ .fd = -1, .file = file, .cmd = command },
		"--key-file /run/key");
	check_source(&(struct key_opts){ .fd = -1, .cmd = command }, "--key-cmd");
	setenv(name, "hunter2", 1);
	check_source(&(struct key_opts){ .fd = -1, .env = name }, name);
	unsetenv(name);
	check_source(
		&(struct key_opts){ .fd = -1, .env = name }, "$CREDENTIALS_DIRECTORY/" USUAL "_3");
	setenv(USUAL, "", 1);
	setenv(USUAL "_2", "hunter2", 1);
	check_source(&(struct key_opts){ .fd = -1 }, USUAL "_2");
	setenv(USUAL, "hunter2", 1);
	check_source(&(struct key_opts){ .fd = -1 }, USUAL);
	unsetenv(USUAL);
	unsetenv(USUAL "_2");
}
