/* SPDX-License-Identifier: MIT */
/*
 * mask: which bytes were hit, as bits: the first byte is the lowest bit.
 *
 * What run.h asks of sixteen bytes at a time, where not only the first hit counts. Private to the
 * room json. Pure; any thread.
 */
#pragma once

#include "json/run.h"

#include <stdint.h>
#include <string.h>

/* As mask_of, on any machine. */
static inline uint64_t mask_anywhere(run_hits hits)
{
	uint64_t words[2];
	memcpy(words, &hits, sizeof words);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	words[0] = __builtin_bswap64(words[0]);
	words[1] = __builtin_bswap64(words[1]);
#endif
	/* A bit of each byte stays; the factor moves that of byte i to bit 56 + i. */
	const uint64_t lows = UINT64_C(0x0101010101010101), up = UINT64_C(0x0102040810204080);
	return ((words[0] & lows) * up) >> 56 | ((words[1] & lows) * up) >> 56 << 8;
}

/* Gives a bit for each byte of hits, which are 0 or -1. */
static inline uint64_t mask_of(run_hits hits)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)hits);
#else
	return mask_anywhere(hits);
#endif
}
