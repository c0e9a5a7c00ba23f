/* SPDX-License-Identifier: MIT */
/* The goals: not what must never happen, but how well it has to go. */
#include "check_seen.h"
#include "fakes.h"

void goals_answer(const struct track *t)
{
	const struct scenario_goal *g = &world.scenario->goal;
	int64_t at_ms = world.now_ms - WORLD_BEGIN_MS;
	seen.counted_n += at_ms >= g->from_ms && at_ms < g->until_ms;
	seen.late_n += g->p99_ms && world.now_ms - t->begun_ms > g->p99_ms;
}

void goals_put(const struct track *t, const struct record *r)
{
	bool is_lost =
		t->kind == RECORD_GOOD && r->fate == FATE_FAILED && !upstream_is_poison(r->seq);
	seen.lost_n += is_lost;
	LAW(!is_lost || !world.scenario->goal.loses_none || world.is_surveyed,
		"#%llu is lost: %s, %u tries", NUMBER(r->seq), r->failure.message, t->starts_n);
}

static void check_share(const struct scenario_goal *g, struct check_sum *sum)
{
	if (g->until_ms == 0)
		return;
	double seconds = (double)(g->until_ms - g->from_ms) / 1000;
	double best = g->best_per_s > 0 ? g->best_per_s : upstream_best_per_s(g->from_ms);
	double got = (double)seen.counted_n / seconds;
	sum->answers_per_s += got;
	sum->best_per_s += best;
	if (sum->least_share <= 0 || got / best < sum->least_share)
		sum->least_share = got / best;
	LAW(got * 100 >= g->percent * best,
		"%.2f answers a second from %lld s to %lld s, which is %.1f %% of %.2f", got,
		(long long)g->from_ms / 1000, (long long)g->until_ms / 1000, got / best * 100,
		best);
}

static void check_refusals(const struct scenario_goal *g, struct check_sum *sum)
{
	double refused = (double)seen.refused_n * 100 / (double)(seen.starts_n ? seen.starts_n : 1);
	if (refused > sum->most_refused)
		sum->most_refused = refused;
	LAW(g->refused_percent <= 0 || refused <= g->refused_percent,
		"%.1f %% of %llu requests were refused as too fast", refused,
		NUMBER(seen.starts_n));
}

/* The least time in which what the server did could be done. */
static double ideal_ms(void)
{
	double jobs = (double)world.opts.sched.jobs;
	double needs = 0, longest = 0;
	for (uint64_t seq = 0; seq < seen.given_n; seq++) {
		double need = (double)seen.tracks[seq].need_ms;
		needs += need;
		longest = need > longest ? need : longest;
	}
	/*
	 * Where the pace is enforced, waits are the sum of what all do: only the pace itself
	 * is a bound.
	 */
	if (world.scenario->upstream.rpm.most)
		return (double)seen.given_n * 60000 / (double)world.scenario->upstream.rpm.least;
	const double bounds[] = {
		(double)seen.busy_ms / jobs,
		needs / (double)world.window,
		longest,
		(double)fake_reader_busy_ms(),
		(double)fake_writer_busy_ms(),
	};
	double most = 0;
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
		most = bounds[i] > most ? bounds[i] : most;
	return most;
}

static void check_time(struct check_sum *sum)
{
	const struct scenario *s = world.scenario;
	double elapsed_ms = (double)(world.now_ms - WORLD_BEGIN_MS);
	int64_t stopped_ms = is_stopped() ? seen.stop_ms - WORLD_BEGIN_MS : 0;
	LAW(stopped_ms >= s->stop_ms.least && stopped_ms <= s->stop_ms.most,
		"the run was stopped after %lld ms, not from %lld to %lld (0 = not at all)",
		(long long)stopped_ms, (long long)s->stop_ms.least, (long long)s->stop_ms.most);
	int64_t grace_ms = s->cut == CUT_AT_ONCE ? 0 : world.opts.grace_ms;
	LAW(s->cut == CUT_NEVER || world.now_ms <= seen.stop_ms + grace_ms + s->slack_ms + LATE_MS,
		"the end is %lld ms after the stop", (long long)(world.now_ms - seen.stop_ms));
	if (s->factor <= 0)
		return;
	double ideal = ideal_ms();
	double allowed_ms = s->factor * (ideal + (double)seen.paused_ms) + (double)s->slack_ms;
	LAW(elapsed_ms <= allowed_ms, "the run took %.0f ms, which is more than %.2f x %.0f + %lld",
		elapsed_ms, s->factor, ideal, (long long)s->slack_ms);
	if (elapsed_ms / allowed_ms > sum->slowness)
		sum->slowness = elapsed_ms / allowed_ms;
}

void goals_end(struct check_sum *sum)
{
	const struct scenario_goal *g = &world.scenario->goal;
	int64_t elapsed_ms = world.now_ms - WORLD_BEGIN_MS;
	check_time(sum);
	sum->refused_n += seen.refused_n;
	sum->lost_n += seen.lost_n;
	check_share(g, sum);
	check_refusals(g, sum);
	LAW((double)seen.hedged_n * 100 <= g->hedged_percent * (double)seen.starts_n,
		"%llu of %llu requests were hedges", NUMBER(seen.hedged_n), NUMBER(seen.starts_n));
	LAW(seen.late_n * 100 <= seen.answered_n, "%llu of %llu answers took more than %lld ms",
		NUMBER(seen.late_n), NUMBER(seen.answered_n), (long long)g->p99_ms);
	LAW(g->end_ms == 0 || elapsed_ms <= g->end_ms, "the run took %lld ms",
		(long long)elapsed_ms);
}
