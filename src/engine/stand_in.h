/* SPDX-License-Identifier: MIT */
/*
 * stand_in: what takes an answer's place where nobody is asked.
 *
 * Later steps hold it, and are to be about as long as they would be. Their templates have to find
 * in it what they look for, since the answer would have that: so it has just the fields that they
 * name. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* How long an answer is taken to be that may be longer: a short paragraph. In tokens. */
enum { STAND_IN_TOKENS = 200 };

/* The most bytes that a stand-in has. */
#define STAND_IN_MAX_BYTES (1UL << 20)

/* What one is to be like. */
struct stand_in {
	int64_t tokens;
	uint64_t mark; /* of the request that it would answer */
};

/*
 * Gives how many tokens to put in place of an answer of that step of at most `most` (0 = nobody
 * says): few enough for prompts of later steps not to be too long of it alone.
 */
int64_t stand_in_tokens(const struct plan *plan, unsigned step, int64_t most);

/*
 * Appends words of so many tokens, three at least, escaped: fit for a template and for a JSON
 * string. They begin with a number that is made of the mark: so what holds answers to different
 * requests is different, too.
 */
void stand_in_put_words(struct buf *out, const struct stand_in *like);

/*
 * Appends a JSON value that has all that the templates of the plan look for in an answer of that
 * step, and what it votes by: of so many tokens, or somewhat more. A string, where they look for
 * nothing.
 */
void stand_in_put_value(
	struct buf *out, const struct plan *plan, unsigned step, const struct stand_in *like);

/* How often the step's templates name that other step. */
int64_t stand_in_uses(const struct step *step, const struct step *other);
