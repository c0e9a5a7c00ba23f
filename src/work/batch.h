/* SPDX-License-Identifier: MIT */
/*
 * batch: the envelope of a request in a batch file, as the Batch APIs take them.
 *
 * Says which request a record holds and which of the API's paths it is for: one of a list, never a
 * host. What is in the request is the server's business. Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "work/ask.h"
#include "work/plan.h"

#include <stdbool.h>

/* Which field of a request, by its path, says how many tokens the answer may have. */
enum batch_limit {
	BATCH_LIMIT_CHAT,       /* two names, one newer than the other */
	BATCH_LIMIT_COMPLETION, /* max_tokens */
	BATCH_LIMIT_RESPONSE,   /* max_output_tokens */
	BATCH_LIMIT_NONE        /* what comes back is no text */
};

struct batch_request {
	const char *path; /* of the list: "/v1/embeddings"; NULL = the format has but one */
	enum batch_limit limit;
	struct span body; /* the request, an object */
};

/*
 * Reads the envelope of a scanned record. False with fault filled (ERROR_BAD_RECORD; says what
 * would be right) if it is none that is asked.
 */
bool batch_read(
	enum batch format, struct span record, struct batch_request *out, struct fault *fault);

/*
 * Gives the record's custom_id, a JSON string with its quotes, as it came; a missing span if there
 * is none. Takes a missing record.
 */
struct span batch_id(struct span record);
