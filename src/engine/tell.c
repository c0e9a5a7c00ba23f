/* SPDX-License-Identifier: MIT */
#include "engine/tell.h"

#include "base/log.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_N = 3 }; /* of a code */

/* What to do, where the message does not say it. */
static const char *const helps[ERROR_CODES_N] = {
	[ERROR_AUTH] = "give another key with --key-env NAME or --key-file FILE; pllm doctor says "
		       "which one was found where",
	[ERROR_QUOTA] = "see to the account's billing and limits; then --retry-errors asks again",
	[ERROR_RATE_LIMITED] = "--rate 60/m or a smaller -j asks more slowly; --retry-errors asks "
			       "again",
	[ERROR_OVERLOADED] = "--retry-errors asks again later; --fallback MODEL asks another",
	[ERROR_TIMEOUT] = "--timeout DUR waits longer; --retry-errors asks again",
	[ERROR_TRANSPORT] = "pllm doctor tries the connection; --retry-errors asks again",
	[ERROR_BAD_RESPONSE] =
		"--trace FILE shows what was answered; pllm doctor tries the endpoint",
	[ERROR_TRUNCATED] = "give a larger --max-tokens, or --on-truncate grow or keep",
	[ERROR_SCHEMA_MISMATCH] = "--reasks N asks more often, another -m may do better",
	[ERROR_TOO_LARGE] = "--max-input-tokens N with --on-overflow truncate cuts what is asked; "
			    "pllm chunk makes pieces of it",
};

enum { NOT_FOUND = 404 };

/* What to do about it; NULL = nobody knows, or the message says it. */
static const char *help_of(const struct failure *f, const char *message)
{
	if (strstr(message, LOG_HELP))
		return NULL;
	return f->status == NOT_FOUND && f->code == ERROR_REQUEST_REJECTED
		? "pllm doctor says whether it is the address or the model"
		: helps[f->code];
}

void tell_failed(const struct stats *s, const struct record *r, bool all)
{
	enum error_code code = r->failure.code;
	uint64_t n = s->codes_n[code];
	const char *message = r->failure.message ? r->failure.message : "";
	const char *help = help_of(&r->failure, message);
	char where[40];
	snprintf(where, sizeof where, "line %llu", (unsigned long long)r->line);
	char *text = n > 1 ? xmemdup(message, strcspn(message, LOG_HELP))
			   : xasprintf("%s%s%s", message, help ? LOG_HELP : "", help ? help : "");
	log_fault(
		all || n <= TOLD_N ? LOG_WARNING : LOG_DETAIL, where, error_code_name(code), text);
	free(text);
}
