/* SPDX-License-Identifier: MIT */
/*
 * strings: a list of strings, for options that may be given again and again.
 *
 * Zeroed is empty. One thread at a time.
 */
#pragma once

#include <stddef.h>

struct strings {
	char **items; /* owned, and so is each */
	size_t n;
};

/* Appends a copy of s. */
void strings_add(struct strings *list, const char *s);

/* Frees the list and leaves it empty. */
void strings_release(struct strings *list);
