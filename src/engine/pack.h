/* SPDX-License-Identifier: MIT */
/*
 * pack: texts whose vectors are wanted, several to a request. Private to engine/sched.
 *
 * Calls that come in gather in an open pack, until it has as many texts or tokens as may be, has
 * waited --batch-wait, or nothing more can come; while no gate is open for it, it goes on filling.
 * How many texts that is, is found by trying (policy/pack_size).
 *
 * A pack that is refused, or brings no answer in time, is divided: so what is wrong with one text
 * ends as that text's failure alone. Time is an argument. The loop's thread.
 */
#pragma once

#include "engine/sched_opts.h"
#include "policy/pack_size.h"
#include "work/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight;
struct sched;

struct packs {
	const struct pack_opts *opts; /* borrowed */
	struct request *open;         /* borrowed: takes further texts; NULL = none does */
	size_t open_bytes;            /* of its texts */
	size_t open_tokens;           /* they are no more than that */
	bool is_weighed;              /* and none was taken for as many as it has bytes */
	struct pack_size size;
	size_t columns_n;  /* how many numbers the first vector had; 0 = none has come */
	uint64_t splits_n; /* packs that were divided */
	unsigned named_n;  /* refusals whose word for the guilty text was taken, */
	unsigned right_n;  /* and those of them that were right */
	bool is_misled;    /* one was wrong: none is believed any more */
};

/* Makes it ready, with no pack. Borrows opts. */
void packs_init(struct packs *p, const struct pack_opts *opts, bool is_fixed);

/* How many more texts would be of use, with so many requests that might start. */
size_t packs_hungry_n(const struct sched *s, size_t requests_n);

/* Nothing more will come: the open pack is ready. */
void packs_flush(struct sched *s);

/* Takes a call in; it settles if its record yields no text. */
void pack_put(struct sched *s, struct call *call);

/*
 * Takes a request in that is a pack of one text, which was looked for in vain: it travels with
 * others.
 */
void pack_admit(struct sched *s, struct request *q);

/* Settles such a request with what was found: its vector, or why there is none. */
void pack_recall(struct sched *s, struct request *q);

/* A pack is being written, or over: it takes no further texts. */
void pack_close(struct sched *s, const struct request *q);

/* What the pack asks is to be written anew. */
void pack_change(struct request *q);

/* Frees an item that no call wants any more. */
void pack_drop_item(struct sched *s, struct item *item);

/* No call of the pack is left: its items go. */
void pack_over(struct sched *s, struct request *q);

/* An attempt with a pack has landed with that answer: the size learns from it. */
void pack_note(
	struct sched *s, const struct flight *f, const struct answer *answer, int64_t now_ms);

/*
 * An answer has come: its calls get their vectors. Texts for which none came are asked again
 * without the others.
 */
void pack_conclude(struct sched *s, struct request *q, int64_t now_ms);

/* The pack goes on in two halves, or as one text if that is all that is left. */
void pack_halve(struct sched *s, struct request *q, int64_t now_ms);

/*
 * True if the pack, which is ready and costs more than is left, goes on in two halves. A single
 * text cannot.
 */
bool pack_shrink(struct sched *s, struct request *q, int64_t now_ms);

/*
 * True if the pack is refused for what is in it, or takes too long, and goes on in two: the text
 * that the refusal names and the others, or two halves. Or it is over, as cancelled: the run ends,
 * and nobody knows which of its texts is meant.
 */
bool pack_divide(struct sched *s, struct request *q, int64_t now_ms);

/*
 * True if the pack, which has tried in vain whether an endpoint works again, goes on in two halves:
 * where each pack has a text that the server crashes of, none of them would ever be answered.
 */
bool pack_divide_trial(struct sched *s, struct request *q, int64_t now_ms);

/*
 * True if the pack, which is not to be tried again as it is, goes on in two halves: one text may be
 * why the server fails. Each is tried once more.
 */
bool pack_divide_last(struct sched *s, struct request *q, int64_t now_ms);
