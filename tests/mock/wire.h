/* SPDX-License-Identifier: MIT */
/*
 * wire: a reply becomes bytes, in the manner it asks for.
 *
 * Makes libmicrohttpd's response objects: whole, packed, dripping or cut short. Knows nothing of
 * why. One thread.
 */
#pragma once

#include "reply.h"
#include "sleepers.h"

#include <microhttpd.h>
#include <stdbool.h>

/*
 * Gives a response, to be queued and destroyed by the caller, made of the reply, whose body it
 * takes. REPLY_GZIP is obeyed only if may_gzip. Between two pieces of a slow reply the sleeper
 * sleeps in s; both must live as long as the request.
 */
struct MHD_Response *wire_response(
	struct reply *reply, bool may_gzip, struct sleepers *s, struct sleeper *sleeper);

/* Makes closing the connection's socket a reset. */
void wire_make_reset(struct MHD_Connection *connection);
