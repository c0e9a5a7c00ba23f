/* SPDX-License-Identifier: MIT */
#include "api/tier.h"

enum service_tier tier_of(struct span name)
{
	static const struct {
		const char *name;
		enum service_tier tier;
	} tiers[] = {
		{ "batch", TIER_BATCH },
		{ "flex", TIER_FLEX },
		{ "priority", TIER_PRIORITY },
		{ "fast", TIER_PRIORITY },
		{ "ON_DEMAND_FLEX", TIER_FLEX },
		{ "ON_DEMAND_PRIORITY", TIER_PRIORITY },
	};
	for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
		if (span_is(name, tiers[i].name))
			return tiers[i].tier;
	return TIER_USUAL;
}
