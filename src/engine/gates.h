/* SPDX-License-Identifier: MIT */
/*
 * gates: what must agree before an attempt starts at one endpoint, and what it has learned.
 *
 * Its limit of concurrency, its breaker, the rates that are known and the pace that is found, all
 * asked as one; with them what it shares with the endpoints that the same --endpoint became for
 * other models. Says with -v what changes. Time is an argument. The loop's thread.
 *
 * Invariant: each gates_enter is matched by one gates_leave.
 */
#pragma once

#include "base/rng.h"
#include "policy/breaker.h"
#include "policy/forecast.h"
#include "policy/limit.h"
#include "policy/pace.h"
#include "policy/rate.h"
#include "work/answer.h"
#include "work/attempt.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

/* What a gate's wait says when only somebody's leaving can open it. */
#define GATES_UNTIL_LEAVE INT64_MAX

/* What was said of an --endpoint that serves several models: it holds for all of them together. */
struct gates_site {
	unsigned in_flight;
	unsigned max;     /* requests in flight, at most; 0 = it was not said */
	struct rate rate; /* the user's; what headers tell is each model's own */
};

struct gates {
	const struct endpoint *endpoint; /* borrowed */
	struct gates_site *site;         /* borrowed, the pool's; NULL = nothing is shared */
	char *label; /* owned: what messages call it: its name, and its model where that is needed
		      */
	uint64_t id; /* pool's: hash of what names it */
	unsigned body_kind; /* pool's: endpoints of one kind are sent the same bytes; from 1 */
	struct limit limit;
	struct breaker breaker;
	struct rate rate;
	struct pace pace;
	struct forecast forecast;
	double latency_ms;    /* mean of late; 0 = nothing has been answered */
	int64_t back_ms;      /* when its breaker last closed; INT64_MIN / 2 = it never opened */
	int64_t mute_ms;      /* since when it has been asked in vain; -1 = it has not */
	uint64_t failures_n;  /* of its own making, since its last answer */
	uint64_t successes_n; /* answers */
	bool was_sound;       /* its breaker has heard of a success, of whatever outcome */
	int64_t answered_ms;  /* when the last of them came; INT64_MIN = none has */
	enum outcome dead;    /* why it is not asked again: QUOTA, AUTH, NOT_FOUND; else ANSWERED */
	char *dead_message;   /* owned: in the server's words */
	int64_t died_ms;
	char *fault;     /* owned: in whose words the breaker last opened; NULL = it has not */
	int64_t said_ms; /* when a line about the pace was last said */
};

/* How large a request is, as far as it is known. */
struct gates_size {
	double input;       /* tokens, estimated; 0 = nobody asks */
	int64_t max_tokens; /* of output; 0 = no limit of its own */
};

/* What an attempt that has entered keeps until it leaves. */
struct gates_pass {
	struct limit_ticket limit;
	struct breaker_ticket breaker;
	struct rate_ticket rate;
	struct gates_size size;
};

/* How an attempt ended. */
struct gates_landing {
	const struct gates_pass *pass; /* borrowed: as gates_enter filled it */
	const struct attempt *attempt; /* borrowed */
	const struct answer *answer;   /* borrowed */
	bool is_suspect; /* the record failed before: it may be its own doing, not the endpoint's */
};

/* Starts a site, empty, with what was said of that endpoint. */
void gates_site_init(struct gates_site *s, const struct endpoint *endpoint);

/*
 * Opens the gates of an endpoint for at most `jobs` in flight. Borrows the endpoint, and the site
 * that it is of, which has its rpm and tpm then; NULL = it has them for itself.
 */
void gates_init(struct gates *g, const struct endpoint *endpoint, struct gates_site *site,
	unsigned jobs, bool is_fixed);

/* Has messages call it by its model too: others have its name. Does nothing if it has none. */
void gates_name_model(struct gates *g);

/* Frees what g holds. */
void gates_release(struct gates *g);

/* What a request of that size costs there. */
struct rate_cost gates_cost(const struct gates *g, struct gates_size size);

/* 0 if an attempt may start now, else how long until it may, or GATES_UNTIL_LEAVE. */
int64_t gates_wait(const struct gates *g, const struct rate_cost *cost, int64_t now_ms);

/* An attempt starts; gates_wait must have said 0. Fills the pass. */
void gates_enter(struct gates *g, struct gates_size size, int64_t now_ms, struct gates_pass *pass);

/* It has ended so: every gate learns from it. Gives what it did cost. */
struct rate_cost gates_leave(
	struct gates *g, const struct gates_landing *landing, int64_t now_ms, struct rng *rng);

/* True if requests there have to be told by their tokens. */
bool gates_counts_tokens(const struct gates *g);

/* True if the endpoint is not asked again. */
bool gates_is_dead(const struct gates *g);

/* True if nothing but time or its own limits keeps it from being asked: it is thought to work. */
bool gates_is_sound(const struct gates *g);

/* True if the refusal was the limiter's doing: see limit_overshot. */
bool gates_overshot(const struct gates *g, const struct gates_pass *pass);

/* True if it has failed for some time, several tries by one, and nothing else has come of any. */
bool gates_is_silent(const struct gates *g);

/* Writes the state of all gates for a person: "12 of 45 in flight, breaker closed". */
void gates_describe(const struct gates *g, int64_t now_ms, struct buf *out);
