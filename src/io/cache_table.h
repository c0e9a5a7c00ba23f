/* SPDX-License-Identifier: MIT */
/*
 * cache_table: the table of answers, one entry in, one out. Private to io/cache. Runs in whatever
 * transaction there is. One thread at a time.
 */
#pragma once

#include "io/cache_db.h"
#include "io/cache_pack.h"
#include "work/entry.h"

#include <stdbool.h>
#include <stdint.h>

/* The columns that cache_table_read reads, for a statement that begins with them. */
#define CACHE_TABLE_COLUMNS                                                               \
	"id,key,time,outcome,input,output,cached,reasoning,cache_write,cache_write_long," \
	"tier,size,packed,sum,form"
enum { CACHE_TABLE_COLUMNS_N = 15 };

/* The names by which failures stand in the column of outcomes, for statements. */
#define CACHE_TABLE_FAILURES "('request_rejected','too_long','content_filter')"

enum cache_row {
	CACHE_ROW_FOUND,
	CACHE_ROW_MISSING,
	CACHE_ROW_DAMAGED, /* what it says does not hold together */
	CACHE_ROW_ERROR    /* the file cannot be read: the code says why */
};

/* What is taken for found. */
struct cache_terms {
	int64_t oldest_ms;       /* stored then or later */
	int64_t first_id;        /* from this row on */
	int64_t first_failed_id; /* the same, for failures */
};

struct cache_table {
	struct cache_db *db; /* borrowed */
	sqlite3_stmt *find;  /* owned */
	sqlite3_stmt *store; /* owned */
	struct cache_pack pack;
};

/* Makes t ready. Borrows db, which outlives it. Gives SQLite's code. */
int cache_table_init(struct cache_table *t, struct cache_db *db);

/* Frees what t holds; fine on a zeroed one. */
void cache_table_release(struct cache_table *t);

/*
 * Looks for e->key; fills time, outcome, usage and form if it was found. *code is SQLite's.
 */
enum cache_row cache_table_find(
	struct cache_table *t, const struct cache_terms *terms, struct entry *e, int *code);

/*
 * Stores e at e->time_ms in place of what has its key, after making a form of a vector; where no
 * model was asked by name, under the one that answered. An entry that has no form then, or too
 * large a one, is not stored. Gives SQLite's code.
 */
int cache_table_store(struct cache_table *t, struct entry *e);

/*
 * Reads the row that s, whose columns begin with CACHE_TABLE_COLUMNS, stands at: all but the names.
 * *id is the row's number. False, with no form, if it is damaged.
 */
bool cache_table_read(struct cache_table *t, sqlite3_stmt *s, struct entry *e, int64_t *id);

/* Gives the number of the last row that was ever stored; 0 = none. *code is SQLite's. */
int64_t cache_table_last(struct cache_db *db, int *code);
