/* SPDX-License-Identifier: MIT */
/*
 * The loop is the filter's without its middle: reading and writing have their threads, and between
 * them one document at a time is cut, and its lines are made as the writer has room for them. So
 * what is in memory is what the two doors hold, and one document. Each line goes out as a record of
 * its own that has nothing more to be done to it.
 */
#include "app/chunk.h"

#include "app/batch_files.h"
#include "app/finish.h"
#include "app/stops.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/tell.h"
#include "io/signals.h"
#include "ui/summary.h"
#include "work/chunk_document.h"
#include "work/plan.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>

enum {
	BATCH_N = 64,              /* lines handed to the writer at a time */
	BATCH_BYTES = 1 << 20,     /* likewise: a line may be as long as a document */
	OUTPUT_PATIENCE_MS = 1000, /* after a signal, for an output that takes nothing */
	KEEP_BYTES = 1 << 20 /* a buffer that a huge line has grown beyond this is given back */
};

/* As the writer has it. */
#define LINE_MAX_BYTES ((size_t)4 << 30)

/* All that a run is made of; zeroed, so that release works however far it came. */
struct chunking {
	struct config *config;
	struct accept accept;
	struct chunk_plan plan;
	struct plan no_steps; /* which the writer asks about */
	struct wake wake;
	struct writer *writer;
	struct reader *reader;

	struct chunk_document document;
	struct record *source; /* what the document is made of; NULL = none is open */
	size_t next;           /* chunk of it */
	struct buf line;

	bool is_stopping; /* nothing more is read, or cut */
	int64_t patience_end_ms;
	uint64_t output_mark; /* says whether the output has taken something */
	uint64_t chunks_n;    /* put to the writer */
	struct stats stats;
	struct verdict verdict;
};

/* == Documents to lines == */

static void stop(struct chunking *c, const char *reason)
{
	if (c->is_stopping)
		return;
	c->is_stopping = true;
	snprintf(c->verdict.reason, sizeof c->verdict.reason, "%s", reason);
	reader_stop(c->reader);
}

/* A record that leaves as one line, as it is or with what is wrong with it. */
static void count(struct chunking *c, const struct record *r)
{
	stats_count(&c->stats, r);
	if (r->fate != FATE_FAILED || r->failure.code == ERROR_CANCELLED)
		return;
	tell_failed(&c->stats, r, false);
	if (c->config->on_error == ERROR_STOPS && !c->is_stopping) {
		c->verdict.halted = true;
		stop(c, "a record failed (--on-error stop)");
	}
}

/* Takes a record, and opens it if it is a document to cut; else gives it back. */
static struct record *open_document(struct chunking *c, struct record *r)
{
	bool is_cut = chunk_document_cut(&c->document, r);
	c->stats.read_n++;
	if (is_cut && c->is_stopping) {
		record_fail(
			r, ERROR_CANCELLED, xstrdup("the run ended before this document was cut"));
		is_cut = false;
	}
	if (!is_cut) {
		count(c, r);
		return r;
	}
	c->stats.answered_n++;
	c->source = r;
	c->next = 0;
	return NULL;
}

/* Gives the open document's next chunk as a record, or closes the document and gives NULL. */
static struct record *next_chunk(struct chunking *c)
{
	if (c->next == c->document.chunks.n) {
		record_free(c->source);
		c->source = NULL;
		return NULL;
	}
	buf_clear(&c->line);
	bool fits = chunk_document_put(&c->document, c->next++, &c->line);
	assert(fits);
	(void)fits;
	struct record *r = record_new(buf_span(&c->line));
	r->fate = FATE_SKIPPED; /* leaves as it is */
	c->chunks_n++;
	if (c->line.cap > KEEP_BYTES)
		buf_release(&c->line);
	return r;
}

/* Gives the next record that leaves, or NULL if there is none now. */
static struct record *next_out(struct chunking *c)
{
	struct record *r = NULL;
	while (!r) {
		struct record *taken;
		if (c->source)
			r = next_chunk(c);
		else if (reader_take(c->reader, &taken, 1))
			r = open_document(c, taken);
		else
			break;
	}
	return r;
}

/* Moves what can be moved. */
static void cut(struct chunking *c)
{
	struct record *batch[BATCH_N];
	size_t n;
	do {
		size_t room = writer_room(c->writer), bytes = 0;
		room = room < BATCH_N ? room : BATCH_N;
		for (n = 0; n < room && bytes < BATCH_BYTES && (batch[n] = next_out(c)); n++)
			bytes += record_weight(batch[n]);
		if (n > 0)
			writer_put(c->writer, batch, n);
	} while (n > 0);
}

/* == The loop == */

static bool is_done(struct chunking *c)
{
	if (c->verdict.is_aborted)
		return true;
	if (c->source || !reader_is_done(c->reader))
		return false;
	writer_close(c->writer);
	return writer_is_done(c->writer);
}

static bool has_work(struct chunking *c)
{
	bool has_input = c->source || reader_has_records(c->reader);
	return (has_input && writer_room(c->writer) > 0) || writer_state(c->writer) != WRITER_OK ||
		is_done(c);
}

/* The only sleep. */
static void await(struct chunking *c)
{
	struct pollfd fd = { .fd = c->wake.fd, .events = POLLIN };
	wake_prepare(&c->wake);
	/* Once more after announcing sleep: whatever came before that has called no wake. */
	int ms = has_work(c) ? 0 : c->verdict.by_signal ? OUTPUT_PATIENCE_MS : -1;
	int n = poll(&fd, 1, ms);
	wake_finish(&c->wake, n > 0);
}

/* True if the output has taken something since this was last asked. */
static bool has_moved(struct chunking *c)
{
	uint64_t mark = c->chunks_n + c->stats.read_n + writer_room(c->writer);
	bool moved = mark != c->output_mark;
	c->output_mark = mark;
	return moved;
}

static void say_status(const struct chunking *c)
{
	log_say(LOG_ERROR, "%llu read, %llu chunks, %llu failed",
		(unsigned long long)c->stats.read_n, (unsigned long long)c->chunks_n,
		(unsigned long long)c->stats.failed_n);
}

static void heed_signals(struct chunking *c)
{
	struct signals_seen seen = signals_look();
	struct verdict *v = &c->verdict;
	int64_t now_ms = clock_now_ms();
	if (seen.status)
		say_status(c);
	if (seen.hangup && v->by_signal == 0) {
		v->by_signal = seen.hangup;
		stop(c, "stopped by a hang-up");
	}
	if (seen.stops_n == 0)
		return;
	if (v->by_signal != seen.last_stop) {
		v->by_signal = seen.last_stop;
		stop(c, "stopped by a signal");
		has_moved(c);
		c->patience_end_ms = now_ms + OUTPUT_PATIENCE_MS;
	}
	if (has_moved(c))
		c->patience_end_ms = now_ms + OUTPUT_PATIENCE_MS;
	v->is_aborted |= seen.stops_n > 1 || now_ms >= c->patience_end_ms;
}

static void heed_output(struct chunking *c)
{
	if (writer_state(c->writer) == WRITER_OK)
		return;
	c->verdict.output_failed = true;
	c->verdict.is_aborted = true;
}

static void run(struct chunking *c)
{
	struct err err;
	struct verdict *v = &c->verdict;
	while (!is_done(c)) {
		cut(c);
		await(c);
		heed_signals(c);
		heed_output(c);
	}
	if (!v->is_aborted && !reader_check(c->reader, &err)) {
		v->input_failed = true;
		err_say(&err);
		snprintf(v->reason, sizeof v->reason, "%s",
			"the input could not be read to its end");
	}
	v->answered_n = c->stats.answered_n;
	v->failed_n = c->stats.failed_n + c->stats.passed_n;
}

/* == Beginning and end == */

/* Everything that can be wrong with the command line is found before the first record is read. */
static bool build(struct chunking *c, struct err *err)
{
	struct config *config = c->config;
	config->writer.drops = config->on_error == ERROR_IS_DROPPED;
	if (!batch_files_prepare(config, err) ||
		!stops_parse_accept(config->accept, &c->accept, err) ||
		!chunk_plan_init(&c->plan, &config->chunk, err) || !wake_init(&c->wake, err))
		return false;
	chunk_document_init(&c->document, &c->plan);
	c->stats.is_offline = true;
	config->reader.plan = &c->no_steps;
	if (!(c->writer = writer_new(&config->writer, &c->no_steps, &c->wake, err)) ||
		!(c->reader = reader_new(&config->reader, &c->wake, err)) ||
		!writer_begin(c->writer, err))
		return false;
	/* Not before: opening a pipe may take for ever, and a signal ends that. */
	signals_start(&c->wake);
	return true;
}

static void sum_up(const struct chunking *c, const struct ending *ending)
{
	const struct summary summary = {
		.stats = &c->stats, .verdict = &c->verdict, .exit_code = ending->exit_code
	};
	summary_say(&summary);
	log_say(LOG_DETAIL, "%llu chunks of %llu documents", (unsigned long long)c->chunks_n,
		(unsigned long long)c->stats.answered_n);
}

static struct ending finish(struct chunking *c)
{
	struct ending ending = finish_writing(c->writer, &c->verdict, &c->accept);
	finish_files(c->writer, &c->verdict, &ending);
	/* A reader of our output that went away knows why, and nobody else wants to. */
	if (!c->verdict.output_failed)
		sum_up(c, &ending);
	return ending;
}

static void release(struct chunking *c)
{
	reader_free(c->reader);
	writer_free(c->writer);
	record_free(c->source);
	signals_stop();
	wake_release(&c->wake);
	chunk_document_release(&c->document);
	chunk_plan_release(&c->plan);
	buf_release(&c->line);
}

struct ending chunk_run(struct config *config)
{
	struct chunking c = { .config = config, .wake = { .fd = -1 } };
	struct ending ending = { .exit_code = EXIT_USAGE };
	struct err err;
	buf_init(&c.line, LINE_MAX_BYTES);
	if (build(&c, &err)) {
		run(&c);
		/* Nobody waits for a writer that may be stuck; dying is all that is left. */
		if (c.verdict.is_aborted && c.verdict.by_signal)
			return (struct ending){ .by_signal = c.verdict.by_signal };
		ending = finish(&c);
	} else {
		ending.exit_code = finish_refused(c.config, &err);
	}
	release(&c);
	return ending;
}
