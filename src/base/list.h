/* SPDX-License-Identifier: MIT */
/*
 * list: a doubly linked list through the things themselves.
 *
 * A thing embeds a struct list_node; the head is a node, too. The only header with bodies: each is
 * two or three assignments. Owns nothing. One thread at a time.
 *
 * Invariant: a node is in one list, or links to itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev;
	struct list_node *next;
};

/* The struct of the given type that embeds the node as the named member. */
#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Makes a node that is in no list, or a head that holds none. */
static inline void list_init(struct list_node *node)
{
	node->prev = node->next = node;
}

/* True if the list has no nodes, or the node is in no list. */
static inline bool list_is_empty(const struct list_node *head)
{
	return head->next == head;
}

/* Puts the node, which must be in no list, at the end. */
static inline void list_put(struct list_node *head, struct list_node *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Puts the node, which must be in no list, at the front. */
static inline void list_push(struct list_node *head, struct list_node *node)
{
	list_put(head->next, node);
}

/* Takes the node out of whatever list it is in; does nothing if it is in none. */
static inline void list_remove(struct list_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Takes out and gives the first node, or NULL. */
static inline struct list_node *list_take(struct list_node *head)
{
	struct list_node *first = head->next;
	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}
