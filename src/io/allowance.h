/* SPDX-License-Identifier: MIT */
/*
 * allowance: what response headers say about limits and what is left of them.
 *
 * Reads the families `x-ratelimit-*` (OpenAI, Azure, Groq, Mistral, OpenRouter, gateways),
 * `x-ratelimitbysize-*`, `anthropic-ratelimit-*` and `ratelimit-*`. Headers about the same unit in
 * the same window go into one item, in whatever order they come; of two alike the later counts;
 * what makes no sense is as if it were not there. Pure, the wall clock is an argument; any thread.
 */
#pragma once

#include "base/span.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/* True for names that allowance_read may understand; cheap, for all others are seen more often. */
bool allowance_is_header(struct span name);

/*
 * Reads one header, both borrowed: name without colon in any case, value without outer spaces.
 * *all is NULL or the caller's from an earlier header; allocates it when there is something to
 * say. wall_s is now, in seconds since 1970 UTC. False, with nothing changed, if the header says
 * nothing, or there are ALLOWANCES_MAX items already.
 */
bool allowance_read(struct allowances **all, struct span name, struct span value, int64_t wall_s);
