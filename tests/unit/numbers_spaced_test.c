/* SPDX-License-Identifier: MIT */
#include "json/numbers.h"
#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

enum { OUT_BYTES_MAX = 1000 };

TEST("an array of numbers loses its white space, and nothing else")
{
	static const struct {
		const char *text;
		size_t length, n; /* of what is read */
		const char *want;
	} cases[] = {
		{ "[ 1 ]", 5, 1, "x[1]" },
		{ "[1, -2.50,\t3e+7]]", 16, 3, "x[1,-2.50,3e+7]" },
		{ "[\n        -0.006929283,\r\n        0.1234567890123456789\n      ]\n", 66, 2,
			"x[-0.006929283,0.1234567890123456789]" },
		{ "[1,2],[ 3 ]", 5, 2, "x[1,2]" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out;
		size_t length = 0, n = 0;
		buf_init(&out, OUT_BYTES_MAX);
		buf_put_char(&out, 'x');
		CHECK(json_numbers_spaced(span_of(cases[i].text), &out, &length, &n));
		CHECK_MEM(out.data, out.len, cases[i].want);
		CHECK_INT(n, cases[i].n);
		CHECK(length <= strlen(cases[i].text) && cases[i].text[length - 1] == ']');
		CHECK_INT(memchr(cases[i].text, ']', length - 1) == NULL, true);
		buf_release(&out);
	}
}

TEST("white space does not make numbers out of what is none, nor one out of two")
{
	static const char *const texts[] = { "", "[", "[ ", "[ 1", "[ ]", "[]", "1 ]", "[1 2]",
		"[1. 5]", "[- 1]", "[1 e5]", "[1e 5]", "[1, ,2]", "[ ,1]", "[1, ]", "[ 01]",
		"[ [1]]", "[ 1, null]", "[ \"1\"]", "[ \"]\", 1]", "[1,\v2]", "[1,\x01 2]",
		"[1,\xc2\xa0 2]", "[1 1 1]", " [1]", "[ 1}" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct buf out;
		size_t length = 77, n = 78;
		buf_init(&out, OUT_BYTES_MAX);
		buf_put_char(&out, 'x');
		bool ok = CHECK(!json_numbers_spaced(span_of(texts[i]), &out, &length, &n));
		ok &= CHECK_MEM(out.data, out.len, "x");
		ok &= CHECK(length == 77 && n == 78);
		if (!ok)
			printf("#   %s\n", texts[i]);
		buf_release(&out);
	}
}

TEST("an array that has no room without its white space either is not read")
{
	for (size_t max = 1; max < 8; max++) {
		struct buf out;
		size_t length, n;
		buf_init(&out, max);
		CHECK_INT(json_numbers_spaced(SPAN("[ 1, 23 ]"), &out, &length, &n), max >= 6);
		CHECK_INT(out.len, max >= 6 ? 6 : 0);
		buf_release(&out);
	}
}

TEST("arrays of numbers are pulled out of a text, which is read on behind them")
{
	struct json_pull p;
	struct json_fault fault;
	struct buf copy;
	size_t n = 0;
	buf_init(&copy, OUT_BYTES_MAX);
	json_pull_init(&p, SPAN(" [[1,2],[ 3 ], 7,[1,null],{\"a\":[4,5,6]}] "));
	CHECK(json_pull_is(&p, JSON_KIND_ARRAY) && !json_pull_is(&p, JSON_KIND_OBJECT));
	CHECK(json_pull_numbers(&p, &copy, &n).at == NULL);
	CHECK(json_pull_enter(&p) && json_pull_next(&p));
	struct span got = json_pull_numbers(&p, NULL, &n);
	CHECK_MEM(got.at, got.n, "[1,2]");
	CHECK_INT(n, 2);
	CHECK(!json_pull_is(&p, JSON_KIND_ARRAY));
	CHECK(json_pull_numbers(&p, &copy, &n).at == NULL);
	CHECK(json_pull_next(&p) && json_pull_numbers(&p, NULL, &n).at == NULL);
	got = json_pull_numbers(&p, &copy, &n);
	CHECK_MEM(got.at, got.n, "[3]");
	CHECK(got.at == copy.data);
	CHECK(json_pull_next(&p) && json_pull_is(&p, JSON_KIND_NUMBER));
	CHECK(json_pull_numbers(&p, &copy, &n).at == NULL);
	CHECK(json_pull_next(&p) && json_pull_numbers(&p, &copy, &n).at == NULL);
	CHECK(json_pull_next(&p) && json_pull_enter(&p) && json_pull_next(&p));
	got = json_pull_numbers(&p, &copy, &n);
	CHECK_MEM(got.at, got.n, "[4,5,6]");
	CHECK(!json_pull_next(&p) && !json_pull_next(&p));
	CHECK(json_pull_end(&p, &fault));
	CHECK_MEM(copy.data, copy.len, "[3]");
	buf_release(&copy);
}

TEST("what follows an array of numbers that was pulled is looked at like all else")
{
	static const char *const texts[] = { "[[1]2]", "[[1] [2]]", "[[1],]", "[[1]", "[[1]]]",
		"[[1]x]" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_pull p;
		struct json_fault fault = { 0 };
		size_t n;
		json_pull_init(&p, span_of(texts[i]));
		CHECK(json_pull_enter(&p) && json_pull_next(&p));
		CHECK(json_pull_numbers(&p, NULL, &n).at != NULL);
		CHECK(!json_pull_end(&p, &fault));
		CHECK(fault.offset >= 4 && fault.reason);
	}
}

TEST("an array of numbers is no deeper than others may be")
{
	char text[2 * JSON_DEPTH_MAX + 4];
	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		struct json_pull p;
		struct json_fault fault;
		size_t n;
		memset(text, '[', depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', depth);
		json_pull_init(&p, (struct span){ text, 2 * depth + 1 });
		for (size_t i = 1; i < depth; i++)
			CHECK(json_pull_enter(&p) && json_pull_next(&p));
		CHECK_INT(json_pull_numbers(&p, NULL, &n).at != NULL, depth == JSON_DEPTH_MAX);
		CHECK_INT(json_pull_end(&p, &fault), depth == JSON_DEPTH_MAX);
	}
}
