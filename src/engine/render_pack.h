/* SPDX-License-Identifier: MIT */
/* render_pack: a pack becomes a request. See engine/render.h. Pure; the loop's thread. */
#pragma once

#include "work/ask.h"
#include "work/request.h"

#include <stdbool.h>

/*
 * Appends the request of all items to the attempt's body, says in it how many they are, and numbers
 * them. False with fault filled if the API cannot be asked so.
 */
bool render_pack(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault);
