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
 * Pulling is the same loop turned inside out: the caller enters the containers it wants, and what
 * it passes over is validated by the loop, so that one pass both checks a text and finds its parts.
 */
#include "json/scan.h"

#include "base/span.h"
#include "json/numbers.h"
#include "json/run.h"
#include "json/text.h"
#include "json/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Notes what is wrong where and gives NULL, which every take_ function hands on. */
static const char *wrong(struct json_state *s, const char *at, const char *reason)
{
	s->wrong_at = at;
	s->reason = at == s->end ? "unexpected end" : reason;
	return NULL;
}

/* True if a byte `c` stands at `at`. */
static inline bool is_at(const struct json_state *s, const char *at, char c)
{
	return at < s->end && *at == c;
}

static bool is_hex_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* At a backslash. */
static const char *take_escape(struct json_state *s, const char *at)
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
static const char *take_wide(struct json_state *s, const char *at)
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
static __attribute__((noinline)) const char *take_string_rest(struct json_state *s, const char *at)
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
static inline const char *take_string(struct json_state *s, const char *at)
{
	at = run_end(at + 1, s->end, RUN_PLAIN);
	return is_at(s, at, '"') ? at + 1 : take_string_rest(s, at);
}

/* Takes at least one digit. */
static inline __attribute__((always_inline)) const char *take_digits(
	struct json_state *s, const char *at)
{
	const char *past = run_end(at, s->end, RUN_DIGITS);
	return past > at ? past : wrong(s, at, "expected a digit");
}

static inline const char *take_number(struct json_state *s, const char *at)
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

static const char *take_word(struct json_state *s, const char *at, struct span word)
{
	if ((size_t)(s->end - at) >= word.n && memcmp(at, word.at, word.n) == 0)
		return at + word.n;
	for (size_t i = 0; at < s->end && *at == word.at[i]; i++)
		at++;
	return wrong(s, at, "expected null, true or false");
}

/*
 * At what should be a member's key: takes it and the colon, gives where the value begins and, as
 * *end, where the key ends.
 */
static inline __attribute__((always_inline)) const char *take_key(
	struct json_state *s, const char *at, const char **end)
{
	if (!is_at(s, at, '"'))
		return wrong(s, at, "expected a key in double quotes");
	at = take_string(s, at);
	if (!at)
		return NULL;
	*end = at;
	at = past_space(at, s->end);
	if (!is_at(s, at, ':'))
		return wrong(s, at, "expected ':'");
	return past_space(at + 1, s->end);
}

static void leave(struct json_state *s)
{
	s->depth--;
	if (s->depth == 0)
		s->closer = 0;
	else
		s->closer = s->objects[(s->depth - 1) / 64] >> (s->depth - 1) % 64 & 1 ? '}' : ']';
}

/*
 * Past a value inside a container deeper than `floor`: closes what ends here, takes a comma, gives
 * where the next value begins; or, when all above the floor is closed, what is past it.
 */
static const char *finish_value(struct json_state *s, const char *at, size_t floor)
{
	const char *key_end;
	for (;;) {
		if (s->depth == floor)
			return at;
		at = past_space(at, s->end);
		if (is_at(s, at, ',')) {
			at = past_space(at + 1, s->end);
			return s->closer == '}' ? take_key(s, at, &key_end) : at;
		}
		if (!is_at(s, at, s->closer))
			return wrong(s, at,
				s->closer == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
		leave(s);
		at++;
	}
}

static inline void enter(struct json_state *s, char closer)
{
	uint64_t bit = UINT64_C(1) << s->depth % 64;
	uint64_t *bits = &s->objects[s->depth / 64];
	*bits = closer == '}' ? *bits | bit : *bits & ~bit;
	s->depth++;
	s->closer = closer;
}

/*
 * At an opening bracket or brace: gives where the first value inside begins, with the container
 * open; or, if there is none, what is past the container.
 */
static inline const char *take_opening(struct json_state *s, const char *at)
{
	if (s->depth == JSON_DEPTH_MAX)
		return wrong(s, at, "nested too deep");
	char closer = *at == '{' ? '}' : ']';
	const char *key_end;
	at = past_space(at + 1, s->end);
	if (is_at(s, at, closer))
		return at + 1;
	enter(s, closer);
	return closer == '}' ? take_key(s, at, &key_end) : at;
}

static const char *no_value(struct json_state *s, const char *at)
{
	if (s->end - at >= 3 && memcmp(at, BYTE_ORDER_MARK, 3) == 0)
		return wrong(s, at, "byte order mark");
	return wrong(s, at, "expected a value");
}

/* Takes a scalar, an empty container, or the opening of another, where take_opening() leads. */
static inline const char *take_value(struct json_state *s, const char *at)
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

/* Takes the value at `at` with all that is in it; gives what is past it. */
static const char *take_whole(struct json_state *s, const char *at)
{
	size_t floor = s->depth;
	do {
		size_t depth = s->depth;
		at = take_value(s, at);
		if (at && s->depth == depth)
			at = finish_value(s, at, floor);
	} while (at && s->depth > floor);
	return at;
}

/* Past the outermost value: only white space may follow. */
static const char *take_end(struct json_state *s, const char *at)
{
	at = past_space(at, s->end);
	return at == s->end ? at : wrong(s, at, "more text after the value");
}

bool json_scan(struct span text, struct span *value, struct json_fault *fault)
{
	struct json_pull p;
	json_pull_init(&p, text);
	*value = json_pull_value(&p);
	return json_pull_end(&p, fault);
}

void json_pull_init(struct json_pull *p, struct span text)
{
	*p = (struct json_pull){ .text = text.at, .state = { .end = text.at + text.n } };
	p->at = text.n ? past_space(text.at, p->state.end) : wrong(&p->state, p->state.end, "");
	p->is_open = true;
}

struct span json_pull_value(struct json_pull *p)
{
	if (!p->at || !p->is_open)
		return (struct span){ 0 };
	const char *from = p->at;
	p->is_open = false;
	p->at = take_whole(&p->state, from);
	return p->at ? (struct span){ from, (size_t)(p->at - from) } : (struct span){ 0 };
}

bool json_pull_enter(struct json_pull *p)
{
	struct json_state *s = &p->state;
	if (!p->at || !p->is_open)
		return false;
	bool is_object = is_at(s, p->at, '{');
	if (!is_object && !is_at(s, p->at, '[')) {
		json_pull_value(p);
		return false;
	}
	p->is_open = false;
	p->is_first = true;
	if (s->depth == JSON_DEPTH_MAX) {
		p->at = wrong(s, p->at, "nested too deep");
		return false;
	}
	enter(s, is_object ? '}' : ']');
	p->at++;
	return true;
}

bool json_pull_next(struct json_pull *p)
{
	struct json_state *s = &p->state;
	json_pull_value(p);
	if (!p->at || s->depth == 0)
		return false;
	const char *at = past_space(p->at, s->end);
	const char *key_end;
	bool is_end = is_at(s, at, s->closer);
	if (is_end) {
		leave(s);
		at++;
	} else if (!p->is_first) {
		if (is_at(s, at, ','))
			at = past_space(at + 1, s->end);
		else
			at = wrong(s, at,
				s->closer == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	}
	if (at && !is_end && s->closer == '}') {
		p->key.at = at;
		at = take_key(s, at, &key_end);
		p->key.n = at ? (size_t)(key_end - p->key.at) : 0;
	}
	p->at = at;
	p->is_first = false;
	p->is_open = at && !is_end;
	return p->is_open;
}

bool json_pull_is(const struct json_pull *p, enum json_kind kind)
{
	return p->at && p->is_open && p->at < p->state.end &&
		json_kind((struct span){ p->at, 1 }) == kind;
}

struct span json_pull_numbers(struct json_pull *p, struct buf *copy, size_t *n)
{
	size_t length, from = copy ? copy->len : 0;
	if (!json_pull_is(p, JSON_KIND_ARRAY) || p->state.depth == JSON_DEPTH_MAX)
		return (struct span){ 0 };
	struct span rest = { p->at, (size_t)(p->state.end - p->at) };
	struct span array = { p->at, 0 };
	if (json_numbers(rest, &length, n))
		array.n = length;
	else if (copy && json_numbers_spaced(rest, copy, &length, n))
		array = (struct span){ copy->data + from, copy->len - from };
	else
		return (struct span){ 0 };
	p->at += length;
	p->is_open = false;
	return array;
}

bool json_pull_end(struct json_pull *p, struct json_fault *fault)
{
	struct json_state *s = &p->state;
	json_pull_value(p);
	while (p->at && s->depth > 0)
		json_pull_next(p);
	if (p->at)
		p->at = take_end(s, p->at);
	if (!p->at)
		*fault = (struct json_fault){ (size_t)(s->wrong_at - p->text), s->reason };
	return p->at != NULL;
}
