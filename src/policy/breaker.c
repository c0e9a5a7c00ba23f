/* SPDX-License-Identifier: MIT */
/*
 * Two ways to trip, as in Finagle's failure accrual and gobreaker: five failures in a row find a
 * dead endpoint at once; half of the outcomes of 30 seconds, with twenty of them at least, find one
 * that merely fails too often. The window holds the last fifty, whatever the pace.
 *
 *	closed --5 in a row, or half of 20 and more--> open --1 s, 2 s, 4 s, 8 s--> half-open
 *	  ^                                              ^                            |    |
 *	  |                                              +---- the probe failed ------+    |
 *	  +------------------------- the probe succeeded ----------------------------------+
 *
 * The open time is short, and capped, because what waits is a finite input: a probe every eight
 * seconds costs nothing, and an endpoint that is back is found within them. It is spread by a
 * quarter, downwards, so that the cap is one.
 *
 * A call may take minutes, so its result may come when the state in which it started is long gone:
 * hundreds of failures that began before the breaker opened say nothing of the probe. Hence the
 * generation: what started in another counts for nothing (gobreaker). A probe's permit comes back
 * with any sign, also one that says nothing; a permit lost would keep a breaker half-open for ever
 * (resilience4j needs a time-out for that).
 *
 * For the same reason a success ends a row of failures only if it started after the first of them:
 * what an endpoint that just died had still taken in arrives between the failures.
 *
 * An endpoint that answers its probe and fails again must not start from one second each time: the
 * open times are forgotten only after five successes.
 */
#include "policy/breaker.h"

#include <assert.h>

enum {
	IN_A_ROW = 5,
	WINDOW_MS = 30000,
	WINDOW_LEAST = 20,
	OPEN_MS = 1000,
	OPEN_MOST_MS = 8000,
	FORGETS_AFTER = 5
};

/* A new state, which knows nothing of the outcomes before it. */
static void change(struct breaker *b, enum breaker_state state)
{
	b->state = state;
	b->generation++;
	b->is_probed = false;
	b->failing_n = 0;
	b->good_n = 0;
	b->next = 0;
	b->outcomes_n = 0;
}

void breaker_init(struct breaker *b)
{
	*b = (struct breaker){ .state = BREAKER_CLOSED };
}

int64_t breaker_wait(const struct breaker *b, int64_t now_ms)
{
	if (b->state == BREAKER_OPEN)
		return b->until_ms > now_ms ? b->until_ms - now_ms : 0;
	if (b->state == BREAKER_HALF_OPEN && b->is_probed)
		return BREAKER_UNTIL_LEAVE;
	return 0;
}

struct breaker_ticket breaker_enter(struct breaker *b, int64_t now_ms)
{
	assert(breaker_wait(b, now_ms) == 0);
	if (b->state == BREAKER_OPEN)
		change(b, BREAKER_HALF_OPEN);
	b->is_probed = b->state == BREAKER_HALF_OPEN;
	return (struct breaker_ticket){ .generation = b->generation, .start_ms = now_ms };
}

static void trip(struct breaker *b, int64_t now_ms, struct rng *rng)
{
	int64_t open_ms = OPEN_MS;
	for (unsigned n = 0; n < b->opened_n && open_ms < OPEN_MOST_MS; n++)
		open_ms *= 2;
	b->opened_n++;
	b->until_ms = now_ms + open_ms - rng_upto(rng, open_ms / 4);
	change(b, BREAKER_OPEN);
}

static bool fails_too_often(const struct breaker *b, int64_t now_ms)
{
	unsigned recent_n = 0, failures_n = 0;
	for (unsigned i = 0; i < b->outcomes_n; i++)
		if (now_ms - b->window[i].at_ms < WINDOW_MS) {
			recent_n++;
			failures_n += b->window[i].is_failure;
		}
	return recent_n >= WINDOW_LEAST && 2 * failures_n >= recent_n;
}

static void note(struct breaker *b, bool is_failure, int64_t start_ms, int64_t now_ms)
{
	b->window[b->next].at_ms = now_ms;
	b->window[b->next].is_failure = is_failure;
	b->next = (b->next + 1) % BREAKER_WINDOW;
	if (b->outcomes_n < BREAKER_WINDOW)
		b->outcomes_n++;
	if (is_failure && b->failing_n++ == 0)
		b->failing_ms = now_ms;
	else if (!is_failure && start_ms >= b->failing_ms)
		b->failing_n = 0;
	if (!is_failure && b->good_n < FORGETS_AFTER && ++b->good_n == FORGETS_AFTER)
		b->opened_n = 0;
}

void breaker_leave(struct breaker *b, struct breaker_ticket ticket, enum breaker_sign sign,
	int64_t now_ms, struct rng *rng)
{
	if (ticket.generation != b->generation)
		return;
	b->is_probed = false;
	if (sign == BREAKER_NEITHER)
		return;
	bool is_failure = sign == BREAKER_FAILURE;
	if (b->state == BREAKER_HALF_OPEN && !is_failure)
		change(b, BREAKER_CLOSED);
	else if (b->state == BREAKER_HALF_OPEN)
		trip(b, now_ms, rng);
	else
		note(b, is_failure, ticket.start_ms, now_ms);
	if (b->failing_n >= IN_A_ROW || (is_failure && fails_too_often(b, now_ms)))
		trip(b, now_ms, rng);
}
