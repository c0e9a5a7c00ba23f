/* SPDX-License-Identifier: MIT */
/*
 * step_keys: what can be said about a step, as one table for the command line and flow files.
 *
 * `--samples draft=5` and `samples: 5` in a flow are the same key with the same text. A value
 * carries what messages about it begin with. Knows no YAML, and nothing of which value wins, which
 * is step_values' business. Start-up only.
 */
#pragma once

#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stddef.h>

/* In the order in which they are put into a step: each may look at those before it. */
enum step_key {
	STEP_SYSTEM,
	STEP_IMAGE,
	STEP_SCHEMA,
	STEP_MAX_TOKENS,
	STEP_EMIT,
	STEP_MODEL,
	STEP_SAMPLES,
	STEP_JOIN,
	STEP_VOTE_BY,
	STEP_QUORUM,
	STEP_PARAM,
	STEP_KEYS_N
};

/* What "word=" ("word:") before an option's value is if there is no step of that name. */
enum step_prefix {
	PREFIX_IS_TEXT,   /* part of the value */
	PREFIX_MAY_BE,    /* the same, but a mistake if a step's name is near */
	PREFIX_IS_MISTAKE /* a mistake: no value has one */
};

struct step_key_row {
	const char *option;    /* on the command line, as messages name it */
	const char *long_name; /* likewise, as origins have it */
	const char *name;      /* in a flow file */
	size_t list;           /* the option's values, as an offset in struct prompt_opts */
	char separator;        /* after the step's name on the command line */
	enum step_prefix prefix;
	bool is_long; /* the value is too long for messages */
	bool is_file; /* the value names a file */
};

/* Who says it; each wins over those before it. */
enum value_rank {
	RANK_SETTING,      /* the environment or the configuration file, of every step */
	RANK_SETTING_STEP, /* the configuration file, of this step */
	RANK_DEFAULTS,     /* the flow file, of every step */
	RANK_EVERY,        /* the command line, of every step */
	RANK_FLOW,         /* the flow file, of this step */
	RANK_STEP          /* the command line, of this step */
};

struct step_value {
	enum step_key key;
	enum value_rank rank;
	unsigned step; /* of the ranks of one step: which */
	char *label;   /* owned: what messages begin with, such as "--samples draft=5" */
	char *text;    /* owned */
};

/* Gives the row of a key; static. */
const struct step_key_row *step_key_row(enum step_key key);

/* True if the value was given for just this step, by its name. */
bool step_value_is_own(const struct step_value *v);

/* Gives how many bytes at the start of text are a name that a prompt may have. */
size_t step_name_length(const char *text);

/*
 * Adds a step of that name, which asks once and is emitted. Gives it, borrowed from plan until the
 * next is added, or NULL with err filled (no label): the name is ours, it is there
 * already, or there are too many steps.
 */
struct step *step_add(struct plan *plan, struct span name, struct err *err);

/*
 * Fills err: there is no step of that name, and which is the nearest; returns false.
 */
bool step_refuse_name(
	const struct plan *plan, const char *label, struct span name, struct err *err);

/* Gives the name of the step that is nearest to word, borrowed from plan, or NULL. */
const char *step_nearest(const struct plan *plan, struct span word);

/*
 * Reads a file and compiles it, less one final line feed, as the step's prompt. False with err
 * filled.
 */
bool step_put_prompt_file(struct step *s, const char *label, const char *path, struct err *err);

/*
 * Puts the value into a step of the plan; borrows it. Of a key that has one value it is to be
 * called once, with NULL if none was given. False with err filled (beginning with the
 * value's label).
 */
bool step_put(struct plan *plan, struct step *s, enum step_key key, const struct step_value *v,
	struct err *err);
