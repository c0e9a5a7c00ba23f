/* SPDX-License-Identifier: MIT */
#include "ui/doctor_report.h"

#include "base/visible.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INDENT "  "
#define HELP_INDENT "         help: "
#define CONTINUED_INDENT "         "
#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"

static const struct {
	const char *name, *mark, *colour;
	size_t gap; /* so that names stand below each other */
} findings[] = {
	[FINDING_OK] = { "ok", "[ok]", "\x1b[32m", 3 },
	[FINDING_NOTE] = { "note", "[note]", "\x1b[36m", 1 },
	[FINDING_WARN] = { "warn", "[warn]", "\x1b[33m", 1 },
	[FINDING_FAIL] = { "fail", "[FAIL]", "\x1b[1;31m", 1 },
};

void checks_add(struct checks *c, const struct check *check)
{
	assert(check->part && check->name && check->text);
	c->items = xrealloc(c->items, c->n + 1, sizeof *c->items);
	c->items[c->n++] = *check;
}

static size_t count(const struct checks *c, enum finding finding)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->items[i].finding == finding;
	return n;
}

enum finding checks_worst(const struct checks *c)
{
	enum finding worst = FINDING_OK;
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].finding > worst)
			worst = c->items[i].finding;
	return worst;
}

/*
 * What ours and others' words have of line ends is no line of ours: those that follow are moved in.
 */
static void put_lines(struct buf *out, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, "\n");
		visible_put(out, (struct span){ .at = text, .n = n });
		if (!text[n])
			break;
		text += n + 1;
		buf_put_str(out, "\n" CONTINUED_INDENT);
	}
	buf_put_char(out, '\n');
}

static void put_coloured(struct buf *out, const char *colour, const char *text)
{
	buf_put_str(out, colour ? colour : "");
	visible_put(out, span_of(text));
	buf_put_str(out, colour ? PLAIN : "");
}

static void put_check(struct buf *out, const struct check *check, bool has_colour)
{
	const char *colour = findings[check->finding].colour;
	buf_put_str(out, INDENT);
	put_coloured(out, has_colour ? colour : NULL, findings[check->finding].mark);
	for (size_t i = 0; i < findings[check->finding].gap; i++)
		buf_put_char(out, ' ');
	visible_put(out, span_of(check->name));
	buf_put_str(out, ": ");
	put_lines(out, check->text);
	if (!check->help)
		return;
	buf_put_str(out, HELP_INDENT);
	put_lines(out, check->help);
}

static void put_count(struct buf *out, size_t n, const char *what)
{
	buf_put_int(out, (long long)n);
	buf_put_str(out, n == 1 ? " thing " : " things ");
	buf_put_str(out, what);
}

/* What a person reads who reads no other line. */
void checks_put_verdict(const struct checks *c, struct buf *out)
{
	size_t fails_n = count(c, FINDING_FAIL), warns_n = count(c, FINDING_WARN);
	if (fails_n > 0)
		put_count(out, fails_n, "to mend");
	if (fails_n > 0 && warns_n > 0)
		buf_put_str(out, ", ");
	if (warns_n > 0)
		put_count(out, warns_n, "to look at");
	if (fails_n == 0 && warns_n == 0)
		buf_put_str(out, "all is well");
	buf_put_char(out, '\n');
}

void checks_put_text(const struct checks *c, enum finding least, bool has_colour, struct buf *out)
{
	const char *part = NULL;
	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];
		if (check->finding < least)
			continue;
		if (!part || strcmp(part, check->part) != 0) {
			put_coloured(out, has_colour ? BOLD : NULL, check->part);
			buf_put_char(out, '\n');
		}
		part = check->part;
		put_check(out, check, has_colour);
	}
}

static void put_member(struct buf *out, const char *lead, const char *text)
{
	buf_put_str(out, lead);
	json_put_text(out, text);
}

void checks_put_json(const struct checks *c, struct buf *out)
{
	enum finding worst = checks_worst(c);
	buf_put_str(out, worst > FINDING_NOTE ? "{\"well\":false" : "{\"well\":true");
	put_member(out, ",\"worst\":", findings[worst].name);
	buf_put_str(out, ",\"checks\":[");
	for (size_t i = 0; i < c->n; i++) {
		const struct check *check = &c->items[i];
		put_member(out,
			i > 0 ? ",{\"finding\":" : "{\"finding\":", findings[check->finding].name);
		put_member(out, ",\"part\":", check->part);
		put_member(out, ",\"name\":", check->name);
		put_member(out, ",\"text\":", check->text);
		put_member(out, ",\"help\":", check->help);
		buf_put_char(out, '}');
	}
	buf_put_str(out, "]}\n");
}

void checks_release(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].part);
		free(c->items[i].name);
		free(c->items[i].text);
		free(c->items[i].help);
	}
	free(c->items);
	*c = (struct checks){ 0 };
}
