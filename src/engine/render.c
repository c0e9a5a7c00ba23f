/* SPDX-License-Identifier: MIT */
#include "engine/render.h"

#include "api/api.h"
#include "engine/render_batch.h"
#include "engine/render_pack.h"
#include "io/image.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/ask.h"
#include "work/progress.h"
#include "work/record.h"

#include <stdlib.h>
#include <string.h>

enum { IMAGE_TEXT_MAX_BYTES = 32 << 20 }; /* a data: URL is long */

/* Loads the pictures that go along with the prompt. */
static bool load_image(const struct ask *ask, struct image *image, struct fault *fault)
{
	struct template_fault why;
	struct buf text, plain;
	struct err err;
	buf_init(&text, IMAGE_TEXT_MAX_BYTES);
	buf_init(&plain, IMAGE_TEXT_MAX_BYTES);
	bool ok = false;
	const struct template_scope scope = { .record = ask->record, .values = ask->values };
	if (!template_render(&ask->step->image, &scope, &text, &why))
		fault_set(fault, ERROR_TEMPLATE, "--image: %s",
			text.is_full ? "the name is too long" : why.msg);
	else if (!json_put_plain(&plain, buf_span(&text)) || !buf_put_char(&plain, '\0') ||
		strlen(plain.data) + 1 < plain.len)
		fault_set(fault, ERROR_BAD_RECORD, "--image: no file has such a name");
	else
		ok = image_load(plain.data, image, &err) ||
			fault_set(fault, ERROR_BAD_RECORD, "--image: %s", err.msg);
	buf_release(&text);
	buf_release(&plain);
	return ok;
}

/* Finds what the record has a say in: the path to ask at. */
static bool set_path(struct attempt *a, const struct ask *ask, struct fault *fault)
{
	struct buf model;
	const struct endpoint *e = ask->endpoint;
	free(a->path);
	a->path = NULL;
	if (e->model || !api_has_model_in_path(a->api))
		return true;
	buf_init(&model, ask->model.n + 1);
	json_put_plain(&model, json_text_of(ask->model));
	buf_put_char(&model, '\0');
	a->path = memchr(model.data, '\0', model.len - 1)
		? NULL
		: api_path(a->api, model.data, e->is_streamed);
	buf_release(&model);
	return a->path ||
		fault_set(fault, ERROR_BAD_RECORD,
			"body.model: this API has the model in its path, so it must be a plain name");
}

/* Renders what goes along with the prompt, and then all of the request. */
static bool put_request(struct ask *ask, struct request *q, struct attempt *a, struct fault *fault)
{
	struct image image = { 0 };
	bool has_image = ask->step->has_image;
	if (has_image && ask->form != ASK_PROMPT)
		return fault_set(fault, ERROR_BAD_RECORD,
			"--image goes along with a prompt" LOG_HELP
			"this record brings its own messages, and has to bring its pictures in them");
	if (has_image && !load_image(ask, &image, fault))
		return false;
	ask->images = &image;
	ask->images_n = has_image;
	q->picture_bytes = image.base64.len;
	bool ok = api_build(a->api, ask, &a->body, fault);
	q->is_cut = ask->is_cut;
	image_release(&image);
	return ok;
}

/* The values of the steps that this one needs; the others' places are not looked at. */
static void find_values(const struct record *r, const struct plan *plan, const struct step *step,
	struct span values[PLAN_STEPS_MAX])
{
	for (unsigned i = 0; i < step->needs_n; i++)
		values[step->needs[i]] = progress_value(r, plan, step->needs[i]);
}

/* Adds what the request has of its own: which of several it is, and what has come of it so far. */
static void add_state(struct ask *ask, const struct request *q, unsigned index)
{
	if (ask->step->samples_n > 1)
		ask->sample = index % ask->step->samples_n;
	if (q->grown_tokens)
		ask->max_tokens = q->grown_tokens;
	ask->reask = q->reask;
}

bool render_request(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault)
{
	struct ask ask;
	const struct call *call = request_first(q);
	/* It may have been made for another's step, which asks the same and has left. */
	const struct step *step = &plan->steps[call->step];
	struct span values[PLAN_STEPS_MAX];
	if (q->is_pack)
		return render_pack(q, plan, endpoint, a, fault);
	if (plan->batch != BATCH_NONE)
		return render_batch(q, plan, endpoint, a, fault);
	a->api = endpoint->api;
	if (!ask_init(&ask, step, endpoint, call->record->value, fault) ||
		(!a->api->needs_no_model && !ask_has_model(&ask, fault)) ||
		!set_path(a, &ask, fault))
		return false;
	if (step->needs_n > 0) {
		find_values(call->record, plan, step, values);
		ask.values = values;
	}
	add_state(&ask, q, call->index);
	q->is_own_body = ask.form == ASK_BODY;
	q->brings_own = ask.form == ASK_BODY || ask.form == ASK_MESSAGES;
	if (q->is_own_body && endpoint->tier > 0 && !api_shares_bodies(a->api, plan->body_api))
		return fault_set(fault, ERROR_BAD_RECORD,
			"the record's \"body\" is written for %s, and the fallback speaks %s",
			plan->body_api->name, a->api->name);
	return put_request(&ask, q, a, fault);
}
