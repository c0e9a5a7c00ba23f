/* SPDX-License-Identifier: MIT */
/*
 * cache: answers in a file, so that nothing is paid for twice. A thread and SQLite behind two
 * lists.
 *
 * What is looked for and what is to be stored goes in, in order; what was looked for comes back;
 * of what was stored it is said how far it is committed. The thread takes all that has queued at
 * once: what came before the first thing to be stored is read without a lock on the file, the
 * rest, at most CACHE_GROUP_N answers, is one transaction. So a group is what came while the last
 * one was committed, and nobody waits for others. What is looked for after it was put is found.
 * Several processes may have one file: a lock is waited for. Knows nobody's reasons. All verbs are
 * for the loop's thread.
 */
#pragma once

#include "base/err.h"
#include "base/list.h"
#include "base/wake.h"
#include "work/entry.h"

#include <stdbool.h>
#include <stdint.h>

/* The most answers in one transaction. */
enum { CACHE_GROUP_N = 256 };

struct cache_opts {
	char *path;            /* --cache FILE; NULL = there is none */
	int64_t ttl_ms;        /* --cache-ttl: what is older is not found; 0 = it may be any age */
	bool refreshes;        /* --refresh: what was stored before this run is not found */
	bool ignores_failures; /* --retry-errors: failures stored before it are not found */
	bool is_readonly;      /* nothing is stored, and no file made */
};

/* Something that is looked for. */
struct cache_job {
	struct list_node link;
	struct entry entry; /* its key says what; the rest, but for names, is there once it is
			       found */
	bool is_found;
	void *owner; /* the asker's; only carried */
};

struct cache;

/*
 * Opens the file, made if there is none (mode 0600), and starts the thread. Borrows opts, and wake,
 * which is called when something has come back, was committed, or has failed. NULL with err filled
 * (ERR_CACHE): it is no cache of ours, or a damaged or a newer one, or cannot be made: says how to
 * go on. With is_readonly a file that is not there is an empty cache.
 */
struct cache *cache_new(const struct cache_opts *opts, struct wake *wake, struct err *err);

/* Looks for job->entry.key. Takes the job until it comes back. */
void cache_look(struct cache *c, struct cache_job *job);

/* Gives a job that has come back, or NULL. */
struct cache_job *cache_take_done(struct cache *c);

/*
 * Stores an entry, in place of one with that key. Takes what it holds. Gives its number: 1, 2, ...
 */
uint64_t cache_put(struct cache *c, struct entry *e);

/* Gives the number up to which all that was put is committed. */
uint64_t cache_committed(struct cache *c);

/*
 * True if the file could not be written or read, with err filled (ERR_CACHE); what was not
 * committed by then never will be, and nothing is found any more.
 */
bool cache_has_failed(struct cache *c, struct err *err);

/*
 * Has what is looked for, now and later, come back at once as not found. Returns when all of it
 * can be taken: soon, whatever the file's state.
 */
void cache_stop(struct cache *c);

/*
 * Commits what was put, ends the thread and frees everything; the caller has got all jobs back.
 * Fine on NULL.
 */
void cache_free(struct cache *c);
