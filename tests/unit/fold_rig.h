/* SPDX-License-Identifier: MIT */
/*
 * fold_rig: plays the engine to a fold: takes its packs, answers them in any order, and notes the
 * groups.
 *
 *         fold_rig_prepare -> (options) -> fold_rig_open -> give... -> fold_rig_finish -> release
 */
#pragma once

#include "base/rng.h"
#include "base/strings.h"
#include "engine/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FOLD_RIG_OUT_MAX = 4096 };

struct fold_rig {
	struct plan plan;
	struct step *step; /* its only one */
	struct fold_opts opts;
	struct fold *f;
	struct rng rng;                       /* decides whom to answer next */
	uint64_t line;                        /* of the last record */
	struct record *out[FOLD_RIG_OUT_MAX]; /* packs that were taken */
	size_t out_n;
	size_t packs_n;          /* taken so far */
	uint64_t sum;            /* over the texts of all packs, whatever their order */
	double largest;          /* the most tokens of a pack's prompt */
	size_t answer_words;     /* of each answer; 0 = "(a+b)" for the items a and b */
	const char *answer_json; /* each answer instead; "" = it says nothing; NULL = it is text */
	bool is_shared;          /* another call pays */
	struct strings groups;   /* "key count levels answer", or "key count ! code: message" */
	struct usage usage;      /* of the last group, as the next */
	unsigned attempts_n;
	int status;
	uint64_t last_line;
};

/*
 * Makes one that groups by the path (NULL = not at all); the options may be changed until it opens.
 */
void fold_rig_prepare(struct fold_rig *g, const char *by, int64_t fan_in);

/* Makes the fold. */
void fold_rig_open(struct fold_rig *g);

/* Gives a record to the fold; NULL if it was absorbed, else the caller's. */
struct record *fold_rig_give(struct fold_rig *g, const char *text);

/* Gives the record {"k":key,"v":"value"}, which is absorbed. Key is JSON, value escaped text. */
void fold_rig_put(struct fold_rig *g, const char *key, const char *value);

/* Takes a pack; false if none is ready. */
bool fold_rig_take(struct fold_rig *g);

/* Answers the pack that is out at that place. */
void fold_rig_answer(struct fold_rig *g, size_t i);

/* Fails the pack that is out at that place, with status 429. */
void fold_rig_refuse(struct fold_rig *g, size_t i, enum error_code code, const char *message);

/* Takes and answers packs, in random order, until there are none. */
void fold_rig_answer_all(struct fold_rig *g);

/* Takes all groups that are done. */
void fold_rig_take_groups(struct fold_rig *g);

/* Ends the input, answers all, takes all groups, and checks that nothing is left. */
void fold_rig_finish(struct fold_rig *g);

/* Gives what was noted of the group that left as number i; NULL if there is none. */
const char *fold_rig_group(const struct fold_rig *g, size_t i);

/* Frees what g holds; no pack may be out. */
void fold_rig_release(struct fold_rig *g);
