/* SPDX-License-Identifier: MIT */
/*
 * pipeline_state: what the loop knows. Private to engine/pipeline and what ends it, engine/drain.
 */
#pragma once

#include "engine/pipeline.h"
#include "engine/storing.h"
#include "policy/order.h"

/* How far the end of the run has come. */
enum phase {
	RUNNING,
	DRAINING, /* reads no more, starts nothing; what flies may land */
	ABORTING  /* leaves now */
};

struct pipeline {
	const struct pipeline_opts *opts;
	const struct pipeline_rooms *rooms;
	struct verdict *verdict;
	struct sched sched;
	struct order order;
	struct halt halt;
	size_t window;
	enum phase phase;
	int64_t started_ms;
	int64_t now_ms;  /* read once a turn */
	int64_t look_ms; /* when the watcher looks next; INT64_MAX = never */
	int64_t duration_end_ms;
	int64_t grace_end_ms;
	bool was_all_read;      /* when reading was stopped, there was no more */
	bool is_cut;            /* grace is over: what flew was cut off */
	bool is_silence_said;   /* that nothing answers */
	bool is_folded;         /* the fold knows that no more will come */
	struct record *group;   /* owned: the next that the fold lets out; NULL = none is ready */
	struct storing storing; /* records whose answers are not stored yet */
	uint64_t output_mark;   /* how far the output had come */
	uint64_t entered_n;     /* records read, and those that the fold has made */
	uint64_t left_n;        /* of these, put to the writer or taken by the fold */
	uint64_t open_n;        /* of these, those that calls are inside for */
	uint64_t settled_n;     /* records that are done, or that the fold has */
	uint64_t settled_bytes; /* of the input */
	size_t alive_bytes;     /* of records that have entered and not left */
};
