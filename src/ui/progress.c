/* SPDX-License-Identifier: MIT */
/*
 * Times are told from the run's start, so that what is due next does not depend on when the last
 * look happened to be: objects come at 1, 2, 3 seconds, and a loop that was late once is not late
 * for ever.
 */
#include "ui/progress.h"

#include "base/log.h"
#include "base/visible.h"
#include "ui/progress_figures.h"

#include <errno.h>
#include <unistd.h>

enum {
	FIRST_LINE_MS = 300,
	LINE_MS = 200,
	JSON_MS = 1000,
	PLAIN_MS = 10000, /* where no line can be redrawn */
	MARKS_MS = 1000,  /* rates want to be looked after as often */
	HOLD_MS = 1000,   /* for how long a reason is given that may be there again at once */
	TEXT_MAX_BYTES = 8192
};

static bool redraws(const struct progress *p)
{
	return p->opts.form == PROGRESS_IS_LINE && p->opts.terminal.can_redraw;
}

void progress_init(struct progress *p, const struct progress_opts *opts)
{
	*p = (struct progress){ .opts = *opts, .draw_ms = INT64_MAX, .say_ms = INT64_MAX };
	if (opts->form == PROGRESS_IS_JSON)
		p->draw_ms = JSON_MS;
	else if (redraws(p))
		p->draw_ms = FIRST_LINE_MS;
	else if (opts->form == PROGRESS_IS_LINE && opts->every_ms == 0)
		p->opts.every_ms = PLAIN_MS;
	if (p->opts.every_ms > 0)
		p->say_ms = p->opts.every_ms;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When it wants to look next: not later than rates need it. */
static int64_t next_ms(const struct progress *p, int64_t elapsed_ms)
{
	int64_t next = sooner(p->draw_ms, p->say_ms);
	return next == INT64_MAX ? next : sooner(next, elapsed_ms + MARKS_MS);
}

int64_t progress_first_ms(const struct progress *p)
{
	return next_ms(p, 0);
}

/* Of several stages in a pipeline one has the line, which is none of the others' business. */
static void draw_line(const struct progress *p, const struct view *view)
{
	struct buf line;
	if (!terminal_claim()) {
		log_set_status(NULL);
		return;
	}
	unsigned columns = terminal_columns();
	buf_init(&line, TEXT_MAX_BYTES);
	/* A character in the last column would make some terminals begin the next line. */
	progress_put_line(p, view, columns > 0 ? columns - 1 : 0, &line);
	buf_put_char(&line, '\0');
	log_set_status(line.len > 1 ? line.data : NULL);
	buf_release(&line);
}

static void say_json(const struct progress *p, const struct view *view)
{
	struct buf json, line;
	buf_init(&json, TEXT_MAX_BYTES);
	buf_init(&line, TEXT_MAX_BYTES);
	progress_put_json(p, view, &json);
	/* What stderr is does not matter: it means the same. */
	visible_put(&line, buf_span(&json));
	buf_release(&json);
	buf_put_char(&line, '\n');
	const char *at = line.data, *end = line.data + line.len;
	while (at < end) {
		ssize_t n = write(STDERR_FILENO, at, (size_t)(end - at));
		/* Nothing can be done about a stderr that cannot be written. */
		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? n : 0;
	}
	buf_release(&line);
}

static void say_plain(const struct progress *p, const struct view *view, enum log_level level)
{
	struct buf line;
	buf_init(&line, TEXT_MAX_BYTES);
	progress_put_plain(p, view, &line);
	log_say(level, "%.*s", (int)line.len, line.data);
	buf_release(&line);
}

/* Gives the first multiple of a period that is later. */
static int64_t next_multiple(int64_t period_ms, int64_t elapsed_ms)
{
	return (elapsed_ms / period_ms + 1) * period_ms;
}

/*
 * The view with a reason that stays: a run at -j 64 is not there whenever an answer has just come,
 * and nobody can read what changes five times a second.
 */
static struct view steady_view(struct progress *p, const struct view *view)
{
	struct view steady = *view;
	bool is_old = view->now_ms - p->hold_ms >= HOLD_MS;
	if (view->hold == p->hold || view->hold == HOLD_END || p->hold == HOLD_NONE || is_old) {
		p->hold = view->hold;
		p->hold_ms = view->now_ms;
		return steady;
	}
	steady.hold = p->hold;
	/* It has been found meanwhile that there is none but -j. */
	if (steady.hold == HOLD_LIMIT && view->limit >= view->jobs)
		steady.hold = HOLD_JOBS;
	steady.hold_ms = -1;
	steady.hold_at = NULL;
	return steady;
}

int64_t progress_look(void *who, const struct view *view)
{
	struct progress *p = who;
	int64_t elapsed_ms = view->now_ms - view->started_ms;
	progress_mark(p, view);
	p->last = *view;
	struct view steady = steady_view(p, view);
	if (elapsed_ms >= p->draw_ms) {
		bool is_json = p->opts.form == PROGRESS_IS_JSON;
		if (is_json)
			say_json(p, view);
		else
			draw_line(p, &steady);
		p->draw_ms = next_multiple(is_json ? JSON_MS : LINE_MS, elapsed_ms);
	}
	if (elapsed_ms >= p->say_ms) {
		say_plain(p, view, LOG_WARNING);
		p->say_ms = next_multiple(p->opts.every_ms, elapsed_ms);
	}
	if (view->is_asked)
		say_plain(p, view, LOG_ERROR);
	int64_t next = next_ms(p, elapsed_ms);
	return next == INT64_MAX ? next : next - elapsed_ms;
}

/* The last view, of a run that is over. */
static struct view final_view(const struct progress *p, const struct stats *stats)
{
	struct view view = p->last;
	view.stats = stats;
	view.now_ms = view.started_ms + stats->wall_ms;
	view.in_flight = 0;
	view.waiting_n = 0;
	view.hold = HOLD_NONE;
	view.hold_ms = -1;
	view.hold_at = NULL;
	return view;
}

void progress_hide(struct progress *p)
{
	if (!redraws(p))
		return;
	log_set_status(NULL);
	terminal_yield();
}

/* Of more records than --total has said, who has said it wants to know. */
static void say_total(const struct progress *p, const struct stats *stats)
{
	unsigned long long said_n = p->opts.total_n, read_n = stats->read_n;
	if (said_n > 0 && read_n > said_n)
		log_say(LOG_NOTICE, "--total said %llu, and there were %llu %s%s", said_n, read_n,
			p->opts.unit, stats->is_all_read ? "" : " at least");
}

void progress_end(struct progress *p, const struct stats *stats)
{
	progress_hide(p);
	say_total(p, stats);
	if (p->opts.form != PROGRESS_IS_JSON || p->has_ended)
		return;
	struct view view = final_view(p, stats);
	p->has_ended = true;
	say_json(p, &view);
}
