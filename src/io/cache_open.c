/* SPDX-License-Identifier: MIT */
/*
 * A file is opened in steps: it is found, or made; SQLite connects to it; what it says of itself is
 * looked at; then the edges of its trees.
 */
#include "base/buf.h"
#include "base/xalloc.h"
#include "io/cache_db.h"
#include "io/cache_db_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* making and opening */

/* Makes the file, unless somebody else just has. */
static bool make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return err_set_errno(err, ERR_CACHE,
			"cannot make the cache %s" LOG_HELP
			"its directory has to be there, and you need the "
			"right to write there",
			path);
	/* Before SQLite has it open: to close it later would give up SQLite's locks. */
	if (fd >= 0)
		close(fd);
	return true;
}

/*
 * An empty file that is to become a cache becomes its owner's alone, as one that is made here is:
 * others are not to read the answers. What somebody else has put there for several stays.
 */
static void make_private(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		(void)!fchmod(fd, 0600);
	/* Before SQLite has it open, as above. */
	close(fd);
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
		return err_set_errno(err, ERR_CACHE, "cannot open the cache %s", o->path);
	if (!S_ISREG(st.st_mode))
		return err_set(
			err, ERR_CACHE, "%s is no regular file: a cache cannot be there", o->path);
	if (st.st_size == 0 && o->mode <= CACHE_DB_THERE)
		make_private(o->path);
	/* SQLite would take a file of one byte for an empty one. */
	return st.st_size != 1 || cache_db_blame_stranger(o->path, ERR_CACHE, err);
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

static bool is_denied(int code)
{
	int primary = code & 0xff;
	return primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM;
}

/*
 * With the first of these SQLite sees what the file begins with. One that is shorter than it says
 * is opened only by who would repair it; here nothing can be written all the same.
 */
static int set_up(struct cache_db *d)
{
	int code = cache_db_run(d, settings);
	if ((code & 0xff) != SQLITE_CORRUPT || !d->is_salvaged)
		return code;
	d->is_damaged = true;
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	code = cache_db_run(d, "PRAGMA query_only=ON; PRAGMA writable_schema=ON");
	return code == SQLITE_OK ? cache_db_run(d, settings) : code;
}

/* Opens the file of this name, or of this URI. Gives SQLite's code. */
static int open_with(struct cache_db *d, const char *name, int flags, const struct cache_db_opts *o)
{
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(name, &d->db, flags, o->vfs);
	if (code != SQLITE_OK)
		return code;
	sqlite3_busy_handler(d->db, cache_db_wait, d);
	disarm(d->db);
	code = set_up(d);
	if (code == SQLITE_OK && o->mode >= CACHE_DB_READ)
		code = cache_db_run(d, "PRAGMA query_only=ON");
	return code;
}

static bool has_log(const char *real)
{
	struct stat st;
	char *path = xasprintf("%s-wal", real);
	bool has = stat(path, &st) == 0 && st.st_size > 0;
	free(path);
	return has;
}

/* A URI in which no letter of the path means anything. */
static char *uri_of(const char *real, const char *how)
{
	struct buf uri;
	char digits[4];
	buf_init(&uri, 5 + 3 * strlen(real) + strlen(how) + 1);
	buf_put_str(&uri, "file:");
	for (const char *c = real; *c; c++) {
		snprintf(digits, sizeof digits, "%%%02x", (unsigned char)*c);
		if (*c == '/')
			buf_put_char(&uri, '/');
		else
			buf_put_str(&uri, digits);
	}
	buf_put_str(&uri, how);
	buf_put_char(&uri, '\0');
	return uri.data;
}

/*
 * For who may not write: SQLite wants its log for reading, too, and would make what is missing of
 * it, or leave it behind for the owner, who could not write it then. Where there is no log the file
 * is all there is, and is read as one that nobody changes; where there is one it has to be whole.
 */
static bool connect_aside(
	struct cache_db *d, const struct cache_db_opts *o, const char *real, struct err *err)
{
	bool is_logged = has_log(real);
	cache_db_close(d);
	if (faccessat(AT_FDCWD, real, R_OK, AT_EACCESS) < 0)
		return err_set_errno(err, ERR_CACHE, "cannot open the cache %s", o->path);
	char *uri = uri_of(real, is_logged ? "?mode=ro&readonly_shm=1" : "?immutable=1");
	int code = open_with(d, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, o);
	free(uri);
	if (code == SQLITE_OK)
		return true;
	if (!is_logged || !is_denied(code))
		return cache_db_blame(d, code, ERR_CACHE, err);
	return err_set(err, ERR_CACHE,
		"cache %s: part of it is in its log, %s-wal, which only who may write both and their "
		"directory can read" LOG_HELP
		"become one of these, or copy both to a directory of your own",
		o->path, o->path);
}

/*
 * What is only to be read is opened for writing all the same, where that is allowed, and told not
 * to be changed: who only reads leaves the files of its log behind.
 */
static bool connect_to(struct cache_db *d, const struct cache_db_opts *o, struct err *err)
{
	/* Else SQLite would see more in some names: ":memory:", "file:..." */
	char *real = realpath(o->path, NULL);
	bool is_read = o->mode >= CACHE_DB_READ, is_done = false;
	int code = SQLITE_READONLY;
	if (!real)
		return err_set_errno(err, ERR_CACHE, "cannot open the cache %s", o->path);
	bool may_write = faccessat(AT_FDCWD, real, W_OK, AT_EACCESS) == 0;
	if (!may_write && !is_read)
		err_set_errno(err, ERR_CACHE, "cannot write the cache %s", o->path);
	if (may_write)
		code = open_with(d, real, SQLITE_OPEN_READWRITE, o);
	if (is_read && is_denied(code))
		is_done = connect_aside(d, o, real, err);
	else if (may_write)
		is_done = code == SQLITE_OK || cache_db_blame(d, code, ERR_CACHE, err);
	free(real);
	return is_done;
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

/* In one transaction: another process may be about to make it. Gives SQLite's code. */
static int look_once(struct cache_db *d, struct look *look)
{
	int code = cache_db_run(d, "BEGIN");
	if (code == SQLITE_OK)
		code = look_at(d, look);
	if (code == SQLITE_OK)
		code = cache_db_run(d, "COMMIT");
	return code;
}

static bool look_at_all(struct cache_db *d, struct look *look, struct err *err)
{
	int code = look_once(d, look);
	if (code == SQLITE_OK)
		return true;
	cache_db_blame(d, code, ERR_CACHE, err);
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
		return err_set(err, ERR_CACHE,
			"%s is not a cache of pllm, but another program's database" LOG_HELP
			"name another "
			"file",
			d->path);
	if (look->version > CACHE_DB_VERSION)
		return err_set(err, ERR_CACHE,
			"cache %s: made by a newer pllm (version %lld of the tables, this one "
			"knows %d)" LOG_HELP "name another file, or use the newer one",
			d->path, (long long)look->version, CACHE_DB_VERSION);
	d->is_ours = look->version == CACHE_DB_VERSION && look->ours_n == 1;
	return d->is_ours || cache_db_blame_damage(d, ERR_CACHE, err);
}

/*
 * False if the file is shorter than it says, and no log has the rest. After a transaction, so that
 * the log, if there is one, stays.
 */
static bool is_whole(struct cache_db *d)
{
	int64_t pages_n, page_bytes;
	const char *real = sqlite3_db_filename(d->db, "main");
	struct stat file;
	return has_log(real) || cache_db_ask(d, "PRAGMA page_count", &pages_n) != SQLITE_OK ||
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
	if (code == SQLITE_OK && (d->is_damaged || !is_whole(d)))
		code = SQLITE_CORRUPT;
	return code == SQLITE_OK || cache_db_blame(d, code, ERR_CACHE, err);
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
	} while (cache_db_is_busy(code) && cache_db_wait(d, tries_n++));
	if (code != SQLITE_OK)
		return cache_db_blame(d, code, ERR_CACHE, err);
	return is_log ||
		err_set(err, ERR_CACHE,
			"cache %s: cannot be shared on this file system, which has no common "
			"memory (is it a network's?)" LOG_HELP "name a file on a local disk",
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
	return code == SQLITE_OK || cache_db_blame(d, code, ERR_CACHE, err);
}

bool cache_db_examine(struct cache_db *d, bool *is_empty, struct err *err)
{
	struct look look = { 0 };
	if (!look_at_all(d, &look, err))
		return false;
	*is_empty = is_fresh(&look);
	return *is_empty || (judge(d, &look, err) && check_edges(d, err));
}

static bool open_checked(struct cache_db *d, enum cache_db_mode mode, struct err *err)
{
	struct look look = { 0 };
	struct err found;
	bool is_empty = false;
	if (mode == CACHE_DB_SUSPECT)
		return true;
	if (mode < CACHE_DB_READ && !(look_at_all(d, &look, err) && make_ready(d, &look, err)))
		return false;
	if (!cache_db_examine(d, &is_empty, &found)) {
		if (mode == CACHE_DB_DAMAGED && d->is_ours && d->is_damaged)
			return true;
		*err = found;
		return false;
	}
	/* Not made yet, or about to be: for a reader as good as none. */
	if (is_empty)
		cache_db_close(d);
	return true;
}

bool cache_db_open(struct cache_db *d, const struct cache_db_opts *opts, struct err *err)
{
	bool is_there;
	*d = (struct cache_db){ .path = opts->path, .patience_ms = opts->patience_ms };
	d->is_salvaged = opts->mode >= CACHE_DB_DAMAGED;
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
