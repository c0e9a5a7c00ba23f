/* SPDX-License-Identifier: MIT */
#include "cache_scene.h"

#include "base/xalloc.h"
#include "t.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Atomic int64_t scene_wall_ms = 1700000000000;

static int64_t wall_ms(void)
{
	return scene_wall_ms;
}

static void remove_file(const struct scene *s, const char *suffix)
{
	char *path = xasprintf("%s%s", s->path, suffix);
	unlink(path);
	free(path);
}

void scene_enter(struct scene *s)
{
	*s = (struct scene){ .dir = "/tmp/pllm-cache-XXXXXX" };
	CHECK(mkdtemp(s->dir) != NULL);
	snprintf(s->path, sizeof s->path, "%s/c.db", s->dir);
	s->opts = (struct cache_opts){ .path = s->path };
	s->world = cache_world_usual();
	s->world.wall_ms = wall_ms;
	CHECK(wake_init(&s->wake, &s->err));
}

bool scene_open(struct scene *s)
{
	s->cache = cache_new_in(&s->world, &s->opts, &s->wake, &s->err);
	return s->cache != NULL;
}

void scene_start(struct scene *s)
{
	s->err = (struct err){ 0 };
	CHECK(scene_open(s));
	CHECK_STR(s->err.msg, "");
	if (!s->cache)
		exit(1);
}

void scene_stop(struct scene *s)
{
	cache_free(s->cache);
	s->cache = NULL;
}

void scene_leave(struct scene *s)
{
	scene_stop(s);
	wake_release(&s->wake);
	remove_file(s, "");
	remove_file(s, "-wal");
	remove_file(s, "-shm");
	CHECK_INT(rmdir(s->dir), 0);
}

static struct entry_key key_of(int64_t key)
{
	struct entry_key k = { { 0 } };
	for (size_t i = 0; i < sizeof k.bytes; i++)
		k.bytes[i] =
			(unsigned char)((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> i % 57);
	memcpy(k.bytes, &key, sizeof key);
	return k;
}

/* Some of it repeats itself, as texts do. */
static void put_form(struct buf *form, int64_t key, int64_t version, size_t bytes)
{
	int64_t head[2] = { key, version };
	uint64_t noise = (uint64_t)(key * 31 + version) | 1;
	buf_init(form, (size_t)1 << 30);
	for (size_t i = 0; form->len < bytes; i++) {
		noise = noise * UINT64_C(6364136223846793005) + 1;
		const char *at = i == 0 ? (const char *)head
			: i % 4 == 0    ? (const char *)&noise
					: "and so on, ";
		size_t n = i == 0 ? sizeof head : i % 4 == 0 ? sizeof noise : 11;
		buf_put(form, at, n < bytes - form->len ? n : bytes - form->len);
	}
}

struct entry scene_entry(int64_t key, int64_t version, size_t bytes)
{
	struct entry e = {
		.key = key_of(key),
		.outcome = OUTCOME_ANSWERED,
		.usage = { 10, 20, -1, -1, 0, 0, TIER_USUAL },
		.api = "openai",
		.model = "m",
		.endpoint = "here",
	};
	put_form(&e.form, key, version, bytes);
	return e;
}

uint64_t scene_put(struct scene *s, int64_t key, int64_t version)
{
	struct entry e = scene_entry(key, version, 600);
	return cache_put(s->cache, &e);
}

/* As the loop sleeps: it announces it, looks once more, and then sleeps. */
static void nap(struct scene *s, bool has_come)
{
	struct pollfd fd = { .fd = s->wake.fd, .events = POLLIN };
	int n = poll(&fd, 1, has_come ? 0 : 20000);
	CHECK(has_come || n > 0);
	wake_finish(&s->wake, n > 0);
}

bool scene_await(struct scene *s, uint64_t number)
{
	bool is_over = false;
	while (!is_over) {
		wake_prepare(&s->wake);
		is_over = cache_has_failed(s->cache, &s->err);
		is_over = is_over || cache_committed(s->cache) >= number;
		nap(s, is_over);
	}
	return cache_committed(s->cache) >= number;
}

void scene_store(struct scene *s, int64_t key, int64_t version)
{
	CHECK(scene_await(s, scene_put(s, key, version)));
}

/* Gives the version of a form if it is what it should be, else -2. */
static int64_t version_of(struct scene *s, int64_t key, const struct buf *form)
{
	struct buf want;
	int64_t head[2] = { -2, -2 };
	if (form->len < sizeof head)
		return -2;
	memcpy(head, form->data, sizeof head);
	put_form(&want, head[0], head[1], form->len);
	bool is_same = head[0] == key && memcmp(want.data, form->data, form->len) == 0;
	buf_release(&want);
	s->bytes = form->len;
	return is_same ? head[1] : -2;
}

int64_t scene_find(struct scene *s, int64_t key)
{
	struct cache_job job = { .entry = { .key = key_of(key) } };
	struct cache_job *back = NULL;
	cache_look(s->cache, &job);
	while (!back) {
		wake_prepare(&s->wake);
		back = cache_take_done(s->cache);
		nap(s, back != NULL);
	}
	CHECK(back == &job);
	CHECK(job.is_found == (job.entry.form.len > 0));
	s->time_ms = job.entry.time_ms;
	int64_t version = job.is_found ? version_of(s, key, &job.entry.form) : -1;
	entry_release(&job.entry);
	return version;
}

int64_t scene_sql(struct scene *s, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	int64_t number = -1;
	CHECK_INT(sqlite3_open(s->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 20000);
	for (const char *rest = sql; *rest;) {
		CHECK_INT(sqlite3_prepare_v2(db, rest, -1, &st, &rest), SQLITE_OK);
		while (st && sqlite3_step(st) == SQLITE_ROW)
			number = sqlite3_column_int64(st, 0);
		CHECK_INT(sqlite3_finalize(st), SQLITE_OK);
	}
	sqlite3_close(db);
	return number;
}

bool scene_is_sound(struct scene *s)
{
	return scene_sql(s,
		       "SELECT count(*) FROM pragma_integrity_check "
		       "WHERE integrity_check<>'ok'") == 0;
}

bool scene_has(const struct scene *s, const char *suffix)
{
	struct stat st;
	char *path = xasprintf("%s%s", s->path, suffix);
	bool has = lstat(path, &st) == 0;
	free(path);
	return has;
}

void scene_check_refused(struct scene *s, const char *words)
{
	s->err = (struct err){ 0 };
	CHECK(!scene_open(s));
	CHECK_INT(s->err.kind, ERR_CACHE);
	if (!CHECK(strstr(s->err.msg, words) != NULL) || !CHECK(strstr(s->err.msg, s->opts.path)))
		CHECK_STR(s->err.msg, words);
	scene_stop(s);
}

char *scene_read(const struct scene *s, size_t *n)
{
	struct stat st = { 0 };
	FILE *f = fopen(s->path, "r");
	CHECK(f && fstat(fileno(f), &st) == 0);
	char *bytes = xmalloc((size_t)st.st_size);
	*n = fread(bytes, 1, (size_t)st.st_size, f);
	fclose(f);
	return bytes;
}

void scene_write(const struct scene *s, const char *bytes, size_t n)
{
	remove_file(s, "-wal");
	remove_file(s, "-shm");
	FILE *f = fopen(s->path, "w");
	CHECK(f != NULL);
	CHECK_INT(fwrite(bytes, 1, n, f), n);
	CHECK_INT(fclose(f), 0);
}

void scene_poke(const struct scene *s, long at, int byte)
{
	FILE *f = fopen(s->path, "r+");
	CHECK(f && fseek(f, at, SEEK_SET) == 0);
	CHECK_INT(fputc(byte, f), byte);
	fclose(f);
}
