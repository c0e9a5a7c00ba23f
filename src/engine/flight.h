/* SPDX-License-Identifier: MIT */
/*
 * flight: an attempt in the air: started, landed, hedged. Private to engine/sched.
 *
 * A call has one flight at a time, or two when it is hedged: then the first whole answer wins, and
 * the other is cut off. A call leaves the air when all its flights have landed. Time is an
 * argument. The loop's thread.
 */
#pragma once

#include "engine/sched.h"
#include "work/ask.h"

struct flight {
	struct list_node link;   /* among those in the air, or the spare */
	struct heap_node hedge;  /* when a second endpoint is asked */
	struct call *call;       /* borrowed */
	struct attempt *attempt; /* the call's first or second */
	struct gates *gates;
	struct gates_pass pass;
	struct rate_ticket ticket; /* of the run's own rate */
	int64_t start_ms;
	bool is_retry;
};

/*
 * Writes the call's request for those gates into its attempt, unless it is there. False with fault
 * filled if the record yields none.
 */
bool flight_render(struct sched *s, struct call *call, const struct gates *g, struct fault *fault);

/* What the rendered call weighs, for the gates. */
struct gates_size flight_size(const struct call *call);

/* Starts the call at those gates, which are open; settles it where no request can be written. */
void flight_start(struct sched *s, struct call *call, struct gates *g, int64_t now_ms);

/* True if there is a slot for a second attempt, and something that may want one. */
bool flight_may_hedge(const struct sched *s);

/* Starts second attempts for those that have been in the air for too long. */
void flight_hedge(struct sched *s, int64_t now_ms);

/* Cuts a flight off; it comes back through http. */
void flight_cut(struct sched *s, struct flight *f);

/* Frees the spare flights. */
void flight_release_spares(struct sched *s);

/* What engine/sched gives to flights. */

/* Settles a call. Takes message (allocated), or NULL to keep what the answer says. */
void sched_settle(struct sched *s, struct call *call, enum error_code error, char *message);

/* Puts a call back, ready after wait_ms >= 0. */
void sched_return(struct sched *s, struct call *call, int64_t wait_ms, int64_t now_ms);

/* The last moment for a call; INT64_MAX = none. */
int64_t sched_deadline_ms(const struct sched *s, const struct call *call);
