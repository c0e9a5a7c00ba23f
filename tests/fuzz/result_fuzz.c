/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses what became of the record, and of two further steps if there are any; the
 * rest is its line. Whatever that is, it leaves as one line of JSON; taking out what was inserted
 * gives back its bytes; a record that failed and is revived is the one that was read; and each step
 * shows as what it ended as.
 */
#include "work/result.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FAILS = 1, REPLACES = 2, HAS_META = 4, HAS_SEVERAL = 8, OUT_BYTES_MAX = 1 << 24 };

/* What becomes of each further step: two bits of the first byte for each. */
static const enum stage_state ends[] = { STAGE_ANSWERED, STAGE_FAILED, STAGE_UNRUN, STAGE_GIVEN };

#define ANSWER ",\"output\":\"hi\\n\""

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "result_fuzz: %s\n", what);
	abort();
}

static void answer(struct call *c)
{
	c->answer.outcome = OUTCOME_ANSWERED;
	c->answer.text = SPAN("hi\\n");
	c->is_settled = true;
}

static void fail(struct call *c)
{
	c->error = ERROR_TIMEOUT;
	c->is_settled = true;
	c->attempts_n = 1;
}

/* Ends a step of that record so. A list has its second call failed. */
static void end(struct record *r, const struct plan *plan, unsigned i, enum stage_state state)
{
	struct stage *s = &r->stages[i];
	s->state = state;
	if (state != STAGE_ANSWERED && state != STAGE_FAILED)
		return;
	record_add_calls(r, s, step_calls_n(&plan->steps[i]));
	for (unsigned n = 0; n < s->calls_n; n++) {
		if (state == STAGE_ANSWERED && n == 0)
			answer(&s->calls[n]);
		else
			fail(&s->calls[n]);
	}
	if (state == STAGE_ANSWERED && s->calls_n > 1) {
		buf_init(&s->value, 100);
		buf_put_str(&s->value, "[\"hi\\n\",null]");
	}
}

static struct record *make(
	struct span line, unsigned how, const struct plan *plan, const struct endpoint *endpoint)
{
	struct record *r = record_new(line);
	record_scan(r);
	bool fails = how & FAILS || !r->value.at;
	record_add_stages(r, plan->steps_n);
	end(r, plan, 0, fails ? STAGE_FAILED : STAGE_ANSWERED);
	r->stages->calls->attempt.endpoint = endpoint;
	for (unsigned i = 1; i < plan->steps_n; i++) {
		end(r, plan, i, ends[how >> (2 + 2 * i) & 3]);
		fails |= r->stages[i].state == STAGE_FAILED;
	}
	r->fate = fails ? FATE_OPEN : FATE_ANSWERED;
	return r;
}

static void make_plan(struct plan *plan, bool has_several)
{
	static const char *const names[] = { "output", "list", "last" };
	for (unsigned i = 0; i < (has_several ? 3 : 1); i++) {
		struct step *step = plan_add_step(plan, names[i]);
		step->is_emitted = true;
		step->models_n = 1;
		step->samples_n = i == 1 ? 2 : 1;
	}
}

/* Each step shows as what it ended as, and once if it makes its old field go. */
static void check_steps(const struct record *r, const struct result_opts *o, struct span line)
{
	struct json_walk walk;
	size_t unrun_n = 0, told_n = 0;
	for (unsigned i = 0; i < r->stages_n; i++) {
		const struct step *step = &o->plan->steps[i];
		enum stage_state state = r->stages[i].state;
		struct span name = span_of(step->name);
		size_t n = 0, old_n = 0;
		json_walk_init(&walk, r->value);
		while (walk.in_object && json_walk_next(&walk))
			old_n += json_key_is(walk.key, name);
		json_walk_init(&walk, line);
		while (json_walk_next(&walk))
			n += json_key_is(walk.key, name);
		if (o->replaces && state != STAGE_GIVEN)
			old_n = 0;
		demand(n == old_n + (state == STAGE_ANSWERED), "a field was lost, or is too many");
		demand(state != STAGE_ANSWERED ||
				span_is(json_member(line, name),
					step_is_list(step) ? "[\"hi\\n\",null]" : "\"hi\\n\""),
			"an answer does not show");
		unrun_n += state == STAGE_UNRUN;
	}
	struct span ours = json_member(json_member(line, SPAN("pllm")), SPAN("error"));
	json_walk_init(&walk, json_member(ours, SPAN("not_run")));
	while (json_walk_next(&walk))
		told_n++;
	demand(r->fate != FATE_FAILED || told_n == unrun_n, "who was not run is not told");
}

/* The answer stands before the closing brace, and all else is as it was. */
static void check_inserted(const struct record *r, struct span out)
{
	size_t front = (size_t)(r->value.at - r->text.at) + r->value.n - 1;
	struct span answer = SPAN(ANSWER);
	if (json_is_empty(r->value))
		answer = (struct span){ answer.at + 1, answer.n - 1 };
	demand(out.n == r->text.n + answer.n, "more or less was inserted");
	demand(memcmp(out.at, r->text.at, front) == 0, "the front changed");
	demand(memcmp(out.at + front, answer.at, answer.n) == 0, "the answer is elsewhere");
	demand(memcmp(out.at + front + answer.n, r->text.at + front, r->text.n - front) == 0,
		"the rest changed");
}

/*
 * What failed comes back as it was, unless it has or resembles something of ours, or had made way.
 */
static void check_revived(const struct record *r, const struct result_opts *o, struct span out)
{
	struct record *again = record_new(out);
	record_scan(again);
	demand(record_is_failed_before(again), "a failure is not seen");
	record_revive(again, NULL);
	/* a line that was no JSON is none later */
	demand(record_is_failed_before(again) == !r->value.at,
		"a failure survives, or is forgotten");
	demand(again->value.at != NULL, "what is revived is no JSON");
	bool is_ours =
		json_member(r->value, SPAN("pllm")).at || json_member(r->value, SPAN("input")).at;
	if (r->value.at && !is_ours && !o->replaces && r->stages_n == 1)
		demand(span_equals(again->value, r->value), "the record is another");
	record_free(again);
}

static void check(const struct record *r, const struct result_opts *o, struct span out)
{
	struct span scanned;
	struct json_fault fault;
	demand(out.n > 0 && out.at[out.n - 1] == '\n', "the line has no end");
	out.n--;
	demand(!memchr(out.at, '\n', out.n), "the line is more than one");
	demand(json_scan(out, &scanned, &fault) && json_kind(scanned) == JSON_KIND_OBJECT,
		"the line is no object");
	check_steps(r, o, scanned);
	if (r->fate == FATE_FAILED) {
		demand(json_member(json_member(scanned, SPAN("pllm")), SPAN("error")).at != NULL,
			"the failure does not show");
		check_revived(r, o, out);
	} else if (!o->replaces && !o->meta && r->stages_n == 1 &&
		json_kind(r->value) == JSON_KIND_OBJECT) {
		check_inserted(r, out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || memchr(data + 1, '\n', size - 1))
		return 0;
	char meta[] = "pllm", name[] = "http://h";
	struct plan plan = { 0 };
	struct endpoint endpoint = { .name = name };
	struct result_opts o = {
		.plan = &plan, .replaces = *data & REPLACES, .meta = *data & HAS_META ? meta : NULL
	};
	struct buf out;
	make_plan(&plan, *data & HAS_SEVERAL);
	buf_init(&out, OUT_BYTES_MAX);
	struct span line = { (const char *)data + 1, size - 1 };
	struct record *r = make(line, *data, &plan, &endpoint);
	if (r->fate == FATE_OPEN)
		record_fail(r, ERROR_TIMEOUT, xmemdup((const char *)data, size));
	demand(result_put(&out, r, &o), "there was room");
	check(r, &o, buf_span(&out));
	buf_release(&out);
	record_free(r);
	plan_release(&plan);
	return 0;
}
