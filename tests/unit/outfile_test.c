/* SPDX-License-Identifier: MIT */
#include "io/outfile.h"

#include "base/xalloc.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
	CHECK_INT(err.kind, ERR_USAGE);
	CHECK_INT(f.fd, -1);
	CHECK_STR(get_file(victim), "mine");
	unlink(victim);
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
	CHECK_INT(err.kind, ERR_USAGE);
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
	CHECK_INT(err.kind, ERR_USAGE);
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
	CHECK_INT(err.kind, ERR_USAGE);
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
