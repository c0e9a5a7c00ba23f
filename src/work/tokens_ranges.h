/* SPDX-License-Identifier: MIT */
/*
 * tokens_ranges: what characters are to a tokenizer, and what those of each script weigh.
 *
 * Fitted, see tokens.c. Private to tokens.c.
 */
#pragma once

#include <stdint.h>

enum kind {
	KIND_END, /* of the text */
	KIND_LOWER,
	KIND_UPPER,
	KIND_PLAIN,  /* Latin with something on it: counts as a small letter, and more */
	KIND_LETTER, /* of another script: never begins a word within a word */
	KIND_DIGIT,
	KIND_SPACE,
	KIND_FEED, /* end of a line */
	KIND_MARK  /* all else: punctuation, symbols, bytes that are no UTF-8 */
};

/* From `first` to the next row's. Weights are means over running text. */
struct range {
	uint32_t first;
	uint8_t kind;
	uint8_t weight;
};

static const struct range ranges[] = {
	{ 0x0000, KIND_MARK, 0 },
	{ 0x00a0, KIND_SPACE, 0 },
	{ 0x00a1, KIND_MARK, 60 },
	{ 0x00c0, KIND_PLAIN, 35 },  /* Latin with the accents of the west */
	{ 0x0100, KIND_PLAIN, 130 }, /* and of the east: such words are cut more often, too */
	{ 0x01a0, KIND_PLAIN, 30 },
	{ 0x0250, KIND_LETTER, 90 },  /* phonetic */
	{ 0x0300, KIND_LETTER, 140 }, /* accents of their own */
	{ 0x0370, KIND_LETTER, 40 },  /* Greek */
	{ 0x0400, KIND_LETTER, 31 },  /* Cyrillic */
	{ 0x0530, KIND_LETTER, 30 },  /* Armenian */
	{ 0x0590, KIND_LETTER, 45 },  /* Hebrew */
	{ 0x0600, KIND_LETTER, 36 },  /* Arabic */
	{ 0x0700, KIND_LETTER, 150 },
	{ 0x0900, KIND_LETTER, 35 },  /* Devanagari */
	{ 0x0980, KIND_LETTER, 38 },  /* Bengali */
	{ 0x0a00, KIND_LETTER, 40 },  /* Gurmukhi, Gujarati */
	{ 0x0b00, KIND_LETTER, 80 },  /* Oriya */
	{ 0x0b80, KIND_LETTER, 36 },  /* Tamil */
	{ 0x0c00, KIND_LETTER, 48 },  /* Telugu, Kannada */
	{ 0x0d00, KIND_LETTER, 36 },  /* Malayalam */
	{ 0x0d80, KIND_LETTER, 60 },  /* Sinhala */
	{ 0x0e00, KIND_LETTER, 43 },  /* Thai */
	{ 0x0e80, KIND_LETTER, 189 }, /* Lao, Tibetan */
	{ 0x1000, KIND_LETTER, 57 },  /* Burmese */
	{ 0x10a0, KIND_LETTER, 30 },  /* Georgian */
	{ 0x1100, KIND_LETTER, 200 }, /* Ethiopic and others */
	{ 0x1780, KIND_LETTER, 64 },  /* Khmer */
	{ 0x1800, KIND_LETTER, 200 },
	{ 0x1e00, KIND_PLAIN, 30 },  /* Vietnamese */
	{ 0x1f00, KIND_LETTER, 90 }, /* old Greek */
	{ 0x2000, KIND_SPACE, 100 },
	{ 0x200b, KIND_MARK, 100 },
	{ 0x2010, KIND_MARK, 60 }, /* dashes, quotes */
	{ 0x2030, KIND_MARK, 100 },
	{ 0x2c00, KIND_LETTER, 200 },
	{ 0x3000, KIND_MARK, 60 },   /* 。 and the like */
	{ 0x3040, KIND_LETTER, 90 }, /* Kana */
	{ 0x3100, KIND_LETTER, 150 },
	{ 0x4e00, KIND_LETTER, 90 }, /* Han */
	{ 0xa000, KIND_LETTER, 200 },
	{ 0xac00, KIND_LETTER, 72 }, /* Hangul */
	{ 0xd7b0, KIND_LETTER, 200 },
	{ 0xf900, KIND_MARK, 120 }, /* variants, U+FFFD */
	{ 0xff00, KIND_MARK, 80 },  /* full width */
	{ 0xff66, KIND_LETTER, 150 },
	{ 0xffa0, KIND_MARK, 120 },
	{ 0x10000, KIND_LETTER, 250 },
	{ 0x1f000, KIND_MARK, 170 }, /* pictures */
	{ 0x20000, KIND_LETTER, 250 },
	{ UINT32_MAX, KIND_END, 0 },
};

enum { RANGES_N = sizeof ranges / sizeof *ranges - 1 };
