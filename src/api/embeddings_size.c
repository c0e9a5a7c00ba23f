/* SPDX-License-Identifier: MIT */
/*
 * What servers say of packs is told from what they say of one text in complaint.c, which has their
 * words; proxies say 413 and no more.
 */
#include "api/embeddings.h"

#include "api/complaint.h"

/*
 * The latter says so where a request is more than a minute's tokens; others of it are OUTCOME_RATE.
 */
enum { STATUS_TOO_LARGE = 413, STATUS_TOO_MANY = 429 };

bool embeddings_has_too_many(const struct attempt *attempt, const struct answer *answer)
{
	if (answer->outcome == OUTCOME_TOO_LARGE)
		return true;
	if (answer->outcome != OUTCOME_TOO_LONG)
		return false;
	return attempt->status == STATUS_TOO_LARGE || attempt->status == STATUS_TOO_MANY ||
		(answer->message && complaint_is_of_pack(span_of(answer->message)));
}
