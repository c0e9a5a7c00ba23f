/* SPDX-License-Identifier: MIT */
#include "work/outcome.h"

#include <assert.h>
#include <stddef.h>

static const struct {
	const char *name;
	bool retryable;
	bool own_fault;
} codes[ERROR_CODES_N] = {
	[ERROR_NONE] = { "none", false, false },
	[ERROR_BAD_RECORD] = { "bad_record", false, true },
	[ERROR_TEMPLATE] = { "template", false, true },
	[ERROR_REQUEST_REJECTED] = { "request_rejected", false, true },
	[ERROR_AUTH] = { "auth", false, false },
	[ERROR_QUOTA] = { "quota", false, false },
	[ERROR_RATE_LIMITED] = { "rate_limited", true, false },
	[ERROR_OVERLOADED] = { "overloaded", true, false },
	[ERROR_TIMEOUT] = { "timeout", true, false },
	[ERROR_TRANSPORT] = { "transport", true, false },
	[ERROR_BAD_RESPONSE] = { "bad_response", true, true },
	[ERROR_TRUNCATED] = { "truncated", false, true },
	[ERROR_CONTENT_FILTER] = { "content_filter", false, true },
	[ERROR_SCHEMA_MISMATCH] = { "schema_mismatch", false, true },
	[ERROR_TOO_LARGE] = { "too_large", false, true },
	[ERROR_BUDGET] = { "budget", true, false },
	[ERROR_CANCELLED] = { "cancelled", true, false },
};

static const char *const outcomes[OUTCOMES_N] = {
	[OUTCOME_ANSWERED] = "answered",
	[OUTCOME_RATE] = "rate_limited",
	[OUTCOME_CAPACITY] = "overloaded",
	[OUTCOME_FAULT] = "server_error",
	[OUTCOME_QUOTA] = "quota",
	[OUTCOME_AUTH] = "auth",
	[OUTCOME_NOT_FOUND] = "not_found",
	[OUTCOME_REQUEST] = "request_rejected",
	[OUTCOME_TOO_LONG] = "too_long",
	[OUTCOME_POLICY] = "content_filter",
	[OUTCOME_TRANSPORT] = "transport",
	[OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_CONFLICT] = "conflict",
	[OUTCOME_BAD_RESPONSE] = "bad_response",
	[OUTCOME_TOO_LARGE] = "too_large",
	[OUTCOME_TRUNCATED] = "truncated",
	[OUTCOME_MISMATCH] = "schema_mismatch",
	[OUTCOME_CANCELLED] = "cancelled",
};

const char *outcome_name(enum outcome outcome)
{
	assert(outcome < OUTCOMES_N);
	return outcomes[outcome];
}

const char *error_code_name(enum error_code code)
{
	assert(code < ERROR_CODES_N);
	return codes[code].name;
}

bool error_code_is_retryable(enum error_code code)
{
	return codes[code].retryable;
}

bool error_code_is_own_fault(enum error_code code)
{
	return codes[code].own_fault;
}

enum error_code error_code_of(enum outcome outcome)
{
	static const enum error_code of[OUTCOMES_N] = {
		[OUTCOME_ANSWERED] = ERROR_NONE,
		[OUTCOME_RATE] = ERROR_RATE_LIMITED,
		[OUTCOME_CAPACITY] = ERROR_OVERLOADED,
		[OUTCOME_FAULT] = ERROR_OVERLOADED,
		[OUTCOME_QUOTA] = ERROR_QUOTA,
		[OUTCOME_AUTH] = ERROR_AUTH,
		[OUTCOME_NOT_FOUND] = ERROR_REQUEST_REJECTED,
		[OUTCOME_REQUEST] = ERROR_REQUEST_REJECTED,
		[OUTCOME_TOO_LONG] = ERROR_REQUEST_REJECTED,
		[OUTCOME_POLICY] = ERROR_CONTENT_FILTER,
		[OUTCOME_TRANSPORT] = ERROR_TRANSPORT,
		[OUTCOME_TIMEOUT] = ERROR_TIMEOUT,
		[OUTCOME_CONFLICT] = ERROR_REQUEST_REJECTED,
		[OUTCOME_BAD_RESPONSE] = ERROR_BAD_RESPONSE,
		[OUTCOME_TOO_LARGE] = ERROR_TOO_LARGE,
		[OUTCOME_TRUNCATED] = ERROR_TRUNCATED,
		[OUTCOME_MISMATCH] = ERROR_SCHEMA_MISMATCH,
		[OUTCOME_CANCELLED] = ERROR_CANCELLED,
	};
	assert(outcome < OUTCOMES_N);
	return of[outcome];
}
