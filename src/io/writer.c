/* SPDX-License-Identifier: MIT */
/*
 * The thread takes what has queued, builds all its lines in one buffer, writes that, and looks
 * again; so under load many lines share a system call, and a single line leaves at once. Into a
 * pipe it writes whole lines of together at most PIPE_BUF bytes at a time where lines are short
 * enough: such writes are all or nothing, so that not even kill -9 leaves half a line.
 *
 * While it has nothing to write it watches stdout: when the reader of our pipe goes away the loop
 * must know at once, since every request from then on is paid for in vain.
 */
#include "io/writer.h"

#include "base/chan.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "io/outfile.h"
#include "io/signals.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	BATCH_N = 256,
	CHAN_N = 1024,           /* records waiting to be written */
	CHAN_BYTES = 32 << 20,   /* likewise */
	FLUSH_BYTES = 128 << 10, /* written when so much has been built */
	KEEP_BYTES = 1 << 20     /* a buffer that a huge line has grown beyond this is given back */
};

/*
 * The largest line: an answer at its ceiling, a record at its own, escaped. Never allocated unless
 * needed.
 */
#define LINE_MAX_BYTES ((size_t)4 << 30)

struct lane {
	struct outfile file;
	struct buf lines; /* built and not yet written */
};

struct writer {
	/* Set before the thread starts, then read-only. */
	const struct writer_opts *opts;
	struct result_opts result;
	pthread_t thread;
	bool is_joined; /* the loop's */

	/* Between the threads. */
	struct chan chan;
	struct wake work;    /* wakes the writing thread */
	struct wake *loop;   /* borrowed */
	atomic_int state;    /* enum writer_state */
	atomic_bool is_quit; /* write nothing more */
	atomic_bool is_done; /* the writing thread has come to its end */

	/* The writing thread's until it has ended. */
	struct lane out;
	struct lane errors;
	struct npy *matrix; /* has a row for each line of `out`; NULL = there is none */
	struct err err;
};

static void give_up(struct writer *w, const char *path)
{
	if (atomic_load(&w->state) != WRITER_OK)
		return;
	/*
	 * Only the reader of our output ends the run by leaving; a pipe for failures is a file like
	 * any other.
	 */
	bool is_broken = errno == EPIPE && path != w->errors.file.path;
	err_set_errno(&w->err, ERR_OUTPUT, "cannot write %s", path);
	atomic_store(&w->state, is_broken ? WRITER_BROKEN_PIPE : WRITER_FAILED);
	wake_up(w->loop);
}

/* How much of the lines to write at once: everything, or into a pipe what it takes in one piece. */
static size_t piece_of(const struct lane *lane, struct span left)
{
	if (!lane->file.is_pipe || left.n <= PIPE_BUF)
		return left.n;
	const char *end = memrchr(left.at, '\n', PIPE_BUF);
	if (!end)
		end = memchr(left.at, '\n', left.n);
	return end ? (size_t)(end - left.at) + 1 : left.n;
}

static void flush(struct writer *w, struct lane *lane)
{
	struct span left = buf_span(&lane->lines);
	while (left.n > 0 && atomic_load(&w->state) == WRITER_OK) {
		size_t n = piece_of(lane, left);
		if (!outfile_write(&lane->file, (struct span){ .at = left.at, .n = n }))
			give_up(w, lane->file.path);
		left = (struct span){ .at = left.at + n, .n = left.n - n };
	}
	if (lane->lines.cap > KEEP_BYTES)
		buf_release(&lane->lines);
	buf_clear(&lane->lines);
}

static void flush_matrix(struct writer *w)
{
	if (w->matrix && atomic_load(&w->state) == WRITER_OK && !npy_flush(w->matrix))
		give_up(w, npy_path(w->matrix));
}

static bool is_failed(const struct record *r)
{
	return r->fate == FATE_FAILED || r->fate == FATE_PASSED;
}

/* In raw output a record that failed before is an empty line; its reason must go somewhere. */
static void tell(const struct record *r)
{
	if (r->fate == FATE_PASSED)
		log_say(LOG_WARNING, "line %llu: failed before" LOG_HELP "%s",
			(unsigned long long)r->line,
			r->hopeless ? r->hopeless : "--retry-errors asks again");
}

/* A matrix is for the answers of the only step: gives this record's, or NULL. */
static const struct vector *vector_of(const struct record *r)
{
	const struct stage *s = r->stages;
	if (!s || s->state != STAGE_ANSWERED)
		return NULL;
	const struct vector *v = &s->calls[s->chosen].answer.vector;
	return v->text.at ? v : NULL;
}

/* What leaves as a line is a row of the matrix as well, so that row i is that of line i. */
static bool build_line(struct writer *w, const struct record *r)
{
	if (w->matrix && !npy_put(w->matrix, vector_of(r)))
		give_up(w, npy_path(w->matrix));
	return result_put(&w->out.lines, r, &w->result);
}

static void build(struct writer *w, const struct record *r)
{
	bool fits = true;
	if (w->result.form >= RESULT_RAW)
		tell(r);
	if (!is_failed(r) || (!w->opts->errors_path && !w->opts->drops))
		fits = build_line(w, r);
	else if (w->opts->errors_path)
		fits = result_put_failed(&w->errors.lines, r, &w->result);
	assert(fits);
	(void)fits;
	if (w->out.lines.len >= FLUSH_BYTES)
		flush(w, &w->out);
	if (w->errors.lines.len >= FLUSH_BYTES)
		flush(w, &w->errors);
}

/* Sleeps until something was put, or stdout has lost its reader. */
static void await_work(struct writer *w)
{
	bool is_fine = atomic_load(&w->state) == WRITER_OK;
	struct pollfd fds[3] = {
		{ .fd = w->work.fd, .events = POLLIN },
		/* no events wanted: errors are reported all the same */
		{ .fd = is_fine && w->out.file.is_pipe ? w->out.file.fd : -1 },
		{ .fd = is_fine && w->matrix ? npy_pipe(w->matrix) : -1 },
	};
	wake_prepare(&w->work);
	bool idle = !chan_has_items(&w->chan) && !chan_is_drained(&w->chan) &&
		!atomic_load(&w->is_quit);
	int n = poll(fds, 3, idle ? -1 : 0);
	wake_finish(&w->work, n > 0 && fds[0].revents);
	if (n > 0 && (fds[1].revents | fds[2].revents) & POLLERR) {
		errno = EPIPE;
		give_up(w, fds[1].revents & POLLERR ? w->out.file.path : npy_path(w->matrix));
	}
}

static void *write_all(void *writer)
{
	struct writer *w = writer;
	void *batch[BATCH_N];
	signals_block();
	while (!chan_is_drained(&w->chan) && !atomic_load(&w->is_quit)) {
		size_t n = chan_take(&w->chan, batch, BATCH_N);
		for (size_t i = 0; i < n; i++) {
			if (atomic_load(&w->state) == WRITER_OK)
				build(w, batch[i]);
			record_free(batch[i]);
		}
		if (n < BATCH_N) {
			flush(w, &w->errors);
			flush(w, &w->out);
		}
		/* Until then rows gather: nobody reads half a matrix. */
		if (n == 0) {
			flush_matrix(w);
			await_work(w);
		}
	}
	if (!atomic_load(&w->is_quit)) {
		flush(w, &w->errors);
		flush(w, &w->out);
		flush_matrix(w);
	}
	atomic_store(&w->is_done, true);
	wake_up(w->loop);
	return NULL;
}

static bool open_lane(struct lane *lane, const char *path, struct err *err)
{
	buf_init(&lane->lines, LINE_MAX_BYTES);
	return outfile_open(&lane->file, path, err);
}

static void close_lane(struct lane *lane)
{
	outfile_release(&lane->file);
	buf_release(&lane->lines);
}

static bool open_files(struct writer *w, struct err *err)
{
	const struct writer_opts *opts = w->opts;
	if (!open_lane(&w->out, opts->path, err) ||
		(opts->errors_path && !open_lane(&w->errors, opts->errors_path, err)))
		return false;
	return opts->matrix.form == NPY_NONE || (w->matrix = npy_new(&opts->matrix, err));
}

bool writer_begin(struct writer *w, struct err *err)
{
	/* Together: what one of them has of an earlier run would not fit to what others have. */
	bool ok = outfile_begin(&w->out.file) &&
		(!w->opts->errors_path || outfile_begin(&w->errors.file)) &&
		(!w->matrix || npy_begin(w->matrix));
	return ok || err_set_errno(err, ERR_FILE, "cannot empty what an earlier run has left");
}

struct writer *writer_new(
	const struct writer_opts *opts, const struct plan *plan, struct wake *wake, struct err *err)
{
	struct writer *w = xcalloc(1, sizeof *w);
	w->opts = opts;
	w->loop = wake;
	w->result = (struct result_opts){
		.form = (enum result_form)opts->form,
		.plan = plan,
		.replaces = opts->replaces,
		.meta = opts->meta,
	};
	w->out.file.fd = w->errors.file.fd = -1;
	buf_init(&w->errors.lines, LINE_MAX_BYTES);
	atomic_init(&w->state, WRITER_OK);
	atomic_init(&w->is_quit, false);
	atomic_init(&w->is_done, false);
	if (!wake_init(&w->work, err) || !open_files(w, err))
		goto fail;
	chan_init(&w->chan, CHAN_N, CHAN_BYTES, &w->work, wake);
	if (pthread_create(&w->thread, NULL, write_all, w) != 0) {
		err_set(err, ERR_INTERNAL, "cannot start the writing thread");
		goto fail;
	}
	pthread_setname_np(w->thread, "writer");
	return w;
fail:
	close_lane(&w->out);
	close_lane(&w->errors);
	npy_free(w->matrix);
	chan_release(&w->chan);
	wake_release(&w->work);
	free(w);
	return NULL;
}

size_t writer_room(struct writer *w)
{
	return chan_room(&w->chan);
}

void writer_put(struct writer *w, struct record **records, size_t n)
{
	struct chan_item items[BATCH_N];
	assert(n <= BATCH_N);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct chan_item){ .what = records[i],
			.weight = record_weight(records[i]) };
	bool fits = chan_put(&w->chan, items, n);
	assert(fits);
	(void)fits;
}

void writer_close(struct writer *w)
{
	chan_close(&w->chan);
}

bool writer_is_done(struct writer *w)
{
	return atomic_load(&w->is_done);
}

enum writer_state writer_state(struct writer *w)
{
	return (enum writer_state)atomic_load(&w->state);
}

static void join(struct writer *w)
{
	if (w->is_joined)
		return;
	chan_close(&w->chan);
	pthread_join(w->thread, NULL);
	w->is_joined = true;
}

bool writer_drain(struct writer *w, struct err *err)
{
	join(w);
	if (writer_state(w) == WRITER_OK)
		return true;
	*err = w->err;
	return false;
}

bool writer_finish(struct writer *w, bool commits, struct err *err)
{
	assert(w->is_joined);
	if (!commits) {
		outfile_tell_partial(&w->errors.file);
		outfile_tell_partial(&w->out.file);
		if (w->matrix)
			npy_tell_partial(w->matrix);
		return true;
	}
	/* -o last: when it is there, everything is. It is the matrix where there is one. */
	return (!w->opts->errors_path || outfile_commit(&w->errors.file, err)) &&
		outfile_commit(&w->out.file, err) && (!w->matrix || npy_commit(w->matrix, err));
}

void writer_free(struct writer *w)
{
	void *record;
	if (!w)
		return;
	atomic_store(&w->is_quit, true);
	join(w);
	while (chan_take(&w->chan, &record, 1))
		record_free(record);
	close_lane(&w->out);
	close_lane(&w->errors);
	npy_free(w->matrix);
	chan_release(&w->chan);
	wake_release(&w->work);
	free(w);
}
