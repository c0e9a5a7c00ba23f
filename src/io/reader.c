/* SPDX-License-Identifier: MIT */
/*
 * The thread reads blocks, cuts them at line ends, scans each line and hands batches over. What it
 * holds at any moment: one block, the beginning of one line (no longer than --max-record), one
 * batch, and what the channel holds. A line that grows past --max-record becomes a bad record with
 * its beginning, and the rest of it is skipped, not stored. That record waits for the line's end,
 * to say what length would have done.
 */
#include "io/reader.h"

#include "base/chan.h"
#include "base/xalloc.h"
#include "io/signals.h"
#include "json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK_BYTES = 256 << 10, /* asked for at a time */
	BATCH_N = 128,           /* records handed over at a time */
	BATCH_BYTES = 1 << 20,   /* likewise */
	CHAN_N = 512,            /* records waiting for the loop */
	CHAN_BYTES = 4 << 20     /* likewise */
};

#define RECORD_SEPARATOR '\x1e'

struct reader {
	/* Set before the thread starts, then read-only. */
	const struct reader_opts *opts;
	int fd;
	bool is_regular;      /* poll says nothing about regular files */
	uint64_t input_bytes; /* of a regular file, from where it begins; 0 = not known */
	pthread_t thread;

	/* Between the threads. */
	struct chan chan;
	struct wake room;       /* wakes the reading thread */
	atomic_bool is_stopped; /* read no further */
	atomic_bool is_quit;    /* and hand nothing over */

	/* The reading thread's; `err` may be read once the channel is drained. */
	struct buf in;     /* bytes read and not yet cut */
	size_t searched_n; /* of these, bytes at the front that no record ends in */
	char delimiter;    /* what ends a record */
	bool is_delimiter_known;
	struct record *too_long; /* of the line that is read, its beginning; NULL = it is not */
	uint64_t seq, line, offset;
	struct chan_item batch[BATCH_N];
	size_t batch_n, batch_bytes;
	struct err err;
};

/*
 * Sleeps until called, or until `fd` (-1 = none) is readable, and says whether that is so.
 * wake_prepare has been called.
 */
static bool sleep_on(struct wake *w, int fd)
{
	struct pollfd fds[2] = { { .fd = w->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN } };
	int n = poll(fds, 2, -1);
	wake_finish(w, n > 0 && fds[0].revents);
	return n > 0 && fds[1].revents;
}

static void hand_over(struct reader *r)
{
	if (r->batch_n == 0)
		return;
	while (!chan_put(&r->chan, r->batch, r->batch_n)) {
		wake_prepare(&r->room);
		if (chan_room(&r->chan) >= r->batch_n || atomic_load(&r->is_quit))
			wake_finish(&r->room, false);
		else
			sleep_on(&r->room, -1);
		if (atomic_load(&r->is_quit)) {
			for (size_t i = 0; i < r->batch_n; i++)
				record_free(r->batch[i].what);
			break;
		}
	}
	r->batch_n = r->batch_bytes = 0;
}

static void add_to_batch(struct reader *r, struct record *record)
{
	size_t weight = record_weight(record);
	r->batch[r->batch_n++] = (struct chan_item){ .what = record, .weight = weight };
	r->batch_bytes += weight;
	if (r->batch_n == BATCH_N || r->batch_bytes >= BATCH_BYTES)
		hand_over(r);
}

/* --input-format lines: the record is the string that the line stands for. */
static void make_string(struct record *record)
{
	struct buf json;
	if (!utf8_is_valid(record->text)) {
		record->fault = (struct json_fault){ .reason = "invalid UTF-8" };
		return;
	}
	buf_init(&json, record->text.n * 6 + 2);
	json_put_string(&json, record->text);
	record->owned_text = json.data;
	record->value = buf_span(&json);
}

/*
 * RFC 7464 texts may span lines. In valid JSON a line break is white space between tokens; a line
 * of ours must be one.
 */
static void join_lines(struct record *record)
{
	char *bytes = (char *)(record + 1);
	for (size_t i = 0; i < record->text.n; i++)
		if (bytes[i] == '\n' || bytes[i] == '\r')
			bytes[i] = ' ';
}

static void understand(struct reader *r, struct record *record)
{
	switch ((enum input_format)r->opts->format) {
	case INPUT_LINES:
		make_string(record);
		return;
	case INPUT_SEQ:
	case INPUT_JSONL:
	case INPUT_OPENAI_BATCH:
	case INPUT_ANTHROPIC_BATCH:
		break;
	}
	record_scan(record);
	if (r->opts->format == INPUT_SEQ && record->value.at)
		join_lines(record);
	if (r->opts->revives)
		record_revive(record, r->opts->plan);
}

static bool is_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] != ' ' && s.at[i] != '\t' && s.at[i] != '\r' && s.at[i] != '\n')
			return false;
	return true;
}

static struct record *begin_record(struct reader *r, struct span text)
{
	struct record *record = record_new(text);
	record->seq = r->seq++;
	record->line = r->line + 1;
	record->offset = r->offset;
	return record;
}

static uint64_t count_lines(const struct reader *r, struct span piece)
{
	uint64_t n = 0;
	if (r->delimiter == '\n')
		return 1;
	for (size_t i = 0; i < piece.n; i++)
		n += piece.at[i] == '\n';
	return n;
}

/* The line that is too long has so many bytes more. */
static void end_too_long(struct reader *r, size_t n)
{
	r->too_long->whole_bytes = r->offset + n - r->too_long->offset;
	add_to_batch(r, r->too_long);
	r->too_long = NULL;
}

/*
 * One whole line without its delimiter. `bytes` is how much of the input it was, delimiter
 * included.
 */
static void cut_line(struct reader *r, struct span line, size_t bytes)
{
	struct span text = line;
	if (r->offset == 0 && text.n >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		text = (struct span){ .at = text.at + 3, .n = text.n - 3 };
	while (text.n > 0 && (text.at[text.n - 1] == '\r' || text.at[text.n - 1] == '\n'))
		text.n--;
	if (r->too_long) {
		end_too_long(r, line.n);
	} else if (!is_blank(text)) {
		struct record *record = begin_record(r, text);
		understand(r, record);
		add_to_batch(r, record);
	}
	r->line += count_lines(r, line);
	r->offset += bytes;
}

/* The beginning of a line that is longer than is allowed: kept once, the rest of it skipped. */
static void begin_too_long(struct reader *r, const char *from)
{
	size_t max = (size_t)r->opts->record_max_bytes;
	if (r->too_long)
		return;
	r->too_long = begin_record(r, (struct span){ .at = from, .n = max });
	r->too_long->fault = (struct json_fault){ .offset = max, .reason = "too long" };
}

/*
 * True if reading is to stop and what has been read can be given back to the file. What came from a
 * pipe is gone from it, so all its lines are cut, and leave as cancelled.
 */
static bool can_stop_here(const struct reader *r)
{
	return r->is_regular && atomic_load_explicit(&r->is_stopped, memory_order_relaxed);
}

/* Leaves the file where the records end that were cut, for whoever reads on. */
static void give_back_rest(struct reader *r)
{
	if (r->is_regular && r->in.len > 0)
		lseek(r->fd, -(off_t)r->in.len, SEEK_CUR);
}

/* --input-format seq: input that does not begin with a record separator is JSON Lines. */
static void choose_delimiter(struct reader *r)
{
	size_t i = 0;
	while (i < r->in.len && is_blank((struct span){ r->in.data + i, 1 }))
		i++;
	if (i == r->in.len)
		return;
	r->delimiter = r->in.data[i] == RECORD_SEPARATOR ? RECORD_SEPARATOR : '\n';
	r->is_delimiter_known = true;
}

/* Cuts what has been read into lines; what is left is the beginning of the next one. */
static void cut(struct reader *r)
{
	size_t done = 0, searched_n = r->searched_n;
	r->searched_n = 0;
	if (!r->is_delimiter_known)
		choose_delimiter(r);
	while (done < r->in.len && !can_stop_here(r)) {
		const char *from = r->in.data + done;
		size_t left_n = r->in.len - done;
		const char *end = memchr(from + searched_n, r->delimiter, left_n - searched_n);
		if (!end) {
			r->searched_n = left_n;
			break;
		}
		searched_n = 0;
		size_t n = (size_t)(end - from);
		if (n > r->opts->record_max_bytes)
			begin_too_long(r, from);
		cut_line(r, (struct span){ .at = from, .n = n }, n + 1);
		done += n + 1;
	}
	buf_drop(&r->in, done);
	if (r->in.len > r->opts->record_max_bytes) {
		begin_too_long(r, r->in.data);
		r->offset += r->in.len;
		r->searched_n = 0;
		buf_clear(&r->in);
	}
}

/*
 * Waits until there is something to read or somebody calls, and says whether read() would not
 * block. A pipe may stay silent for hours, and who called may want the thread to end.
 */
static bool await_input(struct reader *r)
{
	if (r->is_regular)
		return true;
	wake_prepare(&r->room);
	if (!atomic_load(&r->is_stopped))
		return sleep_on(&r->room, r->fd);
	wake_finish(&r->room, false);
	return false;
}

/* Reads one block. False at the end, or at an error, which is then in r->err. */
static bool read_block(struct reader *r)
{
	bool fits = buf_reserve(&r->in, BLOCK_BYTES);
	if (!fits)
		return err_set(&r->err, ERR_INTERNAL, "the input buffer is full");
	ssize_t n = read(r->fd, r->in.data + r->in.len, BLOCK_BYTES);
	if (n > 0)
		r->in.len += (size_t)n;
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return err_set_errno(&r->err, ERR_INPUT, "cannot read %s",
			r->fd == STDIN_FILENO ? "standard input" : r->opts->path);
	return n != 0;
}

static void *read_all(void *reader)
{
	struct reader *r = reader;
	signals_block();
	while (!atomic_load(&r->is_stopped)) {
		if (!await_input(r))
			continue;
		if (!read_block(r))
			break;
		cut(r);
		hand_over(r);
	}
	bool is_stopped = atomic_load(&r->is_stopped);
	if (is_stopped && r->too_long)
		end_too_long(r, 0);
	if (is_stopped)
		give_back_rest(r);
	else if (r->in.len > 0 || r->too_long)
		cut_line(r, buf_span(&r->in), r->in.len);
	hand_over(r);
	chan_close(&r->chan);
	return NULL;
}

static bool open_input(struct reader *r, struct err *err)
{
	struct stat st;
	const char *path = r->opts->path;
	r->fd = STDIN_FILENO;
	if (path && strcmp(path, "-") != 0 && (r->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_set_errno(err, ERR_FILE, "cannot open %s", path);
	if (fstat(r->fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_set(err, ERR_FILE,
				"%s is a directory" LOG_HELP "give a file of records",
				path ? path : "standard input");
		r->is_regular = S_ISREG(st.st_mode);
		/* Somebody may have read a part of it. */
		off_t at = r->is_regular ? lseek(r->fd, 0, SEEK_CUR) : -1;
		if (at >= 0 && st.st_size > at)
			r->input_bytes = (uint64_t)(st.st_size - at);
	}
	return true;
}

struct reader *reader_new(const struct reader_opts *opts, struct wake *wake, struct err *err)
{
	struct reader *r = xcalloc(1, sizeof *r);
	r->opts = opts;
	r->fd = -1;
	r->delimiter = '\n';
	r->is_delimiter_known = opts->format != INPUT_SEQ;
	atomic_init(&r->is_stopped, false);
	atomic_init(&r->is_quit, false);
	/* A whole block must fit behind the beginning of a line that is just not too long. */
	buf_init(&r->in, (size_t)opts->record_max_bytes + 2 * BLOCK_BYTES);
	if (!wake_init(&r->room, err) || !open_input(r, err))
		goto fail;
	chan_init(&r->chan, CHAN_N, CHAN_BYTES, wake, &r->room);
	if (pthread_create(&r->thread, NULL, read_all, r) != 0) {
		err_set(err, ERR_INTERNAL, "cannot start the reading thread");
		goto fail;
	}
	pthread_setname_np(r->thread, "reader");
	return r;
fail:
	chan_release(&r->chan);
	wake_release(&r->room);
	free(r);
	return NULL;
}

size_t reader_take(struct reader *r, struct record **out, size_t n)
{
	return chan_take(&r->chan, (void **)out, n);
}

bool reader_has_records(struct reader *r)
{
	return chan_has_items(&r->chan);
}

uint64_t reader_input_bytes(const struct reader *r)
{
	return r->input_bytes;
}

bool reader_is_done(struct reader *r)
{
	return chan_is_drained(&r->chan);
}

void reader_stop(struct reader *r)
{
	atomic_store(&r->is_stopped, true);
	wake_up(&r->room);
}

bool reader_check(struct reader *r, struct err *err)
{
	if (r->err.kind == ERR_NONE)
		return true;
	*err = r->err;
	return false;
}

void reader_free(struct reader *r)
{
	struct record *record;
	if (!r)
		return;
	atomic_store(&r->is_quit, true);
	reader_stop(r);
	pthread_join(r->thread, NULL);
	while (reader_take(r, &record, 1))
		record_free(record);
	if (r->fd != STDIN_FILENO)
		close(r->fd);
	chan_release(&r->chan);
	wake_release(&r->room);
	buf_release(&r->in);
	free(r);
}
