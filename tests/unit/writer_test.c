/* SPDX-License-Identifier: MIT */
/*
 * The matrix beside the lines: row i is line i, whatever becomes of the records. (What becomes of
 * the lines themselves is looked at from outside, in tests/cli.)
 */
#include "io/writer.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "t.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A writer of lines and a matrix, in a directory of the test's own. */
struct scene {
	char dir[64];
	char *lines, *failures, *matrix; /* the files */
	struct plan plan;
	struct writer_opts opts;
	struct wake wake;
	struct writer *writer;
	struct err err;
	struct buf bytes; /* of the file that was read last */
};

static void enter(struct scene *s, enum npy_form form)
{
	*s = (struct scene){ .dir = "/tmp/pllm-writer-XXXXXX" };
	CHECK(mkdtemp(s->dir) != NULL);
	s->lines = xasprintf("%s/lines", s->dir);
	s->failures = xasprintf("%s/failures", s->dir);
	s->matrix = xasprintf("%s/matrix", s->dir);
	s->opts = (struct writer_opts){ .path = s->lines,
		.matrix = { .path = s->matrix, .form = (int)form } };
	plan_add_step(&s->plan, "embedding");
	CHECK(wake_init(&s->wake, &s->err));
	buf_init(&s->bytes, 8 << 20);
}

static void start(struct scene *s)
{
	s->writer = writer_new(&s->opts, &s->plan, &s->wake, &s->err);
	CHECK_STR(s->err.msg, "");
}

static void leave(struct scene *s)
{
	const char *files[] = { s->lines, s->failures, s->matrix };
	writer_free(s->writer);
	wake_release(&s->wake);
	plan_release(&s->plan);
	for (size_t i = 0; i < 3; i++) {
		char *partial = xasprintf("%s.partial", files[i]);
		unlink(files[i]);
		unlink(partial);
		free(partial);
	}
	CHECK_INT(rmdir(s->dir), 0);
	free(s->lines);
	free(s->failures);
	free(s->matrix);
	buf_release(&s->bytes);
}

/* Gives a record that has come through the pipeline: {"id":ID}. */
static struct record *make_record(int id)
{
	char *line = xasprintf("{\"id\":%d}", id);
	struct record *r = record_new(span_of(line));
	free(line);
	record_scan(r);
	r->line = (uint64_t)id;
	return r;
}

static void put(struct scene *s, struct record *r)
{
	if (CHECK(writer_room(s->writer) > 0))
		writer_put(s->writer, &r, 1);
	else
		record_free(r);
}

/* Puts one with a vector of these digits, borrowed until the end. */
static void put_answered(struct scene *s, int id, const char *digits, size_t n)
{
	struct record *r = make_record(id);
	record_add_stages(r, 1);
	record_add_calls(r, r->stages, 1);
	r->stages->calls->answer.vector = (struct vector){ .text = span_of(digits), .n = n };
	r->stages->state = STAGE_ANSWERED;
	r->fate = FATE_ANSWERED;
	put(s, r);
}

static void put_failed(struct scene *s, int id)
{
	struct record *r = make_record(id);
	record_add_stages(r, 1);
	record_add_calls(r, r->stages, 1);
	r->stages->state = STAGE_FAILED;
	record_fail(r, ERROR_REQUEST_REJECTED, xstrdup("no"));
	put(s, r);
}

/* Puts one that failed before the run: it has no stages. */
static void put_passed(struct scene *s, int id)
{
	struct record *r = make_record(id);
	r->fate = FATE_PASSED;
	put(s, r);
}

/* Puts one that the end of the run left unasked: it has no calls. */
static void put_cancelled(struct scene *s, int id)
{
	struct record *r = make_record(id);
	record_add_stages(r, 1);
	record_fail(r, ERROR_CANCELLED, xstrdup("the run has ended"));
	put(s, r);
}

/* All kinds, five of them. */
static void put_all_kinds(struct scene *s)
{
	put_failed(s, 1);
	put_answered(s, 2, "[2,20]", 2);
	put_passed(s, 3);
	put_answered(s, 4, "[4,40]", 2);
	put_cancelled(s, 5);
}

static bool read_file(struct scene *s, const char *path)
{
	char piece[4096];
	FILE *f = fopen(path, "r");
	buf_clear(&s->bytes);
	if (!f)
		return false;
	for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
		buf_put(&s->bytes, piece, n);
	fclose(f);
	return true;
}

static void finish(struct scene *s, bool commits)
{
	CHECK(writer_drain(s->writer, &s->err));
	CHECK(writer_finish(s->writer, commits, &s->err));
	CHECK_STR(s->err.msg, "");
}

/* Checks that the lines of the file have these ids, one digit each, in this order. */
static void check_ids(struct scene *s, const char *path, const char *ids)
{
	char got[20] = "";
	size_t n = 0;
	CHECK(read_file(s, path));
	buf_put_char(&s->bytes, '\0');
	for (const char *at = s->bytes.data; (at = strstr(at, "\"id\":")) && n < sizeof got - 1;)
		got[n++] = *(at += strlen("\"id\":"));
	CHECK_STR(got, ids);
}

/* Checks a raw matrix of two columns: a digit is the first number of its row, a dash is NaN. */
static void check_rows(struct scene *s, const char *path, const char *rows)
{
	CHECK(read_file(s, path));
	CHECK_INT(s->bytes.len, 8 * strlen(rows));
	for (size_t i = 0; rows[i] && 8 * i < s->bytes.len; i++) {
		float row[2];
		memcpy(row, s->bytes.data + 8 * i, 8);
		if (rows[i] == '-')
			CHECK(isnan(row[0]) && isnan(row[1]));
		else
			CHECK((int)row[0] == rows[i] - '0' && row[1] == 10 * row[0]);
	}
}

/* Waits until the writer has found out what has become of its output. */
static enum writer_state await_state(struct scene *s)
{
	for (int i = 0; i < 100 && writer_state(s->writer) == WRITER_OK; i++) {
		struct pollfd p = { .fd = s->wake.fd, .events = POLLIN };
		wake_prepare(&s->wake);
		int n = writer_state(s->writer) == WRITER_OK ? poll(&p, 1, 100) : 0;
		wake_finish(&s->wake, n > 0);
	}
	return writer_state(s->writer);
}

TEST("every line has a row, NaN if the record failed, and the record goes without its vector")
{
	struct scene s;
	enter(&s, NPY_RAW);
	start(&s);
	put_all_kinds(&s);
	finish(&s, true);
	check_ids(&s, s.lines, "12345");
	CHECK(memmem(s.bytes.data, s.bytes.len, "\n{\"id\":2}\n", 10) != NULL);
	check_rows(&s, s.matrix, "-2-4-");
	leave(&s);
}

TEST("a record that goes to --errors has no row, nor has one that is dropped")
{
	for (int drops = 0; drops < 2; drops++) {
		struct scene s;
		enter(&s, NPY_RAW);
		s.opts.drops = drops;
		s.opts.errors_path = drops ? NULL : s.failures;
		start(&s);
		put_all_kinds(&s);
		finish(&s, true);
		check_ids(&s, s.lines, "24");
		check_rows(&s, s.matrix, "24");
		if (!drops)
			check_ids(&s, s.failures, "135");
		leave(&s);
	}
}

TEST("rows are in the order of their lines, over many batches and flushes")
{
	enum { N = 5000 };
	struct scene s;
	char *digits[N];
	enter(&s, NPY_RAW);
	start(&s);
	for (int i = 0; i < N; i++) {
		digits[i] = xasprintf("[%d,%d]", i, -i);
		while (writer_room(s.writer) == 0)
			poll(NULL, 0, 1);
		if (i % 7 == 3)
			put_failed(&s, i);
		else
			put_answered(&s, i, digits[i], 2);
	}
	finish(&s, true);
	CHECK(read_file(&s, s.matrix));
	CHECK_INT(s.bytes.len, 8 * N);
	for (size_t i = 0; i < N && 8 * i < s.bytes.len; i++) {
		float row[2];
		memcpy(row, s.bytes.data + 8 * i, 8);
		if (i % 7 == 3 ? !isnan(row[0]) : row[0] != (float)i || row[1] != -row[0])
			CHECK_INT(i, -1);
	}
	for (int i = 0; i < N; i++)
		free(digits[i]);
	leave(&s);
}

/* Checks that the file is a NumPy matrix of that shape, "(2, 3)". */
static void check_shape(struct scene *s, const char *path, const char *shape)
{
	char *want = xasprintf("'shape': %s, }", shape);
	CHECK(read_file(s, path));
	CHECK(s->bytes.len >= 128 && memmem(s->bytes.data, 128, want, strlen(want)) != NULL);
	free(want);
}

TEST("a run that is broken off leaves what it has: lines, and a matrix that can be read")
{
	struct scene s;
	enter(&s, NPY_NUMPY);
	char *lines = xasprintf("%s.partial", s.lines), *rows = xasprintf("%s.partial", s.matrix);
	start(&s);
	put_all_kinds(&s);
	log_set_level(LOG_ERROR);
	finish(&s, false);
	log_set_level(LOG_WARNING);
	CHECK(!read_file(&s, s.lines));
	CHECK(!read_file(&s, s.matrix));
	check_ids(&s, lines, "12345");
	check_shape(&s, rows, "(5, 2)");
	CHECK_INT(s.bytes.len, 128 + 5 * 8);
	free(lines);
	free(rows);
	leave(&s);
}

TEST("rows leave with their lines when nothing more comes for a while")
{
	struct scene s;
	enter(&s, NPY_NUMPY);
	char *rows = xasprintf("%s.partial", s.matrix);
	start(&s);
	put_answered(&s, 1, "[1,10]", 2);
	for (int i = 0; i < 1000 && (!read_file(&s, rows) || s.bytes.len < 136); i++)
		poll(NULL, 0, 10);
	check_shape(&s, rows, "(1, 2)");
	CHECK_INT(s.bytes.len, 136);
	finish(&s, true);
	check_shape(&s, s.matrix, "(1, 2)");
	free(rows);
	leave(&s);
}

TEST("without a record there is a matrix without rows")
{
	struct scene s;
	enter(&s, NPY_NUMPY);
	start(&s);
	finish(&s, true);
	check_shape(&s, s.matrix, "(0, 0)");
	check_ids(&s, s.lines, "");
	leave(&s);
}

TEST("a matrix that cannot be written is the end of the output")
{
	struct scene s;
	char full[] = "/dev/full";
	enter(&s, NPY_NUMPY);
	s.opts.matrix.path = full;
	start(&s);
	put_all_kinds(&s);
	CHECK_INT(await_state(&s), WRITER_FAILED);
	CHECK(!writer_drain(s.writer, &s.err));
	CHECK_INT(s.err.kind, ERR_OUTPUT);
	CHECK_STR(s.err.msg, "cannot write /dev/full: No space left on device");
	leave(&s);
}

TEST("when the reader of a matrix goes away the run is over, even while nothing is written")
{
	struct scene s;
	int ends[2];
	enter(&s, NPY_RAW);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	s.opts.matrix.path = xasprintf("/dev/fd/%d", ends[1]);
	signal(SIGPIPE, SIG_IGN);
	start(&s);
	put_answered(&s, 1, "[1,10]", 2);
	float row[2] = { 0, 0 };
	CHECK_INT(read(ends[0], row, sizeof row), sizeof row);
	CHECK((int)row[1] == 10);
	CHECK_INT(writer_state(s.writer), WRITER_OK);
	close(ends[0]);
	CHECK_INT(await_state(&s), WRITER_BROKEN_PIPE);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
	free(s.opts.matrix.path);
	leave(&s);
}

TEST("a matrix that is no file is refused before anything is asked")
{
	struct scene s;
	int ends[2];
	enter(&s, NPY_NUMPY);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	s.opts.matrix.path = xasprintf("/dev/fd/%d", ends[1]);
	CHECK(writer_new(&s.opts, &s.plan, &s.wake, &s.err) == NULL);
	CHECK_INT(s.err.kind, ERR_USAGE);
	close(ends[0]);
	close(ends[1]);
	free(s.opts.matrix.path);
	leave(&s);
}
