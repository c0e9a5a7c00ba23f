/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SMALLEST = 64, /* the first allocation; most bodies and lines are a few hundred */
	SHRINK_WORTH_BYTES = 512, /* realloc costs more than this many idle bytes are worth */
};

void buf_init(struct buf *b, size_t max)
{
	assert(max > 0);
	*b = (struct buf){ .max = max };
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->is_full = false;
	b->len = 0;
}

bool buf_reserve(struct buf *b, size_t n)
{
	assert(b->max > 0);
	if (n <= b->cap - b->len && !b->is_full)
		return true;
	if (b->is_full || n > b->max - b->len) {
		b->is_full = true;
		return false;
	}
	size_t need = b->len + n;
	/*
	 * At least what is asked for, and half as much again as there was, so that appending stays
	 * linear.
	 */
	size_t cap = b->cap + b->cap / 2;
	if (cap < need)
		cap = need < SMALLEST ? SMALLEST : need;
	if (cap > b->max)
		cap = b->max;
	b->data = xrealloc(b->data, cap, 1);
	b->cap = cap;
	return true;
}

bool buf_put(struct buf *b, const void *bytes, size_t n)
{
	/* what buf_reserve looks at first, without the call: this is where most bytes go through */
	if ((n > b->cap - b->len || b->is_full) && !buf_reserve(b, n))
		return false;
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	return true;
}

bool buf_put_char(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool buf_put_span(struct buf *b, struct span s)
{
	return buf_put(b, s.at, s.n);
}

bool buf_put_str(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool buf_put_int(struct buf *b, long long n)
{
	char digits[24];
	size_t at = sizeof digits;
	unsigned long long rest = n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (n < 0)
		digits[--at] = '-';
	return buf_put(b, digits + at, sizeof digits - at);
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len -= n;
	if (n && b->len)
		memmove(b->data, b->data + n, b->len);
}

void buf_shrink(struct buf *b)
{
	if (b->cap - b->len < SHRINK_WORTH_BYTES || b->len > b->cap / 2)
		return;
	b->cap = b->len ? b->len : 1;
	b->data = xrealloc(b->data, b->cap, 1);
}

struct span buf_span(const struct buf *b)
{
	return (struct span){ .at = b->data ? b->data : "", .n = b->len };
}
