/* SPDX-License-Identifier: MIT */
/*
 * complaint: the errors of all APIs, read alike.
 *
 * Their shapes differ, their words hardly: one reader knows them all, so that a gateway that speaks
 * one API and fails in another's words is understood too. Pure; the loop's thread.
 */
#pragma once

#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

/*
 * Makes answer the failure that an error says: `root` is the scanned JSON that holds it, missing if
 * it is none, and `raw` the bytes as they came. Takes from it when to come again, if the headers
 * did not say. Total: never OUTCOME_ANSWERED.
 */
void complaint_read(
	struct attempt *attempt, struct span raw, struct span root, struct answer *answer);

/* True if the value of a member "error" says that there is one: some say null in every answer. */
bool complaint_is_one(struct span value);

/* True if a server's words say that too many texts, or too long ones together, came at once. */
bool complaint_is_of_pack(struct span text);
