/* SPDX-License-Identifier: MIT */
/*
 * What makes way. A field of ours goes only when another comes in its place, and with --existing
 * replace so does the field of each step that was to be asked anew, whether that went well or not:
 * beside an error an old answer would pass for the new one, at the latest when --retry-errors looks
 * for what is there already.
 */
#include "work/result.h"

#include "json/compact.h"
#include "json/text.h"
#include "work/result_batch.h"
#include "work/result_meta.h"
#include "work/result_part.h"
#include "work/splice.h"

#include <string.h>

#define OURS "pllm" /* the one member that is ours */

enum { NAMES_MAX = PLAN_STEPS_MAX + 2 };

/* What is put here is not checked piece by piece: result_put looks at is_full at the end. */

/* Appends key and the names of the steps in that state but for the failure's own; or nothing. */
static void put_steps(struct buf *out, const struct record *r, const struct plan *plan,
	enum stage_state state, const char *key)
{
	const char *own = r->failure.step ? r->failure.step : "";
	bool first = true;
	for (unsigned i = 0; i < r->stages_n; i++) {
		if (r->stages[i].state != state || strcmp(plan->steps[i].name, own) == 0)
			continue;
		buf_put_str(out, first ? key : ",");
		buf_put_str(out, plan->steps[i].name_json);
		first = false;
	}
	if (!first)
		buf_put_char(out, ']');
}

static void put_error(struct buf *out, const struct record *r, const struct plan *plan)
{
	const struct failure *f = &r->failure;
	buf_put_str(out, "\"error\":{");
	result_put_error(out, f->code, f->message);
	result_put_number(out, ",\"status\":", f->status ? f->status : -1);
	result_put_number(out, ",\"attempts\":", f->attempts_n);
	buf_put_str(out, ",\"step\":");
	if (f->step)
		json_put_string(out, span_of(f->step));
	else
		buf_put_str(out, "null");
	put_steps(out, r, plan, STAGE_UNRUN, ",\"not_run\":[");
	put_steps(out, r, plan, STAGE_FAILED, ",\"also_failed\":[");
	result_put_number(out, ",\"line\":", (int64_t)r->line);
	buf_put_str(out,
		error_code_is_retryable(f->code) ? ",\"retryable\":true" : ",\"retryable\":false");
	if (f->partial.at) {
		buf_put_str(out, ",\"partial\":");
		result_put_text(out, f->partial);
	}
	buf_put_char(out, '}');
}

/* There is something to tell about how the record was asked, and it is wanted. */
static bool has_meta(const struct record *r, const struct result_opts *o)
{
	return o->meta && result_has_meta(r);
}

/* It goes into the member that is ours; else, or if there is none, false. */
static bool is_meta_ours(const struct record *r, const struct result_opts *o)
{
	return has_meta(r, o) && strcmp(o->meta, OURS) == 0;
}

/* A failed record has no field of ours for it but `pllm`, so that it can be asked again. */
static bool is_meta_apart(const struct record *r, const struct result_opts *o)
{
	return has_meta(r, o) && r->fate != FATE_FAILED && strcmp(o->meta, OURS) != 0;
}

/* Appends "pllm":{...}: the error if there is one, and what --meta adds. */
static void put_our_member(struct buf *out, const struct record *r, const struct result_opts *o)
{
	bool first = true;
	buf_put_str(out, "\"" OURS "\":{");
	if (r->fate == FATE_FAILED) {
		result_put_comma(out, &first);
		put_error(out, r, o->plan);
	}
	/*
	 * Tells what was wrapped from a record that looks so: --retry-errors unwraps a value, a
	 * line that was no JSON stays failed.
	 */
	if (r->fate == FATE_FAILED && !json_is(r->value, JSON_KIND_OBJECT)) {
		result_put_comma(out, &first);
		buf_put_str(out, r->value.at ? "\"wrapped\":\"value\"" : "\"wrapped\":\"text\"");
	}
	if (is_meta_ours(r, o)) {
		result_put_comma(out, &first);
		result_put_meta(out, r, o->plan);
	}
	buf_put_char(out, '}');
}

/* The answer that is the value of a step that has one, and no list. */
static const struct answer *chosen_answer(const struct stage *s)
{
	return &s->calls[s->chosen].answer;
}

/* What the step adds to the record: an answer may have no words, and adds nothing. */
static bool is_new(const struct stage *s, const struct step *step)
{
	if (s->state != STAGE_ANSWERED || !step->is_emitted)
		return false;
	if (step_is_list(step))
		return true;
	const struct answer *a = chosen_answer(s);
	return a->text.at || a->value.at || a->vector.text.at;
}

/* Appends the value of the plan's step i, answered: its answer straight from the server's bytes. */
static void put_value(struct buf *out, const struct stage *s, const struct plan *plan, unsigned i)
{
	if (step_is_list(&plan->steps[i]))
		result_put_value(out, buf_span(&s->value));
	else if (chosen_answer(s)->vector.text.at)
		result_put_vector(out, &chosen_answer(s)->vector, &plan->embedding);
	else
		result_put_answer(out, chosen_answer(s));
}

/*
 * Appends the members that are new in this record: answers, then our own; first = none stand before
 * them. What did succeed stands beside the error.
 */
static void put_new_members(
	struct buf *out, const struct record *r, const struct result_opts *o, bool first)
{
	for (unsigned i = 0; i < r->stages_n; i++) {
		const struct step *step = &o->plan->steps[i];
		if (!is_new(&r->stages[i], step))
			continue;
		result_put_comma(out, &first);
		buf_put_str(out, step->name_json);
		buf_put_char(out, ':');
		put_value(out, &r->stages[i], o->plan, i);
	}
	if (r->fate == FATE_FAILED || is_meta_ours(r, o)) {
		result_put_comma(out, &first);
		put_our_member(out, r, o);
	}
	if (is_meta_apart(r, o)) {
		result_put_comma(out, &first);
		json_put_string(out, span_of(o->meta));
		buf_put_str(out, ":{");
		result_put_meta(out, r, o->plan);
		buf_put_char(out, '}');
	}
}

/* Collects the members that make way for ours, and gives how many they may be. */
static size_t names_replaced(
	struct span *names, const struct record *r, const struct result_opts *o)
{
	size_t n = 0;
	if (r->fate == FATE_FAILED || is_meta_ours(r, o))
		names[n++] = span_of(OURS);
	if (o->replaces && is_meta_apart(r, o))
		names[n++] = span_of(o->meta);
	for (unsigned i = 0; o->replaces && i < o->plan->steps_n && n < NAMES_MAX; i++) {
		/* A record that failed at the door has no stages, and is to be asked all. */
		bool is_given = i < r->stages_n && r->stages[i].state == STAGE_GIVEN;
		if (o->plan->steps[i].is_emitted && !is_given)
			names[n++] = span_of(o->plan->steps[i].name);
	}
	return n;
}

static void put_object(struct buf *out, const struct record *r, const struct result_opts *o)
{
	struct span names[NAMES_MAX];
	size_t names_n = names_replaced(names, r, o);
	const char *close = r->value.at + r->value.n - 1;
	const char *end = r->text.at + r->text.n;
	bool has_members = !json_is_empty(r->value);
	/* The usual object has none of the names, and then its bytes move in one piece. */
	if (names_n && splice_has(r->value, names, names_n)) {
		buf_put(out, r->text.at, (size_t)(r->value.at - r->text.at));
		splice_open(out, r->value, names, names_n, &has_members);
	} else {
		buf_put(out, r->text.at, (size_t)(close - r->text.at));
	}
	put_new_members(out, r, o, !has_members);
	buf_put(out, close, (size_t)(end - close));
}

static void put_wrapped(struct buf *out, const struct record *r, const struct result_opts *o)
{
	buf_put_str(out, "{\"input\":");
	if (r->value.at) {
		buf_put_span(out, r->value);
	} else {
		buf_put_char(out, '"');
		json_put_escaped_lossy(out, r->text);
		buf_put_char(out, '"');
	}
	put_new_members(out, r, o, false);
	buf_put_char(out, '}');
}

static void put_json(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (r->fate == FATE_PASSED || r->fate == FATE_SKIPPED)
		buf_put_span(out, r->text);
	else if (json_is(r->value, JSON_KIND_OBJECT))
		put_object(out, r, o);
	else
		put_wrapped(out, r, o);
}

/* The index of the step that is emitted: for raw output there is but one. */
static unsigned emitted_step(const struct plan *plan)
{
	unsigned i = 0;
	while (i + 1 < plan->steps_n && !plan->steps[i].is_emitted)
		i++;
	return i;
}

/* Text goes out plain, any other value as JSON on one line. */
static void put_raw_value(struct buf *out, struct span json)
{
	if (json_is(json, JSON_KIND_STRING))
		json_put_plain(out, json_inside(json));
	else if (json.at)
		json_compact(json, out);
}

/* What a record that was skipped had in its field goes out raw as well: it is its answer. */
static void put_raw_answer(struct buf *out, const struct record *r, const struct result_opts *o)
{
	unsigned i = emitted_step(o->plan);
	const struct step *step = &o->plan->steps[i];
	const struct stage *s = i < r->stages_n ? &r->stages[i] : NULL;
	bool is_answered = r->fate == FATE_ANSWERED && s;
	if (r->fate == FATE_SKIPPED || (is_answered && s->state == STAGE_GIVEN))
		put_raw_value(out, json_member(r->value, span_of(step->name)));
	else if (!is_answered || s->state != STAGE_ANSWERED)
		return;
	else if (step_is_list(step) || chosen_answer(s)->value.at)
		put_value(out, s, o->plan, i);
	else
		json_put_plain(out, chosen_answer(s)->text);
}

bool result_put(struct buf *out, const struct record *r, const struct result_opts *o)
{
	switch (o->form) {
	case RESULT_RAW:
	case RESULT_RAW0:
		put_raw_answer(out, r, o);
		break;
	case RESULT_SEQ:
		buf_put_char(out, '\x1e');
		put_json(out, r, o);
		break;
	case RESULT_JSON:
		put_json(out, r, o);
		break;
	case RESULT_BATCH:
		result_batch_put(out, r, o->plan->batch);
		break;
	}
	buf_put_char(out, o->form == RESULT_RAW0 ? '\0' : '\n');
	return !out->is_full;
}

bool result_put_failed(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (r->value.at)
		put_json(out, r, o);
	else
		buf_put_span(out, r->text);
	buf_put_char(out, '\n');
	return !out->is_full;
}
