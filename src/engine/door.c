/* SPDX-License-Identifier: MIT */
#include "engine/door.h"

#include "base/xalloc.h"

#include <string.h>

/* Fails a record that has already what would be written into it: of a step, or of --meta. */
static void refuse_taken(struct record *r, const struct plan *plan, const char *field)
{
	const struct step *step = plan_find_step(plan, span_of(field));
	r->failure.step = step ? step->name : NULL;
	record_fail(r, ERROR_BAD_RECORD,
		xasprintf("the record already has a field \"%s\"" LOG_HELP
			  "see --existing, -a and --meta",
			field));
}

static bool has_all(const struct plan *plan, uint64_t has_steps)
{
	for (unsigned i = 0; i < plan->steps_n; i++)
		if (plan->steps[i].is_emitted && !(has_steps >> i & 1))
			return false;
	return true;
}

/* Gives the name of a field that is to be written and is there already, or NULL. */
static const char *find_taken(const struct pipeline_opts *opts, const struct plan *plan,
	const struct record *r, uint64_t has_steps)
{
	const char *meta = opts->meta_field;
	for (unsigned i = 0; has_steps && i < plan->steps_n; i++)
		if ((has_steps >> i & 1) && plan->steps[i].is_emitted)
			return plan->steps[i].name;
	return meta && json_member(r->value, span_of(meta)).at ? meta : NULL;
}

/* True if something is to be written where records that are no objects are put. */
static bool writes_input(const struct pipeline_opts *opts, const struct plan *plan)
{
	const struct step *step = plan_find_step(plan, SPAN("input"));
	return (step && step->is_emitted) ||
		(opts->meta_field && strcmp(opts->meta_field, "input") == 0);
}

bool door_settles(const struct pipeline_opts *opts, const struct plan *plan, struct record *r,
	uint64_t *has_steps)
{
	bool is_failed;
	*has_steps = 0;
	if (!r->value.at) {
		record_fail(r, ERROR_BAD_RECORD, record_explain_fault(r));
		return true;
	}
	/* A request has no fields of ours, nor is it a failure because --errors wrote it so. */
	if (plan->batch != BATCH_NONE)
		return false;
	record_survey(r, plan, has_steps, &is_failed);
	if (is_failed) {
		r->fate = FATE_PASSED;
		r->hopeless = record_why_hopeless(r, plan);
		return true;
	}
	if (!json_is(r->value, JSON_KIND_OBJECT) && writes_input(opts, plan)) {
		record_fail(r, ERROR_BAD_RECORD,
			xstrdup("a record that is no object leaves as {\"input\":...}" LOG_HELP
				"give the answer another name than \"input\""));
		return true;
	}
	bool skips = opts->existing == EXISTING_IS_SKIPPED &&
		(opts->is_existing_said || !r->was_unasked);
	const char *taken = find_taken(opts, plan, r, skips ? 0 : *has_steps);
	/* In a matrix a vector has its row, whatever the record has. */
	if (!skips || plan->embedding.is_matrix)
		*has_steps = 0;
	if (!taken || opts->existing == EXISTING_IS_REPLACED)
		return false;
	/* With its answers there, what --meta would add is not missing. */
	if (skips && has_all(plan, *has_steps))
		return false;
	refuse_taken(r, plan, taken);
	return true;
}
