/* SPDX-License-Identifier: MIT */
/*
 * progress_figures: what views say of the rest of a run: how fast it is, when it will be over, what
 * it will have cost. Private to ui/progress. Pure.
 */
#pragma once

#include "ui/progress.h"

struct progress_figures {
	uint64_t total_n;      /* records there will be; 0 = not known, or there are more */
	double share;          /* of the input that is done, 0 to 1; -1 = not known */
	double records_per_s;  /* of late; 0 = nothing moves; -1 = not known yet */
	int64_t eta_ms;        /* -1 = not known */
	int64_t cost;          /* so far, in pico-dollars; -1 = there are no prices */
	int64_t cost_forecast; /* of all; -1 = not known */
};

/* Keeps what is needed of a view to tell rates later. */
void progress_mark(struct progress *p, const struct view *view);

/* Gives what the view and those before it say. */
struct progress_figures progress_figure(const struct progress *p, const struct view *view);
