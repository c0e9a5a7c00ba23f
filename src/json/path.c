/* SPDX-License-Identifier: MIT */
#include "json/path.h"

#include "base/buf.h"
#include "base/near.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_BYTES = 60,      /* of a path in a message */
	SHOWN_REST_BYTES = 20, /* of the place in it */
	NEAR_MEMBERS_N = 256   /* looked at for a near name, so that a message costs little */
};

/* Reads the path's own copy of the text, so that a place in one is a place in the other. */
struct parser {
	struct path *path;
	const char *at;
	const char *end;
	struct err *err;
};

/* Gives at most max bytes of text, cut between characters. */
static struct span clipped(struct span text, size_t max)
{
	if (text.n > max)
		text.n = utf8_valid_n((struct span){ text.at, max });
	return text;
}

static bool wrong(const struct parser *p, const char *what)
{
	struct span whole = clipped(span_of(p->path->text), SHOWN_BYTES);
	struct span rest =
		clipped((struct span){ p->at, (size_t)(p->end - p->at) }, SHOWN_REST_BYTES);
	if (rest.n == 0)
		return err_set(p->err, ERR_TEMPLATE, "bad path %.*s: %s at its end", (int)whole.n,
			whole.at, what);
	return err_set(p->err, ERR_TEMPLATE, "bad path %.*s: %s at '%.*s'", (int)whole.n, whole.at,
		what, (int)rest.n, rest.at);
}

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		(unsigned char)c >= 0x80 || memchr("_-$@:", c, 5);
}

/* Adds a part that ends where the parser is; takes its name. */
static void add_part(struct parser *p, struct path_part part)
{
	struct path *path = p->path;
	part.text_n = (size_t)(p->at - path->text);
	path->parts = xrealloc(path->parts, path->parts_n + 1, sizeof *path->parts);
	path->parts[path->parts_n++] = part;
}

static bool take_name(struct parser *p)
{
	const char *first = p->at;
	while (p->at < p->end && is_name_byte(*p->at))
		p->at++;
	size_t n = (size_t)(p->at - first);
	if (n == 0)
		return wrong(p, "expected a field name");
	add_part(p, (struct path_part){ .name = xmemdup(first, n), .name_n = n });
	return true;
}

/* Gives what is past the closing quote of the string at `at`, or NULL. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : NULL;
}

/* At the quote in ["name"]. */
static bool take_quoted(struct parser *p)
{
	const char *past = string_end(p->at, p->end);
	if (!past)
		return wrong(p, "a quote without its partner");
	struct span string = { p->at, (size_t)(past - p->at) };
	struct json_fault fault;
	if (!json_scan(string, &string, &fault)) {
		p->at += fault.offset;
		return wrong(p, fault.reason);
	}
	if (past == p->end || *past != ']') {
		p->at = past;
		return wrong(p, "expected ']'");
	}
	struct buf plain;
	buf_init(&plain, string.n);
	json_put_plain(&plain, json_inside(string));
	p->at = past + 1;
	char *name = xmemdup(buf_span(&plain).at, plain.len);
	add_part(p, (struct path_part){ .name = name, .name_n = plain.len });
	buf_release(&plain);
	return true;
}

/* At an opening bracket. */
static bool take_bracket(struct parser *p)
{
	const char *close = memchr(p->at, ']', (size_t)(p->end - p->at));
	int64_t index;
	if (p->at + 1 < p->end && p->at[1] == '"') {
		p->at++;
		return take_quoted(p);
	}
	if (!close)
		return wrong(p, "a bracket without its partner");
	struct span digits = { p->at + 1, (size_t)(close - p->at - 1) };
	if (!units_parse_int(digits, &index) || index < LONG_MIN || index > LONG_MAX)
		return wrong(p, "expected a whole number or a name in double quotes");
	p->at = close + 1;
	add_part(p, (struct path_part){ .index = (long)index });
	return true;
}

static bool take_parts(struct parser *p)
{
	if (*p->at == '.')
		p->at++;
	while (p->at < p->end) {
		if (*p->at == '[' ? !take_bracket(p) : !take_name(p))
			return false;
		if (p->at == p->end)
			return true;
		if (*p->at != '.' && *p->at != '[')
			return wrong(
				p, "expected '.' or '[' (odd names are written [\"like this\"])");
		if (*p->at == '.' && ++p->at == p->end)
			return wrong(p, "expected a field name");
	}
	return true;
}

static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	return false;
}

bool path_parse(struct path *p, struct span text, struct err *err)
{
	*p = (struct path){ 0 };
	text = utf8_trimmed(text);
	if (text.n == 0)
		return err_set(err, ERR_TEMPLATE, "empty path" LOG_HELP "the whole value is '.'");
	if (!utf8_is_valid(text) || has_control(text))
		return err_set(
			err, ERR_TEMPLATE, "a path is UTF-8 text without control characters");
	p->text = xmemdup(text.at, text.n);
	struct parser parser = { p, p->text, p->text + text.n, err };
	if (span_is(text, ".") || take_parts(&parser))
		return true;
	path_release(p);
	return false;
}

void path_release(struct path *p)
{
	for (size_t i = 0; i < p->parts_n; i++)
		free(p->parts[i].name);
	free(p->parts);
	free(p->text);
	*p = (struct path){ 0 };
}

static struct span part_name(const struct path_part *part)
{
	return (struct span){ part->name, part->name_n };
}

static struct span find_part(const struct path_part *part, struct span value)
{
	return part->name ? json_member(value, part_name(part)) : json_item(value, part->index);
}

struct span path_find(const struct path *p, struct span value)
{
	for (size_t i = 0; i < p->parts_n && value.at; i++)
		value = find_part(&p->parts[i], value);
	return value;
}

/* How far the key, still escaped, is from the name. */
static size_t key_distance(struct span key, struct span name)
{
	if (!key.n || !memchr(key.at, '\\', key.n))
		return near_distance(key, name);
	struct buf plain;
	buf_init(&plain, key.n);
	json_put_plain(&plain, key);
	size_t distance = near_distance(buf_span(&plain), name);
	buf_release(&plain);
	return distance;
}

/*
 * Gives the key, still escaped and shorter than n, nearest to the name; a missing span if none is
 * near.
 */
static struct span nearest_key(struct span object, struct span name, size_t n)
{
	struct span nearest = { 0 };
	struct json_walk w;
	size_t best = near_limit(name.n) + 1;
	json_walk_init(&w, object);
	for (int i = 0; w.in_object && i < NEAR_MEMBERS_N && json_walk_next(&w); i++) {
		struct span key = json_inside(w.key);
		size_t distance = key.n < n ? key_distance(key, name) : best;
		if (distance < best) {
			best = distance;
			nearest = key;
		}
	}
	return nearest;
}

bool path_nearest(const struct path *p, struct span value, char *out, size_t n)
{
	for (size_t i = 0; i < p->parts_n; i++) {
		struct span found = find_part(&p->parts[i], value);
		if (found.at) {
			value = found;
			continue;
		}
		if (!p->parts[i].name)
			return false;
		struct span key = nearest_key(value, part_name(&p->parts[i]), n);
		if (!key.at)
			return false;
		memcpy(out, key.at, key.n);
		out[key.n] = 0;
		return true;
	}
	return false;
}
