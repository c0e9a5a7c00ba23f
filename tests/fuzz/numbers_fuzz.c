/* SPDX-License-Identifier: MIT */
/*
 * An array of numbers that is told by its bytes is what a scan and a walk find: JSON, an array of
 * as many items, each a number, with no space in it; and each is read as strtof reads it, and is
 * written so that it reads the same.
 */
#include "base/xalloc.h"
#include "json/float32.h"
#include "json/numbers.h"
#include "json/scan.h"
#include "work/vector.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "numbers_fuzz: %s\n", what);
	abort();
}

/* How far an array reaches that has no array and no text in it. */
static struct span first_array(struct span text)
{
	const char *end = text.n ? memchr(text.at, ']', text.n) : NULL;
	return end ? (struct span){ text.at, (size_t)(end - text.at) + 1 } : (struct span){ 0 };
}

/* Gives how many numbers, 0 for all that is no array of numbers without spaces. */
static size_t count_slowly(struct span array)
{
	struct span value;
	struct json_fault fault;
	struct json_walk w;
	size_t n = 0;
	if (!array.at || *array.at != '[' || !json_scan(array, &value, &fault))
		return 0;
	for (size_t i = 0; i < array.n; i++)
		if (strchr(" \t\n\r", array.at[i]))
			return 0;
	json_walk_init(&w, value);
	for (; json_walk_next(&w); n++)
		if (!json_is(w.value, JSON_KIND_NUMBER))
			return 0;
	return n;
}

static float read_slowly(struct span number)
{
	char *text = xmalloc(number.n + 1), *past;
	memcpy(text, number.at, number.n);
	text[number.n] = '\0';
	float value = strtof(text, &past);
	demand(past == text + number.n, "strtof reads less");
	free(text);
	return value;
}

static void check_floats(struct span array, const char *floats)
{
	struct json_walk w;
	json_walk_init(&w, array);
	for (; json_walk_next(&w); floats += 4) {
		float want = read_slowly(w.value), got, again;
		const unsigned char *at = (const unsigned char *)floats;
		uint32_t bits = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			(uint32_t)at[3] << 24;
		memcpy(&got, &bits, sizeof got);
		demand(memcmp(&want, &got, sizeof got) == 0, "strtof reads another number");
		char text[JSON_FLOAT32_MAX + 1];
		size_t n = json_float32_write(text, got);
		text[n] = ']';
		demand(n <= JSON_FLOAT32_MAX, "too long");
		demand((*text == 'n') == !json_float32(text, text + n + 1, &again), "no number");
		demand(*text == 'n' || memcmp(&again, &got, sizeof got) == 0, "does not read back");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size }, array = first_array(text);
	size_t length = 0, n = 0, want_n = count_slowly(array);
	bool is_array = json_numbers(text, &length, &n);
	demand(is_array == (want_n > 0), "only one way it is an array of numbers");
	if (!is_array)
		return 0;
	demand(length == array.n && n == want_n, "another length");
	struct buf out;
	struct vector v = { .text = array, .n = n };
	buf_init(&out, 4 * n);
	demand(vector_put_floats(&v, false, &out) && out.len == 4 * n, "no floats");
	check_floats(array, out.data);
	buf_clear(&out);
	demand(vector_put_floats(&v, true, &out) && out.len == 4 * n, "not normalized");
	buf_release(&out);
	return 0;
}
