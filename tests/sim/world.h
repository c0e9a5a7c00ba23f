/* SPDX-License-Identifier: MIT */
/*
 * world: what surrounds the engine in a simulated run: virtual time, chance, and what happens
 * by itself.
 *
 * One thread plays all of them. Time passes where the engine sleeps (http_wait), and now and
 * then by a millisecond while it works. A source (reader, writer, signals) is due at some
 * time; the thread that it stands for then acts, at the latest when the engine sleeps, but
 * perhaps a little later and in the middle of the engine's turn: each verb of a fake calls
 * world_stir. A wake-up that the engine could lose is lost here, too.
 */
#pragma once

#include "base/rng.h"
#include "base/wake.h"
#include "engine/pipeline.h"
#include "scenario.h"

#include <stdbool.h>
#include <stdint.h>

#define NEVER INT64_MAX

/* Time at which a run begins: not 0, so that a forgotten "now" is seen. */
#define WORLD_BEGIN_MS ((int64_t)5000000)

struct world {
	const struct scenario *scenario;
	struct pipeline_opts opts; /* of the engine in this run */
	int64_t records_n;         /* in the input; INT64_MAX = as many as there is time for */
	struct endpoint endpoints[ENDPOINTS_MAX]; /* owned */
	unsigned endpoints_n;
	size_t window;  /* what opts.window means */
	struct rng rng; /* of all that is random outside the engine */
	int64_t now_ms;
	struct wake wake; /* the engine's sleep */
	bool is_traced;
	bool is_surveyed; /* for the table: records may be lost, they are counted */
};

/* What happens without the engine's doing. */
struct world_source {
	int64_t (*due_ms)(void); /* when; NEVER = not by itself */
	void (*happen)(void);    /* does what is due, and wakes the engine if it is to be told */
};

extern struct world world;
extern const struct world_source reader_source, writer_source, signals_source, cache_source;

/* Makes the endpoints, once for all runs. */
void world_init(void);

/* Frees them. */
void world_release(void);

/* Begins a run of that scenario; equal seeds give equal runs. */
void world_begin(const struct scenario *scenario, uint64_t seed);

/* Lets pass what may pass while the engine works. */
void world_stir(void);

/* When the next source is due; NEVER = none will be. */
int64_t world_due_ms(void);

/*
 * Lets happen what is due while the engine sleeps: nearly all of it. The rest ends a sleep for
 * no reason that can be seen.
 */
void world_happen(void);

/* Gives a whole number in the range, each as likely. */
int64_t world_pick(struct range range);

/* True in so many of 100 cases. */
bool world_chance(double percent);

/* Prints a line with the time if the run is traced. */
void world_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
