/* SPDX-License-Identifier: MIT */
/*
 * Each family has its own order of words and its own idea of time, but the words are few: after the
 * prefix comes, in any order, what is said (limit, remaining, reset), what is counted (requests,
 * tokens, ...) and for how long (minute, 10-second, ...). So a name is read word by word; one
 * unknown word, and it is about something else ("query-cost", "unified").
 *
 *      x-ratelimit-remaining-tokens: 799986           OpenAI, Azure, Groq
 *      x-ratelimit-limit-project-tokens: 60000
 *      x-ratelimit-remaining-req-10-second: 58        Mistral
 *      x-ratelimitbysize-limit-minute: 500000         Mistral, older
 *      anthropic-ratelimit-input-tokens-reset: 2025-08-21T12:40:59Z
 *      x-ratelimit-reset: 1756129260000               OpenRouter
 *      ratelimit-remaining: 99                        IETF drafts
 *
 * The prefix says what is meant where the words do not: Anthropic's limits are all per minute, and
 * so is OpenAI's for a project, which is thus kept apart from the one for the organization. A reset
 * is a duration as Go prints it, a number of seconds, a date, or a point in time; the last is told
 * from seconds by its size.
 */
#include "io/allowance.h"

#include "base/units.h"
#include "base/xalloc.h"

#include <string.h>
#include <strings.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define MONTH_MS (30 * DAY_MS)

/* Larger numbers of seconds are points in time: 2001 and later. In milliseconds, likewise. */
#define EPOCH_S_MIN 1e9
#define EPOCH_MS_MIN 1e12

enum said { SAID_NOTHING, SAID_LIMIT, SAID_REMAINING, SAID_RESET };

/* What a name is about. */
struct topic {
	enum said said;
	enum allowance_unit unit;
	int64_t window_ms; /* 0: the name does not say */
	int64_t times;     /* 10 of "10-second" */
};

struct prefix {
	const char *text;
	size_t n;
	enum allowance_unit unit;
	int64_t window_ms;
};

#define PREFIX(text, unit, window_ms)                   \
	{                                               \
		text, sizeof(text) - 1, unit, window_ms \
	}

static const struct prefix prefixes[] = {
	PREFIX("x-ratelimit-", ALLOWANCE_REQUESTS, 0),
	PREFIX("anthropic-ratelimit-", ALLOWANCE_REQUESTS, MINUTE_MS),
	PREFIX("ratelimit-", ALLOWANCE_REQUESTS, 0),
	PREFIX("x-ratelimitbysize-", ALLOWANCE_TOKENS, MINUTE_MS),
	PREFIX("ratelimitbysize-", ALLOWANCE_TOKENS, MINUTE_MS),
};

/* == Names == */

static bool is_word(struct span text, const char *word)
{
	return text.n == strlen(word) && strncasecmp(text.at, word, text.n) == 0;
}

static bool has_at(struct span name, size_t at)
{
	static const char word[] = "ratelimit";
	size_t n = sizeof word - 1;
	return name.n > at + n && strncasecmp(name.at + at, word, n) == 0;
}

bool allowance_is_header(struct span name)
{
	if (name.n < sizeof "ratelimit-limit" - 1)
		return false;
	switch (name.at[0] | 0x20) {
	case 'x':
		return has_at(name, sizeof "x-" - 1);
	case 'r':
		return has_at(name, 0);
	case 'a':
		return has_at(name, sizeof "anthropic-" - 1);
	}
	return false;
}

static const struct prefix *prefix_of(struct span name)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (name.n > prefixes[i].n &&
			strncasecmp(name.at, prefixes[i].text, prefixes[i].n) == 0)
			return &prefixes[i];
	return NULL;
}

/* Takes the word at the front off the name, and the hyphen after it. */
static struct span take_word(struct span *name)
{
	const char *hyphen = memchr(name->at, '-', name->n);
	size_t n = hyphen ? (size_t)(hyphen - name->at) : name->n;
	struct span word = { .at = name->at, .n = n };
	n += hyphen != NULL;
	*name = (struct span){ .at = name->at + n, .n = name->n - n };
	return word;
}

static bool read_said(struct span word, struct topic *topic)
{
	enum said said = SAID_NOTHING;
	if (is_word(word, "limit"))
		said = SAID_LIMIT;
	else if (is_word(word, "remaining"))
		said = SAID_REMAINING;
	else if (is_word(word, "reset"))
		said = SAID_RESET;
	if (said == SAID_NOTHING || topic->said != SAID_NOTHING)
		return false;
	topic->said = said;
	return true;
}

/* "input" and "output" come before "tokens", "project" before either unit. */
static bool read_unit(struct span word, struct topic *topic)
{
	if (is_word(word, "requests") || is_word(word, "req"))
		topic->unit = ALLOWANCE_REQUESTS;
	else if (is_word(word, "input"))
		topic->unit = ALLOWANCE_INPUT_TOKENS;
	else if (is_word(word, "output"))
		topic->unit = ALLOWANCE_OUTPUT_TOKENS;
	else if (is_word(word, "project"))
		topic->window_ms = MINUTE_MS;
	else if (!is_word(word, "tokens"))
		return false;
	else if (topic->unit == ALLOWANCE_REQUESTS)
		topic->unit = ALLOWANCE_TOKENS;
	return true;
}

static bool read_window(struct span word, struct topic *topic)
{
	static const struct {
		const char *word;
		int64_t ms;
	} windows[] = {
		{ "second", SECOND_MS },
		{ "minute", MINUTE_MS },
		{ "hour", HOUR_MS },
		{ "day", DAY_MS },
		{ "month", MONTH_MS },
	};
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
		if (is_word(word, windows[i].word)) {
			topic->window_ms = windows[i].ms * topic->times;
			topic->times = 1;
			return true;
		}
	/* a number is of the window that follows */
	return word.n <= 3 && units_parse_int(word, &topic->times) && topic->times > 0;
}

/* False if the name is about something else. */
static bool read_name(struct span name, struct topic *topic)
{
	const struct prefix *prefix = prefix_of(name);
	if (!prefix)
		return false;
	*topic = (struct topic){ .unit = prefix->unit, .window_ms = prefix->window_ms, .times = 1 };
	name = (struct span){ .at = name.at + prefix->n, .n = name.n - prefix->n };
	while (name.n > 0) {
		struct span word = take_word(&name);
		if (!read_said(word, topic) && !read_unit(word, topic) && !read_window(word, topic))
			return false;
	}
	return topic->said != SAID_NOTHING && topic->times == 1;
}

/* == Values == */

/* Reads n digits at `at`, which must be within the text. */
static bool read_digits(struct span text, size_t at, size_t n, int64_t *number)
{
	struct span digits = { .at = text.at + at, .n = n };
	return digits.at[0] != '-' && units_parse_int(digits, number);
}

/*
 * Days since 1970-01-01 in the Gregorian calendar: years begin in March, months are 153 / 5 days.
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	month += month <= 2 ? 9 : -3;
	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day -
		719469;
}

/* Reads "Z" or "+02:00" at `at` into the seconds that local time is ahead. */
static bool read_zone(struct span text, size_t at, int64_t *ahead_s)
{
	int64_t hours, minutes;
	*ahead_s = 0;
	if (at >= text.n)
		return false;
	if (text.n == at + 1)
		return (text.at[at] | 0x20) == 'z';
	if (text.n != at + 6 || text.at[at + 3] != ':' || !read_digits(text, at + 1, 2, &hours) ||
		!read_digits(text, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ahead_s = (hours * 60 + minutes) * 60 * (text.at[at] == '-' ? -1 : 1);
	return text.at[at] == '-' || text.at[at] == '+';
}

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS_N };

/* Reads "2025-08-21T12:40:59" at the front of the text, which must be as long. */
static bool read_parts(struct span text, int64_t of[PARTS_N])
{
	static const struct {
		size_t at, n;
		int64_t low, high;
		char before;
	} parts[PARTS_N] = {
		{ 0, 4, 1, 9999, '\0' }, { 5, 2, 1, 12, '-' }, { 8, 2, 1, 31, '-' },
		{ 11, 2, 0, 23, 'T' }, { 14, 2, 0, 59, ':' },
		{ 17, 2, 0, 60, ':' }, /* 60 is a leap second */
	};
	for (int i = 0; i < PARTS_N; i++) {
		if (i > 0 && text.at[parts[i].at - 1] != parts[i].before)
			return false;
		if (!read_digits(text, parts[i].at, parts[i].n, &of[i]) || of[i] < parts[i].low ||
			of[i] > parts[i].high)
			return false;
	}
	return true;
}

/* Reads an RFC 3339 time into seconds since 1970 UTC. */
static bool read_date(struct span text, double *seconds)
{
	size_t clock_n = sizeof "0000-00-00T00:00:00" - 1, at = clock_n;
	int64_t of[PARTS_N], ahead_s;
	double fraction = 0;
	if (text.n <= clock_n || !read_parts(text, of))
		return false;
	while (at < text.n && (text.at[at] == '.' || (text.at[at] >= '0' && text.at[at] <= '9')))
		at++;
	struct span tail = { .at = text.at + clock_n, .n = at - clock_n };
	if (tail.n > 0 && (!units_parse_number(tail, &fraction) || fraction >= 1))
		return false;
	if (!read_zone(text, at, &ahead_s))
		return false;
	int64_t clock_s = (of[HOUR] * 60 + of[MINUTE]) * 60 + of[SECOND] - ahead_s;
	*seconds = (double)(days_of(of[YEAR], of[MONTH], of[DAY]) * 86400 + clock_s) + fraction;
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

static bool read_reset(struct span text, int64_t wall_s, int64_t *reset_ms)
{
	double number, wall_ms = (double)wall_s * 1000;
	if (units_parse_ms(text, reset_ms))
		return true;
	if (read_date(text, &number))
		*reset_ms = to_ms(number * 1000 - wall_ms);
	else if (!units_parse_number(text, &number))
		return false;
	else if (number >= EPOCH_MS_MIN)
		*reset_ms = to_ms(number - wall_ms);
	else if (number >= EPOCH_S_MIN)
		*reset_ms = to_ms(number * 1000 - wall_ms);
	else
		*reset_ms = to_ms(number * 1000);
	return true;
}

/* Reads an amount; some gateways append a policy: "100, 100;w=60". */
static bool read_amount(struct span text, double *amount)
{
	size_t n = 0;
	double number;
	while (n < text.n && text.at[n] != ',' && text.at[n] != ';')
		n++;
	text.n = n;
	if (!units_parse_number(text, &number) || number < 0)
		return false;
	*amount = number;
	return true;
}

/* == Items == */

/* Gives the item for a topic, a new one if need be; NULL if there are too many. */
static struct allowance *item_of(struct allowances **all, const struct topic *topic)
{
	if (!*all)
		*all = xcalloc(1, sizeof **all);
	struct allowances *a = *all;
	for (unsigned i = 0; i < a->n; i++)
		if (a->items[i].unit == topic->unit && a->items[i].window_ms == topic->window_ms)
			return &a->items[i];
	if (a->n == ALLOWANCES_MAX)
		return NULL;
	a->items[a->n] = (struct allowance){ .unit = topic->unit,
		.limit = -1,
		.remaining = -1,
		.reset_ms = -1,
		.window_ms = topic->window_ms };
	return &a->items[a->n++];
}

bool allowance_read(struct allowances **all, struct span name, struct span value, int64_t wall_s)
{
	struct topic topic;
	double amount = -1;
	int64_t reset_ms = -1;
	if (!read_name(name, &topic))
		return false;
	if (topic.said == SAID_RESET ? !read_reset(value, wall_s, &reset_ms)
				     : !read_amount(value, &amount))
		return false;
	struct allowance *item = item_of(all, &topic);
	if (!item)
		return false;
	if (topic.said == SAID_LIMIT)
		item->limit = amount;
	else if (topic.said == SAID_REMAINING)
		item->remaining = amount;
	else
		item->reset_ms = reset_ms;
	return true;
}
