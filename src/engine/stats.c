/* SPDX-License-Identifier: MIT */
#include "engine/stats.h"

#include "base/log.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void count_failure(struct stats *s, const struct record *r)
{
	enum error_code code = r->failure.code;
	struct stats_sample *sample = &s->samples[code];
	s->failed_n++;
	/* Records settle in any order; the first is the one that stands first in the input. */
	if (s->codes_n[code]++ > 0 && sample->line < r->line)
		return;
	sample->line = r->line;
	/* What would be right is said where the record is told of. */
	const char *message = r->failure.message ? r->failure.message : "";
	snprintf(sample->message, sizeof sample->message, "%.*s", (int)strcspn(message, LOG_HELP),
		message);
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
		s->hopeless_n += r->hopeless != NULL;
		break;
	case FATE_SKIPPED:
		s->skipped_n++;
		break;
	}
}

bool stats_is_unasked(const struct record *r)
{
	enum error_code code = r->failure.code;
	return r->fate == FATE_FAILED && (code == ERROR_CANCELLED || code == ERROR_BUDGET);
}

uint64_t stats_unasked_n(const struct stats *s)
{
	return s->codes_n[ERROR_CANCELLED] + s->codes_n[ERROR_BUDGET];
}

/*
 * What is no JSON will be none when it is read again, the same template finds no more then, and the
 * same limits cut the same; a cache gives the answer again that the schema has refused; and of a
 * budget that the first request passes there is never any left.
 */
uint64_t stats_mendable_n(const struct stats *s, bool has_answers)
{
	uint64_t same_n = s->codes_n[ERROR_BAD_RECORD] + s->codes_n[ERROR_TEMPLATE] +
		s->codes_n[ERROR_TRUNCATED] + s->codes_n[ERROR_TOO_LARGE];
	if (has_answers)
		same_n += s->codes_n[ERROR_SCHEMA_MISMATCH];
	if (s->requests_n == 0)
		same_n += s->codes_n[ERROR_BUDGET];
	return s->failed_n + s->passed_n - s->hopeless_n - same_n;
}

uint64_t stats_done_n(const struct stats *s)
{
	uint64_t settled_n = s->answered_n + s->skipped_n + s->failed_n + s->passed_n;
	return s->has_groups ? s->read_n : settled_n - stats_unasked_n(s);
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
