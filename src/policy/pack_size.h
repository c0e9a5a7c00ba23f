/* SPDX-License-Identifier: MIT */
/*
 * pack_size: how many items go into one request.
 *
 * Larger packs share what each request costs, until the server takes as long for an item whatever
 * they are packed with, or longer, or refuses them. The size is found by trying: another one is
 * used for some packs, and kept if the time per item is less by more than chance. It shrinks on
 * refusals for size, on timeouts, and when failures become frequent. One for each server, and for
 * one kind of request. Knows no server, no items. Pure; time is an argument.
 *
 * Invariants: 1 <= size <= max, 1 <= base <= max; size is base unless another size is being tried.
 */
#pragma once

#include "policy/pack_times.h"

#include <stdbool.h>
#include <stdint.h>

/* How a request with a pack ended. */
enum pack_end {
	PACK_TAKEN,     /* it was answered */
	PACK_TOO_LARGE, /* refused for its size, or its answer was */
	PACK_SLOW,      /* no answer in time */
	PACK_FAILED,    /* the server had trouble */
	PACK_NEITHER    /* its end says nothing about size */
};

/* How requests ended that were started since the size last changed; halved now and then. */
struct pack_tally {
	unsigned taken_n, refused_n, slow_n, failed_n;
};

struct pack_size {
	unsigned max;         /* never more; >= 1 */
	bool is_fixed;        /* always max */
	unsigned size;        /* what it is now */
	unsigned base;        /* the best that is known; size differs from it during a trial */
	unsigned before;      /* what was the base before failures, to come back to; 0 = none */
	bool before_was_held; /* it was found, not yet being searched for */
	unsigned above;       /* larger than base and found no better; 0 = not known */
	unsigned below;       /* smaller than base and found no better; 0 = not known */
	unsigned proven;      /* the most taken since the last cut */
	unsigned ceiling;     /* there was trouble with that many; 0 = not known */
	uint64_t ceiling_n;   /* that many are to be taken, */
	int64_t ceiling_ms;   /* and that moment to pass, before the ceiling is tried again */
	unsigned confirmed_n; /* how often it was found again */
	unsigned cuts_n;      /* made for failures, with few taken since */
	unsigned run_n;       /* taken in a row */
	bool has_returned;    /* to before, with few taken since */
	double noise;         /* the share that fails whatever the size */
	unsigned noise_n;     /* ends that make it up */
	int64_t change_ms;    /* when size last changed */
	int64_t settled_ms;   /* since when requests are started among their like */
	bool is_settled;      /* settled_ms is known */
	bool is_probe;        /* the trial is one made now and then, not part of a search */
	bool probes_down;     /* where the next of those goes */
	unsigned old_n;       /* from before the change, ended after it */
	int64_t began_ms;     /* when the search, or the probe, began */
	unsigned quiet_n;     /* probes in a row that found nothing */
	bool knows_held;      /* held_mean is known */
	double held_mean;     /* of base_times, at the beginning of the hold */
	int64_t hold_ms;      /* until when the base is held, */
	unsigned hold_n;      /* and for how many packs yet; 0 = searching */
	struct pack_tally tally;
	struct pack_times base_times, times; /* of base; of size while it is being tried */
};

/* Starts with a size of its own, at most max >= 1; always max if is_fixed. */
void pack_size_init(struct pack_size *p, unsigned max, bool is_fixed);

/* Gives how many items to pack now: 1 to max. */
unsigned pack_size_items(const struct pack_size *p);

/*
 * Gives how many items to pack while it is the number of requests that is limited, and not the
 * work: as many as there was no trouble with.
 */
unsigned pack_size_most(const struct pack_size *p);

/*
 * A request with items_n items, started at start_ms and sized as pack_size_items said then (or
 * less, where there were no more), has ended so. Halves of a refused pack are noted like others.
 */
void pack_size_note(
	struct pack_size *p, unsigned items_n, enum pack_end end, int64_t start_ms, int64_t now_ms);
