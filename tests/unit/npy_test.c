/* SPDX-License-Identifier: MIT */
#include "io/npy.h"

#include "base/xalloc.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of the test's own with a matrix in it, and the file's bytes when they were read. */
struct place {
	char dir[64];
	char *file;
	char *partial;
	struct npy_opts opts;
	struct npy *matrix;
	struct buf bytes;
};

static void enter(struct place *p, enum npy_form form)
{
	*p = (struct place){ .dir = "/tmp/pllm-npy-XXXXXX" };
	CHECK(mkdtemp(p->dir) != NULL);
	p->file = xasprintf("%s/m", p->dir);
	p->partial = xasprintf("%s/m.partial", p->dir);
	p->opts = (struct npy_opts){ .path = p->file, .form = (int)form };
	buf_init(&p->bytes, 16 << 20);
}

static void start(struct place *p)
{
	struct err err = { 0 };
	p->matrix = npy_new(&p->opts, &err);
	CHECK_STR(err.msg, "");
}

static void leave(struct place *p)
{
	npy_free(p->matrix);
	unlink(p->file);
	unlink(p->partial);
	CHECK_INT(rmdir(p->dir), 0);
	free(p->file);
	free(p->partial);
	buf_release(&p->bytes);
}

static void put_digits(struct place *p, const char *text, size_t n)
{
	struct vector v = { .text = span_of(text), .n = n };
	CHECK(npy_put(p->matrix, &v));
}

static void put_none(struct place *p)
{
	CHECK(npy_put(p->matrix, NULL));
}

static void read_file(struct place *p, const char *path)
{
	char piece[4096];
	FILE *f = fopen(path, "r");
	buf_clear(&p->bytes);
	if (!CHECK(f != NULL))
		return;
	for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
		buf_put(&p->bytes, piece, n);
	fclose(f);
}

/* Ends the matrix well, and reads the file. */
static void commit(struct place *p)
{
	struct err err = { 0 };
	CHECK(npy_flush(p->matrix));
	CHECK(npy_commit(p->matrix, &err));
	read_file(p, p->file);
}

enum { HEADER = 128 };

/* Checks that what was read begins with NumPy's header for this shape, "(2, 3)", byte for byte. */
static void check_header(const struct place *p, const char *shape)
{
	static const unsigned char prefix[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0 };
	char *want = xasprintf("%-117s\n", "");
	char *words = xasprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
	memcpy(want, words, strlen(words));
	if (CHECK(p->bytes.len >= HEADER)) {
		CHECK(memcmp(p->bytes.data, prefix, sizeof prefix) == 0);
		CHECK_MEM(p->bytes.data + sizeof prefix, HEADER - sizeof prefix, want);
	}
	free(words);
	free(want);
}

/* Gives number i of those that were read behind so many bytes; -1 = there are not so many. */
static double number(const struct place *p, size_t skip, size_t i)
{
	float f;
	if (p->bytes.len < skip + 4 * (i + 1))
		return -1;
	memcpy(&f, p->bytes.data + skip + 4 * i, 4);
	return (double)f;
}

TEST("a matrix is NumPy's header, at whose end the numbers are aligned, and float32 row by row")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	start(&p);
	put_digits(&p, "[0.5,-2e3,0.1]", 3);
	/* the same numbers */
	struct vector v = { .text = SPAN("AAAAPwAA+sTNzMw9"), .n = 3 };
	CHECK(npy_put(p.matrix, &v));
	commit(&p);
	check_header(&p, "(2, 3)");
	CHECK_INT(p.bytes.len, HEADER + 2 * 3 * 4);
	for (size_t row = 0; row < 2; row++) {
		CHECK(number(&p, HEADER, 3 * row) == 0.5);
		CHECK(number(&p, HEADER, 3 * row + 1) == -2000.0);
		CHECK(number(&p, HEADER, 3 * row + 2) == (double)0.1F);
	}
	leave(&p);
}

TEST("rows before the first vector are NaN, and as long as it")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	start(&p);
	put_none(&p);
	CHECK(npy_flush(p.matrix));
	read_file(&p, p.partial);
	check_header(&p, "(1, 0)");
	put_none(&p);
	put_digits(&p, "[1,2]", 2);
	put_none(&p);
	commit(&p);
	check_header(&p, "(4, 2)");
	CHECK_INT(p.bytes.len, HEADER + 4 * 2 * 4);
	for (size_t i = 0; i < 8; i++)
		CHECK(i == 4 || i == 5 ? number(&p, HEADER, i) == (double)(i - 3)
				       : isnan(number(&p, HEADER, i)));
	leave(&p);
}

TEST("without any vector rows have no numbers, or as many as were said")
{
	static const struct {
		unsigned rows_n;
		int64_t columns_n;
		const char *shape;
		size_t bytes_n;
	} cases[] = {
		{ 0, 0, "(0, 0)", 0 },
		{ 0, 5, "(0, 5)", 0 },
		{ 3, 0, "(3, 0)", 0 },
		{ 3, 5, "(3, 5)", 60 },
		{ 1000000, 0, "(1000000, 0)", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place p;
		enter(&p, NPY_NUMPY);
		p.opts.columns_n = cases[i].columns_n;
		start(&p);
		for (unsigned row = 0; row < cases[i].rows_n; row++)
			put_none(&p);
		commit(&p);
		check_header(&p, cases[i].shape);
		CHECK_INT(p.bytes.len, HEADER + cases[i].bytes_n);
		leave(&p);
	}
}

TEST("a vector of another length, or that is no base64, is a row of NaN and no more than that")
{
	struct place p;
	enter(&p, NPY_RAW);
	start(&p);
	put_digits(&p, "[1,2]", 2);
	put_digits(&p, "[1]", 1);
	put_digits(&p, "[1,2,3]", 3);
	put_digits(&p, "AAAA*AAAAAA=", 2);
	put_digits(&p, "[3,4]", 2);
	commit(&p);
	CHECK_INT(p.bytes.len, 5 * 2 * 4);
	for (size_t i = 2; i < 8; i++)
		CHECK(isnan(number(&p, 0, i)));
	CHECK(number(&p, 0, 8) == 3.0 && number(&p, 0, 9) == 4.0);
	leave(&p);
}

TEST("vectors are scaled to length 1 where the server has not done so")
{
	struct place p;
	enter(&p, NPY_RAW);
	p.opts.is_normalized = true;
	start(&p);
	put_digits(&p, "[3,4]", 2);
	struct vector scaled = { .text = SPAN("[3,4]"), .n = 2, .is_scaled = true };
	CHECK(npy_put(p.matrix, &scaled));
	commit(&p);
	CHECK(fabs(number(&p, 0, 0) - 0.6) < 1e-6 && fabs(number(&p, 0, 1) - 0.8) < 1e-6);
	CHECK(number(&p, 0, 2) == 3.0 && number(&p, 0, 3) == 4.0);
	leave(&p);
}

TEST("a raw matrix is its rows, and empty if it has no numbers")
{
	struct place p;
	enter(&p, NPY_RAW);
	start(&p);
	put_none(&p);
	CHECK(npy_flush(p.matrix));
	read_file(&p, p.partial);
	CHECK_INT(p.bytes.len, 0);
	put_digits(&p, "[7]", 1);
	commit(&p);
	CHECK_INT(p.bytes.len, 8);
	CHECK(isnan(number(&p, 0, 0)) && number(&p, 0, 1) == 7.0);
	leave(&p);
}

TEST("each flush leaves a file that can be read, and rows go on behind it")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	start(&p);
	for (size_t i = 1; i <= 12; i++) {
		char *shape = xasprintf("(%zu, 2)", i), *text = xasprintf("[%zu,0]", i);
		put_digits(&p, text, 2);
		CHECK(npy_flush(p.matrix));
		CHECK(npy_flush(p.matrix));
		read_file(&p, p.partial);
		check_header(&p, shape);
		CHECK_INT(p.bytes.len, HEADER + i * 8);
		CHECK(number(&p, HEADER, 2 * i - 2) == (double)i);
		free(shape);
		free(text);
	}
	leave(&p);
}

TEST("rows do not gather without end, and the header promises those that have left")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	p.opts.columns_n = 1000;
	start(&p);
	/* 4 MB */
	for (int i = 0; i < 1049; i++)
		put_none(&p);
	read_file(&p, p.partial);
	size_t rows_n = (p.bytes.len - HEADER) / 4000;
	CHECK(rows_n > 700);
	CHECK_INT(p.bytes.len, HEADER + rows_n * 4000);
	char *shape = xasprintf("(%zu, 1000)", rows_n);
	check_header(&p, shape);
	free(shape);
	commit(&p);
	check_header(&p, "(1049, 1000)");
	CHECK_INT(p.bytes.len, HEADER + 1049 * 4000);
	leave(&p);
}

/* Checks that a NumPy matrix cannot go to that descriptor of ours. */
static void check_refused(int fd)
{
	struct err err = { 0 };
	char *path = xasprintf("/dev/fd/%d", fd);
	struct npy_opts opts = { .path = path, .form = NPY_NUMPY };
	char *want = xasprintf("%s is no place for a NumPy matrix, whose header is written last: "
			       "give -o FILE, or --format f32",
		path);
	CHECK(npy_new(&opts, &err) == NULL);
	CHECK_INT(err.kind, ERR_USAGE);
	CHECK_STR(err.msg, want);
	free(want);
	free(path);
}

TEST("a NumPy matrix is refused where its header cannot be patched: pipes, and what is appended to")
{
	struct place p;
	int ends[2];
	enter(&p, NPY_NUMPY);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	check_refused(ends[1]);
	close(ends[0]);
	close(ends[1]);
	int fd = open(p.file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	check_refused(fd);
	close(fd);
	leave(&p);
}

TEST("a descriptor of a file gets the matrix from where it stands")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	int fd = open(p.file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(write(fd, "above", 5), 5);
	p.opts.path = xasprintf("/dev/fd/%d", fd);
	start(&p);
	put_digits(&p, "[1]", 1);
	CHECK(npy_flush(p.matrix));
	put_digits(&p, "[2]", 1);
	commit(&p);
	CHECK_INT(p.bytes.len, 5 + HEADER + 8);
	CHECK(memcmp(p.bytes.data, "above", 5) == 0);
	CHECK(number(&p, 5 + HEADER, 1) == 2.0);
	buf_drop(&p.bytes, 5);
	check_header(&p, "(2, 1)");
	free(p.opts.path);
	close(fd);
	leave(&p);
}

TEST("short rows go into a pipe whole, several in one write")
{
	enum { ROW_BYTES = 1200 };
	struct err err = { 0 };
	int ends[2];
	char piece[2 * PIPE_BUF];
	size_t sum = 0;
	/* each write stays a piece of its own */
	CHECK_INT(pipe2(ends, O_CLOEXEC | O_DIRECT | O_NONBLOCK), 0);
	char *path = xasprintf("/dev/fd/%d", ends[1]);
	struct npy_opts opts = { .path = path, .form = NPY_RAW, .columns_n = ROW_BYTES / 4 };
	struct npy *m = npy_new(&opts, &err);
	CHECK(npy_pipe(m) >= 0);
	for (int i = 0; i < 17; i++)
		CHECK(npy_put(m, NULL));
	CHECK(npy_flush(m));
	for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) {
		sum += (size_t)n;
		CHECK_INT(n, sum < 17 * ROW_BYTES ? 3 * ROW_BYTES : 2 * ROW_BYTES);
	}
	CHECK_INT(sum, 17 * ROW_BYTES);
	npy_free(m);
	free(path);
	close(ends[0]);
	close(ends[1]);
}

TEST("a full device is told with its reason, by either form")
{
	static const enum npy_form forms[] = { NPY_RAW, NPY_NUMPY };
	char path[] = "/dev/full";
	for (size_t i = 0; i < 2; i++) {
		struct err err = { 0 };
		struct npy_opts opts = { .path = path, .form = (int)forms[i], .columns_n = 1 };
		struct npy *m = npy_new(&opts, &err);
		CHECK(npy_put(m, NULL));
		errno = 0;
		CHECK(!npy_flush(m));
		CHECK_INT(errno, ENOSPC);
		CHECK_STR(npy_path(m), "/dev/full");
		npy_free(m);
	}
}

/* Lets files grow to so many bytes; 0 = as before. */
static void limit_files(rlim_t bytes)
{
	static struct rlimit before;
	struct rlimit limit;
	if (bytes) {
		CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
		signal(SIGXFSZ, SIG_IGN);
		limit = before;
		limit.rlim_cur = bytes;
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	} else {
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
		signal(SIGXFSZ, SIG_DFL);
	}
}

TEST("a file that can grow no further holds the rows that its header promises")
{
	static const struct {
		unsigned flushes_n; /* that go well */
		const char *shape;
	} cases[] = { { 0, "(0, 2)" }, { 1, "(10, 2)" }, { 2, "(20, 2)" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place p;
		unsigned flushes_n = 0;
		size_t room = HEADER + 80 * cases[i].flushes_n + 20;
		enter(&p, NPY_NUMPY);
		start(&p);
		limit_files(room);
		do {
			for (int row = 0; row < 10; row++)
				put_digits(&p, "[1,2]", 2);
			errno = 0;
		} while (npy_flush(p.matrix) && ++flushes_n < 5);
		int reason = errno;
		limit_files(0);
		CHECK_INT(reason, EFBIG);
		CHECK_INT(flushes_n, cases[i].flushes_n);
		read_file(&p, p.partial);
		check_header(&p, cases[i].shape);
		CHECK_INT(p.bytes.len, room);
		leave(&p);
	}
}

TEST("a matrix may go to /dev/null")
{
	struct place p;
	char path[] = "/dev/null";
	struct err err = { 0 };
	enter(&p, NPY_NUMPY);
	p.opts.path = path;
	start(&p);
	put_digits(&p, "[1]", 1);
	CHECK(npy_flush(p.matrix));
	put_none(&p);
	CHECK(npy_flush(p.matrix));
	CHECK(npy_commit(p.matrix, &err));
	leave(&p);
}

TEST("a link to a matrix stays one, and the matrix is made anew")
{
	struct place p;
	struct stat st;
	enter(&p, NPY_NUMPY);
	char *link = xasprintf("%s/link", p.dir);
	fclose(fopen(p.file, "w"));
	CHECK_INT(symlink(p.file, link), 0);
	p.opts.path = link;
	start(&p);
	put_digits(&p, "[1]", 1);
	commit(&p);
	check_header(&p, "(1, 1)");
	CHECK_INT(lstat(link, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	unlink(link);
	free(link);
	leave(&p);
}

TEST("a matrix that was not committed leaves the file as it was")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	FILE *f = fopen(p.file, "w");
	fputs("old", f);
	fclose(f);
	start(&p);
	put_digits(&p, "[1]", 1);
	CHECK(npy_flush(p.matrix));
	npy_free(p.matrix);
	p.matrix = NULL;
	read_file(&p, p.file);
	CHECK_MEM(p.bytes.data, p.bytes.len, "old");
	read_file(&p, p.partial);
	check_header(&p, "(1, 1)");
	leave(&p);
}

TEST("rows that are too long to be written are refused before anything is asked")
{
	struct err err = { 0 };
	struct npy_opts opts = { .form = NPY_RAW, .columns_n = INT64_C(1) << 40 };
	CHECK(npy_new(&opts, &err) == NULL);
	CHECK_INT(err.kind, ERR_USAGE);
	CHECK_STR(err.msg, "a row of 1099511627776 numbers is too long for a matrix");
}

/* Runs a program of NumPy on the file: its exit code; 77 = there is no NumPy here. */
static int run_numpy(const char *path)
{
	static const char program[] =
		"import sys\n"
		"try:\n"
		"    import numpy as np\n"
		"except ImportError:\n"
		"    sys.exit(77)\n"
		"m = np.load(sys.argv[1], mmap_mode='r')\n"
		"assert isinstance(m, np.memmap) and m.dtype == np.float32, m.dtype\n"
		"assert m.shape == (3, 2) and m.offset % 64 == 0, (m.shape, m.offset)\n"
		"assert np.isnan(m[0]).all() and np.array_equal(m[1:], [[1, 2], [0.5, -4]]), m\n"
		"assert np.array_equal(m, np.load(sys.argv[1]), equal_nan=True)\n";
	int status = -1;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		execl("/usr/bin/python3", "python3", "-c", program, path, (char *)NULL);
		_exit(77);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST("NumPy maps the file, and sees the numbers")
{
	struct place p;
	enter(&p, NPY_NUMPY);
	start(&p);
	put_none(&p);
	put_digits(&p, "[1,2]", 2);
	put_digits(&p, "[0.5,-4]", 2);
	commit(&p);
	int code = run_numpy(p.file);
	if (code == 77)
		printf("# there is no NumPy to read it\n");
	else
		CHECK_INT(code, 0);
	leave(&p);
}
