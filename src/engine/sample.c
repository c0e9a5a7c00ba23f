/* SPDX-License-Identifier: MIT */
/*
 * Packs need another way. What a pack of a hundred used is told to one of its calls, so that of a
 * hundred records one has it all: their variance would say nothing of the records. So only the sum
 * is taken, as shared out by the lengths of the records' lines, which is about what an embedding
 * costs.
 */
#include "engine/sample.h"

#include "api/api.h"

/* Figures of one record; -1 = not known. */
struct figures {
	int64_t of[SAMPLE_FIGURES_N];
};

void sample_init(struct sample *s, const struct spend_opts *money, const struct endpoint *endpoints,
	bool has_packs)
{
	*s = (struct sample){ .has_packs = has_packs };
	spend_init(&s->prices, money, endpoints);
}

/* True if an answer came that somebody is billed for. */
static bool is_paid(const struct answer *answer)
{
	return answer->outcome == OUTCOME_ANSWERED || answer->outcome == OUTCOME_TRUNCATED ||
		answer->outcome == OUTCOME_MISMATCH;
}

/* What the call used; ranks and vectors are not made of tokens that are counted. */
static struct usage usage_of(const struct sample *s, const struct call *call)
{
	const struct api *api = call->attempt.api;
	struct usage usage = call->answer.usage;
	if (usage.output < 0 && usage.input >= 0 && (s->has_packs || (api && !api->max_tokens[0])))
		usage.output = 0;
	return usage;
}

/*
 * What it costs; what came from a cache costs this run nothing, and the next one as much as ever.
 */
static int64_t cost_of(const struct sample *s, const struct call *call, const struct usage *usage)
{
	if (!call->is_cached && !call->is_shared)
		return call->answer.cost;
	if (!call->attempt.endpoint || usage->input < 0)
		return -1;
	return price_of(spend_price(&s->prices, &call->attempt, &call->answer), usage);
}

static void find_figures(const struct sample *s, const struct call *call, struct figures *out)
{
	struct usage usage = usage_of(s, call);
	bool is_known = usage.input >= 0 && usage.output >= 0;
	*out = (struct figures){ { [SAMPLE_INPUT] = usage.input,
		[SAMPLE_OUTPUT] = usage.output,
		[SAMPLE_TOKENS] = is_known ? usage_sum_of(usage.input, usage.output) : -1,
		[SAMPLE_COST] = cost_of(s, call, &usage),
		[SAMPLE_REQUESTS] = call->attempts_n,
		[SAMPLE_BUSY_MS] = call->attempt.ms } };
}

/* Adds what the call has to its record's. */
static void add_call(struct sample *s, const struct call *call, struct figures *sum)
{
	struct figures figures;
	if (call->attempts_n == 0)
		return;
	s->asked_n++;
	s->said_n += call->answer.usage.input >= 0;
	if (s->has_packs && call->answer.usage.input < 0)
		return;
	find_figures(s, call, &figures);
	for (int f = 0; f < SAMPLE_FIGURES_N; f++) {
		if (figures.of[f] >= 0)
			sum->of[f] = usage_sum_of(sum->of[f], figures.of[f]);
		else if (is_paid(&call->answer))
			s->is_unknown[f] = true;
	}
	if (figures.of[SAMPLE_COST] < 0 && figures.of[SAMPLE_TOKENS] >= 0 && !s->unpriced &&
		call->attempt.endpoint)
		s->unpriced = call->attempt.endpoint->model;
	if (call->attempt.ms > s->longest_ms)
		s->longest_ms = call->attempt.ms;
}

void sample_note(struct sample *s, const struct record *r)
{
	struct figures sum = { { 0 } };
	bool is_failed = r->fate == FATE_FAILED;
	if (is_failed && !error_code_is_own_fault(r->failure.code))
		return;
	s->failed_n += is_failed;
	for (unsigned i = 0; r->stages && i < r->stages_n; i++)
		for (unsigned c = 0; r->stages[i].calls && c < r->stages[i].calls_n; c++)
			add_call(s, &r->stages[i].calls[c], &sum);
	for (int f = 0; f < SAMPLE_FIGURES_N; f++)
		extrapolate_add(&s->of[f], (double)sum.of[f]);
	extrapolate_add(&s->bytes, (double)r->text.n);
}

uint64_t sample_n(const struct sample *s)
{
	return s->bytes.n;
}

bool sample_project(
	const struct sample *s, enum sample_figure figure, uint64_t total_n, struct projection *out)
{
	const struct extrapolate *x = &s->of[figure];
	if (s->is_unknown[figure] || x->n == 0)
		return false;
	if (!s->has_packs) {
		*out = extrapolate_whole(x, total_n);
		return true;
	}
	if (s->asked_n > 0 && s->said_n == 0)
		return false;
	*out = extrapolate_share(&s->bytes, total_n, extrapolate_sum(x));
	return true;
}
