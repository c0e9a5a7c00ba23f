/* SPDX-License-Identifier: MIT */
/* cache_book_part: what the files of io/cache_book have in common. Private to them. */
#pragma once

#include "io/cache_book.h"
#include "io/cache_db.h"
#include "io/cache_table.h"

struct cache_book {
	char *path; /* owned */
	struct cache_db db;
	struct cache_table table;
};

/* Opens the file for a book that is zeroed; the caller releases it, whatever comes of it. */
bool cache_book_open_as(
	struct cache_book *b, const char *path, enum cache_db_mode mode, struct err *err);

/* Closes it and frees what it holds. */
void cache_book_release(struct cache_book *b);

/* As cache_book_walk (a NULL filter is all), of a file that is not empty. Gives SQLite's code. */
int cache_book_show_all(struct cache_book *b, const struct cache_filter *filter,
	const struct cache_visitor *visitor);
