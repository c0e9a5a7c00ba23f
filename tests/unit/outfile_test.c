/* SPDX-License-Identifier: MIT */
#include "io/outfile.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A directory of the test's own, and the paths in it; the current directory is not touched. */
struct place {
	char dir[64];
	char *file;
	char *partial;
};

static void enter(struct place *p)
{
	*p = (struct place){ .dir = "/tmp/pllm-outfile-XXXXXX" };
	CHECK(mkdtemp(p->dir) != NULL);
	p->file = xasprintf("%s/out", p->dir);
	p->partial = xasprintf("%s/out.partial", p->dir);
}

static void leave(struct place *p)
{
	unlink(p->file);
	unlink(p->partial);
	CHECK_INT(rmdir(p->dir), 0);
	free(p->file);
	free(p->partial);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (CHECK(f != NULL)) {
		fputs(text, f);
		fclose(f);
	}
}

/* The file's first bytes, in static memory; NULL if it cannot be read. */
static const char *get_file(const char *path)
{
	static char text[100];
	FILE *f = fopen(path, "r");
	if (!f)
		return NULL;
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	return text;
}

TEST("a committed file appears whole under its name, and the partial one is gone")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	CHECK(outfile_open(&f, p.file, &err));
	CHECK_STR(f.path, p.file);
	CHECK_STR(f.partial, p.partial);
	CHECK(outfile_write(&f, SPAN("one\n")));
	CHECK(outfile_write(&f, SPAN("two\n")));
	CHECK(get_file(p.file) == NULL);
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
	CHECK_STR(get_file(p.file), "one\ntwo\n");
	CHECK(get_file(p.partial) == NULL);
	leave(&p);
}

TEST("without commit the file is as it was and the partial one stays")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	put_file(p.file, "old");
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_write(&f, SPAN("new")));
	outfile_release(&f);
	CHECK_STR(get_file(p.file), "old");
	CHECK_STR(get_file(p.partial), "new");
	leave(&p);
}

TEST("a leftover of an earlier run is emptied first")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	put_file(p.partial, "a long leftover");
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_write(&f, SPAN("x")));
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
	CHECK_STR(get_file(p.file), "x");
	leave(&p);
}

TEST("a run that comes to nothing leaves what an earlier one left, and nothing of its own")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	put_file(p.partial, "paid for");
	CHECK(outfile_open(&f, p.file, &err));
	outfile_release(&f);
	CHECK_STR(get_file(p.partial), "paid for");
	CHECK_INT(unlink(p.partial), 0);
	CHECK(outfile_open(&f, p.file, &err));
	CHECK_STR(get_file(p.partial), "");
	outfile_release(&f);
	CHECK(get_file(p.partial) == NULL);
	leave(&p);
}

TEST("what is refused to a second run is not taken away from the first")
{
	struct place p;
	struct outfile first, second;
	struct err err = { 0 };
	enter(&p);
	CHECK(outfile_open(&first, p.file, &err));
	CHECK(!outfile_open(&second, p.file, &err));
	CHECK_STR(get_file(p.partial), "");
	CHECK(outfile_write(&first, SPAN("x")));
	CHECK(outfile_commit(&first, &err));
	outfile_release(&first);
	CHECK_STR(get_file(p.file), "x");
	leave(&p);
}

TEST("from outfile_begin on the partial file is this run's")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	put_file(p.partial, "a leftover");
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_begin(&f));
	CHECK_STR(get_file(p.partial), "");
	outfile_release(&f);
	CHECK(get_file(p.partial) == NULL);
	leave(&p);
}

TEST("a result of no bytes is not what an earlier run left")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	put_file(p.partial, "a leftover");
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
	CHECK_STR(get_file(p.file), "");
	leave(&p);
}

TEST("an existing file's permissions are kept")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	struct stat st;
	enter(&p);
	put_file(p.file, "secret");
	CHECK_INT(chmod(p.file, 0640), 0);
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
	CHECK_INT(stat(p.file, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	leave(&p);
}

TEST("a symbolic link to a file stays a link, and its file is replaced")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	struct stat st;
	enter(&p);
	char *link = xasprintf("%s/link", p.dir);
	put_file(p.file, "old");
	CHECK_INT(symlink("out", link), 0);
	CHECK(outfile_open(&f, link, &err));
	CHECK(outfile_write(&f, SPAN("new")));
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
	CHECK_INT(lstat(link, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_STR(get_file(p.file), "new");
	unlink(link);
	free(link);
	leave(&p);
}

TEST("a link planted under the partial name is not followed")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	char *victim = xasprintf("%s/victim", p.dir);
	put_file(victim, "mine");
	CHECK_INT(symlink("victim", p.partial), 0);
	CHECK(!outfile_open(&f, p.file, &err));
	CHECK_INT(err.kind, ERR_FILE);
	CHECK_INT(f.fd, -1);
	CHECK_STR(get_file(victim), "mine");
	unlink(victim);
	CHECK(!outfile_open(&f, p.file, &err));
	CHECK(access(victim, F_OK) < 0);
	free(victim);
	leave(&p);
}

TEST("a pipe under the partial name is refused, not waited for")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	CHECK_INT(mkfifo(p.partial, 0600), 0);
	CHECK(!outfile_open(&f, p.file, &err));
	CHECK_INT(err.kind, ERR_FILE);
	leave(&p);
}

TEST("of two that would write the same file the second is refused, and the first is not harmed")
{
	struct place p;
	struct outfile first, second;
	struct err err = { 0 };
	enter(&p);
	CHECK(outfile_open(&first, p.file, &err));
	CHECK(outfile_write(&first, SPAN("first")));
	CHECK(!outfile_open(&second, p.file, &err));
	CHECK_INT(err.kind, ERR_FILE);
	outfile_release(&second);
	CHECK(outfile_commit(&first, &err));
	outfile_release(&first);
	CHECK_STR(get_file(p.file), "first");
	CHECK(outfile_open(&second, p.file, &err));
	outfile_release(&second);
	leave(&p);
}

TEST("what is no regular file is written directly")
{
	struct outfile f;
	struct err err = { 0 };
	CHECK(outfile_open(&f, "/dev/null", &err));
	CHECK(f.partial == NULL);
	CHECK(outfile_write(&f, SPAN("gone")));
	CHECK(outfile_commit(&f, &err));
	outfile_release(&f);
}

TEST("a full device fails the write with its errno")
{
	struct outfile f;
	struct err err = { 0 };
	CHECK(outfile_open(&f, "/dev/full", &err));
	CHECK(!outfile_write(&f, SPAN("x")));
	CHECK_INT(errno, ENOSPC);
	CHECK(outfile_write(&f, SPAN("")));
	outfile_release(&f);
}

TEST("nothing, a dash and /dev/stdout are standard output, which is never closed")
{
	static const char *const names[] = { NULL, "-", "/dev/stdout" };
	for (size_t i = 0; i < 3; i++) {
		struct outfile f;
		struct err err = { 0 };
		CHECK(outfile_open(&f, names[i], &err));
		CHECK_INT(f.fd, STDOUT_FILENO);
		CHECK_STR(f.path, "standard output");
		CHECK(f.partial == NULL);
		CHECK(outfile_commit(&f, &err));
		outfile_release(&f);
		CHECK_INT(f.fd, -1);
		CHECK(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
	}
}

TEST("a file that cannot be made is a usage error with its name")
{
	struct outfile f;
	struct err err = { 0 };
	CHECK(!outfile_open(&f, "/nonexistent/dir/out", &err));
	CHECK_INT(err.kind, ERR_FILE);
	CHECK_STR(err.msg, "cannot write /nonexistent/dir/out.partial: No such file or directory");
	CHECK(f.path == NULL);
	CHECK(!outfile_open(&f, "/tmp", &err));
	CHECK_STR(err.msg, "cannot write /tmp: Is a directory");
}

TEST("a rename that fails is said, and the partial file is named and kept")
{
	struct place p;
	struct outfile f;
	struct err err = { 0 };
	enter(&p);
	CHECK(outfile_open(&f, p.file, &err));
	CHECK(outfile_write(&f, SPAN("data")));
	CHECK_INT(mkdir(p.file, 0700), 0);
	CHECK(!outfile_commit(&f, &err));
	CHECK_INT(err.kind, ERR_OUTPUT);
	CHECK(strstr(err.msg, p.partial) != NULL);
	outfile_release(&f);
	CHECK_STR(get_file(p.partial), "data");
	CHECK_INT(rmdir(p.file), 0);
	leave(&p);
}

TEST("a pipe made non-blocking by somebody else still takes all the bytes")
{
	int ends[2];
	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	pid_t pid = fork();
	if (pid == 0) {
		/* reads slowly enough to fill the pipe: a byte count, then a status */
		size_t n = 0;
		char bytes[3000];
		close(ends[1]);
		fcntl(ends[0], F_SETFL, 0);
		for (ssize_t got; (got = read(ends[0], bytes, sizeof bytes)) > 0;)
			n += (size_t)got;
		_exit(n == 300000 ? 0 : 1);
	}
	close(ends[0]);
	struct outfile f = { .fd = ends[1] };
	char *bytes = xcalloc(300000, 1);
	CHECK(outfile_write(&f, (struct span){ .at = bytes, .n = 300000 }));
	free(bytes);
	close(ends[1]);
	int status = -1;
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

/* A terminal that changes no byte; what it gets is gathered by a thread, for it holds little. */
struct screen {
	int master, slave;
	char name[64]; /* of the slave */
	pthread_t thread;
	struct buf text;
};

static void *gather(void *arg)
{
	struct screen *s = arg;
	char piece[4096];
	ssize_t n;
	/* A NUL is the end: what is shown has none. */
	while ((n = read(s->master, piece, sizeof piece)) > 0 && piece[n - 1] != '\0')
		buf_put(&s->text, piece, (size_t)n);
	if (n > 0)
		buf_put(&s->text, piece, (size_t)n - 1);
	return NULL;
}

static void screen_start(struct screen *s)
{
	struct termios raw;
	memset(&raw, 0, sizeof raw);
	cfmakeraw(&raw);
	if (!CHECK(openpty(&s->master, &s->slave, s->name, &raw, NULL) == 0))
		abort();
	buf_init(&s->text, 1 << 20);
	pthread_create(&s->thread, NULL, gather, s);
}

/* Nothing more is written: then the text is all there. */
static void screen_end(struct screen *s)
{
	CHECK(write(s->slave, "", 1) == 1);
	pthread_join(s->thread, NULL);
	close(s->master);
	close(s->slave);
}

/* Opens what the name stands for, writes the text, and closes. */
static void write_to(const char *name, struct span text)
{
	struct outfile f;
	struct err err;
	if (CHECK(outfile_open(&f, name, &err)))
		CHECK(outfile_write(&f, text));
	outfile_release(&f);
}

TEST("a terminal is shown the controls that a file gets")
{
	static const char text[] = "a\x1b]0;b\x07\tc\xc2\x9b\xff\xe2\x80\xae\n";
	struct place p;
	struct screen s;
	screen_start(&s);
	write_to(s.name, span_of(text));
	screen_end(&s);
	CHECK_MEM(s.text.data, s.text.len, "a\\u001b]0;b\\u0007\tc\\u009b\\xff\\u202e\n");
	buf_release(&s.text);
	enter(&p);
	write_to(p.file, span_of(text));
	CHECK_STR(get_file(p.partial), text);
	leave(&p);
}

TEST("however much a terminal is sent, no character is taken for bytes that are none")
{
	struct screen s;
	struct buf text;
	screen_start(&s);
	buf_init(&text, 1 << 20);
	buf_put_str(&text, "shifted");
	for (int i = 0; i < 30000; i++)
		buf_put_str(&text, i % 5 ? "\xf0\x9f\x98\x80" : "\xe2\x82\xac");
	buf_put_char(&text, '\n');
	write_to(s.name, buf_span(&text));
	screen_end(&s);
	CHECK(span_equals(buf_span(&s.text), buf_span(&text)));
	buf_release(&text);
	buf_release(&s.text);
}

#define ERASE "\r\x1b[K\x1b[C\x1b[J\r"

TEST("the line at the bottom of a terminal is away while half a line stands there")
{
	struct screen s;
	struct outfile f;
	struct err err;
	int saved = dup(STDERR_FILENO);
	screen_start(&s);
	dup2(s.slave, STDERR_FILENO);
	log_set_status("1 of 9");
	bool ok = outfile_open(&f, s.name, &err) && outfile_write(&f, SPAN("half"));
	log_set_status("2 of 9");
	ok = ok && outfile_write(&f, SPAN("")) && outfile_write(&f, SPAN(" a line\n"));
	log_set_status(NULL);
	outfile_release(&f);
	dup2(saved, STDERR_FILENO);
	close(saved);
	screen_end(&s);
	CHECK(ok);
	CHECK_MEM(s.text.data, s.text.len,
		ERASE "1 of 9\r" ERASE "half a line\n" ERASE "2 of 9\r" ERASE);
	buf_release(&s.text);
}

/* Gives what the screen shows, in static memory, when a message comes behind that output. */
static const char *said_behind(const char *output, bool has_screen)
{
	static char text[200];
	struct screen s;
	struct outfile f;
	struct err err;
	int saved = dup(STDERR_FILENO), elsewhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	screen_start(&s);
	dup2(has_screen ? s.slave : elsewhere, STDERR_FILENO);
	bool ok = outfile_open(&f, s.name, &err) && outfile_write(&f, span_of(output));
	log_say(LOG_ERROR, "one");
	log_say(LOG_ERROR, "two");
	ok = ok && outfile_write(&f, SPAN("after\n"));
	outfile_release(&f);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(elsewhere);
	screen_end(&s);
	CHECK(ok);
	snprintf(text, sizeof text, "%.*s", (int)s.text.len, s.text.data);
	buf_release(&s.text);
	return text;
}

TEST("a message behind half a line on a terminal begins a line of its own")
{
	CHECK_STR(said_behind("half", true), "half\npllm: one\npllm: two\nafter\n");
	CHECK_STR(said_behind("whole\n", true), "whole\npllm: one\npllm: two\nafter\n");
	CHECK_STR(said_behind("half", false), "halfafter\n");
}

TEST("a first line at the bottom of a terminal does not erase half a line that stands there")
{
	struct screen s;
	struct outfile f;
	struct err err;
	int saved = dup(STDERR_FILENO);
	screen_start(&s);
	dup2(s.slave, STDERR_FILENO);
	bool ok = outfile_open(&f, s.name, &err) && outfile_write(&f, SPAN("half"));
	log_set_status("1 of 9");
	log_set_status(NULL);
	ok = ok && outfile_write(&f, SPAN("\n"));
	outfile_release(&f);
	dup2(saved, STDERR_FILENO);
	close(saved);
	screen_end(&s);
	CHECK(ok);
	CHECK_MEM(s.text.data, s.text.len, "half\n");
	buf_release(&s.text);
}
