/* SPDX-License-Identifier: MIT */
/*
 * cache_db: the file of a cache: opened, made, or refused; locks, transactions, and what its errors
 * mean. Knows no entries. Private to io/cache. One thread at a time.
 */
#pragma once

#include "base/err.h"

#include <sqlite3.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* "pllm" in ASCII, and the version of the tables: what says that a database is ours. */
#define CACHE_DB_ID 0x706c6c6d
enum { CACHE_DB_VERSION = 1 };

/* The words of a statement that makes the table of the answers, as the database keeps them. */
extern const char *const cache_db_table;

enum cache_db_mode {
	CACHE_DB_MADE,    /* for reading and writing; made if it is not there */
	CACHE_DB_THERE,   /* the same, but it has to be there */
	CACHE_DB_READ,    /* for reading; what is not there is empty */
	CACHE_DB_DAMAGED, /* the same, but what is ours may be damaged: is_damaged says so then */
	CACHE_DB_SUSPECT  /* for reading, whatever it is: nothing is looked at yet */
};

struct cache_db_opts {
	const char *path;
	enum cache_db_mode mode;
	int64_t patience_ms; /* how long a lock is waited for */
	const char *vfs;     /* through which system it is read; NULL = the usual one */
};

struct cache_db {
	sqlite3 *db;      /* owned; NULL = there is no file, which is as good as an empty one */
	const char *path; /* borrowed: as the user wrote it */
	int64_t patience_ms;
	int64_t waits_since_ms;        /* since when a lock is waited for */
	bool is_told;                  /* that it takes long */
	bool is_ours;                  /* its table is the one of this version */
	bool is_salvaged;              /* what can be read of a damaged one is wanted */
	bool is_damaged;               /* it is damaged */
	const atomic_bool *is_hurried; /* borrowed: once true, locks are not waited for; or NULL */
};

/*
 * Opens it. Borrows opts->path for as long as it is open. False with err filled (ERR_CACHE), d
 * closed, if it is none of ours, damaged so that it is seen at once, or cannot be opened as asked:
 * says how to go on. What is only read needs no right to write; nothing is made beside it then.
 */
bool cache_db_open(struct cache_db *d, const struct cache_db_opts *opts, struct err *err);

/*
 * Looks whether it is ours and whole, as far as that is seen at once; *is_empty if nothing was made
 * in it yet. False with err filled (ERR_CACHE) if not.
 */
bool cache_db_examine(struct cache_db *d, bool *is_empty, struct err *err);

/* Runs statements that give no rows. Gives SQLite's code. */
int cache_db_run(struct cache_db *d, const char *sql);

/* Runs a statement that gives one number. Gives SQLite's code; SQLITE_OK with 0 if no row came. */
int cache_db_ask(struct cache_db *d, const char *sql, int64_t *number);

/* Prepares a statement that lives long. Gives SQLite's code. */
int cache_db_prepare(struct cache_db *d, const char *sql, sqlite3_stmt **out);

/* Undoes the transaction, if there is one. */
void cache_db_rollback(struct cache_db *d);

/*
 * Fills err for the code of what has just failed, in words for the user. Ends the program where
 * memory is out.
 */
bool cache_db_blame(struct cache_db *d, int code, enum err_kind kind, struct err *err);

/* Closes it, after all statements: what its log holds goes into the file. Fine on a zeroed one. */
void cache_db_close(struct cache_db *d);
