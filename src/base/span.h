/* SPDX-License-Identifier: MIT */
/*
 * span: a piece of somebody else's bytes.
 *
 * A pointer and a length, no NUL at the end, no ownership: a span is valid as long as the buffer it
 * was cut from neither moves nor dies. A span whose `at` is NULL means "not there", which is not
 * the same as an empty one. Pure values; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at; /* first byte, NULL = there is no such thing */
	size_t n;       /* bytes */
};

/* The span of a string literal, as a constant expression. */
#define SPAN(literal) ((struct span){ .at = (literal), .n = sizeof(literal) - 1 })

/* Gives the span of the NUL-terminated string s, borrowed. */
static inline struct span span_of(const char *s)
{
	return (struct span){ .at = s, .n = strlen(s) };
}

/* True if the two hold the same bytes; a missing span equals nothing. */
static inline bool span_equals(struct span a, struct span b)
{
	return a.at && b.at && a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
}

/* True if the span holds just the bytes of the string s. */
static inline bool span_is(struct span a, const char *s)
{
	return span_equals(a, span_of(s));
}
