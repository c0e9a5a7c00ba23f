/* SPDX-License-Identifier: MIT */
#include "ui/progress.h"

#include "base/log.h"
#include "base/money.h"

#include "caught.h"
#include "t.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 8192 };

static char *text; /* as it was caught last */
static struct stats stats;
static struct progress progress;

static struct view at(int64_t elapsed_ms, uint64_t settled_n)
{
	return (struct view){ .stats = &stats,
		.now_ms = 5000 + elapsed_ms,
		.started_ms = 5000,
		.settled_n = settled_n,
		.in_flight = 3,
		.limit = 8,
		.jobs = 8,
		.hold_ms = -1 };
}

/* Looks as often as it is asked to, until that time; gives how often that was. */
static unsigned run_until(int64_t end_ms)
{
	unsigned n = 0;
	for (int64_t ms = progress_first_ms(&progress); ms < end_ms; n++) {
		struct view v = at(ms, (uint64_t)ms / 100);
		int64_t next_ms = progress_look(&progress, &v);
		if (!CHECK(next_ms > 0) || next_ms == INT64_MAX)
			break;
		ms += next_ms;
	}
	return n;
}

static void begin(enum progress_form form, int64_t every_ms, bool can_redraw)
{
	stats = (struct stats){ .usage = { -1, -1, -1, -1, -1, -1, TIER_USUAL } };
	progress_init(&progress,
		&(struct progress_opts){ .form = form,
			.every_ms = every_ms,
			.unit = "records",
			.terminal = { .is_one = can_redraw, .can_redraw = can_redraw } });
}

static unsigned times(const char *in, const char *what)
{
	unsigned n = 0;
	for (const char *p = in; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

TEST("who wants to see nothing is never shown anything")
{
	begin(PROGRESS_IS_NONE, 0, true);
	CHECK_INT(progress_first_ms(&progress), INT64_MAX);
	struct caught c = caught_begin();
	struct view v = at(100000, 5);
	CHECK_INT(progress_look(&progress, &v), INT64_MAX);
	progress_end(&progress, &stats);
	CHECK_STR(caught_text(&c), "");
}

TEST("the line is first there after 300 ms, five times a second, and gone at the end")
{
	begin(PROGRESS_IS_LINE, 0, true);
	CHECK_INT(progress_first_ms(&progress), 300);
	struct caught c = caught_begin();
	CHECK_INT(run_until(300), 0);
	CHECK_STR(caught_text(&c), "");
	c = caught_begin();
	unsigned n = run_until(2300);
	CHECK(n >= 10 && n <= 11);
	progress_end(&progress, &stats);
	log_say(LOG_ERROR, "after");
	text = caught_text(&c);
	CHECK(times(text, " so far") >= 10);
	CHECK(strstr(text, "22 records"));
	/* What was drawn last is erased before the message. */
	CHECK(strstr(text, "\x1b[J\rpllm: after\n"));
}

/* Looks once, and says whether the line that is drawn then has the text. */
static bool draws(int64_t elapsed_ms, enum hold hold, const char *part)
{
	struct view v = at(elapsed_ms, 10);
	v.hold = hold;
	struct caught c = caught_begin();
	progress_look(&progress, &v);
	return strstr(caught_text(&c), part);
}

TEST("a reason that comes and goes stays, one that has gone for a second is gone")
{
	begin(PROGRESS_IS_LINE, 0, true);
	CHECK(draws(400, HOLD_JOBS, "at -j 8"));
	CHECK(draws(600, HOLD_NONE, "at -j 8"));
	CHECK(draws(800, HOLD_INPUT, "at -j 8"));
	CHECK(draws(1000, HOLD_JOBS, "at -j 8"));
	CHECK(draws(1800, HOLD_INPUT, "at -j 8"));
	CHECK(draws(2000, HOLD_INPUT, "waiting for input"));
	CHECK(draws(2200, HOLD_END, "ending"));
	CHECK(!draws(4000, HOLD_NONE, "ending"));
	CHECK(draws(4200, HOLD_JOBS, "at -j 8"));
	progress_end(&progress, &stats);
}

TEST("a reason that stays says no more how long, nor of what is full that is not")
{
	begin(PROGRESS_IS_LINE, 0, true);
	CHECK(draws(400, HOLD_LIMIT, "limit found so far: 8"));
	CHECK(draws(600, HOLD_NONE, "at -j 8"));
	CHECK(draws(2000, HOLD_SERVER, "rate limited"));
	struct view v = at(2200, 10);
	v.hold = HOLD_RETRY;
	v.hold_ms = 5000;
	v.hold_at = "eu";
	struct caught c = caught_begin();
	progress_look(&progress, &v);
	CHECK(strstr(caught_text(&c), " | rate limited\r"));
	progress_end(&progress, &stats);
}

TEST("a line may fill its terminal but for the last column")
{
	size_t widest = 0;
	begin(PROGRESS_IS_LINE, 0, true);
	for (const char *name = "an-endpoint-of-some-name"; *name; name++) {
		struct view v = at(400, 10);
		v.hold = HOLD_SERVER;
		v.hold_ms = 5000;
		v.hold_at = name;
		progress.draw_ms = 0;
		struct caught c = caught_begin();
		progress_look(&progress, &v);
		const char *start = strstr(caught_text(&c), "10 records");
		size_t n = start ? strcspn(start, "\r") : 0;
		widest = n > widest ? n : widest;
	}
	progress_end(&progress, &stats);
	/* What is no terminal is taken to have 80. */
	CHECK_INT(widest, 79);
}

TEST("who asks is told at once, also with -q")
{
	begin(PROGRESS_IS_NONE, 0, false);
	struct view v = at(50, 3);
	v.is_asked = true;
	struct caught c = caught_begin();
	log_set_level(LOG_ERROR);
	progress_look(&progress, &v);
	log_set_level(LOG_WARNING);
	CHECK_STR(caught_text(&c), "pllm: 3 records, 60/s, 3 in flight\n");
}

TEST("where no line can be redrawn a plain one comes every 10 seconds, without a control character")
{
	begin(PROGRESS_IS_LINE, 0, false);
	/* Marks for the rate are made meanwhile. */
	CHECK_INT(progress_first_ms(&progress), 1000);
	struct caught c = caught_begin();
	run_until(30500);
	progress_end(&progress, &stats);
	text = caught_text(&c);
	CHECK_STR(text,
		"pllm: 100 records, 10/s, 3 in flight\npllm: 200 records, 10/s, 3 in flight\n"
		"pllm: 300 records, 10/s, 3 in flight\n");
}

TEST("plain lines come as often as asked for, and not with -q")
{
	begin(PROGRESS_IS_LINE, 2500, false);
	struct caught lines = caught_begin();
	run_until(7600);
	CHECK_INT(times(caught_text(&lines), "\n"), 3);
	begin(PROGRESS_IS_NONE, 2500, true);
	struct caught c = caught_begin();
	run_until(7600);
	CHECK_INT(times(caught_text(&c), "\n"), 3);
	log_set_level(LOG_ERROR);
	begin(PROGRESS_IS_NONE, 2500, true);
	c = caught_begin();
	run_until(7600);
	CHECK_STR(caught_text(&c), "");
	log_set_level(LOG_WARNING);
}

TEST("a loop that was late does not catch up")
{
	begin(PROGRESS_IS_NONE, 1000, false);
	struct caught c = caught_begin();
	struct view v = at(7300, 70);
	CHECK_INT(progress_look(&progress, &v), 700);
	CHECK_INT(times(caught_text(&c), "\n"), 1);
}

static json_t *parsed(const char *line)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	CHECK(object != NULL);
	return object;
}

TEST("JSON is an object a second, and one when the run is over")
{
	begin(PROGRESS_IS_JSON, 0, true);
	CHECK_INT(progress_first_ms(&progress), 1000);
	struct caught c = caught_begin();
	run_until(3500);
	struct view last = at(3900, 42);
	last.hold = HOLD_SERVER;
	last.hold_ms = 5000;
	last.hold_at = "eu";
	last.waiting_n = 7;
	progress_look(&progress, &last);
	stats.answered_n = 40;
	stats.failed_n = 2;
	stats.wall_ms = 4250;
	progress_end(&progress, &stats);
	progress_end(&progress, &stats);
	text = caught_text(&c);
	CHECK_INT(times(text, "\n"), 4);
	char *lines = text;
	for (int i = 1; i <= 4; i++) {
		json_t *object = parsed(strsep(&lines, "\n"));
		CHECK_STR(json_string_value(json_object_get(object, "type")), "progress");
		double elapsed_s = json_number_value(json_object_get(object, "elapsed_s"));
		CHECK_INT(elapsed_s * 1000, i < 4 ? i * 1000 : 4250);
		CHECK_INT(json_integer_value(json_object_get(object, "done")), i < 4 ? 10 * i : 42);
		CHECK_INT(json_integer_value(json_object_get(object, "in_flight")), i < 4 ? 3 : 0);
		CHECK(json_is_true(json_object_get(object, "final")) == (i == 4));
		CHECK_INT(json_integer_value(json_object_get(object, "waiting")), 0);
		CHECK(json_is_null(json_object_get(object, "waiting_for")));
		CHECK(json_is_null(json_object_get(object, "waiting_s")));
		CHECK(json_is_null(json_object_get(object, "waiting_at")));
		json_decref(object);
	}
}

TEST("the last object of a run that was stopped has no speed and no end")
{
	static const char *const unknown[] = { "records_per_s", "eta_s", "cost_forecast" };
	begin(PROGRESS_IS_JSON, 0, false);
	progress.opts.total_n = 40;
	struct caught c = caught_begin();
	struct view last = at(3000, 40);
	last.is_ending = true;
	progress_look(&progress, &last);
	stats.answered_n = 40;
	stats.failed_n = 7;
	stats.codes_n[ERROR_CANCELLED] = 2;
	stats.codes_n[ERROR_BUDGET] = 5;
	stats.wall_ms = 3100;
	progress_end(&progress, &stats);
	char *lines = caught_text(&c);
	strsep(&lines, "\n");
	json_t *object = parsed(strsep(&lines, "\n"));
	CHECK(json_is_true(json_object_get(object, "final")));
	CHECK_INT(json_integer_value(json_object_get(object, "done")), 40);
	CHECK_INT(json_integer_value(json_object_get(object, "cancelled")), 7);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		CHECK(json_is_null(json_object_get(object, unknown[i])));
	json_decref(object);
}

/* Ends a run of that total; gives what is said of it to who wants to know. */
static const char *said_of_total(uint64_t total_n, uint64_t read_n, bool is_all_read)
{
	begin(PROGRESS_IS_NONE, 0, false);
	progress.opts.total_n = total_n;
	stats.read_n = read_n;
	stats.is_all_read = is_all_read;
	struct caught c = caught_begin();
	log_set_level(LOG_NOTICE);
	progress_end(&progress, &stats);
	log_set_level(LOG_WARNING);
	return caught_text(&c);
}

TEST("a total that was too small is told of at the end")
{
	CHECK_STR(said_of_total(100, 3000, true),
		"pllm: --total said 100, and there were 3000 records\n");
	CHECK_STR(said_of_total(100, 356, false),
		"pllm: --total said 100, and there were 356 records at least\n");
	CHECK_STR(said_of_total(100, 100, true), "");
	CHECK_STR(said_of_total(0, 3000, true), "");
}

TEST("a run that is over at once gives its one object")
{
	begin(PROGRESS_IS_JSON, 0, false);
	struct caught c = caught_begin();
	struct view last = at(12, 1);
	progress_look(&progress, &last);
	stats.wall_ms = 12;
	progress_end(&progress, &stats);
	json_t *object = parsed(caught_text(&c));
	CHECK_INT(json_integer_value(json_object_get(object, "done")), 1);
	CHECK(json_is_null(json_object_get(object, "total")));
	json_decref(object);
}

static json_t *object_of(const struct view *v)
{
	struct buf out;
	buf_init(&out, TEXT_BYTES);
	progress_put_json(&progress, v, &out);
	json_error_t error;
	json_t *object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	CHECK(object != NULL);
	buf_release(&out);
	return object;
}

TEST("what is not known is null in JSON, and what is has its name")
{
	struct view v = at(2000, 500);
	begin(PROGRESS_IS_JSON, 0, false);
	json_t *object = object_of(&v);
	static const char *const unknown[] = { "total", "share", "cost", "cost_forecast", "eta_s",
		"waiting_for", "waiting_s", "waiting_at" };
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		CHECK(json_is_null(json_object_get(object, unknown[i])));
	CHECK(json_is_null(json_object_get(json_object_get(object, "tokens"), "input")));
	json_decref(object);

	stats.usage.input = 17;
	stats.cost = MONEY_PER_DOLLAR / 4;
	stats.cost_source = "table";
	stats.answered_n = 490;
	stats.failed_n = 10;
	progress.opts.total_n = 1000;
	v.hold = HOLD_SERVER;
	v.hold_ms = 1500;
	v.hold_at = "a\"b\x80\n";
	object = object_of(&v);
	CHECK_INT(json_integer_value(json_object_get(object, "total")), 1000);
	CHECK_INT(1000 * json_number_value(json_object_get(object, "share")), 500);
	CHECK_INT(100 * json_number_value(json_object_get(object, "cost")), 25);
	CHECK_INT(100 * json_number_value(json_object_get(object, "cost_forecast")), 50);
	CHECK_INT(1000 * json_number_value(json_object_get(object, "waiting_s")), 1500);
	CHECK_STR(json_string_value(json_object_get(object, "waiting_for")), "server");
	CHECK_STR(json_string_value(json_object_get(object, "waiting_at")), "a\"b\xef\xbf\xbd\n");
	CHECK_INT(json_integer_value(json_object_get(object, "ok")), 490);
	CHECK_INT(json_integer_value(json_object_get(json_object_get(object, "tokens"), "input")),
		17);
	json_decref(object);
}

TEST("each figure of JSON stands under its own name")
{
	begin(PROGRESS_IS_JSON, 0, false);
	stats = (struct stats){ .answered_n = 11,
		.failed_n = 12,
		.passed_n = 13,
		.skipped_n = 14,
		.hits_n = 15,
		.requests_n = 16,
		.retries_n = 17,
		.unpriced_n = 0,
		.usage = { .input = 18, .output = 19, .cached = 20, .reasoning = 21 },
		.traffic.ended_n = { [OUTCOME_RATE] = 22, [OUTCOME_CAPACITY] = 23 },
		.codes_n = { [ERROR_CANCELLED] = 1 },
		.cost = 123456789,
		.cost_source = "table" };
	progress.opts.total_n = 75;
	struct view v = at(4000, 50);
	v.in_flight = 5;
	v.limit = 6;
	v.jobs = 7;
	v.waiting_n = 8;
	v.hold = HOLD_RETRY;
	v.hold_ms = 1250;
	v.hold_at = "eu\x7f";
	struct caught c = caught_begin();
	progress_look(&progress, &v);
	CHECK_STR(caught_text(&c),
		"{\"type\":\"progress\",\"elapsed_s\":4.000,\"done\":50,\"total\":75,"
		"\"share\":0.667,\"ok\":11,\"failed\":12,\"cancelled\":1,\"passed\":13,"
		"\"skipped\":14,\"cached\":15,\"requests\":16,\"in_flight\":5,\"limit\":6,"
		"\"jobs\":7,\"waiting\":8,\"retries\":17,\"rate_limited\":22,"
		"\"overloaded\":23,\"tokens\":{\"input\":18,\"output\":19,\"cached\":20,"
		"\"reasoning\":21},\"cost\":0.000123456789,\"cost_forecast\":0.000185,"
		"\"unpriced\":0,\"records_per_s\":12.500,\"eta_s\":2.000,"
		"\"waiting_for\":\"retry\",\"waiting_s\":1.250,\"waiting_at\":\"eu\\u007f\","
		"\"final\":false}\n");
	stats.unpriced_n = 9;
	json_t *object = object_of(&v);
	CHECK_INT(json_integer_value(json_object_get(object, "unpriced")), 9);
	json_decref(object);
}

TEST("JSON is valid whatever the numbers are")
{
	for (int hold = 0; hold < HOLDS_N; hold++) {
		begin(PROGRESS_IS_JSON, 0, false);
		memset(&stats, 0xff, sizeof stats);
		stats.is_offline = stats.has_groups = stats.wants_cost = stats.is_overspent = false;
		stats.usage = (struct usage){ INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 0, 0,
			TIER_USUAL };
		stats.cost = hold % 2 ? INT64_MAX : -1;
		stats.cost_source = "table";
		stats.unpriced_n = 0;
		progress.opts.total_n = UINT64_MAX;
		struct view v = at(hold % 2 ? INT64_MAX - 5000 : 0, hold % 3 ? UINT64_MAX : 1);
		v.settled_bytes = hold % 2 ? UINT64_MAX : 1;
		v.input_bytes = hold % 5 ? UINT64_MAX : 1;
		v.in_flight = v.limit = v.jobs = UINT32_MAX;
		v.waiting_n = SIZE_MAX;
		v.hold = (enum hold)hold;
		v.hold_ms = INT64_MAX;
		struct caught c = caught_begin();
		progress_look(&progress, &v);
		text = caught_text(&c);
		CHECK(!strchr(text, '-'));
		json_t *object = object_of(&v);
		CHECK(json_is_string(json_object_get(object, "waiting_for")) ==
			(hold != HOLD_NONE));
		json_decref(object);
	}
}
