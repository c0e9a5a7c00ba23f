/* SPDX-License-Identifier: MIT */
/*
 * desk: where requests are built from records, for the tests of wire APIs.
 */
#pragma once

#include "api/api.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/schema.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 100000 };

/* A step and an endpoint from which requests are built, and what goes along. */
struct desk {
	struct plan plan;
	struct step *step;
	struct endpoint endpoint;
	struct image image;         /* what `show` has made */
	const struct image *images; /* go along */
	size_t images_n;
	const struct reask *reask;
	int64_t max_tokens; /* in place of the step's; 0 = that one counts */
	int64_t sample;     /* -1 = there is one */
};

/* Sits down at the API called `api`, with templates that may be NULL. */
static inline void sit_down(
	struct desk *d, const char *api, const char *model, const char *prompt, const char *system)
{
	struct err err;
	*d = (struct desk){ .sample = -1 };
	d->step = plan_add_step(&d->plan, "output");
	d->endpoint.api = api_find(api);
	d->endpoint.origin = xstrdup("http://h:80");
	endpoint_set_model(&d->endpoint, model);
	d->step->has_prompt = prompt != NULL;
	d->step->has_system = system != NULL;
	if (prompt)
		CHECK(template_parse(
			&d->step->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	if (system)
		CHECK(template_parse(
			&d->step->system, span_of(system), TEMPLATE_FROM_ARGUMENT, &err));
}

static inline void stand_up(struct desk *d)
{
	plan_release(&d->plan);
	endpoint_release(&d->endpoint);
	buf_release(&d->image.base64);
	free(d->image.url);
}

/* A picture that goes along: a URL, or bytes as base64. */
static inline void show(struct desk *d, const char *url, const char *base64)
{
	d->images = &d->image;
	d->images_n = 1;
	d->image.url = url ? xstrdup(url) : NULL;
	d->image.media_type = base64 ? "image/png" : NULL;
	buf_init(&d->image.base64, 1000);
	if (base64)
		CHECK(buf_put_str(&d->image.base64, base64));
}

static inline void want_schema(struct desk *d, const char *text)
{
	struct err err;
	d->step->schema = schema_new(span_of(text), &err);
	CHECK(d->step->schema != NULL);
}

static inline void add_param(struct desk *d, const char *text)
{
	struct err err;
	CHECK(step_add_param(d->step, text, &err));
}

static inline bool build(
	const struct desk *d, const char *record, struct buf *body, struct fault *fault)
{
	const struct api *api = d->endpoint.api;
	struct span value;
	struct json_fault why;
	struct ask ask;
	*fault = (struct fault){ 0 };
	CHECK(json_scan(span_of(record), &value, &why));
	if (!ask_init(&ask, d->step, &d->endpoint, value, fault) ||
		(!api->needs_no_model && !ask_has_model(&ask, fault)))
		return false;
	ask.images = d->images;
	ask.images_n = d->images_n;
	ask.reask = d->reask;
	ask.sample = d->sample;
	if (d->max_tokens)
		ask.max_tokens = d->max_tokens;
	return api_build(api, &ask, body, fault);
}

/* Checks the request for the record, and that it is JSON. */
static inline void check_body(const struct desk *d, const char *record, const char *want)
{
	struct buf body;
	struct fault fault;
	struct span value;
	struct json_fault why;
	buf_init(&body, BODY_BYTES_MAX);
	if (CHECK(build(d, record, &body, &fault))) {
		CHECK_MEM(body.data, body.len, want);
		CHECK(json_scan(buf_span(&body), &value, &why));
	} else {
		CHECK_STR(fault.msg, record);
	}
	buf_release(&body);
}

/* Checks that the record yields no request, and that this is said with these words in it. */
static inline void check_fault(
	const struct desk *d, const char *record, enum error_code code, const char *words)
{
	struct buf body;
	struct fault fault;
	buf_init(&body, BODY_BYTES_MAX);
	CHECK(!build(d, record, &body, &fault));
	CHECK_INT(fault.code, code);
	if (!CHECK(strstr(fault.msg, words) != NULL))
		CHECK_STR(fault.msg, words);
	buf_release(&body);
}

/* Builds the request for the record under every ceiling up to its size; only the last will do. */
static inline void check_ceilings(const struct desk *d, const char *record)
{
	struct buf whole;
	struct fault fault;
	buf_init(&whole, BODY_BYTES_MAX);
	CHECK(build(d, record, &whole, &fault));
	for (size_t max = 1; max <= whole.len; max++) {
		struct buf body;
		buf_init(&body, max);
		CHECK_INT(build(d, record, &body, &fault), max == whole.len);
		CHECK_INT(fault.code, max == whole.len ? ERROR_NONE : ERROR_TEMPLATE);
		buf_release(&body);
	}
	buf_release(&whole);
}
