/* SPDX-License-Identifier: MIT */
/*
 * Whatever the bytes are, they become a tree within its bounds, each node of which is whole and
 * stands somewhere in the text; or a message that begins with a place.
 */
#include "json/yaml.h"

#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/*
 * libfyaml 0.7.12 loses a buffer when a quoted text of many pieces is refused; ours are to be seen.
 */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\nleak:fy_parse\n";
}

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "yaml_fuzz: %s\n", what);
	abort();
}

struct walk {
	int lines_n;
	int nodes_n;
};

static void check_node(struct walk *w, const struct yaml_node *node, const struct yaml_node *parent)
{
	w->nodes_n++;
	demand(w->nodes_n <= YAML_NODES_MAX, "too many nodes");
	demand(node->line >= 1 && node->line <= w->lines_n && node->column >= 1, "stands nowhere");
	demand((node->kind == YAML_SCALAR) == (node->text != NULL), "text and kind differ");
	demand(node->kind != YAML_SCALAR || !node->first, "a scalar has children");
	demand(!node->text || utf8_is_valid(span_of(node->text)), "text is not UTF-8");
	demand((parent && parent->kind == YAML_MAP) == (node->key != NULL),
		"a key too many or few");
	if (!node->key)
		return;
	demand(node->key_line >= 1 && node->key_line <= w->lines_n, "a key stands nowhere");
	demand(yaml_member(parent, node->key) == node, "a key is there twice");
}

static void walk(
	struct walk *w, const struct yaml_node *node, const struct yaml_node *parent, int depth)
{
	demand(depth <= YAML_DEPTH_MAX, "too deep");
	for (; node; node = parent ? node->next : NULL) {
		check_node(w, node, parent);
		walk(w, node->first, node, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { size ? (const char *)data : "", size };
	struct err err = { 0 };
	struct walk w = { .lines_n = 2 };
	struct yaml *y = yaml_new(text, "fuzz", ERR_FLOW, &err);
	for (size_t i = 0; i < size; i++) /* YAML knows more ends of lines than ours */
		w.lines_n += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	if (y && yaml_root(y))
		walk(&w, yaml_root(y), NULL, 0);
	if (!y)
		demand(err.kind == ERR_FLOW && strncmp(err.msg, "fuzz", 4) == 0,
			"no place is named");
	yaml_free(y);
	return 0;
}
