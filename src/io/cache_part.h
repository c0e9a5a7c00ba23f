/* SPDX-License-Identifier: MIT */
/*
 * cache_part: a cache, as its two threads and its tests know it. Private to io/cache.
 */
#pragma once

#include "io/cache.h"
#include "io/cache_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* What tests turn. */
struct cache_world {
	int64_t (*wall_ms)(void); /* since 1970; asked in the thread; may step */
	int64_t patience_ms;      /* how long a lock of another process is waited for */
	const char *vfs;          /* SQLite's system; NULL = the usual one */
};

/* Something to be stored. */
struct store {
	struct list_node link;
	struct entry entry;
	uint64_t looks_before_n; /* how many were looked for before it, in all */
	size_t bytes;
};

struct cache {
	/* Set before the thread starts, then read-only. */
	struct cache_world world;
	char *path; /* owned */
	bool is_readonly;
	int64_t ttl_ms;
	struct wake *loop; /* borrowed */
	pthread_t thread;

	/* Between the threads, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;     /* the thread sleeps on it */
	pthread_cond_t given;    /* jobs have been given back */
	struct list_node looks;  /* jobs that wait */
	struct list_node stores; /* stores that wait */
	struct list_node done;   /* jobs to be given back */
	uint64_t looked_n;       /* jobs that have left `looks`, in all */
	size_t in_hand_n;        /* jobs that the thread has taken and not yet given back */
	bool is_asleep;          /* the thread waits for work */
	bool is_closing;         /* nothing more will come */
	struct err err;

	/* Between the threads, without. */
	atomic_bool has_done;
	atomic_bool has_failed;
	atomic_bool is_stopped;
	atomic_uint_least64_t committed_n;

	/* The loop's. */
	struct list_node ready; /* taken from `done` */
	uint64_t looks_n;       /* put, in all; likewise */
	uint64_t stores_n;      /* likewise */

	/* The thread's. */
	struct cache_db db;
	struct cache_table table;
	struct cache_terms terms;
	int64_t now_ms; /* never steps back */
	bool is_warned; /* of damaged entries */
};

/* Gives the world as it is. */
struct cache_world cache_world_usual(void);

/* As cache_new, in that world; borrows it for the call. */
struct cache *cache_new_in(const struct cache_world *world, const struct cache_opts *opts,
	struct wake *wake, struct err *err);

/* Moves all of `from` to the end of `to`. */
void cache_move_all(struct list_node *to, struct list_node *from);

/* Makes a job one that was not found. */
void cache_forget(struct cache_job *job);

/* The thread; takes the cache, gives NULL. */
void *cache_serve(void *cache);
