/* SPDX-License-Identifier: MIT */
/*
 * Signature version 4, as Amazon's documentation has it: a canonical form of the request (method,
 * path encoded once more than it came, arguments in order, the signed headers, the hash of the
 * body), the hash of that with date and scope, and a chain of HMACs from the secret to the key.
 */
#include "sigv4.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE "bedrock"
#define HASH_BYTES 32
#define SKEW_S 300
#define ARGUMENTS_MAX 32
#define CANONICAL_MAX (1 << 20)

/* What the Authorization header says. */
struct claim {
	struct span date, region, service, terminator; /* of the credential's scope */
	struct span scope;
	struct span headers; /* names, joined by ; */
	struct span signature;
};

bool sigv4_is_signed(const struct arrival *a)
{
	const char *authorization = arrival_header(a, "Authorization");
	return authorization && strncmp(authorization, ALGORITHM, strlen(ALGORITHM)) == 0;
}

/* Takes the bytes before the first `end` off *rest; false if there is no such byte. */
static bool take_until(struct span *rest, char end, struct span *piece)
{
	const char *at = rest->n ? memchr(rest->at, end, rest->n) : NULL;
	if (!at)
		return false;
	*piece = (struct span){ rest->at, (size_t)(at - rest->at) };
	*rest = (struct span){ at + 1, rest->n - piece->n - 1 };
	return true;
}

/* The value of NAME= in the header, up to a comma or the end. */
static struct span member(const char *authorization, const char *name)
{
	const char *at = strstr(authorization, name);
	if (!at)
		return (struct span){ 0 };
	at += strlen(name);
	return (struct span){ at, strcspn(at, ", ") };
}

static bool read_claim(const char *authorization, struct claim *claim)
{
	struct span rest = member(authorization, "Credential="), key_id;
	claim->headers = member(authorization, "SignedHeaders=");
	claim->signature = member(authorization, "Signature=");
	if (!rest.at || !claim->headers.at || !claim->signature.at ||
		!take_until(&rest, '/', &key_id) || key_id.n == 0)
		return false;
	claim->scope = rest;
	if (!take_until(&rest, '/', &claim->date) || !take_until(&rest, '/', &claim->region) ||
		!take_until(&rest, '/', &claim->service))
		return false;
	claim->terminator = rest;
	return claim->date.n == 8 && claim->region.n > 0 && claim->signature.n == 64;
}

static bool signs(const struct claim *claim, const char *name)
{
	struct span rest = claim->headers, piece;
	while (take_until(&rest, ';', &piece))
		if (span_is(piece, name))
			return true;
	return span_is(rest, name);
}

static void put_hex(struct buf *out, const unsigned char *bytes)
{
	char digits[3];
	for (int i = 0; i < HASH_BYTES; i++) {
		snprintf(digits, sizeof digits, "%02x", bytes[i]);
		buf_put_str(out, digits);
	}
}

static void put_hash(struct buf *out, struct span text)
{
	unsigned char hash[HASH_BYTES];
	gnutls_hash_fast(GNUTLS_DIG_SHA256, text.n ? text.at : "", text.n, hash);
	put_hex(out, hash);
}

/* == The canonical form == */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		strchr("-._~/", c);
}

/* The path as it came, encoded (once more, if it was encoded). */
static void put_path(struct buf *out, struct span path)
{
	char escape[4];
	for (size_t i = 0; i < path.n; i++) {
		if (path.at[i] && is_plain(path.at[i])) {
			buf_put_char(out, path.at[i]);
			continue;
		}
		snprintf(escape, sizeof escape, "%%%02X", (unsigned char)path.at[i]);
		buf_put_str(out, escape);
	}
}

static int by_text(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order = memcmp(x->at, y->at, x->n < y->n ? x->n : y->n);
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The arguments as they came, in order. */
static void put_query(struct buf *out, struct span query)
{
	struct span pieces[ARGUMENTS_MAX], piece;
	size_t n = 0;
	while (n < ARGUMENTS_MAX - 1 && take_until(&query, '&', &piece))
		pieces[n++] = piece;
	if (query.n)
		pieces[n++] = query;
	qsort(pieces, n, sizeof *pieces, by_text);
	for (size_t i = 0; i < n; i++) {
		buf_put_str(out, i ? "&" : "");
		buf_put_span(out, pieces[i]);
		if (!memchr(pieces[i].at, '=', pieces[i].n))
			buf_put_char(out, '=');
	}
}

static void put_header(struct buf *out, const struct arrival *a, struct span name)
{
	char *text = xmemdup(name.at, name.n);
	const char *value = arrival_header(a, text);
	bool was_space = true;
	buf_put_span(out, name);
	buf_put_char(out, ':');
	for (; value && *value; value++) {
		bool is_space = *value == ' ' || *value == '\t';
		if (!is_space || (!was_space && value[strspn(value, " \t")]))
			buf_put_char(out, is_space ? ' ' : *value);
		was_space = is_space;
	}
	buf_put_char(out, '\n');
	free(text);
}

static void put_headers(struct buf *out, const struct arrival *a, const struct claim *claim)
{
	struct span rest = claim->headers, name;
	while (take_until(&rest, ';', &name))
		put_header(out, a, name);
	put_header(out, a, rest);
}

static void put_canonical(struct buf *out, const struct arrival *a, const struct claim *claim)
{
	struct span rest = span_of(a->uri), path = rest;
	const char *hash = arrival_header(a, "x-amz-content-sha256");
	if (!take_until(&rest, '?', &path))
		rest.n = 0;
	buf_put_str(out, a->method);
	buf_put_char(out, '\n');
	put_path(out, path);
	buf_put_char(out, '\n');
	put_query(out, rest);
	buf_put_char(out, '\n');
	put_headers(out, a, claim);
	buf_put_char(out, '\n');
	buf_put_span(out, claim->headers);
	buf_put_char(out, '\n');
	if (hash)
		buf_put_str(out, hash);
	else
		put_hash(out, a->body);
}

/* == The signature == */

static void mac(const void *key, size_t key_n, struct span text, unsigned char out[HASH_BYTES])
{
	gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_n, text.at, text.n, out);
}

static void sign(struct buf *out, const struct claim *claim, const char *secret, struct span text)
{
	unsigned char key[HASH_BYTES], next[HASH_BYTES];
	char *first = xasprintf("AWS4%s", secret);
	mac(first, strlen(first), claim->date, key);
	mac(key, sizeof key, claim->region, next);
	mac(next, sizeof next, claim->service, key);
	mac(key, sizeof key, claim->terminator, next);
	mac(next, sizeof next, text, key);
	put_hex(out, key);
	free(first);
}

static bool is_signature(
	const struct arrival *a, const struct claim *claim, const char *secret, const char *date)
{
	struct buf canonical, text, wanted;
	bool same;
	buf_init(&canonical, CANONICAL_MAX);
	buf_init(&text, CANONICAL_MAX);
	buf_init(&wanted, CANONICAL_MAX);
	put_canonical(&canonical, a, claim);
	buf_put_str(&text, ALGORITHM "\n");
	buf_put_str(&text, date);
	buf_put_char(&text, '\n');
	buf_put_span(&text, claim->scope);
	buf_put_char(&text, '\n');
	put_hash(&text, buf_span(&canonical));
	sign(&wanted, claim, secret, buf_span(&text));
	same = span_equals(buf_span(&wanted), claim->signature);
	buf_release(&canonical);
	buf_release(&text);
	buf_release(&wanted);
	return same;
}

static bool is_fresh(const char *date, int64_t wall_s)
{
	struct tm utc = { 0 };
	const char *end = strptime(date, "%Y%m%dT%H%M%SZ", &utc);
	int64_t then_s = end && !*end ? (int64_t)timegm(&utc) : 0;
	return then_s >= wall_s - SKEW_S && then_s <= wall_s + SKEW_S;
}

/* A body whose hash is told must have that hash. */
static bool is_body(const struct arrival *a)
{
	const char *told = arrival_header(a, "x-amz-content-sha256");
	struct buf hash;
	bool same;
	if (!told)
		return true;
	buf_init(&hash, CANONICAL_MAX);
	put_hash(&hash, a->body);
	same = span_is(buf_span(&hash), told);
	buf_release(&hash);
	return same;
}

static const char *problem(const struct arrival *a, const char *secret, int64_t wall_s)
{
	const char *authorization = arrival_header(a, "Authorization");
	const char *date = arrival_header(a, "x-amz-date");
	struct claim claim;
	if (!authorization || !sigv4_is_signed(a) || !read_claim(authorization, &claim))
		return "Authorization header is not of the form AWS4-HMAC-SHA256 Credential=..., "
		       "SignedHeaders=..., Signature=....";
	if (!span_is(claim.service, SERVICE) || !span_is(claim.terminator, "aws4_request"))
		return "Credential should be scoped to correct service: 'bedrock'.";
	if (!date || strlen(date) != 16 || memcmp(date, claim.date.at, claim.date.n) != 0)
		return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
		       "date from HTTP";
	if (!signs(&claim, "host") || !signs(&claim, "x-amz-date") ||
		(arrival_header(a, "x-amz-security-token") &&
			!signs(&claim, "x-amz-security-token")))
		return "'Host', 'X-Amz-Date' and 'X-Amz-Security-Token' must be 'SignedHeaders' in "
		       "the AWS Authorization.";
	if (!secret)
		return NULL;
	if (!is_fresh(date, wall_s))
		return "Signature expired or not yet current";
	if (!is_body(a))
		return "The provided 'x-amz-content-sha256' header does not match what was "
		       "computed.";
	if (!is_signature(a, &claim, secret, date))
		return "The request signature we calculated does not match the signature you "
		       "provided. Check your AWS Secret Access Key and signing method.";
	return NULL;
}

bool sigv4_check(const struct arrival *a, const char *secret, int64_t wall_s, const char **why)
{
	*why = problem(a, secret, wall_s);
	return *why == NULL;
}
