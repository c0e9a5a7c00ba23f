/* SPDX-License-Identifier: MIT */
#include "app/cache_line.h"

#include "base/xalloc.h"
#include "t.h"

#include <string.h>

/* Text that was put, for comparison; borrowed until the next one. */
static const char *text_of(struct buf *out)
{
	buf_put_char(out, '\0');
	return out->data;
}

static void check_time(int64_t ms, const char *want)
{
	struct buf out;
	buf_init(&out, 100);
	cache_line_put_time(&out, ms);
	CHECK_STR(text_of(&out), want);
	buf_release(&out);
}

TEST("a time is a day of the calendar, leap days included, in whole seconds")
{
	check_time(0, "1970-01-01T00:00:00Z");
	check_time(951782399999, "2000-02-28T23:59:59Z");
	check_time(951782400000, "2000-02-29T00:00:00Z");
	check_time(1709164800000, "2024-02-29T00:00:00Z");
	check_time(1709251200000, "2024-03-01T00:00:00Z");
	check_time(1798761599000, "2026-12-31T23:59:59Z");
	check_time(4107542400000, "2100-03-01T00:00:00Z");
	check_time(253402300799000, "9999-12-31T23:59:59Z");
	check_time(253402300800000, "-");
	check_time(-1, "-");
}

static void check_shown(struct span text, size_t letters, const char *want)
{
	struct buf out;
	buf_init(&out, 1000);
	cache_line_put_shown(&out, text, letters);
	CHECK_STR(text_of(&out), want);
	buf_release(&out);
}

TEST("what a terminal would obey is shown, not sent")
{
	check_shown(SPAN("plain"), 9, "plain");
	check_shown(SPAN("a\033]0;x\007b"), 99, "a\\u001b]0;x\\u0007b");
	check_shown(SPAN("one\ntwo\r"), 99, "one\\ntwo\\u000d");
	check_shown(SPAN("\x7f\xc2\x9b\xc2\xa0"), 99, "\\u007f\\u009b\xc2\xa0");
	check_shown(
		SPAN("\xe2\x80\xae|\xe2\x81\xa6|\xe2\x80\x94"), 99, "\\u202e|\\u2066|\xe2\x80\x94");
	check_shown((struct span){ "a\0b", 3 }, 99, "a\\u0000b");
	check_shown(SPAN("\xff\x9b"
			 "a\xf0\x9f\x98\x80"
			 "b\xe2\x80"),
		99,
		"??a\xf0\x9f\x98\x80"
		"b??");
}

TEST("of a long text its first letters are shown, whole ones")
{
	check_shown(SPAN("abcd"), 4, "abcd");
	check_shown(SPAN("abcde"), 4, "abcd...");
	check_shown(SPAN("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86"), 2, "\xe3\x81\x82\xe3\x81\x84...");
	check_shown(SPAN(""), 4, "");
}

static struct endpoint endpoint = { .name = (char[]){ "127.0.0.1:8000" } };

/* An entry of an answer whose body is this, and whose text stands in it there. */
static void make(struct entry *e, const char *body, const char *text)
{
	struct attempt a;
	struct answer answer;
	attempt_init(&a, 1);
	answer_init(&answer, OUTCOME_ANSWERED);
	buf_init(&a.answer, 1000);
	buf_put_str(&a.answer, body);
	a.endpoint = &endpoint;
	a.status = 200;
	a.ms = 640;
	memcpy(a.request_id, "req-7", 6);
	answer.finish = FINISH_STOP;
	answer.model = SPAN("mock-1");
	answer.usage = (struct usage){ .input = 12, .output = 5, .cached = -1, .reasoning = 0 };
	if (text)
		answer.text = (struct span){ strstr(a.answer.data, text), strlen(text) };
	*e = (struct entry){ .time_ms = 1798761599000, .api = "openai", .model = "gpt\033" };
	memset(e->key.bytes, 0xa5, sizeof e->key.bytes);
	entry_pack(e, &a, &answer, 2);
	attempt_release(&a);
	answer_release(&answer);
}

TEST("an entry is exported with all that is known of it")
{
	struct entry e;
	struct buf out;
	buf_init(&out, 10000);
	make(&e, "{\"x\":\"Good\\nday\"}\t", "Good\\nday");
	CHECK(cache_line_put_json(&out, &e));
	CHECK_STR(text_of(&out),
		"{\"key\":\"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\","
		"\"time\":\"2026-12-31T23:59:59Z\",\"api\":\"openai\",\"model\":\"gpt\\u001b\","
		"\"endpoint\":\"127.0.0.1:8000\",\"outcome\":\"answered\","
		"\"usage\":{\"input\":12,\"output\":5,\"cached\":null,\"reasoning\":0},"
		"\"status\":200,\"request_id\":\"req-7\",\"attempts\":2,\"ms\":640,"
		"\"answered_by\":\"mock-1\",\"finish\":\"stop\",\"text\":\"Good\\nday\"}\n");
	entry_release(&e);
	buf_release(&out);
}

TEST("a row shows when, what, how much, whom and how the answer begins")
{
	struct entry e;
	struct buf out;
	buf_init(&out, 10000);
	make(&e, "{\"x\":\"Good\\nday\\u001b\"}", "Good\\nday\\u001b");
	CHECK(cache_line_put_row(&out, &e));
	CHECK_STR(text_of(&out),
		"2026-12-31T23:59:59Z answered         12+5        gpt\\u001b               "
		"Good\\nday\\u001b\n");
	entry_release(&e);
	buf_release(&out);
}

TEST("an entry that is damaged says so and shows what is beside it")
{
	struct entry e;
	struct buf out;
	buf_init(&out, 10000);
	make(&e, "{\"x\":\"y\"}", "y");
	e.form.data[6] ^= 1;
	CHECK(!cache_line_put_json(&out, &e));
	CHECK(strstr(text_of(&out), "\"reasoning\":0},\"damaged\":true}\n"));
	buf_clear(&out);
	CHECK(!cache_line_put_row(&out, &e));
	CHECK(strstr(text_of(&out), "  (damaged)\n"));
	entry_release(&e);
	buf_release(&out);
}

TEST("a vector is exported as numbers, and a row says how many there are")
{
	static const unsigned char floats[] = { 0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf };
	struct entry e;
	struct attempt a;
	struct answer answer;
	struct buf out;
	buf_init(&out, 10000);
	for (int is_row = 0; is_row < 2; is_row++) {
		attempt_init(&a, 1);
		answer_init(&answer, OUTCOME_ANSWERED);
		struct buf bytes;
		buf_init(&bytes, 100);
		buf_put(&bytes, floats, sizeof floats);
		struct vector v = { .text = buf_span(&bytes), .n = 2, .is_floats = true };
		e = (struct entry){ .model = "m" };
		struct buf none = { 0 };
		struct shared *source = shared_new(&bytes, &none);
		entry_hold_vector(&e, &a, &answer, &v, source);
		CHECK(entry_pack_vector(&e));
		CHECK(is_row ? cache_line_put_row(&out, &e) : cache_line_put_json(&out, &e));
		CHECK(strstr(text_of(&out), is_row ? " numbers: 2\n" : ",\"vector\":[0.5,-1]}\n"));
		shared_drop(source);
		entry_release(&e);
		answer_release(&answer);
		attempt_release(&a);
		buf_clear(&out);
	}
	buf_release(&out);
}

TEST("what was refused shows the code and the server's words")
{
	struct entry e = { .model = "m" };
	struct attempt a;
	struct answer answer;
	struct buf out;
	attempt_init(&a, 1);
	answer_init(&answer, OUTCOME_REQUEST);
	answer.message = xstrdup("no such\nparameter");
	e.time_ms = -1;
	e.usage = (struct usage){ .input = -1, .output = -1 };
	buf_init(&out, 10000);
	entry_pack(&e, &a, &answer, 1);
	CHECK(cache_line_put_row(&out, &e));
	CHECK_STR(text_of(&out),
		"-                    request_rejected ?+?         m                       "
		"no such\\nparameter\n");
	entry_release(&e);
	attempt_release(&a);
	answer_release(&answer);
	buf_release(&out);
}
