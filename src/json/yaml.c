/* SPDX-License-Identifier: MIT */
/*
 * libfyaml reads, and gives events; the tree is made of them here. Its own documents would do more
 * than is wanted (types, paths, merging) and less: no bound on what aliases amount to.
 *
 * An alias shares its target's children instead of copying them, so a "billion laughs" takes a line
 * of memory for a line of text. But whoever walks such a tree would walk for ever; so each node
 * knows how many nodes it amounts to and how deep they go, and a document that written out in full
 * would pass the bounds is refused at the alias that does it.
 */
#include "json/yaml.h"

#include "base/xalloc.h"
#include "json/text.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A node with what only the making of the tree wants to know. */
struct cell {
	struct yaml_node node; /* the first, so that a node is its cell */
	struct cell *older;    /* all cells of the document */
	char *anchor;          /* owned; NULL = it has none */
	int nodes_n;           /* it and all below it, aliases written out; 0 = not complete */
	int height;            /* levels below it */
	char bytes[];          /* its key and its text */
};

struct yaml {
	char *name;         /* owned */
	enum err_kind kind; /* of what is wrong with it */
	struct cell *cells; /* owned; the latest first */
	struct cell *root;
};

/* A list or map that is not complete. */
struct level {
	struct cell *cell;
	const struct yaml_node **end; /* where the next child goes */
	int before_n;                 /* nodes of the document before it */
};

/* From 1. */
struct place {
	int line, column;
};

struct builder {
	struct yaml *yaml;
	struct span text;
	struct level levels[YAML_DEPTH_MAX];
	int depth;
	int nodes_n; /* so far, aliases written out */
	int documents_n;
	char *key; /* owned: read, and its value is not; NULL = none */
	struct place key_place;
	struct err *err;
};

static bool refuse_at(struct err *err, const struct yaml *y, struct place at, const char *what)
{
	return err_set(err, y->kind, "%s:%d:%d: %s", y->name, at.line, at.column, what);
}

/* libfyaml's marks of aliases and quoted texts are behind the sign that they begin with. */
static bool has_sign(struct fy_event *event)
{
	if (event->type != FYET_SCALAR)
		return event->type == FYET_ALIAS;
	enum fy_scalar_style style = fy_token_scalar_style(fy_event_get_token(event));
	return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* Where the event begins; a value that is left out is nowhere but at its key. */
static struct place place_of(const struct builder *b, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	if (!mark)
		return b->key ? b->key_place : (struct place){ 1, 1 };
	int signs_n = has_sign(event) && mark->column > 0;
	return (struct place){ mark->line + 1, mark->column + 1 - signs_n };
}

static bool refuse_event(struct builder *b, struct fy_event *event, const char *what)
{
	return refuse_at(b->err, b->yaml, place_of(b, event), what);
}

static bool is_in_map(const struct builder *b)
{
	return b->depth > 0 && b->levels[b->depth - 1].cell->node.kind == YAML_MAP;
}

/* The token's text, or an empty one. */
static struct span text_of(struct fy_token *token)
{
	size_t n = 0;
	const char *text = token ? fy_token_get_text(token, &n) : NULL;
	return text ? (struct span){ text, n } : SPAN("");
}

static char *copy_into(char **room, struct span text)
{
	char *copy = *room;
	memcpy(copy, text.at, text.n);
	copy[text.n] = '\0';
	*room += text.n + 1;
	return copy;
}

/* Makes the event's node, takes the key that waits, and hangs it where it belongs. */
static struct cell *add_cell(
	struct builder *b, struct fy_event *event, enum yaml_kind kind, struct span text)
{
	struct span key = b->key ? span_of(b->key) : SPAN("");
	struct cell *cell = xcalloc(1, sizeof *cell + key.n + text.n + 2);
	char *room = cell->bytes;
	struct place at = place_of(b, event);
	cell->node = (struct yaml_node){ .kind = kind, .line = at.line, .column = at.column };
	if (kind == YAML_SCALAR)
		cell->node.text = copy_into(&room, text);
	if (b->key) {
		cell->node.key = copy_into(&room, key);
		cell->node.key_line = b->key_place.line;
		cell->node.key_column = b->key_place.column;
	}
	free(b->key);
	b->key = NULL;
	cell->older = b->yaml->cells;
	b->yaml->cells = cell;
	if (b->depth > 0) {
		struct level *level = &b->levels[b->depth - 1];
		*level->end = &cell->node;
		level->end = &cell->node.next;
	} else {
		b->yaml->root = cell;
	}
	return cell;
}

/* Counts nodes, and how deep they go below the current level. */
static bool count(struct builder *b, struct fy_event *event, int nodes_n, int height)
{
	if (b->nodes_n + nodes_n > YAML_NODES_MAX)
		return refuse_event(
			b, event, "this is too much: more than 10000 values, aliases written out");
	if (b->depth + height >= YAML_DEPTH_MAX)
		return refuse_event(
			b, event, "this is too deep: more than 32 levels, aliases written out");
	b->nodes_n += nodes_n;
	for (int i = b->depth - 1, levels_n = height + 1; i >= 0; i--, levels_n++)
		if (b->levels[i].cell->height < levels_n)
			b->levels[i].cell->height = levels_n;
	return true;
}

/* Tags would say what a value is; here its reader does. */
static bool take_marks(struct builder *b, struct fy_event *event, struct cell *cell)
{
	struct fy_token *anchor = fy_event_get_anchor_token(event);
	if (fy_event_get_tag_token(event))
		return refuse_event(
			b, event, "tags (!) are not understood" LOG_HELP "leave it out");
	if (anchor) {
		struct span name = text_of(anchor);
		cell->anchor = xmemdup(name.at, name.n);
	}
	return true;
}

/* A key that is there already would silently win, or lose. */
static bool check_key(struct builder *b, struct fy_event *event, struct span key)
{
	const struct yaml_node *map = &b->levels[b->depth - 1].cell->node;
	if (span_is(key, "<<"))
		return refuse_event(b, event, "merge keys (<<) are not understood");
	for (const struct yaml_node *member = map->first; member; member = member->next)
		if (span_is(key, member->key)) {
			char what[160];
			snprintf(what, sizeof what,
				"\"%.60s\" is there twice; the first is in line %d", member->key,
				member->key_line);
			return refuse_event(b, event, what);
		}
	return true;
}

static bool take_key(struct builder *b, struct fy_event *event, struct span text)
{
	if (fy_event_get_tag_token(event) || fy_event_get_anchor_token(event))
		return refuse_event(b, event, "a key has neither tag nor anchor");
	if (!check_key(b, event, text))
		return false;
	b->key_place = place_of(b, event);
	b->key = xmemdup(text.at, text.n);
	return true;
}

static bool take_scalar(struct builder *b, struct fy_event *event)
{
	struct fy_token *token = fy_event_get_token(event);
	struct span text = text_of(token);
	if (memchr(text.at, '\0', text.n))
		return refuse_event(b, event, "a NUL cannot be part of it");
	/* The library has been seen to fold blocks of text into that. */
	if (!utf8_is_valid(text))
		return refuse_event(b, event, "it does not read as UTF-8");
	if (is_in_map(b) && !b->key)
		return take_key(b, event, text);
	if (!count(b, event, 1, 0))
		return false;
	struct cell *cell = add_cell(b, event, YAML_SCALAR, text);
	/* A value that is left out may have no token. */
	cell->node.is_plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
	cell->nodes_n = 1;
	return take_marks(b, event, cell);
}

/* The latest node before that has the name. */
static const struct cell *target_of(const struct builder *b, struct span name)
{
	for (const struct cell *cell = b->yaml->cells; cell; cell = cell->older)
		if (cell->anchor && span_is(name, cell->anchor))
			return cell;
	return NULL;
}

static bool take_alias(struct builder *b, struct fy_event *event)
{
	const struct cell *target = target_of(b, text_of(fy_event_get_token(event)));
	if (is_in_map(b) && !b->key)
		return refuse_event(b, event, "a key is a plain word, not an alias");
	if (!target)
		return refuse_event(b, event, "there is no such anchor before this alias");
	if (target->nodes_n == 0)
		return refuse_event(b, event, "this alias stands inside of what it stands for");
	if (!count(b, event, target->nodes_n, target->height))
		return false;
	const struct yaml_node *node = &target->node;
	struct cell *cell = add_cell(b, event, node->kind, span_of(node->text ? node->text : ""));
	cell->node.is_plain = node->is_plain;
	cell->node.first = node->first;
	cell->nodes_n = target->nodes_n;
	cell->height = target->height;
	return true;
}

static bool enter(struct builder *b, struct fy_event *event, enum yaml_kind kind)
{
	if (is_in_map(b) && !b->key)
		return refuse_event(b, event,
			"a key is a plain word, not a list or map" LOG_HELP
			"a text that begins with a brace or bracket has quotes, as in prompt: \"{{text}}\"");
	int before_n = b->nodes_n;
	if (!count(b, event, 1, 0))
		return false;
	struct cell *cell = add_cell(b, event, kind, SPAN(""));
	b->levels[b->depth++] =
		(struct level){ .cell = cell, .end = &cell->node.first, .before_n = before_n };
	return take_marks(b, event, cell);
}

static bool leave(struct builder *b)
{
	const struct level *level = &b->levels[--b->depth];
	level->cell->nodes_n = b->nodes_n - level->before_n;
	return true;
}

static bool take_event(struct builder *b, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		return b->documents_n++ == 0 ||
			refuse_event(
				b, event, "a second document begins here" LOG_HELP "one is enough");
	case FYET_SCALAR:
		return take_scalar(b, event);
	case FYET_ALIAS:
		return take_alias(b, event);
	case FYET_SEQUENCE_START:
		return enter(b, event, YAML_LIST);
	case FYET_MAPPING_START:
		return enter(b, event, YAML_MAP);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		return leave(b);
	default:
		return true;
	}
}

/*
 * Gives the first line from `from` on that is indented with a tab, or 0: what libfyaml says of the
 * line before rarely helps.
 */
static int tabbed_line(struct span text, int from)
{
	const char *at = text.at, *end = text.at + text.n;
	for (int line = 1; at && at < end; line++) {
		while (at < end && *at == ' ')
			at++;
		if (at < end && *at == '\t' && line >= from)
			return line;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return 0;
}

/* Says what libfyaml found wrong; the first is what matters. */
static bool refuse_syntax(struct builder *b, struct fy_diag *diag)
{
	void *walk = NULL;
	const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &walk);
	const char *what = error && error->msg ? error->msg : "this is not YAML";
	struct place at = { error && error->line > 0 ? error->line : 1,
		error && error->column > 0 ? error->column : 1 };
	int what_n = (int)strcspn(what, "\r\n"), tabbed = tabbed_line(b->text, at.line);
	char line[200];
	if (tabbed)
		snprintf(line, sizeof line,
			"%.*s" LOG_HELP "line %d is indented with a tab, not spaces",
			what_n < 100 ? what_n : 100, what, tabbed);
	else
		snprintf(line, sizeof line, "%.*s%s", what_n < 100 ? what_n : 100, what,
			strstr(what, "nested block mapping") ? LOG_HELP
				"a text with \": \" in it has quotes around it"
							     : "");
	return refuse_at(b->err, b->yaml, at, line);
}

static bool take_events(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	bool ok = true;
	while (ok && (event = fy_parser_parse(parser))) {
		ok = take_event(b, event);
		fy_parser_event_free(parser, event);
	}
	if (ok && (fy_parser_get_stream_error(parser) || b->depth > 0))
		ok = refuse_syntax(b, diag);
	return ok;
}

/* What libfyaml says is collected, not printed. */
static void print_nothing(struct fy_diag *diag, void *user, const char *text, size_t n)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)n;
}

static bool read_all(struct builder *b)
{
	struct fy_diag_cfg diag_cfg;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.output_fn = print_nothing;
	diag_cfg.colorize = false;
	struct fy_diag *diag = fy_diag_create(&diag_cfg);
	if (!diag)
		xalloc_die();
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg cfg = {
		.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag
	};
	struct fy_parser *parser = fy_parser_create(&cfg);
	if (!parser || fy_parser_set_string(parser, b->text.at, b->text.n) != 0)
		xalloc_die();
	bool ok = take_events(b, parser, diag);
	fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	return ok;
}

/* Where the i-th byte is. */
static struct place place_at(struct span text, size_t i)
{
	struct place place = { 1, 1 };
	for (size_t k = 0; k < i; k++) {
		bool is_end = text.at[k] == '\n';
		bool is_letter = ((unsigned char)text.at[k] & 0xc0) != 0x80;
		place.column = is_end ? 1 : place.column + is_letter;
		place.line += is_end;
	}
	return place;
}

static bool check_bytes(struct span text, const struct yaml *y, struct err *err)
{
	size_t valid_n = utf8_valid_n(text);
	const char *nul = memchr(text.at, '\0', text.n);
	struct place at = place_at(text, nul ? (size_t)(nul - text.at) : valid_n);
	if (text.n > YAML_BYTES_MAX)
		return err_set(err, y->kind, "%s is larger than 1 MiB", y->name);
	if (nul)
		return refuse_at(err, y, at, "a NUL cannot be part of it");
	return valid_n == text.n || refuse_at(err, y, at, "this is not UTF-8");
}

struct yaml *yaml_new(struct span text, const char *name, enum err_kind kind, struct err *err)
{
	struct yaml *y = xcalloc(1, sizeof *y);
	y->name = xstrdup(name);
	y->kind = kind;
	struct builder b = { .yaml = y, .text = text, .err = err };
	bool ok = check_bytes(text, y, err) && read_all(&b);
	free(b.key);
	if (ok)
		return y;
	yaml_free(y);
	return NULL;
}

const struct yaml_node *yaml_root(const struct yaml *y)
{
	return y->root && !yaml_is_null(&y->root->node) ? &y->root->node : NULL;
}

const char *yaml_name(const struct yaml *y)
{
	return y->name;
}

const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *m = map->kind == YAML_MAP ? map->first : NULL; m; m = m->next)
		if (strcmp(m->key, key) == 0)
			return m;
	return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	if (node->kind != YAML_SCALAR || !node->is_plain)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

__attribute__((format(printf, 4, 0))) static bool refuse(
	struct err *err, const struct yaml *y, const int place[2], const char *format, va_list args)
{
	char what[sizeof err->msg];
	vsnprintf(what, sizeof what, format, args);
	return err_set(err, y->kind, "%s:%d:%d: %s", y->name, place[0], place[1], what);
}

bool yaml_refuse(struct err *err, const struct yaml *y, const struct yaml_node *node,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	refuse(err, y, (int[]){ node->line, node->column }, format, args);
	va_end(args);
	return false;
}

bool yaml_refuse_key(struct err *err, const struct yaml *y, const struct yaml_node *node,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	refuse(err, y, (int[]){ node->key_line, node->key_column }, format, args);
	va_end(args);
	return false;
}

void yaml_free(struct yaml *y)
{
	if (!y)
		return;
	for (struct cell *cell = y->cells, *older; cell; cell = older) {
		older = cell->older;
		free(cell->anchor);
		free(cell);
	}
	free(y->name);
	free(y);
}
