/* SPDX-License-Identifier: MIT */
/*
 * A table of rows in the order in which they were stored, and an index of keys: measured with a
 * million entries of 600 bytes it takes 2.5 times as many a second as a table that is ordered by
 * its keys, since of those, which are random, only the small index is written all over; and who
 * runs the same again reads the rows as they stand, 2.5 times as fast. Numbers of rows are never
 * given twice (AUTOINCREMENT), so that a run can tell what was there before it, whatever clocks
 * say. Pages of 8192 bytes waste a tenth less than those of 4096. What is removed leaves pages that
 * can be given back a few at a time (incremental vacuum), for some 5 % of the speed: VACUUM would
 * write the whole file anew while everybody waits.
 *
 * A file is read by read(), not mapped: of a map a failing disk or a file that is cut is a signal,
 * not an error.
 */
#include "io/cache_db.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "io/cache_db_part.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	TELL_AFTER_MS = 5000, /* after that a wait for a lock is worth a word */
	FIRST_SLEEPS_N = 20,
	FIRST_SLEEP_MS = 1,
	SLEEP_MS = 5
};

const char *const cache_db_table = "CREATE TABLE answers("
				   "id INTEGER PRIMARY KEY AUTOINCREMENT, "
				   "key BLOB NOT NULL UNIQUE, "
				   "time INTEGER NOT NULL, "
				   "outcome TEXT NOT NULL, "
				   "api TEXT, "
				   "model TEXT, "
				   "endpoint TEXT, "
				   "input INTEGER, "
				   "output INTEGER, "
				   "cached INTEGER, "
				   "reasoning INTEGER, "
				   "cache_write INTEGER, "
				   "cache_write_long INTEGER, "
				   "tier INTEGER NOT NULL, "
				   "size INTEGER NOT NULL, "
				   "packed INTEGER NOT NULL, "
				   "sum INTEGER NOT NULL, "
				   "form BLOB NOT NULL)";

/* locks */

int cache_db_wait(void *db, int tries_n)
{
	struct cache_db *d = db;
	int64_t now_ms = clock_now_ms();
	if (tries_n == 0)
		d->waits_since_ms = now_ms;
	int64_t waited_ms = now_ms - d->waits_since_ms;
	if (waited_ms >= d->patience_ms || (d->is_hurried && atomic_load(d->is_hurried)))
		return 0;
	if (waited_ms >= TELL_AFTER_MS && !d->is_told) {
		log_say(LOG_WARNING, "cache %s: waiting for another process that holds it",
			d->path);
		d->is_told = true;
	}
	sqlite3_sleep(tries_n < FIRST_SLEEPS_N ? FIRST_SLEEP_MS : SLEEP_MS);
	return 1;
}

bool cache_db_is_busy(int code)
{
	int primary = code & 0xff;
	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

/* errors */

static bool is_full(int code, int number)
{
	return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE ||
		((code & 0xff) == SQLITE_IOERR && (number == ENOSPC || number == EDQUOT));
}

bool cache_db_blame_damage(struct cache_db *d, enum err_kind kind, struct err *err)
{
	d->is_damaged = true;
	return err_set(err, kind,
		"cache %s: damaged" LOG_HELP "name another file, or move it away; "
		"pllm cache verify tells what is damaged, pllm cache export saves the rest",
		d->path);
}

bool cache_db_blame_stranger(const char *path, enum err_kind kind, struct err *err)
{
	return err_set(err, kind,
		"%s is not a cache, nor any database" LOG_HELP "name another file, or move it away",
		path);
}

/* SQLite's numbers are for those cases alone for which there are no words. */
static bool blame_other(const struct cache_db *d, int code, enum err_kind kind, struct err *err)
{
	char digits[40] = "";
	int number = sqlite3_system_errno(d->db), primary = code & 0xff;
	bool is_readonly = primary == SQLITE_READONLY;
	const char *what = is_readonly       ? "cannot be written"
		: primary == SQLITE_CANTOPEN ? "cannot be opened"
					     : sqlite3_errstr(code);
	const char *why = number ? strerrordesc_np(number) : NULL;
	const char *advice = primary == SQLITE_IOERR ? LOG_HELP
		"what was stored before is kept; see to the disk, then run the same command "
		"again"
		: is_readonly || number == EACCES ? LOG_HELP
		"you need the right to write the file, and its directory, too"
						  : "";
	if (!why && !is_readonly && primary != SQLITE_CANTOPEN)
		snprintf(digits, sizeof digits, " (SQLite's code %d)", code);
	return err_set(err, kind, "cache %s: %s%s%s%s%s", d->path, what, why ? ": " : "",
		why ? why : "", digits, advice);
}

bool cache_db_blame(struct cache_db *d, int code, enum err_kind kind, struct err *err)
{
	int primary = code & 0xff;
	if (primary == SQLITE_NOMEM)
		xalloc_die();
	/* To SQLite a disk that cannot be read is damage to the file; it may yet be whole. */
	if (primary == SQLITE_CORRUPT && sqlite3_system_errno(d->db) == EIO)
		return blame_other(d, SQLITE_IOERR, kind, err);
	if (is_full(code, sqlite3_system_errno(d->db)))
		return err_set(err, kind,
			"cache %s: disk full" LOG_HELP
			"what was stored before is kept; run the same command "
			"again when there is room",
			d->path);
	if (cache_db_is_busy(code))
		return err_set(err, kind,
			"cache %s: locked by another process for more than %lld s" LOG_HELP
			"what was stored "
			"before is kept; run the same command again when that has ended",
			d->path, (long long)(d->patience_ms / 1000));
	if (primary == SQLITE_NOTADB)
		return cache_db_blame_stranger(d->path, kind, err);
	if (primary == SQLITE_CORRUPT)
		return cache_db_blame_damage(d, kind, err);
	return blame_other(d, code, kind, err);
}

/* statements */

int cache_db_run(struct cache_db *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL);
}

int cache_db_prepare(struct cache_db *d, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

int cache_db_ask(struct cache_db *d, const char *sql, int64_t *number)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(d->db, sql, -1, &s, NULL);
	*number = 0;
	if (code != SQLITE_OK)
		return code;
	if (sqlite3_step(s) == SQLITE_ROW)
		*number = sqlite3_column_int64(s, 0);
	return sqlite3_finalize(s);
}

void cache_db_rollback(struct cache_db *d)
{
	if (d->db && !sqlite3_get_autocommit(d->db))
		cache_db_run(d, "ROLLBACK");
}
