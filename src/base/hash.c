/* SPDX-License-Identifier: MIT */
/*
 * Folded multiplication: the 128-bit product of two words holds every bit of both, and its halves
 * xored are well mixed. As in wyhash (Wang Yi) and its kin; the constants are digits of pi.
 */
#include "base/hash.h"

#include <string.h>

#define PI_0 0x243f6a8885a308d3ULL
#define PI_1 0x13198a2e03707344ULL
#define PI_2 0xa4093822299f31d0ULL

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

uint64_t hash_bytes(struct span bytes, uint64_t seed)
{
	uint64_t hash = fold(seed ^ PI_0, bytes.n ^ PI_1);
	const char *at = bytes.at;
	size_t left = bytes.n;
	for (; left >= 16; at += 16, left -= 16)
		hash = fold(word_at(at) ^ PI_1 ^ hash, word_at(at + 8) ^ PI_2);
	char tail[16] = { 0 };
	if (left > 0)
		memcpy(tail, at, left);
	hash = fold(word_at(tail) ^ PI_1 ^ hash, word_at(tail + 8) ^ PI_2);
	hash = fold(hash ^ PI_0, PI_2 ^ seed);
	return hash ? hash : 1;
}
