/* SPDX-License-Identifier: MIT */
/*
 * run: how far bytes of one sort go.
 *
 * The inner loop of scanning, skipping and escaping: sixteen bytes at a time, in the vector
 * arithmetic that gcc and clang have for every machine; only the search for the first hit differs.
 * Never reads at or past the end. The sort is a constant at every call, so each call becomes a loop
 * of its own. Private to the room json. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define RUN_STRIDE 16

typedef unsigned char run_bytes __attribute__((vector_size(RUN_STRIDE)));
typedef signed char run_hits __attribute__((vector_size(RUN_STRIDE)));

enum run {
	RUN_PLAIN,    /* ASCII that stands in a string for itself: no quote, backslash, control */
	RUN_UNQUOTED, /* anything but quote and backslash */
	RUN_COPIED,   /* anything but quote, backslash and controls */
	RUN_FLAT,     /* anything but quotes, brackets and braces */
	RUN_DIGITS,
	RUN_SPACE,  /* JSON's white space */
	RUN_CLOSED, /* anything but controls, blanks and closing brackets */
	RUN_ASCII
};

/* Gives -1 for each byte that does not belong to the run, else 0. */
static inline __attribute__((always_inline)) run_hits run_stops(run_bytes x, enum run run)
{
	run_hits quoting = (x == '"') | (x == '\\');
	switch (run) {
	case RUN_PLAIN: /* signed: what is above 0x7f is below 0 */
		return quoting | ((run_hits)x < 0x20);
	case RUN_UNQUOTED:
		return quoting;
	case RUN_COPIED:
		return quoting | (x < 0x20);
	case RUN_FLAT: /* brackets are braces without the bit 0x20 */
		return (x == '"') | ((x | 0x20) == '{') | ((x | 0x20) == '}');
	case RUN_DIGITS:
		return (x - '0') > 9;
	case RUN_SPACE:
		return (x != ' ') & (x != '\n') & (x != '\r') & (x != '\t');
	case RUN_CLOSED:
		return (x <= ' ') | (x == ']');
	default:
		return (run_hits)x < 0;
	}
}

/* Gives the index of the first hit, or RUN_STRIDE if there is none. */
static inline unsigned run_first(run_hits hits)
{
#ifdef __SSE2__
	unsigned mask = (unsigned)_mm_movemask_epi8((__m128i)hits);
	return mask ? (unsigned)__builtin_ctz(mask) : RUN_STRIDE;
#else
	for (unsigned i = 0; i < RUN_STRIDE; i += 8) {
		uint64_t word;
		memcpy(&word, (const char *)&hits + i, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		if (word)
			return i + (unsigned)__builtin_ctzll(word) / 8;
	}
	return RUN_STRIDE;
#endif
}

/* As run_end, where fewer than RUN_STRIDE bytes are left. A call, to keep the loops small. */
static __attribute__((noinline, unused)) const char *run_tail(
	const char *at, const char *end, enum run run)
{
	size_t left = (size_t)(end - at);
	run_bytes x = { 0 };
	memcpy(&x, at, left);
	unsigned i = run_first(run_stops(x, run));
	return i < left ? at + i : end;
}

/* Gives the first byte in [at, end) that does not belong to the run, or end. */
static inline __attribute__((always_inline)) const char *run_end(
	const char *at, const char *end, enum run run)
{
	for (; end - at >= RUN_STRIDE; at += RUN_STRIDE) {
		run_bytes x;
		memcpy(&x, at, sizeof x);
		unsigned i = run_first(run_stops(x, run));
		if (i < RUN_STRIDE)
			return at + i;
	}
	return run_tail(at, end, run);
}

/* Gives the first byte in [at, end) that is no white space, or end. Mostly there is none or one. */
static inline const char *past_space(const char *at, const char *end)
{
	if (at == end || (unsigned char)*at > ' ')
		return at;
	if (*at == ' ' && end - at > 1 && (unsigned char)at[1] > ' ')
		return at + 1;
	return run_end(at, end, RUN_SPACE);
}
