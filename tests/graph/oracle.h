/* SPDX-License-Identifier: MIT */
/*
 * oracle: what must become of a record, from what the servers said alone.
 *
 * Written from the contract, not from the engine: quorums, votes, lists, the texts of templates are
 * all worked out here a second time.
 */
#pragma once

#include "graph.h"

/* What the oracle says of a step. */
enum verdict_of {
	ORACLE_WAITS,
	ORACLE_OPEN,
	ORACLE_ANSWERED,
	ORACLE_GIVEN,
	ORACLE_FAILED,
	ORACLE_UNRUN,
	ORACLE_UNWANTED
};

struct oracle {
	enum verdict_of of[GRAPH_STEPS_MAX];
	bool is_unspeakable[GRAPH_STEPS_MAX]; /* failed: its template cannot be filled */
};

/* How sure a failure must be to count as one. */
enum certainty {
	FOR_SURE,   /* no other try is allowed */
	AS_IT_MAY,  /* giving it up is allowed */
	IF_STOPPED, /* what does not fly will not be asked (again) */
	AT_THE_END  /* whatever was not answered has failed */
};

/* Judges all steps of a record by what was seen of it. */
void oracle_judge(const struct graph_track *t, enum certainty certainty, struct oracle *o);

/* Appends the prompt (or system message) that the step must have; false if it cannot be filled. */
bool oracle_spell(const struct graph_track *t, unsigned step, bool is_system, struct buf *out);

/* Appends the step's value as JSON as the output has it. */
void oracle_put_json(const struct graph_track *t, unsigned step, struct buf *out);
