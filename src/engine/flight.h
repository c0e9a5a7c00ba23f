/* SPDX-License-Identifier: MIT */
/*
 * flight: an attempt in the air: started, landed, hedged. Private to engine/sched.
 *
 * A request has one flight at a time, or two when it is hedged: then the first whole answer wins,
 * and the other is cut off. It leaves the air when all its flights have landed. Time is an
 * argument. The loop's thread.
 */
#pragma once

#include "engine/sched.h"
#include "work/ask.h"

struct flight {
	struct list_node link;   /* among those in the air, or the spare */
	struct heap_node hedge;  /* when a second endpoint is asked */
	struct request *request; /* borrowed */
	struct attempt *attempt; /* the request's first or second */
	struct gates *gates;
	struct gates_pass pass;
	struct rate_ticket ticket;  /* of the run's own rate */
	struct budget_sum reserved; /* of the budget */
	int64_t start_ms;
	bool is_retry;
};

/*
 * Writes the request's body for those gates into its attempt, unless it is there. False with fault
 * filled if the record yields none.
 */
bool flight_render(struct sched *s, struct request *q, const struct gates *g, struct fault *fault);

/*
 * Says whether an answer, as the API has read it, is one to that request: one that was cut may do,
 * one that is not what the schema says does not.
 */
void flight_judge(const struct sched *s, const struct request *q, struct answer *answer);

/* Estimates how many tokens a request is, once for each body that is written. */
void flight_weigh(struct request *q);

/* What the rendered request weighs, for the gates. */
struct gates_size flight_size(const struct request *q);

/* Starts the request at those gates, which are open; settles it where no body can be written. */
void flight_start(struct sched *s, struct request *q, struct gates *g, int64_t now_ms);

/* True if there is a slot for a second attempt, and something that may want one. */
bool flight_may_hedge(const struct sched *s);

/* Starts second attempts for those that have been in the air for too long. */
void flight_hedge(struct sched *s, int64_t now_ms);

/* Cuts a flight off; it comes back through http. */
void flight_cut(struct sched *s, struct flight *f);

/* What is in the air for a request may fly as long as its latest call waits. */
void flight_extend(struct sched *s, struct request *q);

/* Cuts off all that is in the air for a request. */
void flight_cut_request(struct sched *s, struct request *q);

/* Frees the spare flights. */
void flight_release_spares(struct sched *s);

/* What engine/sched gives to flights. */

/*
 * Settles the calls of a request, which is over by that. Takes message (allocated), or NULL to keep
 * what the answer says.
 */
void sched_settle(struct sched *s, struct request *q, enum error_code error, char *message);

/* Gives a fresh request, without calls, for calls like that one. */
struct request *sched_take_request(struct sched *s, const struct call *call);

/*
 * Has a call join a request, of a pack one of its items (else NULL), which then goes as early as
 * the call's record if that is_earlier.
 */
void sched_join(
	struct sched *s, struct request *q, struct call *call, struct item *item, bool is_earlier);

/* Takes a call away from the request, which ends if that was its last. */
void sched_leave(struct sched *s, struct request *q, struct call *call);

/*
 * Writes the request's body ahead of the choice: the choice may depend on how many tokens it is, or
 * on how it begins, and whether it is sent at all on who asks the same. False, with the calls
 * settled, if it yields none.
 */
bool sched_prepare(struct sched *s, struct request *q);

/* Settles a request that will not be sent any more: nobody is left, or the run is stopping. */
void sched_settle_unasked(struct sched *s, struct request *q);

/* The request that nobody waits for any more has landed. */
void sched_forget(struct sched *s, struct request *q);

/* Puts a request back, ready after wait_ms >= 0. */
void sched_return(struct sched *s, struct request *q, int64_t wait_ms, int64_t now_ms);
