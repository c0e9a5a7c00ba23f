/* SPDX-License-Identifier: MIT */
/*
 * record: one input line and what became of it. The corridor of the house: each part is written by
 * one room and read only by later ones.
 *
 * The bytes of the line are never changed. In one thread at a time, with everything it holds.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "json/scan.h"
#include "work/call.h"
#include "work/outcome.h"
#include "work/stage.h"

#include <stdbool.h>
#include <stdint.h>

struct plan;

/* The most that --max-record may be. */
#define RECORD_MAX_BYTES (1 << 30)

/* Whether and how a record's final line is known. */
enum fate {
	FATE_OPEN,     /* not settled */
	FATE_ANSWERED, /* every wanted step has its answer */
	FATE_FAILED,   /* `failure` says why */
	FATE_PASSED,   /* failed in an earlier run or stage: goes through untouched and unpaid */
	FATE_SKIPPED   /* has its fields already (--existing skip): goes through untouched */
};

/* Why a record failed: what its "pllm":{"error":...} shows. */
struct failure {
	enum error_code code;
	int status;          /* HTTP status of the last answer; 0 = none */
	unsigned attempts_n; /* requests tried for it */
	const char *step;    /* borrowed from the plan; NULL = before any step */
	char *message;       /* owned, plain UTF-8 */
	struct span partial; /* an answer cut short, escaped; missing = none */
};

struct record {
	/* The reader's part. */
	uint64_t seq;      /* 0, 1, 2, ... in the order read; blank lines do not count */
	uint64_t line;     /* 1-based line number */
	uint64_t offset;   /* bytes before the line */
	struct span text;  /* the line without its end; behind this struct, or in owned_text */
	struct span value; /* the JSON value in it; missing = the line is none, `fault` says why */
	struct json_fault fault;
	uint64_t whole_bytes; /* of a line longer than --max-record, of which text is the beginning;
				 0 = text is all of it */
	char *owned_text; /* the bytes when they had to be made anew (--retry-errors); NULL = behind
			     the struct */
	bool was_unasked; /* revived, and was refused then: what it has is no answer of ours */

	/* The engine's part. */
	int64_t admitted_ms;
	struct stage *stages; /* owned: one for each step, by work/progress; NULL before it is
				 admitted */
	unsigned stages_n;
	unsigned open_n;   /* stages that are open, or have calls on their way back */
	size_t held_bytes; /* of answers that wait in it, of its stages and calls */
	void *owner;       /* the fold that made it of others' answers; NULL = the reader did */

	struct list_node link; /* among those that wait for a commit */
	uint64_t ticket;       /* leaves once the cache has committed so much */

	/* What became of it: written when it settles. */
	enum fate fate;
	struct failure failure;
	const char *hopeless; /* FATE_PASSED: why --retry-errors would not mend it, static; NULL =
				 it may */

	/* Where these are when there is only one: two allocations less. */
	struct stage first_stage;
	struct call first_call;
};

/* Gives a record of a copy of the line, not yet scanned. */
struct record *record_new(struct span line);

/* Makes it as if nobody had been asked for it: its stages, calls and answers go. */
void record_forget(struct record *r);

/* Gives the record n >= 1 zeroed stages. Once. */
void record_add_stages(struct record *r, unsigned n);

/* Gives a stage of the record its n >= 1 calls, initialised. Once each. */
void record_add_calls(struct record *r, struct stage *stage, unsigned n);

/* Frees the record and all that it holds; fine on NULL. */
void record_free(struct record *r);

/* Scans the text: fills value, or leaves it missing and fills fault. */
void record_scan(struct record *r);

/* Gives (allocated) what is wrong with a line that is no JSON, and where; or too long. */
char *record_explain_fault(const struct record *r);

/* What the record weighs in the window: bytes of its line and of what it holds. */
size_t record_weight(const struct record *r);

/*
 * Makes the record a failed one. Takes message (allocated). Does not free an earlier failure:
 * settle once.
 */
void record_fail(struct record *r, enum error_code code, char *message);

/*
 * True if the record carries a failure of ours from an earlier run or stage ("pllm":{"error":...}).
 */
bool record_is_failed_before(const struct record *r);

/*
 * Gives why the same command with --retry-errors would leave a record failed that failed before,
 * static: its line was no JSON, it failed in a step that the plan has not, or it was refused as it
 * is. NULL = it would be asked again. plan NULL: steps are not looked at.
 */
const char *record_why_hopeless(const struct record *r, const struct plan *plan);

/*
 * Looks through a scanned record once: which steps' fields it has already (bit i: those of step i),
 * and whether it carries a failure of ours, as record_is_failed_before.
 */
void record_survey(
	const struct record *r, const struct plan *plan, uint64_t *has_steps, bool *is_failed);

/*
 * Makes a record that failed before as good as new: our `pllm` member is taken out, an `input` that
 * we had wrapped is unwrapped. What failed in a step that the plan has not would leave without it,
 * and look whole: that, a line that was no JSON, and other records are left as they are.
 */
void record_revive(struct record *r, const struct plan *plan);
