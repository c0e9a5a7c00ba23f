/* SPDX-License-Identifier: MIT */
/*
 * reading: how the reading of every API's answer begins.
 *
 * What is no success, no JSON or no object fails in the same words whoever sent it; what a success
 * says is the API's file's business. Pure; the loop's thread.
 */
#pragma once

#include "base/span.h"
#include "json/scan.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

/*
 * Starts the answer. True if that is the end of it: the attempt brought no answer, or an error by
 * its status, and the answer says which. False if it is a success that the API must read.
 */
bool reading_is_failure(struct attempt *attempt, struct answer *answer);

/*
 * True if a success came as server-sent events: what was asked to be a stream need not be one, nor
 * say so if it is.
 */
bool reading_is_events(const struct attempt *attempt);

/* Makes answer the failure of a success that is no JSON: `what` is not, "the answer". */
void reading_not_json(const struct attempt *attempt, const char *what,
	const struct json_fault *fault, struct answer *answer);

/*
 * Takes what is looked for from the members of an entered object, to its end. True if one of them
 * says that it is an error.
 */
typedef bool reading_members(struct json_pull *pull, void *found);

/*
 * Reads a success that is one JSON object, in one pass that validates it and has `members` look
 * into it. False if it is none, or an error: then answer is that failure, whatever it was before.
 */
bool reading_object(
	struct attempt *attempt, reading_members *members, void *found, struct answer *answer);
