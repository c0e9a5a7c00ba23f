/* SPDX-License-Identifier: MIT */
#include "engine/stats.h"

#include <assert.h>
#include <stdio.h>

static void count_failure(struct stats *s, const struct record *r)
{
	enum error_code code = r->failure.code;
	struct stats_sample *sample = &s->samples[code];
	s->failed_n++;
	/* Records settle in any order; the first is the one that stands first in the input. */
	if (s->codes_n[code]++ > 0 && sample->line < r->line)
		return;
	sample->line = r->line;
	snprintf(sample->message, sizeof sample->message, "%s",
		r->failure.message ? r->failure.message : "");
}

void stats_count(struct stats *s, const struct record *r)
{
	switch (r->fate) {
	case FATE_OPEN:
		assert(r->fate != FATE_OPEN); /* only settled records are counted */
		break;
	case FATE_ANSWERED:
		s->answered_n++;
		break;
	case FATE_FAILED:
		count_failure(s, r);
		break;
	case FATE_PASSED:
		s->passed_n++;
		break;
	case FATE_SKIPPED:
		s->skipped_n++;
		break;
	}
}

uint64_t stats_network_n(const struct stats *s)
{
	return s->codes_n[ERROR_TRANSPORT] + s->codes_n[ERROR_OVERLOADED] +
		s->codes_n[ERROR_TIMEOUT] + s->codes_n[ERROR_RATE_LIMITED];
}
