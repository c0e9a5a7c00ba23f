/* SPDX-License-Identifier: MIT */
/* amount: figures as a person reads them, with no more digits than matter. Pure. */
#pragma once

#include "base/buf.h"

/* Appends a count: "1234", "12.3k", "4.56M". */
void amount_put_count(struct buf *out, double n);

/*
 * Appends a duration in its two largest units, of which the smaller may be none: "1.4s", "2h 5m".
 */
void amount_put_ms(struct buf *out, double ms);
