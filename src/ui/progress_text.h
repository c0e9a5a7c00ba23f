/* SPDX-License-Identifier: MIT */
/*
 * progress_text: what the parts of a progress line say, in words. Private to ui/progress. Pure.
 *
 * Each verb appends one text, or nothing where there is nothing to say.
 */
#pragma once

#include "ui/progress_figures.h"

/* What the texts are about; borrowed. */
struct progress_scene {
	const struct progress *progress;
	const struct view *view;
	struct progress_figures figures;
};

/* Gives the scene of a view. */
struct progress_scene progress_scene(const struct progress *p, const struct view *view);

/*
 * Gives how many columns a byte of UTF-8 text takes at most: unless it is ASCII, two a character.
 */
unsigned progress_columns_of(char c);

/* A name from anywhere: on one line, cut after 24 columns, and plain where the terminal is. */
void progress_put_label(struct buf *out, const char *label, bool is_utf8);

/* "1,234", "12.3M". */
void progress_put_count(struct buf *out, uint64_t n);

/* "0:07", "1:29", "2h05", "3d04h". */
void progress_put_clock(struct buf *out, int64_t ms);

/*
 * How far it is: "12.3k/50.0k"; "12,345/50,000"; "12,345/50,000 (24%)"; "12,345 of 50,000 records
 * (24%)"; where no end is known only what is done.
 */
void progress_put_done(struct buf *out, const struct progress_scene *s, int form);

/* "42/s", "4.2/s", "25/min". */
void progress_put_rate(struct buf *out, const struct progress_scene *s, int form);

/* "$1.84", and "$1.84 of ~$7.45". */
void progress_put_cost(struct buf *out, const struct progress_scene *s, int form);

/* "1.2M+310k tok", and "1.2M tokens in, 310k out". */
void progress_put_tokens(struct buf *out, const struct progress_scene *s, int form);

/*
 * Why it is not faster: in a word, "limited 12s"; in some, "rate limited, 12s left"; and with the
 * endpoint's name, cut where it is long and plain where the terminal is.
 */
void progress_put_why(struct buf *out, const struct progress_scene *s, int form);

/* True if why it is not faster is something that a person may want to do something about. */
bool progress_why_is_trouble(enum hold hold);

/* Gives what JSON calls it; static; NULL = nothing holds it. */
const char *progress_why_name(enum hold hold);
