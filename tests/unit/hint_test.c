/* SPDX-License-Identifier: MIT */
#include "io/hint.h"

#include "base/units.h"
#include "t.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example */
#define RFC_EXAMPLE_S INT64_C(784111777)

static struct hint read_one(const char *name, const char *value, int64_t wall_s)
{
	struct hint h;
	hint_init(&h);
	hint_read(&h, span_of(name), span_of(value), wall_s);
	return h;
}

TEST("headers that say nothing leave a hint that says nothing")
{
	struct hint h = read_one("content-type", "application/json", 0);
	CHECK_INT(h.wait_ms, -1);
	CHECK_INT(h.should_retry, -1);
}

TEST("waits are read in whole and broken seconds and milliseconds")
{
	static const struct {
		const char *name, *value;
		int64_t wait_ms;
	} cases[] = {
		{ "retry-after", "0", 0 },
		{ "retry-after", "7", 7000 },
		{ "Retry-After", "1.5", 1500 },
		{ "RETRY-AFTER", "0.0001", 1 },
		{ "retry-after", "-3", 0 },
		{ "retry-after", "1e2", 100000 },
		{ "retry-after", "99999999999999999999", UNITS_MS_MAX },
		{ "retry-after-ms", "250", 250 },
		{ "Retry-After-Ms", "250.25", 251 },
		{ "retry-after-ms", "-1", 0 },
		{ "retry-after", "", -1 },
		{ "retry-after", "soon", -1 },
		{ "retry-after", "7 s", -1 },
		{ "retry-after", "7,5", -1 },
		{ "retry-after", "0x10", -1 },
		{ "retry-after", "inf", -1 },
		{ "retry-after", "nan", -1 },
		{ "retry-after-ms", "Sun, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "retry-after-m", "1", -1 },
		{ "x-retry-after", "1", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(
			    read_one(cases[i].name, cases[i].value, 0).wait_ms, cases[i].wait_ms))
			CHECK_STR(cases[i].value, "this one");
}

TEST("a wait given as a date is counted from now, and a date that has passed is no wait")
{
	const char *date = "Sun, 06 Nov 1994 08:49:37 GMT";
	CHECK_INT(read_one("retry-after", date, RFC_EXAMPLE_S - 90).wait_ms, 90000);
	CHECK_INT(read_one("retry-after", date, RFC_EXAMPLE_S).wait_ms, 0);
	CHECK_INT(read_one("retry-after", date, RFC_EXAMPLE_S + 1).wait_ms, 0);
	CHECK_INT(
		read_one("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT", 0).wait_ms, UNITS_MS_MAX);
}

TEST("milliseconds beat seconds in whatever order they come")
{
	struct hint h;
	hint_init(&h);
	hint_read(&h, SPAN("retry-after"), SPAN("1"), 0);
	hint_read(&h, SPAN("retry-after-ms"), SPAN("120"), 0);
	CHECK_INT(h.wait_ms, 120);
	hint_read(&h, SPAN("retry-after"), SPAN("9"), 0);
	CHECK_INT(h.wait_ms, 120);
}

TEST("of two headers alike the longer wait counts, and nonsense does not overwrite sense")
{
	struct hint h;
	hint_init(&h);
	hint_read(&h, SPAN("retry-after"), SPAN("5"), 0);
	hint_read(&h, SPAN("retry-after"), SPAN("2"), 0);
	hint_read(&h, SPAN("retry-after"), SPAN("whenever"), 0);
	hint_read(&h, SPAN("retry-after-ms"), SPAN("-"), 0);
	CHECK_INT(h.wait_ms, 5000);
	hint_read(&h, SPAN("x-should-retry"), SPAN("true"), 0);
	hint_read(&h, SPAN("x-should-retry"), SPAN("perhaps"), 0);
	CHECK_INT(h.should_retry, 1);
}

TEST("x-should-retry is true or false or nothing")
{
	CHECK_INT(read_one("x-should-retry", "true", 0).should_retry, 1);
	CHECK_INT(read_one("X-Should-Retry", "False", 0).should_retry, 0);
	CHECK_INT(read_one("x-should-retry", "1", 0).should_retry, -1);
	CHECK_INT(read_one("x-should-retry", "", 0).should_retry, -1);
}

TEST("all three forms of an HTTP date are read, and a missing zone is UTC")
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", RFC_EXAMPLE_S },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", RFC_EXAMPLE_S },
		{ "Sun Nov  6 08:49:37 1994", RFC_EXAMPLE_S },
		{ "Sun, 06 Nov 1994 08:49:37", RFC_EXAMPLE_S },
		{ "sun, 06 nov 1994 08:49:37 utc", RFC_EXAMPLE_S },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
		{ "Tuesday, 19-Jan-38 03:14:08 GMT", INT64_C(2147483648) },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t seconds = -77;
		CHECK(hint_parse_date(span_of(cases[i].text), &seconds));
		CHECK_INT(seconds, cases[i].seconds);
	}
}

TEST("what is no date is refused and leaves the result alone")
{
	static const char *const texts[] = {
		"",
		"Sun",
		"Sun, ",
		"06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 CET",
		"Sun, 06 Nov 1994 08:49:37 GMT+1",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 2023 08:49:37 GMT",
		"Thu, 29 Feb 1900 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 06 November 1994 08:49:37 GMT",
		"Sun, 06 Nov 19940 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49 GMT",
		"Sun Nov  6 08:49:37",
		"Sun Nov  6 08:49:37 1994 GMT",
		"2024-02-29T12:00:00Z",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int64_t seconds = -77;
		if (!CHECK(!hint_parse_date(span_of(texts[i]), &seconds)))
			CHECK_STR(texts[i], "this one");
		CHECK_INT(seconds, -77);
	}
}

TEST("every day of four centuries is one day after the day before")
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t last = 0;
	int days_n = 0;
	for (int year = 1970; year < 2370; year++)
		for (int month = 0; month < 12; month++)
			for (int day = 1; day <= 31; day++) {
				char text[] = "Mon, 00 Xxx 0000 00:00:00 GMT";
				text[5] = (char)('0' + day / 10);
				text[6] = (char)('0' + day % 10);
				memcpy(text + 8, months[month], 3);
				for (int digit = 0, rest = year; digit < 4; digit++, rest /= 10)
					text[15 - digit] = (char)('0' + rest % 10);
				int64_t seconds;
				if (!hint_parse_date(span_of(text), &seconds))
					continue;
				if (seconds != last + (days_n > 0) * 86400)
					CHECK_STR(text, "the day after the one before");
				last = seconds;
				days_n++;
			}
	CHECK_INT(days_n, 146097);
}
