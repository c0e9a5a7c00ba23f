/* SPDX-License-Identifier: MIT */
/*
 * Validating is one loop over values, without recursion: take_value() takes a scalar, an empty
 * container or a container's opening, finish_value() closes what ends there and takes the comma,
 * and both take the key of a member, so that `at` is where the next value begins. What encloses it
 * is one bit per level, so that the stack of 512 levels is 64 bytes and hostile nesting costs
 * nothing.
 *
 * Nearly all bytes of a record or an answer are inside strings; these go through run_end() sixteen
 * at a time. A byte outside ASCII leaves that loop for utf8_step(), a backslash for take_escape().
 *
 * Walking trusts what validating has promised: a string ends, brackets match. It looks for the few
 * bytes that end things and steps over the rest.
 */
#include "json/scan.h"

#include "base/span.h"
#include "json/run.h"
#include "json/text.h"
#include "json/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct scan {
	const char *end;
	const char *wrong_at; /* NULL until something is wrong */
	const char *reason;
	size_t depth;
	char closer;                           /* of the innermost open container; 0 outside all */
	uint64_t objects[JSON_DEPTH_MAX / 64]; /* a bit per open container: set for an object */
};

/* Notes what is wrong where and gives NULL, which every take_ function hands on. */
static const char *wrong(struct scan *s, const char *at, const char *reason)
{
	s->wrong_at = at;
	s->reason = at == s->end ? "unexpected end" : reason;
	return NULL;
}

/* A call, to keep what follows small where there is no space at all. */
static __attribute__((noinline)) const char *past_spaces(const char *at, const char *end)
{
	if (*at == ' ' && end - at > 1 && (unsigned char)at[1] > ' ')
		return at + 1;
	return run_end(at, end, RUN_SPACE);
}

static inline const char *past_space(const char *at, const char *end)
{
	return at == end || (unsigned char)*at > ' ' ? at : past_spaces(at, end);
}

/* True if a byte `c` stands at `at`. */
static inline bool is_at(const struct scan *s, const char *at, char c)
{
	return at < s->end && *at == c;
}

static bool is_hex_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* At a backslash. */
static const char *take_escape(struct scan *s, const char *at)
{
	at++;
	if (at == s->end)
		return wrong(s, at, "");
	if (*at != 'u')
		return memchr("\"\\/bfnrt", *at, 8) ? at + 1 : wrong(s, at, "invalid escape");
	at++;
	for (int i = 0; i < 4; i++, at++)
		if (at == s->end || !is_hex_digit(*at))
			return wrong(s, at, "\\u without four hexadecimal digits");
	return at;
}

/* At a byte outside ASCII: takes all such bytes in a row. */
static const char *take_wide(struct scan *s, const char *at)
{
	do {
		size_t n = utf8_step(at, s->end);
		if (n == 0)
			return wrong(s, at, "invalid UTF-8");
		at += n;
	} while (at < s->end && (unsigned char)*at >= 0x80);
	return at;
}

/* In a string, at a byte that is not plain: takes the rest. A call, to keep short strings short. */
static __attribute__((noinline)) const char *take_string_rest(struct scan *s, const char *at)
{
	while (!is_at(s, at, '"')) {
		if (at == s->end || (unsigned char)*at < 0x20)
			return wrong(s, at, "control character in string");
		at = *at == '\\' ? take_escape(s, at) : take_wide(s, at);
		if (!at)
			return NULL;
		at = run_end(at, s->end, RUN_PLAIN);
	}
	return at + 1;
}

/* At the opening quote. */
static inline const char *take_string(struct scan *s, const char *at)
{
	at = run_end(at + 1, s->end, RUN_PLAIN);
	return is_at(s, at, '"') ? at + 1 : take_string_rest(s, at);
}

/* Takes at least one digit. */
static inline const char *take_digits(struct scan *s, const char *at)
{
	const char *past = run_end(at, s->end, RUN_DIGITS);
	return past > at ? past : wrong(s, at, "expected a digit");
}

static const char *take_number(struct scan *s, const char *at)
{
	if (*at == '-')
		at++;
	const char *first = at;
	at = take_digits(s, at);
	if (at && *first == '0' && at > first + 1)
		return wrong(s, first + 1, "number with a leading zero");
	if (at && is_at(s, at, '.'))
		at = take_digits(s, at + 1);
	if (at && (is_at(s, at, 'e') || is_at(s, at, 'E'))) {
		at++;
		if (is_at(s, at, '+') || is_at(s, at, '-'))
			at++;
		at = take_digits(s, at);
	}
	return at;
}

static const char *take_word(struct scan *s, const char *at, struct span word)
{
	if ((size_t)(s->end - at) >= word.n && memcmp(at, word.at, word.n) == 0)
		return at + word.n;
	for (size_t i = 0; at < s->end && *at == word.at[i]; i++)
		at++;
	return wrong(s, at, "expected null, true or false");
}

/* At what should be a member's key: takes it and the colon, gives where the value begins. */
static const char *take_key(struct scan *s, const char *at)
{
	if (!is_at(s, at, '"'))
		return wrong(s, at, "expected a key in double quotes");
	at = take_string(s, at);
	if (!at)
		return NULL;
	at = past_space(at, s->end);
	if (!is_at(s, at, ':'))
		return wrong(s, at, "expected ':'");
	return past_space(at + 1, s->end);
}

static void leave(struct scan *s)
{
	s->depth--;
	if (s->depth == 0)
		s->closer = 0;
	else
		s->closer = s->objects[(s->depth - 1) / 64] >> (s->depth - 1) % 64 & 1 ? '}' : ']';
}

/* Past a value: closes what ends here, takes a comma, gives where the next value begins. */
static const char *finish_value(struct scan *s, const char *at)
{
	for (;;) {
		at = past_space(at, s->end);
		if (s->depth == 0)
			return at == s->end ? at : wrong(s, at, "more text after the value");
		if (is_at(s, at, ',')) {
			at = past_space(at + 1, s->end);
			return s->closer == '}' ? take_key(s, at) : at;
		}
		if (!is_at(s, at, s->closer))
			return wrong(s, at,
				s->closer == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
		leave(s);
		at++;
	}
}

/*
 * At an opening bracket or brace: gives where the first value inside begins, with the container
 * open; or, if there is none, what is past the container.
 */
static inline const char *take_opening(struct scan *s, const char *at)
{
	if (s->depth == JSON_DEPTH_MAX)
		return wrong(s, at, "nested too deep");
	char closer = *at == '{' ? '}' : ']';
	at = past_space(at + 1, s->end);
	if (is_at(s, at, closer))
		return at + 1;
	uint64_t bit = UINT64_C(1) << s->depth % 64;
	uint64_t *bits = &s->objects[s->depth / 64];
	*bits = closer == '}' ? *bits | bit : *bits & ~bit;
	s->depth++;
	s->closer = closer;
	return closer == '}' ? take_key(s, at) : at;
}

static const char *no_value(struct scan *s, const char *at)
{
	if (s->end - at >= 3 && memcmp(at, BYTE_ORDER_MARK, 3) == 0)
		return wrong(s, at, "byte order mark");
	return wrong(s, at, "expected a value");
}

/* Takes a scalar, an empty container, or the opening of another, where take_opening() leads. */
static inline const char *take_value(struct scan *s, const char *at)
{
	if (at == s->end)
		return wrong(s, at, "");
	switch (*at) {
	case '"':
		at = take_string(s, at);
		break;
	case '{':
	case '[':
		at = take_opening(s, at);
		break;
	case 't':
		at = take_word(s, at, SPAN("true"));
		break;
	case 'f':
		at = take_word(s, at, SPAN("false"));
		break;
	case 'n':
		at = take_word(s, at, SPAN("null"));
		break;
	case '-':
	case '0' ... '9':
		at = take_number(s, at);
		break;
	default:
		return no_value(s, at);
	}
	return at;
}

bool json_scan(struct span text, struct span *value, struct json_fault *fault)
{
	if (text.n == 0) {
		*fault = (struct json_fault){ .reason = "unexpected end" };
		return false;
	}
	struct scan s = { .end = text.at + text.n };
	const char *first = past_space(text.at, s.end);
	const char *at = first;
	do {
		size_t depth = s.depth;
		at = take_value(&s, at);
		if (at && s.depth == depth)
			at = finish_value(&s, at);
	} while (at && s.depth > 0);
	if (!at) {
		*fault = (struct json_fault){ (size_t)(s.wrong_at - text.at), s.reason };
		return false;
	}
	while ((unsigned char)at[-1] <= ' ')
		at--;
	*value = (struct span){ first, (size_t)(at - first) };
	return true;
}

enum json_kind json_kind(struct span value)
{
	assert(value.n > 0);
	switch (*value.at) {
	case '{':
		return JSON_KIND_OBJECT;
	case '[':
		return JSON_KIND_ARRAY;
	case '"':
		return JSON_KIND_STRING;
	case 'n':
		return JSON_KIND_NULL;
	case 't':
	case 'f':
		return JSON_KIND_BOOL;
	default:
		return JSON_KIND_NUMBER;
	}
}

/* At the opening quote of a valid string; gives what is past the closing one. */
static inline const char *skip_string(const char *at, const char *end)
{
	at = run_end(at + 1, end, RUN_UNQUOTED);
	while (*at == '\\')
		at = run_end(at + 2, end, RUN_UNQUOTED);
	return at + 1;
}

/* At the opening bracket or brace of a valid container; gives what is past the closing one. */
static const char *skip_container(const char *at, const char *end)
{
	size_t depth = 0;
	do {
		at = run_end(at, end, RUN_FLAT);
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

static const char *skip_number(const char *at, const char *end)
{
	while (at<end && * at> ' ' && *at != ',' && *at != ']' && *at != '}')
		at++;
	return at;
}

/* Gives what is past the valid value at `at`. */
static const char *skip_value(const char *at, const char *end)
{
	switch (*at) {
	case '"':
		return skip_string(at, end);
	case '{':
	case '[':
		return skip_container(at, end);
	case 't':
	case 'n':
		return at + 4;
	case 'f':
		return at + 5;
	default:
		return skip_number(at, end);
	}
}

void json_walk_init(struct json_walk *w, struct span container)
{
	*w = (struct json_walk){ 0 };
	if (container.n == 0 || (*container.at != '{' && *container.at != '['))
		return;
	w->at = container.at + 1;
	w->end = container.at + container.n;
	w->in_object = *container.at == '{';
}

bool json_walk_step(struct json_walk *w)
{
	if (!w->at)
		return false;
	if (w->is_open)
		json_walk_value(w);
	const char *at = past_space(w->at, w->end);
	if (*at == ',')
		at = past_space(at + 1, w->end);
	w->at = at;
	if (*at == '}' || *at == ']')
		return false;
	if (w->in_object) {
		at = skip_string(at, w->end);
		w->key = (struct span){ w->at, (size_t)(at - w->at) };
		at = past_space(at, w->end);
		at = past_space(at + 1, w->end);
	}
	w->at = at;
	w->is_open = true;
	return true;
}

struct span json_walk_value(struct json_walk *w)
{
	if (w->is_open) {
		const char *at = w->at;
		w->at = skip_value(at, w->end);
		w->value = (struct span){ at, (size_t)(w->at - at) };
		w->is_open = false;
	}
	return w->value;
}

bool json_walk_next(struct json_walk *w)
{
	if (!json_walk_step(w))
		return false;
	json_walk_value(w);
	return true;
}

void json_walk_enter(const struct json_walk *w, struct json_walk *inner)
{
	assert(w->is_open);
	/* where the inner container ends is not known yet; that the outer one ends behind it is enough */
	json_walk_init(inner, (struct span){ w->at, (size_t)(w->end - w->at) });
}

void json_walk_leave(struct json_walk *w, struct json_walk *inner)
{
	if (!inner->at)
		return;
	while (json_walk_step(inner))
		;
	w->at = inner->at + 1;
	w->is_open = false;
}

/* True if the key, with its quotes, stands for the name. */
static inline bool is_key(struct span key, struct span name)
{
	/* an escape is longer than what it stands for, so most keys are told apart by length */
	if (key.n - 2 < name.n)
		return false;
	if (name.n > 0 && key.at[1] != name.at[0] && key.at[1] != '\\')
		return false;
	return json_escaped_equals(json_inside(key), name);
}

struct span json_member(struct span object, struct span name)
{
	struct span found = { 0 };
	struct json_walk w;
	json_walk_init(&w, object);
	if (!w.in_object)
		return found;
	while (json_walk_next(&w))
		if (is_key(w.key, name))
			found = w.value;
	return found;
}

/* Counts the items of an array. */
static long count_items(struct span array)
{
	struct json_walk w;
	long n = 0;
	json_walk_init(&w, array);
	while (json_walk_next(&w))
		n++;
	return n;
}

struct span json_item(struct span array, long index)
{
	struct json_walk w;
	json_walk_init(&w, array);
	if (w.in_object)
		return (struct span){ 0 };
	if (index < 0)
		index += count_items(array);
	for (long i = 0; i <= index && json_walk_next(&w); i++)
		if (i == index)
			return w.value;
	return (struct span){ 0 };
}

bool json_is_empty(struct span container)
{
	struct json_walk w;
	json_walk_init(&w, container);
	return !json_walk_step(&w);
}

struct span json_inside(struct span string)
{
	assert(string.n >= 2);
	return (struct span){ string.at + 1, string.n - 2 };
}
