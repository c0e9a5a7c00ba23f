/* SPDX-License-Identifier: MIT */
#include "base/units.h"

#include "t.h"

TEST("durations are numbers with units, rounded up to milliseconds")
{
	static const struct {
		const char *text;
		int64_t ms; /* -1 = refused */
	} cases[] = {
		{ "0", 0 },
		{ "500ms", 500 },
		{ "30s", 30000 },
		{ "5m", 300000 },
		{ "1h30m", 5400000 },
		{ "6m0s", 360000 },
		{ "30d", 2592000000 },
		{ "1d12h", 129600000 },
		{ "1.5s", 1500 },
		{ ".5s", 500 },
		{ "172.8ms", 173 },
		{ "172.799999ms", 173 },
		{ "7.44ms", 8 },
		{ "10h17m5.72s", 37025720 },
		{ "0.1s0.2s", 300 },
		{ "1us", 1 },
		{ "1\xc2\xb5s", 1 },
		{ "1ns", 1 },
		{ "0ns", 0 },
		{ "0s", 0 },
		{ "10000000000s", UNITS_MS_MAX },
		{ "10000000001s", -1 },
		{ "1e3s", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ ".s", -1 },
		{ "5", -1 },
		{ "5 s", -1 },
		{ " 5s", -1 },
		{ "5s ", -1 },
		{ "-5s", -1 },
		{ "+5s", -1 },
		{ "5S", -1 },
		{ "5x", -1 },
		{ "5D", -1 },
		{ "1h30", -1 },
		{ "00", -1 },
		{ "99999999999999999999999999999999h", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ms = -1;
		CHECK_INT(units_parse_ms(span_of(cases[i].text), &ms), cases[i].ms >= 0);
		if (!CHECK_INT(ms, cases[i].ms))
			CHECK_STR(cases[i].text, "this one");
	}
}

TEST("seconds may have a fraction and nothing else")
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "1", 1000 },
		{ "1.5", 1500 },
		{ "0.29", 290 },
		{ "0.0001", 1 },
		{ "10000000000", UNITS_MS_MAX },
		{ "10000000001", -1 },
		{ "-1", -1 },
		{ "", -1 },
		{ ".", -1 },
		{ "1s", -1 },
		{ "1e3", -1 },
		{ "1.5.5", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ms = -1;
		CHECK_INT(units_parse_seconds(span_of(cases[i].text), &ms), cases[i].ms >= 0);
		if (!CHECK_INT(ms, cases[i].ms))
			CHECK_STR(cases[i].text, "this one");
	}
}

TEST("sizes are whole numbers with powers of 1024")
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t bytes;
	} cases[] = {
		{ "0", true, 0 },
		{ "17", true, 17 },
		{ "17B", true, 17 },
		{ "64k", true, 65536 },
		{ "64K", true, 65536 },
		{ "64kB", true, 65536 },
		{ "64KiB", true, 65536 },
		{ "16M", true, 16777216 },
		{ "1g", true, 1073741824 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "17179869184G", false, 0 },
		{ "17179869183G", true, UINT64_C(17179869183) << 30 },
		{ "", false, 0 },
		{ "k", false, 0 },
		{ "-1", false, 0 },
		{ "1.5M", false, 0 },
		{ "1T", false, 0 },
		{ "1kb", false, 0 },
		{ "1iB", false, 0 },
		{ "1k ", false, 0 },
		{ "1kk", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t bytes = 0;
		if (!CHECK_INT(units_parse_bytes(span_of(cases[i].text), &bytes), cases[i].ok))
			CHECK_STR(cases[i].text, "this one");
		CHECK(bytes == cases[i].bytes);
	}
}

TEST("whole numbers are read to the last digit or refused")
{
	static const struct {
		const char *text;
		bool ok;
		int64_t n;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "007", true, 7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, -1 },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "-9223372036854775809", false, -1 },
		{ "", false, -1 },
		{ "-", false, -1 },
		{ "+1", false, -1 },
		{ "1.0", false, -1 },
		{ "1e2", false, -1 },
		{ " 1", false, -1 },
		{ "1 ", false, -1 },
		{ "0x1", false, -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t n = -1;
		if (!CHECK_INT(units_parse_int(span_of(cases[i].text), &n), cases[i].ok))
			CHECK_STR(cases[i].text, "this one");
		CHECK_INT(n, cases[i].n);
	}
}

TEST("decimal numbers may have sign, fraction and exponent, in any locale with a point")
{
	static const struct {
		const char *text;
		bool ok;
		double number;
	} cases[] = {
		{ "0", true, 0 },
		{ "1.5", true, 1.5 },
		{ "-2.25", true, -2.25 },
		{ "1e3", true, 1000 },
		{ "1E+3", true, 1000 },
		{ "5e-1", true, 0.5 },
		{ "1e-400", true, 0 },
		{ "1e299", true, 1e299 },
		{ "1e301", false, 7 },
		{ "1e401", false, 7 },
		{ "1e99999999999999999999", false, 7 },
		{ "", false, 7 },
		{ "-", false, 7 },
		{ "+1", false, 7 },
		{ ".", false, 7 },
		{ "1,5", false, 7 },
		{ "1e", false, 7 },
		{ "1e+", false, 7 },
		{ "1e+-5", false, 7 },
		{ "--1", false, 7 },
		{ "1 ", false, 7 },
		{ "inf", false, 7 },
		{ "nan", false, 7 },
		{ "0x10", false, 7 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double number = 7;
		if (!CHECK_INT(units_parse_number(span_of(cases[i].text), &number), cases[i].ok))
			CHECK_STR(cases[i].text, "this one");
		double wanted = cases[i].number,
		       off = number > wanted ? number - wanted : wanted - number;
		CHECK(off <= 1e-12 * (wanted < 0 ? -wanted : wanted));
	}
}

TEST("a text is read only as far as its span goes")
{
	int64_t n = 0;
	uint64_t bytes = 0;
	CHECK(units_parse_int((struct span){ "1234", 2 }, &n));
	CHECK_INT(n, 12);
	CHECK(units_parse_bytes((struct span){ "64kX", 3 }, &bytes));
	CHECK_INT(bytes, 65536);
	CHECK(units_parse_ms((struct span){ "5ms", 2 }, &n) && n == 300000);
}

TEST("a size is written as it is read, in the largest unit that divides it")
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = { { 0, "0" }, { 100, "100" }, { 1023, "1023" }, { 1024, "1k" },
		{ 1025, "1025" }, { 3 << 19, "1536k" }, { 16 << 20, "16M" }, { 1 << 30, "1G" },
		{ UINT64_C(1) << 42, "4096G" }, { UINT64_MAX, "18446744073709551615" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[UNITS_SIZE_TEXT];
		uint64_t bytes = 1;
		units_write_bytes(cases[i].bytes, text);
		CHECK_STR(text, cases[i].text);
		CHECK(units_parse_bytes(span_of(text), &bytes) && bytes == cases[i].bytes);
	}
}
