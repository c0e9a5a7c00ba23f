/* SPDX-License-Identifier: MIT */
#include "work/record.h"

#include "base/log.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/text.h"
#include "work/plan.h"
#include "work/splice.h"
#include "work/stumble.h"

#include <assert.h>
#include <stdlib.h>

struct record *record_new(struct span line)
{
	struct record *r = xmalloc(sizeof *r + line.n);
	char *bytes = (char *)(r + 1);
	*r = (struct record){ .text = { .at = bytes, .n = line.n } };
	if (line.n)
		memcpy(bytes, line.at, line.n);
	return r;
}

void record_add_stages(struct record *r, unsigned n)
{
	assert(n > 0 && !r->stages);
	r->stages = &r->first_stage;
	r->stages_n = n;
	if (n == 1)
		return;
	r->stages = xcalloc(n, sizeof *r->stages);
	r->held_bytes += n * sizeof *r->stages;
}

void record_add_calls(struct record *r, struct stage *stage, unsigned n)
{
	assert(n > 0 && !stage->calls);
	stage->calls_n = n;
	if (n == 1 && !r->first_call.record) {
		stage->calls = &r->first_call;
	} else {
		stage->calls = xcalloc(n, sizeof *stage->calls);
		r->held_bytes += n * sizeof *stage->calls;
	}
	for (unsigned i = 0; i < n; i++)
		call_init(&stage->calls[i], r, (unsigned)(stage - r->stages), i);
}

void record_forget(struct record *r)
{
	for (unsigned i = 0; i < r->stages_n; i++)
		stage_release(&r->stages[i], &r->first_call);
	if (r->stages != &r->first_stage)
		free(r->stages);
	r->stages = NULL;
	r->stages_n = 0;
	r->held_bytes = 0;
	r->failure.partial = (struct span){ 0 };
}

void record_free(struct record *r)
{
	if (!r)
		return;
	record_forget(r);
	free(r->failure.message);
	free(r->owned_text);
	free(r);
}

void record_scan(struct record *r)
{
	if (!json_scan(r->text, &r->value, &r->fault))
		r->value = (struct span){ 0 };
}

/* A line that is too long has not been scanned, and its beginning is as long as one may be. */
static char *explain_length(const struct record *r)
{
	char now[UNITS_SIZE_TEXT], enough[UNITS_SIZE_TEXT];
	uint64_t bytes = r->text.n;
	while (bytes < r->whole_bytes)
		bytes *= 2;
	units_write_bytes(r->text.n, now);
	units_write_bytes(bytes < RECORD_MAX_BYTES ? bytes : RECORD_MAX_BYTES, enough);
	return xasprintf("longer than --max-record (%s), so only its beginning is kept" LOG_HELP
			 "%s--max-record %s",
		now, r->whole_bytes > RECORD_MAX_BYTES ? "the most that can be accepted is " : "",
		enough);
}

char *record_explain_fault(const struct record *r)
{
	if (r->whole_bytes > 0)
		return explain_length(r);
	const char *help = stumble_help(r->text, r->line, &r->fault);
	return xasprintf(
		"not a JSON value: %s at byte %zu of the line (byte %llu of the input)%s%s",
		r->fault.reason, r->fault.offset + 1,
		(unsigned long long)(r->offset + r->fault.offset + 1), help ? LOG_HELP : "",
		help ? help : "");
}

size_t record_weight(const struct record *r)
{
	return sizeof *r + r->text.n + r->held_bytes;
}

void record_fail(struct record *r, enum error_code code, char *message)
{
	assert(r->fate == FATE_OPEN && code != ERROR_NONE);
	r->fate = FATE_FAILED;
	r->failure.code = code;
	r->failure.message = message;
}

bool record_is_failed_before(const struct record *r)
{
	return r->value.at && json_member(json_member(r->value, SPAN("pllm")), SPAN("error")).at;
}

/* Gives a member of the failure that it carries. */
static struct span failure_member(const struct record *r, struct span name)
{
	struct span error = json_member(json_member(r->value, SPAN("pllm")), SPAN("error"));
	return error.at ? json_member(error, name) : error;
}

static bool was_no_json(const struct record *r)
{
	return span_is(
		json_member(json_member(r->value, SPAN("pllm")), SPAN("wrapped")), "\"text\"");
}

static bool was_refused(const struct record *r)
{
	return span_is(
		json_text_of(failure_member(r, SPAN("code"))), error_code_name(ERROR_BAD_RECORD));
}

/* True if it failed in a step that is another command's. */
static bool failed_elsewhere(const struct record *r, const struct plan *plan)
{
	struct span step = json_text_of(failure_member(r, SPAN("step")));
	for (unsigned i = 0; plan && step.at && i < plan->steps_n; i++)
		if (json_escaped_equals(step, span_of(plan->steps[i].name)))
			return false;
	return plan && step.at;
}

const char *record_why_hopeless(const struct record *r, const struct plan *plan)
{
	if (was_no_json(r))
		return "its line was no JSON";
	if (failed_elsewhere(r, plan))
		return "its step is another command's";
	return was_refused(r) ? "it is refused as it is" : NULL;
}

void record_survey(
	const struct record *r, const struct plan *plan, uint64_t *has_steps, bool *is_failed)
{
	struct json_walk walk;
	struct span ours = { 0 };
	*has_steps = 0;
	json_walk_init(&walk, r->value);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("pllm")))
			ours = walk.value;
		for (unsigned i = 0; i < plan->steps_n; i++)
			if (json_key_is(walk.key, span_of(plan->steps[i].name)))
				*has_steps |= UINT64_C(1) << i;
	}
	*is_failed = json_member(ours, SPAN("error")).at != NULL;
}

void record_revive(struct record *r, const struct plan *plan)
{
	if (!record_is_failed_before(r) || was_no_json(r) || failed_elsewhere(r, plan))
		return;
	r->was_unasked = was_refused(r);
	struct span wrapped = json_member(json_member(r->value, SPAN("pllm")), SPAN("wrapped"));
	struct span input = json_member(r->value, SPAN("input"));
	if (span_is(wrapped, "\"value\"") && input.at) {
		r->value = r->text = input;
		return;
	}
	static const struct span ours[] = { { "pllm", 4 } };
	struct buf without;
	bool has_members;
	buf_init(&without, r->text.n + 1);
	const char *past = r->value.at + r->value.n, *end = r->text.at + r->text.n;
	bool fits = buf_put(&without, r->text.at, (size_t)(r->value.at - r->text.at)) &&
		splice_open(&without, r->value, ours, 1, &has_members) &&
		buf_put_char(&without, '}') && buf_put(&without, past, (size_t)(end - past));
	assert(fits);
	(void)fits;
	r->owned_text = without.data;
	r->text = buf_span(&without);
	record_scan(r);
}
