/* SPDX-License-Identifier: MIT */
/*
 * Stands in for io/reader: records come into a small queue in bursts, whenever the script
 * says. As with the real one, what was already cut when it is told to stop still comes, and
 * the end comes a little later.
 */
#include "io/reader.h"

#include "base/xalloc.h"
#include "check.h"
#include "fakes.h"
#include "words.h"
#include "world.h"

#include <stdlib.h>

enum { QUEUE_N = 64, LEFT_OVER_MAX_N = 8, STOP_MAX_MS = 5 };

struct reader {
	struct wake *wake;
	struct record *queue[QUEUE_N];
	enum record_kind kinds[QUEUE_N];
	size_t head, len;
	uint64_t seq, offset;
	int64_t due_ms, busy_ms;
	bool is_full; /* waits until it is taken from */
	bool is_stopped, is_closed;
};

static struct reader reader;

static enum record_kind pick_kind(void)
{
	if (!world_chance(world.scenario->input.bad_percent))
		return RECORD_GOOD;
	return (enum record_kind)world_pick((struct range){ RECORD_GOOD + 1, RECORD_KINDS_N - 1 });
}

static void put_record(struct reader *r)
{
	static char text[WORDS_LINE_MAX_BYTES];
	size_t slot = (r->head + r->len++) % QUEUE_N;
	r->kinds[slot] = pick_kind();
	size_t n = words_put_record(text, sizeof text, r->kinds[slot], r->seq);
	struct record *record = record_new((struct span){ .at = text, .n = n });
	record->seq = r->seq++;
	record->line = r->seq;
	record->offset = r->offset;
	r->offset += n + 1;
	record_scan(record);
	r->queue[slot] = record;
}

/* True if there is no more to come. */
static bool is_at_end(const struct reader *r)
{
	int64_t until_ms = world.scenario->input.until_ms;
	return r->seq >= (uint64_t)world.records_n ||
		(until_ms && world.now_ms >= WORLD_BEGIN_MS + until_ms);
}

/* Puts up to n records, as far as there are any and they fit. */
static void put_records(struct reader *r, int64_t n)
{
	while (n-- > 0 && !is_at_end(r) && r->len < QUEUE_N)
		put_record(r);
}

static int64_t due_ms(void)
{
	return reader.is_closed || reader.is_full ? NEVER : reader.due_ms;
}

static void happen(void)
{
	struct reader *r = &reader;
	const struct scenario_input *input = &world.scenario->input;
	if (r->is_stopped) {
		put_records(r, world_pick((struct range){ 0, LEFT_OVER_MAX_N }));
		r->is_closed = true;
	} else if (is_at_end(r)) {
		r->is_closed = true;
	} else {
		int64_t burst = world_pick(input->burst);
		int64_t gap_ms = world_pick(input->gap_ms);
		put_records(r, burst ? burst : QUEUE_N);
		r->is_full = r->len == QUEUE_N;
		r->due_ms = world.now_ms + gap_ms;
		r->busy_ms += gap_ms;
	}
	world_trace("reader has %zu, %llu in all%s", r->len, (unsigned long long)r->seq,
		r->is_closed ? ", and that is the end" : "");
	wake_up(r->wake);
}

const struct world_source reader_source = { due_ms, happen };

struct reader *reader_new(const struct reader_opts *opts, struct wake *wake, struct err *err)
{
	(void)opts;
	(void)err;
	reader = (struct reader){ .wake = wake, .due_ms = world.now_ms };
	return &reader;
}

size_t reader_take(struct reader *r, struct record **out, size_t n)
{
	world_stir();
	size_t taken = 0;
	for (; taken < n && r->len > 0; taken++, r->len--) {
		out[taken] = r->queue[r->head];
		check_given(out[taken], r->kinds[r->head]);
		r->head = (r->head + 1) % QUEUE_N;
	}
	if (r->is_full && r->len <= QUEUE_N / 2) {
		r->is_full = false;
		if (r->due_ms < world.now_ms)
			r->due_ms = world.now_ms;
	}
	return taken;
}

bool reader_has_records(struct reader *r)
{
	world_stir();
	return r->len > 0;
}

uint64_t reader_input_bytes(const struct reader *r)
{
	(void)r;
	return 0;
}

bool reader_is_done(struct reader *r)
{
	world_stir();
	return r->is_closed && r->len == 0;
}

void reader_stop(struct reader *r)
{
	world_stir();
	check_stop(r->is_closed && r->len == 0);
	if (r->is_stopped)
		return;
	r->is_stopped = true;
	r->is_full = false;
	r->due_ms = world.now_ms + world_pick((struct range){ 0, STOP_MAX_MS });
}

bool reader_check(struct reader *r, struct err *err)
{
	if (!r->is_closed || r->len > 0)
		check_fail("the reader is asked how it ended before it has");
	if (r->is_stopped || !world.scenario->input.fails)
		return true;
	return err_set(err, ERR_INPUT, "cannot read standard input: simulated");
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	for (; r->len > 0; r->len--, r->head = (r->head + 1) % QUEUE_N)
		record_free(r->queue[r->head]);
}

size_t fake_reader_ready(void)
{
	return reader.len;
}

int64_t fake_reader_busy_ms(void)
{
	return reader.busy_ms;
}
