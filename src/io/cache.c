/* SPDX-License-Identifier: MIT */
/* The loop's side; what the thread does, and why, is in io/cache_thread.c. */
#include "io/cache.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "io/cache_part.h"

#include <assert.h>
#include <stdlib.h>

/* Many processes, each with its group, take turns at the lock. */
enum { PATIENCE_MS = 60000 };

#define JOB_OF(node) LIST_ENTRY(node, struct cache_job, link)

void cache_move_all(struct list_node *to, struct list_node *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

void cache_forget(struct cache_job *job)
{
	struct entry_key key = job->entry.key;
	entry_release(&job->entry);
	job->entry = (struct entry){ .key = key };
	job->is_found = false;
}

struct cache_world cache_world_usual(void)
{
	return (struct cache_world){ .wall_ms = clock_wall_ms, .patience_ms = PATIENCE_MS };
}

/* What was there before this run is told by the rows' numbers: clocks step. */
static bool set_terms(struct cache *c, const struct cache_opts *opts, struct err *err)
{
	int code;
	c->terms.first_id = c->terms.first_failed_id = INT64_MIN;
	if (!c->db.db)
		return true;
	int64_t first = cache_table_last(&c->db, &code) + 1;
	if (opts->refreshes)
		c->terms.first_id = first;
	if (opts->ignores_failures)
		c->terms.first_failed_id = first;
	return code == SQLITE_OK || cache_db_blame(&c->db, code, ERR_CACHE, err);
}

static bool open_file(struct cache *c, const struct cache_opts *opts, struct err *err)
{
	const struct cache_db_opts db = {
		.path = c->path,
		.mode = opts->is_readonly ? CACHE_DB_READ : CACHE_DB_MADE,
		.patience_ms = c->world.patience_ms,
		.vfs = c->world.vfs,
	};
	if (!cache_db_open(&c->db, &db, err))
		return false;
	if (c->db.db) {
		int code = cache_table_init(&c->table, &c->db);
		if (code != SQLITE_OK)
			return cache_db_blame(&c->db, code, ERR_CACHE, err);
	}
	return set_terms(c, opts, err);
}

static void release(struct cache *c)
{
	cache_table_release(&c->table);
	cache_db_close(&c->db);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->given);
	free(c->path);
	free(c);
}

struct cache *cache_new_in(const struct cache_world *world, const struct cache_opts *opts,
	struct wake *wake, struct err *err)
{
	struct cache *c = xcalloc(1, sizeof *c);
	c->world = *world;
	c->path = xstrdup(opts->path);
	c->is_readonly = opts->is_readonly;
	c->ttl_ms = opts->ttl_ms;
	c->now_ms = INT64_MIN;
	c->loop = wake;
	list_init(&c->looks);
	list_init(&c->stores);
	list_init(&c->done);
	list_init(&c->ready);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->given, NULL);
	if (!open_file(c, opts, err))
		goto fail;
	if (pthread_create(&c->thread, NULL, cache_serve, c) != 0) {
		err_set(err, ERR_INTERNAL, "cannot start the cache's thread");
		goto fail;
	}
	pthread_setname_np(c->thread, "cache");
	return c;
fail:
	release(c);
	return NULL;
}

struct cache *cache_new(const struct cache_opts *opts, struct wake *wake, struct err *err)
{
	struct cache_world world = cache_world_usual();
	return cache_new_in(&world, opts, wake, err);
}

/* With the lock: calls the thread if it sleeps. */
static void call_thread(struct cache *c)
{
	if (c->is_asleep)
		pthread_cond_signal(&c->work);
	c->is_asleep = false;
}

/* The loop may have looked for what has come back already: it must not sleep now. */
static void give_at_once(struct cache *c, struct list_node *jobs)
{
	bool is_first = list_is_empty(&c->ready) && !list_is_empty(jobs);
	cache_move_all(&c->ready, jobs);
	if (is_first)
		wake_up_from_signal(c->loop);
}

void cache_look(struct cache *c, struct cache_job *job)
{
	struct list_node one;
	job->is_found = false;
	if (atomic_load(&c->is_stopped)) {
		list_init(&one);
		list_put(&one, &job->link);
		give_at_once(c, &one);
		return;
	}
	c->looks_n++;
	pthread_mutex_lock(&c->lock);
	list_put(&c->looks, &job->link);
	call_thread(c);
	pthread_mutex_unlock(&c->lock);
}

struct cache_job *cache_take_done(struct cache *c)
{
	if (list_is_empty(&c->ready) && atomic_load(&c->has_done)) {
		pthread_mutex_lock(&c->lock);
		cache_move_all(&c->ready, &c->done);
		atomic_store(&c->has_done, false);
		pthread_mutex_unlock(&c->lock);
	}
	struct list_node *node = list_take(&c->ready);
	return node ? JOB_OF(node) : NULL;
}

uint64_t cache_put(struct cache *c, struct entry *e)
{
	uint64_t number = ++c->stores_n;
	if (c->is_readonly) {
		entry_release(e);
		atomic_store(&c->committed_n, number);
		return number;
	}
	struct store *s = xcalloc(1, sizeof *s);
	s->bytes = e->form.len + e->vector.text.n;
	s->looks_before_n = c->looks_n;
	entry_move(&s->entry, e);
	pthread_mutex_lock(&c->lock);
	list_put(&c->stores, &s->link);
	call_thread(c);
	pthread_mutex_unlock(&c->lock);
	return number;
}

uint64_t cache_committed(struct cache *c)
{
	return atomic_load(&c->committed_n);
}

bool cache_has_failed(struct cache *c, struct err *err)
{
	if (!atomic_load(&c->has_failed))
		return false;
	pthread_mutex_lock(&c->lock);
	*err = c->err;
	pthread_mutex_unlock(&c->lock);
	return true;
}

void cache_stop(struct cache *c)
{
	struct list_node waiting;
	list_init(&waiting);
	atomic_store(&c->is_stopped, true);
	pthread_mutex_lock(&c->lock);
	cache_move_all(&waiting, &c->looks);
	c->looked_n = c->looks_n;
	while (c->in_hand_n > 0)
		pthread_cond_wait(&c->given, &c->lock);
	pthread_mutex_unlock(&c->lock);
	give_at_once(c, &waiting);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->is_closing = true;
	call_thread(c);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	assert(list_is_empty(&c->looks) && list_is_empty(&c->done) && list_is_empty(&c->ready));
	release(c);
}
