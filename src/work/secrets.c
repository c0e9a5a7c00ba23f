/* SPDX-License-Identifier: MIT */
/*
 * Who echoes a URL, or makes one of what it was sent, has %2F where a key has a slash. Such bytes
 * are read as what they stand for, once, and looked through as others are; that takes a copy, but
 * only of bytes with an escape in them, and hardly any answer has one. Which characters somebody
 * escapes is then of no interest.
 */
#include "work/secrets.h"

#include "base/buf.h"
#include "json/text.h"

#include <string.h>

enum {
	SECRET_MIN_BYTES = 6, /* what is shorter would match anywhere */
	CUT_MIN_BYTES = 12 /* of the beginning of one: more than the marks that many begin with */
};

/* Gives what the hexadecimal digit is worth; -1 = it is none. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* True if the bytes begin with "%XX". */
static bool is_escape(const char *at, size_t n)
{
	return n >= 3 && at[0] == '%' && digit(at[1]) >= 0 && digit(at[2]) >= 0;
}

/* Gives how many bytes there are before the first escape; all, if there is none. */
static size_t unescaped_n(const char *bytes, size_t n)
{
	const char *at = n ? memchr(bytes, '%', n) : NULL;
	while (at && !is_escape(at, n - (size_t)(at - bytes)))
		at = memchr(at + 1, '%', n - (size_t)(at + 1 - bytes));
	return at ? (size_t)(at - bytes) : n;
}

static void put_unescaped(struct buf *out, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t plain_n = unescaped_n(bytes, n);
		buf_put(out, bytes, plain_n);
		if (plain_n == n)
			return;
		bytes += plain_n;
		buf_put_char(out, (char)(digit(bytes[1]) << 4 | digit(bytes[2])));
		bytes += 3;
		n -= plain_n + 3;
	}
}

/* Gives how many of the bytes stand for the first plain_n that put_unescaped makes of them. */
static size_t escaped_n(const char *bytes, size_t n, size_t plain_n)
{
	size_t at = 0;
	for (; plain_n > 0; plain_n--)
		at += is_escape(bytes + at, n - at) ? 3 : 1;
	return at;
}

/* Gives how many bytes the two begin with in common. */
static size_t common_n(struct span a, struct span b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.at[n] == b.at[n])
		n++;
	return n;
}

/*
 * Overwrites what stands for the secret, or for as much of its beginning as there is if that is at
 * least min_n bytes. The text is what the bytes stand for: themselves, or put_unescaped of them.
 */
static bool overwrite(char *bytes, size_t n, struct span text, struct span secret, size_t min_n)
{
	bool are_same = text.at == bytes, found = false;
	const char *hit;
	while (text.n && (hit = memmem(text.at, text.n, secret.at, min_n))) {
		size_t before_n = (size_t)(hit - text.at);
		text = (struct span){ hit, text.n - before_n };
		size_t hit_n = common_n(text, secret);
		size_t skip_n = are_same ? before_n : escaped_n(bytes, n, before_n);
		bytes += skip_n;
		n -= skip_n;
		size_t stars_n = are_same ? hit_n : escaped_n(bytes, n, hit_n);
		memset(bytes, '*', stars_n);
		bytes += stars_n;
		n -= stars_n;
		text = (struct span){ text.at + hit_n, text.n - hit_n };
		found = true;
	}
	return found;
}

static bool overwrite_all(char *bytes, size_t n, struct span secret, size_t min_n)
{
	struct buf plain;
	bool found = overwrite(bytes, n, (struct span){ bytes, n }, secret, min_n);
	if (unescaped_n(bytes, n) == n)
		return found;
	buf_init(&plain, n);
	put_unescaped(&plain, bytes, n);
	found |= overwrite(bytes, n, buf_span(&plain), secret, min_n);
	buf_release(&plain);
	return found;
}

bool secret_overwrite(char *bytes, size_t n, struct span secret)
{
	return secret.n >= SECRET_MIN_BYTES && overwrite_all(bytes, n, secret, secret.n);
}

bool secrets_redact(const struct endpoint *e, char *bytes, size_t n)
{
	bool found = false;
	for (size_t i = 0; e && i < e->secrets.n; i++)
		found |= secret_overwrite(bytes, n, span_of(e->secrets.items[i]));
	return found;
}

bool secrets_redact_cut(const struct endpoint *e, char *bytes, size_t n)
{
	/* Whole ones first: one that begins within the beginning of another is seen only so. */
	bool found = secrets_redact(e, bytes, n);
	for (size_t i = 0; e && i < e->secrets.n; i++) {
		struct span secret = span_of(e->secrets.items[i]);
		if (secret.n > CUT_MIN_BYTES)
			found |= overwrite_all(bytes, n, secret, CUT_MIN_BYTES);
	}
	return found;
}

/* True if one of them is in what the writer makes of the bytes. */
static bool are_in_made(const struct endpoint *e, struct span bytes,
	bool (*write)(struct buf *out, struct span bytes))
{
	struct buf plain;
	buf_init(&plain, bytes.n);
	write(&plain, bytes);
	bool found = secrets_redact(e, plain.data, plain.len);
	buf_release(&plain);
	return found;
}

bool secrets_are_in(const struct endpoint *e, struct span bytes)
{
	for (size_t i = 0; e && i < e->secrets.n; i++) {
		struct span secret = span_of(e->secrets.items[i]);
		if (bytes.n && secret.n >= SECRET_MIN_BYTES &&
			memmem(bytes.at, bytes.n, secret.at, secret.n))
			return true;
	}
	return unescaped_n(bytes.at, bytes.n) < bytes.n && are_in_made(e, bytes, buf_put_span);
}

bool secrets_are_hidden(const struct endpoint *e, struct span bytes)
{
	if (!e || e->secrets.n == 0 || !bytes.n || !memchr(bytes.at, '\\', bytes.n))
		return false;
	/* Outside strings JSON has no escapes, so all of it can be read as one. */
	return are_in_made(e, bytes, json_put_plain);
}
