/* SPDX-License-Identifier: MIT */
#include "app/cache_line.h"

#include "json/text.h"
#include "work/result_part.h"

#include <stdio.h>
#include <string.h>

enum {
	TEXT_LETTERS = 60, /* of an answer that a row shows */
	MODEL_LETTERS = 40
};

/* What came out of an entry's form. */
struct content {
	struct attempt attempt;
	struct answer answer;
	unsigned attempts_n;
	bool is_whole;
};

static void content_init(struct content *c, struct entry *e)
{
	*c = (struct content){ 0 };
	answer_init(&c->answer, e->outcome);
	c->is_whole = entry_unpack(e, &c->attempt, &c->answer, &c->attempts_n);
}

static void content_release(struct content *c)
{
	attempt_release(&c->attempt);
	answer_release(&c->answer);
}

/* == Pieces == */

/* The Gregorian calendar in years that begin in March, so that a leap day is their last one. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
	enum { FROM_MARCH_0000 = 719468, DAYS_400 = 146097 };
	int64_t since = days + FROM_MARCH_0000;
	int64_t era = since / DAYS_400, of_era = since % DAYS_400;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;
	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (m >= 10));
}

void cache_line_put_time(struct buf *out, int64_t ms)
{
	const int64_t day_s = 86400, end_s = INT64_C(253402300800); /* of the year 9999 */
	char text[40];
	int year, month, day;
	if (ms < 0 || ms / 1000 >= end_s) {
		buf_put_char(out, '-');
		return;
	}
	int s = (int)(ms / 1000 % day_s);
	date_of(ms / 1000 / day_s, &year, &month, &day);
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, s / 3600,
		s / 60 % 60, s % 60);
	buf_put_str(out, text);
}

/* How many bytes the letter there has, as far as they are there. */
static size_t letter_n(struct span at)
{
	unsigned char c = (unsigned char)at.at[0];
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	return n < at.n ? n : at.n;
}

/*
 * The code point of a letter that a terminal obeys: C0, DEL, C1, and those that turn the direction
 * of what follows; -1 = it is none of these.
 */
static int obeyed(const unsigned char *c, size_t n)
{
	if (n == 1)
		return c[0] < 0x20 || c[0] == 0x7f ? c[0] : -1;
	if (n == 2)
		return c[0] == 0xc2 && c[1] < 0xa0 ? c[1] : -1;
	int point = (c[0] & 0xf) << 12 | (c[1] & 0x3f) << 6 | (c[2] & 0x3f);
	bool turns = (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
		(point >= 0x2066 && point <= 0x2069);
	return n == 3 && turns ? point : -1;
}

static void put_letter(struct buf *out, struct span letter)
{
	char text[8];
	int point = obeyed((const unsigned char *)letter.at, letter.n);
	if (point < 0) {
		buf_put_span(out, letter);
	} else if (point == '\n') {
		buf_put_str(out, "\\n");
	} else {
		snprintf(text, sizeof text, "\\u%04x", (unsigned)point);
		buf_put_str(out, text);
	}
}

void cache_line_put_shown(struct buf *out, struct span text, size_t letters_max)
{
	size_t valid_n = utf8_valid_n(text);
	for (size_t letters_n = 0; text.n > 0; letters_n++) {
		if (letters_n == letters_max) {
			buf_put_str(out, "...");
			return;
		}
		struct span letter = { .at = text.at, .n = valid_n > 0 ? letter_n(text) : 1 };
		if (valid_n > 0)
			put_letter(out, letter);
		else
			buf_put_char(out, '?');
		text = (struct span){ .at = text.at + letter.n, .n = text.n - letter.n };
		valid_n = valid_n > 0 ? valid_n - letter.n : utf8_valid_n(text);
	}
}

static const char *entry_outcome_name(enum outcome outcome)
{
	return outcome == OUTCOME_ANSWERED ? "answered" : error_code_name(error_code_of(outcome));
}

/* == Rows == */

static void put_padded(struct buf *out, size_t begin, size_t width)
{
	do
		buf_put_char(out, ' ');
	while (out->len < begin + width);
}

static void put_tokens(struct buf *out, const char *before, int64_t n)
{
	buf_put_str(out, before);
	if (n < 0)
		buf_put_char(out, '?');
	else
		buf_put_int(out, n);
}

/* Shows how escaped text begins. */
static void put_beginning(struct buf *out, struct span escaped)
{
	struct buf plain;
	buf_init(&plain, escaped.n + 1);
	json_put_plain(&plain, escaped);
	cache_line_put_shown(out, buf_span(&plain), TEXT_LETTERS);
	buf_release(&plain);
}

static void put_summary(struct buf *out, const struct answer *a)
{
	if (a->message)
		cache_line_put_shown(out, span_of(a->message), TEXT_LETTERS);
	else if (a->vector.text.at)
		put_tokens(out, "numbers: ", (int64_t)a->vector.n);
	else if (a->value.at)
		cache_line_put_shown(out, a->value, TEXT_LETTERS);
	else if (a->text.at)
		put_beginning(out, a->text);
	else
		cache_line_put_shown(out, a->tool_calls, TEXT_LETTERS);
}

bool cache_line_put_row(struct buf *out, struct entry *e)
{
	enum { TIME_WIDTH = 21, OUTCOME_WIDTH = 17, TOKENS_WIDTH = 12, MODEL_WIDTH = 24 };
	struct content c;
	size_t begin = out->len;
	cache_line_put_time(out, e->time_ms);
	put_padded(out, begin, TIME_WIDTH);
	begin = out->len;
	buf_put_str(out, entry_outcome_name(e->outcome));
	put_padded(out, begin, OUTCOME_WIDTH);
	begin = out->len;
	put_tokens(out, "", e->usage.input);
	put_tokens(out, "+", e->usage.output);
	put_padded(out, begin, TOKENS_WIDTH);
	begin = out->len;
	cache_line_put_shown(out, span_of(e->model ? e->model : "-"), MODEL_LETTERS);
	put_padded(out, begin, MODEL_WIDTH);
	content_init(&c, e);
	if (c.is_whole)
		put_summary(out, &c.answer);
	else
		buf_put_str(out, "(damaged)");
	buf_put_char(out, '\n');
	content_release(&c);
	return c.is_whole;
}

/* == JSON == */

/* Appends key as it is and then the text, of which a missing one is null. */
static void put_string(struct buf *out, const char *key, const char *text)
{
	buf_put_str(out, key);
	json_put_text(out, text);
}

static void put_key(struct buf *out, const struct entry_key *key)
{
	char digits[3];
	for (size_t i = 0; i < sizeof key->bytes; i++) {
		snprintf(digits, sizeof digits, "%02x", key->bytes[i]);
		buf_put_str(out, digits);
	}
}

/* What a list shows without opening the form. */
static void put_head(struct buf *out, const struct entry *e)
{
	const struct usage *u = &e->usage;
	buf_put_str(out, "{\"key\":\"");
	put_key(out, &e->key);
	buf_put_str(out, "\",\"time\":\"");
	cache_line_put_time(out, e->time_ms);
	put_string(out, "\",\"api\":", e->api);
	put_string(out, ",\"model\":", e->model);
	put_string(out, ",\"endpoint\":", e->endpoint);
	put_string(out, ",\"outcome\":", entry_outcome_name(e->outcome));
	result_put_number(out, ",\"usage\":{\"input\":", u->input);
	result_put_number(out, ",\"output\":", u->output);
	result_put_number(out, ",\"cached\":", u->cached);
	result_put_number(out, ",\"reasoning\":", u->reasoning);
	if (u->cache_write > 0)
		result_put_number(out, ",\"cache_write\":", u->cache_write);
	buf_put_char(out, '}');
}

static void put_json(struct buf *out, const char *key, struct span json)
{
	if (!json.at)
		return;
	buf_put_str(out, key);
	result_put_value(out, json);
}

static void put_answer(struct buf *out, const struct answer *a)
{
	if (a->text.at || a->value.at) {
		buf_put_str(out, a->value.at ? ",\"value\":" : ",\"text\":");
		result_put_answer(out, a);
	}
	put_json(out, ",\"tool_calls\":", a->tool_calls);
	put_json(out, ",\"logprobs\":", a->logprobs);
	if (a->vector.text.at) {
		buf_put_str(out, ",\"vector\":");
		if (!vector_put_digits(&a->vector, false, out))
			buf_put_str(out, "null");
	}
	if (a->message)
		put_string(out, ",\"message\":", a->message);
}

static void put_content(struct buf *out, const struct content *c)
{
	result_put_number(out, ",\"status\":", c->attempt.status > 0 ? c->attempt.status : -1);
	put_string(
		out, ",\"request_id\":", c->attempt.request_id[0] ? c->attempt.request_id : NULL);
	result_put_number(out, ",\"attempts\":", c->attempts_n);
	result_put_number(out, ",\"ms\":", c->attempt.ms);
	buf_put_str(out, ",\"answered_by\":");
	result_put_text(out, c->answer.model);
	put_string(out, ",\"finish\":", finish_name(c->answer.finish));
	put_answer(out, &c->answer);
}

bool cache_line_put_json(struct buf *out, struct entry *e)
{
	struct content c;
	put_head(out, e);
	content_init(&c, e);
	if (c.is_whole)
		put_content(out, &c);
	else
		buf_put_str(out, ",\"damaged\":true");
	buf_put_str(out, "}\n");
	content_release(&c);
	return c.is_whole;
}
