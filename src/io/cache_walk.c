/* SPDX-License-Identifier: MIT */
/*
 * Each row is found by the number of the last one. Where a page is damaged SQLite cannot say which
 * row comes next; so all numbers behind the last one are tried, one by one, until there is a row
 * again: rows may stand anywhere between two damaged pages. A filter would have SQLite read on to
 * the same damage from each of them, so from the first damage on rows are filtered here.
 *
 * What a hostile file says of its last number may be anything: after TRIES_N in vain the steps
 * double, and when a row is met the first one behind the damage is looked for by halves.
 */
#include "base/xalloc.h"
#include "io/cache_book_part.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_N = 1 << 17 };

static const struct cache_filter all_of_it = { .before_ms = INT64_MAX };

struct walk {
	struct cache_book *book; /* borrowed, likewise the next two */
	const struct cache_filter *filter;
	const struct cache_visitor *visitor;
	sqlite3_stmt *next; /* owned */
	int64_t last;       /* no row up to there is to be shown any more */
	bool is_damaged;    /* something could not be read */
	int64_t end;        /* then: the last number that can have been given */
	int64_t step; /* then: how far behind `last` the last try began, in vain; 0 = it found one
		       */
	uint64_t tries_n; /* then: in vain since the last row */
	uint64_t lost_n;  /* then: numbers without a row */
	uint64_t seen_n;  /* rows */
};

void cache_book_bind(sqlite3_stmt *s, const struct cache_filter *f, int64_t last, int n)
{
	sqlite3_bind_int64(s, 1, last);
	sqlite3_bind_int64(s, 2, f->before_ms);
	sqlite3_bind_text(s, 3, f->model, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 4, f->is_failed);
	sqlite3_bind_int(s, 5, n);
}

/* What the database says with the filter, said here. */
static bool is_wanted(const struct walk *w, const struct entry *e)
{
	const struct cache_filter *f = w->filter;
	bool is_failure = e->outcome != OUTCOME_ANSWERED && e->outcome != OUTCOME_TRUNCATED;
	return e->time_ms < f->before_ms && (!f->is_failed || is_failure) &&
		(!f->model || (e->model && strcmp(e->model, f->model) == 0));
}

static char *copy_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	return text ? xstrdup(text) : NULL;
}

/* Shows the row that is there, which is let go of first. False if that is enough. */
static bool show(struct walk *w)
{
	struct entry e = { 0 };
	sqlite3_stmt *s = w->next;
	bool is_sound = cache_table_read(&w->book->table, s, &e, &w->last);
	char *api = copy_of(s, CACHE_TABLE_COLUMNS_N);
	char *model = copy_of(s, CACHE_TABLE_COLUMNS_N + 1);
	char *endpoint = copy_of(s, CACHE_TABLE_COLUMNS_N + 2);
	sqlite3_reset(s);
	assert(is_sound == (e.form.len > 0));
	(void)is_sound;
	e.api = api;
	e.model = model;
	e.endpoint = endpoint;
	w->seen_n++;
	bool goes_on = !is_wanted(w, &e) || w->visitor->visit(w->visitor->to, &e);
	entry_release(&e);
	free(api);
	free(model);
	free(endpoint);
	return goes_on;
}

/* Steps to the first row behind that number. Gives SQLite's code. */
static int seek(struct walk *w, int64_t last)
{
	sqlite3_reset(w->next);
	cache_book_bind(w->next, w->is_damaged ? &all_of_it : w->filter, last, 1);
	return sqlite3_step(w->next);
}

/* To SQLite a disk that cannot be read is damage, too; but that may pass. */
static bool is_damage(const struct walk *w, int code)
{
	return (code & 0xff) == SQLITE_CORRUPT && sqlite3_system_errno(w->book->db.db) != EIO;
}

/* The first damage. Of the last number the sequence speaks, and the index of keys. */
static void begin_trying(struct walk *w)
{
	static const char by_index[] =
		"SELECT max(id) FROM (SELECT id FROM answers INDEXED BY sqlite_autoindex_answers_1)";
	struct cache_db *d = &w->book->db;
	int64_t indexed = 0;
	int code;
	w->is_damaged = true;
	if (w->last < 0)
		w->last = 0;
	w->end = cache_table_last(d, &code);
	cache_db_ask(d, by_index, &indexed);
	if (indexed > w->end)
		w->end = indexed;
	if (w->end <= 0)
		w->end = INT64_MAX;
}

/* Goes a step on, in vain so far. False at the end. */
static bool try_behind(struct walk *w)
{
	if (!w->is_damaged) {
		begin_trying(w);
		return true;
	}
	int64_t left = w->end - w->last;
	if (left <= 0)
		return false;
	int64_t step = w->tries_n++ < TRIES_N ? 1 : w->step > left / 2 ? left : 2 * w->step;
	w->step = step;
	w->last += step;
	w->lost_n += (uint64_t)step;
	return true;
}

/* What was met after a long step may have begun before. Gives SQLite's code of its first row. */
static int seek_back(struct walk *w, int code)
{
	int64_t bad = w->last - w->step;
	bool is_far = w->step > 1;
	w->tries_n = 0;
	w->step = 0;
	if (!is_far)
		return code;
	while (w->last - bad > 1) {
		int64_t middle = bad + (w->last - bad) / 2;
		if (is_damage(w, seek(w, middle))) {
			bad = middle;
			continue;
		}
		w->lost_n -= (uint64_t)(w->last - middle);
		w->last = middle;
	}
	return seek(w, w->last);
}

static int go_through(struct walk *w)
{
	bool goes_on = true;
	while (goes_on) {
		int code = seek(w, w->last);
		if (is_damage(w, code)) {
			goes_on = try_behind(w);
			continue;
		}
		code = seek_back(w, code);
		if (code != SQLITE_ROW)
			return code == SQLITE_DONE ? SQLITE_OK : code;
		goes_on = show(w);
	}
	return SQLITE_OK;
}

/* Numbers are not rows: there may be fewer of these, as the index of keys, if it is whole, says. */
static void correct_lost(struct walk *w)
{
	const struct cache_filter *f = w->filter;
	bool is_all = f->before_ms == INT64_MAX && !f->model && !f->is_failed;
	bool is_end_known = w->end < INT64_MAX;
	int64_t rows_n = 0;
	if (w->lost_n == 0)
		return;
	int code = cache_db_ask(&w->book->db, "SELECT count(*) FROM answers", &rows_n);
	uint64_t seen_n = is_all ? w->seen_n : 0;
	uint64_t others_n = (uint64_t)rows_n > seen_n ? (uint64_t)rows_n - seen_n : 0;
	if (code == SQLITE_OK && !w->book->is_cut && w->lost_n > others_n)
		w->lost_n = others_n;
	else if (!is_end_known)
		w->lost_n = CACHE_LOST_UNKNOWN;
}

int cache_book_show_all(struct cache_book *b, const struct cache_filter *filter,
	const struct cache_visitor *visitor, uint64_t *lost_n)
{
	static const char sql[] =
		"SELECT " CACHE_TABLE_COLUMNS ",api,model,endpoint" CACHE_BOOK_WHERE;
	struct walk w = { .book = b, .filter = filter ? filter : &all_of_it, .visitor = visitor };
	w.last = INT64_MIN;
	int code = cache_db_prepare(&b->db, sql, &w.next);
	if (code == SQLITE_OK)
		code = go_through(&w);
	sqlite3_finalize(w.next);
	correct_lost(&w);
	*lost_n = w.lost_n;
	return code;
}

bool cache_book_walk(struct cache_book *b, const struct cache_filter *filter,
	const struct cache_visitor *visitor, uint64_t *lost_n, struct err *err)
{
	*lost_n = 0;
	int code = b->db.db ? cache_book_show_all(b, filter, visitor, lost_n) : SQLITE_OK;
	return code == SQLITE_OK || cache_db_blame(&b->db, code, ERR_INPUT, err);
}
