/* SPDX-License-Identifier: MIT */
/*
 * Least: of two choices drawn at random, the one with less to do (Mitzenmacher, "The Power of Two
 * Choices in Randomized Load Balancing", 2001). Comparing only two keeps several processes from
 * running to the same endpoint all at once, and costs little over comparing all. What one has to
 * do is its latency times the requests it would have, by its weight; a newcomer counts as fast as
 * the fastest, so that it is tried.
 *
 * All endpoints share the slots of the run. A slot given to an endpoint that is far slower is lost
 * to the others for so long: with two at 1 s and one at 10 s, a third of the picks for the slow one
 * would soon put most of the slots there. So one that takes over four times as long as the fastest
 * is passed over while a faster one has room, but for one pick in 200, to see whether that is still
 * true, and then only if it has nothing of ours that will tell.
 *
 * Weighted: drawn at random, each as likely as its weight says. Comparing requests in flight by
 * weight would do that only under load: while requests are short, all have none in flight.
 *
 * Affinity: rendezvous hashing (Thaler, Ravishankar, 1998) with weights (Schindelhauer, Schomaker,
 * 2005): each choice scores by a hash of the key and itself, the best gets the key, and if one
 * leaves only its own keys move. Loads are bounded (Mirrokni, Thorup, Zadimoghaddam, 2016): one
 * that has a quarter more than its share, and one more, is passed over for the next best, so that a
 * prompt that all records begin with does not make one endpoint do everything.
 */
#include "policy/balance.h"

#include <assert.h>
#include <math.h>

enum { SLOW_FACTOR = 4, REFRESH_PICKS_N = 200, MEAN_OF_N = 10, RAMP_MS = 10000 };

static const double ramp_least = 0.1, load_factor = 1.25;

double balance_mean_ms(double mean_ms, int64_t latency_ms)
{
	double latest = latency_ms > 1 ? (double)latency_ms : 1;
	return mean_ms > 0 ? mean_ms + (latest - mean_ms) / MEAN_OF_N : latest;
}

double balance_ramp(double weight, int64_t since_ms)
{
	if (since_ms >= RAMP_MS)
		return weight;
	double part = (double)since_ms / RAMP_MS;
	return weight * (part > ramp_least ? part : ramp_least);
}

/* The last steps of MurmurHash3: each bit of the argument may change each bit of the result. */
static uint64_t mixed(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/* FNV-1a, whose high bits alone would tell little of the last bytes. */
uint64_t balance_hash(const void *bytes, uint64_t n)
{
	const unsigned char *at = bytes;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (uint64_t i = 0; i < n; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	return mixed(h);
}

/* How a choice stands to the fastest. */
enum speed { IS_FAST, IS_SLOW, IS_SLOW_AND_IDLE };

/* What is offered, and the smallest latency known among it; 0 = none is known. */
struct offer {
	const struct balance_choice *choices;
	unsigned n;
	double least_ms;
};

static double least_known_ms(const struct balance_choice *choices, unsigned n)
{
	double least = 0;
	for (unsigned i = 0; i < n; i++)
		if (choices[i].latency_ms > 0 && (least <= 0 || choices[i].latency_ms < least))
			least = choices[i].latency_ms;
	return least;
}

static enum speed speed_of(const struct offer *o, unsigned i)
{
	if (o->choices[i].latency_ms <= o->least_ms * SLOW_FACTOR)
		return IS_FAST;
	return o->choices[i].in_flight == 0 ? IS_SLOW_AND_IDLE : IS_SLOW;
}

static unsigned count(const struct offer *o, enum speed speed)
{
	unsigned n = 0;
	for (unsigned i = 0; i < o->n; i++)
		n += speed_of(o, i) == speed;
	return n;
}

/* Gives the index of the k-th of that speed, from 0. */
static unsigned nth(const struct offer *o, enum speed speed, int64_t k)
{
	unsigned i = 0;
	while (speed_of(o, i) != speed || k-- > 0)
		i++;
	return i;
}

/* What the choice has to do with one more request. */
static double expected_work(const struct offer *o, unsigned i)
{
	const struct balance_choice *c = &o->choices[i];
	double assumed_ms = o->least_ms > 0 ? o->least_ms : 1;
	return (c->latency_ms > 0 ? c->latency_ms : assumed_ms) * (c->in_flight + 1.0) / c->weight;
}

static unsigned pick_least(const struct balance_choice *choices, unsigned n, struct rng *rng)
{
	struct offer o = { choices, n, least_known_ms(choices, n) };
	int64_t idle_n = count(&o, IS_SLOW_AND_IDLE), fast_n = count(&o, IS_FAST);
	if (idle_n > 0 && rng_upto(rng, REFRESH_PICKS_N - 1) == 0)
		return nth(&o, IS_SLOW_AND_IDLE, rng_upto(rng, idle_n - 1));
	int64_t a = rng_upto(rng, fast_n - 1), b = rng_upto(rng, fast_n - 2);
	unsigned first = nth(&o, IS_FAST, a);
	if (fast_n == 1)
		return first;
	unsigned second = nth(&o, IS_FAST, b + (b >= a));
	return expected_work(&o, second) < expected_work(&o, first) ? second : first;
}

static double weights_of(const struct balance_choice *choices, unsigned n)
{
	double sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += choices[i].weight;
	return sum;
}

static unsigned pick_weighted(const struct balance_choice *choices, unsigned n, struct rng *rng)
{
	double left = rng_unit(rng) * weights_of(choices, n);
	unsigned i = 0;
	while (i + 1 < n && left >= choices[i].weight)
		left -= choices[i++].weight;
	return i;
}

/* Exponentially distributed over the keys, so that the largest of several is so by weight. */
static double score(const struct balance_choice *c, uint64_t key)
{
	double u = ((double)(mixed(key ^ mixed(c->id)) >> 11) + 0.5) / 9007199254740992.0;
	return -c->weight / log(u);
}

/* At least one choice is within the bound: together the bounds are more than what there is. */
static unsigned pick_by_affinity(const struct balance_choice *choices, unsigned n, uint64_t key)
{
	double in_flight = 1, weights = weights_of(choices, n), most = 0;
	unsigned best = n;
	for (unsigned i = 0; i < n; i++)
		in_flight += choices[i].in_flight;
	for (unsigned i = 0; i < n; i++) {
		const struct balance_choice *c = &choices[i];
		double bound = load_factor * in_flight * c->weight / weights + 1;
		if (c->in_flight + 1 > bound || (best < n && score(c, key) <= most))
			continue;
		best = i;
		most = score(c, key);
	}
	assert(best < n);
	return best;
}

unsigned balance_pick(enum balance_rule rule, const struct balance_choice *choices, unsigned n,
	uint64_t key, struct rng *rng)
{
	assert(n >= 1);
	if (n == 1)
		return 0;
	if (rule == BALANCE_AFFINITY)
		return pick_by_affinity(choices, n, key);
	return rule == BALANCE_WEIGHTED ? pick_weighted(choices, n, rng)
					: pick_least(choices, n, rng);
}
