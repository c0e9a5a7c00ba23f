/* SPDX-License-Identifier: MIT */
#include "ui/progress.h"

#include "base/money.h"
#include "base/span.h"
#include "json/text.h"

#include "t.h"

#include <string.h>

enum { TEXT_BYTES = 4096 };

static char text[TEXT_BYTES];

static const char *kept(struct buf *out)
{
	memcpy(text, out->len ? out->data : "", out->len);
	text[out->len] = '\0';
	buf_release(out);
	return text;
}

/* Gives the line in static memory. */
static const char *line(const struct progress *p, const struct view *v, unsigned columns)
{
	struct buf out;
	buf_init(&out, sizeof text - 1);
	progress_put_line(p, v, columns, &out);
	return kept(&out);
}

static const char *plain(const struct progress *p, const struct view *v)
{
	struct buf out;
	buf_init(&out, sizeof text - 1);
	progress_put_plain(p, v, &out);
	return kept(&out);
}

static struct stats stats;
static struct progress progress;

/* A run that has had trouble: 1,234 of 5,000 records after half a minute. */
static struct view troubled(void)
{
	stats = (struct stats){
		.answered_n = 1231,
		.failed_n = 3,
		.requests_n = 1300,
		.retries_n = 11,
		.usage = { .input = 1234567, .output = 310000, .cached = -1, .reasoning = -1 },
		.cost = 1840 * (MONEY_PER_DOLLAR / 1000),
		.cost_source = "table",
		.traffic.ended_n = { [OUTCOME_RATE] = 9 },
	};
	progress_init(&progress,
		&(struct progress_opts){
			.form = PROGRESS_IS_LINE, .total_n = 5000, .unit = "records" });
	progress.marks[0] = (struct progress_mark){ .at_ms = 1000 };
	progress.marks_n = progress.next = 1;
	return (struct view){
		.stats = &stats,
		.now_ms = 31000,
		.started_ms = 1000,
		.settled_n = 1234,
		.in_flight = 16,
		.limit = 40,
		.jobs = 64,
		.hold = HOLD_SERVER,
		.hold_ms = 11400,
	};
}

/* The same, long, and with everything as large as it may be. */
static struct view enormous(void)
{
	struct view v = troubled();
	stats.failed_n = stats.retries_n = stats.hits_n = stats.skipped_n = UINT64_MAX;
	stats.traffic.ended_n[OUTCOME_RATE] = UINT64_MAX;
	stats.usage = (struct usage){ INT64_MAX, INT64_MAX, 0, 0, 0, 0, TIER_USUAL };
	stats.cost = INT64_MAX;
	progress.opts.total_n = UINT64_MAX;
	v.settled_n = UINT64_MAX;
	v.in_flight = v.limit = v.jobs = UINT32_MAX;
	v.hold_ms = INT64_MAX;
	return v;
}

/* A run of which nothing is known yet. */
static struct view young(void)
{
	struct view v = troubled();
	stats = (struct stats){ .usage = { -1, -1, -1, -1, -1, -1, TIER_USUAL } };
	progress.opts.total_n = 0;
	progress.marks_n = 0;
	v.now_ms = 1300;
	v.settled_n = 0;
	v.hold = HOLD_NONE;
	v.hold_ms = -1;
	return v;
}

TEST("as much is shown as fits, the most wanted first")
{
	struct view v = troubled();
	CHECK_STR(line(&progress, &v, 3), "");
	CHECK_STR(line(&progress, &v, 10), "3 failed");
	CHECK_STR(line(&progress, &v, 11), "1,234/5,000");
	CHECK_STR(line(&progress, &v, 26), "1,234/5,000 limited 12s");
	CHECK_STR(line(&progress, &v, 39), "1,234/5,000 3 failed 1:32 limited 12s");
	CHECK_STR(line(&progress, &v, 40), "1,234/5,000  3 failed  1:32  limited 12s");
	CHECK_STR(line(&progress, &v, 79),
		"1,234/5,000 (24%) | 3 failed | 41/s | ETA 1:32 | $1.84 | rate limited, 12s left");
	CHECK_STR(line(&progress, &v, 119),
		"1,234/5,000 (24%) | 3 failed | 41/s | ETA 1:32 | $1.84 of ~$7.46 | 16/40 in flight"
		" | 9x 429 | rate limited, 12s left");
	CHECK_STR(line(&progress, &v, 300),
		"[##--------] | 1,234 of 5,000 records (24%) | 3 failed | 41/s | ETA 1:32"
		" | $1.84 of ~$7.46 | 16/40 in flight (-j 64) | 9x 429 | 11 retries"
		" | 1.23M tokens in, 310k out | 0:30 so far | rate limited, 12s left");
}

TEST("the name of a run begins its line where there is room, cut and harmless")
{
	struct view v = troubled();
	progress.opts.name = "judge";
	CHECK_STR(line(&progress, &v, 40), "1,234/5,000  3 failed  1:32  limited 12s");
	CHECK_STR(line(&progress, &v, 46), "1,234/5,000 | 3 failed | 1:32 | limited 12s");
	CHECK_STR(line(&progress, &v, 60),
		"judge | 1,234/5,000 | 3 failed | 1:32 | $1.84 | limited 12s");
	progress.opts.name = "\x1b[2J 34567890 234567890";
	CHECK_STR(line(&progress, &v, 79),
		"\\u001b[2J 34567890 23456... | 1,234/5,000 | 3 failed | ETA 1:32 | limited 12s");
}

TEST("what was saved is said, one retry is one, and -j only where it is more than the limit")
{
	struct view v = troubled();
	stats.hits_n = 5;
	stats.retries_n = 1;
	v.limit = 64;
	const char *all = line(&progress, &v, 300);
	CHECK(strstr(all, " | 16/64 in flight | ") && strstr(all, " | 1 retry | "));
	CHECK(strstr(all, " | 5 cached | "));
	stats.skipped_n = 6;
	CHECK(strstr(line(&progress, &v, 300), " | 5 cached, 6 skipped | "));
	stats.hits_n = 0;
	CHECK(strstr(line(&progress, &v, 300), " | 6 skipped | "));
}

TEST("large runs have room for how far, failures, the end and the reason in 39 columns, too")
{
	struct view v = troubled();
	progress.opts.total_n = 56789;
	v.settled_n = 23456;
	stats.failed_n = 321;
	CHECK_STR(line(&progress, &v, 39), "23.5k/56.8k 321 failed 0:43 limited 12s");
}

TEST("without a total it is the bytes that say how far it is, else only the count is known")
{
	struct view v = troubled();
	progress.opts.total_n = 0;
	CHECK_STR(line(&progress, &v, 60),
		"1,234 | 3 failed | 41/s | $1.84 | rate limited, 12s left");
	v.input_bytes = 1000;
	v.settled_bytes = 255;
	CHECK_STR(line(&progress, &v, 70),
		"1,234 (25%) | 3 failed | ETA 1:28 | $1.84 | rate limited, 12s left");
	CHECK_STR(line(&progress, &v, 11), "1,234 (25%)");
}

TEST("what has not happened is not shown, and no end is told before it is known")
{
	struct view v = young();
	CHECK_STR(line(&progress, &v, 200), "0 records | 16/40 in flight (-j 64) | 0:00 so far");
	progress.opts.total_n = 5000;
	CHECK_STR(line(&progress, &v, 55), "0/5,000 (0%) | ETA -- | 16/40 in flight | 0:00 so far");
}

static bool fits(const struct progress *p, const struct view *v, unsigned columns)
{
	const char *at = line(p, v, columns);
	unsigned used = 0;
	if (!utf8_is_valid(span_of(at)))
		return false;
	for (; *at; at++) {
		if (*at == '\x1b') {
			at = strchr(at, 'm');
			continue;
		}
		/* Characters outside ASCII are taken to be wide, or continue one. */
		unsigned char byte = (unsigned char)*at;
		used += byte < 0x80 ? 1 : byte < 0xc0 ? 0 : 2;
	}
	return used <= columns;
}

static void check_widths(const struct view *v)
{
	for (unsigned columns = 0; columns <= 200; columns++)
		if (!CHECK(fits(&progress, v, columns)))
			return;
}

TEST("no line is wider than it may be, whatever it says, and no character is torn")
{
	for (int hold = 0; hold < HOLDS_N; hold++) {
		struct view views[] = { troubled(), enormous(), young() };
		for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
			views[i] = i == 0 ? troubled() : i == 1 ? enormous() : young();
			views[i].hold = (enum hold)hold;
			views[i].hold_at =
				"na\xc3\xafve-\xe4\xb8\xad\xe6\x96\x87-endpoint-of-a-long-name";
			progress.opts.terminal =
				(struct terminal){ .is_utf8 = hold % 2, .has_colour = i != 0 };
			check_widths(&views[i]);
		}
	}
}

TEST("records that a stop has left are not shown as failures")
{
	struct view v = troubled();
	stats.failed_n = 240;
	stats.codes_n[ERROR_CANCELLED] = 238;
	v.hold = HOLD_END;
	v.is_ending = true;
	v.hold_ms = 29100;
	CHECK_STR(line(&progress, &v, 70),
		"1,234/5,000 (24%) | 2 failed | $1.84 | ending, 16 in flight, 30s left");
	CHECK_STR(line(&progress, &v, 35), "1,234/5,000 | 2 failed | ending 30s");
	CHECK(strstr(plain(&progress, &v), "records (24%), 2 failed, "));
}

TEST("colours are of failures and of trouble, end where they should, and take no room")
{
	struct view v = troubled();
	progress.opts.terminal.has_colour = true;
	CHECK_STR(line(&progress, &v, 40),
		"1,234/5,000  \x1b[31m3 failed\x1b[0m  1:32  \x1b[33mlimited 12s\x1b[0m");
	CHECK(strstr(line(&progress, &v, 119), " | \x1b[33m9x 429\x1b[0m | "));
	v.hold = HOLD_JOBS;
	v.hold_ms = -1;
	CHECK_STR(line(&progress, &v, 39), "1,234/5,000  \x1b[31m3 failed\x1b[0m  1:32  at -j 64");
}

TEST("a terminal without UTF-8 gets ASCII only")
{
	struct view v = troubled();
	v.hold_at = "gr\xc3\xbc\xc3\x9f";
	progress.opts.name = "\xc3\x9b-1";
	CHECK(strstr(line(&progress, &v, 300), "?-1 | "));
	const char *at = strstr(text, " at ");
	CHECK_STR(at, " at gr??");
	CHECK_INT(utf8_first(span_of(text), strlen(text)).n, strlen(text));
	progress.opts.terminal.is_utf8 = true;
	CHECK(strstr(line(&progress, &v, 300), "rate limited, 12s left at gr\xc3\xbc\xc3\x9f"));
	CHECK(strstr(text, "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x91"));
	CHECK(strstr(text, "\xc3\x9b-1 | "));
	v.hold_at = "an-endpoint-whose-name-does-not-end";
	CHECK(strstr(line(&progress, &v, 300), "at an-endpoint-whose-name-d\xe2\x80\xa6"));
}

TEST("a label can neither command the terminal nor push the rest away")
{
	struct view v = troubled();
	v.hold_at = "a\x1b[2J\nb\tc";
	line(&progress, &v, 300);
	CHECK(strchr(text, '\x1b') == NULL && strchr(text, '\n') == NULL &&
		strchr(text, '\t') == NULL);
	CHECK(strstr(text, "at a\\u001b[2J b c"));
	v.hold_at = "an-endpoint-whose-name-does-not-end";
	CHECK(strstr(line(&progress, &v, 300), "left at an-endpoint-whose-name-d..."));
	progress.opts.name = "a\tb\n\x1b[2J";
	CHECK(strstr(line(&progress, &v, 300), "a b \\u001b[2J | "));
}

TEST("each reason is told")
{
	static const struct {
		enum hold hold;
		int64_t ms;
		const char *text;
	} rows[] = {
		{ HOLD_END, 8000, "ending, 16 in flight, 8s left" },
		{ HOLD_OUTPUT, -1, "waiting for output" },
		{ HOLD_ORDER, -1, "one slow record holds the order" },
		{ HOLD_JOBS, -1, "at -j 64" },
		{ HOLD_BREAKER, 7001, "paused after failures, 8s left" },
		{ HOLD_SERVER, 125000, "rate limited, 2:05 left" },
		{ HOLD_RATE, 900, "at the rate limit" },
		{ HOLD_LIMIT, -1, "limit found so far: 40" },
		{ HOLD_BUDGET, -1, "in flight may use up the budget" },
		{ HOLD_CACHE, -1, "waiting for the cache" },
		{ HOLD_RETRY, 3000, "waiting to retry, 3s left" },
		{ HOLD_LAST, -1, "finishing what is in flight" },
		{ HOLD_INPUT, -1, "waiting for input" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct view v = troubled();
		v.hold = rows[i].hold;
		v.hold_ms = rows[i].ms;
		const char *got = line(&progress, &v, 300);
		size_t n = strlen(got), wanted_n = strlen(rows[i].text);
		if (CHECK(n > wanted_n))
			CHECK_STR(got + n - wanted_n, rows[i].text);
		CHECK(strlen(line(&progress, &v, 34)) <= 34);
	}
}

TEST("the plain line is a sentence for logs")
{
	struct view v = troubled();
	v.hold_at = "eu";
	CHECK_STR(plain(&progress, &v),
		"1,234 of 5,000 records (24%), 3 failed, 41/s, 16 in flight, 9x 429, "
		"$1.84 of ~$7.46, 1:32 left, rate limited, 12s left at eu");
	v = young();
	CHECK_STR(plain(&progress, &v), "0 records, 16 in flight");
}

TEST("a cost that is not known of all answers says so, and is not projected")
{
	struct view v = troubled();
	stats.unpriced_n = 1;
	CHECK(strstr(plain(&progress, &v), "9x 429, $1.84+, 1:32 left"));
	stats.cost_source = NULL;
	CHECK(strchr(plain(&progress, &v), '$') == NULL);
}
