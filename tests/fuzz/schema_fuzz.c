/* SPDX-License-Identifier: MIT */
/*
 * The first line is a schema, the rest a value. A schema that compiles has a compact text that
 * compiles to the same; what it says of a value does not depend on white space; each no has a
 * message. The value, as a const, is met by itself.
 */
#include "json/compact.h"
#include "json/scan.h"
#include "json/schema.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "schema_fuzz: %s\n", what);
	abort();
}

static bool check(const struct schema *s, struct span value)
{
	struct schema_fault fault = { "" };
	bool ok = schema_check(s, value, &fault);
	demand(ok || fault.msg[0], "a no without a message");
	demand(utf8_is_valid(span_of(fault.msg)), "a message that is not UTF-8");
	return ok;
}

static void check_again(const struct schema *s, struct span value)
{
	struct err err = { 0 };
	struct buf compact;
	struct span again;
	struct json_fault fault;
	struct schema *twin = schema_new(schema_text(s), &err);
	demand(twin, "its own text does not compile");
	demand(span_equals(schema_text(s), schema_text(twin)), "its own text becomes another");
	demand(schema_is_strict(s) == schema_is_strict(twin), "as strict as its text");
	buf_init(&compact, value.n);
	demand(json_compact(value, &compact), "compact is longer");
	demand(json_scan(buf_span(&compact), &again, &fault), "compact is no JSON");
	demand(check(s, value) == check(twin, again), "white space makes a difference");
	buf_release(&compact);
	schema_free(twin);
}

/* Makes {"const":VALUE} and asks it about the value. */
static void check_self(struct span value)
{
	struct err err = { 0 };
	struct buf text;
	buf_init(&text, value.n + 16);
	buf_put_str(&text, "{\"const\":");
	buf_put_span(&text, value);
	buf_put_char(&text, '}');
	struct schema *s = schema_new(buf_span(&text), &err);
	buf_release(&text);
	/* the text is one level deeper than the value */
	if (!s)
		return;
	demand(check(s, value), "a value that is not equal to itself");
	schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
	size_t line_n = newline ? (size_t)(newline - text) : size;
	struct span value = { "null", 4 };
	struct json_fault fault;
	struct err err = { 0 };
	if (newline && !json_scan((struct span){ newline + 1, size - line_n - 1 }, &value, &fault))
		value = SPAN("null");
	struct schema *s = schema_new((struct span){ text, line_n }, &err);
	if (s)
		check_again(s, value);
	else
		demand(err.kind == ERR_SCHEMA && err.msg[0] && utf8_is_valid(span_of(err.msg)),
			"no clear message");
	schema_free(s);
	if (value.n < 2000)
		check_self(value);
	return 0;
}
