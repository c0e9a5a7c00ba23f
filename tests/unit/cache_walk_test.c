/* SPDX-License-Identifier: MIT */
#include "base/xalloc.h"
#include "cache_scene.h"
#include "io/cache_book.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

static const struct cache_filter everything = { .before_ms = INT64_MAX };

/* Counts the entries that are sound. */
static bool see(void *to, struct entry *e)
{
	int *n = to;
	*n += e->form.len == 600;
	return true;
}

enum { PAGE_BYTES = 8192 };

/* Stores n entries; a tenth of them are failures, and every other one is of model "b". */
static void fill_with_many(struct scene *s, int n)
{
	scene_enter(s);
	scene_start(s);
	for (int i = 0; i < n; i++) {
		struct entry e = scene_entry(i, 5, 600);
		if (i % 2)
			e.model = "b";
		if (i % 10 == 0)
			e.outcome = OUTCOME_REQUEST;
		cache_put(s->cache, &e);
	}
	scene_stop(s);
}

/* Overwrites the page where the table has that row. */
static void damage_page_of(struct scene *s, int64_t id)
{
	size_t n;
	char *sql = xasprintf("SELECT key FROM answers WHERE id=%lld", (long long)id);
	char key[ENTRY_KEY_BYTES], *bytes = scene_read(s, &n), *at = bytes;
	sqlite3 *db;
	sqlite3_stmt *st;
	CHECK_INT(sqlite3_open(s->path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_step(st), SQLITE_ROW);
	memcpy(key, sqlite3_column_blob(st, 0), sizeof key);
	sqlite3_finalize(st);
	sqlite3_close(db);
	/* Leaves of tables begin with a 13, those of indexes with a 10. */
	while (at && bytes[(at - bytes) / PAGE_BYTES * PAGE_BYTES] != 13)
		at = memmem(at + 1, n - (size_t)(at + 1 - bytes), key, sizeof key);
	if (CHECK(at != NULL))
		memset(bytes + (at - bytes) / PAGE_BYTES * PAGE_BYTES, 0xee, PAGE_BYTES);
	scene_write(s, bytes, n);
	free(bytes);
	free(sql);
}

/* Walks, and gives how many there were and how many are lost. */
static int walk_damaged(struct scene *s, const struct cache_filter *f, uint64_t *lost_n)
{
	int n = 0;
	struct cache_book *b = cache_book_new(s->path, false, &s->err);
	CHECK_STR(s->err.msg, "");
	CHECK(b && cache_book_walk(b, f, &(struct cache_visitor){ see, &n }, lost_n, &s->err));
	cache_book_free(b);
	return n;
}

TEST("around damaged pages all that can be read is shown, and the rest is counted")
{
	struct scene s;
	uint64_t lost_n;
	fill_with_many(&s, 1000);
	damage_page_of(&s, 300);
	int one_n = walk_damaged(&s, &everything, &lost_n);
	CHECK(one_n >= 960 && one_n < 1000);
	CHECK_INT((uint64_t)one_n + lost_n, 1000);
	damage_page_of(&s, 900);
	damage_page_of(&s, 2);
	damage_page_of(&s, 1000);
	int n = walk_damaged(&s, &everything, &lost_n);
	CHECK(n >= 840 && n < one_n);
	CHECK_INT((uint64_t)n + lost_n, 1000);
	scene_leave(&s);
}

TEST("behind damage a filter still says what is shown")
{
	struct scene s;
	uint64_t lost_n;
	fill_with_many(&s, 1000);
	damage_page_of(&s, 500);
	int n = walk_damaged(&s, &(struct cache_filter){ false, "b", INT64_MAX }, &lost_n);
	CHECK(n >= 480 && n < 500 && lost_n >= 500 - (uint64_t)n && lost_n < 40);
	n = walk_damaged(&s, &(struct cache_filter){ true, NULL, INT64_MAX }, &lost_n);
	CHECK(n >= 96 && n < 100 && lost_n < 40);
	CHECK_INT(walk_damaged(&s, &(struct cache_filter){ false, NULL, 0 }, &lost_n), 0);
	scene_leave(&s);
}

TEST("of a file that was cut what is left is shown")
{
	struct scene s;
	size_t n;
	uint64_t lost_n;
	fill_with_many(&s, 1000);
	char *whole = scene_read(&s, &n);
	scene_write(&s, whole, n / PAGE_BYTES / 2 * PAGE_BYTES);
	int left_n = walk_damaged(&s, &everything, &lost_n);
	CHECK(left_n > 300 && left_n < 700);
	CHECK_INT((uint64_t)left_n + lost_n, 1000);
	free(whole);
	scene_leave(&s);
}

TEST("numbers that were never given do not hold a walk up")
{
	struct scene s;
	uint64_t lost_n;
	fill_with_many(&s, 1000);
	scene_sql(&s, "UPDATE answers SET id=id+4000000000000000000 WHERE id>500");
	/* All numbers between the two halves lead there, too. */
	damage_page_of(&s, 4000000000000000501);
	int n = walk_damaged(&s, &everything, &lost_n);
	CHECK(n >= 980 && n < 1000);
	CHECK_INT((uint64_t)n + lost_n, 1000);
	scene_leave(&s);
}
