/* SPDX-License-Identifier: MIT */
#include "json/numbers.h"

#include "base/buf.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "json/mask.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 64, TEXT_MAX = 16384 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *past_digits(const char *at)
{
	while (is_digit(*at))
		at++;
	return at;
}

/* RFC 8259, section 6, letter by letter: past the number that begins at `at`, or NULL. */
static const char *past_number(const char *at)
{
	if (*at == '-')
		at++;
	if (!is_digit(*at))
		return NULL;
	at = *at == '0' ? at + 1 : past_digits(at);
	if (*at == '.') {
		if (!is_digit(*++at))
			return NULL;
		at = past_digits(at);
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		if (*at == '+' || *at == '-')
			at++;
		if (!is_digit(*at))
			return NULL;
		at = past_digits(at);
	}
	return at;
}

/* Past the bracket, in a C string: gives how many numbers, 0 if it is no array; *past its end. */
static size_t count_slowly(const char *at, const char **past)
{
	for (size_t n = 1;; n++) {
		at = past_number(at);
		if (!at || (*at != ',' && *at != ']'))
			return 0;
		if (*at++ == ']') {
			*past = at;
			return n;
		}
	}
}

/* True if json_numbers says of "[" + prefix + rest what the slow way says of the rest. */
static bool is_as_slowly(const char *prefix, size_t prefix_n, const char *rest)
{
	char text[TEXT_MAX];
	size_t rest_n = strlen(rest), length = 999, n = 999;
	text[0] = '[';
	memcpy(text + 1, prefix, prefix_n);
	memcpy(text + 1 + prefix_n, rest, rest_n);
	size_t commas_n = 0;
	for (size_t i = 0; i < prefix_n; i++)
		commas_n += prefix[i] == ',';
	const char *past = NULL;
	size_t want_n = count_slowly(rest, &past);
	bool is_array = json_numbers((struct span){ text, 1 + prefix_n + rest_n }, &length, &n);
	if (want_n == 0)
		return !is_array && length == 999 && n == 999;
	return is_array && n == commas_n + want_n && length == 1 + prefix_n + (size_t)(past - rest);
}

/* Numbers of that many bytes in all, the last comma included; any length but 1. */
static void write_prefix(char *to, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = i % 2 ? ',' : '7';
	if (length % 2) {
		to[length - 2] = '7';
		to[length - 1] = ',';
	}
}

/* Writes the text with that number among all texts of n letters. */
static void write_letters(char *to, unsigned number, unsigned n)
{
	for (unsigned i = 0; i < n; i++, number /= 8)
		to[i] = "01-.e+,]"[number % 8];
	to[n] = '\0';
}

/* Tries all texts of n letters behind a prefix; gives how many it misjudges, and says which. */
static unsigned misjudged(unsigned n, const char *prefix, size_t prefix_n)
{
	unsigned bad_n = 0;
	for (unsigned number = 0; number < 1U << 3 * n; number++) {
		char rest[16];
		write_letters(rest, number, n);
		if (is_as_slowly(prefix, prefix_n, rest))
			continue;
		if (bad_n++ < 5)
			printf("# misjudged: %s after %zu bytes\n", rest, prefix_n);
	}
	return bad_n;
}

TEST("an array of numbers is told by its bytes alone: every text up to 6 letters")
{
	for (unsigned n = 1; n <= 6; n++)
		CHECK_INT(misjudged(n, "", 0), 0);
}

TEST("where in a block of 64 the text lies makes no difference")
{
	char prefix[2 * BLOCK];
	for (size_t at = 2; at < 2 + BLOCK; at++) {
		write_prefix(prefix, at);
		CHECK_INT(misjudged(4, prefix, at), 0);
	}
	for (size_t at = BLOCK - 6; at < BLOCK; at++) {
		write_prefix(prefix, at);
		CHECK_INT(misjudged(6, prefix, at), 0);
	}
}

/* A number, mostly a good one, whose parts are as long as the dice say. */
static void put_number(struct buf *b, struct rng *rng)
{
	static const char *const parts[] = { "-", "0", "7", "90210", ".", ".5", "e", "E+", "e-0",
		"00000000000000000000000000000000000000000000000000000000000000000000", "1234567" };
	if (rng_upto(rng, 9) == 0) {
		for (int64_t n = rng_upto(rng, 5); n >= 0; n--)
			buf_put_str(b, parts[rng_next(rng) % 11]);
		return;
	}
	buf_put_str(b, rng_upto(rng, 1) ? "-" : "");
	buf_put_int(b, rng_upto(rng, 3) ? 0 : rng_upto(rng, INT64_C(1) << rng_upto(rng, 60)));
	if (rng_upto(rng, 3)) {
		buf_put_char(b, '.');
		for (int64_t n = rng_upto(rng, 150) / (1 + rng_upto(rng, 30)); n >= 0; n--)
			buf_put_char(b, (char)('0' + rng_upto(rng, 9)));
	}
	if (rng_upto(rng, 5) == 0) {
		buf_put_str(b, rng_upto(rng, 1) ? "e-0" : "E+");
		buf_put_int(b, rng_upto(rng, INT64_C(1) << rng_upto(rng, 60)));
	}
}

TEST("numbers of any length, good and bad, across many blocks")
{
	struct rng rng;
	struct buf b;
	unsigned arrays_n = 0, bad_n = 0;
	rng_init(&rng, 6);
	buf_init(&b, TEXT_MAX - 1);
	for (int i = 0; i < 20000; i++) {
		const char *past;
		buf_clear(&b);
		for (int64_t n = rng_upto(&rng, 12); n >= 0; n--) {
			put_number(&b, &rng);
			buf_put_char(&b, n ? ',' : ']');
		}
		buf_put_str(&b, i % 3 ? "" : ",[1,\"]\"]}");
		buf_put(&b, "", 1);
		if (!is_as_slowly("", 0, b.data))
			bad_n++;
		arrays_n += count_slowly(b.data, &past) > 0;
	}
	CHECK_INT(bad_n, 0);
	CHECK(arrays_n > 5000 && arrays_n < 18000);
	buf_release(&b);
}

TEST("any byte that does not belong to a number is a fault, wherever it stands")
{
	char text[TEXT_MAX];
	size_t length, n, prefix_n = 2 * BLOCK + 30;
	text[0] = '[';
	write_prefix(text + 1, prefix_n);
	text[prefix_n] = ']';
	struct span all = { text, prefix_n + 1 };
	CHECK(json_numbers(all, &length, &n) && length == all.n && n == prefix_n / 2);
	for (size_t at = 0; at < all.n; at++) {
		char was = text[at];
		for (int byte = 0; byte < 256; byte++) {
			if (byte && strchr("0123456789+-.eE,]", byte))
				continue;
			if (at == 0 && byte == '[')
				continue;
			text[at] = (char)byte;
			if (!CHECK(!json_numbers(all, &length, &n)))
				CHECK_INT(byte, -1);
		}
		text[at] = was;
	}
}

TEST("what follows the array does not matter, and what is past the text is not read")
{
	size_t length, n;
	CHECK(json_numbers(SPAN("[1,2],[\"x\\"), &length, &n) && length == 5 && n == 2);
	CHECK(json_numbers(SPAN("[-0.5e+1]\xff"), &length, &n) && length == 9 && n == 1);
	CHECK(!json_numbers(SPAN(""), &length, &n));
	CHECK(!json_numbers(SPAN("1"), &length, &n));
	CHECK(!json_numbers(SPAN("[]"), &length, &n));
	CHECK(!json_numbers(SPAN("[1, 2]"), &length, &n));
	CHECK(!json_numbers(SPAN("[[1]]"), &length, &n));
	CHECK(!json_numbers(SPAN("[null]"), &length, &n));
	for (size_t size = 1; size < 4 * BLOCK; size++) {
		char *text = xmalloc(size); /* of just this size, for the sanitizer to watch */
		text[0] = '[';
		if (size != 2)
			write_prefix(text + 1, size - 1);
		else
			text[1] = '7';
		CHECK(!json_numbers((struct span){ text, size }, &length, &n));
		if (size < 3) {
			free(text);
			continue;
		}
		text[size - 1] = ']';
		CHECK(json_numbers((struct span){ text, size }, &length, &n));
		CHECK(length == size && n == (size - 1) / 2);
		free(text);
	}
}

TEST("sixteen hits become sixteen bits, on any machine")
{
	struct rng rng;
	rng_init(&rng, 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t want = rng_next(&rng) & 0xffff;
		run_hits hits = { 0 };
		for (int k = 0; k < RUN_STRIDE; k++)
			hits[k] = (signed char)(want >> k & 1 ? -1 : 0);
		CHECK_INT(mask_of(hits), want);
		CHECK_INT(mask_anywhere(hits), want);
	}
}
