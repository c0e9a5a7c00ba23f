/* SPDX-License-Identifier: MIT */
/*
 * Text is walked character by character, and what may be shown is appended in runs, since nearly
 * all of it may. A byte of 0x80 to 0x9f that is no part of a character is what a terminal without
 * UTF-8 takes for a C1 control, so bytes that are no UTF-8 are never sent either.
 *
 * The escapes are those of JSON: a string of JSON that holds DEL, a C1 or a direction as it is
 * still is that string when they are escaped. Outside of strings JSON has no controls but white
 * space, of which the carriage return is the one that is not sent.
 */
#include "base/visible.h"

#include <stdint.h>

/* One character as it stands in a text. */
struct letter {
	uint32_t code; /* or the byte, if it is no UTF-8 */
	size_t n;      /* bytes */
	bool is_utf8;
};

static bool continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Gives how many bytes the character should have that begins with this one; 0 = none does. */
static size_t length_of(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Reads the character at the beginning of a text that is not empty. */
static struct letter letter_at(struct span text)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)text.at[0];
	struct letter bad = { .code = lead, .n = 1 };
	size_t n = length_of(lead);
	if (n == 0 || n > text.n)
		return bad;
	uint32_t code = n == 1 ? lead : lead & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		if (!continues(byte))
			return bad;
		code = code << 6 | (byte & 0x3fU);
	}
	if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return bad;
	return (struct letter){ code, n, true };
}

static bool is_control(uint32_t code)
{
	if (code < 0x20)
		return code != '\n' && code != '\t';
	return code >= 0x7f && code <= 0x9f;
}

/* True for what changes the direction of writing: a line would not read as it is. */
static bool is_direction(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
		(code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static bool can_show(struct letter l)
{
	return l.is_utf8 && !is_control(l.code) && !is_direction(l.code);
}

/* Gives how many bytes at the beginning of the text can be shown as they are. */
static size_t showable(struct span text)
{
	size_t n = 0;
	while (n < text.n) {
		struct letter l = letter_at((struct span){ text.at + n, text.n - n });
		if (!can_show(l))
			break;
		n += l.n;
	}
	return n;
}

bool visible_is(struct span text)
{
	return showable(text) == text.n;
}

/* All that is escaped has at most four digits. */
static bool put_escape(struct buf *out, struct letter l)
{
	static const char digits[] = "0123456789abcdef";
	char escape[6] = { '\\', l.is_utf8 ? 'u' : 'x' };
	size_t n = 2;
	for (int shift = l.is_utf8 ? 12 : 4; shift >= 0; shift -= 4)
		escape[n++] = digits[l.code >> shift & 0xf];
	return buf_put(out, escape, n);
}

/* Gives how many bytes of the run are whole characters that fit into so much room. */
static size_t fitting(struct span run, size_t room)
{
	size_t n = 0;
	for (;;) {
		size_t step = letter_at((struct span){ run.at + n, run.n - n }).n;
		if (n + step > room)
			return n;
		n += step;
	}
}

static void put_run(struct buf *out, struct span run)
{
	size_t room = out->max - out->len;
	size_t n = run.n <= room ? run.n : fitting(run, room);
	buf_put(out, run.at, n);
	/* What is left does not fit, and the buffer is to say so. */
	if (n < run.n)
		buf_reserve(out, run.n - n);
}

void visible_put(struct buf *out, struct span text)
{
	while (text.n > 0 && !out->is_full) {
		size_t n = showable(text);
		put_run(out, (struct span){ text.at, n });
		text = (struct span){ text.at + n, text.n - n };
		if (text.n == 0)
			break;
		struct letter l = letter_at(text);
		put_escape(out, l);
		text = (struct span){ text.at + l.n, text.n - l.n };
	}
}
