/* SPDX-License-Identifier: MIT */
/* The laws of what is never paid twice, and of what may be paid at all. */
#include "check_seen.h"
#include "fakes.h"
#include "words.h"

enum { PERCENT = 100 };

/* == The cache == */

static enum reply_kind kind_of(const struct entry *e)
{
	switch (e->outcome) {
	case OUTCOME_ANSWERED:
		return REPLY_ANSWER;
	case OUTCOME_TRUNCATED:
		return REPLY_LENGTH;
	case OUTCOME_REQUEST:
		return REPLY_BAD_REQUEST;
	default:
		check_fail("outcome %d is in the cache", (int)e->outcome);
	}
}

void check_recalled(const struct entry *e)
{
	unsigned nth;
	seen.events_n++;
	if (!e) {
		seen.misses_n++;
		return;
	}
	uint64_t seq = words_read_echo(e, &nth);
	world_trace("recall #%llu.%u", NUMBER(seq), nth);
	LAW(seq < seen.given_n, "#%llu is recalled before it was read", NUMBER(seq));
	struct track *t = &seen.tracks[seq];
	LAW(!t->is_put && t->kind == RECORD_GOOD, "#%llu is recalled, but is put or bad",
		NUMBER(seq));
	LAW(t->starts_n == 0 && !t->is_recalled, "#%llu is recalled after it was asked about",
		NUMBER(seq));
	seen.hits_n++;
	t->is_recalled = t->is_final = true;
	t->last = (struct reply){ .kind = kind_of(e), .nth = nth };
	t->is_won = t->last.kind == REPLY_ANSWER ||
		(t->last.kind == REPLY_LENGTH && world.opts.sched.on_truncate == TRUNCATE_IS_KEPT);
	t->won = t->last;
}

void kept_start(const struct track *t, uint64_t seq)
{
	seen.fresh_n += t->starts_n == 0;
	if (!fake_cache_is_open())
		return;
	LAW(!t->is_recalled, "#%llu is asked about, and was in the cache", NUMBER(seq));
	LAW(t->starts_n > 0 || !fake_cache_holds(seq) || fake_cache_has_failed(),
		"#%llu is asked about, and is in the cache", NUMBER(seq));
	LAW(seen.fresh_n <= seen.misses_n, "%llu are asked about, and %llu were looked for",
		NUMBER(seen.fresh_n), NUMBER(seen.misses_n));
}

/* True if what came of it is for the cache. */
static bool is_lasting(const struct track *t)
{
	return t->is_won || (t->starts_n > 0 && t->last.kind == REPLY_BAD_REQUEST) ||
		t->last.kind == REPLY_LENGTH;
}

bool kept_is_lost(const struct track *t, const struct record *r)
{
	return fake_cache_has_failed() && (t->starts_n > 0 || t->is_recalled) &&
		r->fate == FATE_FAILED && r->failure.code == ERROR_CANCELLED &&
		r->failure.attempts_n == 0 && r->failure.message;
}

void kept_put(const struct track *t, const struct record *r)
{
	LAW(!fake_cache_is_open() || !is_lasting(t) || fake_cache_holds(r->seq),
		"#%llu leaves, and what came of it is not stored", NUMBER(r->seq));
}

/* == Budgets == */

bool kept_is_limited(void)
{
	const struct scenario_budget *b = &world.scenario->budget;
	return b->money > 0 || b->tokens > 0 || b->requests > 0;
}

/* What the server may say that this was, however the attempt ends for us. */
static bool is_billed(enum reply_kind kind)
{
	return kind == REPLY_ANSWER || kind == REPLY_LENGTH || kind == REPLY_MISMATCH ||
		kind == REPLY_CUT || kind == REPLY_HALF || kind == REPLY_DROP ||
		kind == REPLY_SILENCE;
}

static void check_spent(int64_t spent, int64_t limit, const char *what)
{
	LAW(limit == 0 || spent <= limit, "%lld %s are spent of %lld", (long long)spent, what,
		(long long)limit);
}

void check_billed(const struct reply *reply)
{
	const struct scenario_budget *limit = &world.scenario->budget;
	struct scenario_budget *spent = &seen.spent;
	spent->requests++;
	if (is_billed(reply->kind)) {
		spent->tokens += reply->input + reply->output;
		spent->money += SIM_INPUT_PRICE * reply->input + SIM_OUTPUT_PRICE * reply->output;
	}
	check_spent(spent->requests, limit->requests, "requests");
	check_spent(spent->tokens, limit->tokens, "tokens");
	check_spent(spent->money, limit->money, "of money");
}

static double share(int64_t spent, int64_t limit)
{
	return limit ? (double)spent * PERCENT / (double)limit : 0;
}

static void check_used(const struct verdict *verdict, struct check_sum *sum)
{
	const struct scenario_budget *b = &world.scenario->budget;
	const double shares[] = { share(seen.spent.money, b->money),
		share(seen.spent.tokens, b->tokens), share(seen.spent.requests, b->requests) };
	double used = 0;
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		used = shares[i] > used ? shares[i] : used;
	if (used > sum->most_used)
		sum->most_used = used;
	if (!verdict->budget_reached)
		return;
	LAW(used >= b->used_percent, "only %.1f %% of the budget is used", used);
	if (sum->least_used <= 0 || used < sum->least_used)
		sum->least_used = used;
}

void kept_end(const struct verdict *verdict, struct check_sum *sum)
{
	bool is_over = world.scenario->exit_code == EXIT_BUDGET;
	sum->hits_n += seen.hits_n;
	LAW(verdict->budget_reached == is_over, "the budget was%s reached",
		verdict->budget_reached ? "" : " not");
	LAW(verdict->cache_failed == fake_cache_has_failed(), "the cache has%s failed",
		verdict->cache_failed ? "" : " not");
	if (kept_is_limited())
		check_used(verdict, sum);
}
