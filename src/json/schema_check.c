/* SPDX-License-Identifier: MIT */
/*
 * Schemas recurse with the values, and alternatives multiply: two branches that both recurse are
 * 2^depth checks. So a check counts its steps, a few for each node and some for the bytes it walks
 * over, and gives up when there have been more than any sensible schema needs. The recursion is
 * bounded by its own count, which the stack holds.
 *
 * The message is made where the first fault is found. Where there are alternatives, each is tried
 * quietly; if one failed for a better reason than the others, or further inside, it is the one that
 * was meant and is checked again, aloud. To be of another type or constant here is the worst.
 */
#include "json/schema_check.h"

#include "json/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	STEPS_MIN = 4000000, /* whatever the value's length */
	STEPS_PER_BYTE = 8,  /* and more for longer ones */
	BYTES_PER_STEP = 32, /* walked over in the time of a step */
	NODES_MAX = 3000,    /* one inside the other */
	POINTER_BYTES_MAX = 160,
	NOTE_BYTES_MAX = 16,  /* behind a pointer */
	STEPS_SHOWN_MAX = 32, /* of a pointer */
	FOUND_BYTES_MAX = 80,
	WANTED_BYTES_MAX = 240
};

static void put_step(struct buf *out, const struct schema_place *place)
{
	char index[24];
	struct span name = { 0 };
	buf_put_char(out, '/');
	if (!place->key.at) {
		snprintf(index, sizeof index, "%zu", place->index);
		buf_put_str(out, index);
		return;
	}
	name = json_inside(place->key);
	for (size_t i = 0; i < name.n; i++) {
		if (name.at[i] == '~')
			buf_put_str(out, "~0");
		else if (name.at[i] == '/')
			buf_put_str(out, "~1");
		else
			buf_put_char(out, name.at[i]);
	}
}

/*
 * Writes the JSON pointer to the place, names escaped as they are, its end rather than its start.
 */
static void write_pointer(const struct schema_place *place, char out[POINTER_BYTES_MAX])
{
	const struct schema_place *steps[STEPS_SHOWN_MAX];
	size_t n = 0;
	struct buf pointer;
	buf_init(&pointer, POINTER_BYTES_MAX - NOTE_BYTES_MAX);
	bool is_name = place->is_name;
	for (; place->up && n < STEPS_SHOWN_MAX; place = place->up)
		steps[n++] = place;
	if (place->up)
		buf_put_str(&pointer, "...");
	else if (n == 0)
		buf_put_char(&pointer, '/');
	while (n > 0)
		put_step(&pointer, steps[--n]);
	size_t valid_n = utf8_valid_n(buf_span(&pointer));
	const char *note = is_name ? " (the name)" : "";
	if (pointer.is_full)
		note = "...";
	memcpy(out, pointer.data, valid_n);
	memcpy(out + valid_n, note, strlen(note) + 1);
	buf_release(&pointer);
}

bool schema_fail(struct schema_check *c, const char *format, ...)
{
	char pointer[POINTER_BYTES_MAX], what[sizeof c->fault->msg - POINTER_BYTES_MAX - 2];
	va_list args;
	c->score = (struct schema_score){ .depth = c->depth, .reason = SCHEMA_REASON_OTHER };
	if (c->quiet || c->gave_up)
		return false;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	write_pointer(c->place, pointer);
	snprintf(c->fault->msg, sizeof c->fault->msg, "%s: %s", pointer, what);
	return false;
}

bool schema_give_up(struct schema_check *c, const char *what)
{
	if (c->gave_up)
		return false;
	c->quiet = 0;
	schema_fail(c, "%s", what);
	c->gave_up = true;
	return false;
}

bool schema_spend(struct schema_check *c, size_t bytes)
{
	c->steps -= (long)(bytes / BYTES_PER_STEP) + 1;
	if (c->steps < 0)
		return schema_give_up(c, "checking this against the schema takes too long");
	return !c->gave_up;
}

/* Copies the value's text, without white space outside strings, up to max bytes. */
static struct schema_quote quote_up_to(const struct schema_check *c, struct span value, size_t max)
{
	struct schema_quote quote = { .text = "" };
	bool in_string = false;
	size_t n = 0;
	if (c->quiet)
		return quote;
	for (size_t i = 0; i < value.n && n <= max; i++) {
		char x = value.at[i];
		if (in_string && x == '\\')
			quote.text[n++] = value.at[i++];
		else if (x == '"')
			in_string = !in_string;
		if (in_string || (unsigned char)x > ' ')
			quote.text[n++] = value.at[i];
	}
	if (n > max) {
		n = utf8_valid_n((struct span){ quote.text, max });
		memcpy(quote.text + n, "...", 3);
		n += 3;
	}
	quote.text[n] = '\0';
	return quote;
}

struct schema_quote schema_found(const struct schema_check *c, struct span value)
{
	return quote_up_to(c, value, FOUND_BYTES_MAX);
}

struct schema_quote schema_wanted(const struct schema_check *c, struct span value)
{
	return quote_up_to(c, value, WANTED_BYTES_MAX);
}

struct span schema_decode(struct schema_check *c, struct span string)
{
	struct span inside = json_inside(string);
	if (!memchr(inside.at, '\\', inside.n))
		return inside;
	buf_clear(&c->plain);
	json_put_plain(&c->plain, inside);
	return buf_span(&c->plain);
}

static bool check_clauses(struct schema_check *c, const struct schema_node *node, struct span value)
{
	unsigned kind = SCHEMA_KIND(json_kind(value));
	for (size_t i = 0; i < node->clauses_n; i++) {
		const struct schema_keyword *keyword = node->clauses[i].keyword;
		if (!(keyword->applies & kind) || keyword->check(c, &node->clauses[i], value))
			continue;
		if (keyword->word == SCHEMA_WORD_TYPE)
			c->score.reason = SCHEMA_REASON_TYPE;
		else if (keyword->word == SCHEMA_WORD_CONST || keyword->word == SCHEMA_WORD_ENUM)
			c->score.reason = SCHEMA_REASON_CONSTANT;
		return false;
	}
	return true;
}

bool schema_check_node(struct schema_check *c, const struct schema_node *node, struct span value)
{
	if (!schema_spend(c, 0))
		return false;
	if (c->nodes_n == NODES_MAX)
		return schema_give_up(
			c, "this is nested too deep to be checked against the schema");
	if (*node->text.at == 'f')
		return schema_fail(
			c, "nothing is allowed here, found %s", schema_found(c, value).text);
	c->nodes_n++;
	bool ok = check_clauses(c, node, value);
	c->nodes_n--;
	return ok && !c->gave_up;
}

bool schema_check_below(struct schema_check *c, const struct schema_node *node, struct span value,
	struct schema_place place)
{
	place.up = c->place;
	c->place = &place;
	c->depth++;
	bool ok = schema_check_node(c, node, value);
	c->depth--;
	c->place = place.up;
	return ok;
}

bool schema_check_quietly(struct schema_check *c, const struct schema_node *node, struct span value)
{
	if (c->gave_up)
		return false;
	c->quiet++;
	bool ok = schema_check_node(c, node, value);
	/* giving up made it loud */
	if (c->quiet)
		c->quiet--;
	return ok;
}

bool schema_check(const struct schema *s, struct span value, struct schema_fault *fault)
{
	struct schema_place root = { 0 };
	struct schema_check c = { .place = &root, .fault = fault };
	c.steps = STEPS_MIN + (long)value.n * STEPS_PER_BYTE;
	buf_init(&c.plain, value.n + s->text.len);
	bool ok = schema_check_node(&c, s->nodes[0], value);
	buf_release(&c.plain);
	schema_match_release(&c.match);
	return ok && !c.gave_up;
}
