/* SPDX-License-Identifier: MIT */
/*
 * tokens_part: what estimating and cutting share. Private to tokens*.c. Pure.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

/* Gives the estimate for plain text, or for text in which escapes are read. */
double tokens_measure(struct span text, bool is_plain);

/* Gives how many bytes the character or the escape at `at` (< text.n) has, escapes being read. */
size_t tokens_escape_n(struct span text, size_t at);
