/* SPDX-License-Identifier: MIT */
/*
 * Each entry is read in a transaction of its own, and the next one is found by its number: whoever
 * prints entries may wait for a slow reader, and a transaction that stays open keeps the log of
 * everybody else growing.
 */
#include "io/cache_book.h"

#include "base/xalloc.h"
#include "io/cache_book_part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REMOVED_AT_ONCE_N = 256, PATIENCE_MS = 60000 };

/* 512 pages: some milliseconds. */
static const char give_back_some[] = "PRAGMA incremental_vacuum(512)";

bool cache_book_open_as(
	struct cache_book *b, const char *path, enum cache_db_mode mode, struct err *err)
{
	struct stat st;
	b->path = xstrdup(path);
	struct cache_db_opts opts = { .path = b->path, .mode = mode, .patience_ms = PATIENCE_MS };
	/* To read nothing where nothing is would be a surprise. */
	if (stat(path, &st) < 0)
		return err_set_errno(err, ERR_CACHE, "cannot open the cache %s", path);
	bool is_open = cache_db_open(&b->db, &opts, err);
	b->is_cut = b->db.is_damaged;
	return is_open;
}

void cache_book_release(struct cache_book *b)
{
	cache_table_release(&b->table);
	cache_db_close(&b->db);
	free(b->path);
}

struct cache_book *cache_book_new(const char *path, bool is_changed, struct err *err)
{
	struct cache_book *b = xcalloc(1, sizeof *b);
	if (cache_book_open_as(b, path, is_changed ? CACHE_DB_THERE : CACHE_DB_DAMAGED, err)) {
		int code = b->db.db ? cache_table_init(&b->table, &b->db) : SQLITE_OK;
		if (code == SQLITE_OK)
			return b;
		cache_db_blame(&b->db, code, ERR_CACHE, err);
	}
	cache_book_free(b);
	return NULL;
}

void cache_book_free(struct cache_book *b)
{
	if (!b)
		return;
	cache_book_release(b);
	free(b);
}

/* counting */

static struct cache_counts counts_at(sqlite3_stmt *s)
{
	return (struct cache_counts){
		.entries_n = (uint64_t)sqlite3_column_int64(s, 1),
		.failures_n = (uint64_t)sqlite3_column_int64(s, 2),
		.form_bytes = (uint64_t)sqlite3_column_int64(s, 3),
		.packed_bytes = (uint64_t)sqlite3_column_int64(s, 4),
		.input = sqlite3_column_int64(s, 5),
		.output = sqlite3_column_int64(s, 6),
		.cached = sqlite3_column_int64(s, 7),
		.reasoning = sqlite3_column_int64(s, 8),
		.oldest_ms = sqlite3_column_int64(s, 9),
		.newest_ms = sqlite3_column_int64(s, 10),
	};
}

static void add_known(int64_t *to, int64_t n, bool is_first)
{
	if (is_first || *to < 0)
		*to = n;
	else if (n > 0)
		*to += n;
}

static void add_counts(struct cache_counts *to, const struct cache_counts *c)
{
	bool is_first = to->entries_n == 0;
	to->entries_n += c->entries_n;
	to->failures_n += c->failures_n;
	to->form_bytes += c->form_bytes;
	to->packed_bytes += c->packed_bytes;
	add_known(&to->input, c->input, is_first);
	add_known(&to->output, c->output, is_first);
	add_known(&to->cached, c->cached, is_first);
	add_known(&to->reasoning, c->reasoning, is_first);
	if (is_first || c->oldest_ms < to->oldest_ms)
		to->oldest_ms = c->oldest_ms;
	if (is_first || c->newest_ms > to->newest_ms)
		to->newest_ms = c->newest_ms;
}

static char *copy_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	return text ? xstrdup(text) : NULL;
}

static void add_model(struct cache_stats *stats, sqlite3_stmt *s)
{
	size_t n = stats->models_n++;
	stats->models = xrealloc(stats->models, n + 1, sizeof *stats->models);
	stats->models[n] = (struct cache_model){ copy_of(s, 0), counts_at(s) };
	add_counts(&stats->all, &stats->models[n].counts);
}

static uint64_t bytes_of(const struct cache_book *b)
{
	struct stat st;
	char *log_path = xasprintf("%s-wal", b->path);
	uint64_t bytes = stat(b->path, &st) == 0 ? (uint64_t)st.st_size : 0;
	if (stat(log_path, &st) == 0)
		bytes += (uint64_t)st.st_size;
	free(log_path);
	return bytes;
}

bool cache_book_count(struct cache_book *b, struct cache_stats *stats, struct err *err)
{
	/*
	 * total(): what was damaged adds up to nonsense, not to an error. -1 where no entry has a
	 * figure.
	 */
	static const char sql[] =
		"SELECT model,count(*) AS n,sum(outcome IN " CACHE_TABLE_FAILURES
		"),total(size),total(length(form)),CASE WHEN count(input) THEN total(input) ELSE -1 "
		"END,CASE WHEN count(output) THEN total(output) ELSE -1 END,"
		"CASE WHEN count(cached) THEN total(cached) ELSE -1 END,"
		"CASE WHEN count(reasoning) THEN total(reasoning) ELSE -1 END,"
		"min(time),max(time) FROM answers GROUP BY model ORDER BY n DESC";
	sqlite3_stmt *s = NULL;
	*stats = (struct cache_stats){ .file_bytes = bytes_of(b) };
	if (!b->db.db)
		return true;
	int code = cache_db_prepare(&b->db, sql, &s);
	if (code == SQLITE_OK) {
		while ((code = sqlite3_step(s)) == SQLITE_ROW)
			add_model(stats, s);
	}
	if (code != SQLITE_DONE) {
		cache_db_blame(&b->db, code, ERR_INPUT, err);
		cache_stats_release(stats);
	}
	sqlite3_finalize(s);
	return code == SQLITE_DONE;
}

void cache_stats_release(struct cache_stats *stats)
{
	for (size_t i = 0; i < stats->models_n; i++)
		free(stats->models[i].name);
	free(stats->models);
	*stats = (struct cache_stats){ 0 };
}

/* removing */

struct removal {
	sqlite3_stmt *find;
	sqlite3_stmt *remove;
	int64_t ids[REMOVED_AT_ONCE_N];
	int n;
	int64_t last;
	uint64_t removed_n;
};

/* Finds the next few, in a transaction that only reads. */
static int find_some(struct removal *r, const struct cache_filter *filter)
{
	int code;
	r->n = 0;
	cache_book_bind(r->find, filter, r->last, REMOVED_AT_ONCE_N);
	while ((code = sqlite3_step(r->find)) == SQLITE_ROW)
		r->ids[r->n++] = r->last = sqlite3_column_int64(r->find, 0);
	sqlite3_reset(r->find);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* What was replaced since it was found has another number now, and stays. */
static int remove_some(struct cache_book *b, struct removal *r)
{
	uint64_t removed_n = 0;
	int code = cache_db_run(&b->db, "BEGIN IMMEDIATE");
	for (int i = 0; i < r->n && code == SQLITE_OK; i++) {
		sqlite3_bind_int64(r->remove, 1, r->ids[i]);
		code = sqlite3_step(r->remove);
		code = code == SQLITE_DONE ? SQLITE_OK : code;
		removed_n += (uint64_t)sqlite3_changes(b->db.db);
		sqlite3_reset(r->remove);
	}
	if (code == SQLITE_OK)
		code = cache_db_run(&b->db, "COMMIT");
	if (code == SQLITE_OK)
		r->removed_n += removed_n;
	return code;
}

/* Until nothing is free, or nothing more becomes so. */
static int give_back(struct cache_book *b)
{
	int64_t free_n, before_n = INT64_MAX;
	int code = cache_db_ask(&b->db, "PRAGMA freelist_count", &free_n);
	while (code == SQLITE_OK && free_n > 0 && free_n < before_n) {
		before_n = free_n;
		code = cache_db_run(&b->db, give_back_some);
		if (code == SQLITE_OK)
			code = cache_db_ask(&b->db, "PRAGMA freelist_count", &free_n);
	}
	return code;
}

bool cache_book_remove(struct cache_book *b, const struct cache_filter *filter, uint64_t *removed_n,
	struct err *err)
{
	struct removal *r = xcalloc(1, sizeof *r);
	r->last = INT64_MIN;
	int code = cache_db_run(&b->db, "PRAGMA secure_delete=ON");
	if (code == SQLITE_OK)
		code = cache_db_prepare(&b->db, "SELECT id" CACHE_BOOK_WHERE, &r->find);
	if (code == SQLITE_OK)
		code = cache_db_prepare(&b->db, "DELETE FROM answers WHERE id=?1", &r->remove);
	do {
		if (code == SQLITE_OK)
			code = find_some(r, filter);
		if (code == SQLITE_OK && r->n > 0)
			code = remove_some(b, r);
	} while (code == SQLITE_OK && r->n == REMOVED_AT_ONCE_N);
	sqlite3_finalize(r->find);
	sqlite3_finalize(r->remove);
	if (code == SQLITE_OK && r->removed_n > 0)
		code = give_back(b);
	if (code != SQLITE_OK)
		cache_db_blame(&b->db, code, ERR_CACHE, err);
	cache_db_rollback(&b->db);
	*removed_n = r->removed_n;
	free(r);
	return code == SQLITE_OK;
}
