/* SPDX-License-Identifier: MIT */
/*
 * chunk: a text cut into pieces that follow one another.
 *
 * Knows no records (work/chunk_document.h does). A chunk has as many tokens as it may, as
 * work/tokens estimates them, and ends at the last place of the wanted sort within these; if there
 * is none, at the last of the next sort:
 *
 *         paragraph    after a blank line; then as sentence
 *         sentence     after what ends a sentence, or a paragraph; then line, then token
 *         line         after the end of a line; then sentence, then token
 *         token        after a word; else between two pieces, or in one that is too long
 *
 * White space stays with the text before it, but for the indentation of a line; so a chunk of white
 * space alone is made only where there is nothing else. A character, and what is one character for
 * the reader (a grapheme cluster), is never cut: one that is larger than a chunk is a chunk.
 * Pure; any thread.
 *
 * Invariants of the chunks of a text: the first starts at its beginning and the last ends at its
 * end; each starts and ends behind the one before it, and starts at its end or, with an overlap,
 * before that. An empty text is one empty chunk. The work is linear in what the chunks hold.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

/* --at: where a text may be cut; each is tried before the finer ones. */
enum chunk_at { CHUNK_AT_PARAGRAPH, CHUNK_AT_SENTENCE, CHUNK_AT_LINE, CHUNK_AT_TOKEN };

/* As the user gave them, and owned by the config; read by work/chunk_document. */
struct chunk_opts {
	char *field;     /* --field PATH: where the text is */
	int64_t size;    /* --size N: tokens of a chunk, at most; >= 1 */
	int64_t overlap; /* --overlap N: tokens that it has in common with the one before; < size */
	int at;          /* enum chunk_at */
	char *keeps;     /* --keep-fields all|none|NAME,...: what else of the record goes along */
};

/* Bytes of a text, from start up to, not including, end. */
struct chunk {
	size_t start;
	size_t end;
};

/* The chunks of one text; zeroed is empty. */
struct chunks {
	struct chunk *items; /* owned */
	size_t n;
	size_t cap;
};

/*
 * Fills chunks, keeping their memory, with those of a text, borrowed: valid UTF-8. Of the options
 * size, overlap and at count.
 */
void chunks_cut(struct chunks *chunks, struct span text, const struct chunk_opts *opts);

/* Frees the chunks and leaves none; fine on zeroed ones. */
void chunks_release(struct chunks *chunks);
