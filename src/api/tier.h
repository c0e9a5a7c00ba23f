/* SPDX-License-Identifier: MIT */
/*
 * tier: what the APIs call the tiers of service that they charge at.
 *
 * Private to the room api. Pure; the loop's thread.
 */
#pragma once

#include "base/span.h"
#include "work/answer.h"

/*
 * Gives the tier that the text, escaped or missing, is the name of; TIER_USUAL for what is unknown,
 * or paid for by the month.
 */
enum service_tier tier_of(struct span name);
