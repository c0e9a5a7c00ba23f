/* SPDX-License-Identifier: MIT */
/*
 * The order of filters: not dead; of the model's pool, or a fallback; a tier that serves; gates
 * open; not where it just failed, if there is a choice; then balance. If nobody is open, the
 * soonest says how long to sleep.
 *
 * One --endpoint that serves several models is several endpoints here, with limits found and told
 * for each model, as vendors have them. What the user said of it is kept once, in a site.
 */
#include "engine/pool.h"

#include "base/log.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCIES = 4 }; /* so many times what answers take: silence */

static bool has_same_model(const struct endpoint *a, const struct endpoint *b)
{
	return a->model && b->model ? strcmp(a->model, b->model) == 0 : a->model == b->model;
}

/*
 * Some of a request hangs on who is asked: OpenAI itself, which version of Azure, under which path.
 */
static bool takes_same_body(const struct endpoint *a, const struct endpoint *b)
{
	return a->api == b->api && a->is_streamed == b->is_streamed && has_same_model(a, b) &&
		strcmp(a->url, b->url) == 0;
}

/*
 * What names an endpoint in each run: URL and model, and the how-manieth of these (by key) it is in
 * its pool.
 */
static uint64_t id_of(const struct endpoint *all, unsigned index)
{
	const struct endpoint *e = &all[index];
	uint64_t id = balance_hash(e->url, strlen(e->url));
	if (e->model)
		id ^= balance_hash(e->model, strlen(e->model)) * 3;
	for (unsigned i = 0; i < index; i++)
		id += all[i].pool == e->pool && strcmp(all[i].url, e->url) == 0 &&
			has_same_model(&all[i], e);
	return id;
}

static unsigned body_kind(const struct pool *p, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (takes_same_body(p->gates[i].endpoint, p->gates[index].endpoint))
			return p->gates[i].body_kind;
	return index + 1;
}

/* True if both came of one --endpoint, for two models. */
static bool are_of_one_site(const struct endpoint *a, const struct endpoint *b)
{
	return a->site == b->site && a->pool != b->pool && a->tier == 0 && b->tier == 0;
}

/* Gives what the endpoint shares with others, made with the first of them; NULL = nothing. */
static struct gates_site *site_of(struct pool *p, const struct endpoint *all, unsigned index)
{
	const struct endpoint *e = &all[index];
	if (e->max == 0 && e->rpm == 0 && e->tpm == 0)
		return NULL;
	for (unsigned i = 0; i < index; i++)
		if (are_of_one_site(&all[i], e))
			return p->gates[i].site;
	for (unsigned i = index + 1; i < p->gates_n; i++)
		if (are_of_one_site(&all[i], e)) {
			if (!p->sites)
				p->sites = xcalloc(p->gates_n, sizeof *p->sites);
			gates_site_init(&p->sites[p->sites_n], e);
			return &p->sites[p->sites_n++];
		}
	return NULL;
}

/* True if messages that name it could mean another model's: see gates_name_model. */
static bool is_namesake(const struct pool *p, const struct endpoint *all, unsigned index)
{
	for (unsigned i = 0; p->pools_n > 1 && i < p->gates_n; i++)
		if (strcmp(all[i].name, all[index].name) == 0 &&
			!has_same_model(&all[i], &all[index]))
			return true;
	return false;
}

static unsigned count_pools(const struct endpoint *endpoints, unsigned n)
{
	unsigned last = 0;
	for (unsigned i = 0; i < n; i++)
		last = endpoints[i].pool > last ? endpoints[i].pool : last;
	return last + 1;
}

void pool_init(struct pool *p, const struct pool_opts *opts, const struct endpoint *endpoints,
	unsigned n, struct rng *rng)
{
	assert(n >= 1 && n <= POOL_ENDPOINTS_MAX);
	*p = (struct pool){ .opts = *opts, .gates_n = n, .rng = rng };
	p->gates = xcalloc(n, sizeof *p->gates);
	p->pools_n = count_pools(endpoints, n);
	p->tier = xcalloc(p->pools_n, sizeof *p->tier);
	for (unsigned i = 0; i < n; i++) {
		struct gates *g = &p->gates[i];
		gates_init(g, &endpoints[i], site_of(p, endpoints, i), opts->jobs, opts->is_fixed);
		g->id = id_of(endpoints, i);
		g->body_kind = body_kind(p, i);
		if (is_namesake(p, endpoints, i))
			gates_name_model(g);
		assert(i == 0 || endpoints[i].tier >= endpoints[i - 1].tier);
	}
	p->tiers_n = endpoints[n - 1].tier + 1;
}

void pool_release(struct pool *p)
{
	for (unsigned i = 0; i < p->gates_n; i++)
		gates_release(&p->gates[i]);
	free(p->gates);
	free(p->tier);
	free(p->sites);
}

static bool serves(const struct gates *g, unsigned pool)
{
	return g->endpoint->tier > 0 || g->endpoint->pool == pool;
}

const struct gates *pool_head(const struct pool *p, unsigned pool)
{
	unsigned i = 0;
	while (p->gates[i].endpoint->tier > 0 || p->gates[i].endpoint->pool != pool)
		i++;
	return &p->gates[i];
}

const struct gates *pool_first(const struct pool *p, unsigned pool, unsigned tier)
{
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		if (g->endpoint->tier >= tier && serves(g, pool) && !gates_is_dead(g))
			return g;
	}
	return NULL;
}

const struct gates *pool_of_kind(const struct pool *p, unsigned kind)
{
	assert(kind >= 1 && kind <= p->gates_n);
	return &p->gates[kind - 1];
}

bool pool_can_serve(const struct pool *p, unsigned pool, unsigned tier)
{
	return pool_first(p, pool, tier) != NULL;
}

unsigned pool_next_model(const struct pool *p, const struct gates *g)
{
	for (const struct gates *other = g + 1; other < p->gates + p->gates_n; other++)
		if (other->endpoint->tier > g->endpoint->tier && !gates_is_dead(other) &&
			!has_same_model(other->endpoint, g->endpoint))
			return other->endpoint->tier;
	return 0;
}

void pool_rest(struct pool *p)
{
	for (unsigned i = 0; i < p->gates_n; i++)
		if (p->gates[i].failures_n == 0)
			p->gates[i].mute_ms = -1;
}

/* How many of n that one gate would let start its site lets; takes them off what that has left. */
static unsigned take_of_site(
	const struct pool *p, const struct gates *g, unsigned n, unsigned *taken)
{
	if (!g->site || g->site->max == 0)
		return n;
	unsigned *of_site = &taken[g->site - p->sites];
	unsigned used = g->site->in_flight + *of_site;
	unsigned left = g->site->max > used ? g->site->max - used : 0;
	n = n < left ? n : left;
	*of_site += n;
	return n;
}

unsigned pool_free_n(const struct pool *p, int64_t now_ms)
{
	unsigned taken[POOL_ENDPOINTS_MAX]; /* by site */
	unsigned n = 0;
	for (unsigned i = 0; i < p->sites_n; i++)
		taken[i] = 0;
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		unsigned places = limit_places(&g->limit, now_ms);
		if (!gates_is_dead(g) && places > g->limit.in_flight)
			n += take_of_site(p, g, places - g->limit.in_flight, taken);
	}
	return n;
}

bool pool_counts_tokens(const struct pool *p)
{
	for (unsigned i = 0; i < p->gates_n; i++)
		if (gates_counts_tokens(&p->gates[i]))
			return true;
	return false;
}

const struct gates *pool_death(const struct pool *p, unsigned pool)
{
	const struct gates *last = NULL;
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		if (!serves(g, pool))
			continue;
		if (!gates_is_dead(g))
			return NULL;
		if (!last || g->died_ms > last->died_ms)
			last = g;
	}
	return last;
}

bool pool_can_do_without(const struct pool *p, unsigned pool, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *step = &plan->steps[i];
		unsigned left_n = 0;
		bool is_asked = false;
		for (unsigned m = 0; m < step->models_n; m++) {
			is_asked |= step->models[m] == pool;
			if (!pool_death(p, step->models[m]))
				left_n += step->samples_n;
		}
		if (is_asked && left_n < step_quorum(step))
			return false;
	}
	return true;
}

enum tier_state { TIER_DEAD, TIER_SILENT, TIER_SERVES };

/*
 * When the endpoint counts as silent; INT64_MAX = not for now. That answers take long is no
 * silence: it wants a failure, or much more than answers have taken.
 */
static int64_t silent_from_ms(const struct pool *p, const struct gates *g)
{
	int64_t patience_ms = p->opts.fallback_after_ms;
	int64_t usual_ms = (int64_t)(LATENCIES * g->latency_ms);
	if (g->mute_ms < 0 || (g->failures_n == 0 && g->successes_n == 0))
		return INT64_MAX;
	if (g->failures_n == 0 && usual_ms > patience_ms)
		patience_ms = usual_ms;
	return g->mute_ms + patience_ms;
}

/* True if it is of that tier of the pool, and not dead. */
static bool is_of_tier(const struct gates *g, unsigned pool, unsigned tier)
{
	return g->endpoint->tier == tier && serves(g, pool) && !gates_is_dead(g);
}

/* A tier is as good as the best of its endpoints. */
static enum tier_state tier_state(
	const struct pool *p, unsigned pool, unsigned tier, int64_t now_ms)
{
	enum tier_state best = TIER_DEAD;
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		if (!is_of_tier(g, pool, tier))
			continue;
		if (silent_from_ms(p, g) > now_ms)
			return TIER_SERVES;
		best = TIER_SILENT;
	}
	return best;
}

/* The first tier from the wanted on that serves; if there is none, the last that is alive. */
static unsigned serving_tier(const struct pool *p, const struct pool_want *want, int64_t now_ms)
{
	unsigned last = want->tier;
	for (unsigned t = want->tier; t < p->tiers_n; t++) {
		enum tier_state state = tier_state(p, want->pool, t, now_ms);
		if (state == TIER_SERVES)
			return t;
		if (state == TIER_SILENT)
			last = t;
	}
	return last;
}

bool pool_has_other(
	const struct pool *p, const struct gates *g, const struct pool_want *want, int64_t now_ms)
{
	unsigned serving = serving_tier(p, want, now_ms);
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *other = &p->gates[i];
		if (other != g && is_of_tier(other, want->pool, serving) && gates_is_sound(other))
			return true;
	}
	return false;
}

/* How long until the tier counts as silent, and the next one may be asked. */
static int64_t patience_ms(const struct pool *p, unsigned pool, unsigned tier, int64_t now_ms)
{
	int64_t longest = 0;
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		if (!is_of_tier(g, pool, tier))
			continue;
		int64_t silent_ms = silent_from_ms(p, g);
		if (silent_ms == INT64_MAX)
			return GATES_UNTIL_LEAVE;
		int64_t left_ms = silent_ms - now_ms;
		longest = left_ms > longest ? left_ms : longest;
	}
	return longest > 0 ? longest : GATES_UNTIL_LEAVE;
}

/* Says once when the work of a pool moves to another tier. */
static void note_tier(struct pool *p, unsigned pool, const struct gates *g)
{
	unsigned tier = g->endpoint->tier;
	if (tier == p->tier[pool])
		return;
	const char *news = tier > p->tier[pool] ? "--fallback" : "it is back";
	const struct gates *first = p->gates;
	while (first->endpoint->pool != pool)
		first++;
	if (p->pools_n > 1 && first->endpoint->model)
		log_say(LOG_WARNING, "%s: asked from now on for %s (%s)", g->label,
			first->endpoint->model, news);
	else
		log_say(LOG_WARNING, "%s: asked from now on (%s)", g->label, news);
	p->tier[pool] = tier;
}

/* Among the gates that are open, by index. */
struct candidates {
	unsigned n;
	unsigned at[POOL_ENDPOINTS_MAX];
	int64_t wait_ms; /* of those that are not: the shortest */
};

static bool is_eligible(const struct gates *g, const struct pool_want *want, unsigned serving)
{
	if (gates_is_dead(g) || g->endpoint->tier < want->tier || g->endpoint->tier > serving ||
		!serves(g, want->pool))
		return false;
	/* A tier that was silent is tried by one at a time, each time another. */
	if (g->endpoint->tier < serving && (g->limit.in_flight > 0 || g == want->avoid))
		return false;
	return !(want->must_avoid && g == want->avoid);
}

static void find_open(
	struct pool *p, const struct pool_want *want, int64_t now_ms, struct candidates *c)
{
	unsigned serving = p->tiers_n > 1 ? serving_tier(p, want, now_ms) : 0;
	c->n = 0;
	c->wait_ms =
		p->tiers_n > 1 ? patience_ms(p, want->pool, serving, now_ms) : GATES_UNTIL_LEAVE;
	for (unsigned i = 0; i < p->gates_n; i++) {
		const struct gates *g = &p->gates[i];
		if (!is_eligible(g, want, serving))
			continue;
		struct rate_cost cost = gates_cost(g, want->size);
		int64_t wait_ms = gates_wait(g, &cost, now_ms);
		if (wait_ms == 0)
			c->at[c->n++] = i;
		else if (wait_ms < c->wait_ms)
			c->wait_ms = wait_ms;
	}
}

/* Leaves out where the call just failed, if there is a choice. */
static void leave_out(const struct pool *p, struct candidates *c, const struct gates *avoid)
{
	unsigned kept = 0;
	if (!avoid || c->n < 2)
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (&p->gates[c->at[i]] != avoid)
			c->at[kept++] = c->at[i];
	c->n = kept;
}

/* A silent tier goes first where it may be tried: so it is found out that it is back. */
static bool is_lower(const struct pool *p, unsigned a, unsigned b)
{
	return p->gates[a].endpoint->tier < p->gates[b].endpoint->tier;
}

static void keep_first_tier(const struct pool *p, struct candidates *c)
{
	unsigned n = 1;
	while (n < c->n && !is_lower(p, c->at[0], c->at[n]))
		n++;
	c->n = n;
}

static unsigned balance(struct pool *p, const struct candidates *c, uint64_t key, int64_t now_ms)
{
	struct balance_choice choices[POOL_ENDPOINTS_MAX];
	for (unsigned i = 0; i < c->n; i++) {
		const struct gates *g = &p->gates[c->at[i]];
		choices[i] = (struct balance_choice){
			.in_flight = g->limit.in_flight,
			.weight = balance_ramp(g->endpoint->weight, now_ms - g->back_ms),
			.latency_ms = g->latency_ms,
			.id = g->id,
		};
	}
	return c->at[balance_pick(p->opts.balance, choices, c->n, key, p->rng)];
}

struct gates *pool_choose(
	struct pool *p, const struct pool_want *want, int64_t now_ms, int64_t *wait_ms)
{
	struct candidates c;
	assert(want->pool < p->pools_n);
	find_open(p, want, now_ms, &c);
	*wait_ms = c.wait_ms;
	if (c.n == 0)
		return NULL;
	unsigned index = c.at[0];
	if (c.n > 1) {
		keep_first_tier(p, &c);
		leave_out(p, &c, want->avoid);
		index = c.n > 1 ? balance(p, &c, want->key, now_ms) : c.at[0];
	}
	struct gates *g = &p->gates[index];
	if (want->tier == 0)
		note_tier(p, want->pool, g);
	return g;
}
