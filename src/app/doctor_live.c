/* SPDX-License-Identifier: MIT */
/*
 * The request is made by what makes a run's requests: a step, an ask, the API's row. It says "Say
 * ok." and may have an answer of 16 tokens, which is the least that some APIs take.
 */
#include "api/api.h"
#include "app/doctor_part.h"
#include "app/steps.h"
#include "base/money.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>

enum { REQUEST_MAX_BYTES = 64 << 10, COST_TEXT_MAX = 100 };

#define PROMPT "Say ok."
#define MAX_TOKENS "16"
#define EMBEDDED_TEXT "ok"
#define RECORD "{}"

/* Makes the plan of the one step that is asked. */
static bool make_plan(const struct doctor *d, struct plan *plan, struct err *err)
{
	char prompt[] = "=" PROMPT, max_tokens[] = MAX_TOKENS, as[] = "output";
	char *prompts[] = { prompt }, *limits[] = { max_tokens };
	struct config c = *d->config;
	c.command = COMMAND_FILTER;
	c.origins = (struct origins){ 0 };
	c.pipeline.sched.on_truncate = TRUNCATE_IS_ERROR;
	c.prompt = (struct prompt_opts){
		.prompts = { prompts, 1 },
		.max_tokens = { limits, 1 },
		.as = as,
	};
	return steps_make(plan, &c, err);
}

static bool build_text(
	const struct endpoint *e, const struct plan *plan, struct buf *body, struct fault *fault)
{
	struct ask ask;
	return ask_init(&ask, &plan->steps[0], e, SPAN(RECORD), fault) &&
		api_build(e->api, &ask, body, fault);
}

static bool build_vector(
	const struct endpoint *e, const struct plan *plan, struct buf *body, struct fault *fault)
{
	const struct embedding embedding = { .is_wanted = true };
	const struct span text = SPAN(EMBEDDED_TEXT);
	const struct ask_pack ask = {
		.step = &plan->steps[0],
		.embedding = &embedding,
		.model = e->model ? span_of(e->model_json) : (struct span){ 0 },
		.texts = &text,
		.texts_n = 1,
	};
	return e->api->build_pack(&ask, body, fault);
}

/* False with fault filled. */
static bool build(
	const struct doctor *d, const struct endpoint *e, struct buf *body, struct fault *fault)
{
	struct plan plan = { 0 };
	struct err err;
	bool ok = make_plan(d, &plan, &err);
	if (!ok)
		fault_set(fault, ERROR_BAD_RECORD, "%s", err.msg);
	else
		ok = e->api->build_pack ? build_vector(e, &plan, body, fault)
					: build_text(e, &plan, body, fault);
	plan_release(&plan);
	return ok;
}

/* What the attempt of a run would have brought. Takes the body. */
static void make_attempt(const struct endpoint *e, struct probe *p, struct attempt *a)
{
	attempt_init(a, REQUEST_MAX_BYTES);
	a->endpoint = e;
	a->api = e->api;
	a->texts_n = e->api->build_pack != NULL;
	a->wire = WIRE_COMPLETE;
	a->status = p->status;
	a->is_html = p->is_html;
	a->answer = p->body;
	p->body = (struct buf){ 0 };
}

static void put_tokens(struct buf *out, const struct usage *usage)
{
	buf_put_str(out, ", tokens: ");
	if (usage->input < 0 && usage->output < 0) {
		buf_put_str(out, "not said");
		return;
	}
	buf_put_int(out, usage->input > 0 ? usage->input : 0);
	buf_put_str(out, " in, ");
	buf_put_int(out, usage->output > 0 ? usage->output : 0);
	buf_put_str(out, " out");
}

static void say_answer(struct doctor *d, unsigned index, const struct usage *usage, int64_t ms)
{
	const struct endpoint *e = &d->endpoints.items[index];
	int64_t cost = d->has_money ? price_of(&d->money.of_endpoint[index], usage) : -1;
	struct buf text;
	buf_init(&text, COST_TEXT_MAX);
	put_tokens(&text, usage);
	buf_put_str(&text, ", cost: ");
	if (cost >= 0)
		money_put_rounded(&text, cost);
	else
		buf_put_str(&text, "not known");
	doctor_say(d, FINDING_OK, "live", "%s answered in %" PRId64 " ms%.*s",
		e->model ? e->model : "the server's model", ms, (int)text.len, text.data);
	buf_release(&text);
}

/* True if it answered: one that was cut at the limit of tokens, or thought about it, did. */
static bool read_answer(struct doctor *d, unsigned index, struct probe *p)
{
	const struct endpoint *e = &d->endpoints.items[index];
	struct attempt a;
	struct answer answer = { 0 };
	make_attempt(e, p, &a);
	e->api->read(&a, &answer);
	e->api->read_usage(&answer);
	bool ok = answer.outcome == OUTCOME_ANSWERED || answer.outcome == OUTCOME_TRUNCATED;
	if (ok) {
		say_answer(d, index, &answer.usage, p->total_us / 1000);
	} else {
		doctor_say(d, FINDING_FAIL, "live", "%s: %s", e->model ? e->model : "no model",
			answer.message ? answer.message : "it did not answer");
		if (answer.outcome == OUTCOME_AUTH && e->key_source)
			doctor_help(d, "the key is from %s", e->key_source);
		bool is_odd = p->status == 404 || (p->is_html && p->status < 300);
		char *advice = is_odd ? doctor_base_advice(e) : NULL;
		if (advice)
			doctor_help(d, "%s?", advice);
		free(advice);
	}
	answer_release(&answer);
	attempt_release(&a);
	return ok;
}

bool doctor_live(struct doctor *d, unsigned index, int64_t *latency_ms, struct allowances *said)
{
	const struct endpoint *e = &d->endpoints.items[index];
	struct fault fault;
	struct buf body;
	struct probe p;
	bool ok = false;
	buf_init(&body, REQUEST_MAX_BYTES);
	if (!e->model && !e->api->needs_no_model) {
		doctor_say(d, FINDING_NOTE, "live", "not asked: there is no model");
	} else if (!build(d, e, &body, &fault)) {
		doctor_say(d, FINDING_NOTE, "live", "not asked: %s", fault.msg);
	} else {
		probe_send(e, e->url, buf_span(&body), d->config->http.connect_timeout_ms, &p);
		if (p.end == PROBE_ANSWERED)
			ok = read_answer(d, index, &p);
		else
			doctor_say(
				d, FINDING_FAIL, "live", "%s", p.detail ? p.detail : "no answer");
		if (ok) {
			*latency_ms = p.total_us / 1000;
			*said = p.allowances;
		}
		probe_release(&p);
	}
	buf_release(&body);
	return ok;
}

char *doctor_words(const struct endpoint *e, struct probe *p)
{
	struct attempt a;
	struct answer answer = { 0 };
	make_attempt(e, p, &a);
	e->api->read(&a, &answer);
	char *words = xasprintf("%s", answer.message ? answer.message : "");
	answer_release(&answer);
	attempt_release(&a);
	if (*words)
		return words;
	free(words);
	return xasprintf("HTTP %d", p->status);
}
