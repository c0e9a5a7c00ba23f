/* SPDX-License-Identifier: MIT */
/*
 * answer: what an API said, in the normal form that all APIs share.
 *
 * Spans point into the attempt's answer bytes or into `own`, so an answer lives as long as its
 * attempt does, unless answer_keep has made it stand alone. Texts are escaped JSON text (see
 * json/text.h): they are spliced into the output as the server wrote them.
 */
#pragma once

#include "base/buf.h"
#include "base/shared.h"
#include "base/span.h"
#include "work/outcome.h"
#include "work/vector.h"

#include <stdint.h>

/* Why the model stopped. */
enum finish {
	FINISH_UNKNOWN,
	FINISH_STOP,
	FINISH_LENGTH,
	FINISH_TOOL_CALLS,
	FINISH_CONTENT_FILTER,
	FINISH_REFUSAL,
	FINISH_ERROR /* the server gave up in the middle */
};

/* The tier of service that an answer is charged at. */
enum service_tier { TIER_USUAL, TIER_BATCH, TIER_FLEX, TIER_PRIORITY };

/*
 * Tokens as billed where the server says so, else as it counts them; -1 = it did not say. Cached
 * are part of input, reasoning part of output; written to a cache is part of input, too, and 0
 * where nothing is said.
 */
struct usage {
	int64_t input;
	int64_t output;
	int64_t cached;
	int64_t reasoning;
	int64_t cache_write;
	int64_t cache_write_long; /* of cache_write, what is kept for an hour */
	enum service_tier tier;
};

struct answer {
	enum outcome outcome;
	enum finish finish;
	struct span text;  /* the answer, escaped; missing = there is none */
	struct span value; /* the answer where it is not a text but JSON; missing = `text` is it */
	struct span tool_calls; /* a JSON array, as the API writes it; missing = none */
	struct span logprobs;   /* JSON, as the API writes it; missing = none */
	struct span model; /* the model that answered, escaped; missing = the server did not say */
	struct span
		usage_text; /* what the server says of tokens, a JSON value; missing = nothing */
	struct usage usage; /* the same, once the API's read_usage was asked for it */
	struct span service_tier; /* what the server says of it, escaped; missing = nothing */
	struct span endpoint; /* plain: the name of who answered, where it is not the attempt's: it
				 came from a cache; missing = it is */
	int64_t cost;         /* pico-dollars that this run has paid for it; -1 = not known */
	const char *cost_source; /* static: where its price is from; NULL = nowhere */
	struct buf own;          /* owned: what had to be put together; may be empty */
	struct buf json;         /* owned: `value`, where it had to be taken out of a text */
	struct vector vector;    /* a call's, where vectors are asked for; its text is in `source`,
				    or where there is none, where those of the spans are */
	struct shared *source;   /* owned: a share of the bytes that the vector came in; or NULL */
	size_t source_bytes;     /* how much of these is its */
	struct vector *vectors;  /* owned: a pack's, one for each text asked, in their order; those
				    that did not come are missing; NULL = it is no pack's */
	char *message; /* owned, plain UTF-8: what went wrong, in the server's words where it had
			  some; NULL */
};

/* Gives the sum of two numbers of tokens, of which -1 is one that was not said; it saturates. */
int64_t usage_sum_of(int64_t a, int64_t b);

/* Gives the sums of two, of which -1 is what was not said. */
struct usage usage_sum(struct usage a, struct usage b);

/* Gives the sum of two costs, of which -1 is one that is not known, as the sum then is. */
int64_t cost_sum(int64_t a, int64_t b);

/* Makes `a` an answer of that outcome with nothing else known. */
void answer_init(struct answer *a, enum outcome outcome);

/*
 * Moves all that `a`'s spans point to into bytes that it owns: the attempt's may go then. A vector
 * stays in its share; a pack's vectors are given up, which is what they are shared out for first.
 */
void answer_keep(struct answer *a);

/* Makes `a`, which holds nothing, a copy that owns all its bytes; likewise. */
void answer_copy(struct answer *a, const struct answer *from);

/* Frees what `a` holds; fine on a zeroed one. */
void answer_release(struct answer *a);

/* Gives the finish reason's name as --meta shows it ("length"); static text. */
const char *finish_name(enum finish finish);
