/* SPDX-License-Identifier: MIT */
/*
 * pace: how fast an endpoint can be asked that says "too fast", but not what would be right.
 *
 * Keeps everybody away until the time that the other side asked for, with a spread, and finds the
 * rate that it takes: measured by what it took, held, and carefully probed. Knows neither
 * concurrency nor buckets told (policy/limit, policy/rate). Has the face of all gates. Pure; time
 * is an argument.
 *
 * An event is a refusal of a request that was started after the last event; later refusals of
 * older requests belong to that one.
 *
 * Invariants: nothing enters before the end of a pause; one event cuts the rate once.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* What came of the requests that were started between one event and the next. */
struct pace_span {
	int64_t since_ms;
	uint64_t entered_n;
	uint64_t refused_n; /* of those */
};

/* How far the rate found is believed. */
struct pace_belief {
	unsigned trust_n;  /* events that agreed, and more: what is held, and for how long */
	unsigned agreed_n; /* in a row */
	unsigned broken_n; /* holds in a row during which it was refused */
	unsigned doubt_n;  /* how often it has turned out that refusals do not follow our rate */
};

/* What an event is judged by: kept, because the refusals of it come one by one. */
struct pace_event {
	int64_t at_ms;             /* when it was noticed */
	struct pace_span span;     /* what led to it */
	double high;               /* the rate that was too high; 0 = there was none */
	double high_before;        /* the same of the event before */
	double before;             /* the rate taken as the event before measured it; 0 = none */
	double held;               /* the rate that was held without refusal before; 0 = none */
	bool is_broken;            /* the rate was still held */
	struct pace_belief belief; /* as it was before */
};

struct pace {
	/* The pause. */
	int64_t until_ms; /* nothing starts before; 0 = no pause yet */
	unsigned blind_n; /* events in a row that did not say how long to wait */
	double share;     /* of the longest spread: drawn once for each event */
	/* The rate found. */
	double per_ms;   /* 0 = none: as fast as the other gates let */
	double level;    /* of the bucket that keeps it */
	int64_t then_ms; /* when level was so */
	/* How it is found. */
	struct pace_span span; /* since the last event */
	struct pace_event event;
	double taken;    /* per ms, as the last event measured it */
	double held;     /* per ms, since the last event */
	double sure;     /* the rate that outlasted a hold of late; 0 = none */
	int64_t grew_ms; /* when the rate last grew */
	struct pace_belief belief;
	int64_t hold_ms;   /* the rate does not grow before */
	int64_t grown_ms;  /* it was last looked at for growth */
	int64_t calm_ms;   /* known limits: events are counted since then */
	unsigned uncalm_n; /* so many */
	bool is_calm;      /* the last of them was met by a pause and no more */
};

/* Starts p without pause and without limit. */
void pace_init(struct pace *p);

/* 0 if a request may start at now_ms, else how long until it may. */
int64_t pace_wait(const struct pace *p, int64_t now_ms);

/* A request starts; pace_wait must have said 0. */
void pace_enter(struct pace *p, int64_t now_ms);

/* The other side took a request that was started at start_ms: it answered, well or badly. */
void pace_take(struct pace *p, int64_t start_ms, int64_t now_ms);

/* "Too fast", said to a request. */
struct pace_refusal {
	int64_t start_ms; /* when it started */
	int64_t hint_ms;  /* how long the other side asked us to wait; -1 = it did not say */
	bool is_known;    /* its limits are known (policy/rate) */
};

/*
 * The other side said "too fast". Where its limits are known a pause is all there is to do, unless
 * it keeps saying so.
 */
void pace_refuse(
	struct pace *p, const struct pace_refusal *refusal, int64_t now_ms, struct rng *rng);

/* The other side asked everybody to wait, for whatever reason: a pause, and no more. */
void pace_pause(struct pace *p, int64_t hint_ms, int64_t now_ms, struct rng *rng);
