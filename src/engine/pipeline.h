/* SPDX-License-Identifier: MIT */
/*
 * pipeline: the loop. Records in at the front, out at the back, in five phases a turn.
 *
 *         admit     reader's records into the scheduler, while the window has room
 *         dispatch  ready calls whose gates are open to the wire
 *         wait      the only sleep
 *         collect   finished attempts: answered, tried again, or settled
 *         release   settled records, in turn, to the writer
 *
 * Holds the identities, asserted at every turn: entered = left + alive; alive = records with calls
 * inside the scheduler + waiting for a commit + held for order; and a record has entered when it
 * was read or when the fold made it, and has left when it went to the writer or into the fold.
 * Decides when a run ends early (signals, halt, patience, duration, dead endpoint) and sees to it
 * that each record read still leaves its line. Knows no file formats and no CURL. The loop's
 * thread.
 */
#pragma once

#include "engine/fold.h"
#include "engine/sched.h"
#include "engine/stats.h"
#include "engine/verdict.h"
#include "engine/view.h"
#include "io/reader.h"
#include "io/writer.h"
#include "policy/halt.h"

struct sample;

enum existing_rule { EXISTING_IS_ERROR, EXISTING_IS_SKIPPED, EXISTING_IS_REPLACED };

struct pipeline_opts {
	int64_t window;          /* --window: records alive, at most; 0 = 4 x jobs */
	uint64_t window_bytes;   /* --window-bytes: bytes of them */
	bool unordered;          /* -u */
	int existing;            /* enum existing_rule */
	bool is_existing_said;   /* else it is what --retry-errors implies */
	const char *meta_field;  /* borrowed: --meta=NAME, which then is a field like the answer's;
				    NULL = none, or ours */
	bool stops_on_error;     /* --on-error stop */
	bool tells_all;          /* each failure is told: nothing else shows whose it is (-r) */
	int64_t max_duration_ms; /* --max-duration; 0 = none */
	int64_t grace_ms;        /* --grace */
	struct sched_opts sched;
	struct halt_opts halt;
};

/* What the loop works with; all borrowed. */
struct pipeline_rooms {
	struct reader *reader;
	struct writer *writer;
	struct wake *wake;
	struct sched_rooms sched;
	struct fold *fold;     /* what makes groups of the records; NULL = each leaves by itself */
	struct sample *sample; /* what single records cost, for a trial; NULL = nobody asks */
	struct stats *stats;   /* zeroed by the caller, filled by the run */
	struct watch watch;    /* who looks while it runs */
	uint64_t seed;         /* of the jitter */
};

/*
 * Runs until all input is answered or the run has to end, then fills verdict. On return every
 * record that was read has been put to the writer (unless the output failed, or a second signal
 * came), and nothing is in flight.
 */
void pipeline_run(const struct pipeline_opts *opts, const struct pipeline_rooms *rooms,
	struct verdict *verdict);
