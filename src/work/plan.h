/* SPDX-License-Identifier: MIT */
/*
 * plan: the steps of the run, compiled once from the command line.
 *
 * A step is a prompt with what belongs to it; its answer becomes the record's field of the step's
 * name. Read-only once the run has begun; borrowed by everyone until it ends.
 */
#pragma once

#include "base/err.h"
#include "work/template.h"

#include <stdbool.h>
#include <stdint.h>

/* A field of the request body that pllm does not own, as the user wrote it. */
struct param {
	char *key;  /* owned, plain text */
	char *json; /* owned, a valid JSON value */
};

struct api;
struct schema; /* json/schema.h */

/* The most params of a step. */
enum { STEP_PARAMS_MAX = 48 };

struct step {
	char *name;      /* owned: the field that takes the answer */
	char *name_json; /* owned: the same as a JSON string with its quotes */
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
};

/* Records that are requests of somebody's batch format, and are answered in it; work/batch.h. */
enum batch {
	BATCH_NONE,
	BATCH_BODIES, /* OpenAI's: {"custom_id","method","url","body"} */
	BATCH_PARAMS  /* Anthropic's: {"custom_id","params"} */
};

struct plan {
	struct step *steps; /* owned */
	unsigned steps_n;
	enum batch batch;
	const struct api *body_api; /* borrowed: whom the records' own bodies are written for */
};

/* Appends a step of that name and gives it, to be filled; valid until the next one is added. */
struct step *plan_add_step(struct plan *p, const char *name);

/* Frees what p holds; fine on a zeroed one. */
void plan_release(struct plan *p);

/*
 * Adds `key=json` as the user wrote it to a step. False with err filled (ERR_USAGE) if it has no
 * `=`, the value is not JSON (says how to write a string), or the key is one that pllm owns (model
 * messages input n stream). A key that was added before gets the new value.
 */
bool step_add_param(struct step *s, const char *text, struct err *err);
