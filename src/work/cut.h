/* SPDX-License-Identifier: MIT */
/*
 * cut: what is left of a text that has more tokens than it may have. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>

/* Where a text makes way. */
enum cut_place { CUT_END, CUT_MIDDLE };

/*
 * Appends what is left of the escaped text, and the mark where it was cut, so that both together
 * are estimated at no more than so many tokens. False if no text fits beside the mark, or out is
 * full; out may then hold a part.
 */
bool cut_text(
	struct span text, double tokens, enum cut_place place, struct span mark, struct buf *out);
