/* SPDX-License-Identifier: MIT */
/*
 * Stands in for io/writer: a queue that is written in bites, each of which may take its time,
 * and that may break. Records are freed as soon as they are put: whoever still looks at one is
 * caught by the sanitizer.
 */
#include "io/writer.h"

#include "check.h"
#include "fakes.h"
#include "world.h"

enum { BITE_N = 8 };

struct writer {
	struct wake *wake;
	size_t queued_n;
	int64_t due_ms, busy_ms;
	int64_t fails_ms;
	enum writer_state state;
	bool is_closed;
};

static struct writer writer;

static int64_t due_ms(void)
{
	int64_t bite_ms = writer.queued_n > 0 ? writer.due_ms : NEVER;
	return writer.fails_ms < bite_ms ? writer.fails_ms : bite_ms;
}

/* Sets out to write the next bite. */
static void bite(struct writer *w)
{
	int64_t pause_ms = world_pick(world.scenario->output.pause_ms);
	w->due_ms = world.now_ms + pause_ms;
	w->busy_ms += pause_ms;
}

static void fail(struct writer *w)
{
	w->fails_ms = NEVER;
	w->state = world.scenario->output.failure;
	world_trace("the output breaks");
	wake_up(w->wake);
}

static void happen(void)
{
	struct writer *w = &writer;
	if (w->fails_ms <= world.now_ms)
		fail(w);
	if (w->queued_n > 0 && w->due_ms <= world.now_ms) {
		w->queued_n -= w->queued_n < BITE_N ? w->queued_n : BITE_N;
		bite(w);
		if (w->queued_n <= FAKE_WRITER_N / 2)
			wake_up(w->wake);
	}
}

const struct world_source writer_source = { due_ms, happen };

struct writer *writer_new(
	const struct writer_opts *opts, const struct plan *plan, struct wake *wake, struct err *err)
{
	(void)opts;
	(void)plan;
	(void)err;
	int64_t fails_ms = world_pick(world.scenario->output.fails_ms);
	writer = (struct writer){
		.wake = wake,
		.fails_ms = fails_ms ? world.now_ms + fails_ms : NEVER,
		.state = WRITER_OK,
	};
	return &writer;
}

size_t writer_room(struct writer *w)
{
	world_stir();
	return FAKE_WRITER_N - w->queued_n;
}

void writer_put(struct writer *w, struct record **records, size_t n)
{
	if (n == 0 || n > FAKE_WRITER_N - w->queued_n)
		check_fail("%zu records are put where %zu fit", n, FAKE_WRITER_N - w->queued_n);
	if (w->queued_n == 0)
		bite(w);
	w->queued_n += n;
	for (size_t i = 0; i < n; i++) {
		world_trace("put    #%llu", (unsigned long long)records[i]->seq);
		check_put(records[i]);
		record_free(records[i]);
	}
	world_stir();
}

void writer_close(struct writer *w)
{
	w->is_closed = true;
}

bool writer_is_done(struct writer *w)
{
	return w->is_closed && (w->queued_n == 0 || w->state != WRITER_OK);
}

enum writer_state writer_state(struct writer *w)
{
	world_stir();
	if (w->state != WRITER_OK)
		check_output_failed();
	return w->state;
}

bool writer_drain(struct writer *w, struct err *err)
{
	w->queued_n = 0;
	return w->state == WRITER_OK ||
		err_set(err, ERR_OUTPUT, "cannot write standard output: simulated");
}

bool writer_finish(struct writer *w, bool commits, struct err *err)
{
	(void)w;
	(void)commits;
	(void)err;
	return true;
}

void writer_free(struct writer *w)
{
	(void)w;
}

size_t fake_writer_room(void)
{
	return FAKE_WRITER_N - writer.queued_n;
}

bool fake_writer_failed(void)
{
	return writer.state != WRITER_OK;
}

void fake_writer_signal(void)
{
	if (world.scenario->output.leaves_by_signal)
		fail(&writer);
}

int64_t fake_writer_busy_ms(void)
{
	return writer.busy_ms;
}
