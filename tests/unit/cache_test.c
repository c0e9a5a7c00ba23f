/* SPDX-License-Identifier: MIT */
#include "io/cache.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "cache_scene.h"
#include "t.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { T0_S = 1700000000 };

static void set_clock(int64_t s)
{
	scene_wall_ms = (T0_S + s) * 1000;
}

static void restart(struct scene *s)
{
	scene_stop(s);
	scene_start(s);
}

TEST("what was stored is found, in this run and in the next, and nothing else is")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_store(&s, 1, 5);
	CHECK_INT(scene_find(&s, 1), 5);
	CHECK_INT(s.bytes, 600);
	restart(&s);
	CHECK_INT(scene_find(&s, 1), 5);
	CHECK_INT(scene_find(&s, 2), -1);
	scene_leave(&s);
}

TEST("what is looked for after it was put is found, committed or not, and before not")
{
	enum { N = 700 };
	struct scene s;
	struct cache_job *jobs = xcalloc(2 * N, sizeof *jobs), *job;
	int found_n = 0, back_n = 0;
	scene_enter(&s);
	scene_start(&s);
	for (int i = 0; i < N; i++) {
		struct entry e = scene_entry(i, 0, 100);
		jobs[2 * i].entry.key = jobs[2 * i + 1].entry.key = e.key;
		cache_look(s.cache, &jobs[2 * i]);
		CHECK_INT(cache_put(s.cache, &e), i + 1);
		cache_look(s.cache, &jobs[2 * i + 1]);
	}
	while (back_n < 2 * N) {
		while ((job = cache_take_done(s.cache))) {
			CHECK(job == &jobs[back_n++]);
			CHECK_INT(job->is_found, (job - jobs) % 2);
			found_n += job->is_found;
			entry_release(&job->entry);
		}
		scene_await(&s, 1);
	}
	CHECK_INT(found_n, N);
	CHECK(scene_await(&s, N));
	free(jobs);
	scene_leave(&s);
}

TEST("an answer is stored in place of the one with its key")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	scene_store(&s, 1, 5);
	scene_store(&s, 1, 6);
	CHECK_INT(scene_find(&s, 1), 6);
	scene_stop(&s);
	CHECK_INT(scene_sql(&s, "SELECT count(*) FROM answers"), 1);
	scene_leave(&s);
}

TEST("forms of any size come back byte for byte: 1, 512, 513 bytes, 10 MB")
{
	static const size_t sizes[] = { 16, 512, 513, 8192, 100000, 10 << 20 };
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	for (int i = 0; i < 6; i++) {
		struct entry e = scene_entry(i, 7, sizes[i]);
		cache_put(s.cache, &e);
	}
	CHECK(scene_await(&s, 6));
	restart(&s);
	for (int i = 0; i < 6; i++) {
		CHECK_INT(scene_find(&s, i), 7);
		CHECK_INT(s.bytes, sizes[i]);
	}
	scene_stop(&s);
	CHECK_INT(scene_sql(&s, "SELECT group_concat(packed,'') FROM answers"), 1111);
	CHECK_INT(scene_sql(&s, "SELECT sum(length(form)<size) FROM answers"), 4);
	scene_leave(&s);
}

TEST("an entry without a form is stored nowhere, and counts as committed")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	struct entry e = scene_entry(1, 0, 0);
	CHECK(scene_await(&s, cache_put(s.cache, &e)));
	CHECK_INT(scene_find(&s, 1), -1);
	scene_leave(&s);
}

TEST("a vector comes back as the numbers that it is of")
{
	struct scene s;
	struct buf bytes, none = { 0 };
	struct answer answer, back;
	struct attempt asked, a;
	struct cache_job job = { 0 };
	unsigned attempts_n;
	buf_init(&bytes, 1 << 20);
	buf_put_char(&bytes, '[');
	for (int i = 0; i < 300; i++)
		buf_put_str(&bytes, i ? ",0.25" : "0.5");
	buf_put_char(&bytes, ']');
	struct vector v = { .text = buf_span(&bytes), .n = 300 };
	struct shared *source = shared_new(&bytes, &none);
	struct entry e = { 0 };
	attempt_init(&asked, 1);
	asked.status = 200;
	answer_init(&answer, OUTCOME_ANSWERED);
	entry_hold_vector(&e, &asked, &answer, &v, source);
	shared_drop(source);
	job.entry.key = e.key = scene_entry(1, 0, 0).key;
	scene_enter(&s);
	scene_start(&s);
	CHECK(scene_await(&s, cache_put(s.cache, &e)));
	cache_look(s.cache, &job);
	while (cache_take_done(s.cache) != &job)
		scene_await(&s, 1);
	CHECK(job.is_found);
	attempt_init(&a, 1);
	answer_init(&back, OUTCOME_CANCELLED);
	CHECK(entry_unpack(&job.entry, &a, &back, &attempts_n));
	CHECK_INT(back.vector.n, 300);
	buf_init(&bytes, 1 << 20);
	CHECK(vector_put_digits(&back.vector, false, &bytes));
	CHECK_MEM(bytes.data, bytes.len < 10 ? bytes.len : 10, "[0.5,0.25,");
	buf_release(&bytes);
	attempt_release(&a);
	attempt_release(&asked);
	answer_release(&back);
	answer_release(&answer);
	entry_release(&job.entry);
	scene_leave(&s);
}

TEST("what is as old as --cache-ttl is found, what is older is not")
{
	struct scene s;
	scene_enter(&s);
	s.opts.ttl_ms = 60000;
	set_clock(0);
	scene_start(&s);
	scene_store(&s, 1, 5);
	set_clock(60);
	CHECK_INT(scene_find(&s, 1), 5);
	CHECK_INT(s.time_ms, T0_S * INT64_C(1000));
	scene_wall_ms++;
	CHECK_INT(scene_find(&s, 1), -1);
	scene_store(&s, 1, 6);
	CHECK_INT(scene_find(&s, 1), 6);
	scene_leave(&s);
}

TEST("an answer from the future is not old")
{
	struct scene s;
	scene_enter(&s);
	s.opts.ttl_ms = 1000;
	set_clock(86400);
	scene_start(&s);
	scene_store(&s, 1, 5);
	set_clock(0);
	restart(&s);
	CHECK_INT(scene_find(&s, 1), 5);
	scene_leave(&s);
}

TEST("the clock of a run never steps back")
{
	struct scene s;
	scene_enter(&s);
	set_clock(100);
	scene_start(&s);
	scene_store(&s, 1, 5);
	set_clock(50);
	scene_store(&s, 2, 5);
	scene_stop(&s);
	CHECK_INT(scene_sql(&s, "SELECT min(time) FROM answers"), (T0_S + 100) * INT64_C(1000));
	scene_leave(&s);
}

TEST("--refresh finds what this run has stored and nothing before, whatever the clock does")
{
	struct scene s;
	scene_enter(&s);
	set_clock(100);
	scene_start(&s);
	scene_store(&s, 1, 5);
	scene_store(&s, 2, 5);
	s.opts.refreshes = true;
	set_clock(0);
	restart(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_store(&s, 1, 6);
	CHECK_INT(scene_find(&s, 1), 6);
	CHECK_INT(scene_find(&s, 2), -1);
	restart(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_leave(&s);
}

TEST("--refresh finds what it stored though all before it was removed meanwhile")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	for (int i = 0; i < 10; i++)
		scene_store(&s, i, 5);
	s.opts.refreshes = true;
	restart(&s);
	scene_sql(&s, "DELETE FROM answers");
	scene_store(&s, 1, 6);
	CHECK_INT(scene_find(&s, 1), 6);
	scene_leave(&s);
}

static void put_failure(struct scene *s, int64_t key, enum outcome outcome)
{
	struct entry e = scene_entry(key, 5, 100);
	e.outcome = outcome;
	CHECK(scene_await(s, cache_put(s->cache, &e)));
}

TEST("--retry-errors leaves failures aside that were stored before, and only these")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	put_failure(&s, 1, OUTCOME_REQUEST);
	put_failure(&s, 2, OUTCOME_POLICY);
	put_failure(&s, 3, OUTCOME_TRUNCATED);
	put_failure(&s, 4, OUTCOME_ANSWERED);
	CHECK_INT(scene_find(&s, 1), 5);
	CHECK_INT(scene_find(&s, 2), 5);
	s.opts.ignores_failures = true;
	restart(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	CHECK_INT(scene_find(&s, 2), -1);
	CHECK_INT(scene_find(&s, 3), 5);
	CHECK_INT(scene_find(&s, 4), 5);
	put_failure(&s, 1, OUTCOME_REQUEST);
	CHECK_INT(scene_find(&s, 1), 5);
	scene_leave(&s);
}

TEST("who only reads finds what is there, stores nothing and leaves no files behind")
{
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	scene_store(&s, 1, 5);
	scene_stop(&s);
	s.opts.is_readonly = true;
	scene_start(&s);
	CHECK_INT(scene_find(&s, 1), 5);
	CHECK_INT(scene_put(&s, 2, 5), 1);
	CHECK(scene_await(&s, 1));
	CHECK_INT(scene_find(&s, 2), -1);
	scene_stop(&s);
	CHECK_INT(scene_sql(&s, "SELECT count(*) FROM answers"), 1);
	CHECK(!scene_has(&s, "-wal") && !scene_has(&s, "-shm"));
	scene_leave(&s);
}

TEST("to who only reads, a missing or empty file is an empty cache, and stays what it is")
{
	struct scene s;
	size_t n;
	scene_enter(&s);
	s.opts.is_readonly = true;
	scene_start(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_stop(&s);
	CHECK(!scene_has(&s, ""));
	scene_write(&s, "", 0);
	scene_start(&s);
	CHECK_INT(scene_find(&s, 1), -1);
	scene_stop(&s);
	free(scene_read(&s, &n));
	CHECK_INT(n, 0);
	scene_leave(&s);
}

TEST("cache_free commits what was put, and leaves no log")
{
	enum { N = 1000 };
	struct scene s;
	scene_enter(&s);
	scene_start(&s);
	for (int i = 0; i < N; i++)
		scene_put(&s, i, 5);
	scene_stop(&s);
	CHECK(!scene_has(&s, "-wal") && !scene_has(&s, "-shm"));
	CHECK_INT(scene_sql(&s, "SELECT count(*) FROM answers"), N);
	scene_leave(&s);
}

/* A clock that takes its time: meanwhile the thread has jobs in hand. */
static int64_t slow_ms(void)
{
	poll(NULL, 0, 50);
	return 0;
}

TEST("after cache_stop all that was looked for has come back, and the next comes back at once")
{
	enum { N = 600 };
	struct scene s;
	struct cache_job *jobs = xcalloc(N + 1, sizeof *jobs), *job;
	int back_n = 0;
	scene_enter(&s);
	s.world.wall_ms = slow_ms;
	scene_start(&s);
	scene_store(&s, 1, 5);
	for (int i = 0; i < N; i++) {
		jobs[i].entry.key = scene_entry(1, 0, 0).key;
		cache_look(s.cache, &jobs[i]);
	}
	scene_put(&s, 2, 5);
	poll(NULL, 0, 20);
	cache_stop(s.cache);
	while ((job = cache_take_done(s.cache))) {
		entry_release(&job->entry);
		back_n++;
	}
	CHECK_INT(back_n, N);
	cache_look(s.cache, &jobs[N]);
	CHECK(cache_take_done(s.cache) == &jobs[N]);
	CHECK(!jobs[N].is_found);
	CHECK(!cache_take_done(s.cache));
	scene_put(&s, 3, 5);
	CHECK(scene_await(&s, 3));
	free(jobs);
	scene_leave(&s);
}

TEST("a damaged entry is not found, and one that is stored in its place is")
{
	/* Each is one column of the row, changed. */
	static const char *const damages[] = {
		"form=substr(form,1,length(form)-1)",
		"form=substr(form,1,50)||x'00'||substr(form,52)",
		"form=zeroblob(length(form))",
		"form=x''",
		"form='text'",
		"size=size+1",
		"size=0",
		"size=-1",
		"size=1<<62",
		"packed=0",
		"packed=7",
		"sum=sum+1",
		"time=time+1",
		"outcome='truncated'",
		"outcome='nonsense'",
		"tier='x',input='x',sum='x'",
	};
	struct scene s;
	log_set_level(LOG_ERROR);
	scene_enter(&s);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		char *sql = xasprintf("UPDATE answers SET %s", damages[i]);
		scene_start(&s);
		scene_store(&s, 1, 5);
		scene_sql(&s, sql);
		if (!CHECK_INT(scene_find(&s, 1), -1))
			CHECK_STR(sql, "");
		scene_store(&s, 1, 6);
		CHECK_INT(scene_find(&s, 1), 6);
		scene_stop(&s);
		free(sql);
	}
	log_set_level(LOG_WARNING);
	scene_leave(&s);
}

TEST("an answer that stands under another's key is damaged")
{
	struct scene s;
	log_set_level(LOG_ERROR);
	scene_enter(&s);
	scene_start(&s);
	scene_store(&s, 1, 5);
	scene_store(&s, 2, 5);
	scene_sql(&s,
		"UPDATE answers SET (time,size,packed,sum,form)="
		"(SELECT time,size,packed,sum,form FROM answers WHERE id=2) WHERE id=1");
	CHECK_INT(scene_find(&s, 1), -1);
	CHECK_INT(scene_find(&s, 2), 5);
	log_set_level(LOG_WARNING);
	scene_leave(&s);
}

TEST("usage, outcome and names are kept; what is not known stays so")
{
	struct scene s;
	struct cache_job job = { 0 };
	scene_enter(&s);
	scene_start(&s);
	struct entry e = scene_entry(1, 0, 100);
	job.entry.key = e.key;
	e.outcome = OUTCOME_TRUNCATED;
	e.usage = (struct usage){ 1, 2, -1, 4, 5, 6, TIER_FLEX };
	e.model = NULL;
	CHECK(scene_await(&s, cache_put(s.cache, &e)));
	cache_look(s.cache, &job);
	while (cache_take_done(s.cache) != &job)
		scene_await(&s, 1);
	const struct usage *u = &job.entry.usage;
	CHECK_INT(job.entry.outcome, OUTCOME_TRUNCATED);
	CHECK(u->input == 1 && u->output == 2 && u->cached == -1 && u->reasoning == 4);
	CHECK(u->cache_write == 5 && u->cache_write_long == 6 && u->tier == TIER_FLEX);
	entry_release(&job.entry);
	CHECK_INT(scene_sql(&s,
			  "SELECT api='openai' AND model IS NULL AND endpoint='here' "
			  "FROM answers"),
		1);
	scene_leave(&s);
}
