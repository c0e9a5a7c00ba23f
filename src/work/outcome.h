/* SPDX-License-Identifier: MIT */
/*
 * outcome: how an attempt ended, in one vocabulary for all wire APIs, and the codes that failed
 * records carry.
 *
 * An API's file turns status, headers and body into an outcome; the engine turns the outcome into
 * what the policies understand; a record that stays failed shows the error code. Pure constants.
 */
#pragma once

#include <stdbool.h>

enum outcome {
	OUTCOME_ANSWERED,     /* there is an answer */
	OUTCOME_RATE,         /* asked too fast: wait, then ask again; nobody's failure */
	OUTCOME_CAPACITY,     /* too much at once for the server: ask again later, and less */
	OUTCOME_FAULT,        /* the server has trouble: ask again later */
	OUTCOME_QUOTA,        /* money or quota is out: never ask this endpoint again */
	OUTCOME_AUTH,         /* the key is not accepted: never ask this endpoint again */
	OUTCOME_NOT_FOUND,    /* the model or path is unknown */
	OUTCOME_REQUEST,      /* this request is wrong and stays wrong */
	OUTCOME_TOO_LONG,     /* this request is longer than the model takes */
	OUTCOME_POLICY,       /* this content is refused and stays refused */
	OUTCOME_TRANSPORT,    /* the connection failed: before, while or after asking */
	OUTCOME_TIMEOUT,      /* no answer in time; it may have been billed */
	OUTCOME_CONFLICT,     /* 409: may pass on a second try, may be for good */
	OUTCOME_BAD_RESPONSE, /* an answer that is none: not JSON, not HTTP, empty */
	OUTCOME_TOO_LARGE,    /* the answer passed a ceiling of ours */
	OUTCOME_TRUNCATED,    /* an answer cut by the token limit */
	OUTCOME_MISMATCH,     /* an answer that is not what the schema says */
	OUTCOME_CANCELLED,    /* we stopped it */
	OUTCOMES_N
};

enum error_code {
	ERROR_NONE,
	ERROR_BAD_RECORD,
	ERROR_TEMPLATE,
	ERROR_REQUEST_REJECTED,
	ERROR_AUTH,
	ERROR_QUOTA,
	ERROR_RATE_LIMITED,
	ERROR_OVERLOADED,
	ERROR_TIMEOUT,
	ERROR_TRANSPORT,
	ERROR_BAD_RESPONSE,
	ERROR_TRUNCATED,
	ERROR_CONTENT_FILTER,
	ERROR_SCHEMA_MISMATCH,
	ERROR_TOO_LARGE,
	ERROR_BUDGET,
	ERROR_CANCELLED,
	ERROR_CODES_N
};

/* Gives the outcome's name as --trace and the statistics have it ("rate_limited"); static text. */
const char *outcome_name(enum outcome outcome);

/* Gives the code's name as records carry it ("rate_limited"); static text. */
const char *error_code_name(enum error_code code);

/* True if running the record again later may help: what "retryable" says in a failed record. */
bool error_code_is_retryable(enum error_code code);

/* True if the failure is the record's own doing and not the endpoint's, the network's or ours. */
bool error_code_is_own_fault(enum error_code code);

/* The code that a record shows when its last attempt ended so. ERROR_NONE for OUTCOME_ANSWERED. */
enum error_code error_code_of(enum outcome outcome);
