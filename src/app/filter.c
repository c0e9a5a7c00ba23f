/* SPDX-License-Identifier: MIT */
#include "app/filter.h"

#include "app/batch_files.h"
#include "app/cache_file.h"
#include "app/dry_run.h"
#include "app/embed.h"
#include "app/endpoints.h"
#include "app/files.h"
#include "app/finish.h"
#include "app/money.h"
#include "app/origin.h"
#include "app/process.h"
#include "app/reduce.h"
#include "app/seeing.h"
#include "app/show_flow.h"
#include "app/speed.h"
#include "app/steps.h"
#include "app/stops.h"
#include "app/trial.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/signals.h"
#include "io/trace.h"

#include <string.h>
#include <unistd.h>

/* All that a run is made of; zeroed, so that release works however far it came. */
struct filter {
	struct config *config;
	struct plan plan;
	struct endpoints endpoints;
	struct fold_opts fold_opts; /* of pllm reduce */
	struct fold *fold;          /* NULL = records leave one by one */
	struct accept accept;
	struct money money;
	struct spend_opts spend;
	struct trial trial;
	struct estimate estimate; /* of a dry run */
	struct wake wake;
	struct http *http;
	struct cache *cache; /* NULL = answers are not kept */
	struct writer *writer;
	struct reader *reader;
	struct trace *trace; /* NULL = attempts are not written down */
	struct seeing seeing;
	struct stats stats;
	struct verdict verdict;
};

/* True if somebody will look at what answers used. */
static bool wants_usage(const struct config *c)
{
	const struct money_opts *m = &c->money;
	bool is_counted = m->max_cost || m->max_total_tokens > 0 || m->max_requests > 0 ||
		m->prices || m->price_in || m->price_out || m->trial_n > 0 || m->is_dry;
	return c->writer.meta || c->cache.path || is_counted || seeing_wants_usage(c);
}

/* What follows from other options. */
static bool complete_config(struct filter *f, struct err *err)
{
	struct config *c = f->config;
	c->http.jobs = c->pipeline.sched.jobs;
	c->http.has_large_answers = c->command == COMMAND_EMBED;
	if (c->writer.meta && strcmp(c->writer.meta, "pllm") != 0)
		c->pipeline.meta_field = c->writer.meta;
	c->pipeline.sched.wants_usage = wants_usage(c);
	c->writer.drops = c->on_error == ERROR_IS_DROPPED;
	c->writer.replaces = c->pipeline.existing == EXISTING_IS_REPLACED;
	c->pipeline.is_existing_said = origin_kind_of(c, "existing") != ORIGIN_BUILT_IN;
	c->pipeline.stops_on_error = c->on_error == ERROR_STOPS;
	c->pipeline.tells_all = c->writer.form == RESULT_RAW || c->writer.form == RESULT_RAW0;
	bool is_from_stdin = !c->reader.path || strcmp(c->reader.path, "-") == 0;
	if (c->endpoint.key.fd == STDIN_FILENO && is_from_stdin)
		return err_set(err, ERR_KEY,
			"--key-fd 0: the records come from there" LOG_HELP
			"give them with -i, or the key on another descriptor");
	/* When a first byte comes, or the next, is only seen in a stream. */
	if (c->pipeline.sched.ttft_timeout_ms > 0 || c->pipeline.sched.idle_timeout_ms > 0)
		c->endpoint.is_streamed = true;
	if (!stops_parse_halt(c->halt, &c->pipeline.halt, err) ||
		!stops_parse_accept(c->accept, &f->accept, err) ||
		!speed_parse_rate(c->rate, &c->pipeline.sched, err) ||
		!speed_parse_hedge(c->hedge, c->hedge_max, &c->pipeline.sched.hedge, err))
		return false;
	if (c->money.is_dry)
		dry_run_prepare(c);
	return true;
}

static bool add_endpoints(struct filter *f, struct err *err)
{
	for (unsigned i = 0; i < f->endpoints.n; i++)
		if (!http_add_endpoint(f->http, &f->endpoints.items[i], err))
			return false;
	return true;
}

/* Without the rest of the record only one answer can be told from the others. */
static bool check_raw(const struct filter *f, struct err *err)
{
	unsigned emitted_n = 0;
	bool is_raw = f->config->writer.form == RESULT_RAW || f->config->writer.form == RESULT_RAW0;
	for (unsigned i = 0; i < f->plan.steps_n; i++)
		emitted_n += f->plan.steps[i].is_emitted;
	return !is_raw || emitted_n == 1 ||
		err_set(err, ERR_USAGE,
			"-r writes one answer for a record, and here are %u" LOG_HELP
			"say which with --emit STEP",
			emitted_n);
}

/* A record's own request may say which model, a text cannot. */
static bool needs_model(const struct filter *f, const struct step *step)
{
	return step->has_prompt || f->plan.embedding.is_wanted;
}

/* What of the steps does not go together with other options, or with the endpoints. */
static bool check_steps(const struct filter *f, struct err *err)
{
	const char *meta = f->config->writer.meta;
	for (unsigned i = 0; i < f->plan.steps_n; i++) {
		const struct step *step = &f->plan.steps[i];
		if (meta && strcmp(meta, step->name) == 0)
			return err_set(err, ERR_USAGE,
				"--meta=%s: that is an answer's field" LOG_HELP "name another",
				meta);
		if (!endpoints_check_step(&f->endpoints, step, err) ||
			(needs_model(f, step) && !endpoints_check_models(&f->endpoints, step, err)))
			return false;
	}
	bool grows = f->config->pipeline.sched.on_truncate == TRUNCATE_GROWS;
	return check_raw(f, err) && steps_check_growth(&f->plan, grows, err);
}

/* The most endpoints that can answer the same call. */
static unsigned largest_pool_n(const struct filter *f)
{
	unsigned most = 0;
	for (unsigned i = 0; i < f->plan.models_n; i++) {
		unsigned n = endpoints_pool_n(&f->endpoints, i);
		most = n > most ? n : most;
	}
	return most;
}

/* From options to what is asked. */
static bool make_plan(struct filter *f, struct err *err)
{
	struct config *c = f->config;
	bool is_reduce = c->command == COMMAND_REDUCE, is_embed = c->command == COMMAND_EMBED;
	f->plan.batch = batch_files_format(c);
	return files_check(c, err) && batch_files_prepare(c, err) &&
		(!is_embed || embed_prepare(c, err)) && cache_file_prepare(c, err) &&
		trial_check(c, err) && complete_config(f, err) && steps_make(&f->plan, c, err) &&
		(!is_reduce || reduce_make(&f->fold_opts, c, &f->plan, err)) &&
		(!is_embed || embed_make(&f->plan, c, err));
}

/* And what it costs. */
static bool make_money(struct filter *f, struct err *err)
{
	if (!money_make(&f->money, f->config, &f->endpoints, &f->plan, err))
		return false;
	f->spend = (struct spend_opts){
		.prices = f->money.of_endpoint, .map = f->money.map, .limits = f->money.limits
	};
	return true;
}

/* And whom. */
static bool make_endpoints(struct filter *f, struct err *err)
{
	struct config *c = f->config;
	return endpoints_make(&f->endpoints, &c->endpoint, &f->plan, err) && check_steps(f, err) &&
		batch_files_place(f->plan.batch, &f->endpoints, err) &&
		(c->command != COMMAND_EMBED || embed_place(c, &f->plan, &f->endpoints, err)) &&
		speed_check_hedge(&c->pipeline.sched.hedge, largest_pool_n(f), err) &&
		make_money(f, err);
}

/* Everything that can be wrong with the command line is found before the first record is read. */
static bool build(struct filter *f, struct err *err)
{
	struct config *c = f->config;
	if (!make_endpoints(f, err) || !wake_init(&f->wake, err))
		return false;
	c->reader.plan = &f->plan;
	f->plan.body_api = f->endpoints.items[0].api;
	f->plan.embedding.is_rounded = c->cache.path != NULL;
	if (c->command == COMMAND_REDUCE)
		f->fold = fold_new(&f->fold_opts, &f->plan);
	if (c->command == COMMAND_EMBED)
		process_keep_memory();
	if (c->cache.path && !(f->cache = cache_new(&c->cache, &f->wake, err)))
		return false;
	if (!(f->http = http_new(&c->http, &f->wake, err)) || !add_endpoints(f, err) ||
		!(f->writer = writer_new(&c->writer, &f->plan, &f->wake, err)) ||
		!seeing_start(&f->seeing, c, err) || !trial_draw(&f->trial, c, err) ||
		(c->seeing.trace && !(f->trace = trace_open(c->seeing.trace, err))) ||
		!(f->reader = reader_new(&c->reader, &f->wake, err)))
		return false;
	/* Not before: opening a pipe may take for ever, and a signal ends that. */
	signals_start(&f->wake);
	return true;
}

static void run(struct filter *f)
{
	struct pipeline_rooms rooms = {
		.reader = f->reader,
		.writer = f->writer,
		.wake = &f->wake,
		.sched = { .plan = &f->plan,
			.endpoints = f->endpoints.items,
			.endpoints_n = f->endpoints.n,
			.http = f->http,
			.cache = f->cache,
			.money = f->config->pipeline.sched.wants_usage ? &f->spend : NULL,
			.estimate = f->config->money.is_dry ? &f->estimate : NULL,
			.trace = f->trace },
		.fold = f->fold,
		.sample = f->trial.is_on ? &f->trial.sample : NULL,
		.stats = &f->stats,
		.watch = seeing_watch(&f->seeing),
		/* Jitter must differ between processes that start together. */
		.seed = (uint64_t)clock_wall_s() ^ (uint64_t)clock_now_ms() << 20 ^
			(uint64_t)getpid() << 40,
	};
	bool has_packs = f->config->command == COMMAND_EMBED;
	sample_init(&f->trial.sample, &f->spend, f->endpoints.items, has_packs);
	f->stats.is_offline = f->config->money.is_dry;
	f->stats.wants_cost =
		f->config->money.prices || f->config->money.price_in || f->config->money.price_out;
	if (f->trace)
		trace_begin(f->trace);
	pipeline_run(&f->config->pipeline, &rooms, &f->verdict);
	f->verdict.is_trial = f->trial.is_on;
}

static struct ending finish(struct filter *f)
{
	struct ending ending = finish_writing(f->writer, &f->verdict, &f->accept);
	const struct seen seen = { &f->stats, &f->verdict, &ending };
	seeing_write(&f->seeing, &seen);
	if (!finish_files(f->writer, &f->verdict, &ending))
		seeing_correct(&f->seeing, &seen);
	/*
	 * What was written has its names. Nobody looks for signals while words wait for a reader.
	 */
	signals_let_die();
	seeing_say(&f->seeing, &seen);
	trial_say(&f->trial, f->config);
	return ending;
}

/* What a dry run is for. */
static void say_estimate(struct filter *f, struct ending *ending)
{
	struct outfile out;
	struct err err;
	/* Half of an estimate is none. */
	if (!f->config->money.is_dry || f->verdict.output_failed || f->verdict.by_signal ||
		f->verdict.reason[0])
		return;
	if (!outfile_open(&out, NULL, &err) ||
		!dry_run_report(&f->estimate, &f->stats, &f->endpoints, &out, &err)) {
		err_say(&err);
		ending->exit_code = EXIT_OUTPUT;
	}
	outfile_release(&out);
}

static void filter_release(struct filter *f)
{
	fold_free(f->fold);
	reduce_release(&f->fold_opts);
	reader_free(f->reader);
	writer_free(f->writer);
	http_free(f->http);
	cache_free(f->cache);
	trace_close(f->trace, NULL);
	seeing_release(&f->seeing);
	estimate_release(&f->estimate);
	trial_release(&f->trial);
	money_release(&f->money);
	signals_stop();
	wake_release(&f->wake);
	endpoints_release(&f->endpoints);
	plan_release(&f->plan);
}

struct ending filter_run(struct config *config)
{
	struct filter f = { .config = config, .wake = { .fd = -1 } };
	struct ending ending = { .exit_code = EXIT_ALL_ANSWERED };
	struct err err;
	enum show_flow shown = (enum show_flow)config->prompt.show_flow;
	bool ok = make_plan(&f, &err);
	if (ok && shown != FLOW_IS_RUN) {
		struct outfile out;
		ok = outfile_open(&out, NULL, &err) && show_flow(&f.plan, shown, &out, &err);
		outfile_release(&out);
	} else if (ok && (ok = build(&f, &err) && writer_begin(f.writer, &err))) {
		if (config->command == COMMAND_FILTER)
			steps_advise(&f.plan, config);
		run(&f);
		/*
		 * After a second signal nobody waits for a writer that may be stuck; dying is all
		 * that is left. One that has failed is not stuck.
		 */
		if (f.verdict.is_aborted && f.verdict.by_signal && !f.verdict.output_failed) {
			log_set_status(NULL);
			return (struct ending){ .by_signal = f.verdict.by_signal };
		}
		ending = finish(&f);
		say_estimate(&f, &ending);
	}
	if (!ok)
		ending.exit_code = finish_refused(f.config, &err);
	filter_release(&f);
	return ending;
}
