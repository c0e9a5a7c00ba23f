/* SPDX-License-Identifier: MIT */
/*
 * plan: the steps of the run, compiled once from the command line and a flow file.
 *
 * A step is a prompt with what belongs to it; its value becomes the record's field of the step's
 * name. A template that mentions another step's name needs that step: so the graph is read off the
 * templates, by plan_link. Read-only once the run has begun; borrowed by everyone until it ends.
 */
#pragma once

#include "base/err.h"
#include "json/path.h"
#include "work/embedding.h"
#include "work/template.h"

#include <stdbool.h>
#include <stdint.h>

struct api;
struct schema; /* json/schema.h */

/* A field of the request body that pllm does not own, as the user wrote it. */
struct param {
	char *key;  /* owned, plain text */
	char *json; /* owned, a valid JSON value */
};

enum {
	STEP_PARAMS_MAX = 48,   /* params of a step */
	STEP_MODELS_MAX = 16,   /* models of a step */
	STEP_SAMPLES_MAX = 256, /* samples of a step */
	PLAN_STEPS_MAX = 64,
	PLAN_MODELS_MAX = 32 /* different models */
};

/* What several answers to one step are made to. */
enum join {
	JOIN_ALL,  /* a list of all, in their places */
	JOIN_VOTE, /* the one that was given most often */
	JOIN_FIRST /* the first complete one */
};

/* --on-overflow: what becomes of a prompt that is longer than --max-input-tokens. */
enum overflow_rule {
	OVERFLOW_IS_ERROR,
	OVERFLOW_CUTS_END,    /* truncate: the end makes way, and a mark says so */
	OVERFLOW_CUTS_MIDDLE, /* truncate-middle: likewise */
	OVERFLOW_SPLITS       /* split: into several items; only where items are folded */
};

struct step {
	char *name;      /* owned: the field that takes the answer */
	char *name_json; /* owned: the same as a JSON string with its quotes */
	bool is_unnamed; /* its name is the output's alone: no template can mention it */
	struct template prompt;
	bool has_prompt; /* else the record says what is asked (product.md section 3) */
	struct template system;
	bool has_system;
	struct template image; /* says where a picture is: a URL or a file */
	bool has_image;
	struct schema *schema; /* owned: what the answer must look like; NULL = it is text */
	unsigned reasks_n;     /* how often an answer that does not match is asked for again */
	int64_t max_tokens;    /* 0 = the server's own limit */
	struct param *params;  /* owned */
	size_t params_n;

	/* Scatter and gather. */
	unsigned models[STEP_MODELS_MAX]; /* whom it asks: indices into the plan's models */
	unsigned models_n;                /* >= 1 once linked */
	unsigned samples_n;               /* how often each; >= 1 */
	enum join join;
	struct path vote_by; /* what of a JSON answer is its vote; none = all of it */
	bool has_vote_by;
	unsigned quorum; /* calls that must be answered; 0 = as the join has it; see step_quorum */
	bool is_emitted; /* its value goes into the output */

	/* The prompt's length. */
	int64_t max_input_tokens; /* of prompt and system message; 0 = no limit */
	enum overflow_rule on_overflow;
	int64_t max_tokens_limit; /* to which max_tokens grows if answers are cut; 0 = none */

	/* The graph, by plan_link. */
	unsigned needs[PLAN_STEPS_MAX]; /* steps that its templates mention, each once */
	unsigned needs_n;
	bool is_needed; /* by some other step */
};

/* Records that are requests of somebody's batch format, and are answered in it; work/batch.h. */
enum batch {
	BATCH_NONE,
	BATCH_BODIES, /* OpenAI's: {"custom_id","method","url","body"} */
	BATCH_PARAMS  /* Anthropic's: {"custom_id","params"} */
};

/* A model that steps ask, with a pool of endpoints of its own. */
struct plan_model {
	char *name;    /* owned; NULL = the endpoint or the record says which */
	bool is_usual; /* it is for all steps that name none: an endpoint's own model wins */
};

struct plan {
	struct step *steps; /* owned, in the order in which they were given */
	unsigned steps_n;
	struct plan_model models[PLAN_MODELS_MAX]; /* by the number of their pool */
	unsigned models_n;
	enum batch batch;
	struct embedding embedding; /* what vectors are asked for, if any are */
	const struct api *body_api; /* borrowed: whom the records' own bodies are written for */
};

/* Appends a step of that name, to be filled; valid until the next one. The caller counts them. */
struct step *plan_add_step(struct plan *p, const char *name);

/* Gives the step of that name, or NULL. */
struct step *plan_find_step(const struct plan *p, struct span name);

/* Gives the number of that model's pool, added if there is none; -1 if there are too many. */
int plan_add_model(struct plan *p, const char *name, bool is_usual);

/*
 * Reads off the templates which step needs which, once all steps are there with all they have, and
 * binds holes to values by the number of their step; a step's own name is the record's own field.
 * Makes samples_n 1 if it was 0. False with err filled: a cycle, which is printed
 * ("cycle: a -> b -> a"); a step that is neither emitted nor needed; an index into the answers of a
 * step that has not as many, or no list (a schema may ask for one).
 */
bool plan_link(struct plan *p, struct err *err);

/* Gives how many calls the step has for a record: models x samples, at least one. */
unsigned step_calls_n(const struct step *s);

/* True if the step's value is a list. */
bool step_is_list(const struct step *s);

/*
 * How many of its calls must be answered: for `first` one, else its quorum but never more than
 * there are; without one `all` wants all, `vote` more than half.
 */
unsigned step_quorum(const struct step *s);

/* Frees what p holds; fine on a zeroed one. */
void plan_release(struct plan *p);

/*
 * Adds `key=json` as the user wrote it to a step. False with err filled if it has no
 * `=`, the value is not JSON (says how to write a string), or the key is one that pllm owns (model
 * messages input n stream). A key that was added before gets the new value.
 */
bool step_add_param(struct step *s, const char *text, struct err *err);
