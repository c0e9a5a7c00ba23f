/* SPDX-License-Identifier: MIT */
/*
 * tokens_part: what estimating and cutting share. Private to tokens*.c. Pure.
 */
#pragma once

#include "base/span.h"

/* Gives how many bytes the character or the escape at `at` (< text.n) has. */
size_t tokens_glyph_n(struct span text, size_t at);
