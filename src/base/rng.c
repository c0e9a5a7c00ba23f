/* SPDX-License-Identifier: MIT */
/*
 * SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014):
 * one addition and three multiply-shift rounds per number. Passes BigCrush, has no bad seeds, and
 * its whole state is one word, which is all that jitter needs.
 */
#include "base/rng.h"

void rng_init(struct rng *r, uint64_t seed)
{
	r->state = seed;
}

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

int64_t rng_upto(struct rng *r, int64_t n)
{
	if (n <= 0)
		return 0;
	/*
	 * The high half of a 128-bit product maps 64 bits onto 0..n with a bias below 2^-40 here.
	 */
	return (int64_t)(((unsigned __int128)rng_next(r) * ((uint64_t)n + 1)) >> 64);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}
