/* SPDX-License-Identifier: MIT */
/*
 * hash: bytes to a number, for tables that live as long as the program.
 *
 * Fast, and with a secret seed hard to make collide on purpose; no digest: whoever finds the same
 * number compares the bytes. Pure.
 */
#pragma once

#include "base/span.h"

#include <stdint.h>

/* Gives the hash of the bytes, never 0; another for another seed. */
uint64_t hash_bytes(struct span bytes, uint64_t seed);
