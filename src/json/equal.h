/* SPDX-License-Identifier: MIT */
/*
 * equal: whether two JSON values are the same, however they are written.
 *
 * As JSON Schema has it: numbers by value, strings decoded, objects without order. The work is
 * bounded: of values that would take too long to compare only the bytes are. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Gives a hash that equal values share; of a scanned value, borrowed. */
uint64_t json_hash(struct span value);

/* True if the two scanned values, borrowed, are equal. */
bool json_is_equal(struct span a, struct span b);
