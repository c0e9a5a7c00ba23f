/* SPDX-License-Identifier: MIT */
#include "engine/stats.h"

#include <assert.h>
#include <stddef.h>
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

static uint64_t sum_of(const struct stats *s, const enum error_code *codes, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += s->codes_n[codes[i]];
	return sum;
}

bool stats_none_worked(const struct stats *s)
{
	static const enum error_code network[] = { ERROR_TRANSPORT, ERROR_OVERLOADED, ERROR_TIMEOUT,
		ERROR_RATE_LIMITED };
	static const enum error_code answers[] = { ERROR_REQUEST_REJECTED, ERROR_AUTH, ERROR_QUOTA,
		ERROR_BAD_RESPONSE, ERROR_TRUNCATED, ERROR_CONTENT_FILTER, ERROR_SCHEMA_MISMATCH,
		ERROR_TOO_LARGE };
	return s->answered_n == 0 && sum_of(s, network, sizeof network / sizeof *network) > 0 &&
		sum_of(s, answers, sizeof answers / sizeof *answers) == 0;
}
