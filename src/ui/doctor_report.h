/* SPDX-License-Identifier: MIT */
/*
 * doctor_report: what pllm doctor has found, as lines for people or as JSON. Pure.
 *
 *         endpoint https://api.example.com/v1
 *           [ok]   name: 192.0.2.1, in 12 ms
 *           [warn] limits: 500 requests a minute; give --rate 480/m
 *           [FAIL] key: refused (401): "Incorrect API key provided"
 *                  help: it is from OPENAI_API_KEY; ...
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum finding { FINDING_OK, FINDING_NOTE, FINDING_WARN, FINDING_FAIL };

/* One thing that was looked at. Owned strings, plain UTF-8. */
struct check {
	enum finding finding;
	char *part; /* what it belongs to: "configuration", "endpoint https://..." */
	char *name; /* what was looked at: "key" */
	char *text; /* what was found */
	char *help; /* what would be right; NULL = nothing to do */
};

struct checks {
	struct check *items; /* owned */
	size_t n;
};

/* Appends one; takes the strings. */
void checks_add(struct checks *c, const struct check *check);

/* Gives the worst of all findings. */
enum finding checks_worst(const struct checks *c);

/* Appends those that are as bad as least or worse, by part; for a terminal in colour. */
void checks_put_text(const struct checks *c, enum finding least, bool has_colour, struct buf *out);

/* Appends the last line, which says how it is. */
void checks_put_verdict(const struct checks *c, struct buf *out);

/* Appends all of them as one JSON object and a line end. */
void checks_put_json(const struct checks *c, struct buf *out);

/* Frees what c holds; fine on a zeroed one. */
void checks_release(struct checks *c);
