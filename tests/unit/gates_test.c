/* SPDX-License-Identifier: MIT */
#include "engine/gates.h"

#include "api/api.h"
#include "base/xalloc.h"

#include "t.h"

#include <stdlib.h>
#include <string.h>

enum { JOBS = 64 };

static struct endpoint plain = { .api = &api_openai,
	.name = (char *)(uintptr_t) "http://a/",
	.url = (char *)(uintptr_t) "http://a/",
	.model = (char *)(uintptr_t) "m",
	.weight = 1 };

/* What comes of an attempt, beside its outcome. */
struct end {
	enum outcome outcome;
	int status;
	int64_t hint_ms; /* 0 = none */
	bool is_suspect;
	bool is_unsent;
	struct allowances *said; /* borrowed */
	struct usage usage;
};

static struct rng rng;

static struct rate_cost leave(
	struct gates *g, const struct gates_pass *pass, const struct end *end, int64_t now_ms)
{
	char words[] = "so it said";
	struct attempt attempt = { .status = end->status,
		.allowances = end->said,
		.sends_n = !end->is_unsent,
		.hint = { .wait_ms = end->hint_ms ? end->hint_ms : -1, .should_retry = -1 } };
	struct answer answer = { .outcome = end->outcome, .message = words, .usage = end->usage };
	const struct gates_landing landing = {
		.pass = pass, .attempt = &attempt, .answer = &answer, .is_suspect = end->is_suspect
	};
	return gates_leave(g, &landing, now_ms, &rng);
}

static void go(struct gates *g, const struct end *end, int64_t now_ms)
{
	struct gates_pass pass;
	gates_enter(g, (struct gates_size){ 0 }, now_ms, &pass);
	leave(g, &pass, end, now_ms);
}

static int64_t wait_of(const struct gates *g, int64_t now_ms)
{
	struct rate_cost one = gates_cost(g, (struct gates_size){ 0 });
	return gates_wait(g, &one, now_ms);
}

TEST("a Retry-After pauses the endpoint, whatever it came with, and is never shortened")
{
	static const enum outcome with[] = { OUTCOME_RATE, OUTCOME_CAPACITY, OUTCOME_FAULT };
	for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
		struct gates g;
		rng_init(&rng, i);
		gates_init(&g, &plain, NULL, JOBS, false);
		CHECK_INT(wait_of(&g, 1000), 0);
		go(&g, &(struct end){ .outcome = with[i], .hint_ms = 20000 }, 1000);
		CHECK(wait_of(&g, 1000) >= 20000);
		CHECK(wait_of(&g, 20999) > 0);
		gates_release(&g);
	}
}

TEST("too fast never opens the breaker nor lowers the limit")
{
	struct gates g;
	rng_init(&rng, 1);
	gates_init(&g, &plain, NULL, JOBS, false);
	unsigned places = limit_places(&g.limit, 1000);
	int64_t now_ms = 1000;
	for (int i = 0; i < 100; i++) {
		int64_t wait_ms = wait_of(&g, now_ms);
		CHECK(wait_ms < 60000);
		now_ms += wait_ms;
		go(&g, &(struct end){ .outcome = OUTCOME_RATE, .hint_ms = 10 }, now_ms);
	}
	CHECK_INT(g.breaker.state, BREAKER_CLOSED);
	CHECK(limit_places(&g.limit, now_ms) >= places);
	gates_release(&g);
}

TEST("refusals for load open the breaker only when nothing is taken any more")
{
	struct gates g;
	rng_init(&rng, 2);
	gates_init(&g, &plain, NULL, JOBS, false);
	struct end refused = { .outcome = OUTCOME_CAPACITY, .status = 503 };
	struct end taken = { .outcome = OUTCOME_ANSWERED, .status = 200 };
	int64_t now_ms = 1000;
	for (int round = 0; round < 100; round++, now_ms += 1000) {
		struct gates_pass passes[8];
		int n = 0;
		while (n < 8 && wait_of(&g, now_ms) == 0)
			gates_enter(&g, (struct gates_size){ 0 }, now_ms, &passes[n++]);
		/* Four places there are, and the others come back at once. */
		for (int i = n; i > 4; i--)
			leave(&g, &passes[i - 1], &refused, now_ms + 10);
		for (int i = 0; i < n && i < 4; i++)
			leave(&g, &passes[i], &taken, now_ms + 900);
		CHECK_INT(g.breaker.state, BREAKER_CLOSED);
	}
	for (int i = 0; i < 300 && g.breaker.state == BREAKER_CLOSED; i++)
		go(&g, &refused, now_ms + i);
	CHECK_INT(g.breaker.state, BREAKER_OPEN);
	gates_release(&g);
}

TEST("a record that fails by what may be its own doing does not open the breaker")
{
	struct gates g;
	rng_init(&rng, 3);
	gates_init(&g, &plain, NULL, JOBS, false);
	struct end own = { .outcome = OUTCOME_FAULT, .status = 500, .is_suspect = true };
	struct end dropped = {
		.outcome = OUTCOME_TRANSPORT, .is_unsent = true, .is_suspect = true
	};
	for (int i = 0; i < 50; i++)
		go(&g, &own, 1000 + i);
	CHECK_INT(g.breaker.state, BREAKER_CLOSED);
	/* But a connection that does not come about is never the record's doing. */
	for (int i = 0; i < 5; i++)
		go(&g, &dropped, 2000 + i);
	CHECK_INT(g.breaker.state, BREAKER_OPEN);
	gates_release(&g);
}

TEST("a lone 403 after successes is that record's, before any it is the key's")
{
	struct gates g;
	rng_init(&rng, 4);
	gates_init(&g, &plain, NULL, JOBS, false);
	go(&g, &(struct end){ .outcome = OUTCOME_ANSWERED, .status = 200 }, 1000);
	go(&g, &(struct end){ .outcome = OUTCOME_AUTH, .status = 403 }, 1001);
	CHECK(!gates_is_dead(&g));
	go(&g, &(struct end){ .outcome = OUTCOME_AUTH, .status = 401 }, 1002);
	CHECK(gates_is_dead(&g));
	CHECK_STR(g.dead_message, "so it said");
	gates_release(&g);
	gates_init(&g, &plain, NULL, JOBS, false);
	go(&g, &(struct end){ .outcome = OUTCOME_AUTH, .status = 403 }, 1001);
	CHECK(gates_is_dead(&g));
	gates_release(&g);
}

TEST("an unknown model is everybody's if there is one for all, else the record's")
{
	struct gates g;
	struct endpoint any = plain;
	rng_init(&rng, 5);
	any.model = NULL;
	gates_init(&g, &any, NULL, JOBS, false);
	go(&g, &(struct end){ .outcome = OUTCOME_NOT_FOUND, .status = 404 }, 1000);
	CHECK(!gates_is_dead(&g));
	gates_release(&g);
	gates_init(&g, &plain, NULL, JOBS, false);
	go(&g, &(struct end){ .outcome = OUTCOME_NOT_FOUND, .status = 404 }, 1000);
	CHECK(gates_is_dead(&g));
	gates_release(&g);
}

TEST("what the headers say of requests left is obeyed")
{
	struct gates g;
	struct allowances said = { .n = 1,
		.items = { { ALLOWANCE_REQUESTS, 60, 0, 60000, 60000 } } };
	rng_init(&rng, 6);
	gates_init(&g, &plain, NULL, JOBS, false);
	CHECK(!rate_counts_tokens(&g.rate));
	go(&g, &(struct end){ .outcome = OUTCOME_ANSWERED, .status = 200, .said = &said }, 1000);
	CHECK(wait_of(&g, 1000) > 0 && wait_of(&g, 1000) <= 1000);
	CHECK_INT(wait_of(&g, 2001), 0);
	gates_release(&g);
}

TEST("tokens are charged as the API charges them, and given back where nothing was done")
{
	struct gates g;
	struct endpoint limited = plain;
	struct gates_pass pass;
	const struct gates_size size = { .input = 100, .max_tokens = 400 };
	rng_init(&rng, 7);
	limited.tpm = 6000;
	static const struct {
		struct end end;
		int tokens;
		int requests;
	} rows[] = {
		{ { .outcome = OUTCOME_RATE, .usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL } }, 0,
			1 },
		{ { .outcome = OUTCOME_FAULT, .usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL } }, 0,
			1 },
		{ { .outcome = OUTCOME_TIMEOUT, .usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
			400, 1 },
		{ { .outcome = OUTCOME_TRANSPORT, .is_unsent = true }, 0, 0 },
		{ { .outcome = OUTCOME_ANSWERED, .usage = { 120, 30, -1, -1, 0, 0, TIER_USUAL } },
			400, 1 },
		{ { .outcome = OUTCOME_ANSWERED, .usage = { 900, 30, -1, -1, 0, 0, TIER_USUAL } },
			900, 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		gates_init(&g, &limited, NULL, JOBS, false);
		CHECK(rate_counts_tokens(&g.rate));
		/* OpenAI counts the larger of the two. */
		CHECK_INT((int)gates_cost(&g, size).of[RATE_TOKENS], 400);
		gates_enter(&g, size, 1000, &pass);
		struct rate_cost cost = leave(&g, &pass, &rows[i].end, 1000);
		CHECK_INT((int)cost.of[RATE_TOKENS], rows[i].tokens);
		CHECK_INT((int)cost.of[RATE_REQUESTS], rows[i].requests);
		gates_release(&g);
	}
}

TEST("the state of all gates is one line")
{
	struct gates g;
	struct buf text;
	struct gates_pass pass;
	rng_init(&rng, 8);
	buf_init(&text, 1000);
	gates_init(&g, &plain, NULL, 8, true);
	gates_enter(&g, (struct gates_size){ 0 }, 1000, &pass);
	gates_describe(&g, 1000, &text);
	buf_put_char(&text, '\0');
	CHECK_STR(text.data, "http://a/: 1 of 8 in flight, breaker closed");
	leave(&g, &pass, &(struct end){ .outcome = OUTCOME_RATE, .hint_ms = 20000 }, 1000);
	buf_clear(&text);
	gates_describe(&g, 1000, &text);
	buf_put_char(&text, '\0');
	CHECK(strstr(text.data, "paused for 2"));
	buf_release(&text);
	gates_release(&g);
}

TEST("who never answered is silent after some tries by one, and who has answered is not")
{
	struct gates g;
	struct buf text;
	rng_init(&rng, 8);
	buf_init(&text, 1000);
	gates_init(&g, &plain, NULL, 8, true);
	int64_t now_ms = 1000;
	for (int i = 0; i < 200 && !gates_is_silent(&g); i++) {
		now_ms += wait_of(&g, now_ms);
		go(&g, &(struct end){ .outcome = OUTCOME_TRANSPORT }, now_ms);
		CHECK(gates_is_silent(&g) == (g.breaker.opened_n >= 4));
	}
	CHECK(gates_is_silent(&g));
	gates_describe(&g, now_ms, &text);
	buf_put_char(&text, '\0');
	CHECK_STR(text.data, "http://a/: 0 of 8 in flight, breaker open, last: so it said");
	now_ms += wait_of(&g, now_ms);
	go(&g, &(struct end){ .outcome = OUTCOME_ANSWERED, .status = 200 }, now_ms);
	CHECK(!gates_is_silent(&g));
	buf_release(&text);
	gates_release(&g);
}

static struct endpoint limited_to(int64_t max, int64_t rpm, int64_t tpm)
{
	struct endpoint e = plain;
	e.max = max;
	e.rpm = rpm;
	e.tpm = tpm;
	return e;
}

TEST("what was said of a site holds for all models together, and each gets what another gives back")
{
	struct endpoint e = limited_to(3, 0, 0);
	struct gates_site site;
	struct gates a, b;
	struct gates_pass of_a[2], of_b;
	const struct end taken = { .outcome = OUTCOME_ANSWERED, .status = 200 };
	rng_init(&rng, 20);
	gates_site_init(&site, &e);
	gates_init(&a, &e, &site, JOBS, true);
	gates_init(&b, &e, &site, JOBS, true);
	gates_enter(&a, (struct gates_size){ 0 }, 1000, &of_a[0]);
	gates_enter(&a, (struct gates_size){ 0 }, 1000, &of_a[1]);
	CHECK_INT(wait_of(&a, 1000), 0);
	CHECK_INT(wait_of(&b, 1000), 0);
	gates_enter(&b, (struct gates_size){ 0 }, 1000, &of_b);
	CHECK_INT(wait_of(&a, 1000), GATES_UNTIL_LEAVE);
	CHECK_INT(wait_of(&b, 1000), GATES_UNTIL_LEAVE);
	leave(&a, &of_a[0], &taken, 1500);
	CHECK_INT(wait_of(&b, 1500), 0);
	leave(&a, &of_a[1], &taken, 1500);
	leave(&b, &of_b, &taken, 1500);
	CHECK_INT(site.in_flight, 0);
	gates_release(&a);
	gates_release(&b);
}

TEST("the requests a minute of a site are counted for all models, once each")
{
	struct endpoint e = limited_to(0, 60, 0);
	struct gates_site site;
	struct gates a, b, alone;
	const struct end taken = { .outcome = OUTCOME_ANSWERED, .status = 200 };
	const struct end unsent = { .outcome = OUTCOME_TRANSPORT, .is_unsent = true };
	rng_init(&rng, 21);
	gates_site_init(&site, &e);
	gates_init(&a, &e, &site, JOBS, true);
	gates_init(&b, &e, &site, JOBS, true);
	gates_init(&alone, &e, NULL, JOBS, true);
	CHECK(a.rate.buckets_n == 0 && site.rate.buckets_n == 1 && alone.rate.buckets_n == 1);
	go(&a, &taken, 1000);
	go(&alone, &taken, 1000);
	CHECK(wait_of(&a, 1000) > 900);
	/* The other waits as long, and one alone does as it always did. */
	CHECK_INT(wait_of(&b, 1000), wait_of(&a, 1000));
	CHECK_INT(wait_of(&alone, 1000), wait_of(&a, 1000));
	/* What never left gives its place back to all. */
	go(&b, &unsent, 2000);
	CHECK_INT(wait_of(&a, 2000), 0);
	gates_release(&a);
	gates_release(&b);
	gates_release(&alone);
}

TEST("the tokens a minute of a site are reserved by each model and settled for all")
{
	struct endpoint e = limited_to(0, 0, 60000);
	struct gates_site site;
	struct gates a, b, other;
	struct gates_pass pass;
	const struct gates_size size = { .input = 1000, .max_tokens = 1000 };
	const struct end refused = { .outcome = OUTCOME_FAULT,
		.usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL } };
	rng_init(&rng, 22);
	gates_site_init(&site, &e);
	gates_init(&a, &e, &site, JOBS, true);
	gates_init(&b, &e, &site, JOBS, true);
	gates_init(&other, &plain, NULL, JOBS, true);
	CHECK(gates_counts_tokens(&a) && !gates_counts_tokens(&other));
	struct rate_cost cost = gates_cost(&b, size);
	CHECK_INT(gates_wait(&b, &cost, 1000), 0);
	gates_enter(&a, size, 1000, &pass);
	CHECK(gates_wait(&b, &cost, 1000) > 900);
	leave(&a, &pass, &refused, 1000);
	CHECK_INT(gates_wait(&b, &cost, 1000), 0);
	gates_release(&a);
	gates_release(&b);
	gates_release(&other);
}

TEST("what headers tell is of the model that was asked, and not of its site")
{
	struct endpoint e = limited_to(10, 0, 0);
	struct gates_site site;
	struct gates a, b;
	struct allowances said = { .n = 1,
		.items = { { ALLOWANCE_REQUESTS, 60, 0, 60000, 60000 } } };
	rng_init(&rng, 23);
	gates_site_init(&site, &e);
	gates_init(&a, &e, &site, JOBS, true);
	gates_init(&b, &e, &site, JOBS, true);
	go(&a, &(struct end){ .outcome = OUTCOME_ANSWERED, .status = 200, .said = &said }, 1000);
	CHECK(wait_of(&a, 1000) > 0);
	CHECK_INT(wait_of(&b, 1000), 0);
	gates_release(&a);
	gates_release(&b);
}

TEST("where others have its name, an endpoint is called by its model too")
{
	struct gates g;
	struct buf text;
	buf_init(&text, 1000);
	gates_init(&g, &plain, NULL, 8, true);
	gates_name_model(&g);
	gates_describe(&g, 1000, &text);
	buf_put_char(&text, '\0');
	CHECK_STR(text.data, "http://a/ (m): 0 of 8 in flight, breaker closed");
	gates_release(&g);
	struct endpoint any = plain;
	any.model = NULL;
	gates_init(&g, &any, NULL, 8, true);
	gates_name_model(&g);
	CHECK_STR(g.label, "http://a/");
	gates_release(&g);
	buf_release(&text);
}
