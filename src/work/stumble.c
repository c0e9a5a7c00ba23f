/* SPDX-License-Identifier: MIT */
#include "work/stumble.h"

#include "json/text.h"

#include <stdbool.h>
#include <string.h>

enum {
	LOOKED_AT_BYTES = 256, /* of a line */
	COLUMN_MAX_BYTES = 40  /* of a name in the first line of a table */
};

static const char of_object[] = "a record is one line: jq -c . makes that of JSON over several";
static const char of_array[] =
	"a record is one line: jq -c '.[]' makes one of each item of an array";
static const char of_utf16[] = "iconv -f UTF-16 -t UTF-8 makes UTF-8 of UTF-16";
static const char of_table[] =
	"mlr --icsv --ojsonl cat makes records of CSV; -R takes lines as text";
static const char of_text[] = "-R takes each line as text";
static const char of_utf32[] = "iconv -f UTF-32 -t UTF-8 makes UTF-8 of UTF-32";
static const char of_zeros[] =
	"zero bytes are no text; where they end lines, tr '\\0' '\\n' makes lines of it";
static const char of_latin1[] = "iconv -f LATIN1 -t UTF-8 makes UTF-8 of it, if that is what it is";
static const char of_values[] = "a record is one line: jq -c . makes a line of each value";
static const char of_commas[] = "jq -c '.[]' makes a line of each item of an array; where its "
				"brackets are missing, sed 's/,$//' takes the commas away";
static const char of_quotes[] = "JSON has double quotes, around names too";

static bool begins(struct span text, struct span with)
{
	return text.n >= with.n && memcmp(text.at, with.at, with.n) == 0;
}

/* What packed bytes are known by, from where on, and what unpacks them. */
static const struct {
	size_t from;
	struct span magic;
	const char *help;
} packers[] = {
	{ 0, { "\x1f\x8b", 2 }, "zcat takes the compression away" },
	{ 0, { "\x28\xb5\x2f\xfd", 4 }, "zstdcat takes the compression away" },
	{ 0, { "\xfd\x37zXZ", 5 }, "xzcat takes the compression away" },
	{ 4, { "1AY&SY", 6 }, "bzcat takes the compression away" },
};

static const char *help_of_packed(struct span text)
{
	for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
		size_t from = packers[i].from;
		if (text.n > from &&
			begins((struct span){ text.at + from, text.n - from }, packers[i].magic))
			return packers[i].help;
	}
	return NULL;
}

/*
 * Without a mark, each other byte of what JSON is made of is zero, and of what is written in other
 * letters none is. A line may begin in the middle of a character, and end there.
 */
static bool is_utf16(struct span text)
{
	enum { ENOUGH_N = 4 };
	size_t zeros_n[2] = { 0 };
	if (begins(text, SPAN("\xff\xfe")) || begins(text, SPAN("\xfe\xff")))
		return true;
	for (size_t i = 0; i < text.n; i++)
		zeros_n[i % 2] += text.at[i] == '\0';
	size_t n = zeros_n[0] + zeros_n[1];
	bool alternate = zeros_n[0] == n || zeros_n[1] == n;
	return alternate && (n >= ENOUGH_N || n * 4 >= text.n);
}

/* What has zero bytes, or a mark for their order, is in a wide encoding, or no text at all. */
static const char *help_of_wide(struct span text)
{
	static const struct span marks[] = { { "\xff\xfe\0", 4 }, { "\0\0\xfe\xff", 4 } };
	if (begins(text, marks[0]) || begins(text, marks[1]))
		return of_utf32;
	/* One alone is half of a line feed that was in UTF-16. */
	if (text.n < 2)
		return NULL;
	if (is_utf16(text))
		return of_utf16;
	return memchr(text.at, '\0', text.n) ? of_zeros : NULL;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_separator(char c)
{
	return c == ',' || c == ';' || c == '\t';
}

/* True for what the first line of a table looks like: short names, and something between. */
static bool is_heading(struct span text)
{
	size_t n = 0, separators_n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.at[i];
		bool is_end = is_separator(c);
		/* In a sentence a space follows. */
		if (is_end && (n == 0 || (i + 1 < text.n && text.at[i + 1] == ' ')))
			return false;
		if (!is_end && !is_letter(c) && !strchr("0123456789_-. \"", c))
			return false;
		separators_n += is_end;
		n = is_end ? 0 : n + 1;
		if (n > COLUMN_MAX_BYTES)
			return false;
	}
	return separators_n > 0;
}

/* True for what stands inside an object that has a line for each member. */
static bool is_member(struct span text)
{
	const char *colon = text.n ? memchr(text.at, ':', text.n) : NULL;
	return *text.at == '"' && colon && memchr(text.at + 1, '"', (size_t)(colon - text.at) - 1);
}

/* What begins as an object does, and comes to its end. */
static const char *help_of_object(struct span text, const char *reason, char at)
{
	bool goes_on = strcmp(reason, "more text after the value") == 0;
	if (text.n > 1 && text.at[1] == '\'')
		return of_quotes;
	if (at == ',' && text.at[text.n - 1] == ',')
		return of_commas;
	return goes_on && at == '{' ? of_values : NULL;
}

/* What begins as JSON does, and what is wrong there. */
static const char *help_of_json(struct span text, const char *reason, char at)
{
	char first = *text.at;
	if (strcmp(reason, "unexpected end") == 0 && strchr("{[", first))
		return first == '{' ? of_object : of_array;
	if (first == '{')
		return help_of_object(text, reason, at);
	if (strchr("}]", first) || is_member(text))
		return of_object;
	return first != '[' && is_separator(at) ? of_table : NULL;
}

const char *stumble_help(struct span text, uint64_t line_n, const struct json_fault *fault)
{
	static const char starts[] = "{}[]\"-0123456789";
	char at = fault->offset < text.n ? text.at[fault->offset] : '\0';
	struct span looked = { text.at, text.n < LOOKED_AT_BYTES ? text.n : LOOKED_AT_BYTES };
	const char *help = help_of_packed(text);
	if (!help)
		help = help_of_wide(looked);
	if (help)
		return help;
	text = utf8_trimmed(text);
	if (text.n == 0)
		return NULL;
	if (!utf8_is_valid(text))
		return of_latin1;
	if (memchr(starts, *text.at, sizeof starts - 1))
		return help_of_json(text, fault->reason, at);
	/* Behind lines that are records it is just one that is not. */
	if (line_n != 1)
		return NULL;
	return is_heading(text) ? of_table : of_text;
}
