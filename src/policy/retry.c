/* SPDX-License-Identifier: MIT */
/*
 * Full jitter: the wait is uniform in [0, min(cap, base * 2^n)] (Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015). Of the schemes compared there it needs the fewest calls to
 * get a crowd through, because it spreads the crowd over the whole interval and not over its upper
 * half.
 *
 * Each kind of trouble has its own base and cap. A refused connection is cheap to try again; a
 * server that says "too fast" without saying for how long gets time. The doubtful kinds (an answer
 * that came but is none, a conflict) are tried twice more at most, whatever --retries allows: each
 * try may be billed, and the third is no better than the second.
 *
 * While others are answered the server is not down, and a failed call was merely unlucky: its waits
 * stop growing at two seconds. In ordered output one call that waits for long holds up the window.
 *
 * A hint replaces the guess: waiting as long as the larger of the two makes a run under a limit of
 * requests per minute take twice the ideal time (simulated), a hint and a spread a fifth more.
 */
#include "policy/retry.h"

#include <assert.h>

enum { EXPONENT_MAX = 20, DOUBTFUL_TRIES_MAX = 2, HINT_SPREAD_MS = 500, UNLUCKY_CAP_MS = 2000 };

static const struct {
	int64_t base_ms;
	int64_t cap_ms;
} backoff[TROUBLE_KINDS_N] = {
	[TROUBLE_PACE] = { 500, 30000 },
	[TROUBLE_LOAD] = { 500, 30000 },
	[TROUBLE_LINK] = { 250, 8000 },
	[TROUBLE_DOUBTFUL] = { 500, 8000 },
	[TROUBLE_PERMANENT] = { 500, 30000 },
};

static int64_t jittered(const struct retry_case *c, unsigned n, struct rng *rng)
{
	enum trouble trouble = c->trouble;
	int64_t ceiling = backoff[trouble].base_ms << (n < EXPONENT_MAX ? n : EXPONENT_MAX);
	if (c->others_succeed && ceiling > UNLUCKY_CAP_MS)
		ceiling = UNLUCKY_CAP_MS;
	return rng_upto(rng, ceiling < backoff[trouble].cap_ms ? ceiling : backoff[trouble].cap_ms);
}

bool retry_counts(enum trouble trouble)
{
	return trouble != TROUBLE_PACE;
}

static bool is_worth_it(const struct retry_opts *o, const struct retry_case *c)
{
	if (c->advice == 0)
		return false;
	if (c->trouble == TROUBLE_PACE)
		return true;
	if (c->failures_n > o->retries)
		return false;
	if (c->trouble == TROUBLE_DOUBTFUL)
		return c->doubtful_n <= DOUBTFUL_TRIES_MAX;
	return c->trouble != TROUBLE_PERMANENT || c->advice == 1;
}

bool retry_decide(
	const struct retry_opts *o, const struct retry_case *c, struct rng *rng, int64_t *wait_ms)
{
	assert(c->trouble < TROUBLE_KINDS_N);
	if (!is_worth_it(o, c))
		return false;
	unsigned tries_n = c->trouble == TROUBLE_PACE ? c->waits_n : c->failures_n;
	int64_t wait = jittered(c, tries_n ? tries_n - 1 : 0, rng);
	if (c->hint_ms >= 0) {
		/* The other side knows better than our guess, which only spreads the waiters. */
		int64_t spread = wait < HINT_SPREAD_MS ? wait : HINT_SPREAD_MS;
		wait = c->hint_ms + spread + rng_upto(rng, c->hint_ms / 10);
	}
	*wait_ms = wait;
	return true;
}
