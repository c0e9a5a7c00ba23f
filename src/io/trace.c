/* SPDX-License-Identifier: MIT */
/*
 * A line is put together in one buffer and leaves in one write. Whatever bytes a server sends, it
 * is one line and valid: what is JSON is scanned and copied without the white space around its
 * parts, what is not is escaped. Secrets are overwritten before that, in the bytes as they came:
 * a secret that looks like a piece of JSON may break the value, which then is text. A key that a
 * stream brings in pieces, an event each, is not seen as one.
 */
#include "io/trace.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "json/compact.h"
#include "json/scan.h"
#include "json/text.h"
#include "work/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFT_OUT "\"left out: it repeats a key, behind escapes\""

enum { KEPT_BYTES = 1 << 20, DAY_MS = 86400000 };

struct trace {
	char *path;
	int fd;
	int error;                     /* errno of the first failure; 0 = none */
	off_t written;                 /* whole lines */
	struct buf line;               /* kept from one to the next, unless it was large */
	struct buf text;               /* what is being made fit for it */
	struct buf seen;               /* the answer of the attempt that comes next */
	const struct attempt *seen_of; /* borrowed, for a comparison only; NULL = none */
};

/* opening */

static bool check(int fd, const char *path, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_set_errno(err, ERR_FILE, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FILE,
			"%s is no regular file" LOG_HELP "give --trace a new file", path);
	if (st.st_uid != geteuid() || st.st_nlink != 1)
		return err_set(err, ERR_FILE,
			"%s is another user's file, or has a second name" LOG_HELP
			"give --trace a new file",
			path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_FILE,
			"%s is open to others, and a trace shows all that is sent" LOG_HELP
			"chmod 600, or give --trace a new file",
			path);
	/* A file system without locks is no reason not to write; another run is. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_FILE, "%s is being written by another run", path);
	return true;
}

struct trace *trace_open(const char *path, struct err *err)
{
	/* O_NONBLOCK: not to wait for the reader of a pipe of that name. */
	int fd = open(path,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		0600);
	if (fd < 0 && errno == ELOOP) {
		err_set(err, ERR_FILE, "%s is a link" LOG_HELP "give --trace a file", path);
		return NULL;
	}
	if (fd < 0) {
		err_set_errno(err, ERR_FILE, "cannot write %s", path);
		return NULL;
	}
	if (!check(fd, path, err)) {
		close(fd);
		return NULL;
	}
	struct trace *t = xcalloc(1, sizeof *t);
	t->path = xstrdup(path);
	t->fd = fd;
	buf_init(&t->line, SIZE_MAX / 4);
	buf_init(&t->text, SIZE_MAX / 4);
	buf_init(&t->seen, SIZE_MAX / 4);
	return t;
}

/* the parts of a line */

static void put_name(struct trace *t, const char *name)
{
	buf_put_char(&t->line, t->line.len ? ',' : '{');
	buf_put_char(&t->line, '"');
	buf_put_str(&t->line, name);
	buf_put_str(&t->line, "\":");
}

/* A whole number from min on; what is below is not known. */
static void put_number(struct trace *t, const char *name, int64_t n, int64_t min)
{
	put_name(t, name);
	if (n < min)
		buf_put_str(&t->line, "null");
	else
		buf_put_int(&t->line, n);
}

static void put_string(struct trace *t, struct span bytes)
{
	buf_put_char(&t->line, '"');
	json_put_escaped_lossy(&t->line, bytes);
	buf_put_char(&t->line, '"');
}

/* Text that may be anything; NULL or empty is not known. */
static void put_text(struct trace *t, const char *name, const char *text, const struct endpoint *e)
{
	put_name(t, name);
	if (!text || !*text) {
		buf_put_str(&t->line, "null");
		return;
	}
	buf_clear(&t->text);
	buf_put_str(&t->text, text);
	secrets_redact(e, t->text.data, t->text.len);
	put_string(t, buf_span(&t->text));
}

static void put_body(
	struct trace *t, const char *name, const struct buf *body, const struct endpoint *e)
{
	struct span value;
	struct json_fault fault;
	put_name(t, name);
	if (body->len == 0) {
		buf_put_str(&t->line, "null");
		return;
	}
	buf_clear(&t->text);
	buf_put_span(&t->text, buf_span(body));
	secrets_redact(e, t->text.data, t->text.len);
	if (secrets_are_hidden(e, buf_span(&t->text))) {
		buf_put_str(&t->line, LEFT_OUT);
		return;
	}
	if (!json_scan(buf_span(&t->text), &value, &fault)) {
		put_string(t, buf_span(&t->text));
		return;
	}
	json_mend_surrogates(t->text.data, t->text.len);
	json_compact(value, &t->line);
}

/*
 * Days to a date of the Gregorian calendar. Years begin in March here, so that the odd day is the
 * last of one; 400 of them are 146097 days.
 */
static void put_time(struct trace *t, int64_t wall_ms)
{
	char text[64];
	int64_t ms = wall_ms < 0 ? 0 : wall_ms;
	int64_t days = ms / DAY_MS + 719468, s = ms % DAY_MS / 1000;
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		(int)(era * 400 + year + (month >= 10)), (int)(month < 10 ? month + 3 : month - 9),
		(int)of_month, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
		(int)(ms % 1000));
	put_name(t, "time");
	put_string(t, span_of(text));
}

static const char *wire_name(enum wire wire)
{
	static const char *const names[] = {
		[WIRE_COMPLETE] = "complete",
		[WIRE_NO_CONNECTION] = "no_connection",
		[WIRE_TLS] = "tls",
		[WIRE_CLOSED] = "closed",
		[WIRE_CUT] = "cut",
		[WIRE_CONNECT_TIMEOUT] = "connect_timeout",
		[WIRE_TIMEOUT] = "timeout",
		[WIRE_LATE] = "late",
		[WIRE_IDLE] = "idle",
		[WIRE_TOO_LARGE] = "too_large",
		[WIRE_NOT_HTTP] = "not_http",
		[WIRE_CANCELLED] = "cancelled",
	};
	return names[wire];
}

static void put_url(struct trace *t, const struct attempt *a)
{
	const struct endpoint *e = a->endpoint;
	char *made =
		a->path ? xasprintf("%s%s%s", e->base, a->path, e->query ? e->query : "") : NULL;
	put_text(t, "url", made ? made : e->url, e);
	free(made);
}

/* writing */

static void fail(struct trace *t)
{
	t->error = errno;
	log_say(LOG_WARNING, "trace %s: %s; nothing more is written there", t->path,
		strerror(t->error));
	/* Half a line is none; if that fails too, it is half a line. */
	(void)!ftruncate(t->fd, t->written);
}

static void write_line(struct trace *t)
{
	const char *from = t->line.data;
	size_t left = t->line.len;
	while (left > 0) {
		ssize_t n = write(t->fd, from, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(t);
			return;
		}
		from += n;
		left -= (size_t)n;
	}
	t->written += (off_t)t->line.len;
}

/* Forgets the bytes, and the memory of those that were unusually many. */
static void forget(struct buf *b)
{
	if (b->cap <= KEPT_BYTES) {
		buf_clear(b);
		return;
	}
	buf_release(b);
	buf_init(b, SIZE_MAX / 4);
}

void trace_begin(struct trace *t)
{
	if (ftruncate(t->fd, 0) < 0)
		fail(t);
}

void trace_see(struct trace *t, const struct attempt *attempt)
{
	forget(&t->seen);
	t->seen_of = attempt;
	if (!t->error)
		buf_put_span(&t->seen, buf_span(&attempt->answer));
}

void trace_put(struct trace *t, const struct trace_entry *entry)
{
	const struct attempt *a = entry->attempt;
	const struct endpoint *e = a->endpoint;
	if (t->error)
		return;
	put_time(t, entry->wall_ms);
	put_number(t, "line", (int64_t)entry->line, 1);
	put_text(t, "step", entry->step, e);
	put_number(t, "attempt", entry->n, 0);
	put_text(t, "endpoint", e->name, e);
	put_url(t, a);
	put_text(t, "model", e->model, e);
	put_text(t, "wire", wire_name(a->wire), NULL);
	put_number(t, "status", a->status, 1);
	put_text(t, "outcome", entry->outcome, NULL);
	put_number(t, "ms", a->ms, 0);
	put_number(t, "first_byte_ms", a->first_byte_ms, 0);
	put_text(t, "request_id", a->request_id, e);
	put_text(t, "detail", a->detail, e);
	put_body(t, "request", &a->body, e);
	put_body(t, "response", t->seen_of == a ? &t->seen : &a->answer, e);
	buf_put_str(&t->line, "}\n");
	write_line(t);
	forget(&t->line);
	forget(&t->text);
	forget(&t->seen);
	t->seen_of = NULL;
}

bool trace_close(struct trace *t, struct err *err)
{
	if (!t)
		return true;
	if (close(t->fd) != 0 && !t->error)
		t->error = errno;
	errno = t->error;
	bool ok = t->error == 0;
	if (!ok && err)
		err_set_errno(err, ERR_OUTPUT, "not all was written to %s", t->path);
	buf_release(&t->line);
	buf_release(&t->text);
	buf_release(&t->seen);
	free(t->path);
	free(t);
	return ok;
}
