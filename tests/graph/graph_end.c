/* SPDX-License-Identifier: MIT */
/* What a record leaves as: its fate, its steps' states, its failure, its line. */
#include "oracle.h"

#include "work/result.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

/* Does the engine's word for the step say what the oracle says? */
static void check_state(const struct graph_track *t, unsigned step, enum verdict_of v)
{
	static const enum stage_state states[] = {
		[ORACLE_WAITS] = STAGE_BLOCKED,
		[ORACLE_OPEN] = STAGE_OPEN,
		[ORACLE_ANSWERED] = STAGE_ANSWERED,
		[ORACLE_GIVEN] = STAGE_GIVEN,
		[ORACLE_FAILED] = STAGE_FAILED,
		[ORACLE_UNRUN] = STAGE_UNRUN,
		[ORACLE_UNWANTED] = STAGE_UNWANTED,
	};
	enum stage_state state = t->record->stages[step].state;
	LAW(state == states[v], "#%llu %s is in state %d, not %d", NUMBER(t->seq),
		graph.steps[step].name, (int)state, (int)states[v]);
}

/* Calls that were not answered were given up for a reason. */
static void check_given_up(const struct graph_track *t)
{
	struct oracle end, rightly;
	oracle_judge(t, AT_THE_END, &end);
	oracle_judge(t, AS_IT_MAY, &rightly);
	LAW(t->record->stages_n == graph.steps_n, "#%llu has %u stages", NUMBER(t->seq),
		t->record->stages_n);
	for (unsigned i = 0; i < graph.steps_n; i++) {
		check_state(t, i, end.of[i]);
		LAW(graph_is_excused() || end.of[i] == rightly.of[i],
			"#%llu %s was given up too early: it is %d, and could only be %d",
			NUMBER(t->seq), graph.steps[i].name, (int)end.of[i], (int)rightly.of[i]);
	}
}

/* Is it one of the step's calls that the failure tells of? */
static bool is_failure_of(const struct record *r, const struct graph_call *c)
{
	const struct reply_law *law = &reply_laws[c->last];
	if (c->is_answered)
		return false;
	if (graph_is_excused() && (r->failure.code == ERROR_CANCELLED || graph_dead()))
		return true;
	return !c->is_cancelled && c->starts_n > 0 && r->failure.code == law->error &&
		r->failure.status == law->status;
}

static void check_failure(const struct graph_track *t)
{
	const struct record *r = t->record;
	struct oracle o;
	unsigned step = 0;
	bool is_told = false;
	oracle_judge(t, AT_THE_END, &o);
	while (o.of[step] != ORACLE_FAILED)
		step++;
	const struct graph_step *s = &graph.steps[step];
	LAW(r->failure.step && strcmp(r->failure.step, s->name) == 0,
		"#%llu says that %s failed, and it was %s", NUMBER(t->seq),
		r->failure.step ? r->failure.step : "nothing", s->name);
	LAW(r->failure.message && *r->failure.message, "#%llu does not say why", NUMBER(t->seq));
	if (o.is_unspeakable[step])
		is_told = r->failure.code == ERROR_TEMPLATE ||
			(graph_is_excused() && r->failure.code == ERROR_CANCELLED) || graph_dead();
	unsigned starts_n = 0;
	for (unsigned i = 0; i < graph_calls_n(s); i++) {
		is_told |= is_failure_of(r, &t->stages[step].calls[i]);
		starts_n += t->stages[step].calls[i].starts_n;
	}
	LAW(r->failure.attempts_n == starts_n, "#%llu tells of %u attempts for %s, not of %u",
		NUMBER(t->seq), r->failure.attempts_n, s->name, starts_n);
	LAW(is_told, "#%llu failed of %s, which is what no call of %s ended with", NUMBER(t->seq),
		error_code_name(r->failure.code), s->name);
}

/* What is held for the record counts in the window: the calls' answers and the steps' values. */
static void check_weight(const struct record *r)
{
	size_t held = 0;
	for (unsigned i = 0; i < r->stages_n; i++) {
		for (unsigned k = 0; k < r->stages[i].calls_n; k++)
			if (r->stages[i].calls[k].error == ERROR_NONE)
				held += call_weight(&r->stages[i].calls[k]);
		held += r->stages[i].value.cap;
	}
	LAW(r->held_bytes >= held, "#%llu holds %zu bytes, and counts %zu", NUMBER(r->seq), held,
		r->held_bytes);
}

static bool is_any(const struct oracle *o, enum verdict_of v)
{
	for (unsigned i = 0; i < graph.steps_n; i++)
		if (o->of[i] == v)
			return true;
	return false;
}

/* The line, written down here from what the servers said. */
static void put_line(const struct graph_track *t, const struct oracle *o, struct buf *out)
{
	struct span text = t->record->text;
	buf_put(out, text.at, text.n - 1);
	for (unsigned i = 0; i < graph.steps_n; i++) {
		if (o->of[i] != ORACLE_ANSWERED || !graph.steps[i].is_emitted)
			continue;
		buf_put_str(out, ",\"");
		buf_put_str(out, graph.steps[i].name);
		buf_put_str(out, "\":");
		oracle_put_json(t, i, out);
	}
	if (is_any(o, ORACLE_FAILED)) {
		buf_put_str(out, ",\"pllm\":{\"error\":{\"code\":\"");
		buf_put_str(out, error_code_name(t->record->failure.code));
		buf_put_str(out, "\",");
	} else {
		buf_put_str(out, "}\n");
	}
}

static void check_line(const struct graph_track *t, const struct oracle *o)
{
	struct buf want, got;
	const struct result_opts opts = { .plan = &run.plan };
	buf_init(&want, TEXT_MAX_BYTES);
	buf_init(&got, TEXT_MAX_BYTES);
	put_line(t, o, &want);
	result_put(&got, t->record, &opts);
	bool is_same = got.len >= want.len && memcmp(got.data, want.data, want.len) == 0 &&
		(is_any(o, ORACLE_FAILED) || got.len == want.len);
	if (!is_same)
		world_trace("want %.*s", (int)want.len, want.data);
	buf_release(&want);
	if (!is_same)
		check_fail("#%llu leaves as %.*s", NUMBER(t->seq), (int)got.len, got.data);
	buf_release(&got);
}

void graph_check_end(const struct graph_track *t)
{
	const struct record *r = t->record;
	struct oracle o;
	oracle_judge(t, AT_THE_END, &o);
	bool is_skipped = !is_any(&o, ORACLE_ANSWERED) && !is_any(&o, ORACLE_FAILED);
	enum fate fate = is_skipped         ? FATE_SKIPPED
		: is_any(&o, ORACLE_FAILED) ? FATE_FAILED
					    : FATE_ANSWERED;
	LAW(r->fate == fate, "#%llu has fate %d, not %d", NUMBER(t->seq), (int)r->fate, (int)fate);
	check_given_up(t);
	check_weight(r);
	if (fate == FATE_FAILED)
		check_failure(t);
	if (fate != FATE_SKIPPED)
		check_line(t, &o);
}
