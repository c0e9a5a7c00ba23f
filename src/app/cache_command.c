/* SPDX-License-Identifier: MIT */
/*
 * Of the options only what was typed counts: PLLM_MODEL, or a file's `output:`, are about runs, and
 * a model that nobody named here must not say what rm removes.
 */
#include "app/cache_command.h"

#include "app/cache_line.h"
#include "app/finish.h"
#include "app/origin.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/verdict.h"
#include "io/cache_book.h"
#include "io/outfile.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	TEXT_WRITTEN_BYTES = 64 << 10, /* lines go out together */
	MODEL_LETTERS = 100,
	COMPLAINT_LETTERS = 500
};

/* As much as the largest entry makes of itself, escaped. */
#define TEXT_MAX_BYTES ((size_t)8 << 30)

struct job {
	const struct config *config;
	enum cache_verb verb;
	struct cache_filter filter;
	struct cache_book *book; /* owned; not for verify */
	struct outfile out;
	struct buf text;
	bool is_unwritable; /* the output: err says why */
	struct err err;
	uint64_t shown_n;
	uint64_t damaged_n; /* of these */
	int exit_code;
};

/* == What is asked for == */

static bool is_typed(const struct config *c, const char *option)
{
	return origin_kind_of(c, option) == ORIGIN_COMMAND_LINE;
}

static bool check_filter(const struct job *j, struct err *err)
{
	const struct cache_filter *f = &j->filter;
	bool is_all = !f->is_failed && !f->model && f->before_ms == INT64_MAX;
	if (j->verb == CACHE_RM && is_all)
		return err_set(err, ERR_CACHE,
			"pllm cache rm wants to be told which" LOG_HELP
			"--failed, --model MODEL or "
			"--older-than DUR; to remove all, delete %s",
			j->config->cache.path);
	if ((j->verb == CACHE_STATS || j->verb == CACHE_VERIFY) && !is_all)
		return err_set(err, ERR_CACHE,
			"--failed, --model and --older-than are for pllm cache ls, rm and export");
	return true;
}

static bool make_filter(struct job *j, struct err *err)
{
	const struct config *c = j->config;
	const struct strings *models = &c->prompt.models;
	int64_t age_ms = c->cache_command.older_than_ms;
	j->filter = (struct cache_filter){
		.is_failed = c->cache_command.is_failed,
		.before_ms = age_ms > 0 ? clock_wall_ms() - age_ms : INT64_MAX,
	};
	if (!c->cache.path)
		return err_set(err, ERR_CACHE,
			"which cache?" LOG_HELP
			"its file stands at the end, or in --cache or PLLM_CACHE");
	if (!is_typed(c, "model"))
		return check_filter(j, err);
	if (models->n > 1)
		return err_set(err, ERR_CACHE, "--model: one at a time for pllm cache");
	j->filter.model = models->items[0];
	return check_filter(j, err);
}

static bool begin(struct job *j, struct err *err)
{
	const char *path = j->config->cache.path;
	const char *out = is_typed(j->config, "output") ? j->config->writer.path : NULL;
	if (j->verb != CACHE_VERIFY && !(j->book = cache_book_new(path, j->verb == CACHE_RM, err)))
		return false;
	return outfile_open(&j->out, out, err);
}

/* == What is printed == */

static bool write_text(struct job *j)
{
	if (!j->is_unwritable && !outfile_write(&j->out, buf_span(&j->text))) {
		err_set_errno(&j->err, ERR_OUTPUT, "cannot write %s", j->out.path);
		j->is_unwritable = true;
	}
	buf_clear(&j->text);
	return !j->is_unwritable;
}

/* Names and values in two columns, as a dry run prints them. */
static void put_name(struct buf *out, const char *name)
{
	enum { NAME_COLUMNS = 14 };
	char text[40];
	snprintf(text, sizeof text, "%-*s", NAME_COLUMNS, name);
	buf_put_str(out, text);
}

static void put_count(struct buf *out, const char *name, uint64_t n)
{
	put_name(out, name);
	buf_put_int(out, (long long)n);
	buf_put_char(out, '\n');
}

/* A size as options take it, with one digit behind the point: "1.5M". */
static void put_size(struct buf *out, uint64_t bytes)
{
	static const char units[] = " kMGT";
	char text[40];
	size_t unit = 0;
	double size = (double)bytes;
	for (; size >= 1024 && units[unit + 1]; unit++)
		size /= 1024;
	if (unit == 0)
		snprintf(text, sizeof text, "%" PRIu64, bytes);
	else
		snprintf(text, sizeof text, "%.1f%c", size, units[unit]);
	buf_put_str(out, text);
}

static void put_time(struct buf *out, const char *name, int64_t ms)
{
	put_name(out, name);
	cache_line_put_time(out, ms);
	buf_put_char(out, '\n');
}

/* -1 = nobody knows. */
static void put_part(struct buf *out, const char *name, int64_t n)
{
	buf_put_str(out, name);
	if (n < 0)
		buf_put_char(out, '-');
	else
		buf_put_int(out, n);
}

static void put_known(struct buf *out, const char *name, int64_t n)
{
	put_name(out, name);
	put_part(out, "", n);
	buf_put_char(out, '\n');
}

static void put_model(struct buf *out, const struct cache_model *m)
{
	put_name(out, "model");
	cache_line_put_shown(out, span_of(m->name ? m->name : "-"), MODEL_LETTERS);
	put_part(out, "  entries ", (int64_t)m->counts.entries_n);
	put_part(out, "  failures ", (int64_t)m->counts.failures_n);
	put_part(out, "  tokens-in ", m->counts.input);
	put_part(out, "  tokens-out ", m->counts.output);
	buf_put_char(out, '\n');
}

/* == The verbs == */

static bool run_stats(struct job *j, struct err *err)
{
	struct cache_stats stats;
	const struct cache_counts *all = &stats.all;
	struct buf *out = &j->text;
	if (!cache_book_count(j->book, &stats, err))
		return false;
	put_name(out, "file");
	put_size(out, stats.file_bytes);
	buf_put_char(out, '\n');
	put_count(out, "entries", all->entries_n);
	put_count(out, "failures", all->failures_n);
	put_known(out, "tokens-in", all->input);
	put_known(out, "tokens-out", all->output);
	put_name(out, "answers");
	put_size(out, all->form_bytes);
	buf_put_str(out, ", packed ");
	put_size(out, all->packed_bytes);
	buf_put_char(out, '\n');
	put_time(out, "oldest", all->entries_n ? all->oldest_ms : -1);
	put_time(out, "newest", all->entries_n ? all->newest_ms : -1);
	for (size_t i = 0; i < stats.models_n; i++)
		put_model(out, &stats.models[i]);
	cache_stats_release(&stats);
	return true;
}

static bool show(void *to, struct entry *e)
{
	struct job *j = to;
	bool is_row = j->verb == CACHE_LS;
	bool is_whole = is_row ? cache_line_put_row(&j->text, e) : cache_line_put_json(&j->text, e);
	j->shown_n++;
	j->damaged_n += !is_whole;
	return j->text.len < TEXT_WRITTEN_BYTES || write_text(j);
}

static void tell_lost(const struct job *j, uint64_t lost_n)
{
	char most[40] = "nobody knows how many";
	if (lost_n != CACHE_LOST_UNKNOWN)
		snprintf(most, sizeof most, "%" PRIu64 " at most", lost_n);
	log_say(LOG_ERROR,
		"the file %s is damaged: entries written: %" PRIu64
		", entries that cannot be read: %s",
		j->config->cache.path, j->shown_n - j->damaged_n, most);
}

static bool run_walk(struct job *j, struct err *err)
{
	const struct cache_visitor visitor = { show, j };
	uint64_t lost_n;
	if (!cache_book_walk(j->book, &j->filter, &visitor, &lost_n, err))
		return false;
	if (j->damaged_n > 0)
		log_say(LOG_ERROR,
			"damaged entries: %" PRIu64
			"; who needs one asks for it again and replaces it",
			j->damaged_n);
	if (lost_n > 0)
		tell_lost(j, lost_n);
	if (j->damaged_n > 0 || lost_n > 0)
		j->exit_code = EXIT_SOME_FAILED;
	return true;
}

static bool run_rm(struct job *j, struct err *err)
{
	uint64_t removed_n;
	bool ok = cache_book_remove(j->book, &j->filter, &removed_n, err);
	put_count(&j->text, "removed", removed_n);
	return ok;
}

static bool run_verify(struct job *j, struct err *err)
{
	struct cache_report r;
	struct buf *out = &j->text;
	if (!cache_book_verify(j->config->cache.path, &r, err))
		return false;
	put_count(out, "entries", r.entries_n);
	put_count(out, "damaged", r.damaged_n);
	for (size_t i = 0; i < CACHE_COMPLAINTS_MAX && r.complaints[i]; i++) {
		put_name(out, "complaint");
		cache_line_put_shown(out, span_of(r.complaints[i]), COMPLAINT_LETTERS);
		buf_put_char(out, '\n');
	}
	if (r.complaints_n > CACHE_COMPLAINTS_MAX)
		put_count(out, "and more", r.complaints_n - CACHE_COMPLAINTS_MAX);
	put_name(out, "verdict");
	buf_put_str(out,
		r.complaints_n == 0 ? "sound\n"
			: r.complaints_n == r.damaged_n
			? "entries are damaged: who needs one asks for it again and replaces it\n"
			: "the file is damaged: move it away, and the next run makes a new one; "
			  "export still writes what can be read\n");
	j->exit_code = r.complaints_n > 0 ? EXIT_SOME_FAILED : EXIT_ALL_ANSWERED;
	cache_report_release(&r);
	return true;
}

static bool run(struct job *j, struct err *err)
{
	static bool (*const verbs[])(struct job *, struct err *) = {
		[CACHE_STATS] = run_stats,
		[CACHE_LS] = run_walk,
		[CACHE_RM] = run_rm,
		[CACHE_EXPORT] = run_walk,
		[CACHE_VERIFY] = run_verify,
	};
	bool ok = verbs[j->verb](j, err);
	if (!write_text(j) && ok) {
		*err = j->err;
		ok = false;
	}
	if (ok && j->exit_code == EXIT_ALL_ANSWERED)
		return outfile_commit(&j->out, err);
	outfile_tell_partial(&j->out);
	return ok;
}

struct ending cache_command_run(struct config *config)
{
	struct job j = {
		.config = config,
		.verb = (enum cache_verb)config->cache_command.verb,
		.out = { .fd = -1 },
	};
	struct err err;
	buf_init(&j.text, TEXT_MAX_BYTES);
	bool is_begun = make_filter(&j, &err) && begin(&j, &err);
	if (!is_begun || !run(&j, &err)) {
		j.exit_code = finish_refused(config, &err);
		/* As in a run that stores: the command line was right. */
		if (is_begun && j.verb == CACHE_RM && err.kind == ERR_CACHE)
			j.exit_code = EXIT_OUTPUT;
	}
	outfile_release(&j.out);
	cache_book_free(j.book);
	buf_release(&j.text);
	return (struct ending){ .exit_code = j.exit_code };
}
