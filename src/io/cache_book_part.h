/* SPDX-License-Identifier: MIT */
/* cache_book_part: what the files of io/cache_book have in common. Private to them. */
#pragma once

#include "io/cache_book.h"
#include "io/cache_db.h"
#include "io/cache_table.h"

struct cache_book {
	char *path; /* owned */
	struct cache_db db;
	bool is_cut; /* damage was seen at once: nothing is believed of the index either */
	struct cache_table table;
};

/* Opens the file for a book that is zeroed; the caller releases it, whatever comes of it. */
bool cache_book_open_as(
	struct cache_book *b, const char *path, enum cache_db_mode mode, struct err *err);

/* Closes it and frees what it holds. */
void cache_book_release(struct cache_book *b);

/* Behind the columns of a SELECT: which rows; cache_book_bind gives its parameters. */
#define CACHE_BOOK_WHERE                                                     \
	" FROM answers WHERE id>?1 AND time<?2 AND (?3 IS NULL OR model=?3)" \
	" AND (NOT ?4 OR outcome IN " CACHE_TABLE_FAILURES ") ORDER BY id LIMIT ?5"

/* After the row of that number, what a filter says, at most n. Borrows filter until s is done. */
void cache_book_bind(sqlite3_stmt *s, const struct cache_filter *filter, int64_t last, int n);

/*
 * As cache_book_walk (a NULL filter is all), of a file that is not empty. Gives SQLite's code:
 * damage is none.
 */
int cache_book_show_all(struct cache_book *b, const struct cache_filter *filter,
	const struct cache_visitor *visitor, uint64_t *lost_n);
