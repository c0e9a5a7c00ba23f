/* SPDX-License-Identifier: MIT */
/*
 * RFC 3986, section 5.2: what a reference means, seen from a base. Parts are cut as in its appendix
 * B; nothing is checked or normalized but the dots in paths.
 */
#include "json/schema_compile.h"

#include "base/xalloc.h"

#include <string.h>

struct uri {
	struct span scheme, authority, path, query, fragment; /* without their marks */
};

/* Gives how many bytes come before the first of the marks. */
static size_t before(struct span text, const char *marks)
{
	size_t i = 0, marks_n = strlen(marks);
	while (i < text.n && !memchr(marks, text.at[i], marks_n))
		i++;
	return i;
}

/* Cuts n bytes off the front and gives them. */
static struct span cut(struct span *text, size_t n)
{
	struct span front = { text->at, n };
	*text = (struct span){ text->at + n, text->n - n };
	return front;
}

static bool begins(struct span text, const char *with)
{
	size_t n = strlen(with);
	return text.n >= n && memcmp(text.at, with, n) == 0;
}

static struct uri parts_of(struct span text)
{
	struct uri uri = { 0 };
	size_t n = before(text, ":/?#");
	if (n > 0 && n < text.n && text.at[n] == ':') {
		uri.scheme = cut(&text, n);
		cut(&text, 1);
	}
	if (begins(text, "//")) {
		cut(&text, 2);
		uri.authority = cut(&text, before(text, "/?#"));
	}
	uri.path = cut(&text, before(text, "?#"));
	if (begins(text, "?")) {
		cut(&text, 1);
		uri.query = cut(&text, before(text, "#"));
	}
	if (begins(text, "#")) {
		cut(&text, 1);
		uri.fragment = text;
	}
	return uri;
}

/* Drops the last segment of out's path, which begins at `first`, with its slash. */
static void drop_segment(struct buf *out, size_t first)
{
	while (out->len > first && out->data[out->len - 1] != '/')
		out->len--;
	if (out->len > first)
		out->len--;
}

/* Appends the path with its dot segments taken for what they mean (5.2.4). */
static void put_path(struct buf *out, struct span path)
{
	size_t first = out->len;
	while (path.n) {
		bool has_slash = path.at[0] == '/';
		struct span rest = path, segment;
		if (has_slash)
			cut(&rest, 1);
		segment = cut(&rest, before(rest, "/"));
		bool is_dot = span_is(segment, "."), is_up = span_is(segment, "..");
		if (is_up && has_slash)
			drop_segment(out, first);
		if (!is_dot && !is_up)
			buf_put(out, path.at, (size_t)(rest.at - path.at));
		else if (has_slash && rest.n == 0)
			buf_put_char(out, '/');
		else if (!has_slash && rest.n)
			cut(&rest, 1);
		path = rest;
	}
}

/* Appends base's path up to its last slash, with the reference's behind it (5.2.3). */
static void put_merged(struct buf *out, const struct uri *base, struct span path)
{
	struct buf merged;
	size_t n = base->path.n;
	while (n > 0 && base->path.at[n - 1] != '/')
		n--;
	buf_init(&merged, base->path.n + path.n + 1);
	if (base->authority.at && base->path.n == 0)
		buf_put_char(&merged, '/');
	buf_put(&merged, base->path.at, n);
	buf_put_span(&merged, path);
	put_path(out, buf_span(&merged));
	buf_release(&merged);
}

static void put_query(struct buf *out, struct span query)
{
	if (query.at)
		buf_put_char(out, '?');
	buf_put_span(out, query);
}

/* Appends what stands between scheme and fragment. */
static void put_middle(struct buf *out, const struct uri *base, const struct uri *to)
{
	bool is_whole = to->scheme.at || to->authority.at;
	struct span authority = is_whole ? to->authority : base->authority;
	if (authority.at)
		buf_put_str(out, "//");
	buf_put_span(out, authority);
	if (is_whole || begins(to->path, "/"))
		put_path(out, to->path);
	else if (to->path.n == 0)
		buf_put_span(out, base->path);
	else
		put_merged(out, base, to->path);
	put_query(out, is_whole || to->path.n || to->query.at ? to->query : base->query);
}

char *schema_uri_resolve(struct span base, struct span reference)
{
	struct uri from = parts_of(base), to = parts_of(reference);
	struct span scheme = to.scheme.at ? to.scheme : from.scheme;
	struct buf out;
	buf_init(&out, base.n + reference.n + 16);
	buf_put_span(&out, scheme);
	if (scheme.at)
		buf_put_char(&out, ':');
	put_middle(&out, &from, &to);
	if (to.fragment.at) {
		buf_put_char(&out, '#');
		buf_put_span(&out, to.fragment);
	}
	buf_put_char(&out, '\0');
	char *uri = xmemdup(out.data, out.len);
	buf_release(&out);
	return uri;
}
