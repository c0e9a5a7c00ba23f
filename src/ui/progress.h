/* SPDX-License-Identifier: MIT */
/*
 * progress: how far a run is, and why it is not faster: as a line at the bottom of a terminal, as
 * plain lines for logs, or as JSON for programs.
 *
 * Of the terminal's line as much is shown as fits, the most wanted parts first. It is first there
 * after 300 ms, so that short runs show nothing, and drawn 5 times a second; where no line can be
 * redrawn a plain one is said every 10 s instead. Rates and the end are told by the last half
 * minute, since limits are found and servers change. What it shows is a pure function of views;
 * time comes with them. The loop's thread.
 */
#pragma once

#include "base/buf.h"
#include "engine/view.h"
#include "ui/terminal.h"

#include <stdbool.h>
#include <stdint.h>

enum progress_form { PROGRESS_IS_NONE, PROGRESS_IS_LINE, PROGRESS_IS_JSON };

struct progress_opts {
	enum progress_form form;
	struct terminal terminal;
	int64_t every_ms; /* plain lines besides; 0 = none */
	uint64_t total_n; /* records there will be; 0 = not known */
	const char *unit; /* "records", or "documents" of chunk */
	const char *name; /* of the run, at the beginning of the terminal's line; NULL = none */
};

enum { PROGRESS_MARKS_N = 64 };

/* What was seen before, for rates. */
struct progress_mark {
	int64_t at_ms;
	uint64_t settled_n, settled_bytes, skipped_n;
};

struct progress {
	struct progress_opts opts;
	/* A ring of views after which more was done than before, the oldest first to go. */
	struct progress_mark marks[PROGRESS_MARKS_N];
	unsigned marks_n, next;
	int64_t draw_ms, say_ms; /* when a line, and a plain one besides, is due after the start */
	struct view last;        /* the last one seen; its pointers are not followed */
	enum hold hold;          /* the reason that the line gives */
	int64_t hold_ms;         /* when that was last the reason */
	bool has_ended;          /* the next JSON object is the last one */
};

/* Makes p ready; nothing is shown yet. */
void progress_init(struct progress *p, const struct progress_opts *opts);

/* When it wants to look first, in milliseconds after the start; INT64_MAX = never. */
int64_t progress_first_ms(const struct progress *p);

/*
 * Shows what is due, on stderr, and gives after how many milliseconds the next is, INT64_MAX =
 * never: fits struct watch, `who` being the progress.
 */
int64_t progress_look(void *who, const struct view *view);

/* Takes the line away, for good: at once, whatever else is still to be written. */
void progress_hide(struct progress *p);

/*
 * The run is over, and has been looked at once more: takes the line away, or says the last JSON
 * object, for which stats are the final ones. Says if there were more records than the total.
 */
void progress_end(struct progress *p, const struct stats *stats);

/* Appends the line for the terminal, at most so many columns wide, colours not counted. */
void progress_put_line(
	const struct progress *p, const struct view *view, unsigned columns, struct buf *out);

/* Appends the plain line, without "pllm: " and line end. */
void progress_put_plain(const struct progress *p, const struct view *view, struct buf *out);

/* Appends the JSON object, without line end. */
void progress_put_json(const struct progress *p, const struct view *view, struct buf *out);
