/* SPDX-License-Identifier: MIT */
/*
 * tell: what is said on stderr of a record that failed.
 *
 *         pllm: line 17: error[E-template]: no field "title"
 *         help: the record has "titel"; write {{titel}}
 *
 * The first three of each code are said to everybody, the others only with -v: the summary counts
 * them. What would be right is said once for each code. The loop's thread.
 */
#pragma once

#include "engine/stats.h"

#include <stdbool.h>

/*
 * Tells of a failed record that s has counted. all: of each, since nothing else would tell that it
 * was this one (-r).
 */
void tell_failed(const struct stats *s, const struct record *r, bool all);
