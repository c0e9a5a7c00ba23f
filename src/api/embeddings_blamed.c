/* SPDX-License-Identifier: MIT */
/*
 * Whose fault a refused pack is, as far as the server says.
 *
 * Some name the text: as a parameter ("input[3]"), as a place in the body (FastAPI's
 * ["body","input",3]), as a field that is violated (Google's), or in words ("Invalid 'input[3]'").
 * The first that says so counts, fields before words. Words may quote the texts themselves, and so
 * what somebody wrote into one to have another blamed: a mention that stands just so in the request
 * is taken for a quotation.
 */
#include "api/embeddings.h"

#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"

#include <string.h>

enum {
	WORDS_BYTES_MAX = 4096, /* of a message that are looked at */
	DETAILS_MAX = 32,       /* of a list that are looked at */
	DIGITS_MAX = 6
};

/* The pack that was refused. */
struct pack {
	struct span body;
	int64_t texts_n;
};

/* What the texts are called, and one of them. */
static const char *const names[] = { "inputs", "input", "texts", "text", "requests", "example" };

/* What stands between the name and the number, and what ends it; NULL = the word's end. */
static const struct {
	const char *before, *after;
} forms[] = { { "[", "]" }, { ".", NULL }, { " at index ", NULL } };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool begins_with(struct span text, const char *part)
{
	size_t n = strlen(part);
	return text.n >= n && memcmp(text.at, part, n) == 0;
}

static struct span behind(struct span text, size_t n)
{
	return (struct span){ text.at + n, text.n - n };
}

/*
 * Reads a number of a text that is followed by `after`. Gives how long it is; 0 if there is none.
 */
static size_t take_number(struct span text, const char *after, int64_t *number)
{
	size_t n = 0;
	*number = 0;
	for (; n < text.n && n <= DIGITS_MAX && is_digit(text.at[n]); n++)
		*number = *number * 10 + (text.at[n] - '0');
	if (n == 0 || n > DIGITS_MAX)
		return 0;
	struct span rest = behind(text, n);
	bool is_end = after ? begins_with(rest, after) : rest.n == 0 || !is_word(*rest.at);
	return is_end ? n : 0;
}

/* At a name of the texts: gives the number behind it, which is one of the pack; -1 if none is. */
static long number_behind(const struct pack *p, struct span text, size_t name_n, bool is_quotable)
{
	struct span rest = behind(text, name_n);
	int64_t number;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!begins_with(rest, forms[i].before))
			continue;
		size_t before_n = strlen(forms[i].before);
		size_t n = take_number(behind(rest, before_n), forms[i].after, &number);
		size_t mention_n = name_n + before_n + n;
		bool is_quoted = is_quotable && p->body.n > 0 &&
			memmem(p->body.at, p->body.n, text.at, mention_n);
		if (n > 0 && number < p->texts_n && !is_quoted)
			return (long)number;
	}
	return -1;
}

/* Gives the first text of the pack that plain words mention. */
static long find_mention(const struct pack *p, struct span text, bool is_quotable)
{
	for (size_t i = 0; i < text.n; i++) {
		if (i > 0 && is_word(text.at[i - 1]))
			continue;
		struct span rest = behind(text, i);
		for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
			long number = begins_with(rest, names[j])
				? number_behind(p, rest, strlen(names[j]), is_quotable)
				: -1;
			if (number >= 0)
				return number;
		}
	}
	return -1;
}

/* The same of an escaped text. */
static long find_in(const struct pack *p, struct span escaped, bool is_quotable)
{
	struct buf plain;
	buf_init(&plain, WORDS_BYTES_MAX);
	struct span first = { escaped.at,
		escaped.n < WORDS_BYTES_MAX ? escaped.n : WORDS_BYTES_MAX };
	/* Cut in the middle of an escape it would be no text any more. */
	const char *slash = first.n < escaped.n ? memrchr(first.at, '\\', first.n) : NULL;
	if (slash)
		first.n = (size_t)(slash - first.at);
	json_put_plain(&plain, first);
	long number = find_mention(p, buf_span(&plain), is_quotable);
	buf_release(&plain);
	return number;
}

static bool is_name(struct span text)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is(text, names[i]))
			return true;
	return false;
}

/*
 * FastAPI's ["body","input",3]; where texts may come in several forms the one that was tried stands
 * before the number, and only a list of texts is ours: ["body","input","list[str]",3].
 */
static long find_in_place(const struct pack *p, struct span place)
{
	struct json_walk walk;
	bool is_named = false;
	json_walk_init(&walk, place);
	while (!walk.in_object && json_walk_next(&walk)) {
		struct span text = json_text_of(walk.value);
		int64_t number = text.at ? -1 : json_count_of(walk.value);
		if (text.at)
			is_named = is_name(text) || (is_named && memmem(text.at, text.n, "str", 3));
		else if (is_named && number >= 0 && number < p->texts_n)
			return (long)number;
	}
	return -1;
}

/* One item of a list of details: FastAPI's, or Google's with its violations. */
static long find_in_detail(const struct pack *p, struct span detail)
{
	struct json_walk walk;
	size_t n = 0;
	long number = find_in_place(p, json_member(detail, SPAN("loc")));
	json_walk_init(&walk, json_member(detail, SPAN("fieldViolations")));
	while (number < 0 && !walk.in_object && n++ < DETAILS_MAX && json_walk_next(&walk)) {
		struct span field = json_text_of(json_member(walk.value, SPAN("field")));
		number = field.at ? find_in(p, field, false) : -1;
	}
	return number;
}

static long find_in_details(const struct pack *p, struct span details)
{
	struct json_walk walk;
	long number = -1;
	size_t n = 0;
	json_walk_init(&walk, details);
	while (number < 0 && !walk.in_object && n++ < DETAILS_MAX && json_walk_next(&walk))
		number = find_in_detail(p, walk.value);
	return number;
}

/* The places and words of an error, which may stand around it, too. */
static long find_in_error(const struct pack *p, struct span error)
{
	static const char *const lists[] = { "detail", "details" };
	static const char *const words[] = { "message", "detail", "error" };
	struct span param = json_text_of(json_member(error, SPAN("param")));
	long number = param.at ? find_in(p, param, false) : -1;
	for (size_t i = 0; number < 0 && i < sizeof lists / sizeof *lists; i++)
		number = find_in_details(p, json_member(error, span_of(lists[i])));
	for (size_t i = 0; number < 0 && i < sizeof words / sizeof *words; i++) {
		struct span text = json_text_of(json_member(error, span_of(words[i])));
		number = text.at ? find_in(p, text, true) : -1;
	}
	return number;
}

/* Gives the answer of a refusal, without the list that some put it into; missing = it is none. */
static struct span refusal_of(const struct attempt *attempt, const struct answer *answer)
{
	bool is_refusal = answer->outcome == OUTCOME_REQUEST ||
		answer->outcome == OUTCOME_TOO_LONG || answer->outcome == OUTCOME_POLICY;
	struct span root;
	struct json_fault fault;
	if (!is_refusal || !json_scan(buf_span(&attempt->answer), &root, &fault))
		return (struct span){ 0 };
	return json_kind(root) == JSON_KIND_ARRAY ? json_item(root, 0) : root;
}

long embeddings_blamed(const struct attempt *attempt, const struct answer *answer)
{
	const struct pack p = { buf_span(&attempt->body), attempt->texts_n };
	struct span root = refusal_of(attempt, answer);
	if (!root.at)
		return -1;
	struct span error = json_member(root, SPAN("error"));
	long number = json_is(error, JSON_KIND_OBJECT) ? find_in_error(&p, error) : -1;
	return number < 0 ? find_in_error(&p, root) : number;
}

/* How a refusal begins that is for a member nobody knows. */
static bool is_of_unknown_member(struct span text)
{
	return begins_with(text, "Unknown parameter") ||
		begins_with(text, "Unrecognized request argument");
}

bool embeddings_is_no_text_blamed(const struct attempt *attempt, const struct answer *answer)
{
	struct span root = refusal_of(attempt, answer);
	struct span error = root.at ? json_member(root, SPAN("error")) : root;
	struct span holder = json_is(error, JSON_KIND_OBJECT) ? error : root;
	if (!holder.at)
		return false;
	struct span param = json_text_of(json_member(holder, SPAN("param")));
	struct span text = json_text_of(json_member(holder, SPAN("message")));
	size_t n = 0;
	while (n < param.n && is_word(param.at[n]))
		n++;
	return n > 0 ? !is_name((struct span){ param.at, n }) : is_of_unknown_member(text);
}
