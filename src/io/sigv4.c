/* SPDX-License-Identifier: MIT */
/*
 * The request is written out in one canonical form, which the server writes too from what it got;
 * that text's hash, with the time and the scope (day, region, service), is signed by a key made
 * from the secret and the scope. Source: "Signature Version 4 signing process", AWS General
 * Reference.
 *
 * libcurl has a signer, but before 8.14 it does not encode the path again as the canonical form
 * wants (%3A becomes %253A there), and nearly every model's name has a colon in it.
 *
 * What holds a secret is allocated at its final size, so that growing leaves no copy behind, and is
 * overwritten before it is freed.
 */
#include "io/sigv4.h"

#include "base/buf.h"
#include "base/utc.h"
#include "base/xalloc.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum {
	DIGEST_BYTES = 32,
	DAY_CHARS = 8,    /* of the time: YYYYMMDD */
	OURS_BYTES = 512, /* more than the canonical form adds to what it is made of */
	OURS_N = 3        /* headers that are signed unasked */
};

struct digest {
	unsigned char bytes[DIGEST_BYTES];
};

struct header {
	struct span name;
	struct span value;
};

/* One request under way. */
struct signing {
	const struct aws_key *key;
	const struct sigv4_request *request;
	struct span host; /* with the port if that is not the usual one */
	struct span path;
	struct span query;
	char time[32];          /* YYYYMMDDTHHMMSSZ */
	char *scope;            /* owned: day/region/service/aws4_request */
	struct header *headers; /* owned: all that are signed, sorted by name */
	size_t headers_n;
	struct buf canonical; /* holds the token */
	struct buf names;     /* of the headers, in lower case, with semicolons between them */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Orders by the bytes in lower case. */
static int compare_names(struct span a, struct span b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		unsigned char left = (unsigned char)lower(a.at[i]);
		unsigned char right = (unsigned char)lower(b.at[i]);
		if (left != right)
			return left < right ? -1 : 1;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

/* Cuts off what stands before the first byte that is one of `stops`; all if there is none. */
static struct span cut(struct span *text, const char *stops)
{
	size_t n = 0;
	while (n < text->n && !strchr(stops, text->at[n]))
		n++;
	struct span before = { .at = text->at, .n = n };
	*text = (struct span){ .at = text->at + n, .n = text->n - n };
	return before;
}

/* Without a port that needs no saying. */
static struct span host_of(struct span authority, const char *usual_port)
{
	size_t n = authority.n;
	while (n > 0 && authority.at[n - 1] >= '0' && authority.at[n - 1] <= '9')
		n--;
	struct span port = { .at = authority.at + n, .n = authority.n - n };
	if (n > 0 && authority.at[n - 1] == ':' && (port.n == 0 || span_is(port, usual_port)))
		return (struct span){ .at = authority.at, .n = n - 1 };
	return authority;
}

static bool split_url(struct signing *s, struct err *err)
{
	struct span rest = span_of(s->request->url);
	struct span scheme = cut(&rest, ":");
	bool is_https = compare_names(scheme, SPAN("https")) == 0;
	bool is_http = compare_names(scheme, SPAN("http")) == 0;
	if ((!is_https && !is_http) || rest.n < 3 || memcmp(rest.at, "://", 3) != 0)
		return err_set(err, ERR_KEY, "cannot sign: the URL is not http or https");
	rest = (struct span){ .at = rest.at + 3, .n = rest.n - 3 };
	struct span authority = cut(&rest, "/?#");
	if (memchr(authority.at, '@', authority.n))
		return err_set(err, ERR_KEY, "cannot sign: the URL has a user in it");
	s->host = host_of(authority, is_https ? "443" : "80");
	if (s->host.n == 0)
		return err_set(err, ERR_KEY, "cannot sign: the URL has no host");
	s->path = cut(&rest, "?#");
	s->query = cut(&rest, "#");
	return true;
}

static bool write_time(struct signing *s, int64_t wall_s, struct err *err)
{
	struct utc u;
	if (!utc_of(wall_s, &u))
		return err_set(err, ERR_KEY, "cannot sign: the clock is not set");
	snprintf(s->time, sizeof s->time, "%04d%02d%02dT%02d%02d%02dZ", u.year, u.month, u.day,
		u.hour, u.minute, u.second);
	return true;
}

/* Puts a header in its place: sorted, after those of its name. */
static void add_header(struct signing *s, struct span name, struct span value)
{
	size_t i = s->headers_n++;
	for (; i > 0 && compare_names(name, s->headers[i - 1].name) < 0; i--)
		s->headers[i] = s->headers[i - 1];
	s->headers[i] = (struct header){ .name = name, .value = value };
}

static bool add_line(struct signing *s, const char *line, struct err *err)
{
	struct span value = span_of(line);
	struct span name = cut(&value, ": \t\r\n");
	if (name.n == 0 || value.n == 0 || *value.at != ':' || strpbrk(line, "\r\n"))
		return err_set(err, ERR_KEY, "cannot sign: a header is not 'Name: value'");
	for (size_t i = 0; i < s->headers_n; i++)
		if (compare_names(name, s->headers[i].name) == 0)
			return err_set(err, ERR_KEY, "cannot sign: header %.*s is there twice",
				(int)name.n, name.at);
	add_header(s, name, (struct span){ .at = value.at + 1, .n = value.n - 1 });
	return true;
}

static bool has_token(const struct signing *s)
{
	return s->key->token && *s->key->token;
}

static bool collect_headers(struct signing *s, struct err *err)
{
	const struct sigv4_request *r = s->request;
	s->headers = xcalloc(r->headers_n + OURS_N, sizeof *s->headers);
	add_header(s, SPAN("host"), s->host);
	add_header(s, SPAN("x-amz-date"), span_of(s->time));
	if (has_token(s))
		add_header(s, SPAN("x-amz-security-token"), span_of(s->key->token));
	for (size_t i = 0; i < r->headers_n; i++)
		if (!add_line(s, r->headers[i], err))
			return false;
	return true;
}

static void put_hex(struct buf *b, const struct digest *d)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		buf_put_char(b, digits[d->bytes[i] >> 4]);
		buf_put_char(b, digits[d->bytes[i] & 15]);
	}
}

/* Percent-encodes all but RFC 3986's unreserved characters and those of `kept`. */
static void put_encoded(struct buf *b, struct span text, const char *kept)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.at[i];
		bool is_letter = lower((char)c) >= 'a' && lower((char)c) <= 'z';
		bool is_digit = c >= '0' && c <= '9';
		if (is_letter || is_digit || strchr("-._~", c) || strchr(kept, c)) {
			buf_put_char(b, (char)c);
			continue;
		}
		buf_put_char(b, '%');
		buf_put_char(b, digits[c >> 4]);
		buf_put_char(b, digits[c & 15]);
	}
}

/*
 * The path that was encoded once, each of its segments encoded once more; without those that are
 * empty or dots, since a server, or what stands before it, may drop them.
 */
static void put_path(struct buf *b, struct span path)
{
	size_t from = b->len;
	while (path.n > 0) {
		path = (struct span){ .at = path.at + 1, .n = path.n - 1 }; /* the slash */
		struct span segment = cut(&path, "/");
		if (span_is(segment, "..")) {
			while (b->len > from && b->data[--b->len] != '/')
				;
		} else if (segment.n > 0 && !span_is(segment, ".")) {
			buf_put_char(b, '/');
			put_encoded(b, segment, "");
		}
		if (path.n == 1) { /* it ends with a slash */
			buf_put_char(b, '/');
			return;
		}
	}
	if (b->len == from)
		buf_put_char(b, '/');
}

/* By name, then by value, as they stand in the URL. */
static int compare_pairs(const void *a, const void *b)
{
	struct span left = *(const struct span *)a, right = *(const struct span *)b;
	struct span names[2] = { cut(&left, "="), cut(&right, "=") };
	for (int i = 0; i < 2; i++) {
		struct span l = i ? left : names[0], r = i ? right : names[1];
		size_t n = l.n < r.n ? l.n : r.n;
		int order = n ? memcmp(l.at, r.at, n) : 0;
		if (order != 0 || l.n != r.n)
			return order != 0 ? order : l.n < r.n ? -1 : 1;
	}
	return 0;
}

/* The query's pairs, sorted, each with its equals sign; encoded where the URL leaves that out. */
static void put_query(struct buf *b, struct span query)
{
	size_t n = 0;
	struct span *pairs = xcalloc(query.n / 2 + 1, sizeof *pairs);
	while (query.n > 0) {
		query = (struct span){ .at = query.at + 1, .n = query.n - 1 }; /* ? or & */
		struct span pair = cut(&query, "&");
		if (pair.n > 0)
			pairs[n++] = pair;
	}
	qsort(pairs, n, sizeof *pairs, compare_pairs);
	for (size_t i = 0; i < n; i++) {
		struct span value = pairs[i], name = cut(&value, "=");
		if (value.n > 0)
			value = (struct span){ .at = value.at + 1, .n = value.n - 1 };
		if (i > 0)
			buf_put_char(b, '&');
		put_encoded(b, name, "%");
		buf_put_char(b, '=');
		put_encoded(b, value, "%");
	}
	free(pairs);
}

/* A header's value: no spaces around it, and one where there are several. */
static void put_value(struct buf *b, struct span value)
{
	bool is_first = true;
	while (value.n > 0) {
		struct span word = cut(&value, " \t");
		if (word.n > 0 && !is_first)
			buf_put_char(b, ' ');
		buf_put_span(b, word);
		is_first = is_first && word.n == 0;
		if (value.n > 0)
			value = (struct span){ .at = value.at + 1, .n = value.n - 1 };
	}
}

static void put_headers(struct signing *s)
{
	for (size_t i = 0; i < s->headers_n; i++) {
		const struct header *h = &s->headers[i];
		if (i > 0)
			buf_put_char(&s->names, ';');
		for (size_t k = 0; k < h->name.n; k++)
			buf_put_char(&s->names, lower(h->name.at[k]));
		for (size_t k = 0; k < h->name.n; k++)
			buf_put_char(&s->canonical, lower(h->name.at[k]));
		buf_put_char(&s->canonical, ':');
		put_value(&s->canonical, h->value);
		buf_put_char(&s->canonical, '\n');
	}
}

/* False if the crypto library cannot. */
static bool hash(struct span text, struct digest *d)
{
	return EVP_Digest(text.at, text.n, d->bytes, NULL, EVP_sha256(), NULL) == 1;
}

/* False if the crypto library cannot. The result may take the key's place. */
static bool hmac(struct span key, struct span text, struct digest *d)
{
	struct digest made;
	bool ok = HMAC(EVP_sha256(), key.at, (int)key.n, (const unsigned char *)text.at, text.n,
			  made.bytes, NULL) != NULL;
	*d = made;
	explicit_bzero(&made, sizeof made);
	return ok;
}

static struct span span_of_digest(const struct digest *d)
{
	return (struct span){ .at = (const char *)d->bytes, .n = DIGEST_BYTES };
}

/* Makes the key that signs for one day, region and service. */
static bool derive_key(const struct signing *s, struct digest *d)
{
	static const char prefix[] = "AWS4";
	size_t prefix_n = sizeof prefix - 1, secret_n = strlen(s->key->secret);
	char *first = xmalloc(prefix_n + secret_n);
	memcpy(first, prefix, prefix_n);
	memcpy(first + prefix_n, s->key->secret, secret_n);
	struct span day = { .at = s->time, .n = DAY_CHARS };
	bool ok = hmac((struct span){ .at = first, .n = prefix_n + secret_n }, day, d);
	explicit_bzero(first, prefix_n + secret_n);
	free(first);
	ok = ok && hmac(span_of_digest(d), span_of(s->key->region), d);
	ok = ok && hmac(span_of_digest(d), span_of(s->request->service), d);
	return ok && hmac(span_of_digest(d), SPAN("aws4_request"), d);
}

/* Writes the canonical form. False if the crypto library cannot. */
static bool write_canonical(struct signing *s)
{
	const struct sigv4_request *r = s->request;
	struct buf *b = &s->canonical;
	struct digest body;
	size_t bound = strlen(r->method) + 4 * strlen(r->url) + OURS_BYTES;
	for (size_t i = 0; i < r->headers_n; i++)
		bound += 2 * strlen(r->headers[i]) + 2;
	buf_init(&s->names, bound);
	bound += has_token(s) ? strlen(s->key->token) : 0;
	buf_init(b, bound);
	buf_reserve(b, bound);
	buf_put_str(b, r->method);
	buf_put_char(b, '\n');
	put_path(b, s->path);
	buf_put_char(b, '\n');
	put_query(b, s->query);
	buf_put_char(b, '\n');
	put_headers(s);
	buf_put_char(b, '\n');
	buf_put_span(b, buf_span(&s->names));
	buf_put_char(b, '\n');
	bool ok = hash(r->body.at ? r->body : SPAN(""), &body);
	put_hex(b, &body);
	assert(!b->is_full && !s->names.is_full);
	return ok;
}

/* Gives the signature in *signature. */
static bool sign(struct signing *s, struct digest *signature)
{
	struct digest canonical, key;
	struct buf text;
	if (!write_canonical(s) || !hash(buf_span(&s->canonical), &canonical))
		return false;
	buf_init(&text, strlen(s->scope) + OURS_BYTES);
	buf_put_str(&text, ALGORITHM "\n");
	buf_put_str(&text, s->time);
	buf_put_char(&text, '\n');
	buf_put_str(&text, s->scope);
	buf_put_char(&text, '\n');
	put_hex(&text, &canonical);
	assert(!text.is_full);
	bool ok = derive_key(s, &key) && hmac(span_of_digest(&key), buf_span(&text), signature);
	explicit_bzero(&key, sizeof key);
	buf_release(&text);
	return ok;
}

/* Appends the line and leaves no other copy of it. */
static void tell_secret(struct strings *lines, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 1;
	char *line = xmalloc(size);
	snprintf(line, size, "%s%s", name, value);
	strings_add(lines, line);
	explicit_bzero(line, size);
	free(line);
}

static void tell(const struct signing *s, const struct digest *signature, struct strings *lines)
{
	struct buf line;
	buf_init(&line, strlen(s->key->id) + strlen(s->scope) + s->names.len + OURS_BYTES);
	buf_put_str(&line, "Authorization: " ALGORITHM " Credential=");
	buf_put_str(&line, s->key->id);
	buf_put_char(&line, '/');
	buf_put_str(&line, s->scope);
	buf_put_str(&line, ", SignedHeaders=");
	buf_put_span(&line, buf_span(&s->names));
	buf_put_str(&line, ", Signature=");
	put_hex(&line, signature);
	buf_put_char(&line, '\0');
	assert(!line.is_full);
	tell_secret(lines, "X-Amz-Date: ", s->time);
	if (has_token(s))
		tell_secret(lines, "X-Amz-Security-Token: ", s->key->token);
	strings_add(lines, line.data);
	buf_release(&line);
}

bool sigv4_sign(const struct aws_key *key, const struct sigv4_request *r, int64_t wall_s,
	struct strings *lines, struct err *err)
{
	struct signing s = { .key = key, .request = r };
	struct digest signature;
	bool ok = split_url(&s, err) && write_time(&s, wall_s, err) && collect_headers(&s, err);
	if (ok) {
		s.scope = xasprintf(
			"%.*s/%s/%s/aws4_request", DAY_CHARS, s.time, key->region, r->service);
		ok = sign(&s, &signature);
		if (ok)
			tell(&s, &signature, lines);
		else
			err_set(err, ERR_INTERNAL, "cannot sign: the crypto library fails");
	}
	if (s.canonical.data)
		explicit_bzero(s.canonical.data, s.canonical.cap);
	buf_release(&s.canonical);
	buf_release(&s.names);
	free(s.scope);
	free(s.headers);
	return ok;
}
