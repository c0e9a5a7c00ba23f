/* SPDX-License-Identifier: MIT */
/*
 * view: a run at one moment, for who looks at it: counts, and why it is not faster.
 *
 * The pipeline makes one when a watcher is due, in the loop's thread; it is valid until the watcher
 * returns. Knows nothing of how it is shown.
 */
#pragma once

#include "engine/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What keeps more requests from being in flight, the most telling first. */
enum hold {
	HOLD_NONE,    /* nothing: more are about to start */
	HOLD_END,     /* the run is ending: nothing new is started */
	HOLD_OUTPUT,  /* our reader takes nothing: results wait to be written */
	HOLD_ORDER,   /* the window is full of results behind one that is not there yet */
	HOLD_JOBS,    /* as many as -j are in flight */
	HOLD_BREAKER, /* the endpoint failed, and is let rest */
	HOLD_SERVER,  /* the endpoint has said to wait, or is asked at the pace that it takes */
	HOLD_RATE,    /* a rate or a limit of tokens that is known: --rate, rpm=, headers */
	HOLD_LIMIT,   /* as many as the endpoint takes at a time are in flight */
	HOLD_BUDGET,  /* what is in flight may use up the budget */
	HOLD_CACHE,   /* the cache is looked into, or stores */
	HOLD_RETRY,   /* all that is there waits before it is tried again */
	HOLD_LAST,    /* all of the input has been read: only what is in flight is left */
	HOLD_INPUT,   /* no further records have come */
	HOLDS_N
};

struct view {
	const struct stats *stats; /* borrowed; as it will be at the end, so far */
	int64_t now_ms;
	int64_t started_ms;     /* when the run began */
	uint64_t settled_n;     /* records that are done; of reduce: absorbed */
	uint64_t settled_bytes; /* of the input */
	uint64_t input_bytes;   /* of all of it, if it is a regular file; 0 = not known */
	unsigned in_flight;     /* requests */
	unsigned limit;         /* as many as the endpoints take now, together; <= jobs */
	unsigned jobs;          /* -j */
	size_t waiting_n;       /* requests that wait before they are tried again */
	enum hold hold;
	int64_t hold_ms;     /* how long until that may be over; -1 = nobody knows */
	const char *hold_at; /* borrowed: the endpoint, where there are several; NULL */
	bool is_ending;      /* it stops, or has stopped, before all of its input is done */
	bool has_packs;      /* requests are for several records */
	bool is_asked;       /* SIGUSR1: a person wants to be told, whatever is shown else */
};

/* Who looks. */
struct watch {
	/*
	 * Looks at the run, and gives after how many milliseconds he wants to look again; INT64_MAX
	 * = never; when the run is over he does so once more. NULL = nobody looks.
	 */
	int64_t (*look)(void *who, const struct view *view);
	void *who; /* borrowed */
	/* When he wants to look first, in milliseconds after the start. */
	int64_t first_ms;
};
