/* SPDX-License-Identifier: MIT */
/*
 * stage: how far one record has come with one step: its calls, and what they were joined to.
 *
 * Written by work/progress, read by templates of later steps and by work/result. Owned by its
 * record.
 */
#pragma once

#include "base/buf.h"
#include "work/call.h"

#include <stdbool.h>

enum stage_state {
	STAGE_BLOCKED,  /* waits for steps that it needs */
	STAGE_OPEN,     /* its calls are being asked */
	STAGE_ANSWERED, /* its value is known */
	STAGE_GIVEN,    /* the record had the field, which is its value: --existing skip */
	STAGE_FAILED,   /* too few of its calls were answered */
	STAGE_UNRUN,    /* a step that it needs has failed */
	STAGE_UNWANTED  /* nothing that is still missing needs it */
};

/* How often each answer was given, for a vote. */
struct tally {
	unsigned n;       /* different answers */
	unsigned *firsts; /* owned: the call that gave each first, by index */
	unsigned *counts; /* owned: how many gave it */
};

struct stage {
	enum stage_state state;
	unsigned waits_n;   /* needs that have no value yet; while it is blocked */
	struct call *calls; /* owned, or the record's first_call; NULL before it is open */
	unsigned calls_n;
	unsigned open_n;      /* calls that progress_settle waits for */
	unsigned answered_n;  /* calls that have their answer */
	unsigned cancelled_n; /* calls that the end of the run left unasked */
	unsigned chosen;      /* the call whose answer or failure is the step's; not for a list */
	struct tally tally;
	struct buf value; /* owned: the step's value as JSON, if it is a list or later steps want
			     it; else empty */
};

/* Frees what s holds, and its calls unless they are `embedded`; fine on a zeroed one. */
void stage_release(struct stage *s, const struct call *embedded);
