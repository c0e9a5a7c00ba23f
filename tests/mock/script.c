/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "base/units.h"

#define MOCK "[[mock:"
#define ANSWER "[[answer:"
#define END "]]"

static struct span after(struct span text, size_t n)
{
	return (struct span){ .at = text.at + n, .n = text.n - n };
}

static struct span before(struct span text, const char *end)
{
	return (struct span){ .at = text.at, .n = (size_t)(end - text.at) };
}

static const char *find(struct span text, const char *needle)
{
	return memmem(text.at, text.n, needle, strlen(needle));
}

static bool starts_with(struct span text, const char *prefix)
{
	size_t n = strlen(prefix);
	return text.n >= n && memcmp(text.at, prefix, n) == 0;
}

static struct span trim(struct span text)
{
	while (text.n && text.at[0] == ' ')
		text = after(text, 1);
	while (text.n && text.at[text.n - 1] == ' ')
		text.n--;
	return text;
}

/* The inside of the first OPEN...]] of the text. */
static struct span find_inside(struct span text, const char *open)
{
	const char *start = find(text, open), *end;
	struct span rest;
	if (!start)
		return (struct span){ 0 };
	rest = after(text, (size_t)(start - text.at) + strlen(open));
	end = find(rest, END);
	return end ? before(rest, end) : (struct span){ 0 };
}

bool script_is_in(struct span text)
{
	return text.n > 0 && (find(text, MOCK) || find(text, ANSWER));
}

struct span script_find(struct span prompt)
{
	return find_inside(prompt, MOCK);
}

bool script_strip(struct span prompt, struct buf *out)
{
	struct span inside;
	while ((inside = script_find(prompt)).at) {
		const char *end = inside.at + inside.n + strlen(END);
		if (!buf_put_span(out, before(prompt, inside.at - strlen(MOCK))))
			return false;
		prompt = after(prompt, (size_t)(end - prompt.at));
	}
	return buf_put_span(out, prompt);
}

/* Where the first ]] with balanced brackets before it stands, or NULL. */
static const char *balanced_end(struct span text)
{
	size_t open_n = 0;
	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.at[i] == '[')
			open_n++;
		else if (text.at[i] == ']' && open_n > 0)
			open_n--;
		else if (text.at[i] == ']' && text.at[i + 1] == ']')
			return text.at + i;
	}
	return NULL;
}

struct span script_answer(struct span prompt)
{
	struct span inside = find_inside(prompt, ANSWER);
	const char *end;
	if (!inside.at)
		return inside;
	end = balanced_end(after(prompt, (size_t)(inside.at - prompt.at)));
	return end ? before(inside, end) : inside;
}

/* The rest of *script up to the next comma; false if nothing is left. */
static bool take_element(struct span *script, struct span *element)
{
	const char *comma;
	if (!script->at)
		return false;
	comma = memchr(script->at, ',', script->n);
	*element = trim(comma ? before(*script, comma) : *script);
	*script = comma ? after(*script, (size_t)(comma - script->at) + 1) : (struct span){ 0 };
	return true;
}

/* The name of NAME=NUMBER, and the number; missing if the element is something else. */
static struct span setting_of(struct span element, int64_t *number)
{
	const char *equals = element.n ? memchr(element.at, '=', element.n) : NULL;
	struct span name;
	if (!equals)
		return (struct span){ 0 };
	name = before(element, equals);
	if (!units_parse_int(after(element, name.n + 1), number) || *number < 0)
		*number = -1;
	return name;
}

int64_t script_setting(struct span script, const char *name)
{
	struct span element;
	int64_t number;
	while (take_element(&script, &element))
		if (span_is(setting_of(element, &number), name))
			return number > 0 ? number : 0;
	return 0;
}

struct span script_odd_setting(struct span script, const char *const *names)
{
	struct span element, name;
	while (take_element(&script, &element)) {
		int64_t number;
		const char *const *known = names;
		name = setting_of(element, &number);
		while (name.at && *known && !span_is(name, *known))
			known++;
		if (name.at && (!*known || number < 0))
			return element;
	}
	return (struct span){ 0 };
}

bool script_take_name(struct span *names, struct span *name)
{
	const char *plus;
	if (!names->at)
		return false;
	plus = names->n ? memchr(names->at, '+', names->n) : NULL;
	*name = plus ? before(*names, plus) : *names;
	*names = plus ? after(*names, (size_t)(plus - names->at) + 1) : (struct span){ 0 };
	return true;
}

/* A header carries these as they are. */
static bool is_plain(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return text.n > 0;
}

static bool read_hint(struct span text, struct step *step)
{
	if (starts_with(text, "ms:")) {
		step->hint = HINT_MS;
		text = after(text, strlen("ms:"));
	} else if (starts_with(text, "date:+")) {
		step->hint = HINT_DATE;
		text = after(text, strlen("date:+"));
	} else {
		step->hint = HINT_SECONDS;
	}
	step->hint_text = text;
	return is_plain(text);
}

static bool read_element(struct span text, struct step *step)
{
	const char *at;
	if (starts_with(text, "delay:")) {
		step->name = SPAN("delay");
		return units_parse_ms(after(text, strlen("delay:")), &step->delay_ms);
	}
	if (starts_with(text, "retry:")) {
		step->should_retry = "true";
		text = after(text, strlen("retry:"));
	} else if (starts_with(text, "noretry:")) {
		step->should_retry = "false";
		text = after(text, strlen("noretry:"));
	}
	if (starts_with(text, "string:")) {
		step->form = FORM_STRING;
		text = after(text, strlen("string:"));
	} else if (starts_with(text, "array:")) {
		step->form = FORM_ARRAY;
		text = after(text, strlen("array:"));
	}
	step->name = text;
	at = text.n ? memchr(text.at, '@', text.n) : NULL;
	if (!at)
		return true;
	step->name = before(text, at);
	return read_hint(after(text, step->name.n + 1), step);
}

bool script_step(struct span script, uint64_t attempt, struct step *step)
{
	struct span element = { 0 };
	int64_t number;
	for (uint64_t i = 0; i < attempt;) {
		if (!take_element(&script, &element))
			return false;
		i += !setting_of(element, &number).at;
	}
	*step = (struct step){ .whole = element, .delay_ms = -1 };
	if (!read_element(element, step))
		step->name = (struct span){ 0 };
	return true;
}
