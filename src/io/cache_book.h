/* SPDX-License-Identifier: MIT */
/*
 * cache_book: a cache as somebody looks after it: counted, read through, thinned out, verified.
 *
 * Works while other processes use the file, and holds none of them up for long: what is long is
 * done in many short transactions. An answer that is stored meanwhile may be seen or not. Does not
 * print. One thread at a time.
 */
#pragma once

#include "base/err.h"
#include "work/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache_book;

/* Which entries. */
struct cache_filter {
	bool is_failed;    /* failures only */
	const char *model; /* borrowed: that this model was asked; NULL = any */
	int64_t before_ms; /* stored before that, since 1970; INT64_MAX = at any time */
};

struct cache_counts {
	uint64_t entries_n;
	uint64_t failures_n;   /* of these */
	uint64_t form_bytes;   /* of all forms */
	uint64_t packed_bytes; /* what they take in the file */
	int64_t input;         /* tokens, as far as they are known, like the next three; -1 = of no
				  entry */
	int64_t output;
	int64_t cached;
	int64_t reasoning;
	int64_t oldest_ms; /* since 1970; 0 with no entries */
	int64_t newest_ms;
};

/* What one model was asked. */
struct cache_model {
	char *name; /* owned; NULL = not known */
	struct cache_counts counts;
};

struct cache_stats {
	uint64_t file_bytes; /* with its log */
	struct cache_counts all;
	struct cache_model *models; /* owned; the one with the most entries first */
	size_t models_n;
};

enum { CACHE_COMPLAINTS_MAX = 10 };

/* What is wrong with a cache. */
struct cache_report {
	uint64_t entries_n;
	uint64_t damaged_n;                     /* of these */
	uint64_t complaints_n;                  /* 0 = it is sound */
	char *complaints[CACHE_COMPLAINTS_MAX]; /* owned: the first of these; NULL after the last */
};

#define CACHE_LOST_UNKNOWN UINT64_MAX

/* Who is shown entries. */
struct cache_visitor {
	/*
	 * Shows one, borrowed; what it holds may be moved out of it. The form of a damaged one is
	 * empty, and the rest as far as it could be read. False = that is enough.
	 */
	bool (*visit)(void *to, struct entry *e);
	void *to;
};

/*
 * Opens a cache, which has to be there, for reading only, unless it is to be changed. NULL with err
 * filled (ERR_CACHE) as cache_new does; but what is only read may be damaged. Keeps its own copy of
 * path.
 */
struct cache_book *cache_book_new(const char *path, bool is_changed, struct err *err);

/* Counts everything. The caller releases stats. False with err filled (ERR_INPUT). */
bool cache_book_count(struct cache_book *b, struct cache_stats *stats, struct err *err);

/* Frees what it holds; fine on a zeroed one. */
void cache_stats_release(struct cache_stats *stats);

/*
 * Shows the entries in the order in which they were stored. Of a damaged file all that can be read,
 * wherever it stands; *lost_n says how many others there were at most, or CACHE_LOST_UNKNOWN. False
 * with err filled (ERR_INPUT) if the file cannot be read at all.
 */
bool cache_book_walk(struct cache_book *b, const struct cache_filter *filter,
	const struct cache_visitor *visitor, uint64_t *lost_n, struct err *err);

/*
 * Removes entries, so that their bytes are in the file no more, and gives the room back. *removed_n
 * says how many, also when it fails. False with err filled (ERR_CACHE).
 */
bool cache_book_remove(struct cache_book *b, const struct cache_filter *filter, uint64_t *removed_n,
	struct err *err);

/* Closes it; fine on NULL. */
void cache_book_free(struct cache_book *b);

/*
 * Looks at all of a file. The caller releases the report. False with err filled (ERR_CACHE) if it
 * cannot be opened, is none of ours, or a newer one.
 */
bool cache_book_verify(const char *path, struct cache_report *report, struct err *err);

/* Frees what it holds; fine on a zeroed one. */
void cache_report_release(struct cache_report *report);
