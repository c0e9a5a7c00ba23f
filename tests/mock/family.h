/* SPDX-License-Identifier: MIT */
/*
 * family: how the limits are told in headers: each provider has names and forms of its own.
 *
 * Only shows; the limits themselves are always the same (see limits). Time is an argument. One
 * thread at a time.
 */
#pragma once

#include "limits.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum family {
	FAMILY_OPENAI,
	FAMILY_AZURE, /* only what is left */
	FAMILY_ANTHROPIC,
	FAMILY_GROQ,    /* requests as if they were limited by the day */
	FAMILY_MISTRAL, /* windows in the names, and no resets */
	FAMILY_NONE,
	FAMILY_OWN /* whatever the dialect has */
};

/* Reads a name such as `openai` or `none`. False, with *family untouched, if it is none. */
bool family_parse(const char *text, enum family *family);

/* Adds the headers that tell of limits, as they are at now_ms; wall_s is the same in UTC. */
void family_add_headers(struct MHD_Response *response, enum family family, struct limits *limits,
	int64_t now_ms, int64_t wall_s);
