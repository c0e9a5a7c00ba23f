/* SPDX-License-Identifier: MIT */
/*
 * ECMAScript's patterns (with the flag u, as JSON Schema recommends) and PCRE2's look alike and
 * differ in what they mean: \s and the dot know other characters, \v is another escape, [] and [^]
 * are classes, [[:alpha:]] is none, \uXXXX comes in pairs, \p{Letter} has a long name; and PCRE2
 * knows much that ECMAScript does not (\A, (?i), (*VERB), a++), which passes for something else
 * elsewhere. So a pattern is read by ECMAScript's grammar and written anew. What the grammar of
 * the flag u refuses but has only one sensible meaning is taken: a lone brace, \-, \_, a
 * quantified lookahead.
 *
 * After each quantifier stands a callout, and one before what it repeats if that is no group:
 * whoever tries many ways goes through them each time, and there the work is counted (see
 * schema_regex.c).
 */
#include "json/schema_regex.h"

#include "json/utf8.h"

#include <stdio.h>
#include <string.h>

#define BEFORE "(?C1)"
#define AFTER "(?C0)"
#define DOT "[^\\n\\r\\x{2028}\\x{2029}]"
/* \s, and all else, for use inside a class */
#define WHITE                                                                       \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}" \
	"\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define INK                                                                              \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"   \
	"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct reader {
	const char *at;
	const char *end;
	struct buf *out;
	const char *why; /* NULL as long as all is well */
	size_t last;     /* where in out what came last begins */
	bool can_repeat; /* what came last is something a quantifier may follow */
	bool is_set;     /* in a class: what came last stands for several characters */
};

static bool fail(struct reader *r, const char *why)
{
	r->why = why;
	return false;
}

/* Gives the byte i further on, or 0 where there is none. */
static char peek(const struct reader *r, size_t i)
{
	return (size_t)(r->end - r->at) > i ? r->at[i] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_word(char c)
{
	return is_digit(c) || is_letter(c) || c == '_';
}

/* Copies n bytes as they are. */
static void copy(struct reader *r, size_t n)
{
	buf_put(r->out, r->at, n);
	r->at += n;
}

static bool put_code(struct reader *r, unsigned code)
{
	char text[16];
	int n = snprintf(text, sizeof text, "\\x{%x}", code);
	buf_put(r->out, text, (size_t)n);
	return true;
}

/* Reads n hexadecimal digits; -1 if there are not so many. */
static long take_hex(struct reader *r, size_t n)
{
	long code = 0;
	for (size_t i = 0; i < n; i++, r->at++) {
		char c = peek(r, 0);
		if (!is_hex(c))
			return -1;
		code = code * 16 + (is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

/* After \u. */
static bool take_unicode(struct reader *r)
{
	static const char bad[] = "\\u without its digits";
	if (peek(r, 0) == '{') {
		const char *close = memchr(r->at, '}', (size_t)(r->end - r->at));
		size_t n = close ? (size_t)(close - r->at) - 1 : 0;
		r->at++;
		long wide = n > 0 && n <= 8 ? take_hex(r, n) : -1;
		if (wide < 0 || wide > 0x10ffff || (wide & ~0x7ffL) == 0xd800)
			return fail(r, bad);
		r->at++;
		return put_code(r, (unsigned)wide);
	}
	long code = take_hex(r, 4);
	if (code < 0)
		return fail(r, bad);
	if ((code & ~0x3ffL) == 0xd800 && peek(r, 0) == '\\' && peek(r, 1) == 'u') {
		r->at += 2;
		long low = take_hex(r, 4);
		if ((low & ~0x3ffL) != 0xdc00)
			return fail(r, "half of a surrogate pair");
		code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
	}
	if ((code & ~0x7ffL) == 0xd800)
		return fail(r, "half of a surrogate pair");
	return put_code(r, (unsigned)code);
}

/* Gives the short name of a general category, or NULL. */
static const char *category(struct span name)
{
	static const char names[][2][24] = {
		{ "Letter", "L" },
		{ "Cased_Letter", "L&" },
		{ "LC", "L&" },
		{ "Uppercase_Letter", "Lu" },
		{ "Lowercase_Letter", "Ll" },
		{ "Titlecase_Letter", "Lt" },
		{ "Modifier_Letter", "Lm" },
		{ "Other_Letter", "Lo" },
		{ "Mark", "M" },
		{ "Combining_Mark", "M" },
		{ "Nonspacing_Mark", "Mn" },
		{ "Spacing_Mark", "Mc" },
		{ "Enclosing_Mark", "Me" },
		{ "Number", "N" },
		{ "Decimal_Number", "Nd" },
		{ "digit", "Nd" },
		{ "Letter_Number", "Nl" },
		{ "Other_Number", "No" },
		{ "Punctuation", "P" },
		{ "punct", "P" },
		{ "Connector_Punctuation", "Pc" },
		{ "Dash_Punctuation", "Pd" },
		{ "Open_Punctuation", "Ps" },
		{ "Close_Punctuation", "Pe" },
		{ "Initial_Punctuation", "Pi" },
		{ "Final_Punctuation", "Pf" },
		{ "Other_Punctuation", "Po" },
		{ "Symbol", "S" },
		{ "Math_Symbol", "Sm" },
		{ "Currency_Symbol", "Sc" },
		{ "Modifier_Symbol", "Sk" },
		{ "Other_Symbol", "So" },
		{ "Separator", "Z" },
		{ "Space_Separator", "Zs" },
		{ "Line_Separator", "Zl" },
		{ "Paragraph_Separator", "Zp" },
		{ "Other", "C" },
		{ "Control", "Cc" },
		{ "cntrl", "Cc" },
		{ "Format", "Cf" },
		{ "Surrogate", "Cs" },
		{ "Private_Use", "Co" },
		{ "Unassigned", "Cn" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is(name, names[i][0]))
			return names[i][1];
	return NULL;
}

/* At the p or P of \p{...}. */
static bool take_property(struct reader *r)
{
	size_t n = 2;
	while (is_word(peek(r, n)) || peek(r, n) == '=')
		n++;
	if (peek(r, 1) != '{' || peek(r, n) != '}' || n == 2)
		return fail(r, "\\p without a {Property}");
	struct span name = { r->at + 2, n - 2 };
	static const char *const prefixes[] = { "gc=", "General_Category=" };
	for (size_t i = 0; i < 2; i++) {
		size_t prefix_n = strlen(prefixes[i]);
		if (name.n > prefix_n && memcmp(name.at, prefixes[i], prefix_n) == 0)
			name = (struct span){ name.at + prefix_n, name.n - prefix_n };
	}
	const char *brief = category(name);
	buf_put_char(r->out, '\\');
	buf_put(r->out, r->at, 2);
	buf_put_span(r->out, brief ? span_of(brief) : name);
	buf_put_char(r->out, '}');
	r->at += n + 1;
	r->is_set = true;
	return true;
}

/* After the backslash: an escape for one character. */
static bool take_character(struct reader *r)
{
	static const char names[] = "tnvfr"; /* in the order of their codes */
	static const char unknown[] = "an escape that is not ECMAScript's";
	char c = peek(r, 0);
	const char *found = memchr(names, c, sizeof names - 1);
	if (c <= 0 || ((is_letter(c) || is_digit(c)) && !strchr("0ux", c) && !found))
		return fail(r, unknown);
	if (c == '0' && is_digit(peek(r, 1)))
		return fail(r, unknown);
	r->at++;
	if (found)
		return put_code(r, (unsigned)(found - names) + '\t');
	if (c == 'u')
		return take_unicode(r);
	if (c == 'x') {
		long code = take_hex(r, 2);
		return code < 0 ? fail(r, "\\x without two digits") : put_code(r, (unsigned)code);
	}
	return put_code(r, c == '0' ? 0 : (unsigned char)c);
}

/* After the backslash: escapes that mean the same inside and outside of a class. */
static bool take_common_escape(struct reader *r)
{
	char c = peek(r, 0);
	if (c == 'p' || c == 'P')
		return take_property(r);
	if (c == 'd' || c == 'D' || c == 'w' || c == 'W') {
		buf_put_char(r->out, '\\');
		copy(r, 1);
		r->is_set = true;
		return true;
	}
	if (c == 'c' && is_letter(peek(r, 1))) {
		r->at += 2;
		return put_code(r, (unsigned)r->at[-1] & 0x1f);
	}
	return take_character(r);
}

/* At the backslash, in a class. */
static bool take_class_escape(struct reader *r)
{
	char c = peek(r, 1);
	r->at++;
	if (c == 's' || c == 'S') {
		r->at++;
		r->is_set = true;
		buf_put_str(r->out, c == 's' ? WHITE : INK);
		return true;
	}
	if (c == 'b') {
		r->at++;
		return put_code(r, '\b');
	}
	return take_common_escape(r);
}

/* At the opening bracket. */
static bool take_class(struct reader *r)
{
	bool is_negated = peek(r, 1) == '^';
	r->at += is_negated ? 2 : 1;
	r->can_repeat = true;
	if (peek(r, 0) == ']') {
		r->at++;
		buf_put_str(r->out, is_negated ? "(?s:.)" : "(?!)");
		return true;
	}
	buf_put_str(r->out, is_negated ? "[^" : "[");
	for (bool was_set = false; r->at < r->end && *r->at != ']'; was_set = r->is_set) {
		char c = *r->at;
		r->is_set = false;
		if (c == '\\' && !take_class_escape(r))
			return false;
		if (c == '\\')
			continue;
		/* a range has one character at each end; [ would open a POSIX class */
		if (c == '[' || (c == '-' && was_set))
			buf_put_char(r->out, '\\');
		copy(r, 1);
	}
	if (r->at == r->end)
		return fail(r, "a '[' without its ']'");
	copy(r, 1);
	return true;
}

/* At the opening parenthesis. */
static bool take_group(struct reader *r)
{
	size_t n = 1;
	r->can_repeat = false;
	if (peek(r, 1) == '?') {
		char c = peek(r, 2), d = peek(r, 3);
		if (c == ':' || c == '=' || c == '!')
			n = 3;
		else if (c == '<' && (d == '=' || d == '!'))
			n = 4;
		else if (c != '<' || !(is_letter(d) || d == '_'))
			return fail(r, "a '(?' that is not ECMAScript's");
	}
	copy(r, n);
	if (n == 1 && peek(r, 0) == '?')
		do
			copy(r, 1);
		while (is_word(peek(r, 0)) || peek(r, 0) == '<');
	return true;
}

/* At the backslash of \1 or \k<name>. */
static bool take_back_reference(struct reader *r)
{
	size_t n = 2;
	if (r->at[1] == 'k') {
		while (is_word(peek(r, n)) || (n == 2 && peek(r, n) == '<'))
			n++;
		if (peek(r, 2) != '<' || peek(r, n) != '>')
			return fail(r, "\\k without a <name>");
		copy(r, n + 1);
		return true;
	}
	while (is_digit(peek(r, n)))
		n++;
	buf_put_str(r->out, "\\g{");
	buf_put(r->out, r->at + 1, n - 1);
	buf_put_char(r->out, '}');
	r->at += n;
	return true;
}

/* At the backslash, outside of classes. */
static bool take_escape(struct reader *r)
{
	char c = peek(r, 1);
	r->can_repeat = c != 'b' && c != 'B';
	if ((c >= '1' && c <= '9') || c == 'k')
		return take_back_reference(r);
	if (c == 'b' || c == 'B') {
		copy(r, 2);
		return true;
	}
	r->at++;
	if (c != 's' && c != 'S')
		return take_common_escape(r);
	r->at++;
	return buf_put_str(r->out, c == 's' ? "[" WHITE "]" : "[^" WHITE "]");
}

/* Gives the length of the quantifier in braces, or 0 if the brace stands for itself. */
static size_t braces_n(const struct reader *r)
{
	size_t n = 1;
	while (is_digit(peek(r, n)))
		n++;
	if (n > 1 && peek(r, n) == ',')
		n++;
	while (is_digit(peek(r, n)))
		n++;
	return n > 1 && peek(r, n) == '}' ? n + 1 : 0;
}

/* Puts a callout before what came last, which moves back. */
static void put_before(struct reader *r)
{
	size_t n = sizeof BEFORE - 1, moved_n = r->out->len - r->last;
	if (!buf_put_str(r->out, BEFORE))
		return;
	memmove(r->out->data + r->last + n, r->out->data + r->last, moved_n);
	memcpy(r->out->data + r->last, BEFORE, n);
}

/* At a quantifier of n bytes, a question mark behind it not counted. */
static bool take_quantifier(struct reader *r, size_t n)
{
	if (!r->can_repeat)
		return fail(r, "a quantifier with nothing to repeat");
	if (r->at[-1] != ')' || r->out->data[r->out->len - 1] != ')')
		put_before(r);
	copy(r, peek(r, n) == '?' ? n + 1 : n);
	r->can_repeat = false;
	return buf_put_str(r->out, AFTER);
}

/* At what stands for itself, or is an assertion, or between alternatives. */
static bool take_other(struct reader *r)
{
	char c = *r->at;
	size_t n = utf8_step(r->at, r->end);
	r->can_repeat = c != '|' && c != '^' && c != '$';
	if (c == '{' || c == '}' || c == ']')
		buf_put_char(r->out, '\\');
	copy(r, n ? n : 1);
	return true;
}

static bool take_term(struct reader *r)
{
	char c = *r->at;
	size_t braces = c == '{' ? braces_n(r) : 0;
	if (c == '*' || c == '+' || c == '?' || braces)
		return take_quantifier(r, braces ? braces : 1);
	r->last = r->out->len;
	switch (c) {
	case '\\':
		return take_escape(r);
	case '[':
		return take_class(r);
	case '(':
		return take_group(r);
	case '.':
		r->at++;
		r->can_repeat = true;
		return buf_put_str(r->out, DOT);
	default:
		return take_other(r);
	}
}

const char *schema_ecma_translate(struct span pattern, struct buf *out, size_t *offset)
{
	struct reader r = { .at = pattern.at, .end = pattern.at + pattern.n, .out = out };
	while (r.at < r.end && take_term(&r))
		;
	*offset = (size_t)(r.at - pattern.at);
	if (!r.why && out->is_full)
		return "it is too long";
	return r.why;
}
