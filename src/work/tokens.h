/* SPDX-License-Identifier: MIT */
/*
 * tokens: about how many tokens a text is, without its tokenizer.
 *
 * Cuts the text into the pieces that tokenizers begin with and charges each by its kind. Mostly
 * within 15 per cent of OpenAI's o200k, where bytes / 4 is off by up to 60 per cent. Pure.
 */
#pragma once

#include "base/span.h"

/* How far a budget reaches into a text; in bytes from its beginning. */
struct tokens_reach {
	size_t piece_n; /* whole pieces that are within it: words, numbers, runs of marks or space
			 */
	size_t neat_n;  /* the last place among these before a letter or a digit, 0 = none */
	bool is_all;    /* the whole text is */
};

/*
 * Gives the estimate for UTF-8 text; also for text with JSON escapes, as it stands in a request. At
 * least 1 unless it is empty; never less for what is appended.
 */
double tokens_estimate(struct span text);

/*
 * Gives how many bytes of the text's beginning have an estimate of no more than budget, as many as
 * can be; a character or an escape, and a pair of them that is one character, is never cut. 0 if
 * nothing fits.
 */
size_t tokens_prefix(struct span text, double budget);

/*
 * The same of its end; may be fewer than could be, where an end by itself costs more than together
 * with what stands before it: only appending never makes a text cheaper.
 */
size_t tokens_suffix(struct span text, double budget);

/*
 * As tokens_estimate, for text that is read as it stands, a backslash being one: as much as its
 * JSON string is estimated at.
 */
double tokens_estimate_plain(struct span text);

/* As tokens_prefix, likewise. */
size_t tokens_prefix_plain(struct span text, double budget);

/* As tokens_suffix, likewise. */
size_t tokens_suffix_plain(struct span text, double budget);

/*
 * Gives how much of the plain text's beginning is within the budget, in whole pieces, looking at it
 * once: none of these beginnings has a larger estimate by itself. Costs what is within, not the
 * text.
 */
struct tokens_reach tokens_reach(struct span text, double budget);
