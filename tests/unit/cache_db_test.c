/* SPDX-License-Identifier: MIT */
#include "io/cache_db.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "cache_scene.h"
#include "t.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scene whose cache has n entries, and is closed. */
static void fill(struct scene *s, int n)
{
	scene_enter(s);
	scene_start(s);
	for (int i = 0; i < n; i++)
		scene_put(s, i, 5);
	scene_stop(s);
}

TEST("a cache that is made is its owner's alone, and says whose it is")
{
	struct scene s;
	struct stat st;
	mode_t before = umask(0);
	fill(&s, 1);
	umask(before);
	CHECK_INT(stat(s.path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(scene_sql(&s, "PRAGMA application_id"), 0x706c6c6d);
	CHECK_INT(scene_sql(&s, "PRAGMA user_version"), 1);
	CHECK_INT(scene_sql(&s, "PRAGMA auto_vacuum"), 2);
	CHECK(scene_is_sound(&s));
	scene_leave(&s);
}

static void check_mode(const struct scene *s, mode_t want)
{
	struct stat st;
	CHECK_INT(stat(s->path, &st), 0);
	CHECK_INT(st.st_mode & 0777, want);
}

TEST("an empty file becomes a cache, its owner's alone")
{
	struct scene s;
	scene_enter(&s);
	scene_write(&s, "", 0);
	CHECK_INT(chmod(s.path, 0644), 0);
	s.opts.is_readonly = true;
	scene_start(&s);
	scene_stop(&s);
	check_mode(&s, 0644);
	s.opts.is_readonly = false;
	scene_start(&s);
	scene_store(&s, 1, 5);
	check_mode(&s, 0600);
	scene_leave(&s);
}

TEST("who may read a cache is its owner's to say")
{
	struct scene s;
	fill(&s, 1);
	CHECK_INT(chmod(s.path, 0640), 0);
	scene_start(&s);
	scene_store(&s, 2, 5);
	check_mode(&s, 0640);
	scene_leave(&s);
}

TEST("a file that is no database is refused and left as it is")
{
	struct scene s;
	size_t n;
	char notes[5000];
	memset(notes, 'x', sizeof notes);
	scene_enter(&s);
	for (size_t size = 1; size <= sizeof notes; size += 1666) {
		scene_write(&s, notes, size);
		scene_check_refused(&s, "is not a cache, nor any database");
		s.opts.is_readonly = true;
		scene_check_refused(&s, "is not a cache, nor any database");
		s.opts.is_readonly = false;
		char *after = scene_read(&s, &n);
		CHECK(n == size && memcmp(after, notes, n) == 0);
		free(after);
	}
	scene_leave(&s);
}

/* Makes a database by SQL that must be refused and stay as it is. */
static void check_foreign(const char *sql, const char *words)
{
	struct scene s;
	size_t n, n_after;
	scene_enter(&s);
	scene_sql(&s, sql);
	char *before = scene_read(&s, &n);
	scene_check_refused(&s, words);
	char *after = scene_read(&s, &n_after);
	CHECK(n == n_after && memcmp(before, after, n) == 0);
	CHECK(!scene_has(&s, "-wal") && !scene_has(&s, "-journal"));
	free(before);
	free(after);
	scene_leave(&s);
}

TEST("another program's database is refused and left as it is")
{
	check_foreign("CREATE TABLE mine(a)", "another program's database");
	check_foreign("CREATE TABLE answers(a)", "another program's database");
	check_foreign("PRAGMA application_id=7", "another program's database");
	check_foreign("PRAGMA user_version=1; CREATE TABLE answers(a)", "another program's");
}

TEST("a newer version is refused, and it says which")
{
	check_foreign("PRAGMA application_id=0x706c6c6d; PRAGMA user_version=2",
		"made by a newer pllm (version 2");
}

TEST("a database with our name on it and other tables is damaged")
{
	check_foreign("PRAGMA application_id=0x706c6c6d; PRAGMA user_version=1", "damaged");
	check_foreign("PRAGMA application_id=0x706c6c6d; PRAGMA user_version=1;"
		      "CREATE TABLE answers(id INTEGER PRIMARY KEY, key BLOB)",
		"damaged" LOG_HELP "name another file, or move it away; pllm cache verify");
}

TEST("a cache that was cut short is refused, or as good as it was; never more")
{
	struct scene s;
	size_t n;
	int refused_n = 0;
	fill(&s, 500);
	char *whole = scene_read(&s, &n);
	log_set_level(LOG_ERROR);
	for (size_t part = 1; part < n; part = part * 5 / 3 + 1) {
		scene_write(&s, whole, part);
		if (!scene_open(&s)) {
			CHECK(strstr(s.err.msg, s.path) != NULL);
			refused_n++;
			continue;
		}
		for (int i = 0; i < 500; i += 50)
			CHECK(scene_find(&s, i) >= -1);
		scene_stop(&s);
	}
	CHECK(refused_n > 10);
	scene_write(&s, whole, n - 1);
	scene_check_refused(&s, "damaged");
	scene_write(&s, whole, n);
	scene_start(&s);
	CHECK_INT(scene_find(&s, 499), 5);
	log_set_level(LOG_WARNING);
	free(whole);
	scene_leave(&s);
}

TEST("whatever bits are flipped: refused, failed, not found or right, never wrong")
{
	struct scene s;
	size_t n;
	uint64_t luck = 42;
	int odd_n = 0;
	fill(&s, 300);
	char *whole = scene_read(&s, &n);
	log_set_level(LOG_ERROR);
	for (int round = 0; round < 60; round++) {
		scene_write(&s, whole, n);
		for (int i = 0; i < 1 + round; i++) {
			luck = luck * UINT64_C(6364136223846793005) + 1442695040888963407u;
			scene_poke(&s, (long)((luck >> 20) % n), (int)(luck >> 12 & 0xff));
		}
		if (!scene_open(&s)) {
			odd_n++;
			continue;
		}
		for (int i = 0; i < 300; i += 7) {
			int64_t version = scene_find(&s, i);
			CHECK(version == 5 || version == -1);
			odd_n += version == -1;
		}
		scene_put(&s, 1000, 5);
		scene_stop(&s);
	}
	CHECK(odd_n > 20);
	log_set_level(LOG_WARNING);
	free(whole);
	scene_leave(&s);
}

TEST("where there is no directory, none is made, and it says so")
{
	struct scene s;
	scene_enter(&s);
	char *path = xasprintf("%s/nowhere/c.db", s.dir);
	s.opts.path = path;
	scene_check_refused(&s, "its directory has to be there");
	s.opts.is_readonly = true;
	scene_start(&s);
	scene_stop(&s);
	free(path);
	scene_leave(&s);
}

TEST("a cache is a regular file")
{
	struct scene s;
	char null[] = "/dev/null", empty[] = "";
	scene_enter(&s);
	s.opts.path = s.dir;
	scene_check_refused(&s, "is no regular file");
	s.opts.path = null;
	scene_check_refused(&s, "is no regular file");
	s.opts.path = empty;
	scene_check_refused(&s, "cannot make the cache");
	scene_leave(&s);
}

TEST("a link to a cache leads there, a link to nothing makes nothing")
{
	struct scene s;
	fill(&s, 1);
	char *link = xasprintf("%s/link", s.dir), *dangling = xasprintf("%s/dangling", s.dir);
	CHECK_INT(symlink("c.db", link), 0);
	CHECK_INT(symlink("elsewhere", dangling), 0);
	s.opts.path = link;
	scene_start(&s);
	CHECK_INT(scene_find(&s, 0), 5);
	scene_stop(&s);
	s.opts.path = dangling;
	scene_check_refused(&s, "cannot open the cache");
	unlink(link);
	unlink(dangling);
	free(link);
	free(dangling);
	scene_leave(&s);
}

TEST("names that mean more to SQLite are names of files")
{
	struct scene s;
	char memory[] = ":memory:", uri[] = "file:c.db?mode=memory";
	char *cwd = getcwd(NULL, 0);
	scene_enter(&s);
	CHECK_INT(chdir(s.dir), 0);
	s.opts.path = memory;
	scene_start(&s);
	scene_stop(&s);
	s.opts.path = uri;
	scene_start(&s);
	scene_stop(&s);
	CHECK_INT(unlink(memory), 0);
	CHECK_INT(unlink(uri), 0);
	CHECK_INT(chdir(cwd), 0);
	free(cwd);
	scene_leave(&s);
}

TEST("a file system without common memory is refused")
{
	struct scene s;
	scene_enter(&s);
	s.world.vfs = "unix-dotfile";
	scene_check_refused(&s, "cannot be shared on this file system");
	scene_leave(&s);
}

TEST("triggers that a file brings along do nothing")
{
	struct scene s;
	fill(&s, 1);
	scene_sql(&s, "CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END");
	scene_start(&s);
	scene_store(&s, 7, 5);
	CHECK_INT(scene_find(&s, 7), 5);
	CHECK_INT(scene_find(&s, 0), 5);
	scene_leave(&s);
}

TEST("a lock that is not given up in time: refused at the start, failed in the run")
{
	struct scene s;
	sqlite3 *other;
	fill(&s, 1);
	s.world.patience_ms = 200;
	CHECK_INT(sqlite3_open(s.path, &other), SQLITE_OK);
	scene_start(&s);
	CHECK_INT(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(scene_find(&s, 0), 5);
	CHECK(!scene_await(&s, scene_put(&s, 1, 5)));
	CHECK_INT(s.err.kind, ERR_CACHE);
	CHECK(strstr(s.err.msg, "locked by another process") != NULL);
	CHECK_INT(scene_find(&s, 0), -1);
	CHECK_INT(cache_committed(s.cache), 0);
	scene_stop(&s);
	CHECK_INT(sqlite3_close(other), SQLITE_OK);
	scene_start(&s);
	CHECK_INT(scene_find(&s, 0), 5);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_leave(&s);
}

TEST("who makes a cache waits for whoever looks at the empty file")
{
	struct scene s;
	sqlite3 *other;
	scene_enter(&s);
	scene_write(&s, "", 0);
	s.world.patience_ms = 200;
	CHECK_INT(sqlite3_open(s.path, &other), SQLITE_OK);
	CHECK_INT(sqlite3_exec(other, "BEGIN; SELECT * FROM sqlite_schema", NULL, NULL, NULL),
		SQLITE_OK);
	int64_t before_ms = clock_now_ms();
	scene_check_refused(&s, "locked by another process");
	CHECK(clock_now_ms() - before_ms >= 200);
	CHECK_INT(sqlite3_close(other), SQLITE_OK);
	scene_start(&s);
	scene_leave(&s);
}
