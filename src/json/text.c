/* SPDX-License-Identifier: MIT */
#include "json/text.h"

#include "json/run.h"
#include "json/utf8.h"

#include <stdint.h>
#include <string.h>

/* The longest escape of one byte: \u001f. */
#define ESCAPE_BYTES_MAX 6

/* Appends the escape of a quote, a backslash or a control. */
static bool put_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	char escape[ESCAPE_BYTES_MAX] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	const char *found = memchr(named, c, sizeof named - 1);
	if (!found)
		return buf_put(out, escape, sizeof escape);
	escape[1] = names[found - named];
	return buf_put(out, escape, 2);
}

bool json_put_escaped(struct buf *out, struct span plain)
{
	if (plain.n == 0)
		return true;
	const char *at = plain.at, *end = at + plain.n;
	while (at < end) {
		const char *stop = run_end(at, end, RUN_COPIED);
		if (!buf_put(out, at, (size_t)(stop - at)))
			return false;
		if (stop == end)
			break;
		if (!put_escape(out, (unsigned char)*stop))
			return false;
		at = stop + 1;
	}
	return true;
}

/* Gives the first byte in [at, end) that does not begin a well-formed sequence, or end. */
static const char *well_formed_end(const char *at, const char *end)
{
	for (;;) {
		at = run_end(at, end, RUN_ASCII);
		size_t n = at < end ? utf8_step(at, end) : 0;
		if (n == 0)
			return at;
		at += n;
	}
}

bool json_put_escaped_lossy(struct buf *out, struct span bytes)
{
	if (bytes.n == 0)
		return true;
	const char *at = bytes.at, *end = at + bytes.n;
	while (at < end) {
		const char *bad = well_formed_end(at, end);
		if (!json_put_escaped(out, (struct span){ at, (size_t)(bad - at) }))
			return false;
		if (bad == end)
			break;
		if (!buf_put_str(out, UTF8_REPLACEMENT))
			return false;
		at = bad + utf8_bad_step(bad, end);
	}
	return true;
}

void json_put_text(struct buf *out, const char *text)
{
	if (!text) {
		buf_put_str(out, "null");
		return;
	}
	buf_put_char(out, '"');
	json_put_escaped_lossy(out, span_of(text));
	buf_put_char(out, '"');
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* Gives the code unit of the \uXXXX at `at`. */
static uint32_t code_unit(const char *at)
{
	return hex_value(at[2]) << 12 | hex_value(at[3]) << 8 | hex_value(at[4]) << 4 |
		hex_value(at[5]);
}

static bool is_high_surrogate(uint32_t unit)
{
	return (unit & 0xfc00) == 0xd800;
}

static bool is_low_surrogate(uint32_t unit)
{
	return (unit & 0xfc00) == 0xdc00;
}

/* Gives the code unit of the escape "\uXXXX" at `at`; 0 if there is none, or it is cut by end. */
static uint32_t code_unit_or_zero(const char *at, const char *end)
{
	return end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? code_unit(at) : 0;
}

/* Moves *at past the \uXXXX there, or past the two of a pair, and gives the code point. */
static uint32_t take_code_point(const char **at, const char *end)
{
	uint32_t unit = code_unit(*at);
	*at += 6;
	uint32_t low = code_unit_or_zero(*at, end);
	if (is_high_surrogate(unit) && is_low_surrogate(low)) {
		*at += 6;
		return 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
	}
	return is_high_surrogate(unit) || is_low_surrogate(unit) ? 0xfffd : unit;
}

/* Moves *at past the escape there, writes what it stands for and gives the length of that. */
static size_t take_escape(const char **at, const char *end, char out[UTF8_BYTES_MAX])
{
	static const char names[] = "bfnrt", named[] = "\b\f\n\r\t";
	size_t left = (size_t)(end - *at);
	char c = left > 1 ? (*at)[1] : '\\';
	if (c == 'u' && left >= 6)
		return utf8_write(out, take_code_point(at, end));
	const char *found = memchr(names, c, sizeof names - 1);
	out[0] = found ? named[found - names] : c;
	*at += left > 1 ? 2 : 1;
	return 1;
}

bool json_put_plain(struct buf *out, struct span escaped)
{
	if (escaped.n == 0)
		return true;
	const char *at = escaped.at, *end = at + escaped.n;
	while (at < end) {
		const char *stop = memchr(at, '\\', (size_t)(end - at));
		if (!buf_put(out, at, (size_t)((stop ? stop : end) - at)))
			return false;
		if (!stop)
			break;
		char bytes[UTF8_BYTES_MAX];
		at = stop;
		size_t n = take_escape(&at, end, bytes);
		if (!buf_put(out, bytes, n))
			return false;
	}
	return true;
}

bool json_put_string(struct buf *out, struct span plain)
{
	return buf_put_char(out, '"') && json_put_escaped(out, plain) && buf_put_char(out, '"');
}

bool json_escaped_equals(struct span escaped, struct span plain)
{
	/* an escape is longer than what it stands for */
	if (escaped.n < plain.n || plain.n == 0)
		return escaped.n == plain.n;
	if (*escaped.at != *plain.at && *escaped.at != '\\')
		return false;
	if (escaped.n == plain.n)
		return memcmp(escaped.at, plain.at, plain.n) == 0 &&
			!memchr(plain.at, '\\', plain.n);
	if (!memchr(escaped.at, '\\', escaped.n))
		return false;
	const char *at = escaped.at, *end = at + escaped.n;
	const char *want = plain.at, *want_end = want + plain.n;
	while (at < end) {
		char bytes[UTF8_BYTES_MAX] = { *at };
		size_t n = 1;
		if (*at == '\\')
			n = take_escape(&at, end, bytes);
		else
			at++;
		if ((size_t)(want_end - want) < n || memcmp(want, bytes, n) != 0)
			return false;
		want += n;
	}
	return want == want_end;
}

size_t utf8_valid_n(struct span bytes)
{
	return bytes.n ? (size_t)(well_formed_end(bytes.at, bytes.at + bytes.n) - bytes.at) : 0;
}

bool utf8_is_valid(struct span bytes)
{
	return utf8_valid_n(bytes) == bytes.n;
}

struct span utf8_first(struct span text, size_t n)
{
	size_t i = 0;
	for (; i < text.n; i++)
		if (!utf8_continues(text.at[i]) && n-- == 0)
			break;
	return (struct span){ text.at, i };
}

static bool is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span utf8_trimmed(struct span text)
{
	while (text.n && is_white(text.at[text.n - 1]))
		text.n--;
	while (text.n && is_white(*text.at))
		text = (struct span){ text.at + 1, text.n - 1 };
	return text;
}

/* Gives the next escape of a lone surrogate, or NULL. */
static const char *find_lone(const char *at, const char *end)
{
	while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
		uint32_t unit = code_unit_or_zero(at, end);
		if (is_high_surrogate(unit) && is_low_surrogate(code_unit_or_zero(at + 6, end)))
			at += 12;
		else if (is_high_surrogate(unit) || is_low_surrogate(unit))
			return at;
		else
			at += 2;
	}
	return NULL;
}

const char *json_find_lone_surrogate(struct span escaped)
{
	return escaped.n > 0 ? find_lone(escaped.at, escaped.at + escaped.n) : NULL;
}

void json_mend_surrogates(char *bytes, size_t n)
{
	const char *end = bytes + n, *lone = bytes;
	while (n > 0 && (lone = find_lone(lone, end)))
		memcpy(bytes + (lone - bytes), "\\ufffd", 6);
}
