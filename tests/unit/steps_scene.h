/* SPDX-License-Identifier: MIT */
/*
 * steps_scene: a record with several steps, or several calls for one, as the engine leaves it for
 * the writer.
 */
#pragma once

#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"
#include "work/result.h"

#include <stdlib.h>
#include <string.h>

/* A plan of steps named a, b, c, ..., and the record that is looked at. */
struct scene {
	struct plan plan;
	struct endpoint endpoint;
	struct result_opts opts;
	struct record *record;
	char meta[8];
};

static inline void enter(struct scene *s, unsigned steps_n, const char *line)
{
	*s = (struct scene){ .opts = { .plan = &s->plan }, .meta = "pllm" };
	for (unsigned i = 0; i < steps_n; i++) {
		const char name[] = { (char)('a' + (int)i), 0 };
		struct step *step = plan_add_step(&s->plan, name);
		step->is_emitted = true;
		step->models_n = step->samples_n = 1;
	}
	s->endpoint.name = xstrdup("http://h/v1");
	s->record = record_new(span_of(line));
	s->record->line = 7;
	record_scan(s->record);
	record_add_stages(s->record, steps_n);
}

static inline void leave(struct scene *s)
{
	record_free(s->record);
	plan_release(&s->plan);
	endpoint_release(&s->endpoint);
}

/* Opens the step with as many calls as it has, each sent once. */
static inline struct stage *ask(struct scene *s, unsigned step)
{
	struct stage *stage = &s->record->stages[step];
	record_add_calls(s->record, stage, step_calls_n(&s->plan.steps[step]));
	stage->state = STAGE_OPEN;
	for (unsigned i = 0; i < stage->calls_n; i++) {
		stage->calls[i].attempt.endpoint = &s->endpoint;
		stage->calls[i].attempts_n = 1;
		stage->calls[i].attempt.ms = 10 + i;
	}
	return stage;
}

static inline void answer_call(struct call *c, const char *escaped)
{
	c->answer.outcome = OUTCOME_ANSWERED;
	c->answer.text = span_of(escaped);
	c->is_settled = true;
}

static inline void answer_json(struct call *c, const char *json)
{
	c->answer.outcome = OUTCOME_ANSWERED;
	c->answer.value = span_of(json);
	c->is_settled = true;
}

static inline void fail_call(struct call *c, enum error_code error, const char *message)
{
	c->error = error;
	c->is_settled = true;
	c->answer.message = xstrdup(message);
}

static inline void answer_step(struct scene *s, unsigned step, const char *escaped)
{
	struct stage *stage = ask(s, step);
	answer_call(&stage->calls[0], escaped);
	stage->state = STAGE_ANSWERED;
	s->record->fate = FATE_ANSWERED;
}

/* Fails the step, and the record if it is the first. */
static inline void fail_step(struct scene *s, unsigned step, const char *message)
{
	struct stage *stage = ask(s, step);
	fail_call(&stage->calls[0], ERROR_TIMEOUT, message);
	stage->state = STAGE_FAILED;
	if (s->record->fate == FATE_FAILED)
		return;
	s->record->fate = FATE_OPEN;
	record_fail(s->record, ERROR_TIMEOUT, stage->calls[0].answer.message);
	stage->calls[0].answer.message = NULL;
	s->record->failure.step = s->plan.steps[step].name;
	s->record->failure.attempts_n = 1;
}

/* Checks the line that the record leaves as, and that it is JSON if it should be. */
static inline void check_line(const struct scene *s, const char *want)
{
	struct buf out;
	struct span value;
	struct json_fault fault;
	buf_init(&out, 10000);
	CHECK(result_put(&out, s->record, &s->opts));
	CHECK_MEM(out.data, out.len, want);
	CHECK(s->opts.form == RESULT_RAW || json_scan(buf_span(&out), &value, &fault));
	buf_release(&out);
}

#define ERROR_WITH(more)                                                                      \
	"\"error\":{\"code\":\"timeout\",\"message\":\"late\",\"status\":null,\"attempts\":1" \
	",\"step\":" more ",\"line\":7,\"retryable\":true}"
#define FAILED_WITH(more) "\"pllm\":{" ERROR_WITH(more) "}"
