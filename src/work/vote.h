/* SPDX-License-Identifier: MIT */
/*
 * vote: which of several answers was given most often.
 *
 * Texts are the same if they are after white space at both ends is dropped and case is folded
 * (Unicode full case folding, normalised to NFC); JSON values if JSON Schema calls them equal. Ties
 * go to the answer that was given first, by position. Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "json/path.h"
#include "work/stage.h"

#include <stdbool.h>

struct ballot {
	struct span value; /* escaped text, or a JSON value if is_json; missing = no vote */
	bool is_json;
};

/*
 * Counts the n ballots into tally, which is zeroed and then owns its arrays: the different answers
 * in the order of their first ballots. Gives the index of the ballot that wins, or n if nobody
 * voted.
 */
unsigned vote_count(const struct ballot *ballots, unsigned n, struct tally *tally);

/* Frees what t holds; fine on a zeroed one. */
void tally_release(struct tally *t);
