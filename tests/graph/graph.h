/* SPDX-License-Identifier: MIT */
/*
 * graph: the steps of a run as the test knows them, and what was seen of each call.
 */
#pragma once

#include "run.h"

enum { GRAPH_STEPS_MAX = 12, GRAPH_MODELS_MAX = 4, GRAPH_CALLS_MAX = 64, GRAPH_HOLES_MAX = 6 };

/* How a template shows another step's value. */
enum hole_form { HOLE_PLAIN, HOLE_JSON, HOLE_TRIM, HOLE_ITEM, HOLE_FORMS_N };

struct graph_hole {
	unsigned step;
	enum hole_form form;
	int item; /* of HOLE_ITEM */
	bool is_optional;
	bool is_in_system; /* message; else in the prompt */
};

struct graph_step {
	char name[16];
	struct graph_hole holes[GRAPH_HOLES_MAX];
	unsigned holes_n;
	bool has_system;
	unsigned models[GRAPH_MODELS_MAX]; /* numbers of pools */
	unsigned models_n, samples_n;
	enum join join;
	unsigned quorum;
	bool is_emitted;
};

struct graph {
	struct graph_step steps[GRAPH_STEPS_MAX]; /* as the plan has them */
	unsigned steps_n;
	unsigned topology[GRAPH_STEPS_MAX]; /* their numbers, needs first */
};

/* What was seen of a call. */
struct graph_call {
	unsigned starts_n, counted_n, doubtful_n;
	bool is_flying, is_answered, is_cancelled;
	bool is_final;               /* failed so that no other try is allowed */
	enum reply_kind last;        /* what came back last */
	char text[ANSWER_MAX_BYTES]; /* the answer */
};

struct graph_stage {
	struct graph_call *calls;
	int first;     /* the call that was answered first; -1 = none */
	bool has_lost; /* it has ended: what still flies of it is to be cut off */
	bool is_asked;
};

/* What was seen of a record. */
struct graph_track {
	const struct record *record; /* NULL = not given yet, or put */
	struct graph_track *next;    /* of those allocated */
	enum record_kind kind;
	uint64_t seq;
	uint64_t has; /* steps whose fields it came with */
	int64_t given_ms;
	bool is_put;
	struct graph_stage stages[GRAPH_STEPS_MAX];
};

extern struct graph graph;

/* Makes a random graph for so many models into `graph`, and run.plan from it. */
void graph_make_random(unsigned models_n);

/* Starts one by hand: adds a step that is asked of pool 0 once, and emitted; gives its number. */
void graph_clear(void);
unsigned graph_add(const char *name);
void graph_need(unsigned step, unsigned other, enum hole_form form);

/* Prints it if the run is traced. */
void graph_print(void);

/* Makes run.plan from `graph`. */
void graph_link(void);

unsigned graph_calls_n(const struct graph_step *s);
bool graph_is_list(const struct graph_step *s);
unsigned graph_quorum(const struct graph_step *s);

/* The JSON of the field of that step that a record may come with. */
const char *graph_given(uint64_t seq, unsigned step);

/* The laws of graphs. */
extern const struct play graph_play;

/* Further laws, where the scenario is simple enough for them. */
struct graph_laws {
	bool has_order; /* no call starts while one of an earlier record may */
};
extern struct graph_laws graph_laws;

/* A record that was asked about is put: is it what the oracle says? */
void graph_check_end(const struct graph_track *t);

/* May calls have been given up that were not asked, or not as often as they might have been? */
bool graph_is_excused(void);

/* Forgets the run before. */
void graph_begin(void);

/* The pools that have said never, as bits. */
unsigned graph_dead(void);

/* How long the record that took longest took from being given to being put. */
int64_t graph_longest_ms(void);
