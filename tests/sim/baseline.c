/* SPDX-License-Identifier: MIT */
/*
 * A worker asks, waits for the reply, perhaps sleeps, and goes on; its next event is in a heap.
 *
 * "Beaten" means: we lose no more records, and of these one holds: we lose fewer, at no less than
 * 95 % of the speed; we are at least 2 % faster; or we are as fast (at least 98 %) and are told
 * less often that we are too fast. What is answered beyond the best was saved up before the time
 * that counts, and is not speed. The last columns say which of these it is; "equal" if nobody
 * loses anything, nobody is refused, and the speeds are the same; or that it is not so.
 */
#include "baseline.h"

#include "base/heap.h"
#include "base/xalloc.h"
#include "upstream.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	BACKOFF_MS = 500,
	BACKOFF_MAX_MS = 60000,
	BACKOFF_TRIES_N = 6,
	COOKBOOK_PAUSE_MS = 15000,
	COOKBOOK_TRIES_N = 5,
	AFTERMATH_MS = 600000 /* of the time in which answers are counted: nothing is seen later */
};

struct job {
	uint64_t seq;
	unsigned tries_n;
};

struct worker {
	struct heap_node event;
	struct job job;
	bool has_job, is_flying;
	struct reply reply;
};

static struct {
	enum baseline client;
	struct baseline_sum *sum;
	struct heap events;
	struct job *again; /* the cookbook's queue of second tries */
	size_t again_n, again_at, again_cap;
	uint64_t next_seq, starts_n;
	int64_t pause_end_ms;
} play;

static bool is_input_left(void)
{
	int64_t until_ms = world.scenario->input.until_ms;
	return play.next_seq < (uint64_t)world.records_n &&
		(!until_ms || world.now_ms < WORLD_BEGIN_MS + until_ms);
}

static bool take_job(struct worker *w)
{
	if (play.again_at < play.again_n)
		w->job = play.again[play.again_at++];
	else if (is_input_left())
		w->job = (struct job){ .seq = play.next_seq++ };
	else
		return false;
	w->has_job = true;
	return true;
}

static unsigned next_endpoint(void)
{
	unsigned pool_n = 0;
	for (unsigned i = 0; i < world.endpoints_n; i++)
		pool_n += world.endpoints[i].tier == 0;
	return (unsigned)(play.starts_n++ % pool_n);
}

static void ask(struct worker *w)
{
	int64_t timeout_ms = world.opts.sched.timeout_ms;
	upstream_enter(next_endpoint(), w->job.seq, ++w->job.tries_n, &w->reply);
	if (w->reply.ms >= timeout_ms) {
		w->reply.kind = REPLY_TIMEOUT;
		w->reply.ms = timeout_ms;
	}
	w->is_flying = true;
	play.sum->requests_n++;
	heap_put(&play.events, &w->event, world.now_ms + w->reply.ms);
}

static void lose(struct worker *w)
{
	play.sum->lost_n += !upstream_is_poison(w->job.seq);
	w->has_job = false;
}

/* The worker of the first kind sleeps on its job, or gives it up. */
static int64_t back_off(struct worker *w)
{
	int64_t wait_ms = BACKOFF_MS;
	bool is_final = reply_laws[w->reply.kind].is_final;
	if (is_final || w->job.tries_n >= BACKOFF_TRIES_N) {
		lose(w);
		return 0;
	}
	for (unsigned n = 1; n < w->job.tries_n && wait_ms < BACKOFF_MAX_MS; n++)
		wait_ms *= 2;
	return wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS;
}

/* That of the cookbook puts it in the queue of second tries, or gives it up. */
static void put_again(struct worker *w)
{
	if (w->reply.kind == REPLY_RATE)
		play.pause_end_ms = world.now_ms + COOKBOOK_PAUSE_MS;
	if (w->job.tries_n >= COOKBOOK_TRIES_N) {
		lose(w);
		return;
	}
	if (play.again_n == play.again_cap) {
		play.again_cap = play.again_cap ? play.again_cap * 2 : 1024;
		play.again = xrealloc(play.again, play.again_cap, sizeof *play.again);
	}
	play.again[play.again_n++] = w->job;
	w->has_job = false;
}

/* The reply is there. Gives how long the worker sleeps now. */
static int64_t land(struct worker *w)
{
	const struct scenario_goal *g = &world.scenario->goal;
	int64_t at_ms = world.now_ms - WORLD_BEGIN_MS;
	w->is_flying = false;
	upstream_leave(&w->reply);
	play.sum->refused_n += w->reply.kind == REPLY_RATE;
	if (w->reply.kind == REPLY_ANSWER) {
		play.sum->counted_n += at_ms >= g->from_ms && at_ms < g->until_ms;
		w->has_job = false;
		return 0;
	}
	if (play.client == BASELINE_BACKOFF)
		return back_off(w);
	put_again(w);
	return 0;
}

/* Goes on until the worker waits for something. */
static void step(struct worker *w)
{
	int64_t sleep_ms = w->is_flying ? land(w) : 0;
	if (world.now_ms + sleep_ms < play.pause_end_ms)
		sleep_ms = play.pause_end_ms - world.now_ms;
	if (sleep_ms > 0)
		heap_put(&play.events, &w->event, world.now_ms + sleep_ms);
	else if (w->has_job || take_job(w))
		ask(w);
}

void baseline_play(enum baseline client, struct baseline_sum *sum)
{
	size_t workers_n = (size_t)world.opts.sched.jobs;
	int64_t end_ms = WORLD_BEGIN_MS + world.scenario->goal.until_ms + AFTERMATH_MS;
	struct worker *workers = xcalloc(workers_n, sizeof *workers);
	struct heap_node *node;
	play.client = client;
	play.sum = sum;
	play.again_n = play.again_at = 0;
	play.next_seq = play.starts_n = 0;
	play.pause_end_ms = 0;
	heap_init(&play.events);
	for (size_t i = 0; i < workers_n; i++) {
		heap_node_init(&workers[i].event);
		step(&workers[i]);
	}
	while ((node = heap_take(&play.events)) && node->key <= end_ms) {
		world.now_ms = node->key;
		step(HEAP_ENTRY(node, struct worker, event));
	}
	heap_release(&play.events);
	free(play.again);
	play.again = NULL;
	play.again_cap = 0;
	free(workers);
}

void baseline_print_head(void)
{
	puts("#scenario\tbest/s\tpllm/s\tbackoff/s\tcookbook/s\tpllm-429%\tbackoff-429%"
	     "\tcookbook-429%\tpllm-lost\tbackoff-lost\tcookbook-lost\tbackoff-is\tcookbook-is");
}

static double percent(uint64_t n, uint64_t of)
{
	return of ? (double)n * 100 / (double)of : 0;
}

/* How one of them compares; the rates are answers a second. */
static const char *judge(const struct check_sum *ours, double our_rate,
	const struct baseline_sum *theirs, double their_rate)
{
	double our_refused = percent(ours->refused_n, ours->attempts_n);
	double their_refused = percent(theirs->refused_n, theirs->requests_n);
	if (ours->lost_n > theirs->lost_n)
		return "NOT-BEATEN";
	if (our_rate >= their_rate * 1.02)
		return "slower";
	if (ours->lost_n < theirs->lost_n && our_rate >= their_rate * 0.95)
		return "loses-more";
	if (our_rate >= their_rate * 0.98 && our_refused < their_refused)
		return "refused-more";
	if (our_rate >= their_rate * 0.98 && their_refused <= 0 && theirs->lost_n == 0)
		return "equal";
	return "NOT-BEATEN";
}

void baseline_print(const struct scenario *scenario, const struct check_sum *ours,
	const struct baseline_sum *theirs, unsigned runs_n)
{
	const struct scenario_goal *g = &scenario->goal;
	double seconds = (double)(g->until_ms - g->from_ms) / 1000 * runs_n;
	double our_rate = ours->answers_per_s / runs_n;
	double best = ours->best_per_s / runs_n;
	double rates[BASELINES_N];
	for (int i = 0; i < BASELINES_N; i++)
		rates[i] = (double)theirs[i].counted_n / seconds;
	printf("%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\t%llu\t%llu\t%llu\t%s\t%s\n",
		scenario->name, best, our_rate, rates[BASELINE_BACKOFF], rates[BASELINE_COOKBOOK],
		percent(ours->refused_n, ours->attempts_n),
		percent(theirs[BASELINE_BACKOFF].refused_n, theirs[BASELINE_BACKOFF].requests_n),
		percent(theirs[BASELINE_COOKBOOK].refused_n, theirs[BASELINE_COOKBOOK].requests_n),
		(unsigned long long)ours->lost_n,
		(unsigned long long)theirs[BASELINE_BACKOFF].lost_n,
		(unsigned long long)theirs[BASELINE_COOKBOOK].lost_n,
		judge(ours, fmin(our_rate, best), &theirs[BASELINE_BACKOFF],
			fmin(rates[BASELINE_BACKOFF], best)),
		judge(ours, fmin(our_rate, best), &theirs[BASELINE_COOKBOOK],
			fmin(rates[BASELINE_COOKBOOK], best)));
}
