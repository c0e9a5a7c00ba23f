/* SPDX-License-Identifier: MIT */
/*
 * Stands in for io/cache: a thread that looks and stores as fast as the scenario says, and that may
 * fail. What it has committed stays from run to run, until fake_cache_clear; what was put and not
 * committed is lost with the run where the scenario says that it ends as by kill -9.
 *
 * As the real one it takes all that has queued: what is looked for before the first thing to be
 * stored is read at once, the rest is a transaction.
 */
#include "io/cache.h"

#include "base/xalloc.h"
#include "check.h"
#include "fakes.h"
#include "words.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* What is to be done, in order: a job, or an entry that is to be stored. */
struct task {
	struct list_node link;
	struct cache_job *job; /* NULL = an entry */
	struct entry entry;    /* owned */
	uint64_t number;       /* of the put */
};

struct cache {
	struct wake *wake;
	struct list_node queued; /* owned: tasks that the thread has not seen */
	struct list_node taken;  /* owned: what it works on */
	struct list_node done;   /* jobs that have come back */
	int64_t due_ms;          /* when it is through with what it has taken; NEVER = it sleeps */
	int64_t fails_ms;
	uint64_t put_n, committed_n;
	uint64_t jobs_n; /* that are here */
	bool has_failed, is_stopped;
};

/* What is in the file. */
static struct {
	struct entry *entries; /* owned */
	uint64_t *numbers;     /* what they answer */
	size_t n, cap;
} file;

static struct cache *open_cache;

/* the file */

static size_t find(const struct entry_key *key)
{
	size_t i = 0;
	while (i < file.n && memcmp(&file.entries[i].key, key, sizeof *key) != 0)
		i++;
	return i;
}

static void copy(struct entry *to, const struct entry *from)
{
	to->outcome = from->outcome;
	to->usage = from->usage;
	to->time_ms = from->time_ms;
	buf_init(&to->form, from->form.len + 1);
	buf_put_span(&to->form, buf_span(&from->form));
}

static void store(struct entry *e)
{
	/* A vector that is none is not stored. */
	if (!entry_pack_vector(e) || e->form.len == 0) {
		entry_release(e);
		return;
	}
	size_t i = find(&e->key);
	if (i == file.cap) {
		file.cap = file.cap ? file.cap * 2 : 256;
		file.entries = xrealloc(file.entries, file.cap, sizeof *file.entries);
		file.numbers = xrealloc(file.numbers, file.cap, sizeof *file.numbers);
	}
	if (i == file.n)
		file.n++;
	else
		entry_release(&file.entries[i]);
	/* Whose names these are may be gone in the next run. */
	e->api = e->model = e->endpoint = NULL;
	e->time_ms = world.now_ms;
	file.entries[i] = *e;
	file.numbers[i] = words_kept(e);
	*e = (struct entry){ 0 };
}

void fake_cache_clear(void)
{
	for (size_t i = 0; i < file.n; i++)
		entry_release(&file.entries[i]);
	free(file.entries);
	free(file.numbers);
	memset(&file, 0, sizeof file);
}

bool fake_cache_holds(uint64_t number)
{
	for (size_t i = 0; i < file.n; i++)
		if (file.numbers[i] == number)
			return true;
	return false;
}

size_t fake_cache_entries(void)
{
	return file.n;
}

/* the thread */

static void give_back(struct cache *c, struct cache_job *job, bool is_found)
{
	job->is_found = is_found;
	list_put(&c->done, &job->link);
}

static void look(struct cache *c, struct cache_job *job)
{
	size_t i = find(&job->entry.key);
	bool is_found = i < file.n && !c->has_failed && !c->is_stopped;
	if (is_found)
		copy(&job->entry, &file.entries[i]);
	give_back(c, job, is_found);
}

/* Does what was taken, which took until now. */
static void work(struct cache *c)
{
	struct list_node *node;
	while ((node = list_take(&c->taken))) {
		struct task *t = LIST_ENTRY(node, struct task, link);
		if (t->job) {
			look(c, t->job);
		} else {
			store(&t->entry);
			c->committed_n = t->number;
		}
		free(t);
	}
}

/* Takes what has queued, and sets out to do it. */
static void set_out(struct cache *c)
{
	const struct scenario_cache *s = &world.scenario->cache;
	size_t puts_n = 0;
	c->due_ms = NEVER;
	while (!list_is_empty(&c->queued)) {
		struct task *t = LIST_ENTRY(c->queued.next, struct task, link);
		bool is_look = t->job != NULL;
		if ((!is_look && puts_n == CACHE_GROUP_N) ||
			(!is_look && puts_n == 0 && !list_is_empty(&c->taken)))
			break;
		puts_n += !is_look;
		list_put(&c->taken, list_take(&c->queued));
	}
	if (!list_is_empty(&c->taken))
		c->due_ms = world.now_ms + world_pick(puts_n > 0 ? s->commit_ms : s->look_ms);
}

static void discard(struct cache *c, struct list_node *tasks)
{
	struct list_node *node;
	while ((node = list_take(tasks))) {
		struct task *t = LIST_ENTRY(node, struct task, link);
		if (t->job)
			give_back(c, t->job, false);
		entry_release(&t->entry);
		free(t);
	}
}

static void fail(struct cache *c)
{
	world_trace("the cache fails");
	c->fails_ms = c->due_ms = NEVER;
	c->has_failed = true;
	discard(c, &c->taken);
	discard(c, &c->queued);
}

static int64_t due_ms(void)
{
	if (!open_cache)
		return NEVER;
	return open_cache->fails_ms < open_cache->due_ms ? open_cache->fails_ms
							 : open_cache->due_ms;
}

static void happen(void)
{
	struct cache *c = open_cache;
	if (c->fails_ms <= world.now_ms) {
		fail(c);
	} else {
		work(c);
		world_trace("the cache has committed %llu", (unsigned long long)c->committed_n);
		set_out(c);
	}
	wake_up(c->wake);
}

const struct world_source cache_source = { due_ms, happen };

/* the room */

struct cache *cache_new(const struct cache_opts *opts, struct wake *wake, struct err *err)
{
	struct cache *c = xcalloc(1, sizeof *c);
	int64_t fails_ms = world_pick(world.scenario->cache.fails_ms);
	(void)opts;
	(void)err;
	c->wake = wake;
	list_init(&c->queued);
	list_init(&c->taken);
	list_init(&c->done);
	c->due_ms = NEVER;
	c->fails_ms = fails_ms ? world.now_ms + fails_ms : NEVER;
	open_cache = c;
	return c;
}

/* Gives a task its place; a thread that sleeps wakes up. */
static void enqueue(struct cache *c, struct task t)
{
	struct task *own = xmalloc(sizeof *own);
	*own = t;
	list_put(&c->queued, &own->link);
	if (c->due_ms == NEVER)
		set_out(c);
	world_stir();
}

void cache_look(struct cache *c, struct cache_job *job)
{
	c->jobs_n++;
	list_init(&job->link);
	if (!c->has_failed && !c->is_stopped) {
		enqueue(c, (struct task){ .job = job });
		return;
	}
	give_back(c, job, false);
	wake_up(c->wake);
}

struct cache_job *cache_take_done(struct cache *c)
{
	world_stir();
	struct list_node *node = list_take(&c->done);
	if (!node)
		return NULL;
	struct cache_job *job = LIST_ENTRY(node, struct cache_job, link);
	c->jobs_n--;
	check_recalled(job->is_found ? &job->entry : NULL);
	return job;
}

uint64_t cache_put(struct cache *c, struct entry *e)
{
	struct task t = { .number = ++c->put_n };
	entry_move(&t.entry, e);
	if (c->has_failed)
		entry_release(&t.entry);
	else
		enqueue(c, t);
	return c->put_n;
}

uint64_t cache_committed(struct cache *c)
{
	world_stir();
	return c->committed_n;
}

bool cache_has_failed(struct cache *c, struct err *err)
{
	world_stir();
	return c->has_failed && !err_set(err, ERR_CACHE, "cannot write the cache: simulated");
}

/* Gives back the jobs among these. */
static void return_jobs(struct cache *c, struct list_node *tasks)
{
	struct list_node *next;
	for (struct list_node *at = tasks->next; at != tasks; at = next) {
		struct task *t = LIST_ENTRY(at, struct task, link);
		next = at->next;
		if (!t->job)
			continue;
		list_remove(at);
		give_back(c, t->job, false);
		free(t);
	}
}

void cache_stop(struct cache *c)
{
	c->is_stopped = true;
	return_jobs(c, &c->taken);
	return_jobs(c, &c->queued);
	wake_up(c->wake);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	if (c->jobs_n > 0)
		check_fail("the cache is closed, and %llu jobs are there",
			(unsigned long long)c->jobs_n);
	if (!world.scenario->cache.forgets && !c->has_failed) {
		work(c);
		while (!list_is_empty(&c->queued)) {
			set_out(c);
			work(c);
		}
	}
	fake_cache_abandon();
}

/* for the laws */

void fake_cache_abandon(void)
{
	struct cache *c = open_cache;
	if (!c)
		return;
	discard(c, &c->taken);
	discard(c, &c->queued);
	open_cache = NULL;
	free(c);
}

bool fake_cache_is_busy(void)
{
	return open_cache && !open_cache->has_failed &&
		(open_cache->jobs_n > 0 || open_cache->committed_n < open_cache->put_n);
}

bool fake_cache_has_failed(void)
{
	return open_cache && open_cache->has_failed;
}

bool fake_cache_is_open(void)
{
	return open_cache != NULL;
}
