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

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Before there is a first page. */
static const char before_all[] = "PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL";

/* For each connection; the cache is memory for pages, 32 MB. */
static const char settings[] = "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768; "
			       "PRAGMA mmap_size=0; PRAGMA secure_delete=FAST; "
			       "PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=2000; "
			       "PRAGMA journal_size_limit=67108864";

/* What is known of a file before it is believed to be ours. */
struct look {
	int64_t id;
	int64_t version;
	int64_t things_n; /* tables and the like */
	int64_t ours_n;   /* tables made in our words */
};

/* locks */

static int wait_for_lock(void *db, int tries_n)
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

static bool is_busy(int code)
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

static bool blame_damage(struct cache_db *d, enum err_kind kind, struct err *err)
{
	d->is_damaged = true;
	return err_set(err, kind,
		"cache %s: damaged; name another file, or move it away; "
		"pllm cache verify tells what is damaged",
		d->path);
}

static bool blame_stranger(const char *path, enum err_kind kind, struct err *err)
{
	return err_set(err, kind,
		"%s is not a cache, nor any database; name another file, or move it away", path);
}

static bool blame_other(const struct cache_db *d, int code, enum err_kind kind, struct err *err)
{
	int number = sqlite3_system_errno(d->db), primary = code & 0xff;
	const char *what = primary == SQLITE_READONLY ? "cannot be written"
		: primary == SQLITE_CANTOPEN          ? "cannot be opened"
						      : sqlite3_errstr(code);
	const char *why = number ? strerrordesc_np(number) : NULL;
	const char *advice = primary != SQLITE_IOERR
		? ""
		: "; what was stored before is kept; see to the disk, then run the same command "
		  "again";
	return err_set(err, kind, "cache %s: %s%s%s (SQLite's code %d)%s", d->path, what,
		why ? ": " : "", why ? why : "", code, advice);
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
			"cache %s: disk full; what was stored before is kept; run the same command "
			"again when there is room",
			d->path);
	if (is_busy(code))
		return err_set(err, kind,
			"cache %s: locked by another process for more than %lld s; what was stored "
			"before is kept; run the same command again when that has ended",
			d->path, (long long)(d->patience_ms / 1000));
	if (primary == SQLITE_NOTADB)
		return blame_stranger(d->path, kind, err);
	if (primary == SQLITE_CORRUPT)
		return blame_damage(d, kind, err);
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

/* making and opening */

/* Makes the file, unless somebody else just has. */
static bool make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return err_set_errno(err, ERR_USAGE,
			"cannot make the cache %s; its directory has to be there, and you need the "
			"right to write there",
			path);
	/* Before SQLite has it open: to close it later would give up SQLite's locks. */
	if (fd >= 0)
		close(fd);
	return true;
}

/* True if there is a file to open, or none and none is needed: then *is_there is false. */
static bool find_or_make(const struct cache_db_opts *o, bool *is_there, struct err *err)
{
	struct stat st;
	*is_there = stat(o->path, &st) == 0;
	if (!*is_there && errno == ENOENT && o->mode == CACHE_DB_READ)
		return true;
	if (!*is_there && errno == ENOENT && o->mode == CACHE_DB_MADE) {
		if (!make_file(o->path, err))
			return false;
		*is_there = stat(o->path, &st) == 0;
	}
	if (!*is_there)
		return err_set_errno(err, ERR_USAGE, "cannot open the cache %s", o->path);
	if (!S_ISREG(st.st_mode))
		return err_set(
			err, ERR_USAGE, "%s is no regular file: a cache cannot be there", o->path);
	/* SQLite would take a file of one byte for an empty one. */
	return st.st_size != 1 || blame_stranger(o->path, ERR_USAGE, err);
}

/*
 * What a file may bring along that is hostile stays asleep: views, triggers, functions in tables.
 */
static void disarm(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

/*
 * What is only to be read is opened for writing all the same, where that is allowed, and told not
 * to be changed: who only reads leaves the files of its log behind.
 */
static bool connect_to(struct cache_db *d, const struct cache_db_opts *o, struct err *err)
{
	/* Else SQLite would see more in some names: ":memory:", "file:..." */
	char *real = realpath(o->path, NULL);
	if (!real)
		return err_set_errno(err, ERR_USAGE, "cannot open the cache %s", o->path);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(real, &d->db, flags, o->vfs);
	free(real);
	if (code != SQLITE_OK)
		return cache_db_blame(d, code, ERR_USAGE, err);
	sqlite3_busy_handler(d->db, wait_for_lock, d);
	disarm(d->db);
	bool is_read = o->mode >= CACHE_DB_READ;
	if (!is_read && sqlite3_db_readonly(d->db, "main") == 1) {
		errno = EACCES;
		return err_set_errno(err, ERR_USAGE, "cannot write the cache %s", o->path);
	}
	code = cache_db_run(d, settings);
	if (code == SQLITE_OK && is_read)
		code = cache_db_run(d, "PRAGMA query_only=ON");
	return code == SQLITE_OK || cache_db_blame(d, code, ERR_USAGE, err);
}

/* what is in it */

static int look_at(struct cache_db *d, struct look *look)
{
	static const char ours[] = "SELECT count(*) FROM sqlite_schema WHERE type='table' "
				   "AND name='answers' AND sql=?1";
	sqlite3_stmt *s = NULL;
	int code = cache_db_ask(d, "PRAGMA application_id", &look->id);
	if (code == SQLITE_OK)
		code = cache_db_ask(d, "PRAGMA user_version", &look->version);
	if (code == SQLITE_OK)
		code = cache_db_ask(d, "SELECT count(*) FROM sqlite_schema", &look->things_n);
	if (code == SQLITE_OK)
		code = cache_db_prepare(d, ours, &s);
	if (code != SQLITE_OK)
		return code;
	sqlite3_bind_text(s, 1, cache_db_table, -1, SQLITE_STATIC);
	look->ours_n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	return sqlite3_finalize(s);
}

/* In one transaction: another process may be about to make it. */
static bool look_at_once(struct cache_db *d, struct look *look, struct err *err)
{
	int code = cache_db_run(d, "BEGIN");
	if (code == SQLITE_OK)
		code = look_at(d, look);
	if (code == SQLITE_OK)
		code = cache_db_run(d, "COMMIT");
	if (code == SQLITE_OK)
		return true;
	cache_db_blame(d, code, ERR_USAGE, err);
	cache_db_rollback(d);
	return false;
}

static bool is_fresh(const struct look *look)
{
	return look->id == 0 && look->version == 0 && look->things_n == 0;
}

static bool judge(struct cache_db *d, const struct look *look, struct err *err)
{
	if (look->id != CACHE_DB_ID)
		return err_set(err, ERR_USAGE,
			"%s is not a cache of pllm, but another program's database; name another "
			"file",
			d->path);
	if (look->version > CACHE_DB_VERSION)
		return err_set(err, ERR_USAGE,
			"cache %s: made by a newer pllm (version %lld of the tables, this one "
			"knows %d); name another file, or use the newer one",
			d->path, (long long)look->version, CACHE_DB_VERSION);
	return (look->version == CACHE_DB_VERSION && look->ours_n == 1) ||
		blame_damage(d, ERR_USAGE, err);
}

/*
 * False if the file is shorter than it says, and no log has the rest. After a transaction, so that
 * the log, if there is one, stays.
 */
static bool is_whole(struct cache_db *d)
{
	int64_t pages_n, page_bytes;
	const char *real = sqlite3_db_filename(d->db, "main");
	struct stat file, log;
	char *log_path = xasprintf("%s-wal", real);
	bool has_log = stat(log_path, &log) == 0 && log.st_size > 0;
	free(log_path);
	return has_log || cache_db_ask(d, "PRAGMA page_count", &pages_n) != SQLITE_OK ||
		cache_db_ask(d, "PRAGMA page_size", &page_bytes) != SQLITE_OK ||
		stat(real, &file) < 0 || file.st_size / page_bytes >= pages_n;
}

/* Walks down the edges of both trees: what a cut or overwritten file shows soonest. */
static bool check_edges(struct cache_db *d, struct err *err)
{
	int64_t n;
	int code = cache_db_ask(d, "SELECT max(id) FROM answers", &n);
	if (code == SQLITE_OK)
		code = cache_db_ask(d, "SELECT length(max(key)) FROM answers", &n);
	if (code == SQLITE_OK)
		code = cache_db_ask(d, "SELECT length(min(key)) FROM answers", &n);
	if (code == SQLITE_OK && !is_whole(d))
		code = SQLITE_CORRUPT;
	return code == SQLITE_OK || cache_db_blame(d, code, ERR_USAGE, err);
}

/* For the change SQLite wants the file alone, and does not always wait for that by itself. */
static bool begin_log(struct cache_db *d, struct err *err)
{
	sqlite3_stmt *s = NULL;
	int code, tries_n = 0;
	bool is_log = false;
	do {
		code = sqlite3_prepare_v2(d->db, "PRAGMA journal_mode=WAL", -1, &s, NULL);
		if (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
			is_log = strcmp((const char *)sqlite3_column_text(s, 0), "wal") == 0;
		if (code == SQLITE_OK)
			code = sqlite3_finalize(s);
	} while (is_busy(code) && wait_for_lock(d, tries_n++));
	if (code != SQLITE_OK)
		return cache_db_blame(d, code, ERR_USAGE, err);
	return is_log ||
		err_set(err, ERR_USAGE,
			"cache %s: cannot be shared on this file system, which has no common "
			"memory (is it a network's?); name a file on a local disk",
			d->path);
}

static int make_tables(struct cache_db *d)
{
	struct look look;
	char *marks = xasprintf("PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
		CACHE_DB_ID, CACHE_DB_VERSION);
	int code = cache_db_run(d, "BEGIN IMMEDIATE");
	if (code == SQLITE_OK)
		code = look_at(d, &look);
	/* Somebody else may have made them meanwhile. */
	if (code == SQLITE_OK && is_fresh(&look))
		code = cache_db_run(d, cache_db_table);
	else if (code == SQLITE_OK)
		code = cache_db_run(d, "ROLLBACK");
	if (code == SQLITE_OK && !sqlite3_get_autocommit(d->db))
		code = cache_db_run(d, marks);
	free(marks);
	return code;
}

static bool make_ready(struct cache_db *d, const struct look *look, struct err *err)
{
	if (!is_fresh(look))
		return judge(d, look, err) && begin_log(d, err);
	int code = cache_db_run(d, before_all);
	if (code == SQLITE_OK && !begin_log(d, err))
		return false;
	if (code == SQLITE_OK)
		code = make_tables(d);
	return code == SQLITE_OK || cache_db_blame(d, code, ERR_USAGE, err);
}

bool cache_db_examine(struct cache_db *d, bool *is_empty, struct err *err)
{
	struct look look = { 0 };
	if (!look_at_once(d, &look, err))
		return false;
	*is_empty = is_fresh(&look);
	return *is_empty || (judge(d, &look, err) && check_edges(d, err));
}

static bool open_checked(struct cache_db *d, enum cache_db_mode mode, struct err *err)
{
	struct look look = { 0 };
	bool is_empty = false;
	if (mode == CACHE_DB_SUSPECT)
		return true;
	if (mode != CACHE_DB_READ && !(look_at_once(d, &look, err) && make_ready(d, &look, err)))
		return false;
	if (!cache_db_examine(d, &is_empty, err))
		return false;
	/* Not made yet, or about to be: for a reader as good as none. */
	if (is_empty)
		cache_db_close(d);
	return true;
}

bool cache_db_open(struct cache_db *d, const struct cache_db_opts *opts, struct err *err)
{
	bool is_there;
	*d = (struct cache_db){ .path = opts->path, .patience_ms = opts->patience_ms };
	if (!find_or_make(opts, &is_there, err))
		return false;
	if (!is_there || (connect_to(d, opts, err) && open_checked(d, opts->mode, err)))
		return true;
	cache_db_rollback(d);
	cache_db_close(d);
	return false;
}

void cache_db_close(struct cache_db *d)
{
	sqlite3_close_v2(d->db);
	d->db = NULL;
}
