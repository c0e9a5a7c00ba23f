/* SPDX-License-Identifier: MIT */
#include "engine/estimate.h"

#include "api/api.h"
#include "base/xalloc.h"
#include "engine/advance.h"
#include "engine/sched.h"
#include "engine/spend.h"
#include "engine/stand_in.h"
#include "json/schema.h"
#include "work/progress.h"
#include "work/record.h"

#include <stdlib.h>

#include "t.h"

enum { IN = 1000000, OUT = 4000000 }; /* pico-dollars a token */

/* A scheduler that asks nobody. */
struct rig {
	struct plan plan;
	struct endpoint endpoint;
	struct price price;
	struct spend_opts money;
	struct sched_opts opts;
	struct estimate estimate;
	struct sched sched;
	uint64_t seq;
	enum error_code failed; /* what the last record failed of */
};

static struct step *add_step(struct rig *r, const char *name, const char *prompt)
{
	struct err err;
	struct step *s = plan_add_step(&r->plan, name);
	s->has_prompt = s->is_emitted = true;
	s->max_tokens = 500;
	s->models_n = 1;
	CHECK(template_parse(&s->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	return s;
}

static void prepare(struct rig *r)
{
	*r = (struct rig){ .opts = { .jobs = 4, .timeout_ms = 1000 } };
	r->endpoint = (struct endpoint){ .api = &api_openai, .weight = 1 };
	r->endpoint.name = xstrdup("http://h/v1");
	r->endpoint.origin = xstrdup("http://h:80");
	r->endpoint.url = xstrdup("http://h/v1/chat/completions");
	endpoint_set_model(&r->endpoint, "m");
	price_init(&r->price);
	price_state(&r->price, IN, OUT);
	r->price.source = PRICE_OF_FILE;
	CHECK_INT(plan_add_model(&r->plan, "m", true), 0);
}

static void start(struct rig *r)
{
	struct err err;
	CHECK(plan_link(&r->plan, &err));
	r->money.prices = &r->price;
	const struct sched_rooms rooms = { .plan = &r->plan,
		.endpoints = &r->endpoint,
		.endpoints_n = 1,
		.money = &r->money,
		.estimate = &r->estimate };
	sched_init(&r->sched, &r->opts, &rooms, 1);
}

static void end(struct rig *r)
{
	sched_release(&r->sched);
	estimate_release(&r->estimate);
	endpoint_release(&r->endpoint);
	plan_release(&r->plan);
}

/* A record that is let in. */
static struct record *enter(struct rig *r, const char *line)
{
	struct record *record = record_new(span_of(line));
	record_scan(record);
	record->seq = r->seq++;
	advance_begin(&r->sched, record, 0);
	return record;
}

/* Goes on until nothing is left to do. */
static void go(struct rig *r)
{
	struct call *call;
	bool has_settled = true;
	sched_flush(&r->sched);
	while (has_settled) {
		sched_dispatch(&r->sched, 0);
		has_settled = false;
		while ((call = sched_take_settled(&r->sched))) {
			has_settled = true;
			advance_settle(&r->sched, call);
		}
	}
	CHECK_INT(sched_inside(&r->sched), 0);
}

/* One record from beginning to end; gives whether it is answered. */
static bool ask(struct rig *r, const char *line)
{
	struct record *record = enter(r, line);
	go(r);
	bool is_answered = record->fate == FATE_ANSWERED;
	r->failed = record->failure.code;
	record_free(record);
	return is_answered;
}

static const struct estimate_sum *sum(const struct rig *r)
{
	return &r->estimate.pools[0];
}

TEST("a request is counted with its text, the longest answer, and what both cost")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "output", "word word {{text}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK(ask(&r, "{\"text\":\"word word\"}"));
	/* 4 for the message, 3 for the answer's beginning */
	CHECK_INT(sum(&r)->input + 0.5, 10 + 11);
	CHECK_INT(sum(&r)->requests_n, 2);
	CHECK_INT(sum(&r)->output, 2 * 500);
	CHECK_INT(sum(&r)->cost_in, 21 * IN);
	CHECK_INT(sum(&r)->cost_most, 21 * IN + INT64_C(1000) * OUT);
	CHECK_INT(sum(&r)->rough_n + sum(&r)->unbounded_n + sum(&r)->unpriced_n, 0);
	CHECK_INT(sum(&r)->source, PRICE_OF_FILE);
	CHECK_INT(r.sched.requests_n, 0);
	end(&r);
}

TEST("without a maximum of answer tokens the most is not known, unless the price map knows it")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "output", "{{text}}")->max_tokens = 0;
	start(&r);
	CHECK(ask(&r, "{\"text\":\"a\"}"));
	CHECK_INT(sum(&r)->unbounded_n, 1);
	CHECK_INT(sum(&r)->no_most_n, 1);
	CHECK_INT(sum(&r)->unpriced_n, 0);
	r.price.max_output = 70;
	CHECK(ask(&r, "{\"text\":\"b\"}"));
	CHECK_INT(sum(&r)->unbounded_n, 1);
	CHECK_INT(sum(&r)->output, 70);
	end(&r);
}

TEST("a model without a price is named, and costs are unknown, not nothing")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "output", "{{text}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"a\"}"));
	price_init(&r.price);
	CHECK(ask(&r, "{\"text\":\"b\"}"));
	CHECK_STR(r.estimate.unpriced, "m");
	CHECK_INT(sum(&r)->unpriced_n, 1);
	CHECK_INT(sum(&r)->no_most_n, 1);
	CHECK_INT(sum(&r)->source, PRICE_UNKNOWN);
	end(&r);
}

TEST("a later step holds a stand-in, and at most as much as the answer may have")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "draft", "{{text}}");
	add_step(&r, "final", "{{draft}}{{draft}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK_INT(sum(&r)->requests_n, 2);
	CHECK_INT(sum(&r)->rough_n, 1);
	CHECK_INT(sum(&r)->input + 0.5, 8 + 7 + 2 * STAND_IN_TOKENS);
	CHECK_INT(sum(&r)->cost_in, (15 + 2 * STAND_IN_TOKENS) * INT64_C(1) * IN);
	CHECK_INT(sum(&r)->cost_most, (15 + 2 * 500) * INT64_C(1) * IN + INT64_C(1000) * OUT);
	end(&r);
}

TEST("what later steps hold of an answer without a maximum leaves their most unknown, too")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "draft", "{{text}}")->max_tokens = 0;
	add_step(&r, "final", "{{draft}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK_INT(sum(&r)->unbounded_n, 1);
	CHECK_INT(sum(&r)->no_most_n, 2);
	end(&r);
}

TEST("a schema's answer has the fields that later steps want, and a vote has what it is by")
{
	struct rig r;
	struct err err;
	prepare(&r);
	struct step *s = add_step(&r, "facts", "{{text}}");
	s->schema = schema_new(SPAN("{\"type\":\"object\"}"), &err);
	s->samples_n = 3;
	s->join = JOIN_VOTE;
	s->has_vote_by = path_parse(&s->vote_by, SPAN("verdict"), &err);
	add_step(&r, "final", "{{facts.names[0]}} and {{facts.place.city}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK_INT(sum(&r)->requests_n, 4);
	CHECK_INT(sum(&r)->rough_n, 1);
	end(&r);
}

TEST("every sample is a request, and a list of them is held")
{
	struct rig r;
	prepare(&r);
	struct step *s = add_step(&r, "draft", "{{text}}");
	s->samples_n = 5;
	s->max_tokens = 10;
	add_step(&r, "best", "{{draft}} {{draft[4]}}");
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK_INT(sum(&r)->requests_n, 6);
	CHECK_INT(sum(&r)->rough_n, 1);
	CHECK(sum(&r)->input > 5 * 8 + 6 * 10 && sum(&r)->input < 5 * 8 + 6 * 10 + 40);
	end(&r);
}

TEST("a record that yields no request fails of what it would fail of, and is not counted")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "draft", "{{text}}");
	add_step(&r, "final", "{{draft}} {{title}}");
	start(&r);
	CHECK(!ask(&r, "{\"title\":\"a\"}"));
	CHECK_INT(r.failed, ERROR_TEMPLATE);
	CHECK_INT(sum(&r)->requests_n, 0);
	CHECK(!ask(&r, "{\"text\":\"a\"}"));
	CHECK_INT(r.failed, ERROR_TEMPLATE);
	CHECK_INT(sum(&r)->requests_n, 1);
	end(&r);
}

TEST("a limit of prompt tokens does not fail a record for a stand-in, and bounds the most")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "draft", "{{text}}");
	add_step(&r, "final", "{{draft}}")->max_input_tokens = 100;
	start(&r);
	CHECK(ask(&r, "{\"text\":\"word\"}"));
	CHECK_INT(sum(&r)->requests_n, 2);
	CHECK_INT(sum(&r)->cost_most, (8 + 100) * INT64_C(1) * IN + INT64_C(1000) * OUT);
	end(&r);
}

TEST("later steps of different records do not ask the same, those of equal records do")
{
	struct rig r;
	struct record *records[3];
	prepare(&r);
	add_step(&r, "draft", "{{text}}");
	add_step(&r, "final", "{{draft}}");
	start(&r);
	for (size_t i = 0; i < 3; i++)
		records[i] = enter(&r, i == 0 ? "{\"text\":\"a\"}" : "{\"text\":\"b\"}");
	go(&r);
	CHECK_INT(sum(&r)->requests_n, 4);
	CHECK_INT(sum(&r)->shared_n, 2);
	for (size_t i = 0; i < 3; i++)
		record_free(records[i]);
	end(&r);
}

TEST("calls that ask the same at the same time are one request")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "output", "{{text}}");
	start(&r);
	struct record *a = enter(&r, "{\"id\":1,\"text\":\"word\"}");
	struct record *b = enter(&r, "{\"id\":2,\"text\":\"word\"}");
	go(&r);
	CHECK_INT(sum(&r)->requests_n, 1);
	CHECK_INT(sum(&r)->shared_n, 1);
	CHECK(a->fate == FATE_ANSWERED && b->fate == FATE_ANSWERED);
	record_free(a);
	record_free(b);
	end(&r);
}

/* A request that is ready, as it is before it starts. */
static struct request *take_ready(struct rig *r, unsigned char key)
{
	struct request *q = queue_take(&r->sched.queue);
	q->has_key = true;
	q->key = (struct entry_key){ { key, 1, 2 } };
	return q;
}

TEST("with a cache what was asked before in the run is not asked again, however long ago")
{
	struct rig r;
	prepare(&r);
	add_step(&r, "output", "{{text}}");
	start(&r);
	for (unsigned char i = 0; i < 6; i++) {
		struct record *record = enter(&r, "{\"text\":\"word\"}");
		estimate_take(&r.sched, take_ready(&r, i % 2));
		go(&r);
		CHECK_INT(record->fate, FATE_ANSWERED);
		record_free(record);
	}
	CHECK_INT(sum(&r)->requests_n, 2);
	CHECK_INT(r.estimate.repeats_n, 4);
	end(&r);
}

TEST("of a pack the texts are counted and no answer; a text that several want counts once")
{
	struct rig r;
	struct record *records[5];
	prepare(&r);
	r.endpoint.api = api_find_embedder("openai");
	r.opts.pack = (struct pack_opts){
		.is_on = true, .texts_max = 2, .tokens_max = 1000, .wait_ms = 1000
	};
	r.opts.is_fixed = true;
	r.plan.embedding.is_wanted = true;
	add_step(&r, "embedding", "word {{text}}")->max_tokens = 0;
	start(&r);
	for (size_t i = 0; i < 5; i++) {
		static const char *const lines[] = { "{\"text\":\"a\"}", "{\"text\":\"b\"}",
			"{\"text\":\"c d\"}", "{\"text\":\"a\"}", "{\"text\":\"\"}" };
		records[i] = enter(&r, lines[i]);
	}
	go(&r);
	for (size_t i = 0; i < 5; i++) {
		CHECK_INT(records[i]->fate, FATE_ANSWERED);
		record_free(records[i]);
	}
	/* a and b; c d and the prompt alone */
	CHECK_INT(sum(&r)->requests_n, 2);
	CHECK_INT(sum(&r)->shared_n, 1);
	CHECK(sum(&r)->input >= 8 && sum(&r)->input <= 9);
	CHECK_INT(sum(&r)->output + (long long)sum(&r)->unbounded_n, 0);
	CHECK_INT(sum(&r)->cost_most, sum(&r)->cost_in);
	end(&r);
}

TEST("the model that a record brings itself is named where it has no price")
{
	struct rig r;
	struct err err;
	prepare(&r);
	endpoint_set_model(&r.endpoint, NULL);
	struct step *s = plan_add_step(&r.plan, "output");
	s->is_emitted = true;
	s->models_n = 1;
	price_init(&r.price);
	r.plan.body_api = &api_openai;
	CHECK(plan_link(&r.plan, &err));
	start(&r);
	CHECK(ask(&r,
		"{\"body\":{\"model\":\"own\",\"max_tokens\":9,\"messages\":"
		"[{\"role\":\"user\",\"content\":\"word\"}]}}"));
	CHECK_STR(r.estimate.unpriced, "own");
	CHECK_INT(sum(&r)->output, 9);
	CHECK_INT(sum(&r)->input + 0.5, 8);
	end(&r);
}
