/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/rng.h"
#include "json/text.h"
#include "t.h"
#include "work/tokens.h"

#include <stdio.h>

enum { TEXTS_N = 3000, TEXT_PARTS_MAX = 60, TEXT_BYTES_MAX = 1 << 16 };

static const char *const parts[] = { "a", "word ", "words, ", "Words. ", "incomprehensible ",
	"USA ", "of ", "the ", "I ", " ", "  ", "\n", "\n\n  ", "123", "3.14 ", "-", "(", ") ",
	"\"", "\\", "\\n", "\\u00e9", "_", "aB3xY9", "é", "漢字", "、", "한국 ", "\u0301",
	"\U0001F600", "\x01" };

static void make_text(struct rng *rng, struct buf *text)
{
	int64_t n = rng_upto(rng, TEXT_PARTS_MAX);
	buf_clear(text);
	for (int64_t i = 0; i < n; i++)
		buf_put_str(text, parts[rng_upto(rng, sizeof parts / sizeof *parts - 1)]);
}

static bool is_same(double a, double b)
{
	return a >= b && a <= b;
}

TEST("plain words one by one and in a run cost the same")
{
	/* the run is taken by a loop of its own, which 24 bytes before the end it leaves */
	const char *run =
		"Projects that intend to support, Old versions. And more of a kind we know "
		"internationally and unquestionably, of course";
	double sum = 0;
	char word[40];
	for (const char *at = run; *at; at += strlen(word)) {
		size_t n = strcspn(at, " ") + 1;
		n = at[n - 1] ? n : n - 1;
		snprintf(word, sizeof word, "%.*s", (int)n, at);
		/* a space at the end of a text is a token, within it is a part of the word */
		sum += tokens_estimate(span_of(word)) - (at[n] != '\0');
	}
	CHECK(tokens_estimate(span_of(run)) - sum < 1e-9 &&
		sum - tokens_estimate(span_of(run)) < 1e-9);
}

TEST("plain text is estimated as its JSON string is, backslashes and all")
{
	struct rng rng;
	struct buf text, escaped;
	rng_init(&rng, 1);
	buf_init(&text, TEXT_BYTES_MAX);
	buf_init(&escaped, TEXT_BYTES_MAX);
	bool is_good = true;
	for (int i = 0; i < TEXTS_N && is_good; i++) {
		make_text(&rng, &text);
		buf_clear(&escaped);
		json_put_escaped(&escaped, buf_span(&text));
		is_good = CHECK(is_same(tokens_estimate_plain(buf_span(&text)),
			tokens_estimate(buf_span(&escaped))));
	}
	buf_release(&text);
	buf_release(&escaped);
}

TEST("a reach is within its budget, the next piece is not")
{
	struct rng rng;
	struct buf text;
	rng_init(&rng, 2);
	buf_init(&text, TEXT_BYTES_MAX);
	bool is_good = true;
	for (int i = 0; i < TEXTS_N && is_good; i++) {
		make_text(&rng, &text);
		struct span all = buf_span(&text);
		double budget = (double)rng_upto(&rng, 120) / 2;
		struct tokens_reach reach = tokens_reach(all, budget);
		struct span piece = { all.at, reach.piece_n }, neat = { all.at, reach.neat_n };
		is_good = CHECK(tokens_estimate_plain(piece) <= budget) &&
			CHECK(tokens_estimate_plain(neat) <= budget) &&
			CHECK(reach.neat_n <= reach.piece_n) &&
			CHECK(reach.is_all == (tokens_estimate_plain(all) <= budget)) &&
			CHECK(!reach.is_all || reach.piece_n == all.n);
	}
	buf_release(&text);
}

TEST("a reach is the same whatever follows, and ends between pieces")
{
	struct tokens_reach reach = tokens_reach(SPAN("one two three four"), 3);
	CHECK_INT(reach.piece_n, 13); /* "one two three" */
	CHECK_INT(reach.neat_n, 8);   /* before "three" */
	CHECK(!reach.is_all);
	reach = tokens_reach(SPAN("one two three four, and so on for a long time, and longer"), 3);
	CHECK_INT(reach.piece_n, 13);
	reach = tokens_reach(SPAN("incomprehensibilities"), 1);
	CHECK_INT(reach.piece_n, 0);
	reach = tokens_reach(SPAN(""), 0);
	CHECK(reach.is_all && reach.piece_n == 0);
}

TEST("a cut of plain text does not take a backslash for an escape")
{
	/* read with escapes it is one letter, and cannot be cut */
	CHECK_INT(tokens_prefix(SPAN("\\u0041"), 0.5), 0);
	CHECK(tokens_prefix_plain(SPAN("\\\\\\\\\\\\"), 2) == 4);
	CHECK(tokens_suffix_plain(SPAN("a\\"), 1) == 1);
}
