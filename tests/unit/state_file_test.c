/* SPDX-License-Identifier: MIT */
#include "io/state_file.h"

#include "t.h"

#include "base/xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of a test's own, which it is in. */
struct place {
	char dir[40];
};

static void start(struct place *p)
{
	*p = (struct place){ .dir = "/tmp/pllm-unit-XXXXXX" };
	CHECK(mkdtemp(p->dir) && chdir(p->dir) == 0);
}

/* Removes it; gives how many files there were. */
static int end(struct place *p)
{
	int n = 0;
	DIR *d = opendir(".");
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += unlink(e->d_name) == 0;
	closedir(d);
	CHECK(chdir("/") == 0 && rmdir(p->dir) == 0);
	return n;
}

static void check_holds(const char *path, const char *want)
{
	struct buf b;
	buf_init(&b, 1000);
	CHECK(state_file_read(path, &b));
	buf_put_char(&b, '\0');
	CHECK_STR(b.data, want);
	buf_release(&b);
}

TEST("it is made, replaced and read, and nothing else is left")
{
	struct place p;
	struct err err;
	struct stat st;
	start(&p);
	mode_t mask = umask(027);
	CHECK(state_file_check("f", &err));
	CHECK(state_file_replace("f", SPAN("one"), &err));
	check_holds("f", "one");
	CHECK(stat("f", &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0640);
	CHECK(chmod("f", 0604) == 0);
	CHECK(state_file_replace("f", SPAN("another"), &err));
	check_holds("f", "another");
	CHECK(stat("f", &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0604);
	umask(mask);
	CHECK_INT(end(&p), 1);
}

TEST("who holds the old one open goes on seeing all of it")
{
	struct place p;
	struct err err;
	char text[10] = "";
	start(&p);
	CHECK(state_file_replace("f", SPAN("old"), &err));
	int fd = open("f", O_RDONLY);
	CHECK(state_file_replace("f", SPAN("new one"), &err));
	CHECK_INT(read(fd, text, sizeof text), 3);
	CHECK_STR(text, "old");
	close(fd);
	CHECK_INT(end(&p), 1);
}

TEST("a link stands for the file")
{
	struct place p;
	struct err err;
	struct stat st;
	start(&p);
	CHECK(symlink("f", "link") == 0);
	CHECK(state_file_replace("f", SPAN("one"), &err));
	CHECK(state_file_replace("link", SPAN("two"), &err));
	check_holds("f", "two");
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK_INT(end(&p), 2);
}

TEST("a link to what is not there yet stands for it, too")
{
	struct place p;
	struct err err;
	struct stat st;
	start(&p);
	char *whole = xasprintf("%s/f", p.dir);
	CHECK(mkdir("d", 0700) == 0 && symlink("../link", "d/first") == 0);
	CHECK(symlink(whole, "link") == 0);
	CHECK(state_file_check("d/first", &err));
	CHECK(state_file_replace("d/first", SPAN("one"), &err));
	check_holds("f", "one");
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(lstat("d/first", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(unlink("d/first") == 0 && rmdir("d") == 0);
	free(whole);
	CHECK_INT(end(&p), 2);
}

TEST("links that lead nowhere stay as they are, and that is known beforehand")
{
	struct place p;
	struct err err;
	struct stat st;
	start(&p);
	CHECK(symlink("b", "a") == 0 && symlink("a", "b") == 0 && symlink("no/such/f", "c") == 0);
	CHECK(!state_file_check("a", &err));
	CHECK_STR(err.msg, "cannot write a: Too many levels of symbolic links");
	CHECK(!state_file_check("c", &err));
	CHECK(!state_file_replace("a", SPAN("x"), &err));
	CHECK(!state_file_replace("c", SPAN("x"), &err));
	state_file_unlock(state_file_lock("a"));
	CHECK(lstat("a", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(lstat("c", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK_INT(end(&p), 3);
}

TEST("who is done with a file lets others have it, and who never is holds up nobody for good")
{
	struct place p;
	start(&p);
	state_file_unlock(state_file_lock("f"));
	int other = open(".", O_RDONLY | O_DIRECTORY);
	CHECK_INT(flock(other, LOCK_EX | LOCK_NB), 0);
	state_file_unlock(state_file_lock("f"));
	close(other);
	CHECK_INT(end(&p), 0);
}

TEST("a file that is a descriptor of ours is written to, not replaced")
{
	struct place p;
	struct err err;
	start(&p);
	int saved = dup(STDERR_FILENO);
	int fd = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	CHECK(saved >= 0 && fd >= 0 && write(fd, "said ", 5) == 5);
	CHECK(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	CHECK(state_file_replace("/dev/stderr", SPAN("one"), &err));
	CHECK(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
	close(saved);
	char *name = xasprintf("/dev/fd/%d", fd);
	CHECK(state_file_replace(name, SPAN(" two"), &err));
	free(name);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	CHECK(saved >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	bool ok = state_file_replace("/dev/stdout", SPAN(" three"), &err) &&
		state_file_replace("-", SPAN(" four"), &err);
	CHECK(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	CHECK(ok);
	close(saved);
	close(fd);
	check_holds("log", "said one two three four");
	CHECK_INT(end(&p), 1);
}

TEST("if there is no room the old one stays, and nothing is left")
{
	struct place p;
	struct err err;
	struct rlimit before, small = { 0 };
	start(&p);
	CHECK(state_file_replace("f", SPAN("old"), &err));
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	small = (struct rlimit){ 4, before.rlim_max };
	fflush(stdout);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	bool ok = state_file_replace("f", SPAN("much too long"), &err);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	signal(SIGXFSZ, SIG_DFL);
	CHECK(!ok);
	CHECK_INT(err.kind, ERR_OUTPUT);
	check_holds("f", "old");
	CHECK_INT(end(&p), 1);
}

TEST("what cannot be made is known beforehand")
{
	struct place p;
	struct err err;
	start(&p);
	CHECK(!state_file_check("no/such/f", &err));
	CHECK_INT(err.kind, ERR_FILE);
	CHECK(!state_file_check("/", &err));
	CHECK(state_file_check("/absent", &err) == (access("/", W_OK) == 0));
	CHECK(!state_file_replace("no/such/f", SPAN("x"), &err));
	CHECK(state_file_check("/dev/null", &err));
	CHECK(state_file_replace("/dev/null", SPAN("x"), &err));
	CHECK_INT(end(&p), 0);
}

TEST("what is no file, or too large, has not been read")
{
	struct place p;
	struct err err;
	struct buf b;
	start(&p);
	buf_init(&b, 10);
	buf_put_str(&b, "ab");
	CHECK(!state_file_read("absent", &b));
	CHECK(!state_file_read("/dev/null", &b));
	CHECK(!state_file_read(".", &b));
	CHECK(mkfifo("pipe", 0600) == 0 && !state_file_read("pipe", &b));
	CHECK(state_file_replace("f", SPAN("123456789"), &err));
	CHECK(!state_file_read("f", &b));
	CHECK_INT(b.len, 2);
	buf_clear(&b);
	CHECK(state_file_read("f", &b));
	CHECK_INT(b.len, 9);
	buf_release(&b);
	/* What is too large is read in pieces, of which the first one fits. */
	char large[5000];
	memset(large, 'x', sizeof large);
	buf_init(&b, sizeof large);
	buf_put_str(&b, "ab");
	CHECK(state_file_replace("f", (struct span){ large, sizeof large }, &err));
	CHECK(!state_file_read("f", &b));
	CHECK_INT(b.len, 2);
	buf_release(&b);
	CHECK_INT(end(&p), 2);
}
