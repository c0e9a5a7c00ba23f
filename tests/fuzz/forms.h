/* SPDX-License-Identifier: MIT */
/*
 * forms: what the forms of entries must be, for unit tests and fuzz targets.
 *
 * Everything is borrowed. Any thread.
 */
#pragma once

#include "work/entry.h"

/*
 * Makes the checksum at a form's end right, whatever stands before it; nothing if it is too short.
 */
void forms_seal(struct buf *form);

/*
 * Says what is wrong with what was read from a form that was in that memory: a part that lies
 * elsewhere, or is not what a writer of lines takes it for; a number that is none. NULL = nothing.
 */
const char *forms_complaint(
	struct span memory, const struct attempt *attempt, const struct answer *answer);
