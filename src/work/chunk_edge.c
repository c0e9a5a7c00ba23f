/* SPDX-License-Identifier: MIT */
/*
 * Edges are looked for backwards from where a chunk is full: the last one is near, and what is
 * before it is not looked at again.
 *
 * White space is read as runs. Two line ends in a run, CR LF being one, end a paragraph, and so
 * does a page. A cut in a run is behind its last line end, so that a line keeps its indentation,
 * else behind all of it.
 *
 * A sentence ends as in Unicode's annex 29, in short: at ! or ?, or at a full stop whose next
 * letter is no small one, with the quotes and brackets that close behind it and white space after
 * these; scripts that write no space have marks of their own, which need none. A full stop also
 * stands behind initials, titles and the numbers of lists, which belong to what follows.
 */
#include "work/chunk_edge.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>

enum {
	CLOSERS_MAX = 8,      /* quotes and brackets behind a sentence */
	LETTER_WITHIN_N = 24, /* characters in which its next letter is looked for */
	TITLE_BYTES_MAX = 8,
	LIST_DIGITS_MAX = 3,
	WINDOW_BYTES = 256 /* in which clusters are looked for first: few are larger */
};

/* Thai: the scripts from there on write words without space between them, by and large. */
#define SPACELESS_FIRST 0x0e00

/* A run of white space. */
struct gap {
	size_t from, to;
	size_t cut; /* where to cut in it */
	bool ends_line, ends_paragraph;
};

/* == Characters == */

/* Reads the character that ends at `at` (> 0) and gives how many bytes it has. */
static inline size_t read_before(struct span text, size_t at, ucs4_t *c)
{
	*c = (unsigned char)text.at[at - 1];
	if (*c < 0x80)
		return 1;
	const uint8_t *s = (const uint8_t *)text.at;
	return (size_t)(s + at - u8_prev(c, s + at, s));
}

/* Reads the character that begins at `at` (< text.n) and gives how many bytes it has. */
static inline size_t read_at(struct span text, size_t at, ucs4_t *c)
{
	*c = (unsigned char)text.at[at];
	if (*c < 0x80)
		return 1;
	return (size_t)u8_mbtouc(c, (const uint8_t *)text.at + at, text.n - at);
}

static inline bool is_white(ucs4_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return uc_is_property_white_space(c);
}

static bool is_line_end(ucs4_t c)
{
	return c == '\n' || c == '\r' || c == '\f' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* A page, or what Unicode has for paragraphs. */
static bool is_paragraph_end(ucs4_t c)
{
	return c == '\f' || c == 0x2029;
}

static bool is_letter_or_digit(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

/* What may stand between the end of a sentence and the space after it. */
static bool is_closer(ucs4_t c)
{
	if (c < 0x80)
		return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == '*' ||
			c == '_';
	return uc_is_property_quotation_mark(c) || uc_is_general_category(c, UC_CATEGORY_Pe) ||
		uc_is_general_category(c, UC_CATEGORY_Pf);
}

/* What ends a sentence without any space after it. */
static bool is_full_terminal(ucs4_t c)
{
	return c >= 0x80 && uc_is_property_sentence_terminal(c);
}

bool edge_is_white(struct span text, size_t at)
{
	ucs4_t c;
	read_at(text, at, &c);
	return is_white(c);
}

/* A letter or digit of Latin, Greek, Cyrillic, Arabic, Devanagari and their kin. */
static bool is_of_word(ucs4_t c)
{
	if (c < 0x80)
		return is_letter_or_digit((char)c);
	return c < SPACELESS_FIRST && uc_is_property_alphabetic(c);
}

bool edge_is_inside_word(struct span text, size_t at)
{
	ucs4_t a, b;
	read_before(text, at, &a);
	read_at(text, at, &b);
	return is_of_word(a) && is_of_word(b);
}

/* == Clusters == */

/*
 * True if what follows the character may depend on what is before it: then two neighbours do not
 * tell whether a cluster ends between them.
 */
static bool needs_context(ucs4_t c)
{
	int property = uc_graphemeclusterbreak_property(c);
	return property == GBP_EXTEND || property == GBP_ZWJ || property == GBP_RI;
}

/* True if a cluster surely ends there, 0 < at < text.n, whatever is before. */
static bool is_sure(struct span text, size_t at)
{
	ucs4_t a, b;
	read_before(text, at, &a);
	read_at(text, at, &b);
	if (a < 0x80 && b < 0x80)
		return a != '\r' || b != '\n';
	return !needs_context(a) && uc_is_grapheme_break(a, b);
}

/*
 * Gives the last end of a cluster in the text that is at most `at` (< text.n) bytes from its
 * beginning, a cluster beginning there.
 */
static size_t last_break(struct span text, size_t at)
{
	char small[WINDOW_BYTES], *breaks = text.n <= sizeof small ? small : xmalloc(text.n);
	u8_grapheme_breaks((const uint8_t *)text.at, text.n, breaks);
	while (at > 0 && !breaks[at])
		at--;
	if (breaks != small)
		free(breaks);
	return at;
}

size_t edge_floor(struct span text, size_t low, size_t high)
{
	ucs4_t c;
	if (high == text.n || high == low || is_sure(text, high))
		return high;
	size_t from = high, past = high + read_at(text, high, &c);
	do
		from -= read_before(text, from, &c);
	while (from > low && !is_sure(text, from));
	return from + last_break((struct span){ text.at + from, past - from }, high - from);
}

size_t edge_past_cluster(struct span text, size_t at)
{
	char small[WINDOW_BYTES], *breaks = small, *end = NULL;
	const uint8_t *s = (const uint8_t *)text.at + at;
	size_t left = text.n - at, n = sizeof small;
	for (;; n *= 4) {
		n = n < left ? n : left;
		/* the window ends where a character does */
		while (n < left && (s[n] & 0xc0) == 0x80)
			n--;
		breaks =
			n <= sizeof small ? small : xrealloc(breaks == small ? NULL : breaks, n, 1);
		u8_grapheme_breaks(s, n, breaks);
		end = memchr(breaks + 1, 1, n - 1);
		if (end || n == left)
			break;
	}
	size_t length = end ? (size_t)(end - breaks) : left;
	if (breaks != small)
		free(breaks);
	return at + length;
}

/* == Sentences == */

/* True if the next letter is a small one, so that a full stop before it has ended nothing. */
static bool is_small_next(struct span text, size_t at)
{
	ucs4_t c;
	for (int i = 0; i < LETTER_WITHIN_N && at < text.n; i++) {
		at += read_at(text, at, &c);
		if (c == '.' || c == '!' || c == '?' || is_full_terminal(c))
			return false;
		if (uc_is_property_alphabetic(c))
			return uc_is_property_lowercase(c);
	}
	return false;
}

/* True if nothing but blanks is between the beginning of a line and `at`. */
static bool begins_line(struct span text, size_t at)
{
	while (at > 0 && (text.at[at - 1] == ' ' || text.at[at - 1] == '\t'))
		at--;
	return at == 0 || is_line_end((unsigned char)text.at[at - 1]);
}

static bool is_title(struct span word)
{
	static const char *const titles[] = { "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "vs" };
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (span_is(word, titles[i]))
			return true;
	return false;
}

static bool is_number(struct span word)
{
	for (size_t i = 0; i < word.n; i++)
		if ((unsigned char)(word.at[i] - '0') > 9)
			return false;
	return true;
}

/* True if the full stop at `at` belongs to the word before it, and that to what follows. */
static bool is_abbreviation(struct span text, size_t at)
{
	size_t n = 0;
	while (n < at && n < TITLE_BYTES_MAX && is_letter_or_digit(text.at[at - n - 1]))
		n++;
	struct span word = { text.at + at - n, n };
	if (n == 0 || (n < at && (unsigned char)text.at[at - n - 1] >= 0x80))
		return false;
	if (is_number(word))
		return n <= LIST_DIGITS_MAX && begins_line(text, at - n);
	return n == 1 || is_title(word);
}

/* Steps back over what closes behind a sentence. */
static size_t before_closers(struct span text, size_t low, size_t at)
{
	ucs4_t c;
	for (int i = 0; i < CLOSERS_MAX && at > low; i++) {
		size_t n = read_before(text, at, &c);
		if (!is_closer(c))
			break;
		at -= n;
	}
	return at;
}

static bool ends_sentence(struct span text, size_t low, const struct gap *gap)
{
	ucs4_t c;
	size_t at = before_closers(text, low, gap->from);
	if (at <= low)
		return false;
	size_t n = read_before(text, at, &c);
	if (c == '!' || c == '?' || is_full_terminal(c))
		return true;
	if (c == 0x2026) /* three dots */
		return !is_small_next(text, gap->to);
	return c == '.' && !is_abbreviation(text, at - n) && !is_small_next(text, gap->to);
}

/* True if a sentence ends at `at` (> low), there being no white space before it. */
static bool ends_sentence_closely(struct span text, size_t low, size_t at)
{
	ucs4_t c;
	if ((unsigned char)text.at[at - 1] < 0x80 || at == text.n)
		return false;
	size_t end = before_closers(text, low, at);
	if (end <= low)
		return false;
	read_before(text, end, &c);
	if (!is_full_terminal(c))
		return false;
	read_at(text, at, &c);
	return !is_white(c) && !is_closer(c) && !is_full_terminal(c) && is_sure(text, at);
}

/* == Edges == */

/* The white space that ends at `at`, no farther back than low; empty if there is none. */
static struct gap gap_before(struct span text, size_t low, size_t at)
{
	struct gap gap = { .from = at, .to = at, .cut = at };
	ucs4_t c, after = 0;
	while (gap.from > low) {
		size_t n = read_before(text, gap.from, &c);
		if (!is_white(c))
			break;
		if (is_line_end(c) && !(c == '\r' && after == '\n')) {
			gap.ends_paragraph |= gap.ends_line || is_paragraph_end(c);
			gap.cut = gap.ends_line ? gap.cut : gap.from;
			gap.ends_line = true;
		}
		gap.from -= n;
		after = c;
	}
	return gap;
}

static bool is_edge(struct span text, size_t low, const struct gap *gap, enum edge edge)
{
	/* a mark that combines with the space before it is no beginning */
	if (gap->from <= low || (gap->cut < text.n && !is_sure(text, gap->cut)))
		return false;
	switch (edge) {
	case EDGE_PARAGRAPH:
		return gap->ends_paragraph;
	case EDGE_SENTENCE:
		return gap->ends_paragraph || ends_sentence(text, low, gap);
	case EDGE_LINE:
		return gap->ends_line;
	case EDGE_WORD:
		break;
	}
	return true;
}

/* As edge_last; *resume is where to look for the one before it. */
static size_t find_back(struct span text, size_t low, size_t *resume, enum edge edge)
{
	size_t at = *resume;
	ucs4_t c;
	/* a run that goes on behind is not known as a whole */
	if (at < text.n && edge_is_white(text, at))
		at = gap_before(text, low, at).from;
	while (at > low) {
		size_t n = read_before(text, at, &c);
		*resume = at - n;
		if (is_white(c)) {
			struct gap gap = gap_before(text, low, at);
			*resume = gap.from;
			if (is_edge(text, low, &gap, edge))
				return gap.cut;
		} else if (edge == EDGE_SENTENCE && ends_sentence_closely(text, low, at)) {
			return at;
		}
		at = *resume;
	}
	return NO_EDGE;
}

size_t edge_last(struct span text, size_t low, size_t high, enum edge edge)
{
	return find_back(text, low, &high, edge);
}

size_t edge_first(struct span text, struct edge_range range, size_t least, enum edge edge)
{
	size_t first = NO_EDGE, resume = range.high, at;
	while ((at = find_back(text, range.low, &resume, edge)) != NO_EDGE && at >= least)
		if (at < range.high)
			first = at;
	return first;
}
