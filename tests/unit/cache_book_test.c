/* SPDX-License-Identifier: MIT */
#include "io/cache_book.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "cache_scene.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct cache_filter everything = { .before_ms = INT64_MAX };

/* What a visitor has seen. */
struct seen {
	char keys[200]; /* the first bytes of the keys, each with a space */
	int n;
	int damaged_n;
	int last_n; /* it stops there; 0 = at the end */
	struct entry last;
};

static bool see(void *to, struct entry *e)
{
	struct seen *seen = to;
	size_t at = strlen(seen->keys);
	if (at + 5 < sizeof seen->keys)
		snprintf(seen->keys + at, sizeof seen->keys - at, "%d ", e->key.bytes[0]);
	seen->n++;
	seen->damaged_n += e->form.len == 0;
	seen->last = *e;
	return seen->n != seen->last_n;
}

static void put(struct scene *s, int64_t key, enum outcome outcome, const char *model)
{
	struct entry e = scene_entry(key, 5, 1000);
	e.outcome = outcome;
	e.model = model;
	CHECK(scene_await(s, cache_put(s->cache, &e)));
}

/* Four entries, a second apart: of two models, two of them failures. */
static void fill(struct scene *s)
{
	scene_enter(s);
	scene_wall_ms = 1000000;
	scene_start(s);
	put(s, 1, OUTCOME_ANSWERED, "a");
	scene_wall_ms += 1000;
	put(s, 2, OUTCOME_REQUEST, "b");
	scene_wall_ms += 1000;
	put(s, 3, OUTCOME_TRUNCATED, "b");
	scene_wall_ms += 1000;
	put(s, 4, OUTCOME_POLICY, "b");
	scene_stop(s);
}

static struct cache_book *open_book(struct scene *s, bool is_changed)
{
	struct cache_book *b = cache_book_new(s->path, is_changed, &s->err);
	CHECK(b != NULL);
	CHECK_STR(s->err.msg, "");
	return b;
}

static void check_walk(struct scene *s, const struct cache_filter *f, const char *keys)
{
	struct seen seen = { 0 };
	uint64_t lost_n;
	struct cache_book *b = open_book(s, false);
	CHECK(cache_book_walk(b, f, &(struct cache_visitor){ see, &seen }, &lost_n, &s->err));
	CHECK_INT(lost_n, 0);
	CHECK_STR(seen.keys, keys);
	cache_book_free(b);
}

TEST("entries are shown in the order in which they were stored, as a filter says")
{
	struct scene s;
	fill(&s);
	check_walk(&s, &everything, "1 2 3 4 ");
	check_walk(&s, &(struct cache_filter){ true, NULL, INT64_MAX }, "2 4 ");
	check_walk(&s, &(struct cache_filter){ false, "b", INT64_MAX }, "2 3 4 ");
	check_walk(&s, &(struct cache_filter){ false, "c", INT64_MAX }, "");
	check_walk(&s, &(struct cache_filter){ false, NULL, 1002000 }, "1 2 ");
	check_walk(&s, &(struct cache_filter){ true, "b", 1002001 }, "2 ");
	CHECK(!scene_has(&s, "-wal") && !scene_has(&s, "-shm"));
	scene_leave(&s);
}

static bool take_names(void *to, struct entry *e)
{
	char **names = to;
	*names = xasprintf("%s %s %s %zu %lld", e->api, e->model, e->endpoint, e->form.len,
		(long long)e->time_ms);
	return false;
}

TEST("a prompt that was too long is a failure, too")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	put(&s, 1, OUTCOME_ANSWERED, "a");
	put(&s, 2, OUTCOME_TOO_LONG, "a");
	scene_stop(&s);
	check_walk(&s, &(struct cache_filter){ true, NULL, INT64_MAX }, "2 ");
	scene_leave(&s);
}

TEST("a visitor sees all that is kept, and may have enough")
{
	struct scene s;
	char *names = NULL;
	struct seen seen = { .last_n = 3 };
	uint64_t lost_n;
	fill(&s);
	struct cache_book *b = open_book(&s, false);
	CHECK(cache_book_walk(
		b, &everything, &(struct cache_visitor){ take_names, &names }, &lost_n, &s.err));
	CHECK_STR(names, "openai a here 1000 1000000");
	CHECK(cache_book_walk(
		b, &everything, &(struct cache_visitor){ see, &seen }, &lost_n, &s.err));
	CHECK_INT(seen.n, 3);
	CHECK_INT(seen.last.outcome, OUTCOME_TRUNCATED);
	CHECK_INT(seen.last.usage.output, 20);
	CHECK_INT(seen.last.usage.cached, -1);
	free(names);
	cache_book_free(b);
	scene_leave(&s);
}

TEST("everything is counted, by model, too")
{
	struct scene s;
	struct cache_stats stats;
	struct stat st;
	fill(&s);
	struct cache_book *b = open_book(&s, false);
	CHECK(cache_book_count(b, &stats, &s.err));
	CHECK_INT(stats.all.entries_n, 4);
	CHECK_INT(stats.all.failures_n, 2);
	CHECK_INT(stats.all.form_bytes, 4000);
	CHECK(stats.all.packed_bytes > 100 && stats.all.packed_bytes < 3000);
	CHECK_INT(stats.all.input, 40);
	CHECK_INT(stats.all.output, 80);
	CHECK_INT(stats.all.cached, -1);
	CHECK_INT(stats.all.oldest_ms, 1000000);
	CHECK_INT(stats.all.newest_ms, 1003000);
	CHECK_INT(stats.models_n, 2);
	CHECK_STR(stats.models[0].name, "b");
	CHECK_INT(stats.models[0].counts.entries_n, 3);
	CHECK_INT(stats.models[0].counts.oldest_ms, 1001000);
	CHECK_STR(stats.models[1].name, "a");
	CHECK_INT(stats.models[1].counts.failures_n, 0);
	CHECK_INT(stat(s.path, &st), 0);
	CHECK(stats.file_bytes >= (uint64_t)st.st_size);
	cache_stats_release(&stats);
	cache_book_free(b);
	scene_leave(&s);
}

TEST("what was removed is gone from the file, and its room is given back")
{
	enum { N = 3000 };
	struct scene s;
	struct stat before, after;
	uint64_t removed_n;
	size_t n;
	scene_enter(&s);
	scene_wall_ms = 1000000;
	scene_start(&s);
	for (int i = 0; i < N; i++) {
		struct entry e = scene_entry(i, 5, 200);
		cache_put(s.cache, &e);
	}
	scene_await(&s, N);
	scene_wall_ms += 1000;
	struct entry last = scene_entry(N, 5, 16);
	scene_await(&s, cache_put(s.cache, &last));
	scene_stop(&s);
	stat(s.path, &before);
	char *bytes = scene_read(&s, &n);
	CHECK(memmem(bytes, n, "and so on, ", 11) != NULL);
	free(bytes);
	struct cache_book *b = open_book(&s, true);
	CHECK(cache_book_remove(
		b, &(struct cache_filter){ false, "m", 1001000 }, &removed_n, &s.err));
	cache_book_free(b);
	CHECK_INT(removed_n, N);
	stat(s.path, &after);
	CHECK(after.st_size < before.st_size / 10);
	CHECK(scene_is_sound(&s));
	bytes = scene_read(&s, &n);
	CHECK(memmem(bytes, n, "and so on, ", 11) == NULL);
	free(bytes);
	check_walk(&s, &everything, "184 ");
	scene_leave(&s);
}

TEST("entries can be removed and read while a run stores others")
{
	struct scene s;
	struct seen seen = { 0 };
	uint64_t removed_n = 0, lost_n, n = 0;
	scene_enter(&s);
	scene_start(&s);
	for (int i = 0; i < 2000; i++)
		n = scene_put(&s, i, 5);
	scene_await(&s, n);
	for (int i = 2000; i < 6000; i++)
		n = scene_put(&s, i, 5);
	struct cache_book *b = open_book(&s, true);
	CHECK(cache_book_remove(b, &everything, &removed_n, &s.err));
	CHECK(removed_n >= 2000);
	CHECK(scene_await(&s, n));
	CHECK(cache_book_walk(
		b, &everything, &(struct cache_visitor){ see, &seen }, &lost_n, &s.err));
	CHECK_INT((uint64_t)seen.n + removed_n, 6000);
	CHECK_INT(seen.damaged_n, 0);
	cache_book_free(b);
	scene_stop(&s);
	CHECK(scene_is_sound(&s));
	scene_leave(&s);
}

TEST("who only looks cannot remove")
{
	struct scene s;
	uint64_t removed_n;
	fill(&s);
	struct cache_book *b = open_book(&s, false);
	CHECK(!cache_book_remove(b, &everything, &removed_n, &s.err));
	CHECK_INT(removed_n, 0);
	CHECK_INT(s.err.kind, ERR_CACHE);
	s.err = (struct err){ 0 };
	cache_book_free(b);
	check_walk(&s, &everything, "1 2 3 4 ");
	scene_leave(&s);
}

TEST("a book needs a file, and makes none; an empty one is an empty cache")
{
	struct scene s;
	struct cache_stats stats;
	struct cache_report report;
	scene_enter(&s);
	CHECK(!cache_book_new(s.path, false, &s.err));
	CHECK(strstr(s.err.msg, "No such file") != NULL);
	CHECK(!cache_book_new(s.path, true, &s.err));
	CHECK(!cache_book_verify(s.path, &report, &s.err));
	CHECK(!scene_has(&s, ""));
	s.err = (struct err){ 0 };
	scene_write(&s, "", 0);
	check_walk(&s, &everything, "");
	struct cache_book *b = open_book(&s, false);
	CHECK(cache_book_count(b, &stats, &s.err));
	CHECK_INT(stats.all.entries_n, 0);
	cache_stats_release(&stats);
	cache_book_free(b);
	CHECK(cache_book_verify(s.path, &report, &s.err));
	CHECK_INT(report.complaints_n, 0);
	cache_report_release(&report);
	scene_leave(&s);
}

/* Stores entries whose forms can be read. */
static void fill_with_answers(struct scene *s, int n)
{
	scene_enter(s);
	scene_start(s);
	for (int i = 0; i < n; i++) {
		struct entry e = { .key = scene_entry(i, 0, 0).key };
		struct attempt a;
		struct answer answer;
		attempt_init(&a, 1);
		a.status = 200;
		buf_init(&a.answer, 1000);
		buf_put_str(&a.answer, "{\"text\":\"yes\"}");
		answer_init(&answer, OUTCOME_ANSWERED);
		answer.text = (struct span){ a.answer.data + 9, 3 };
		entry_pack(&e, &a, &answer, 1);
		cache_put(s->cache, &e);
		attempt_release(&a);
		answer_release(&answer);
	}
	scene_stop(s);
}

static void check_verified(
	struct scene *s, uint64_t entries_n, uint64_t damaged_n, const char *first)
{
	struct cache_report r;
	CHECK(cache_book_verify(s->path, &r, &s->err));
	CHECK_STR(s->err.msg, "");
	CHECK_INT(r.entries_n, entries_n);
	CHECK_INT(r.damaged_n, damaged_n);
	CHECK_INT(r.complaints_n > 0, first != NULL);
	if (first && !CHECK(r.complaints[0] && strstr(r.complaints[0], first) != NULL))
		CHECK_STR(r.complaints[0], first);
	cache_report_release(&r);
}

TEST("a sound cache is verified, and one with damaged entries says which")
{
	struct scene s;
	fill_with_answers(&s, 40);
	check_verified(&s, 40, 0, NULL);
	scene_sql(&s, "UPDATE answers SET form=zeroblob(length(form)) WHERE id<=15");
	check_verified(&s, 40, 15, "entry 00000000000000");
	scene_leave(&s);
}

TEST("a form that no answer can be read from is damaged, whatever its checksum")
{
	struct scene s;
	fill(&s);
	check_verified(&s, 4, 4, "entry 01");
	scene_leave(&s);
}

TEST("damaged pages are told of, and a file that was cut")
{
	struct scene s;
	size_t n;
	struct cache_report r;
	fill_with_answers(&s, 2000);
	char *whole = scene_read(&s, &n);
	scene_write(&s, whole, n / 2);
	CHECK(cache_book_verify(s.path, &r, &s.err));
	CHECK_STR(s.err.msg, "");
	CHECK(r.complaints_n > 0);
	cache_report_release(&r);
	scene_write(&s, whole, n);
	for (long at = 8192 * 5; at < 8192 * 6; at++)
		scene_poke(&s, at, 0xee);
	CHECK(cache_book_verify(s.path, &r, &s.err));
	CHECK(r.complaints_n > 0 && r.complaints[0] && strstr(r.complaints[0], "the file"));
	cache_report_release(&r);
	free(whole);
	scene_leave(&s);
}

TEST("what is none of ours is not verified but refused")
{
	struct scene s;
	struct cache_report r;
	scene_enter(&s);
	scene_write(&s, "just a few notes", 16);
	CHECK(!cache_book_verify(s.path, &r, &s.err));
	CHECK(strstr(s.err.msg, "is not a cache") != NULL);
	scene_write(&s, "", 0);
	scene_sql(&s, "CREATE TABLE mine(a)");
	CHECK(!cache_book_verify(s.path, &r, &s.err));
	CHECK(strstr(s.err.msg, "another program's database") != NULL);
	CHECK(!cache_book_new(s.path, true, &s.err));
	scene_leave(&s);
}

TEST("an entry whose model nobody named is under the one that answered")
{
	struct scene s;
	char *names = NULL;
	uint64_t lost_n;
	struct attempt a;
	struct answer answer;
	struct entry e = { .key = scene_entry(7, 0, 0).key, .api = "openai", .endpoint = "h" };
	scene_enter(&s);
	scene_wall_ms = 1000000;
	scene_start(&s);
	attempt_init(&a, 1);
	answer_init(&answer, OUTCOME_ANSWERED);
	answer.text = SPAN("yes");
	answer.model = SPAN("gpt\\u002d\\\"7");
	entry_pack(&e, &a, &answer, 1);
	e.endpoint = "h";
	scene_await(&s, cache_put(s.cache, &e));
	scene_stop(&s);
	struct cache_book *b = open_book(&s, false);
	CHECK(cache_book_walk(b, &(struct cache_filter){ false, "gpt-\"7", INT64_MAX },
		&(struct cache_visitor){ take_names, &names }, &lost_n, &s.err));
	CHECK(names && strncmp(names, "openai gpt-\"7 h ", 16) == 0);
	free(names);
	cache_book_free(b);
	attempt_release(&a);
	answer_release(&answer);
	scene_leave(&s);
}
