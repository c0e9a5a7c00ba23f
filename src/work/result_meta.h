/* SPDX-License-Identifier: MIT */
/*
 * result_meta: what --meta tells about how a record was asked (product.md section 6).
 *
 * Of a plan with one step its members, of one with several {"steps":{name:{...},...}} of those that
 * were asked in this run. A step that makes one call has that call's members; one that makes
 * several has their sums, the tally of a vote, and "calls" with each in its place. Pure; the
 * writer's thread.
 */
#pragma once

#include "base/buf.h"
#include "work/plan.h"
#include "work/record.h"

#include <stdbool.h>

/* True if the record was asked about in this run. */
bool result_has_meta(const struct record *r);

/*
 * Appends the members, without braces around them, of a record that has some. Out is full at its
 * ceiling.
 */
void result_put_meta(struct buf *out, const struct record *r, const struct plan *plan);
