/* SPDX-License-Identifier: MIT */
/*
 * template_part: what a compiled template is made of.
 *
 * Private to template.c, which renders, and template_parse.c, which compiles. One thread at a time
 * while compiling; constant after that.
 */
#pragma once

#include "json/path.h"

#include <stdbool.h>
#include <stddef.h>

enum template_filter_kind { FILTER_JSON, FILTER_TRIM, FILTER_TRUNCATE };

struct template_filter {
	enum template_filter_kind kind;
	size_t n; /* of truncate: code points */
};

/* A literal, or a hole. */
struct template_part {
	char *literal; /* owned, escaped once and for all; NULL for a hole */
	size_t literal_n;
	struct path path;                /* of a hole */
	bool is_optional;                /* of a hole: nothing if the field is missing */
	struct template_filter *filters; /* owned, of a hole; left to right */
	size_t filters_n;
	bool is_bound;    /* of a hole: its first name is a step's, */
	bool is_list;     /* whose value is a list, */
	unsigned index;   /* and stands here among the scope's values */
	const char *near; /* borrowed, of a hole that is not bound: the step that may be meant */
};
