/* SPDX-License-Identifier: MIT */
/*
 * The line is made of parts, each of which can be said in more or fewer words. Which part is next
 * to be said, or said in more words, while there is room: that is one list, written for somebody
 * who worries: how far, what holds it up, does it fail, when is it over, what does it cost. A part
 * that does not fit is left out, and smaller ones behind it in the list may still be in. What parts
 * them shrinks first, from " | " to a space, until the first four are all in.
 */
#include "ui/progress_text.h"

enum { LINE_MAX_BYTES = 4000, BAR_CELLS = 10, FIRST_N = 4 };

/* In the order they stand in. */
enum part {
	PART_NAME,
	PART_BAR,
	PART_DONE,
	PART_FAILED,
	PART_RATE,
	PART_ETA,
	PART_COST,
	PART_FLIGHT,
	PART_LIMITED,
	PART_RETRIES,
	PART_TOKENS,
	PART_SAVED,
	PART_ELAPSED,
	PART_WHY,
	PARTS_N
};

static const struct {
	enum part part;
	int form;
} wanted[] = {
	{ PART_DONE, 0 },
	{ PART_WHY, 0 },
	{ PART_FAILED, 0 },
	{ PART_ETA, 0 },
	{ PART_NAME, 0 },
	{ PART_DONE, 1 },
	{ PART_WHY, 1 },
	{ PART_COST, 0 },
	{ PART_ETA, 1 },
	{ PART_DONE, 2 },
	{ PART_RATE, 0 },
	{ PART_LIMITED, 0 },
	{ PART_COST, 1 },
	{ PART_FLIGHT, 0 },
	{ PART_TOKENS, 0 },
	{ PART_RETRIES, 0 },
	{ PART_WHY, 2 },
	{ PART_ELAPSED, 0 },
	{ PART_FLIGHT, 1 },
	{ PART_DONE, 3 },
	{ PART_SAVED, 0 },
	{ PART_TOKENS, 1 },
	{ PART_BAR, 0 },
};

static void put_name(struct buf *out, const struct progress_scene *s, int form)
{
	const struct progress_opts *opts = &s->progress->opts;
	if (form == 0 && opts->name)
		progress_put_label(out, opts->name, opts->terminal.is_utf8);
}

/* Blocks may be two columns wide each, and the line must not be. */
static void put_bar(struct buf *out, const struct progress_scene *s, int form)
{
	bool is_utf8 = s->progress->opts.terminal.is_utf8;
	if (form > 0 || s->figures.share < 0)
		return;
	int full = (int)(s->figures.share * BAR_CELLS);
	buf_put_str(out, is_utf8 ? "" : "[");
	for (int i = 0; i < BAR_CELLS; i++)
		if (is_utf8)
			buf_put_str(out, i < full ? "\xe2\x96\x88" : "\xe2\x96\x91");
		else
			buf_put_char(out, i < full ? '#' : '-');
	buf_put_str(out, is_utf8 ? "" : "]");
}

/* Appends "N WHAT" if N is not 0. */
static void put_counted(struct buf *out, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	progress_put_count(out, n);
	buf_put_str(out, what);
}

static void put_failed(struct buf *out, const struct progress_scene *s, int form)
{
	const struct stats *stats = s->view->stats;
	/* What a stop has left is not what a person has to worry about. */
	if (form == 0)
		put_counted(out, stats->failed_n - stats_unasked_n(stats), " failed");
}

static void put_eta(struct buf *out, const struct progress_scene *s, int form)
{
	/* An end that can never be told is not promised. */
	if (form > 1 || s->figures.share < 0 || s->view->is_ending)
		return;
	buf_put_str(out, form == 0 ? "" : "ETA ");
	if (s->figures.eta_ms < 0)
		buf_put_str(out, "--");
	else
		progress_put_clock(out, s->figures.eta_ms);
}

static void put_flight(struct buf *out, const struct progress_scene *s, int form)
{
	const struct view *v = s->view;
	if (form > 1 || (form == 1 && v->limit >= v->jobs))
		return;
	buf_put_int(out, v->in_flight);
	buf_put_char(out, '/');
	buf_put_int(out, v->limit);
	buf_put_str(out, " in flight");
	if (form == 0)
		return;
	buf_put_str(out, " (-j ");
	buf_put_int(out, v->jobs);
	buf_put_char(out, ')');
}

static void put_limited(struct buf *out, const struct progress_scene *s, int form)
{
	if (form == 0)
		put_counted(out, s->view->stats->traffic.ended_n[OUTCOME_RATE], "x 429");
}

static void put_retries(struct buf *out, const struct progress_scene *s, int form)
{
	uint64_t n = s->view->stats->retries_n;
	if (form == 0)
		put_counted(out, n, n == 1 ? " retry" : " retries");
}

static void put_saved(struct buf *out, const struct progress_scene *s, int form)
{
	const struct stats *stats = s->view->stats;
	if (form > 0)
		return;
	put_counted(out, stats->hits_n, " cached");
	if (stats->hits_n > 0 && stats->skipped_n > 0)
		buf_put_str(out, ", ");
	put_counted(out, stats->skipped_n, " skipped");
}

static void put_elapsed(struct buf *out, const struct progress_scene *s, int form)
{
	if (form > 0)
		return;
	progress_put_clock(out, s->view->now_ms - s->view->started_ms);
	buf_put_str(out, " so far");
}

/* Appends what the part says in that form, or nothing. */
typedef void put_part(struct buf *out, const struct progress_scene *s, int form);

static put_part *const putters[PARTS_N] = {
	[PART_NAME] = put_name,
	[PART_BAR] = put_bar,
	[PART_DONE] = progress_put_done,
	[PART_FAILED] = put_failed,
	[PART_RATE] = progress_put_rate,
	[PART_ETA] = put_eta,
	[PART_COST] = progress_put_cost,
	[PART_FLIGHT] = put_flight,
	[PART_LIMITED] = put_limited,
	[PART_RETRIES] = put_retries,
	[PART_TOKENS] = progress_put_tokens,
	[PART_SAVED] = put_saved,
	[PART_ELAPSED] = put_elapsed,
	[PART_WHY] = progress_put_why,
};

/* What is said of each part: -1 = nothing. */
struct choice {
	int form[PARTS_N];
	unsigned columns[PARTS_N];
	unsigned used; /* columns, separators not counted */
	unsigned parts_n;
	unsigned room, gap; /* columns of all, and of what parts two parts */
};

static unsigned columns_of(const struct buf *text)
{
	unsigned columns = 0;
	for (size_t i = 0; i < text->len; i++)
		columns += progress_columns_of(text->data[i]);
	return columns;
}

/* Takes the part in that form, if it says anything; false if there is no room for it. */
static bool take(struct choice *c, enum part part, int form, unsigned columns)
{
	unsigned parts_n = c->parts_n + (c->form[part] < 0);
	unsigned used = c->used - c->columns[part] + columns;
	if (columns == 0)
		return true;
	if (used + (parts_n - 1) * c->gap > c->room)
		return false;
	c->form[part] = form;
	c->columns[part] = columns;
	c->used = used;
	c->parts_n = parts_n;
	return true;
}

/* False if there is no room for all of those that are wanted first. */
static bool choose(struct choice *c, const struct progress_scene *s, unsigned room, unsigned gap)
{
	struct buf text;
	bool has_first = true;
	*c = (struct choice){ .room = room, .gap = gap };
	for (int i = 0; i < PARTS_N; i++)
		c->form[i] = -1;
	buf_init(&text, LINE_MAX_BYTES);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		buf_clear(&text);
		putters[wanted[i].part](&text, s, wanted[i].form);
		if (!take(c, wanted[i].part, wanted[i].form, columns_of(&text)) && i < FIRST_N)
			has_first = false;
	}
	buf_release(&text);
	return has_first;
}

/* Gives the colour of a part, as a terminal is told; NULL = none of its own. */
static const char *colour_of(enum part part, const struct view *view)
{
	if (part == PART_FAILED)
		return "\x1b[31m";
	if (part == PART_LIMITED || (part == PART_WHY && progress_why_is_trouble(view->hold)))
		return "\x1b[33m";
	return NULL;
}

void progress_put_line(
	const struct progress *p, const struct view *view, unsigned columns, struct buf *out)
{
	static const char *const gaps[] = { "", " ", "  ", " | " };
	struct progress_scene s = progress_scene(p, view);
	struct choice c;
	const char *between = "";
	unsigned gap = 3;
	while (!choose(&c, &s, columns, gap) && gap > 1)
		gap--;
	for (int part = 0; part < PARTS_N; part++) {
		if (c.form[part] < 0)
			continue;
		const char *colour =
			p->opts.terminal.has_colour ? colour_of((enum part)part, view) : NULL;
		buf_put_str(out, between);
		buf_put_str(out, colour ? colour : "");
		putters[part](out, &s, c.form[part]);
		buf_put_str(out, colour ? "\x1b[0m" : "");
		between = gaps[gap];
	}
}

/* Appends ", " and the part, if it says anything. */
static void put_also(struct buf *out, const struct progress_scene *s, put_part *put, int form)
{
	size_t before = out->len;
	buf_put_str(out, ", ");
	size_t begun = out->len;
	put(out, s, form);
	if (out->len == begun)
		out->len = before;
}

void progress_put_plain(const struct progress *p, const struct view *view, struct buf *out)
{
	struct progress_scene s = progress_scene(p, view);
	progress_put_done(out, &s, 3);
	put_also(out, &s, put_failed, 0);
	put_also(out, &s, progress_put_rate, 0);
	buf_put_str(out, ", ");
	buf_put_int(out, view->in_flight);
	buf_put_str(out, " in flight");
	put_also(out, &s, put_limited, 0);
	put_also(out, &s, progress_put_cost, s.figures.cost_forecast >= 0);
	if (s.figures.eta_ms >= 0) {
		buf_put_str(out, ", ");
		progress_put_clock(out, s.figures.eta_ms);
		buf_put_str(out, " left");
	}
	put_also(out, &s, progress_put_why, view->hold_at ? 2 : 1);
}
