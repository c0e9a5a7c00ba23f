/* SPDX-License-Identifier: MIT */
/*
 * libcurl's CURLINFO_RETRY_AFTER knows whole seconds only and nothing of retry-after-ms, and
 * strptime() asks the locale what a month is called, so headers and dates are read here. All three
 * forms of a date are a few words and numbers with separators between them; the readers below each
 * take one and step over what separates.
 */
#include "io/hint.h"

#include "base/units.h"

#include <string.h>
#include <strings.h>

void hint_init(struct hint *h)
{
	*h = (struct hint){ .wait_ms = -1, .should_retry = -1 };
}

static bool is_word(struct span text, const char *word)
{
	return text.n == strlen(word) && strncasecmp(text.at, word, text.n) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Takes the n bytes at the front off the text, and the separators after them. */
static struct span take(struct span *text, size_t n, const char *separators)
{
	struct span taken = { .at = text->at, .n = n };
	while (n < text->n && strchr(separators, text->at[n]) && text->at[n])
		n++;
	*text = (struct span){ .at = text->at + n, .n = text->n - n };
	return taken;
}

static bool take_word(struct span *text, struct span *word, const char *separators)
{
	size_t n = 0;
	while (n < text->n && is_letter(text->at[n]))
		n++;
	*word = take(text, n, separators);
	return n > 0;
}

/* Takes a number of at most four digits, which no part of a date passes. */
static bool take_number(struct span *text, int *number, const char *separators)
{
	size_t n = 0;
	*number = 0;
	for (; n < text->n && n < 4 && is_digit(text->at[n]); n++)
		*number = *number * 10 + (text->at[n] - '0');
	take(text, n, separators);
	return n > 0;
}

/* Takes a month's name and gives 1 to 12, or 0. */
static int take_month(struct span *text, const char *separators)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	struct span word;
	if (!take_word(text, &word, separators) || word.n != 3)
		return 0;
	for (int month = 1; month <= 12; month++)
		if (strncasecmp(word.at, names + 3 * (month - 1), 3) == 0)
			return month;
	return 0;
}

struct date {
	int year;
	int month;
	int day;
	int seconds; /* since midnight */
};

static bool take_time(struct span *text, struct date *d)
{
	int hour, minute, second;
	if (!take_number(text, &hour, ":") || !take_number(text, &minute, ":") ||
		!take_number(text, &second, " "))
		return false;
	/* 60 is a leap second */
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	d->seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

/* "06 Nov 1994 08:49:37" or "06-Nov-94 08:49:37", and a zone */
static bool take_day_first(struct span *text, struct date *d)
{
	struct span zone;
	if (!take_number(text, &d->day, " -"))
		return false;
	d->month = take_month(text, " -");
	if (!d->month || !take_number(text, &d->year, " ") || !take_time(text, d))
		return false;
	return !take_word(text, &zone, "") || is_word(zone, "GMT") || is_word(zone, "UTC");
}

/* "Nov  6 08:49:37 1994" */
static bool take_month_first(struct span *text, struct date *d)
{
	d->month = take_month(text, " ");
	return d->month && take_number(text, &d->day, " ") && take_time(text, d) &&
		take_number(text, &d->year, "");
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the Gregorian calendar, for years >= 1. */
static int64_t days_of(const struct date *d)
{
	int64_t before = d->year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
	for (int month = 1; month < d->month; month++)
		days += days_in_month(d->year, month);
	return days + d->day - 1;
}

bool hint_parse_date(struct span text, int64_t *seconds)
{
	struct date d;
	struct span weekday;
	if (!take_word(&text, &weekday, ", ") || text.n == 0)
		return false;
	bool ok = is_digit(text.at[0]) ? take_day_first(&text, &d) : take_month_first(&text, &d);
	if (!ok || text.n > 0)
		return false;
	if (d.year < 100)
		d.year += d.year < 70 ? 2000 : 1900;
	if (d.day < 1 || d.day > days_in_month(d.year, d.month))
		return false;
	*seconds = days_of(&d) * 86400 + d.seconds;
	return true;
}

/* Milliseconds as a whole number in [0, UNITS_MS_MAX], rounded up. */
static int64_t to_ms(double ms)
{
	if (ms <= 0)
		return 0;
	if (ms >= (double)UNITS_MS_MAX)
		return UNITS_MS_MAX;
	int64_t whole = (int64_t)ms;
	return whole + ((double)whole < ms);
}

/* Keeps the more exact of what was said, and of two alike the longer. */
static void note_wait(struct hint *h, int64_t wait_ms, bool is_exact)
{
	bool outranks = is_exact && !h->is_exact;
	bool is_alike = is_exact == h->is_exact;
	if (outranks || (is_alike && wait_ms > h->wait_ms)) {
		h->wait_ms = wait_ms;
		h->is_exact = is_exact;
	}
}

void hint_read(struct hint *h, struct span name, struct span value, int64_t wall_s)
{
	double number;
	int64_t date_s;
	if (is_word(name, "retry-after-ms") || is_word(name, "x-amz-retry-after")) {
		if (units_parse_number(value, &number))
			note_wait(h, to_ms(number), true);
	} else if (is_word(name, "retry-after")) {
		if (units_parse_number(value, &number))
			note_wait(h, to_ms(number * 1000), false);
		else if (hint_parse_date(value, &date_s))
			note_wait(h, to_ms((double)(date_s - wall_s) * 1000), false);
	} else if (is_word(name, "x-should-retry")) {
		if (is_word(value, "true"))
			h->should_retry = 1;
		else if (is_word(value, "false"))
			h->should_retry = 0;
	}
}
