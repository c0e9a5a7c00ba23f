/* SPDX-License-Identifier: MIT */
/*
 * Each chunk is walked once, from its start, until its tokens are used up; where it may end is then
 * looked for backwards, so what is walked twice is only what did not fit. A sort of edge that is
 * not within reach of one chunk is at most one chunk later, so a short chunk is never followed by
 * many others, and the work stays linear.
 *
 * An overlap gives way where it would keep the next word out: then the next chunk starts where the
 * last one ended. Within a word that is too long for any chunk it does not.
 */
#include "work/chunk.h"

#include "base/xalloc.h"
#include "work/chunk_edge.h"
#include "work/tokens.h"

#include <stdlib.h>

/* A text being cut. */
struct cutter {
	struct span text;
	double size, overlap;   /* in tokens */
	const enum edge *edges; /* in the order in which they are tried; the last is EDGE_WORD */
};

/* What is tried after --at's own sort. */
static const enum edge ladders[][4] = {
	[CHUNK_AT_PARAGRAPH] = { EDGE_PARAGRAPH, EDGE_SENTENCE, EDGE_LINE, EDGE_WORD },
	[CHUNK_AT_SENTENCE] = { EDGE_SENTENCE, EDGE_LINE, EDGE_WORD },
	[CHUNK_AT_LINE] = { EDGE_LINE, EDGE_SENTENCE, EDGE_WORD },
	[CHUNK_AT_TOKEN] = { EDGE_WORD },
};

static struct span from(const struct cutter *c, size_t start)
{
	return (struct span){ c->text.at + start, c->text.n - start };
}

/* True if a chunk that ends there uses at least half of what it may. */
static bool is_well_used(size_t end, size_t low, size_t high)
{
	return end != NO_EDGE && end > low && end - low >= (high - low) / 2;
}

/* Where words are hard to come by, as in Chinese, or in a URL: between other pieces. */
static size_t find_piece_end(
	const struct cutter *c, size_t start, size_t low, const struct tokens_reach *reach)
{
	size_t high = start + reach->piece_n, neat = start + reach->neat_n;
	size_t word = edge_last(c->text, low, high, EDGE_WORD);
	if (is_well_used(word, low, high))
		return word;
	if (is_well_used(neat, low, high) && edge_floor(c->text, low, neat) == neat)
		return neat;
	if (word != NO_EDGE)
		return word;
	/* an overlap gives way to the space behind a word, too */
	if (start < low && edge_is_white(c->text, high))
		return NO_EDGE;
	size_t end = edge_floor(c->text, low, high);
	return end > low ? end : NO_EDGE;
}

/* Gives where a chunk from start ends, behind low, that cuts no piece; NO_EDGE = it would not. */
static size_t find_end(const struct cutter *c, size_t start, size_t low)
{
	struct tokens_reach reach = tokens_reach(from(c, start), c->size);
	if (reach.is_all)
		return c->text.n;
	size_t high = start + reach.piece_n, end;
	if (high <= low)
		return NO_EDGE;
	for (const enum edge *edge = c->edges; *edge != EDGE_WORD; edge++)
		if ((end = edge_last(c->text, low, high, *edge)) != NO_EDGE)
			return end;
	return find_piece_end(c, start, low, &reach);
}

/* The same where a piece has to be cut. */
static size_t find_end_inside(const struct cutter *c, size_t start, size_t low)
{
	size_t high = start + tokens_prefix_plain(from(c, start), c->size);
	size_t end = high > low ? edge_floor(c->text, low, high) : low;
	return end > low ? end : NO_EDGE;
}

/* Gives the first place from `least` on where something begins; the chunk's end if none is good. */
static size_t find_beginning(const struct cutter *c, struct chunk chunk, size_t least)
{
	struct edge_range range = { chunk.start, chunk.end };
	size_t start;
	for (const enum edge *edge = c->edges;; edge++) {
		if ((start = edge_first(c->text, range, least, *edge)) != NO_EDGE)
			return start;
		if (*edge == EDGE_WORD)
			break;
	}
	start = edge_floor(c->text, chunk.start, least);
	if (start < least || start == chunk.start)
		start = edge_past_cluster(c->text, start);
	/* half a word is no beginning */
	bool is_good = start < chunk.end && !edge_is_inside_word(c->text, start);
	return is_good ? start : chunk.end;
}

/* Gives where the chunk after `last` is to start. */
static size_t find_start(const struct cutter *c, struct chunk last)
{
	struct span chunk = { c->text.at + last.start, last.end - last.start };
	if (c->overlap <= 0)
		return last.end;
	size_t least = last.end - tokens_suffix_plain(chunk, c->overlap);
	size_t start = find_beginning(c, last, least);
	/* what looks random may cost more where less of it is seen */
	struct span shared = { c->text.at + start, last.end - start };
	return tokens_estimate_plain(shared) <= c->overlap ? start : last.end;
}

static struct chunk next(const struct cutter *c, struct chunk last)
{
	size_t low = last.end, start = low > 0 ? find_start(c, last) : 0, end;
	if (start < low && (end = find_end(c, start, low)) != NO_EDGE)
		return (struct chunk){ start, end };
	if ((end = find_end(c, low, low)) != NO_EDGE)
		return (struct chunk){ low, end };
	if (start < low && (end = find_end_inside(c, start, low)) != NO_EDGE)
		return (struct chunk){ start, end };
	if ((end = find_end_inside(c, low, low)) != NO_EDGE)
		return (struct chunk){ low, end };
	return (struct chunk){ low, edge_past_cluster(c->text, low) };
}

static void add(struct chunks *chunks, struct chunk chunk)
{
	if (chunks->n == chunks->cap) {
		chunks->cap = chunks->cap ? 2 * chunks->cap : 64;
		chunks->items = xrealloc(chunks->items, chunks->cap, sizeof *chunks->items);
	}
	chunks->items[chunks->n++] = chunk;
}

void chunks_cut(struct chunks *chunks, struct span text, const struct chunk_opts *opts)
{
	struct cutter c = {
		.text = text,
		.size = (double)opts->size,
		.overlap = (double)opts->overlap,
		.edges = ladders[opts->at],
	};
	struct chunk chunk = { 0 };
	chunks->n = 0;
	do {
		if (text.n > 0)
			chunk = next(&c, chunk);
		add(chunks, chunk);
	} while (chunk.end < text.n);
}

void chunks_release(struct chunks *chunks)
{
	free(chunks->items);
	*chunks = (struct chunks){ 0 };
}
