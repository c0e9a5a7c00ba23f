/* SPDX-License-Identifier: MIT */
#include "work/chunk.h"

#include "base/buf.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "t.h"
#include "work/tokens.h"

#include <stdlib.h>
#include <string.h>
#include <unigbrk.h>

enum { SHOWN_BYTES_MAX = 1 << 16, TEXTS_N = 400, TEXT_PARTS_MAX = 120 };

/* The chunks of a text with a bar between them. */
static const char *cut(const char *text, enum chunk_at at, int size, int overlap)
{
	static char shown[SHOWN_BYTES_MAX];
	struct chunks chunks = { 0 };
	struct chunk_opts opts = { .size = size, .overlap = overlap, .at = (int)at };
	struct buf out;
	chunks_cut(&chunks, span_of(text), &opts);
	buf_init(&out, sizeof shown - 1);
	for (size_t i = 0; i < chunks.n; i++) {
		buf_put_str(&out, i ? "|" : "");
		buf_put(&out, text + chunks.items[i].start,
			chunks.items[i].end - chunks.items[i].start);
	}
	memcpy(shown, buf_span(&out).at, out.len);
	shown[out.len] = '\0';
	buf_release(&out);
	chunks_release(&chunks);
	return shown;
}

TEST("a text that fits is one chunk, and so is an empty one")
{
	struct chunks chunks = { 0 };
	struct chunk_opts opts = { .size = 10, .at = CHUNK_AT_SENTENCE };
	CHECK_STR(cut("One. Two. Three.", CHUNK_AT_SENTENCE, 10, 0), "One. Two. Three.");
	chunks_cut(&chunks, SPAN(""), &opts);
	if (CHECK_INT(chunks.n, 1)) {
		CHECK_INT(chunks.items[0].start, 0);
		CHECK_INT(chunks.items[0].end, 0);
	}
	chunks_release(&chunks);
}

TEST("as many sentences as fit are a chunk, with the space behind them")
{
	CHECK_STR(cut("One two. Three four! Five six? Seven.", CHUNK_AT_SENTENCE, 7, 0),
		"One two. Three four! |Five six? Seven.");
	CHECK_STR(cut("One two. Three four! Five six? Seven.", CHUNK_AT_SENTENCE, 4, 0),
		"One two. |Three four! |Five six? |Seven.");
}

TEST("quotes and brackets that close belong to the sentence")
{
	CHECK_STR(cut("He said \"go.\" (I went.) Then I came.", CHUNK_AT_SENTENCE, 6, 0),
		"He said \"go.\" |(I went.) |Then I came.");
}

TEST("a full stop that ends no sentence is no place to cut")
{
	/* small letters, initials, titles, numbers of a list */
	CHECK_STR(cut("We met approx. ten times. Then no more.", CHUNK_AT_SENTENCE, 9, 0),
		"We met approx. ten times. |Then no more.");
	CHECK_STR(cut("It was J. Smith who said so. Not I.", CHUNK_AT_SENTENCE, 10, 0),
		"It was J. Smith who said so. |Not I.");
	CHECK_STR(cut("He went. There was Dr. Smith too.", CHUNK_AT_SENTENCE, 8, 0),
		"He went. |There was Dr. Smith too.");
	CHECK_STR(cut("Two things.\n1. Go out.\n2. Come in.", CHUNK_AT_SENTENCE, 8, 0),
		"Two things.\n1. Go out.\n|2. Come in.");
	CHECK_STR(cut("It was in 1999. Then no more.", CHUNK_AT_SENTENCE, 8, 0),
		"It was in 1999. |Then no more.");
}

TEST("scripts that write no space have sentences, too")
{
	CHECK_STR(cut("我是学生。他说:“你好!”我们走。", CHUNK_AT_SENTENCE, 6, 0),
		"我是学生。|他说:“你好!”|我们走。");
	CHECK_STR(cut("राम घर गया। सीता भी गई।", CHUNK_AT_SENTENCE, 6, 0),
		"राम घर गया। |सीता भी गई।");
}

TEST("a blank line ends a paragraph, whatever else is in it")
{
	const char *text = "One two. Three.\n\nFour five. Six.\r\n \t\r\nSeven eight.";
	CHECK_STR(cut(text, CHUNK_AT_PARAGRAPH, 7, 0),
		"One two. Three.\n\n|Four five. Six.\r\n \t\r\n|Seven eight.");
	CHECK_STR(cut("One two.\fThree four.", CHUNK_AT_PARAGRAPH, 4, 0), "One two.\f|Three four.");
	/* CR LF is one end of a line */
	CHECK_STR(cut("One two.\r\nThree four.\r\n\r\nFive six.", CHUNK_AT_PARAGRAPH, 7, 0),
		"One two.\r\nThree four.\r\n\r\n|Five six.");
}

TEST("a heading without a full stop ends where its paragraph does")
{
	CHECK_STR(cut("The first chapter\n\nIt was a dark night. It was.", CHUNK_AT_SENTENCE, 7, 0),
		"The first chapter\n\n|It was a dark night. |It was.");
}

TEST("lines stay whole, and keep their indentation")
{
	CHECK_STR(cut("if x:\n    do it\n    go on\nelse:\n", CHUNK_AT_LINE, 8, 0),
		"if x:\n    do it\n|    go on\nelse:\n");
}

TEST("what is longer than a chunk is cut at the next finer place")
{
	/* a paragraph by sentences, a sentence by lines, a line by sentences, all by words */
	CHECK_STR(cut("One two three. Four five six. Seven.\n\nEight.", CHUNK_AT_PARAGRAPH, 6, 0),
		"One two three. |Four five six. Seven.\n\n|Eight.");
	CHECK_STR(cut("one two three\nfour five six\nseven", CHUNK_AT_SENTENCE, 4, 0),
		"one two three\n|four five six\n|seven");
	CHECK_STR(cut("One two three. Four five six.\nSeven.", CHUNK_AT_LINE, 5, 0),
		"One two three. |Four five six.\n|Seven.");
	CHECK_STR(cut("one two three four five six seven eight", CHUNK_AT_SENTENCE, 4, 0),
		"one two three |four five six |seven eight");
	CHECK_STR(cut("one two three four five six seven eight", CHUNK_AT_TOKEN, 4, 0),
		"one two three |four five six |seven eight");
}

TEST("white space is never a chunk if there is anything else")
{
	CHECK_STR(cut(" \n\n one two \n\n \n", CHUNK_AT_PARAGRAPH, 3, 0), " \n\n one |two \n\n \n");
	CHECK_STR(cut(" \n\n one two \n\n three", CHUNK_AT_PARAGRAPH, 4, 0),
		" \n\n one two \n\n| three");
	CHECK_STR(cut("one two three", CHUNK_AT_TOKEN, 1, 0), "one| two| three");
}

TEST("a word that is too long is cut, but no character and no cluster")
{
	char word[400];
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	const char *shown = cut(word, CHUNK_AT_SENTENCE, 10, 0);
	CHECK(strchr(shown, '|') != NULL);
	CHECK_STR(cut("\U0001F468\u200D\U0001F469\u200D\U0001F467\U0001F468\u200D\U0001F469",
			  CHUNK_AT_TOKEN, 1, 0),
		"\U0001F468\u200D\U0001F469\u200D\U0001F467|\U0001F468\u200D\U0001F469");
	CHECK_STR(cut("\U0001F1FA\U0001F1F8\U0001F1EC\U0001F1E7\U0001F1EB\U0001F1F7",
			  CHUNK_AT_TOKEN, 4, 0),
		"\U0001F1FA\U0001F1F8|\U0001F1EC\U0001F1E7|\U0001F1EB\U0001F1F7");
	CHECK_STR(cut("한국어", CHUNK_AT_TOKEN, 1, 0), "한|국|어");
}

TEST("a mark on a space stays on it")
{
	/* the accent combines with the space: one cluster, so there is no place between them */
	CHECK_STR(
		cut("one two \u0301three four", CHUNK_AT_TOKEN, 5, 0), "one |two \u0301three four");
}

TEST("an overlap repeats the end of the chunk before, from where something begins")
{
	CHECK_STR(cut("One two. Three four. Five six. Seven eight.", CHUNK_AT_SENTENCE, 8, 4),
		"One two. Three four. |Three four. Five six. |Five six. Seven eight.");
	CHECK_STR(cut("one two three four five six seven", CHUNK_AT_TOKEN, 4, 2),
		"one two three |three four five |five six seven");
}

TEST("an overlap gives way to a word that does not fit beside it")
{
	CHECK_STR(cut("one two incomprehensible three four", CHUNK_AT_TOKEN, 4, 2),
		"one two |incomprehensible |three four");
}

/* == Any text == */

/* What texts are made of: each is added as often as another. */
static const char *const parts[] = { "a", "word", "Word", "incomprehensible", " ", " ", " ", "  ",
	". ", "! ", "? ", ".\n", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t", "\f", "\v", "12345",
	"3.14", "(", ")", "\"", "'", "-", "_", "/", "\\", "\\n", "\\u0041", "aGVsbG8gd29ybGQ",
	"e\u0301", "\u0301", "\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308", "é", "Straße",
	"漢字", "です。", "、", "「」", "한국", "\u1112\u1161\u11ab", "हिन्दी", "क्ष", "।", "ไทย",
	"العربية", "؟ ", "\u0600", "\u200d", "\ufe0f", "\U0001F468\u200D\U0001F469\u200D\U0001F467",
	"\U0001F44D\U0001F3FD", "\U0001F1FA", "\U0001F1F8", "\u2028", "\u2029", "\xc2\x85",
	"\u00a0", "\u3000", "\u2003", "\u200b", "\ufeff", "\u2026", "“", "”", "\U00020000", "\x7f",
	"\x01" };

enum { PARTS_N = sizeof parts / sizeof *parts };

static void make_text(struct rng *rng, struct buf *text)
{
	int64_t n = rng_upto(rng, TEXT_PARTS_MAX);
	/* some texts are of few parts: long runs of the same */
	int64_t kinds_n = rng_upto(rng, 1) ? PARTS_N - 1 : 1 + rng_upto(rng, 3);
	int64_t first = rng_upto(rng, PARTS_N - 1);
	buf_clear(text);
	for (int64_t i = 0; i < n; i++)
		buf_put_str(text, parts[(first + rng_upto(rng, kinds_n)) % PARTS_N]);
}

static double estimate(struct span text, struct chunk chunk)
{
	return tokens_estimate_plain(
		(struct span){ text.at + chunk.start, chunk.end - chunk.start });
}

/* True if only one cluster begins in the chunk. */
static bool is_one_cluster(const char *breaks, struct chunk chunk)
{
	return !memchr(breaks + chunk.start + 1, 1, chunk.end - chunk.start - 1);
}

/* True if what the header promises of each chunk and the one before it is so. */
static bool is_in_order(const struct chunks *chunks, size_t i, bool overlaps)
{
	struct chunk chunk = chunks->items[i];
	if (i == 0)
		return chunk.start == 0 && chunk.end > 0;
	struct chunk last = chunks->items[i - 1];
	return chunk.end > last.end && chunk.start > last.start &&
		(overlaps ? chunk.start <= last.end : chunk.start == last.end);
}

/* Tokens that chunk i (> 0) has in common with the one before. */
static double overlap_of(struct span text, const struct chunks *chunks, size_t i)
{
	struct chunk shared = { chunks->items[i].start, chunks->items[i - 1].end };
	return estimate(text, shared);
}

static bool is_well_cut(struct span text, const struct chunk_opts *opts)
{
	struct chunks chunks = { 0 };
	char *breaks = xmalloc(text.n + 1);
	bool is_good = true;
	u8_grapheme_breaks((const uint8_t *)text.at, text.n, breaks);
	breaks[text.n] = 1;
	chunks_cut(&chunks, text, opts);
	for (size_t i = 0; i < chunks.n && is_good; i++) {
		struct chunk c = chunks.items[i];
		is_good = CHECK(is_in_order(&chunks, i, opts->overlap > 0)) &&
			CHECK(breaks[c.start] && breaks[c.end]) &&
			CHECK(estimate(text, c) <= (double)opts->size ||
				is_one_cluster(breaks, c)) &&
			CHECK(i == 0 || overlap_of(text, &chunks, i) <= (double)opts->overlap);
	}
	is_good = CHECK(chunks.n > 0 && chunks.items[chunks.n - 1].end == text.n) && is_good;
	chunks_release(&chunks);
	free(breaks);
	return is_good;
}

TEST("of any text chunks follow one another, cut no cluster and keep to their size")
{
	struct rng rng;
	struct buf text;
	bool is_good = true;
	rng_init(&rng, 6);
	buf_init(&text, SHOWN_BYTES_MAX);
	for (int i = 0; i < TEXTS_N && is_good; i++) {
		make_text(&rng, &text);
		for (int at = CHUNK_AT_PARAGRAPH; at <= CHUNK_AT_TOKEN && is_good; at++) {
			int64_t size = 1 + rng_upto(&rng, i % 2 ? 5 : 60);
			struct chunk_opts opts = { .size = size, .at = at };
			if (rng_upto(&rng, 1))
				opts.overlap = rng_upto(&rng, size - 1);
			is_good = text.len == 0 || is_well_cut(buf_span(&text), &opts);
		}
	}
	buf_release(&text);
}

/* == Greed == */

/*
 * Words of one token: the figures of the estimator are then plain. A text of `n` of them, each with
 * what may follow it.
 */
static void make_plain(struct rng *rng, struct buf *text, int n)
{
	static const char *const words[] = { "One", "two", "Red", "blue" };
	static const char *const ends[] = { " ", " ", " ", ". ", ".\n", "\n", "\n\n" };
	buf_clear(text);
	for (int i = 0; i < n; i++) {
		buf_put_str(text, words[2 * rng_upto(rng, 1)]);
		buf_put_str(text, ends[rng_upto(rng, 6)]);
	}
}

/* True if a chunk may end behind `end`, said in another way than chunk_edge.c does. */
static bool is_end_of(struct span text, size_t end, enum chunk_at at)
{
	bool ends_line = text.at[end - 1] == '\n' && (end == text.n || text.at[end] != '\n');
	bool ends_paragraph = ends_line && end > 1 && text.at[end - 2] == '\n';
	bool ends_sentence = text.at[end - 2] == '.' && (text.at[end - 1] == ' ' || ends_line);
	switch (at) {
	case CHUNK_AT_PARAGRAPH:
		return ends_paragraph;
	case CHUNK_AT_SENTENCE:
		return ends_paragraph || ends_sentence;
	case CHUNK_AT_LINE:
		return ends_line;
	case CHUNK_AT_TOKEN:
		break;
	}
	return text.at[end - 1] == ' ' || ends_line;
}

/* The last end of that sort that leaves a chunk small enough; 0 = none. */
static size_t best_end(struct span text, size_t start, double size, enum chunk_at at)
{
	size_t best = 0;
	for (size_t end = start + 2; end < text.n; end++)
		if (is_end_of(text, end, at) &&
			estimate(text, (struct chunk){ start, end }) <= size)
			best = end;
	return best;
}

static size_t wanted_end(struct span text, size_t start, double size, enum chunk_at at)
{
	static const enum chunk_at after[] = { CHUNK_AT_SENTENCE, CHUNK_AT_LINE, CHUNK_AT_TOKEN };
	if (estimate(text, (struct chunk){ start, text.n }) <= size)
		return text.n;
	size_t end = best_end(text, start, size, at);
	for (size_t i = 0; end == 0 && i < sizeof after / sizeof *after; i++)
		end = best_end(text, start, size, after[i]);
	return end;
}

TEST("each chunk is as long as it can be, found by trying every end")
{
	struct rng rng;
	struct buf text;
	struct chunks chunks = { 0 };
	bool is_good = true;
	rng_init(&rng, 7);
	buf_init(&text, SHOWN_BYTES_MAX);
	for (int i = 0; i < TEXTS_N / 4 && is_good; i++) {
		struct chunk_opts opts = { .size = 3 + rng_upto(&rng, 12), .at = i % 4 };
		make_plain(&rng, &text, 60);
		struct span all = buf_span(&text);
		chunks_cut(&chunks, all, &opts);
		for (size_t k = 0; k < chunks.n && is_good; k++)
			is_good = CHECK_INT(chunks.items[k].end,
				wanted_end(all, chunks.items[k].start, (double)opts.size,
					(enum chunk_at)opts.at));
	}
	chunks_release(&chunks);
	buf_release(&text);
}

/* == Work == */

/* A text of so many copies of a part. */
static struct span repeat(struct buf *text, const char *part, size_t bytes)
{
	buf_clear(text);
	while (text->len < bytes)
		buf_put_str(text, part);
	return buf_span(text);
}

TEST("megabytes without a good place to cut are cut soon")
{
	/* each would take minutes if its cost were the square of its length */
	static const char *const hard[] = { "x", "\u0301", "\U0001F1FA", "\u2003", " ", "漢", "1",
		"\U0001F468\u200D", "\n", ".", "a ", "aB3" };
	struct buf text;
	struct chunks chunks = { 0 };
	buf_init(&text, 8 << 20);
	for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
		struct chunk_opts opts = { .size = 64, .overlap = i % 2 ? 8 : 0, .at = i % 4 };
		struct span all = repeat(&text, hard[i], 2 << 20);
		chunks_cut(&chunks, all, &opts);
		CHECK(chunks.n > 0 && chunks.items[chunks.n - 1].end == all.n);
	}
	chunks_release(&chunks);
	buf_release(&text);
}
