/* SPDX-License-Identifier: MIT */
#include "json/yaml.h"

#include "t.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct yaml *parse(const char *text)
{
	struct err err;
	struct yaml *y = yaml_new(span_of(text), "f", ERR_FLOW, &err);
	if (!CHECK(y))
		printf("#   said: %s\n", err.msg);
	return y;
}

static void check_bytes_refused(struct span text, const char *msg)
{
	struct err err = { 0 };
	struct yaml *y = yaml_new(text, "f", ERR_FLOW, &err);
	CHECK(!y);
	CHECK_INT(err.kind, ERR_FLOW);
	CHECK_STR(err.msg, msg);
	yaml_free(y);
}

static void check_refused(const char *text, const char *msg)
{
	check_bytes_refused(span_of(text), msg);
}

static void check_at(const struct yaml_node *node, int line, int column)
{
	CHECK_INT(node->line, line);
	CHECK_INT(node->column, column);
}

TEST("a YAML document becomes a tree in which every node knows its place")
{
	struct yaml *y = parse(
		"# first\na: 1\nlist: [x, \"y\", {c: d}]\nä: é\nlast:\n  - |\n    two\n    lines\n");
	const struct yaml_node *root = yaml_root(y), *a = root->first, *list = a->next;
	CHECK_INT(root->kind, YAML_MAP);
	check_at(root, 2, 1);
	CHECK_STR(a->key, "a");
	CHECK_STR(a->text, "1");
	check_at(a, 2, 4);
	CHECK_INT(a->key_line, 2);
	CHECK_INT(a->key_column, 1);
	CHECK_INT(list->kind, YAML_LIST);
	check_at(list->first->next, 3, 11);
	CHECK_STR(list->first->next->text, "y");
	CHECK(!list->first->key);
	const struct yaml_node *inner = yaml_member(list->first->next->next, "c");
	check_at(inner, 3, 20);
	CHECK_INT(inner->key_column, 17);
	const struct yaml_node *accented = yaml_member(root, "ä");
	CHECK_STR(accented->text, "é");
	check_at(accented, 4, 4);
	CHECK_STR(yaml_member(root, "last")->first->text, "two\nlines\n");
	CHECK(!yaml_member(root, "last")->next);
	CHECK(!yaml_member(root, "none"));
	CHECK(!yaml_member(list, "c"));
	CHECK_STR(yaml_name(y), "f");
	yaml_free(y);
}

TEST("YAML values stay as they are written, and only quotes are told apart")
{
	struct yaml *y = parse(
		"[8, \"8\", off, 0x10, 1_000, 12:30:00, 'it''s', \"\\u00e9\\n\", ~, null, \"\"]");
	static const char *const want[] = { "8", "8", "off", "0x10", "1_000", "12:30:00", "it's",
		"é\n", "~", "null", "" };
	static const bool is_plain[] = { 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0 };
	size_t i = 0;
	for (const struct yaml_node *n = yaml_root(y)->first; n; n = n->next, i++) {
		CHECK_STR(n->text, want[i]);
		CHECK_INT(n->is_plain, is_plain[i]);
		CHECK_INT(yaml_is_null(n), i == 8 || i == 9);
	}
	CHECK_INT(i, 11);
	yaml_free(y);
}

TEST("a YAML value that is left out is null, and stands where its key does")
{
	struct yaml *y = parse("a: 1\n  \nbee:\nc:\n");
	const struct yaml_node *b = yaml_member(yaml_root(y), "bee");
	CHECK(yaml_is_null(b));
	check_at(b, 3, b->column);
	CHECK(!yaml_is_null(yaml_root(y)->first));
	yaml_free(y);
}

TEST("a YAML document without anything in it has no root")
{
	static const char *const texts[] = { "", "\n\n", "# only this\n", "---\n", "---\n...\n",
		"~\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct yaml *y = parse(texts[i]);
		CHECK(y && !yaml_root(y));
		yaml_free(y);
	}
}

TEST("a byte order mark and CRLF do not matter to YAML")
{
	struct yaml *y = parse("\xef\xbb\xbf"
			       "a: 1\r\nb: 2\r\n");
	CHECK_STR(yaml_member(yaml_root(y), "a")->text, "1");
	check_at(yaml_member(yaml_root(y), "b"), 2, 4);
	yaml_free(y);
}

TEST("an alias in YAML is its target, at its own place")
{
	struct yaml *y = parse("a: &x {k: [1, 2]}\nb: *x\nc: &x 7\nd: *x\n");
	const struct yaml_node *b = yaml_member(yaml_root(y), "b");
	CHECK_STR(yaml_member(b, "k")->first->next->text, "2");
	check_at(b, 2, 4);
	check_at(yaml_member(b, "k"), 1, 11);
	CHECK_STR(yaml_member(yaml_root(y), "d")->text, "7");
	yaml_free(y);
}

TEST("a YAML alias to nothing, to what is around it, or as a key is refused")
{
	check_refused("a: *b\nb: &b 1\n", "f:1:4: there is no such anchor before this alias");
	check_refused("a: &a [1, *a]\n", "f:1:11: this alias stands inside of what it stands for");
	check_refused("a: &a x\n*a : y\n", "f:2:1: a key is a plain word, not an alias");
}

/* A list as the first line, and then n lists, each of so many aliases of the one before. */
static struct buf chain_of(int n, int aliases_n)
{
	struct buf b;
	char line[40];
	buf_init(&b, YAML_BYTES_MAX);
	buf_put_str(&b, "a0: &a0 [x]\n");
	for (int i = 1; i <= n; i++) {
		snprintf(line, sizeof line, "a%d: &a%d [*a%d", i, i, i - 1);
		buf_put_str(&b, line);
		for (int k = 1; k < aliases_n; k++) {
			snprintf(line, sizeof line, ", *a%d", i - 1);
			buf_put_str(&b, line);
		}
		buf_put_str(&b, "]\n");
	}
	return b;
}

TEST("a billion laughs are refused, and so is a chain of aliases that is too deep")
{
	struct buf b = chain_of(40, 4);
	check_bytes_refused(buf_span(&b),
		"f:7:20: this is too much: more than 10000 values, aliases written out");
	buf_release(&b);
	b = chain_of(40, 1);
	check_bytes_refused(buf_span(&b),
		"f:31:12: this is too deep: more than 32 levels, aliases written out");
	buf_release(&b);
}

TEST("a YAML document may be as deep and large as is said, and no more")
{
	char text[100] = "";
	struct err err;
	for (int depth = YAML_DEPTH_MAX - 1; depth <= YAML_DEPTH_MAX; depth++) {
		snprintf(text, sizeof text, "%.*sx%.*s", depth,
			"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth,
			"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		struct yaml *y = yaml_new(span_of(text), "f", ERR_FLOW, &err);
		CHECK_INT(y != NULL, depth < YAML_DEPTH_MAX);
		yaml_free(y);
	}
	for (int n = YAML_NODES_MAX - 1; n <= YAML_NODES_MAX; n++) {
		struct buf b;
		buf_init(&b, YAML_BYTES_MAX);
		for (int i = 0; i < n; i++)
			buf_put_str(&b, "- x\n");
		struct yaml *y = yaml_new(buf_span(&b), "f", ERR_FLOW, &err);
		CHECK_INT(y != NULL, n < YAML_NODES_MAX);
		yaml_free(y);
		buf_release(&b);
	}
	char *large = malloc(YAML_BYTES_MAX + 1);
	memset(large, '#', YAML_BYTES_MAX + 1);
	check_bytes_refused((struct span){ large, YAML_BYTES_MAX + 1 }, "f is larger than 1 MiB");
	free(large);
}

TEST("a key that is there twice is refused with the line of the first")
{
	check_refused(
		"a: 1\nb: 2\n'a': 3\n", "f:3:1: \"a\" is there twice; the first is in line 1");
	check_refused(
		"x: {a: 1, b: 2, a: 3}\n", "f:1:17: \"a\" is there twice; the first is in line 1");
}

TEST("what is not YAML is refused with line and column")
{
	check_refused("a: [1\n", "f:2:1: flow sequence without a closing bracket");
	check_refused("a: b: c\n",
		"f:1:5: invalid nested block mapping on the same line" LOG_HELP
		"a text with \": \" in it has quotes around it");
	check_refused("a:\n\t- b\n",
		"f:2:1: tab character may not be used as indentation" LOG_HELP
		"line 2 is indented with a tab, not spaces");
	check_refused("a: 1\nb:\n  c: 1\n\td: 2\n",
		"f:4:2: invalid tab used as indentation" LOG_HELP
		"line 4 is indented with a tab, not spaces");
	check_refused("a: @x\n", "f:1:4: plain scalar cannot start with '@'");
}

TEST("bytes that are no text are refused where they are")
{
	check_refused("a: ä\nb: é\xff\n", "f:2:5: this is not UTF-8");
	check_bytes_refused((struct span){ "a: b\0c", 6 }, "f:1:5: a NUL cannot be part of it");
	check_refused("a: \"x\\0y\"\n", "f:1:4: a NUL cannot be part of it");
}

TEST("what of YAML is not understood is refused by name")
{
	check_refused(
		"a: !!str 8\n", "f:1:10: tags (!) are not understood" LOG_HELP "leave it out");
	check_refused("a: !x [8]\n", "f:1:7: tags (!) are not understood" LOG_HELP "leave it out");
	check_refused("a: &x {k: 1}\nb:\n  <<: *x\n", "f:3:3: merge keys (<<) are not understood");
	check_refused("? [a]\n: b\n",
		"f:1:3: a key is a plain word, not a list or map" LOG_HELP
		"a text that begins with a brace or bracket has quotes, as in prompt: \"{{text}}\"");
	check_refused("? &k a\n: b\n", "f:1:6: a key has neither tag nor anchor");
	check_refused(
		"--- a\n--- b\n", "f:2:1: a second document begins here" LOG_HELP "one is enough");
}

TEST("a message about a node begins with the place of its value or its key")
{
	struct yaml *y = parse("jobs: many\n");
	struct err err;
	CHECK(!yaml_refuse(&err, y, yaml_root(y)->first, "no %s", "number"));
	CHECK_STR(err.msg, "f:1:7: no number");
	CHECK(!yaml_refuse_key(&err, y, yaml_root(y)->first, "no %s", "name"));
	CHECK_STR(err.msg, "f:1:1: no name");
	yaml_free(y);
}
