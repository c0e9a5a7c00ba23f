/* SPDX-License-Identifier: MIT */
/*
 * spend: what attempts cost and may cost. Private to engine/sched.
 *
 * Before an attempt starts the most that it can cost is reserved (policy/budget): its body's bytes
 * as tokens of input, and the most tokens that its answer may have. When it has landed, what it did
 * cost is spent: what the server says; nothing, if it has refused it; all that was reserved, if
 * nobody knows, for it may have been billed. The loop's thread.
 */
#pragma once

#include "api/prices.h"
#include "base/buf.h"
#include "policy/budget.h"
#include "work/answer.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

struct attempt;
struct flight;
struct gates;
struct request;
struct stats;

struct spend_opts {
	const struct price *prices; /* borrowed: of each endpoint, in their order */
	const struct prices *map;   /* borrowed: of models that records bring; NULL = not known */
	struct budget_sum limits;   /* of the run; 0 = none */
};

struct spend {
	const struct spend_opts *opts;    /* borrowed; NULL = nobody asks */
	const struct endpoint *endpoints; /* borrowed: those that the prices are of */
	struct budget budget;
	struct budget_sum unseen;  /* of what is spent: for attempts of which nobody knows if they
				      were  billed */
	uint64_t unseen_n;         /* how many these are */
	struct usage usage;        /* of all answers of the run */
	int64_t cost;              /* of all whose cost is known, in pico-dollars */
	const char *cost_source;   /* static: where the prices are from, of the last of them; NULL =
				      none */
	uint64_t unpriced_n;       /* answers whose cost is not */
	struct budget_sum refused; /* what the request might have cost of which it is over */
	enum budget_kind blame; /* what kept a request from being asked, for good; BUDGET_KINDS_N =
				   nothing has */
};

/* Makes it ready. Borrows both. */
void spend_init(struct spend *s, const struct spend_opts *opts, const struct endpoint *endpoints);

/* True if something is limited. */
bool spend_is_limited(const struct spend *s);

/* True if the run has to end: what it was to ask next costs more than is left. */
bool spend_is_over(const struct spend *s);

/* Says to a person why that is so. */
void spend_explain(const struct spend *s, struct buf *out);

/*
 * Gives the most tokens of output that a request which was weighed may have, written as that
 * attempt, at that price; -1 = nobody says.
 */
int64_t spend_most_output(const struct attempt *a, const struct price *price);

/* What spend_look says to an attempt. */
enum spend_answer {
	SPEND_GO,        /* it may start */
	SPEND_WAIT,      /* somebody has to land first */
	SPEND_NEVER,     /* it costs more than is left */
	SPEND_UNBOUNDED, /* nobody can say how much it may cost: how long its answer may be */
	SPEND_UNSEEN     /* likewise: it names pictures, files or talks that are not in it */
};

/* Says whether the attempt, written for its request and those gates, may start there now. */
enum spend_answer spend_look(const struct spend *s, const struct request *q,
	const struct attempt *a, const struct gates *g);

/* Gives what a record is told to which spend_look has said that nobody knows; static. */
const char *spend_complaint(enum spend_answer said);

/* Says that the run is over, because of this attempt, to which spend_look has said never. */
void spend_close(struct spend *s, const struct request *q, const struct gates *g);

/* It starts there, as f says: fills what was reserved for it. */
void spend_enter(struct spend *s, struct flight *f);

/* It has landed with that answer: spent, and the answer's cost is filled. */
void spend_leave(struct spend *s, const struct flight *f, struct answer *answer);

/* Writes the sums of the run down. */
void spend_sum_up(const struct spend *s, struct stats *stats);

/* Gives the price that holds for an answer from there; source PRICE_UNKNOWN = not known. */
const struct price *spend_price(
	const struct spend *s, const struct attempt *a, const struct answer *answer);
