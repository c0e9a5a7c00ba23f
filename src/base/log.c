/* SPDX-License-Identifier: MIT */
/*
 * The line at the bottom is left with the cursor at its beginning. There the echo of a ^C is
 * overwritten by the next line; and when the window gets narrower, and the terminal folds the line,
 * the cursor stays in front of all its pieces, so that erasing from there takes them all.
 *
 * Erasing from the first column of the first row on is to tmux a clearing of the screen: it keeps
 * what stood there, a copy at each drawing, among what was scrolled off. So the row is emptied by
 * itself, and what is below it from the second column on. Who only erases below does not know the
 * column: it may be the last, behind half a line, and many terminals that leave that place do not
 * come back to it. There emptying the row first has to do: of an empty screen tmux keeps nothing.
 *
 * Once there is such a line, one lock is held while it or a message is written: then what stands on
 * the screen is known, and no message comes between the erasing of the line and the next text. A
 * terminal that was stopped (^S) lets a writer wait, and with him who wants to write next; but he
 * would wait for the same terminal anyway. The line itself waits for nothing: while the terminal
 * takes nothing, or another thread writes, it is not drawn, and so whoever draws it (the loop) is
 * not held up by it; and who takes it away, to die perhaps, waits a moment at most. Without a line
 * there is no lock.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/visible.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 100,
	TEXT_MAX_BYTES = 2000, /* of a message */
	HELP_MAX_BYTES = 1000,
	WHERE_MAX_BYTES = 500,
	STATUS_MAX_BYTES = 1000,
	NAME_MAX_BYTES = 60,
	LINES_MAX_BYTES = 4000, /* two lines with their beginnings: what a pipe takes at once */
};

#define ERASE "\r\x1b[K\x1b[C\x1b[J\r"
#define ERASE_BELOW "\x1b[K\x1b[J"
#define RED "\x1b[1;31m"
#define CYAN "\x1b[1;36m"
#define PLAIN "\x1b[0m"

static atomic_int shown = LOG_WARNING;
static char beginning[NAME_MAX_BYTES + sizeof "pllm[]: "] = "pllm: "; /* of each message */
static atomic_bool has_colour;
static atomic_bool is_shared; /* the terminal: with others of our kind */

/* The line at the bottom. */
static atomic_bool is_used; /* there was one, ever */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status[STATUS_MAX_BYTES]; /* under the lock, as all that follows */
static size_t status_n;               /* 0 = none */
static bool is_hidden;
/* It is on the screen, the cursor at its beginning. A handler may take it away. */
static atomic_bool is_drawn;
static atomic_bool is_away; /* since the process was stopped; the screen is others' */

static atomic_bool has_half_line; /* of the output stands where a message would */

void log_set_level(enum log_level level)
{
	atomic_store(&shown, (int)level);
}

void log_share_terminal(void)
{
	atomic_store(&is_shared, true);
}

void log_set_colour(bool wanted)
{
	atomic_store(&has_colour, wanted);
}

/* == Text == */

/* A buffer that never allocates: there is room up to its ceiling. */
static struct buf on(char *room, size_t n)
{
	return (struct buf){ .data = room, .cap = n, .max = n };
}

/*
 * Appends what is quoted, so much of it at most, on the line it begins on: a line feed would let it
 * begin one that looks like ours.
 */
static void put_quoted(struct buf *out, struct span text, size_t most)
{
	struct buf part = *out;
	if (part.max > part.len + most)
		part.max = part.cap = part.len + most;
	while (text.n > 0 && !part.is_full) {
		const char *feed = memchr(text.at, '\n', text.n);
		size_t n = feed ? (size_t)(feed - text.at) : text.n;
		visible_put(&part, (struct span){ text.at, n });
		if (feed)
			buf_put_str(&part, "\\u000a");
		n += feed != NULL;
		text = (struct span){ text.at + n, text.n - n };
	}
	out->len = part.len;
}

/*
 * Parts what would be right from what is wrong; a missing span if the text does not say. What is
 * quoted from elsewhere stands before ours: the last mark counts.
 */
static struct span take_help(struct span *text)
{
	const char *mark = memrchr(text->at, *LOG_HELP, text->n);
	if (!mark)
		return (struct span){ 0 };
	struct span help = { mark + 1, text->n - (size_t)(mark + 1 - text->at) };
	text->n = (size_t)(mark - text->at);
	return help;
}

static void put_coloured(struct buf *out, const char *colour, const char *text)
{
	bool is_coloured = atomic_load(&has_colour);
	buf_put_str(out, is_coloured ? colour : "");
	buf_put_str(out, text);
	buf_put_str(out, is_coloured ? PLAIN : "");
}

void log_set_name(const char *name)
{
	struct buf out = on(beginning, sizeof beginning - 1);
	buf_put_str(&out, "pllm");
	if (name) {
		buf_put_char(&out, '[');
		put_quoted(&out, span_of(name), NAME_MAX_BYTES);
		buf_put_char(&out, ']');
	}
	buf_put_str(&out, ": ");
	beginning[out.len] = '\0';
}

/* == The screen == */

static void write_out(const struct buf *out)
{
	/* Nothing can be done about a stderr that cannot be written. */
	if (write(STDERR_FILENO, out->data, out->len) < 0)
		return;
}

static bool can_write(int patience_ms)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	return poll(&p, 1, patience_ms) == 1 && p.revents & POLLOUT;
}

/* False if somebody holds it who waits for the terminal. */
static bool try_lock(int patience_ms)
{
	while (pthread_mutex_trylock(&lock) != 0) {
		if (patience_ms-- <= 0)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static void put_erase(struct buf *out)
{
	bool was_drawn = atomic_exchange(&is_drawn, false);
	buf_put_str(out, was_drawn ? ERASE : atomic_load(&is_shared) ? ERASE_BELOW : "");
}

/* True if the line may be drawn where the cursor is. */
static bool has_place(void)
{
	return !is_hidden && !atomic_load(&is_away) && !atomic_load(&has_half_line);
}

static void put_status(struct buf *out)
{
	if (status_n == 0 || !has_place())
		return;
	buf_put(out, status, status_n);
	buf_put_char(out, '\r');
	atomic_store(&is_drawn, true);
}

/* Sends whole lines, and takes away and puts back what is at the bottom. */
static void send_lines(struct span lines)
{
	char room[sizeof ERASE + 1 + LINES_MAX_BYTES + STATUS_MAX_BYTES];
	struct buf out = on(room, sizeof room);
	bool is_alone = !atomic_load(&is_used);
	if (!is_alone) {
		pthread_mutex_lock(&lock);
		put_erase(&out);
	} else if (atomic_load(&is_shared)) {
		buf_put_str(&out, ERASE_BELOW);
	}
	if (atomic_exchange(&has_half_line, false) && isatty(STDERR_FILENO))
		buf_put_char(&out, '\n');
	buf_put_span(&out, lines);
	if (!is_alone)
		put_status(&out);
	write_out(&out);
	if (!is_alone)
		pthread_mutex_unlock(&lock);
}

/* Under the lock: draws the line anew, if the terminal takes it at once. */
static void redraw(void)
{
	char room[sizeof ERASE + STATUS_MAX_BYTES];
	struct buf out = on(room, sizeof room);
	if (!has_place() || !can_write(0))
		return;
	/* The first time the cursor may stand behind what a person has typed. */
	buf_put_str(&out, ERASE);
	put_status(&out);
	write_out(&out);
}

/* Under the lock. */
static void erase(void)
{
	char room[sizeof ERASE];
	struct buf out = on(room, sizeof room);
	put_erase(&out);
	if (out.len > 0)
		write_out(&out);
}

/* == What is said == */

void log_say(enum log_level level, const char *format, ...)
{
	char text[TEXT_MAX_BYTES + 5], room[LINES_MAX_BYTES];
	struct buf out = on(room, sizeof room);
	if ((int)level > atomic_load(&shown))
		return;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return;
	/* Longer by a character: one that is cut in half is behind what is shown. */
	struct span what = span_of(text), help = take_help(&what);
	buf_put_str(&out, beginning);
	put_quoted(&out, what, TEXT_MAX_BYTES);
	if (help.at) {
		buf_put_str(&out, "; ");
		put_quoted(&out, help, HELP_MAX_BYTES);
	}
	buf_put_char(&out, '\n');
	send_lines(buf_span(&out));
}

void log_fault(enum log_level level, const char *where, const char *id, const char *text)
{
	char name[64], room[LINES_MAX_BYTES];
	struct buf out = on(room, sizeof room);
	if ((int)level > atomic_load(&shown))
		return;
	struct span what = span_of(text), help = take_help(&what);
	buf_put_str(&out, beginning);
	if (where) {
		put_quoted(&out, span_of(where), WHERE_MAX_BYTES);
		buf_put_str(&out, ": ");
	}
	snprintf(name, sizeof name, "error[E-%s]", id);
	put_coloured(&out, RED, name);
	buf_put_str(&out, ": ");
	put_quoted(&out, what, TEXT_MAX_BYTES);
	buf_put_char(&out, '\n');
	if (help.at) {
		put_coloured(&out, CYAN, "help");
		buf_put_str(&out, ": ");
		put_quoted(&out, help, HELP_MAX_BYTES);
		buf_put_char(&out, '\n');
	}
	send_lines(buf_span(&out));
}

/* == What stays == */

void log_set_status(const char *line)
{
	if (!line) {
		if (atomic_load(&is_used) && try_lock(PATIENCE_MS)) {
			status_n = 0;
			if (can_write(PATIENCE_MS))
				erase();
			pthread_mutex_unlock(&lock);
		}
		return;
	}
	if (!try_lock(0))
		return;
	atomic_store(&is_used, true);
	atomic_store(&is_away, false);
	status_n = strnlen(line, sizeof status);
	memcpy(status, line, status_n);
	redraw();
	pthread_mutex_unlock(&lock);
}

void log_hide_status(void)
{
	if (!atomic_load(&is_used) && !atomic_load(&is_shared))
		return;
	pthread_mutex_lock(&lock);
	is_hidden = true;
	erase();
	pthread_mutex_unlock(&lock);
}

void log_show_status(void)
{
	atomic_store(&has_half_line, false);
	if (!atomic_load(&is_used))
		return;
	pthread_mutex_lock(&lock);
	is_hidden = false;
	if (status_n > 0)
		redraw();
	pthread_mutex_unlock(&lock);
}

void log_leave_half_line(void)
{
	atomic_store(&has_half_line, true);
}

void log_leave_screen(void)
{
	char room[] = ERASE_BELOW;
	struct buf out = on(room, sizeof room);
	out.len = sizeof room - 1;
	atomic_store(&is_away, true);
	/* The cursor is before the line, or behind the ^Z that stands on it: that may stay. */
	if (atomic_exchange(&is_drawn, false) && can_write(0))
		write_out(&out);
}
