/* SPDX-License-Identifier: MIT */
/*
 * classify: what all HTTP APIs have in common about failing.
 *
 * The classes are those of reference table "universal error classification": an API's own file asks
 * first about what only it knows (its error codes) and leaves the rest to these. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

/*
 * Fills answer for an attempt that brought no whole HTTP answer, or one that is no API's: a
 * redirect, HTML in place of JSON. False, with nothing changed, if the attempt is a whole answer
 * that the API must read itself.
 */
bool classify_wire(const struct attempt *attempt, struct answer *answer);

/* The outcome that a status alone suggests; for 2xx OUTCOME_ANSWERED. */
enum outcome classify_status(int status);

/*
 * Gives (allocated) a message "HTTP 429: <text>" from plain text of a server: at most 500 bytes of
 * it, on one line, control characters and any secret of the endpoint's headers taken out. A missing
 * text gives the status alone.
 */
char *classify_message(const struct attempt *attempt, struct span text);

/*
 * Overwrites with '*' each of the endpoint's secrets that the text holds: a server, or what stands
 * before it, may send back what it was sent. True if there was one. Takes NULL for no endpoint.
 */
bool classify_redact(struct buf *text, const struct endpoint *e);

/* True if there is one behind escapes, in the strings of JSON or in escaped text. */
bool classify_hides_secret(struct span bytes, const struct endpoint *e);
