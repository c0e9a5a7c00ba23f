/* SPDX-License-Identifier: MIT */
#include "io/trace.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "sk-canary-0123456789"
#define STARS "********************"
#define WHEN_MS 1795365600123 /* 2026-11-22T16:40:00.123Z */

/* A directory, a trace in it, and an attempt that it is about. */
struct scene {
	char dir[64];
	char *path;
	struct endpoint endpoint;
	struct attempt attempt;
	struct trace_entry entry;
	struct trace *trace;
	char text[1 << 16]; /* what is in the file */
};

static void put_bytes(struct buf *b, struct span bytes)
{
	buf_init(b, 1 << 20);
	buf_put_span(b, bytes);
}

static void enter(struct scene *s, struct span request, struct span answer)
{
	struct err err;
	*s = (struct scene){ .dir = "/tmp/pllm-trace-XXXXXX" };
	CHECK(mkdtemp(s->dir) != NULL);
	s->path = xasprintf("%s/trace", s->dir);
	s->endpoint.name = xstrdup("https://api.example.com/v1");
	s->endpoint.base = xstrdup("https://api.example.com/v1");
	s->endpoint.url = xstrdup("https://api.example.com/v1/chat/completions");
	endpoint_set_model(&s->endpoint, "m-1");
	endpoint_add_secret(&s->endpoint, KEY);
	attempt_init(&s->attempt, 1 << 20);
	s->attempt.endpoint = &s->endpoint;
	s->attempt.wire = WIRE_COMPLETE;
	s->attempt.status = 200;
	s->attempt.ms = 812;
	s->attempt.first_byte_ms = 640;
	snprintf(s->attempt.request_id, sizeof s->attempt.request_id, "req-1");
	put_bytes(&s->attempt.body, request);
	put_bytes(&s->attempt.answer, answer);
	s->entry = (struct trace_entry){ &s->attempt, WHEN_MS, 7, "draft", 2, "answered" };
	s->trace = trace_open(s->path, &err);
	CHECK(s->trace != NULL);
	trace_begin(s->trace);
}

static void read_text(struct scene *s)
{
	int fd = open(s->path, O_RDONLY);
	ssize_t n = read(fd, s->text, sizeof s->text - 1);
	close(fd);
	s->text[n > 0 ? n : 0] = '\0';
}

static void leave(struct scene *s)
{
	attempt_release(&s->attempt);
	endpoint_release(&s->endpoint);
	unlink(s->path);
	CHECK_INT(rmdir(s->dir), 0);
	free(s->path);
}

/* Writes the entry and reads the file; it must be one line of valid JSON. Then all is over. */
static void write_one(struct scene *s)
{
	struct err err;
	struct span value;
	struct json_fault fault;
	trace_put(s->trace, &s->entry);
	CHECK(trace_close(s->trace, &err));
	read_text(s);
	CHECK(strchr(s->text, '\n') == s->text + strlen(s->text) - 1);
	CHECK(json_scan(span_of(s->text), &value, &fault));
	leave(s);
}

/* What becomes of an answer that the server sends. */
static void check_response(struct span answer, const char *want)
{
	struct scene s;
	enter(&s, SPAN("{}"), answer);
	write_one(&s);
	char *end = xasprintf("\"request\":{},\"response\":%s}\n", want);
	const char *at = strstr(s.text, "\"request\":");
	CHECK_STR(at, end);
	free(end);
}

TEST("an attempt is a line with when, where, how it went, and both bodies as they were")
{
	struct scene s;
	enter(&s, SPAN("{\"model\":\"m-1\",\"temperature\":0.10}"),
		SPAN("{\"choices\":[{\"text\":\"a \\u00e9 b\"}]}"));
	write_one(&s);
	CHECK_STR(s.text,
		"{\"time\":\"2026-11-22T16:40:00.123Z\",\"line\":7,\"step\":\"draft\",\"attempt\":2,"
		"\"endpoint\":\"https://api.example.com/v1\","
		"\"url\":\"https://api.example.com/v1/chat/completions\",\"model\":\"m-1\","
		"\"wire\":\"complete\",\"status\":200,\"outcome\":\"answered\",\"ms\":812,"
		"\"first_byte_ms\":640,\"request_id\":\"req-1\",\"detail\":null,"
		"\"request\":{\"model\":\"m-1\",\"temperature\":0.10},"
		"\"response\":{\"choices\":[{\"text\":\"a \\u00e9 b\"}]}}\n");
}

TEST("what an attempt has not is null")
{
	struct scene s;
	enter(&s, SPAN("{}"), SPAN(""));
	s.attempt.wire = WIRE_NO_CONNECTION;
	s.attempt.status = 0;
	s.attempt.first_byte_ms = -1;
	s.attempt.request_id[0] = '\0';
	s.attempt.detail = xstrdup("Could not resolve host: \"x\"");
	s.attempt.path = xstrdup("/v2/x");
	s.endpoint.query = xstrdup("?api-version=1");
	endpoint_set_model(&s.endpoint, NULL);
	s.entry.line = 0;
	s.entry.step = NULL;
	write_one(&s);
	free(s.attempt.path);
	CHECK(strstr(s.text, "\"line\":null,\"step\":null,\"attempt\":2,"));
	CHECK(strstr(s.text, "\"url\":\"https://api.example.com/v1/v2/x?api-version=1\","));
	CHECK(strstr(s.text, "\"model\":null,\"wire\":\"no_connection\",\"status\":null,"));
	CHECK(strstr(s.text, "\"first_byte_ms\":null,\"request_id\":null,"));
	CHECK(strstr(s.text, "\"detail\":\"Could not resolve host: \\\"x\\\"\","));
	CHECK(strstr(s.text, "\"response\":null}"));
}

TEST("an answer of many lines becomes one, its strings untouched")
{
	check_response(SPAN("{\n  \"a\": [ 1,\r\n 2 ],\n\t\"b\": \"x  \\n y\"\n}\n"),
		"{\"a\":[1,2],\"b\":\"x  \\n y\"}");
}

TEST("an answer that is no JSON is a string, whatever its bytes are")
{
	check_response(SPAN("<html>\n\"no\"\t\x01\x7f</html>"),
		"\"<html>\\n\\\"no\\\"\\t\\u0001\x7f</html>\"");
	check_response(SPAN("data: {\"a\":1}\n\ndata: [DONE]\n\n"),
		"\"data: {\\\"a\\\":1}\\n\\ndata: [DONE]\\n\\n\"");
	check_response(
		SPAN("a\0b\xff\xfe\xc3"), "\"a\\u0000b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	check_response(SPAN("{\"a\":1"), "\"{\\\"a\\\":1\"");
	check_response(SPAN("{\"a\":1}{}"), "\"{\\\"a\\\":1}{}\"");
	check_response(SPAN("\"\xff\""), "\"\\\"\xef\xbf\xbd\\\"\"");
}

TEST("an answer that its reader gives up is there if it was seen before, and only once")
{
	struct scene s;
	enter(&s, SPAN("{}"), SPAN("data: 1\n\n"));
	trace_see(s.trace, &s.attempt);
	buf_release(&s.attempt.answer);
	trace_put(s.trace, &s.entry);
	trace_put(s.trace, &s.entry);
	CHECK(trace_close(s.trace, NULL));
	read_text(&s);
	const char *second = strchr(s.text, '\n');
	const char *at = strstr(s.text, "\"response\":\"data: 1\\n\\n\"}\n");
	CHECK(at && at < second);
	CHECK(strstr(second, "\"response\":null}\n"));
	leave(&s);
}

TEST("half a character in JSON is mended, for readers refuse it")
{
	check_response(SPAN("[\"\\ud83d\"]"), "[\"\\ufffd\"]");
}

TEST("a key is in no part of a line")
{
	struct scene s;
	enter(&s, SPAN("{\"prompt\":\"my key is " KEY "\"}"),
		SPAN("{\"error\":\"bad key " KEY "\"}"));
	s.attempt.detail = xstrdup("saw " KEY);
	snprintf(s.attempt.request_id, sizeof s.attempt.request_id, "%s", KEY);
	s.attempt.path = xstrdup("/x?key=" KEY);
	write_one(&s);
	free(s.attempt.path);
	CHECK(!strstr(s.text, "canary"));
	CHECK(strstr(s.text,
		"\"request\":{\"prompt\":\"my key is " STARS "\"},"
		"\"response\":{\"error\":\"bad key " STARS "\"}}"));
}

TEST("a body with a key behind escapes is left out")
{
	check_response(SPAN("{\"error\":\"\\u0073k-canary-0123456789\"}"),
		"\"left out: it repeats a key, behind escapes\"");
	check_response(SPAN("no JSON: \\u0073k-canary-0123456789"),
		"\"left out: it repeats a key, behind escapes\"");
}

TEST("a secret that looks like JSON does not break the line")
{
	struct scene s;
	enter(&s, SPAN("{\"aaa\":\"bbb\"}"), SPAN("[{\"aaa\":\"bbb\"},1]"));
	endpoint_add_secret(&s.endpoint, "aaa\":\"bbb");
	write_one(&s);
	CHECK(strstr(s.text,
		"\"request\":\"{\\\"*********\\\"}\","
		"\"response\":\"[{\\\"*********\\\"},1]\"}"));
}

TEST("times are right on leap days and at the ends of years")
{
	static const struct {
		int64_t ms;
		const char *text;
	} all[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -5, "1970-01-01T00:00:00.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1709251199999, "2024-02-29T23:59:59.999Z" },
		{ 1767225599001, "2025-12-31T23:59:59.001Z" },
		{ 4107542400000, "2100-03-01T00:00:00.000Z" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct scene s;
		enter(&s, SPAN("{}"), SPAN("{}"));
		s.entry.wall_ms = all[i].ms;
		s.attempt.first_byte_ms = 0;
		write_one(&s);
		CHECK(strstr(s.text, "\"first_byte_ms\":0,"));
		CHECK_MEM(s.text + strlen("{\"time\":\""), 24, all[i].text);
	}
}

TEST("every way an exchange can end has a name")
{
	for (int wire = WIRE_COMPLETE; wire <= WIRE_CANCELLED; wire++) {
		struct scene s;
		enter(&s, SPAN("{}"), SPAN("{}"));
		s.attempt.wire = (enum wire)wire;
		write_one(&s);
		CHECK(!strstr(s.text, "\"wire\":null"));
	}
}

TEST("a trace is its owner's alone, and what was in it goes")
{
	struct scene s;
	struct stat st;
	struct err err;
	mode_t mask = umask(0);
	enter(&s, SPAN("{}"), SPAN("{}"));
	umask(mask);
	CHECK(stat(s.path, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	trace_put(s.trace, &s.entry);
	CHECK(trace_close(s.trace, &err));
	s.trace = trace_open(s.path, &err);
	CHECK(s.trace != NULL);
	CHECK(stat(s.path, &st) == 0);
	CHECK(st.st_size > 0); /* the run may not come about */
	trace_begin(s.trace);
	CHECK(trace_close(s.trace, NULL));
	CHECK(stat(s.path, &st) == 0);
	CHECK_INT(st.st_size, 0);
	leave(&s);
}

/* Nobody's trace: refused with these words, and what is there stays. */
static void check_refused(const char *path, const char *words)
{
	struct err err = { 0 };
	struct trace *t = trace_open(path, &err);
	if (!CHECK(t == NULL))
		trace_close(t, NULL);
	CHECK_INT(err.kind, ERR_FILE);
	if (!CHECK(strstr(err.msg, words)))
		CHECK_STR(err.msg, words);
}

TEST("a trace is not written where others read, or where a link leads")
{
	struct scene s;
	struct stat st;
	enter(&s, SPAN("{}"), SPAN("{}"));
	check_refused(s.path, "another run");
	trace_put(s.trace, &s.entry);
	CHECK(trace_close(s.trace, NULL));
	CHECK_INT(chmod(s.path, 0640), 0);
	check_refused(s.path, "chmod 600");
	CHECK_INT(chmod(s.path, 0604), 0);
	check_refused(s.path, "chmod 600");
	CHECK_INT(chmod(s.path, 0600), 0);
	char *other = xasprintf("%s/other", s.dir);
	CHECK_INT(symlink(s.path, other), 0);
	check_refused(other, "is a link");
	CHECK_INT(unlink(other), 0);
	CHECK_INT(link(s.path, other), 0);
	check_refused(other, "second name");
	CHECK_INT(unlink(other), 0);
	CHECK_INT(mkfifo(other, 0600), 0);
	check_refused(other, "cannot write");
	int reader = open(other, O_RDONLY | O_NONBLOCK);
	check_refused(other, "no regular file");
	close(reader);
	CHECK_INT(unlink(other), 0);
	/* Only root can give a file away, and could write to it. */
	if (geteuid() == 0) {
		CHECK_INT(chown(s.path, 1, (gid_t)-1), 0);
		check_refused(s.path, "another user's");
		CHECK_INT(chown(s.path, 0, (gid_t)-1), 0);
	}
	check_refused(s.dir, "cannot write");
	check_refused("/dev/null", "no regular file");
	check_refused("/nowhere/trace", "cannot write");
	CHECK(stat(s.path, &st) == 0 && st.st_size > 0);
	free(other);
	leave(&s);
}

/*
 * A disk with room for `room` bytes; in a process of its own. Gives how many warnings there were.
 */
static int fill_disk(struct scene *s, rlim_t room)
{
	struct err err = { 0 };
	int out[2];
	char said[1000];
	CHECK_INT(pipe(out), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { room, room };
		dup2(out[1], STDERR_FILENO);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		for (int i = 0; i < 5; i++)
			trace_put(s->trace, &s->entry);
		errno = 0;
		bool closed = trace_close(s->trace, &err);
		_exit(closed || err.kind != ERR_OUTPUT || !strstr(err.msg, s->path) ||
			!strstr(err.msg, "File too large"));
	}
	close(out[1]);
	int status = 0, lines = 0;
	ssize_t n;
	waitpid(pid, &status, 0);
	while ((n = read(out[0], said, sizeof said)) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += said[i] == '\n';
	close(out[0]);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return lines;
}

TEST("a full disk is said once, and leaves whole lines")
{
	struct scene s;
	struct span value;
	struct json_fault fault;
	enter(&s, SPAN("{}"), SPAN("{}"));
	CHECK_INT(fill_disk(&s, 500), 1);
	CHECK(trace_close(s.trace, NULL));
	read_text(&s);
	size_t n = strlen(s.text);
	CHECK(n > 300 && n <= 500);
	CHECK(s.text[n - 1] == '\n');
	CHECK(json_scan(span_of(s.text), &value, &fault));
	leave(&s);
}

TEST("a trace that somebody empties meanwhile goes on at its beginning")
{
	struct scene s;
	enter(&s, SPAN("{}"), SPAN("{}"));
	trace_put(s.trace, &s.entry);
	CHECK_INT(truncate(s.path, 0), 0);
	write_one(&s);
}

TEST("a trace of nothing is closed without a word")
{
	struct err err = { 0 };
	CHECK(trace_close(NULL, &err));
	CHECK_INT(err.kind, ERR_NONE);
}
