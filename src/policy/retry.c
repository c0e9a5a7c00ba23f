/* SPDX-License-Identifier: MIT */
/*
 * Full jitter: the wait is uniform in [0, min(cap, base * 2^n)] (Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015). Of the schemes compared there it needs the fewest calls to
 * get a crowd through, because it spreads the crowd over the whole interval and not over its upper
 * half.
 *
 * Each kind of trouble has its own base and cap; "too fast" has none, since its gate says when (see
 * pace.c), and a refused connection is cheap to try again. The doubtful kinds (an answer
 * that came but is none, a conflict) are tried twice more at most, whatever --retries allows: each
 * try may be billed, and the third is no better than the second.
 *
 * While others are answered the server is not down, and a failed call was merely unlucky: its waits
 * stop growing at two seconds. In ordered output one call that waits for long holds up the window.
 *
 * Where another endpoint is there to be asked, the first failure of a link costs no wait at all. A
 * failure that is excused (the endpoint is down, or was asked too fast or too much at once) waits
 * for its gate, and for nothing else; but what was refused for load is spread.
 */
#include "policy/retry.h"

#include <assert.h>

enum { EXPONENT_MAX = 20, DOUBTFUL_TRIES_MAX = 2, UNLUCKY_CAP_MS = 2000, REFUSED_BASE_MS = 250 };

static const struct {
	int64_t base_ms;
	int64_t cap_ms;
} backoff[TROUBLE_KINDS_N] = {
	[TROUBLE_LOAD] = { 500, 30000 },
	[TROUBLE_LINK] = { 250, 8000 },
	[TROUBLE_DOUBTFUL] = { 500, 8000 },
	[TROUBLE_PERMANENT] = { 500, 30000 },
};

static int64_t jittered(const struct retry_case *c, struct rng *rng)
{
	unsigned n = c->failures_n > 0 ? c->failures_n - 1 : 0;
	int64_t cap_ms = backoff[c->trouble].cap_ms;
	int64_t ceiling = backoff[c->trouble].base_ms << (n < EXPONENT_MAX ? n : EXPONENT_MAX);
	if (c->others_succeed && ceiling > UNLUCKY_CAP_MS)
		ceiling = UNLUCKY_CAP_MS;
	return rng_upto(rng, ceiling < cap_ms ? ceiling : cap_ms);
}

/* What is refused for load comes back spread, not all at once into the place that is free. */
static int64_t refused_wait(unsigned n, struct rng *rng)
{
	int64_t ceiling = (int64_t)REFUSED_BASE_MS << (n < EXPONENT_MAX ? n - 1 : EXPONENT_MAX);
	return rng_upto(rng, ceiling < UNLUCKY_CAP_MS ? ceiling : UNLUCKY_CAP_MS);
}

bool retry_counts(enum trouble trouble)
{
	return trouble != TROUBLE_PACE;
}

static bool is_worth_it(const struct retry_opts *o, const struct retry_case *c)
{
	if (c->advice == 0)
		return false;
	if (c->trouble == TROUBLE_PACE || c->is_excused)
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
	bool is_elsewhere = c->has_elsewhere && c->trouble == TROUBLE_LINK && c->failures_n <= 1;
	if (c->trouble == TROUBLE_PACE || c->is_excused)
		*wait_ms = c->refusals_n > 0 ? refused_wait(c->refusals_n, rng) : 0;
	else
		*wait_ms = is_elsewhere ? 0 : jittered(c, rng);
	return true;
}
