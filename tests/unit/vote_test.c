/* SPDX-License-Identifier: MIT */
#include "work/vote.h"

#include "base/buf.h"
#include "t.h"

#include <stdio.h>

enum { BALLOTS_MAX = 8 };

/* Counts texts, NULL being no vote; gives the winner and leaves the tally to be released. */
static unsigned count(const char *const *values, bool is_json, struct tally *tally)
{
	struct ballot ballots[BALLOTS_MAX] = { 0 };
	unsigned n = 0;
	for (; n < BALLOTS_MAX && values[n]; n++)
		if (*values[n] != '-')
			ballots[n] = (struct ballot){ span_of(values[n]), is_json };
	*tally = (struct tally){ 0 };
	return vote_count(ballots, n, tally);
}

static unsigned texts(const char *const *values, struct tally *tally)
{
	return count(values, false, tally);
}

/* True if the two are one answer. */
static bool is_one(const char *a, const char *b, bool is_json)
{
	const char *const values[BALLOTS_MAX] = { a, b };
	struct tally tally;
	count(values, is_json, &tally);
	bool one = tally.n == 1 && tally.counts[0] == 2;
	tally_release(&tally);
	return one;
}

TEST("the answer that was given most often wins a vote")
{
	const char *const values[BALLOTS_MAX] = { "no", "yes", "maybe", "yes", "no", "yes" };
	struct tally tally;
	CHECK_INT(texts(values, &tally), 1);
	CHECK_INT(tally.n, 3);
	CHECK_INT(tally.firsts[0], 0);
	CHECK_INT(tally.counts[0], 2);
	CHECK_INT(tally.firsts[1], 1);
	CHECK_INT(tally.counts[1], 3);
	CHECK_INT(tally.firsts[2], 2);
	CHECK_INT(tally.counts[2], 1);
	tally_release(&tally);
	CHECK(!tally.firsts && !tally.counts && tally.n == 0);
}

TEST("a tie goes to the answer that was given first, by position")
{
	const char *const values[BALLOTS_MAX] = { "c", "b", "a", "a", "b" };
	struct tally tally;
	CHECK_INT(texts(values, &tally), 1);
	tally_release(&tally);
}

TEST("who does not vote is not counted, and keeps the others' positions")
{
	const char *const values[BALLOTS_MAX] = { "-", "a", "-", "b", "b" };
	struct tally tally;
	CHECK_INT(texts(values, &tally), 3);
	CHECK_INT(tally.n, 2);
	CHECK_INT(tally.firsts[0], 1);
	CHECK_INT(tally.firsts[1], 3);
	tally_release(&tally);
}

TEST("a vote in which nobody votes has no winner")
{
	const char *const values[BALLOTS_MAX] = { "-", "-", "-" };
	struct tally tally;
	CHECK_INT(texts(values, &tally), 3);
	CHECK_INT(tally.n, 0);
	tally_release(&tally);
	tally_release(&tally);
}

TEST("texts are the same if they differ in case alone, as Unicode folds it")
{
	CHECK(is_one("yes", "YES", false));
	CHECK(is_one("STRASSE", "stra\u00dfe", false));
	CHECK(is_one("\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2", false));
	CHECK(is_one("\ufb01n", "FIN", false));
	CHECK(is_one("caf\u00e9", "CAFE\u0301", false));
	CHECK(!is_one("yes", "yes.", false));
	CHECK(!is_one("cafe", "caf\u00e9", false));
	CHECK(!is_one("a", "b", false));
}

TEST("white space at the ends of a text does not count, inside it does")
{
	CHECK(is_one("yes", " \\t yes\\n\\r\\n", false));
	CHECK(is_one("yes", "\u3000\u00a0yes\u2003", false));
	CHECK(is_one("", " \\n", false));
	CHECK(!is_one("a b", "ab", false));
	CHECK(!is_one("a b", "a  b", false));
}

TEST("escapes in a text are decoded before they are counted")
{
	CHECK(is_one("a\\u0042", "A\\u0062", false));
	CHECK(is_one("\\u00df", "ss", false));
	CHECK(is_one("\\\"a\\\"", "\\u0022A\\u0022", false));
	CHECK(is_one("\\ud83d\\ude00", "\U0001f600", false));
}

TEST("half a character in a text is counted as the replacement character")
{
	CHECK(is_one("\\ud800", "\\udc00", false));
	CHECK(is_one("\\ud800", "\ufffd", false));
	CHECK(!is_one("\\ud800", "", false));
}

TEST("a text with a NUL in it is counted whole")
{
	CHECK(!is_one("a\\u0000b", "a\\u0000c", false));
	CHECK(is_one("a\\u0000b", "A\\u0000B", false));
}

TEST("JSON values are counted by value")
{
	CHECK(is_one("1", "1.0", true));
	CHECK(is_one("100", "1e2", true));
	CHECK(is_one("{\"a\":1,\"b\":[2]}", "{ \"b\" : [2.0], \"a\":1e0}", true));
	CHECK(is_one("\"\\u0061\"", "\"a\"", true));
	CHECK(!is_one("\"a\"", "\"A\"", true));
	CHECK(!is_one("1", "\"1\"", true));
	CHECK(!is_one("[1,2]", "[2,1]", true));
	CHECK(!is_one("null", "false", true));
}

TEST("a text and a JSON value are never the same answer")
{
	const struct ballot ballots[] = {
		{ SPAN("1"), false },
		{ SPAN("1"), true },
		{ SPAN("\"a\""), true },
		{ SPAN("a"), false },
	};
	struct tally tally = { 0 };
	CHECK_INT(vote_count(ballots, 4, &tally), 0);
	CHECK_INT(tally.n, 4);
	tally_release(&tally);
}

TEST("as many different answers as there can be are told apart")
{
	enum { N = 4096 };
	static struct ballot ballots[N];
	static char values[N][16];
	struct tally tally = { 0 };
	for (unsigned i = 0; i < N; i++) {
		int n = snprintf(values[i], sizeof values[i], "[%u]", i == N - 1 ? 77 : i);
		ballots[i] = (struct ballot){ { values[i], (size_t)n }, true };
	}
	CHECK_INT(vote_count(ballots, N, &tally), 77);
	CHECK_INT(tally.n, N - 1);
	CHECK_INT(tally.counts[77], 2);
	tally_release(&tally);
}

TEST("a JSON value that would take too long to compare counts by its bytes")
{
	enum { MEMBERS_N = 20000 };
	struct buf one, other;
	buf_init(&one, 1 << 20);
	buf_init(&other, 1 << 20);
	buf_put_char(&one, '{');
	for (int i = 0; i < MEMBERS_N; i++) {
		buf_put_str(&one, i ? ",\"k" : "\"k");
		buf_put_int(&one, i);
		buf_put_str(&one, "\":1");
	}
	buf_put_char(&one, '}');
	buf_put_char(&other, ' ');
	buf_put_span(&other, buf_span(&one));
	struct span same = { other.data + 1, other.len - 1 };
	const struct ballot ballots[] = {
		{ buf_span(&one), true },
		{ SPAN("{\"k0\":1}"), true },
		{ same, true },
	};
	struct tally tally = { 0 };
	CHECK_INT(vote_count(ballots, 3, &tally), 0);
	CHECK_INT(tally.n, 2);
	CHECK_INT(tally.counts[0], 2);
	tally_release(&tally);
	buf_release(&one);
	buf_release(&other);
}
