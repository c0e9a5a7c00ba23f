/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include "t.h"

struct thing {
	char name;
	struct list_node node;
};

static void init_three(struct thing *things)
{
	for (size_t i = 0; i < 3; i++) {
		things[i].name = (char)('a' + i);
		list_init(&things[i].node);
	}
}

/* Takes everything out and checks the names against want. */
static void check_order(struct list_node *head, const char *want)
{
	char names[8] = "";
	size_t n = 0;
	for (struct list_node *node; (node = list_take(head)) && n < sizeof names - 1;)
		names[n++] = LIST_ENTRY(node, struct thing, node)->name;
	CHECK_STR(names, want);
	CHECK(list_is_empty(head));
}

TEST("what is put comes out in order, what is pushed comes out first")
{
	struct thing things[3];
	struct list_node head;
	init_three(things);
	list_init(&head);
	CHECK(list_is_empty(&head));
	CHECK(list_take(&head) == NULL);
	list_put(&head, &things[0].node);
	list_put(&head, &things[1].node);
	list_push(&head, &things[2].node);
	CHECK(!list_is_empty(&head));
	check_order(&head, "cab");
}

TEST("a node leaves from wherever it stands, and may be taken out again without harm")
{
	struct thing things[3];
	struct list_node head;
	for (size_t gone = 0; gone < 3; gone++) {
		static const char *const want[] = { "bc", "ac", "ab" };
		init_three(things);
		list_init(&head);
		for (size_t i = 0; i < 3; i++)
			list_put(&head, &things[i].node);
		list_remove(&things[gone].node);
		CHECK(list_is_empty(&things[gone].node));
		list_remove(&things[gone].node);
		check_order(&head, want[gone]);
	}
}

TEST("a node that was taken may be put into another list")
{
	struct thing things[3];
	struct list_node one, two;
	init_three(things);
	list_init(&one);
	list_init(&two);
	for (size_t i = 0; i < 3; i++)
		list_put(&one, &things[i].node);
	for (struct list_node *node; (node = list_take(&one));)
		list_push(&two, node);
	check_order(&one, "");
	check_order(&two, "cba");
}
