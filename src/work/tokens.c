/* SPDX-License-Identifier: MIT */
/*
 * Byte-pair tokenizers first cut a text into pieces by a regular expression (words with one leading
 * space or mark, numbers of up to three digits, runs of marks, runs of space) and then merge bytes
 * within each piece. Common pieces are one token. So the pieces are cut here as o200k's expression
 * cuts them, without its merging, and each is charged what such pieces were seen to cost: ordinary
 * English words little, rare long ones more, digits by threes, other scripts by the character. The
 * figures were fitted with the real tokenizer on the Declaration of Human Rights in 45 languages,
 * on source, manuals, JSON and on random identifiers.
 * What looks random (base64, keys: no space for long, short pieces, both cases) has no common
 * pieces: such a stretch is charged by its bytes. Appending to a text never makes it cheaper.
 *
 * A request's text is JSON: an escape is read as the character it means, in plain text as well.
 *
 * Plain words, most of most texts, are taken by a loop of their own, to the same sum.
 */
#include "work/tokens.h"

#include "work/tokens_part.h"
#include "work/tokens_ranges.h"
#include "work/tokens_words.h"

#include <float.h>

/* One character as the text spells it. */
struct glyph {
	uint8_t kind;
	uint8_t bytes;   /* of the text */
	uint16_t weight; /* hundredths of a token, on top of what plain letters and marks cost */
};

/* Kinds of the bytes below 128; a backslash may begin an escape, and what is above is looked up. */
#define U KIND_UPPER
#define L KIND_LOWER
#define D KIND_DIGIT
#define M KIND_MARK
#define S KIND_SPACE
#define F KIND_FEED
#define LOOK KIND_END
static const uint8_t kinds[256] = {
	M, M, M, M, M, M, M, M, M, S, F, S, S, F, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
	M, S, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, D, D, D, D, D, D, D, D, D, D, M, M, M, M,
	M, M, M, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, M,
	LOOK, M, M, M, M, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
	L, M, M, M, M, M, /* and zeros: LOOK */
};
#undef U
#undef L
#undef D
#undef M
#undef S
#undef F

/* What is charged, in tokens. */
#define CAPITAL_COST 0.45   /* of each letter in capitals, where that is more */
#define MARK_COST 0.5       /* of each mark in a run: they are often merged */
#define RANDOM_COST 0.69    /* of each byte in a stretch that looks random */
#define RANDOM_BYTES_MIN 36 /* as many bytes without a space or a mark look like anything */

/* How much text is looked at first for so many tokens; most has four or five bytes each. */
#define REACH_BYTES_MIN 256
#define REACH_BYTES_EACH 16

/* The walk along a text. */
struct walk {
	const char *at;
	const char *end;
	const struct range *range; /* of the last character that was looked up */
	double sum;
	bool is_plain;  /* a backslash is one */
	double end_sum; /* what the text up to here would cost if it ended here, beyond sum */
	bool has_space; /* in front of what comes next, and a part of it */
	bool has_feed;  /* the marks just taken end a line */
	bool is_open;   /* the mark just taken is a part of what comes next */
	/* The stretch without space that we are in. */
	const char *stretch;
	double before; /* sum at its beginning */
	size_t pieces_n;
	size_t capitals_n;
};

/* == Characters == */

static const struct range *find_range(uint32_t code)
{
	size_t low = 0, high = RANGES_N;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (code < ranges[middle].first)
			high = middle;
		else
			low = middle;
	}
	return &ranges[low];
}

static inline struct glyph glyph_of(struct walk *w, uint32_t code, uint8_t bytes)
{
	const struct range *r = w->range;
	if (code < r[0].first || code >= r[1].first)
		w->range = r = find_range(code);
	return (struct glyph){ r->kind, bytes, r->weight };
}

/* The low six bits of a byte that continues a character; larger than 63 if it does not. */
static inline uint32_t tail_of(char c)
{
	return (uint32_t)(unsigned char)c ^ 0x80;
}

/* Reads the character of two to four bytes at w->at; a byte that begins none is a mark. */
static struct glyph look_at_utf8(struct walk *w)
{
	const struct glyph bad = { KIND_MARK, 1, 50 };
	const char *at = w->at;
	uint32_t lead = (unsigned char)*at;
	size_t left = (size_t)(w->end - at);
	uint32_t a = left > 1 ? tail_of(at[1]) : 64;
	if (lead < 0xc2 || lead > 0xf4 || a > 63)
		return bad;
	if (lead < 0xe0)
		return glyph_of(w, (lead & 0x1f) << 6 | a, 2);
	uint32_t b = left > 2 ? tail_of(at[2]) : 64;
	if (b > 63)
		return bad;
	if (lead < 0xf0)
		return glyph_of(w, (lead & 0x0f) << 12 | a << 6 | b, 3);
	uint32_t c = left > 3 ? tail_of(at[3]) : 64;
	if (c > 63)
		return bad;
	return glyph_of(w, (lead & 0x07) << 18 | a << 12 | b << 6 | c, 4);
}

static unsigned hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* Reads \uXXXX at `at` (< end). False if there is none. */
static bool read_unit(const char *at, const char *end, uint32_t *unit)
{
	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return false;
	*unit = 0;
	for (int i = 2; i < 6; i++) {
		unsigned digit = hex_of(at[i]);
		if (digit > 15)
			return false;
		*unit = *unit << 4 | digit;
	}
	return true;
}

/* Reads \uXXXX at w->at, or two of them that are one character. */
static struct glyph look_at_unit(struct walk *w)
{
	uint32_t code, low;
	if (!read_unit(w->at, w->end, &code))
		return (struct glyph){ KIND_MARK, 1, 0 };
	if (code < 0x80)
		return (struct glyph){ code == '\\' ? KIND_MARK : kinds[code], 6, 0 };
	if (code >> 10 == 0xd800 >> 10 && read_unit(w->at + 6, w->end, &low) &&
		low >> 10 == 0xdc00 >> 10)
		return glyph_of(w, 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)), 12);
	return glyph_of(w, code, 6);
}

static struct glyph look_at_escape(struct walk *w)
{
	switch (w->end - w->at > 1 ? w->at[1] : '\0') {
	case 'n':
	case 'r':
		return (struct glyph){ KIND_FEED, 2, 0 };
	case 't':
	case 'f':
		return (struct glyph){ KIND_SPACE, 2, 0 };
	case '"':
	case '\\':
	case '/':
	case 'b':
		return (struct glyph){ KIND_MARK, 2, 0 };
	default:
		return look_at_unit(w);
	}
}

/* The character at w->at. */
static inline struct glyph look(struct walk *w)
{
	if (w->at == w->end)
		return (struct glyph){ KIND_END, 0, 0 };
	unsigned char c = (unsigned char)*w->at;
	if (kinds[c] != LOOK)
		return (struct glyph){ kinds[c], 1, 0 };
	if (c != '\\')
		return look_at_utf8(w);
	return w->is_plain ? (struct glyph){ KIND_MARK, 1, 0 } : look_at_escape(w);
}

/* == Pieces == */

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Steps over small letters and gives how many. */
static inline size_t take_small(struct walk *w)
{
	const char *from = w->at;
	while (w->at < w->end && kinds[(unsigned char)*w->at] == KIND_LOWER)
		w->at++;
	return (size_t)(w->at - from);
}

/* A word: capitals, then small letters; letters of other scripts anywhere. */
static void take_word(struct walk *w)
{
	size_t small_n = 0, capitals_n = 0, plain_n = 0, weight = 0;
	for (;;) {
		small_n += take_small(w);
		struct glyph g = look(w);
		if (g.kind == KIND_LOWER)
			small_n++;
		else if (g.kind == KIND_UPPER && small_n == 0)
			capitals_n++;
		else if (g.kind == KIND_PLAIN)
			plain_n++;
		else if (g.kind != KIND_LETTER)
			break;
		weight += g.weight;
		w->at += g.bytes;
	}
	size_t n = small_n + capitals_n + plain_n;
	double cost = n > LETTERS_FREE ? 1 + (double)(n - LETTERS_FREE) * LETTER_COST : n > 0;
	cost = larger(cost, (double)capitals_n * CAPITAL_COST) + (double)weight / 100;
	w->sum += larger(1, cost);
	w->capitals_n += capitals_n;
}

static void take_digits(struct walk *w, struct glyph g)
{
	size_t n = 0;
	for (; g.kind == KIND_DIGIT; g = look(w)) {
		n++;
		w->at += g.bytes;
	}
	w->sum += (double)((n + 2) / 3);
	w->pieces_n += (n - 1) / 3;
}

/*
 * A run of marks and the ends of lines after them. One mark alone before a word is a part of that,
 * unless it has a space of its own.
 */
static void take_marks(struct walk *w, struct glyph g)
{
	size_t n = 0, plain_n = 0, weight = 0;
	bool is_spaced = w->has_space;
	for (; g.kind == KIND_MARK; g = look(w)) {
		n++;
		plain_n += g.weight == 0;
		weight += g.weight;
		w->at += g.bytes;
	}
	bool is_part = n == 1 && !is_spaced && g.kind >= KIND_LOWER && g.kind <= KIND_LETTER;
	w->is_open = is_part && !weight;
	w->end_sum = w->is_open;
	if (!w->is_open)
		w->sum += larger(1, (double)plain_n * MARK_COST + (double)weight / 100);
	for (; g.kind == KIND_FEED; w->has_feed = true, g = look(w))
		w->at += g.bytes;
}

/*
 * A run of space: up to the last end of line it is one piece; what follows is another, but for its
 * last, which belongs to the word or the marks after it.
 */
static void take_space(struct walk *w, struct glyph g)
{
	size_t spaces_n = 0, weight = 0;
	bool has_feed = false;
	for (; g.kind == KIND_SPACE || g.kind == KIND_FEED; g = look(w)) {
		has_feed |= g.kind == KIND_FEED;
		spaces_n = g.kind == KIND_FEED ? 0 : spaces_n + 1;
		weight += g.weight;
		w->at += g.bytes;
	}
	w->has_space = spaces_n > 0 && g.kind != KIND_DIGIT && g.kind != KIND_END;
	/* at the end of the text it is not known yet how many pieces it will be: at least one */
	int pieces_n = g.kind == KIND_END ? 1 : has_feed + (spaces_n > w->has_space);
	w->sum += pieces_n + (double)weight / 100;
	w->end_sum = 1 - pieces_n;
}

/* == Stretches == */

static void start_stretch(struct walk *w)
{
	w->stretch = w->at;
	w->before = w->sum;
	w->pieces_n = w->capitals_n = 0;
}

/* Ends a stretch that is long enough to be judged, and charges by the byte what looks random. */
static void judge_stretch(struct walk *w)
{
	size_t n = (size_t)(w->at - w->stretch);
	if (n < RANDOM_BYTES_MIN)
		return;
	if (w->pieces_n * 4 > n && w->capitals_n * 8 > n)
		w->sum = larger(w->sum, w->before + (double)n * RANDOM_COST);
	start_stretch(w);
}

/* The marks of base64 and its relatives. */
static bool is_joint(const struct walk *w)
{
	char c = *w->at;
	return c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}

static bool is_space(struct glyph g)
{
	return g.kind == KIND_SPACE || g.kind == KIND_FEED;
}

static void take_piece(struct walk *w, struct glyph g)
{
	if (g.kind == KIND_DIGIT)
		take_digits(w, g);
	else if (g.kind == KIND_MARK)
		take_marks(w, g);
	else if (is_space(g))
		take_space(w, g);
	else
		take_word(w);
}

/* Takes the piece that begins with g. */
static inline void step(struct walk *w, struct glyph g)
{
	bool parts = is_space(g) || (g.kind == KIND_MARK && !is_joint(w));
	w->has_feed = w->is_open = false;
	w->end_sum = 0;
	take_piece(w, g);
	w->has_space &= is_space(g);
	w->pieces_n++;
	if (parts || w->has_feed)
		start_stretch(w);
}

/* Takes plain words, if the walk is where one may begin that is judged alone. False if none. */
static inline bool step_over_words(struct walk *w, double budget)
{
	const char *from = w->at;
	if (w->stretch != from)
		return false;
	w->at = words_take(from, w->end, &w->sum, budget);
	if (w->at == from)
		return false;
	w->end_sum = 1;
	w->is_open = w->has_feed = false;
	start_stretch(w);
	return true;
}

/*
 * Goes on by words or by a piece, before the end of the text. What lies behind is judged only now,
 * when another piece begins: the last piece of a text may still grow, and a stretch that looks
 * random with half a word need not with all of it.
 */
static inline void go_on(struct walk *w, double budget)
{
	judge_stretch(w);
	if (!step_over_words(w, budget))
		step(w, look(w));
}

static struct walk walk_from(struct span text, bool is_plain)
{
	struct walk w = {
		.at = text.at, .end = text.at + text.n, .range = ranges, .is_plain = is_plain
	};
	start_stretch(&w);
	return w;
}

double tokens_measure(struct span text, bool is_plain)
{
	if (text.n == 0)
		return 0;
	struct walk w = walk_from(text, is_plain);
	while (w.at < w.end)
		go_on(&w, DBL_MAX);
	return w.sum;
}

double tokens_estimate(struct span text)
{
	return tokens_measure(text, false);
}

double tokens_estimate_plain(struct span text)
{
	return tokens_measure(text, true);
}

size_t tokens_escape_n(struct span text, size_t at)
{
	struct walk w = walk_from((struct span){ text.at + at, text.n - at }, false);
	return look(&w).bytes;
}

/* Gives how far the walk comes in a text that may be the beginning of another. */
static struct tokens_reach reach_in(struct span text, double budget)
{
	struct walk w = walk_from(text, true);
	struct tokens_reach reach = { 0 };
	for (;;) {
		struct glyph g = look(&w);
		if (w.sum + w.end_sum > budget)
			return reach;
		reach.piece_n = (size_t)(w.at - text.at);
		if (g.kind >= KIND_LOWER && g.kind <= KIND_DIGIT && !w.is_open)
			reach.neat_n = reach.piece_n;
		if (g.kind == KIND_END)
			break;
		go_on(&w, budget);
	}
	reach.is_all = true;
	return reach;
}

struct tokens_reach tokens_reach(struct span text, double budget)
{
	struct tokens_reach reach;
	double guess = REACH_BYTES_MIN + budget * REACH_BYTES_EACH;
	size_t n = guess < (double)text.n ? (size_t)guess : text.n;
	for (;; n *= 2) {
		if (n > text.n)
			n = text.n;
		while (n < text.n && tail_of(text.at[n]) <= 63)
			n++;
		reach = reach_in((struct span){ text.at, n }, budget);
		if (!reach.is_all || n == text.n)
			return reach;
	}
}
