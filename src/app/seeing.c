/* SPDX-License-Identifier: MIT */
/*
 * The order at the end: --stats and --metrics-file are there before -o is, since make looks at -o;
 * whether they could be written is part of the exit code, and that decides whether -o gets its
 * name. Should just that fail, --metrics-file is written once more; --stats, which has its name by
 * then, is a step ahead of the exit code, as --errors is.
 */
#include "app/seeing.h"

#include "app/rerun.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/state_file.h"
#include "ui/metrics.h"
#include "ui/metrics_merge.h"
#include "ui/summary.h"
#include "ui/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a file of ours: a few hundred lines. */
enum { SEEN_MAX_BYTES = 1 << 20 };

static void look_at_terminal(const struct config *c, struct terminal *t)
{
	static const int forced[] = { [COLOUR_AUTO] = 0, [COLOUR_ALWAYS] = 1, [COLOUR_NEVER] = -1 };
	terminal_look(t, forced[c->seeing.colour]);
}

/* A person at a terminal wants to know why nothing happens; a log only what went wrong. */
static enum log_level level_of(const struct config *c, const struct terminal *t)
{
	if (c->is_verbose || c->is_quiet)
		return c->is_verbose ? LOG_DETAIL : LOG_ERROR;
	return t->is_one ? LOG_NOTICE : LOG_WARNING;
}

/* Gives what this run is called where others may be heard, too; NULL = nothing of its own. */
static const char *name_of(const struct config *c)
{
	const char *name = c->seeing.job_name;
	return name && strcmp(name, "pllm") != 0 ? name : NULL;
}

void seeing_prepare(const struct config *config)
{
	struct terminal terminal;
	look_at_terminal(config, &terminal);
	log_set_level(level_of(config, &terminal));
	log_set_name(name_of(config));
	log_set_colour(terminal.has_colour);
}

/* Records that are typed are not to be torn apart by a line about them. */
static bool is_typed(const struct config *c)
{
	bool is_stdin = !c->reader.path || strcmp(c->reader.path, "-") == 0;
	return is_stdin && isatty(STDIN_FILENO);
}

/* True if what is there may be another stage, at the same terminal. */
static bool is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static enum progress_form form_of(const struct config *c, const struct terminal *t)
{
	switch ((enum progress_choice)c->seeing.progress) {
	case PROGRESS_ALWAYS:
		return PROGRESS_IS_LINE;
	case PROGRESS_JSON:
		return PROGRESS_IS_JSON;
	case PROGRESS_NEVER:
		return PROGRESS_IS_NONE;
	case PROGRESS_AUTO:
		break;
	}
	bool is_wanted = t->is_one && t->can_redraw && !c->is_quiet && !is_typed(c);
	return is_wanted ? PROGRESS_IS_LINE : PROGRESS_IS_NONE;
}

static struct progress_opts progress_opts_of(const struct config *c)
{
	struct progress_opts opts = { .every_ms = c->seeing.every_ms, .unit = "records" };
	look_at_terminal(c, &opts.terminal);
	opts.form = form_of(c, &opts.terminal);
	opts.name = name_of(c);
	/* Of the input, of which a trial runs only a few. */
	opts.total_n = c->money.trial_n > 0 ? 0 : (uint64_t)c->seeing.total_n;
	return opts;
}

bool seeing_wants_usage(const struct config *config)
{
	struct progress_opts opts = progress_opts_of(config);
	/* Also where nobody looks: if anything fails the summary is said, and is of all answers. */
	return !config->is_quiet || config->seeing.stats || config->seeing.metrics ||
		opts.form != PROGRESS_IS_NONE;
}

bool seeing_start(struct seeing *s, const struct config *config, struct err *err)
{
	struct progress_opts opts = progress_opts_of(config);
	const struct seeing_opts *o = &config->seeing;
	s->config = config;
	s->started_s = clock_wall_s();
	s->is_alone = rerun_is_stdout_empty();
	buf_init(&s->metrics, SEEN_MAX_BYTES);
	progress_init(&s->progress, &opts);
	if (opts.terminal.can_redraw && (is_pipe(STDIN_FILENO) || is_pipe(STDOUT_FILENO)))
		log_share_terminal();
	if (is_typed(config))
		log_say(LOG_NOTICE, "reading records from the terminal, a line each; ^D ends them");
	return (!o->stats || outfile_open(&s->stats, o->stats, err)) &&
		(!o->metrics || state_file_check(o->metrics, err));
}

struct watch seeing_watch(struct seeing *s)
{
	return (struct watch){
		.look = progress_look,
		.who = &s->progress,
		.first_ms = progress_first_ms(&s->progress),
	};
}

/* What the shell will say. */
static int code_of(const struct ending *ending)
{
	return ending->by_signal ? 128 + ending->by_signal : ending->exit_code;
}

static bool write_stats(struct seeing *s, const struct summary *summary, struct err *err)
{
	struct buf text;
	buf_init(&text, SEEN_MAX_BYTES);
	summary_put_json(summary, &text);
	bool ok = outfile_write(&s->stats, buf_span(&text)) ||
		err_set_errno(err, ERR_OUTPUT, "cannot write %s", s->config->seeing.stats);
	/* What is no file has no other name, and is there whatever became of the run. */
	bool commits = summary->exit_code == EXIT_ALL_ANSWERED && !summary->verdict->is_trial;
	if (ok && (commits || !s->stats.partial))
		ok = outfile_commit(&s->stats, err);
	if (!ok || !commits)
		outfile_tell_partial(&s->stats);
	buf_release(&text);
	return ok;
}

/* A dry run has not run. */
static bool has_metrics(const struct seeing *s)
{
	return s->config->seeing.metrics && !s->config->money.is_dry;
}

static void warn_of_lost(const char *path, size_t jobs_n)
{
	if (jobs_n > 0)
		log_say(LOG_WARNING,
			"%s is full: the jobs that ran longest ago, %zu, are not kept" LOG_HELP
			"give jobs files of their own",
			path, jobs_n);
}

/* Gives the new file, of the one that is there now. */
static void put_metrics(
	struct seeing *s, const struct summary *summary, struct span now, struct buf *out)
{
	struct buf own;
	buf_init(&own, SEEN_MAX_BYTES);
	/* What this run has added there once is not to be added again. */
	bool is_first = !s->is_replaced;
	if (is_first)
		buf_put_span(&s->metrics, now);
	s->is_replaced = true;
	struct metrics metrics = {
		.stats = summary->stats,
		.verdict = summary->verdict,
		.exit_code = summary->exit_code,
		.job = s->config->seeing.job_name,
		.now_s = clock_wall_s(),
		.before = buf_span(&s->metrics),
	};
	metrics_put(&metrics, &own);
	size_t lost_n = metrics_merge(buf_span(&own), now, out);
	warn_of_lost(s->config->seeing.metrics, is_first ? lost_n : 0);
	buf_release(&own);
}

static bool write_metrics(struct seeing *s, const struct summary *summary, struct err *err)
{
	const char *path = s->config->seeing.metrics;
	struct buf now, text;
	buf_init(&now, SEEN_MAX_BYTES);
	buf_init(&text, SEEN_MAX_BYTES);
	/* Another run may end at the same moment, and counts, too. */
	int lock = state_file_lock(path);
	state_file_read(path, &now);
	put_metrics(s, summary, buf_span(&now), &text);
	bool ok = state_file_replace(path, buf_span(&text), err);
	state_file_unlock(lock);
	buf_release(&now);
	buf_release(&text);
	return ok;
}

/* Says what could not be written; then that is how the run ended. */
static void note_failure(struct ending *ending, bool ok, const struct err *err)
{
	if (ok)
		return;
	err_say(err);
	ending->exit_code = EXIT_OUTPUT;
}

/* True if the same command would not ask what has been answered. */
static bool finds_answers(const struct seeing *s)
{
	return s->config->cache.path && !s->config->cache.refreshes;
}

/* True if the same words can do better; not where they name a model or a key that is none. */
static bool is_worth_asking(const struct seeing *s, const struct seen *seen)
{
	bool is_wrong = seen->verdict->refused && seen->stats->answered_n == 0;
	return stats_mendable_n(seen->stats, finds_answers(s)) > 0 && !is_wrong;
}

/* The command that asks again what failed, if all is there to be asked about; allocated. */
static char *rerun_of(const struct seeing *s, const struct seen *seen)
{
	bool is_there = seen->stats->is_all_read && !seen->verdict->output_failed;
	bool is_whole = code_of(seen->ending) == EXIT_ALL_ANSWERED;
	return is_there && is_worth_asking(s, seen)
		? rerun_command(s->config, is_whole, s->is_alone)
		: NULL;
}

/* A reader of our output that went away is how a run ends, too. */
static struct verdict verdict_of(const struct seen *seen)
{
	struct verdict ended = *seen->verdict;
	ended.by_signal = seen->ending->by_signal;
	return ended;
}

static struct summary summary_of(const struct seeing *s, const struct seen *seen,
	const struct verdict *ended, const char *rerun)
{
	return (struct summary){
		.stats = seen->stats,
		.verdict = ended,
		.exit_code = code_of(seen->ending),
		.has_cache = finds_answers(s),
		.rerun = rerun,
		.started_s = s->started_s,
		.ended_s = clock_wall_s(),
	};
}

void seeing_write(struct seeing *s, const struct seen *seen)
{
	struct err err;
	struct ending *ending = seen->ending;
	const struct verdict ended = verdict_of(seen);
	progress_hide(&s->progress);
	char *rerun = rerun_of(s, seen);
	struct summary summary = summary_of(s, seen, &ended, rerun);
	/* The metrics first: --stats is kept back by an exit code that is not 0. */
	if (has_metrics(s))
		note_failure(ending, write_metrics(s, &summary, &err), &err);
	summary.exit_code = code_of(ending);
	if (s->stats.path)
		note_failure(ending, write_stats(s, &summary, &err), &err);
	free(rerun);
}

void seeing_correct(struct seeing *s, const struct seen *seen)
{
	struct err err;
	const struct summary summary = summary_of(s, seen, seen->verdict, NULL);
	if (has_metrics(s) && !write_metrics(s, &summary, &err))
		err_say(&err);
}

void seeing_say(struct seeing *s, const struct seen *seen)
{
	const struct verdict ended = verdict_of(seen);
	char *rerun = rerun_of(s, seen);
	const struct summary summary = summary_of(s, seen, &ended, rerun);
	progress_end(&s->progress, seen->stats);
	/* A reader of our output that went away knows why; of a stop it is not the reason. */
	if (ended.by_signal != SIGPIPE || s->config->is_verbose)
		summary_say(&summary);
	free(rerun);
}

void seeing_release(struct seeing *s)
{
	outfile_release(&s->stats);
	buf_release(&s->metrics);
}
