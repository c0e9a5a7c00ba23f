/* SPDX-License-Identifier: MIT */
/*
 * The drawn records go, line by line as they were, into a file in memory that has no name, and the
 * run reads that: so whatever a run does with its input it does in a trial. The price is that its
 * messages number the lines of that file; -v says which they were.
 *
 * Chance has the same seed each time: a trial that is repeated draws the same records, and with a
 * cache asks nothing.
 */
#include "app/trial.h"

#include "base/log.h"
#include "base/wake.h"
#include "base/xalloc.h"
#include "io/outfile.h"
#include "policy/draw.h"
#include "ui/trial_report.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BATCH_N = 64, MINUTE_MS = 60000, SEED = 1 };

bool trial_check(const struct config *config, struct err *err)
{
	const struct money_opts *o = &config->money;
	if (o->trial_n == 0)
		return true;
	if (config->command == COMMAND_REDUCE)
		return err_set(err, ERR_USAGE,
			"--trial does not go with reduce: without all its records a group is another");
	if (o->is_dry)
		return err_set(err, ERR_USAGE,
			"--trial does not go with -n, which weighs each record of the input and asks nobody");
	return true;
}

static void drop(void *record)
{
	record_free(record);
}

/* Moves all that the reader holds to the draw. */
static void take(struct reader *reader, struct draw *draw)
{
	struct record *batch[BATCH_N];
	size_t n;
	while ((n = reader_take(reader, batch, BATCH_N)) > 0)
		for (size_t i = 0; i < n; i++)
			draw_put(draw, batch[i]);
}

static void read_all(struct reader *reader, struct draw *draw, struct wake *wake)
{
	struct pollfd fd = { .fd = wake->fd, .events = POLLIN };
	while (!reader_is_done(reader)) {
		take(reader, draw);
		wake_prepare(wake);
		bool has_work = reader_has_records(reader) || reader_is_done(reader);
		int n = has_work ? 0 : poll(&fd, 1, -1);
		wake_finish(wake, n > 0);
	}
}

/* Writes the record so that the reader understands it as it did. */
static bool write_record(
	struct outfile *file, const struct record *r, const struct reader_opts *opts)
{
	bool ok = true;
	if (opts->format == INPUT_SEQ)
		ok = outfile_write(file, SPAN("\x1e"));
	ok = ok && outfile_write(file, r->text);
	/* One byte more makes it too long again. */
	if (r->whole_bytes > 0)
		ok = ok && outfile_write(file, SPAN("?"));
	return ok && outfile_write(file, SPAN("\n"));
}

static bool write_drawn(const struct draw *draw, const struct reader_opts *opts, int fd)
{
	struct outfile file = { .fd = fd };
	for (size_t i = 0; i < draw->kept_n; i++) {
		const struct record *r = draw->kept[i];
		if (!write_record(&file, r, opts))
			return false;
		log_say(LOG_DETAIL, "trial: its line %zu is line %llu of the input", i + 1,
			(unsigned long long)r->line);
	}
	return true;
}

/* Has the run read what was drawn. */
static bool give(struct trial *t, struct config *config, const struct draw *draw, struct err *err)
{
	t->fd = memfd_create("trial", MFD_CLOEXEC);
	if (t->fd < 0)
		return err_set_errno(err, ERR_INTERNAL, "--trial: cannot make a file in memory");
	t->is_on = true;
	if (!write_drawn(draw, &config->reader, t->fd) || lseek(t->fd, 0, SEEK_SET) != 0)
		return err_set_errno(err, ERR_INTERNAL, "--trial: cannot keep the drawn records");
	free(config->reader.path);
	config->reader.path = xasprintf("/dev/fd/%d", t->fd);
	return true;
}

/* Draws from the input. */
static bool draw_records(struct trial *t, struct config *config, struct draw *draw,
	struct wake *wake, struct err *err)
{
	struct reader_opts opts = config->reader;
	/* Lines are to be what they were: the run makes of them what it would anyway. */
	opts.revives = false;
	struct reader *reader = reader_new(&opts, wake, err);
	if (!reader)
		return false;
	read_all(reader, draw, wake);
	bool ok = reader_check(reader, err);
	reader_free(reader);
	if (!ok)
		return false;
	t->total_n = draw->seen_n;
	draw_choose(draw);
	t->drawn_n = draw->kept_n;
	return give(t, config, draw, err);
}

bool trial_draw(struct trial *t, struct config *config, struct err *err)
{
	struct draw draw;
	struct wake wake;
	size_t n = (size_t)config->money.trial_n;
	if (n == 0)
		return true;
	if (!wake_init(&wake, err))
		return false;
	draw_init(&draw, n < DRAW_MAX ? n : DRAW_MAX, SEED, drop);
	bool ok = draw_records(t, config, &draw, &wake, err);
	draw_release(&draw);
	wake_release(&wake);
	return ok;
}

static struct trial_figure figure_of(const struct trial *t, enum sample_figure figure)
{
	struct projection p = { 0 };
	bool is_known = sample_project(&t->sample, figure, t->total_n, &p);
	return (struct trial_figure){ is_known, p.has_interval, p.about, p.low, p.high };
}

/* How long the run over all would take. */
static struct trial_figure time_of(const struct trial *t, const struct sched_opts *o)
{
	const struct sample *s = &t->sample;
	struct extrapolate_work w = { .longest_ms = (double)s->longest_ms,
		.jobs = (double)o->jobs };
	if (!sample_project(s, SAMPLE_BUSY_MS, t->total_n, &w.busy_ms) ||
		!sample_project(s, SAMPLE_REQUESTS, t->total_n, &w.requests))
		return (struct trial_figure){ 0 };
	if (o->rate > 0)
		w.requests_per_ms = o->rate / (double)o->rate_window_ms;
	if (o->tpm > 0 && sample_project(s, SAMPLE_TOKENS, t->total_n, &w.tokens))
		w.tokens_per_ms = (double)o->tpm / MINUTE_MS;
	struct projection p = extrapolate_time(&w);
	return (struct trial_figure){ true, p.has_interval, p.about, p.low, p.high };
}

/* If FILE.partial is there, it is because the run was a trial. */
static void say_not_made(const char *path)
{
	if (!path)
		return;
	/* It stands beside what a link leads to: see io/outfile.h. */
	char *real = realpath(path, NULL);
	char *partial = xasprintf("%s.partial", real ? real : path);
	if (access(partial, F_OK) == 0)
		log_say(LOG_WARNING,
			"%s is not made: a trial is not the whole, which takes a run without --trial",
			path);
	free(partial);
	free(real);
}

void trial_say(const struct trial *t, const struct config *config)
{
	const struct sched_opts *o = &config->pipeline.sched;
	if (!t->is_on)
		return;
	say_not_made(config->writer.errors_path);
	say_not_made(config->writer.path);
	say_not_made(config->writer.matrix.path);
	struct trial_report report = {
		.total_n = t->total_n,
		.drawn_n = t->drawn_n,
		.run_n = sample_n(&t->sample),
		.failed_n = t->sample.failed_n,
		.input = figure_of(t, SAMPLE_INPUT),
		.output = figure_of(t, SAMPLE_OUTPUT),
		.has_output = !t->sample.has_packs,
		.cost = figure_of(t, SAMPLE_COST),
		.unpriced = t->sample.unpriced,
		.ms = time_of(t, o),
		.jobs = o->jobs,
	};
	trial_report_say(&report);
}

void trial_release(struct trial *t)
{
	if (t->is_on)
		close(t->fd);
	t->is_on = false;
}
