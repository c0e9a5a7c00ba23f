/* SPDX-License-Identifier: MIT */
#include "work/outcome.h"

#include "t.h"

#include <string.h>

TEST("every code has a name of its own in small letters and underscores")
{
	for (int i = 0; i < ERROR_CODES_N; i++) {
		const char *name = error_code_name((enum error_code)i);
		CHECK(name && *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] == '\0');
		for (int j = 0; j < i; j++)
			CHECK(strcmp(name, error_code_name((enum error_code)j)) != 0);
	}
	CHECK_STR(error_code_name(ERROR_RATE_LIMITED), "rate_limited");
	CHECK_STR(error_code_name(ERROR_BAD_RECORD), "bad_record");
}

TEST("every outcome but an answer has a code, and no two of the first kind are mixed up")
{
	static const struct {
		enum outcome outcome;
		enum error_code code;
	} cases[] = {
		{ OUTCOME_ANSWERED, ERROR_NONE },
		{ OUTCOME_RATE, ERROR_RATE_LIMITED },
		{ OUTCOME_CAPACITY, ERROR_OVERLOADED },
		{ OUTCOME_FAULT, ERROR_OVERLOADED },
		{ OUTCOME_QUOTA, ERROR_QUOTA },
		{ OUTCOME_AUTH, ERROR_AUTH },
		{ OUTCOME_NOT_FOUND, ERROR_REQUEST_REJECTED },
		{ OUTCOME_REQUEST, ERROR_REQUEST_REJECTED },
		{ OUTCOME_TOO_LONG, ERROR_REQUEST_REJECTED },
		{ OUTCOME_POLICY, ERROR_CONTENT_FILTER },
		{ OUTCOME_TRANSPORT, ERROR_TRANSPORT },
		{ OUTCOME_TIMEOUT, ERROR_TIMEOUT },
		{ OUTCOME_CONFLICT, ERROR_REQUEST_REJECTED },
		{ OUTCOME_BAD_RESPONSE, ERROR_BAD_RESPONSE },
		{ OUTCOME_TOO_LARGE, ERROR_TOO_LARGE },
		{ OUTCOME_TRUNCATED, ERROR_TRUNCATED },
		{ OUTCOME_MISMATCH, ERROR_SCHEMA_MISMATCH },
		{ OUTCOME_CANCELLED, ERROR_CANCELLED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(cases[i].outcome, i);
		CHECK_INT(error_code_of(cases[i].outcome), cases[i].code);
	}
}

TEST("what time may heal is retryable, and none of that but a bad response is the record's own fault")
{
	static const enum error_code healing[] = { ERROR_RATE_LIMITED, ERROR_OVERLOADED,
		ERROR_TIMEOUT, ERROR_TRANSPORT, ERROR_BAD_RESPONSE, ERROR_BUDGET, ERROR_CANCELLED };
	int retryable_n = 0;
	for (int i = 0; i < ERROR_CODES_N; i++)
		retryable_n += error_code_is_retryable((enum error_code)i);
	CHECK_INT(retryable_n, sizeof healing / sizeof *healing);
	for (size_t i = 0; i < sizeof healing / sizeof *healing; i++) {
		CHECK(error_code_is_retryable(healing[i]));
		CHECK_INT(error_code_is_own_fault(healing[i]), healing[i] == ERROR_BAD_RESPONSE);
	}
	CHECK(!error_code_is_own_fault(ERROR_AUTH) && !error_code_is_own_fault(ERROR_QUOTA));
	CHECK(error_code_is_own_fault(ERROR_TEMPLATE) &&
		error_code_is_own_fault(ERROR_REQUEST_REJECTED));
}
