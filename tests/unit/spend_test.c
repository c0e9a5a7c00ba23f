/* SPDX-License-Identifier: MIT */
#include "engine/spend.h"

#include "api/api.h"
#include "base/money.h"
#include "engine/flight.h"
#include "engine/gates.h"

#include "t.h"

#include <string.h>

enum { BODY_BYTES = 1000, MAX_TOKENS = 50 };

/* One endpoint at a price, and a request of 1,000 bytes whose answer may have 50 tokens. */
struct scene {
	struct endpoint endpoint;
	struct price price;
	struct spend_opts opts;
	struct gates gates;
	struct request q;
	struct spend spend;
};

static void begin(struct scene *c, const struct budget_sum *limits)
{
	*c = (struct scene){ .endpoint = { .api = &api_openai,
				     .name = (char *)(uintptr_t) "http://a/",
				     .model = (char *)(uintptr_t) "m" } };
	price_init(&c->price);
	c->price.source = PRICE_OF_OPTIONS;
	price_state(&c->price, 3, 10);
	c->opts = (struct spend_opts){ .prices = &c->price, .limits = *limits };
	gates_init(&c->gates, &c->endpoint, NULL, 8, false);
	request_init(&c->q, 0, 0);
	attempt_init(&c->q.attempt, BODY_BYTES + 1);
	struct buf *body = &c->q.attempt.body;
	buf_put_str(body, "{\"max_tokens\":");
	buf_put_int(body, MAX_TOKENS);
	buf_put_str(body, ",\"x\":\"");
	while (body->len < BODY_BYTES - 2)
		buf_put_char(body, 'x');
	buf_put_str(body, "\"}");
	c->q.attempt.api = &api_openai;
	c->q.attempt.endpoint = &c->endpoint;
	c->q.attempt.sends_n = 1;
	spend_init(&c->spend, &c->opts, &c->endpoint);
}

/* The request does not say how long its answer may be. */
static void unlimit(struct scene *c)
{
	c->q.attempt.body.data[2] = 'n';
}

static void end(struct scene *c)
{
	request_release(&c->q);
	gates_release(&c->gates);
}

static enum spend_answer look(struct scene *c)
{
	return spend_look(&c->spend, &c->q, &c->q.attempt, &c->gates);
}

static void start(struct scene *c, struct flight *f)
{
	*f = (struct flight){ .request = &c->q, .attempt = &c->q.attempt, .gates = &c->gates };
	spend_enter(&c->spend, f);
}

/* It has landed so; gives what the answer has cost. */
static int64_t land(
	struct scene *c, struct flight *f, enum outcome outcome, int64_t input, int64_t output)
{
	struct answer answer;
	answer_init(&answer, outcome);
	answer.usage =
		(struct usage){ .input = input, .output = output, .cached = -1, .reasoning = -1 };
	spend_leave(&c->spend, f, &answer);
	int64_t cost = answer.cost;
	answer_release(&answer);
	return cost;
}

TEST("what a request may cost is its bytes as tokens, and the most tokens of its answer")
{
	struct scene c;
	struct flight f;
	begin(&c,
		&(struct budget_sum){ .of = { [BUDGET_MONEY] = 10000,
					      [BUDGET_TOKENS] = 5000,
					      [BUDGET_REQUESTS] = 7 } });
	CHECK_INT(look(&c), SPEND_GO);
	start(&c, &f);
	CHECK_INT(c.spend.budget.reserved.of[BUDGET_MONEY], BODY_BYTES * 3 + MAX_TOKENS * 10);
	CHECK_INT(c.spend.budget.reserved.of[BUDGET_TOKENS], BODY_BYTES + MAX_TOKENS);
	CHECK_INT(c.spend.budget.reserved.of[BUDGET_REQUESTS], 1);
	end(&c);
}

TEST("what the server says that it used is spent, and the rest may be used by others")
{
	struct scene c;
	struct flight f, g;
	begin(&c, &(struct budget_sum){ .of = { [BUDGET_MONEY] = 4000 } });
	start(&c, &f);
	CHECK_INT(look(&c), SPEND_WAIT);
	CHECK_INT(land(&c, &f, OUTCOME_ANSWERED, 100, 7), 370);
	CHECK_INT(c.spend.budget.spent.of[BUDGET_MONEY], 370);
	CHECK_INT(c.spend.cost, 370);
	CHECK_INT(look(&c), SPEND_GO);
	start(&c, &g);
	/* 370 and 3,500 are less than 4,000, but then it is over. */
	CHECK_INT(land(&c, &g, OUTCOME_ANSWERED, 1000, 50), 3500);
	CHECK_INT(look(&c), SPEND_NEVER);
	CHECK(!spend_is_over(&c.spend));
	spend_close(&c.spend, &c.q, &c.gates);
	CHECK(spend_is_over(&c.spend));
	struct buf text;
	buf_init(&text, 200);
	spend_explain(&c.spend, &text);
	buf_put_char(&text, '\0');
	CHECK(strstr(text.data, "--max-cost reached"));
	buf_release(&text);
	end(&c);
}

TEST("what was refused costs nothing, what nobody saw the end of costs all that it might have")
{
	static const struct {
		enum outcome outcome;
		int status;
		unsigned sends_n;
		int64_t spent;
	} cases[] = {
		{ OUTCOME_RATE, 429, 1, 0 },
		{ OUTCOME_CAPACITY, 503, 1, 0 },
		{ OUTCOME_CAPACITY, 200, 1, 3500 },
		{ OUTCOME_AUTH, 401, 1, 0 },
		{ OUTCOME_REQUEST, 400, 1, 0 },
		{ OUTCOME_POLICY, 400, 1, 0 },
		{ OUTCOME_POLICY, 200, 1, 3500 },
		{ OUTCOME_FAULT, 500, 1, 0 },
		{ OUTCOME_FAULT, 502, 1, 3500 },
		{ OUTCOME_FAULT, 504, 1, 3500 },
		{ OUTCOME_FAULT, 200, 1, 3500 },
		{ OUTCOME_TIMEOUT, 0, 1, 3500 },
		{ OUTCOME_TRANSPORT, 0, 1, 3500 },
		{ OUTCOME_TRANSPORT, 0, 0, 0 },
		{ OUTCOME_CANCELLED, 0, 1, 3500 },
		{ OUTCOME_BAD_RESPONSE, 200, 1, 3500 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene c;
		struct flight f;
		begin(&c, &(struct budget_sum){ .of = { [BUDGET_MONEY] = 100000 } });
		c.q.attempt.status = cases[i].status;
		c.q.attempt.sends_n = cases[i].sends_n;
		start(&c, &f);
		land(&c, &f, cases[i].outcome, -1, -1);
		CHECK_INT(c.spend.budget.spent.of[BUDGET_MONEY], cases[i].spent);
		CHECK_INT(c.spend.budget.reserved.of[BUDGET_MONEY], 0);
		end(&c);
	}
}

TEST("a request that says nowhere how long its answer may be cannot be afforded")
{
	struct scene c;
	begin(&c, &(struct budget_sum){ .of = { [BUDGET_TOKENS] = 1000000 } });
	unlimit(&c);
	CHECK_INT(look(&c), SPEND_UNBOUNDED);
	c.price.max_output = 4000;
	CHECK_INT(look(&c), SPEND_GO);
	end(&c);
}

TEST("what a record brings that is not in the request cannot be afforded")
{
	struct scene c;
	begin(&c, &(struct budget_sum){ .of = { [BUDGET_TOKENS] = 1000000 } });
	memcpy(c.q.attempt.body.data + 100, "\"image_url\"", 11);
	/* In the words of a prompt it could not stand so. */
	CHECK_INT(look(&c), SPEND_GO);
	c.q.brings_own = true;
	CHECK_INT(look(&c), SPEND_UNSEEN);
	CHECK(spend_complaint(SPEND_UNSEEN) != spend_complaint(SPEND_UNBOUNDED));
	end(&c);
}

TEST("a limit of requests needs to know no tokens")
{
	struct scene c;
	struct flight f;
	begin(&c, &(struct budget_sum){ .of = { [BUDGET_REQUESTS] = 1 } });
	unlimit(&c);
	CHECK_INT(look(&c), SPEND_GO);
	start(&c, &f);
	CHECK_INT(look(&c), SPEND_WAIT);
	land(&c, &f, OUTCOME_RATE, -1, -1);
	CHECK_INT(look(&c), SPEND_NEVER);
	end(&c);
}

TEST("an answer whose price is not known is counted as that, and not as free")
{
	struct scene c;
	struct flight f;
	begin(&c, &(struct budget_sum){ 0 });
	price_init(&c.price);
	CHECK(!spend_is_limited(&c.spend));
	start(&c, &f);
	CHECK_INT(land(&c, &f, OUTCOME_ANSWERED, 100, 7), -1);
	CHECK_INT(c.spend.unpriced_n, 1);
	CHECK_INT(c.spend.usage.input, 100);
	CHECK(!c.spend.cost_source);
	end(&c);
}

TEST("vectors have no tokens of output, and need no limit of them")
{
	struct scene c;
	struct flight f;
	begin(&c, &(struct budget_sum){ .of = { [BUDGET_MONEY] = 3000 } });
	unlimit(&c);
	c.q.attempt.texts_n = 4;
	CHECK_INT(look(&c), SPEND_GO);
	start(&c, &f);
	CHECK_INT(land(&c, &f, OUTCOME_ANSWERED, 200, -1), 600);
	CHECK_INT(c.spend.budget.spent.of[BUDGET_MONEY], 600);
	end(&c);
}
