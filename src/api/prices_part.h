/* SPDX-License-Identifier: MIT */
/* prices_part: how the files that fill struct prices do so. Private to them. Pure. */
#pragma once

#include "api/price.h"
#include "base/span.h"

struct prices;

/* Gives an empty one, for prices_free. */
struct prices *prices_new(void);

/* Adds a copy of the price by a copy of that name, plain text, in place of what had it before. */
void prices_put(struct prices *p, struct span name, const struct price *price);
