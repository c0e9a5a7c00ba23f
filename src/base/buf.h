/* SPDX-License-Identifier: MIT */
/*
 * buf: a growing run of bytes that cannot be made without its ceiling.
 *
 * Whatever the outside world sizes (an input line, an answer, a request body) grows in one of
 * these. Appending past the ceiling changes nothing and says so, and so does every later append: a
 * writer of many pieces may look at is_full once, at the end. Running out of memory below the
 * ceiling ends the program (see xalloc). Knows nothing of what the bytes mean. One thread at a
 * time.
 *
 * Invariants: len <= cap <= max; `data` is NULL only while cap is 0; the bytes are not
 * NUL-terminated.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;   /* owned */
	size_t len;   /* bytes in use */
	size_t cap;   /* bytes allocated */
	size_t max;   /* the ceiling of len */
	bool is_full; /* an append was refused; until buf_clear */
};

/* Makes b empty, with a ceiling of max bytes (>= 1). Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* Frees what b holds and leaves it empty; fine on a zeroed or released one. */
void buf_release(struct buf *b);

/* Forgets the bytes, keeps the memory and the ceiling. */
void buf_clear(struct buf *b);

/*
 * Makes room for n more bytes without a further allocation.
 * False, with nothing changed, if len + n would pass the ceiling.
 */
bool buf_reserve(struct buf *b, size_t n);

/* Appends n bytes, borrowed. False, with nothing changed, at the ceiling. */
bool buf_put(struct buf *b, const void *bytes, size_t n);

/* Appends one byte. False at the ceiling. */
bool buf_put_char(struct buf *b, char c);

/* Appends a span; a missing span appends nothing. False at the ceiling. */
bool buf_put_span(struct buf *b, struct span s);

/* Appends the string s without its NUL. False at the ceiling. */
bool buf_put_str(struct buf *b, const char *s);

/* Appends a whole number in decimal. False at the ceiling. */
bool buf_put_int(struct buf *b, long long n);

/* Drops the first n bytes (n <= len) and moves the rest to the front. */
void buf_drop(struct buf *b, size_t n);

/* Gives memory back if less than half of what is allocated is used: for bytes that will be kept. */
void buf_shrink(struct buf *b);

/*
 * Gives the bytes as a span, borrowed until b changes; an empty buf gives an empty, present span.
 */
struct span buf_span(const struct buf *b);
