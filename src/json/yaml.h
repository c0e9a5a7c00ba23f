/* SPDX-License-Identifier: MIT */
/*
 * yaml: a small YAML document as a tree in which every node knows where it was written.
 *
 * For files that a person writes and that are read once. Values stay text: whether `8` is a number
 * or `off` a switch is for the reader to say, who knows what he wants there; so there are none of
 * YAML 1.1's surprises. One document, UTF-8; keys are plain words and stand in their map once;
 * anchors and aliases are understood, tags and merge keys are not. All is bounded, aliases as if
 * they were written out. Knows nothing of what the document says. One thread at a time; a tree that
 * is made may be read by any.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_BYTES_MAX = 1 << 20, /* of a document */
	YAML_NODES_MAX = 10000,   /* aliases written out */
	YAML_DEPTH_MAX = 32       /* likewise */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool is_plain;                 /* a scalar without quotes, and no block of text */
	int line, column;              /* from 1, in letters; where it is used, if it is an alias */
	const char *key;               /* of a map's member, without NULs; else NULL */
	int key_line, key_column;      /* where that is */
	const char *text;              /* of a scalar, UTF-8 without NULs; else NULL */
	const struct yaml_node *first; /* of a list or map, NULL = empty */
	const struct yaml_node *next;  /* the next item or member */
};

/* A document: opaque, but for verbs. */
struct yaml;

/*
 * Reads a document; borrows text for the call and copies name, which messages begin with. NULL with
 * err filled ("NAME:LINE:COLUMN: what is wrong", of that kind) if it is not YAML or has what is not
 * understood.
 */
struct yaml *yaml_new(struct span text, const char *name, enum err_kind kind, struct err *err);

/* Gives the outermost node, borrowed from y; NULL if there is nothing but comments. */
const struct yaml_node *yaml_root(const struct yaml *y);

/* Gives the name that the document was given. */
const char *yaml_name(const struct yaml *y);

/* Gives the member of the map that has that key, or NULL; a list or scalar has none. */
const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key);

/* True if nothing is there where a value could be, or null or ~. */
bool yaml_is_null(const struct yaml_node *node);

/* Fills err with the place of the node, ": " and printf's text; returns false. */
bool yaml_refuse(struct err *err, const struct yaml *y, const struct yaml_node *node,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with the place of the node's key. */
bool yaml_refuse_key(struct err *err, const struct yaml *y, const struct yaml_node *node,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Frees the document and all its nodes; fine on NULL. */
void yaml_free(struct yaml *y);
