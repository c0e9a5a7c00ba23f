/* SPDX-License-Identifier: MIT */
/*
 * sched: which request goes next, and what happens to one whose attempt failed.
 *
 * Calls go in, and come out settled. In between a request carries each: alone, together with calls
 * that ask the very same, or in a pack. Holds the requests that are ready (earlier records first)
 * and those that wait for their time; asks the gates, and turns what an API says of a finished
 * attempt into what the policies understand. A waiting request holds no slot. Time is an argument.
 * The loop's thread.
 *
 * Identity: calls put = dropped + taken + settled but not yet taken + carried by requests that are
 * ready, waiting or in flight.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/rng.h"
#include "engine/pool.h"
#include "engine/pack.h"
#include "engine/queue.h"
#include "engine/recall.h"
#include "engine/same.h"
#include "engine/sched_opts.h"
#include "engine/sched_rooms.h"
#include "engine/spend.h"
#include "engine/traffic.h"
#include "io/http.h"
#include "policy/hedge.h"
#include "policy/retry_budget.h"
#include "work/call.h"
#include "work/request.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The largest request body: a record of the largest size, every byte of it escaped, and its prompt.
 */
#define SCHED_BODY_MAX_BYTES (256UL << 20)

/* How many bodies are kept for further requests: most of what a turn frees and takes. */
#define SCHED_SPARES_N 256

struct sched {
	const struct sched_opts *opts; /* borrowed */
	struct sched_rooms rooms;
	struct rng rng;
	struct pool pool;
	struct rate rate; /* of the whole run: --rate, --tpm */
	struct retry_budget budget;
	struct hedge hedge;
	int64_t hedge_ms;     /* a flight is hedged so long after its start; INT64_MAX = not now */
	struct recall recall; /* what was answered before */
	struct spend spend;   /* what answers cost */
	struct same same;     /* what is alive, and another call may join */
	struct packs packs;   /* texts that wait for others to travel with */
	struct queue queue;   /* requests that do not fly */
	struct heap hedges;   /* flights, by when they are hedged */
	struct list_node flying; /* flights */
	struct list_node spare_flights;
	struct list_node spare_requests;
	unsigned flights_n;
	size_t airborne_n;        /* requests in flight */
	size_t calls_n;           /* calls inside, the settled included */
	struct list_node settled; /* calls finished for good, not yet taken */
	int64_t open_ms; /* when a gate may open for what is ready; INT64_MAX = who knows */
	struct traffic traffic;
	uint64_t requests_n;      /* attempts started in the run */
	uint64_t retries_n;       /* of them, those after a failure */
	uint64_t cuts_n;          /* requests whose prompt was cut to --max-input-tokens */
	uint64_t successes_n;     /* answers in the run */
	int64_t success_ms;       /* when the last of them came; -1 = none yet */
	int64_t good_start_ms;    /* when the last started that was answered */
	const struct gates *dead; /* the endpoint that died last, once all have; else NULL */
	bool is_stopped;          /* sched_stop was called */
	size_t spares_n;
	struct buf spares[SCHED_SPARES_N]; /* owned: empty bodies with memory */
};

/* Makes s ready; the seed is that of the jitter. Borrows the pointers for its life. */
void sched_init(struct sched *s, const struct sched_opts *opts, const struct sched_rooms *rooms,
	uint64_t seed);

/* Frees what s holds. No call may be inside. */
void sched_release(struct sched *s);

/* Takes a call of an admitted record in: it is ready, or waits for company. */
void sched_put(struct sched *s, struct call *call);

/*
 * Lets go of a call that nobody waits for any more and that has not settled: the caller's again, as
 * it is. What only it was waiting for is cut off.
 */
void sched_drop(struct sched *s, struct call *call);

/* True if calls wait for others to travel with. */
bool sched_has_open_pack(const struct sched *s);

/* Says that no more calls will be put for now: those that wait for others go without. */
void sched_flush(struct sched *s);

/*
 * Starts what may start now: moves waiting requests whose time has come to the ready ones, and
 * ready ones to the wire while the gates are open. Calls whose request cannot be rendered, and
 * those past their deadline, settle.
 */
void sched_dispatch(struct sched *s, int64_t now_ms);

/*
 * How long until sched_dispatch has something to do for the passing of time alone; INT64_MAX =
 * never.
 */
int64_t sched_wait_ms(const struct sched *s, int64_t now_ms);

/*
 * Takes an attempt back from the wire: its request's calls are answered, settled as failed, or wait
 * for another try.
 */
void sched_finish(struct sched *s, struct attempt *attempt, int64_t now_ms);

/* Gives a call that is finished for good, which says how, or NULL. */
struct call *sched_take_settled(struct sched *s);

/*
 * From now on nothing starts: calls that are ready or waiting, now or later, settle as cancelled
 * (or as what killed the endpoints).
 */
void sched_stop(struct sched *s);

/* Also cuts off what is in flight; it comes back through http. */
void sched_cut(struct sched *s);

/*
 * How many more requests would be of use now: as many as there are free slots, and a few. More
 * would only grow cold in the ready queue.
 */
size_t sched_hungry_n(const struct sched *s, int64_t now_ms);

/* Gives what records have failed of that the end of the run left unasked. */
enum error_code sched_stop_code(const struct sched *s);

/* How many calls are in the scheduler, in flight included. */
size_t sched_inside(const struct sched *s);

/* Writes the state of all gates for a person, on one line. In hold.c. */
void sched_describe(const struct sched *s, int64_t now_ms, struct buf *out);
