/* SPDX-License-Identifier: MIT */
/*
 * One turn of the thread has two parts. First, all that is looked for and came before the first
 * thing to be stored, in one transaction that only reads, which nobody can hold up. Then, the lock
 * on the file; and only with it in hand the group is taken, so that what comes while a lock is
 * waited for goes along. What is looked for between two stores of a group is found in the
 * transaction, and given back after the commit: nobody gets what might not stay.
 *
 * Order is kept with one number: each store knows how many looks came before it.
 *
 * A list changes hands under the lock with all that it holds; whoever sleeps is called once for it.
 */
#include "io/cache_part.h"

#include "base/log.h"
#include "io/signals.h"

#include <stdlib.h>

enum {
	LOOKS_N = 256,         /* looked for before any of them is given back */
	GROUP_BYTES = 16 << 20 /* a group ends when so much is in it */
};

#define JOB_OF(node) LIST_ENTRY(node, struct cache_job, link)
#define STORE_OF(node) LIST_ENTRY(node, struct store, link)

static void free_store(struct store *s)
{
	entry_release(&s->entry);
	free(s);
}

/* the thread: giving back */

static void give_back(struct cache *c, struct list_node *jobs)
{
	if (list_is_empty(jobs))
		return;
	pthread_mutex_lock(&c->lock);
	cache_move_all(&c->done, jobs);
	atomic_store(&c->has_done, true);
	c->in_hand_n = 0;
	pthread_cond_signal(&c->given);
	pthread_mutex_unlock(&c->lock);
	wake_up(c->loop);
}

static void forget_all(struct list_node *jobs)
{
	for (struct list_node *n = jobs->next; n != jobs; n = n->next)
		cache_forget(JOB_OF(n));
}

/* The file cannot be used any more: says so, once. */
static void fail(struct cache *c, int code)
{
	if (!atomic_load(&c->has_failed)) {
		pthread_mutex_lock(&c->lock);
		cache_db_blame(&c->db, code, ERR_CACHE, &c->err);
		pthread_mutex_unlock(&c->lock);
		atomic_store(&c->has_failed, true);
		wake_up(c->loop);
	}
	cache_db_rollback(&c->db);
}

/* the thread: time */

static void tick(struct cache *c)
{
	int64_t wall_ms = c->world.wall_ms();
	if (wall_ms > c->now_ms)
		c->now_ms = wall_ms;
	c->terms.oldest_ms = c->ttl_ms > 0 ? c->now_ms - c->ttl_ms : INT64_MIN;
}

/* the thread: looking */

static bool finds_nothing(struct cache *c)
{
	return !c->db.db || atomic_load(&c->has_failed) || atomic_load(&c->is_stopped);
}

static void warn(struct cache *c)
{
	if (!c->is_warned)
		log_say(LOG_WARNING,
			"cache %s: an answer in it is damaged and will be asked for again; "
			"pllm cache verify tells how many are",
			c->db.path);
	c->is_warned = true;
}

/* Looks for one; gives SQLite's code, SQLITE_OK with one that was not found, too. */
static int look(struct cache *c, struct cache_job *job)
{
	int code = SQLITE_OK;
	job->is_found = false;
	if (finds_nothing(c))
		return SQLITE_OK;
	enum cache_row row = cache_table_find(&c->table, &c->terms, &job->entry, &code);
	job->is_found = row == CACHE_ROW_FOUND;
	if (row == CACHE_ROW_DAMAGED)
		warn(c);
	if (!job->is_found)
		cache_forget(job);
	return row == CACHE_ROW_ERROR ? code : SQLITE_OK;
}

static void look_all(struct cache *c, struct list_node *jobs)
{
	/* Who is stopped waits for nobody: what is not found then is no failure. */
	c->db.is_hurried = &c->is_stopped;
	int code = finds_nothing(c) ? SQLITE_OK : cache_db_run(&c->db, "BEGIN");
	tick(c);
	for (struct list_node *n = jobs->next; n != jobs; n = n->next) {
		if (code == SQLITE_OK)
			code = look(c, JOB_OF(n));
		else
			cache_forget(JOB_OF(n));
	}
	/* It may have been stopped in between, but what has begun is to end. */
	if (code == SQLITE_OK && c->db.db && !sqlite3_get_autocommit(c->db.db))
		code = cache_db_run(&c->db, "COMMIT");
	c->db.is_hurried = NULL;
	if (code != SQLITE_OK && atomic_load(&c->is_stopped))
		cache_db_rollback(&c->db);
	else if (code != SQLITE_OK)
		fail(c, code);
}

/* Moves what may be looked for before the first store, at most LOOKS_N. */
static void take_looks(struct cache *c, struct list_node *jobs)
{
	pthread_mutex_lock(&c->lock);
	uint64_t end =
		list_is_empty(&c->stores) ? UINT64_MAX : STORE_OF(c->stores.next)->looks_before_n;
	for (int i = 0; i < LOOKS_N && c->looked_n < end && !list_is_empty(&c->looks); i++) {
		list_put(jobs, list_take(&c->looks));
		c->looked_n++;
		c->in_hand_n++;
	}
	pthread_mutex_unlock(&c->lock);
}

/* True if there was something to look for. */
static bool look_first(struct cache *c)
{
	struct list_node jobs;
	list_init(&jobs);
	take_looks(c, &jobs);
	if (list_is_empty(&jobs))
		return false;
	look_all(c, &jobs);
	give_back(c, &jobs);
	return true;
}

/* the thread: storing */

/* What one transaction is about. */
struct group {
	struct list_node stores;
	struct list_node jobs;   /* looked for between them */
	uint64_t first_job;      /* the number of the first of these */
	struct list_node looked; /* those of them that are over */
	uint64_t n;              /* stores */
};

static void take_group(struct cache *c, struct group *g)
{
	size_t bytes = 0;
	uint64_t end = 0;
	*g = (struct group){ 0 };
	list_init(&g->stores);
	list_init(&g->jobs);
	list_init(&g->looked);
	pthread_mutex_lock(&c->lock);
	g->first_job = c->looked_n;
	while (g->n < CACHE_GROUP_N && bytes < GROUP_BYTES && !list_is_empty(&c->stores)) {
		struct store *s = STORE_OF(list_take(&c->stores));
		list_put(&g->stores, &s->link);
		bytes += s->bytes;
		end = s->looks_before_n;
		g->n++;
	}
	for (; c->looked_n < end; c->looked_n++) {
		list_put(&g->jobs, list_take(&c->looks));
		c->in_hand_n++;
	}
	pthread_mutex_unlock(&c->lock);
}

static void drop_group(struct group *g)
{
	struct list_node *node;
	while ((node = list_take(&g->stores)))
		free_store(STORE_OF(node));
}

/* Does all of the group in order. Gives SQLite's code. */
static int work_through(struct cache *c, struct group *g)
{
	int code = SQLITE_OK;
	uint64_t job_n = g->first_job;
	struct list_node *node = g->stores.next;
	for (; node != &g->stores && code == SQLITE_OK; node = node->next) {
		struct store *s = STORE_OF(node);
		for (; job_n < s->looks_before_n && code == SQLITE_OK; job_n++) {
			struct list_node *job = list_take(&g->jobs);
			list_put(&g->looked, job);
			code = look(c, JOB_OF(job));
		}
		s->entry.time_ms = c->now_ms;
		if (code == SQLITE_OK)
			code = cache_table_store(&c->table, &s->entry);
	}
	return code;
}

/* Stores a group, or drops it if that cannot be. */
static void store_group(struct cache *c)
{
	struct group g;
	bool is_lost = atomic_load(&c->has_failed);
	int code = is_lost ? SQLITE_OK : cache_db_run(&c->db, "BEGIN IMMEDIATE");
	take_group(c, &g);
	tick(c);
	if (code == SQLITE_OK && !is_lost) {
		code = work_through(c, &g);
		if (code == SQLITE_OK)
			code = cache_db_run(&c->db, "COMMIT");
	}
	drop_group(&g);
	if (code != SQLITE_OK || is_lost) {
		fail(c, code);
	} else {
		atomic_fetch_add(&c->committed_n, g.n);
		wake_up(c->loop);
	}
	/* Before anything was stored they were looked for in vain, as they are in a lost group. */
	cache_move_all(&g.looked, &g.jobs);
	if (code != SQLITE_OK || is_lost)
		forget_all(&g.looked);
	give_back(c, &g.looked);
}

/* True if there is something to do; false at the end. */
static bool await_work(struct cache *c, bool *has_stores)
{
	pthread_mutex_lock(&c->lock);
	while (list_is_empty(&c->looks) && list_is_empty(&c->stores) && !c->is_closing) {
		c->is_asleep = true;
		pthread_cond_wait(&c->work, &c->lock);
	}
	c->is_asleep = false;
	*has_stores = !list_is_empty(&c->stores);
	bool is_over = list_is_empty(&c->looks) && !*has_stores;
	pthread_mutex_unlock(&c->lock);
	return !is_over;
}

void *cache_serve(void *cache)
{
	struct cache *c = cache;
	bool has_stores;
	signals_block();
	while (await_work(c, &has_stores)) {
		if (!look_first(c) && has_stores)
			store_group(c);
	}
	return NULL;
}
