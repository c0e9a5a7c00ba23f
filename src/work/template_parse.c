/* SPDX-License-Identifier: MIT */
/*
 * Compiling: literals are escaped here, once, so that rendering one is a copy. What stands in a
 * hole is cut at '}}', then at each '|', but never inside a name in double quotes.
 */
#include "work/template.h"

#include "base/near.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/text.h"
#include "work/template_part.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct filter {
	const char *name;
	enum template_filter_kind kind;
	bool has_number;
	const char *usage;
} filters[] = {
	{ "json", FILTER_JSON, false, "json" },
	{ "trim", FILTER_TRIM, false, "trim" },
	{ "truncate", FILTER_TRUNCATE, true, "truncate:N, N a whole number" },
};

#define KNOWN_FILTERS "json, trim and truncate:N"

enum {
	SHOWN_LETTERS = 20,  /* of a filter's name in a message */
	WHAT_MAX = 300,      /* of what is wrong with a path, bytes */
	ESCAPE_BYTES_MAX = 6 /* of one byte: \u001f */
};

struct parser {
	struct template *t;
	const char *start;
	const char *at;
	const char *end;
	struct buf literal; /* escaped text since the last hole */
	struct err *err;
};

/* Fills err with the place of `at` and what; always false. */
static bool wrong(struct parser *p, const char *at, const char *what)
{
	size_t line = 1, column = 1;
	for (const char *c = p->start; c < at; c++) {
		if (*c == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*c & 0xc0) != 0x80) {
			column++;
		}
	}
	if (line == 1)
		return err_set(p->err, ERR_TEMPLATE, "column %zu: %s", column, what);
	return err_set(p->err, ERR_TEMPLATE, "line %zu, column %zu: %s", line, column, what);
}

static struct template_part *add_part(struct template *t)
{
	t->parts = xrealloc(t->parts, t->parts_n + 1, sizeof *t->parts);
	t->parts[t->parts_n] = (struct template_part){ 0 };
	return &t->parts[t->parts_n++];
}

/* Makes a part of the literal text so far, if there is any. */
static void finish_literal(struct parser *p)
{
	if (p->literal.len == 0)
		return;
	struct template_part *part = add_part(p->t);
	part->literal = xmemdup(p->literal.data, p->literal.len);
	part->literal_n = p->literal.len;
	buf_clear(&p->literal);
}

static bool begins(const char *at, const char *end, const char *with)
{
	size_t n = strlen(with);
	return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

/* Gives what is past the string in double quotes at `at`, or end. */
static const char *past_quoted(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : end;
}

/* Gives the first place of the mark in [at, end) that is not inside double quotes, or NULL. */
static const char *find_unquoted(const char *at, const char *end, const char *mark)
{
	while (at < end) {
		if (begins(at, end, mark))
			return at;
		at = *at == '"' ? past_quoted(at, end) : at + 1;
	}
	return NULL;
}

/*
 * Gives the trimmed text up to the next '|' and moves *at past that, or to NULL after the last
 * piece.
 */
static struct span take_piece(const char **at, const char *end)
{
	const char *bar = find_unquoted(*at, end, "|");
	struct span piece = { *at, (size_t)((bar ? bar : end) - *at) };
	*at = bar ? bar + 1 : NULL;
	return utf8_trimmed(piece);
}

/* What was probably meant by something that is no path; "" if nothing is known. */
static const char *path_help(struct span text)
{
	if (*text.at == '{')
		return LOG_HELP "two braces are enough: {{text}}";
	if (*text.at == '"' || *text.at == '\'')
		return LOG_HELP "a field's name has no quotes: {{text}}; an odd one is written "
				"{{[\"odd name\"]}}";
	return memchr("#/^>!&%*=+~", *text.at, 11) ? LOG_HELP
		"templates have no logic; jq can make a field of what a prompt needs"
						   : "";
}

static bool parse_path(struct parser *p, struct template_part *part, struct span text)
{
	struct err err;
	char what[sizeof err.msg];
	if (text.n && text.at[text.n - 1] == '?') {
		part->is_optional = true;
		text.n--;
	}
	if (utf8_trimmed(text).n == 0)
		return wrong(p, text.at,
			"no path between {{ and }}" LOG_HELP "the whole record is {{.}}");
	if (path_parse(&part->path, text, &err))
		return true;
	snprintf(what, sizeof what, "%.*s%s", WHAT_MAX, err.msg, path_help(utf8_trimmed(text)));
	return wrong(p, text.at, what);
}

static const struct filter *find_filter(struct span name)
{
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (span_is(name, filters[i].name))
			return &filters[i];
	return NULL;
}

static bool parse_filter(struct parser *p, struct template_part *part, struct span text)
{
	char what[128];
	const char *colon = text.n ? memchr(text.at, ':', text.n) : NULL;
	size_t name_n = colon ? (size_t)(colon - text.at) : text.n;
	struct span name = utf8_trimmed((struct span){ text.at, name_n });
	const struct filter *filter = find_filter(name);
	if (!filter) {
		struct span shown = utf8_first(name, SHOWN_LETTERS);
		snprintf(what, sizeof what,
			"unknown filter '%.*s'" LOG_HELP "the filters are " KNOWN_FILTERS,
			(int)shown.n, shown.at);
		return wrong(p, text.at, what);
	}
	int64_t n = 0;
	bool is_good = filter->has_number == (colon != NULL);
	if (is_good && colon)
		is_good = units_parse_int(
			utf8_trimmed((struct span){ colon + 1, text.n - name_n - 1 }), &n);
	if (!is_good || n < 0) {
		snprintf(what, sizeof what, "this filter is written %s", filter->usage);
		return wrong(p, text.at, what);
	}
	part->filters = xrealloc(part->filters, part->filters_n + 1, sizeof *part->filters);
	part->filters[part->filters_n++] = (struct template_filter){ filter->kind, (size_t)n };
	return true;
}

/* At '{{'. */
static bool take_hole(struct parser *p)
{
	const char *at = p->at + 2;
	const char *close = find_unquoted(at, p->end, "}}");
	if (!close)
		return wrong(p, p->at,
			"{{ without its }}" LOG_HELP "the two braces themselves are written \\{{");
	finish_literal(p);
	struct template_part *part = add_part(p->t);
	if (!parse_path(p, part, take_piece(&at, close)))
		return false;
	while (at)
		if (!parse_filter(p, part, take_piece(&at, close)))
			return false;
	p->at = close + 2;
	return true;
}

/* At a backslash: takes the escape, or just the backslash if it begins none. */
static void take_backslash(struct parser *p, enum template_source source)
{
	static const char names[] = "nt\\", named[] = "\n\t\\";
	const char *found = NULL;
	struct span plain = { p->at, 1 };
	p->at++;
	if (source == TEMPLATE_FROM_ARGUMENT && p->at < p->end)
		found = memchr(names, *p->at, sizeof names - 1);
	if (found) {
		plain.at = named + (found - names);
		p->at++;
	} else if (begins(p->at, p->end, "{{")) {
		plain = SPAN("{{");
		p->at += plain.n;
	}
	json_put_escaped(&p->literal, plain);
}

/* Takes text up to the next brace or backslash, or one byte of that. */
static void take_literal(struct parser *p)
{
	const char *first = p->at++;
	while (p->at < p->end && *p->at != '{' && *p->at != '\\')
		p->at++;
	json_put_escaped(&p->literal, (struct span){ first, (size_t)(p->at - first) });
}

static bool take_parts(struct parser *p, enum template_source source)
{
	while (p->at < p->end) {
		if (*p->at == '\\')
			take_backslash(p, source);
		else if (!begins(p->at, p->end, "{{"))
			take_literal(p);
		else if (!take_hole(p))
			return false;
	}
	finish_literal(p);
	return true;
}

bool template_parse(
	struct template *t, struct span text, enum template_source source, struct err *err)
{
	*t = (struct template){ 0 };
	if (text.n == 0)
		return true;
	struct parser p = { t, text.at, text.at, text.at + text.n, { 0 }, err };
	size_t valid_n = utf8_valid_n(text);
	if (valid_n < text.n)
		return wrong(&p, text.at + valid_n, "invalid UTF-8");
	buf_init(&p.literal, text.n * ESCAPE_BYTES_MAX);
	bool is_good = take_parts(&p, source);
	buf_release(&p.literal);
	if (!is_good)
		template_release(t);
	return is_good;
}

/* Gives the name that a hole's path begins with; a missing span if it is no hole, or no name. */
static struct span first_name(const struct template_part *part)
{
	const struct path *p = &part->path;
	return p->parts_n ? (struct span){ p->parts->name, p->parts->name_n } : (struct span){ 0 };
}

size_t template_bind(struct template *t, struct span name, unsigned index, bool is_list)
{
	size_t bound_n = 0;
	for (size_t i = 0; i < t->parts_n; i++) {
		struct template_part *part = &t->parts[i];
		if (!span_equals(first_name(part), name))
			continue;
		part->is_bound = true;
		part->is_list = is_list;
		part->index = index;
		bound_n++;
	}
	return bound_n;
}

void template_suggest(struct template *t, const char *const *names, size_t n)
{
	for (size_t i = 0; i < t->parts_n; i++) {
		struct template_part *part = &t->parts[i];
		struct span name = first_name(part);
		part->near = name.at && !part->is_bound ? near_find(name.at, names, n) : NULL;
	}
}
