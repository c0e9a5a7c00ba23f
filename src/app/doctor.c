/* SPDX-License-Identifier: MIT */
/*
 * A run stops at the first thing that is wrong, for it must not start; the doctor goes on with what
 * is left: without a key the name, the connection and the certificate can be looked at all the
 * same. So what a run makes of its options is made here step by step, each with what it can do
 * without the one before.
 */
#include "app/doctor.h"

#include "app/batch_files.h"
#include "app/doctor_part.h"
#include "app/finish.h"
#include "app/speed.h"
#include "app/steps.h"
#include "app/stops.h"
#include "base/log.h"
#include "base/visible.h"
#include "base/xalloc.h"
#include "engine/verdict.h"
#include "io/outfile.h"
#include "ui/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX_BYTES = 64 << 20, TEXT_MAX_BYTES = 4000 };

/* == What the parts say == */

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
	char text[TEXT_MAX_BYTES];
	vsnprintf(text, sizeof text, format, args);
	return xstrdup(text);
}

void doctor_begin(struct doctor *d, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	free(d->part);
	d->part = format_text(format, args);
	va_end(args);
}

void doctor_say(struct doctor *d, enum finding finding, const char *name, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	checks_add(&d->checks,
		&(struct check){ .finding = finding,
			.part = xstrdup(d->part),
			.name = xstrdup(name),
			.text = format_text(format, args) });
	va_end(args);
}

void doctor_help(struct doctor *d, const char *format, ...)
{
	struct check *last = &d->checks.items[d->checks.n - 1];
	va_list args;
	va_start(args, format);
	free(last->help);
	last->help = format_text(format, args);
	va_end(args);
}

void doctor_refuse(struct doctor *d, const char *name, const char *message)
{
	size_t n = strcspn(message, LOG_HELP);
	doctor_say(d, FINDING_FAIL, name, "%.*s", (int)n, message);
	if (message[n])
		doctor_help(d, "%s", message + n + 1);
}

/* == What a run would make of the options == */

/* Each by itself: a run would name only the first that is wrong. */
static void look_at_grammar(struct doctor *d)
{
	struct config *c = d->config;
	struct accept accept;
	struct err err;
	if (!stops_parse_halt(c->halt, &c->pipeline.halt, &err))
		doctor_refuse(d, "--halt", err.msg);
	if (!stops_parse_accept(c->accept, &accept, &err))
		doctor_refuse(d, "--accept", err.msg);
	if (!speed_parse_rate(c->rate, &c->pipeline.sched, &err))
		doctor_refuse(d, "--rate", err.msg);
	if (!speed_parse_hedge(c->hedge, c->hedge_max, &c->pipeline.sched.hedge, &err))
		doctor_refuse(d, "--hedge", err.msg);
}

/* What is asked without any of the words: whom. */
static bool make_bare_plan(struct doctor *d, struct err *err)
{
	const struct prompt_opts whole = d->config->prompt;
	plan_release(&d->plan);
	d->plan = (struct plan){ 0 };
	d->config->prompt = (struct prompt_opts){ .as = whole.as, .models = whole.models };
	bool ok = steps_make(&d->plan, d->config, err);
	d->config->prompt = whole;
	return ok;
}

static void count_steps(struct doctor *d)
{
	unsigned prompts_n = 0;
	for (unsigned i = 0; i < d->plan.steps_n; i++)
		prompts_n += d->plan.steps[i].has_prompt;
	if (prompts_n == 0)
		doctor_say(d, FINDING_NOTE, "prompt", "none: each record would say what is asked");
	else
		doctor_say(d, FINDING_OK, "prompt", "understood; steps: %u", d->plan.steps_n);
}

/* True if there is a plan, of which the words may be missing. */
static bool make_plan(struct doctor *d)
{
	struct config *c = d->config;
	struct err err;
	/* How the words are read depends on whose they are. */
	c->command = (enum command)c->doctor.run;
	if (!batch_files_prepare(c, &err))
		doctor_refuse(d, "--input-format", err.msg);
	d->plan.batch = batch_files_format(c);
	bool ok = steps_make(&d->plan, c, &err);
	if (ok)
		count_steps(d);
	else
		doctor_refuse(d, "prompt", err.msg);
	ok = ok || make_bare_plan(d, &err);
	c->command = COMMAND_DOCTOR;
	d->plan.embedding.is_wanted = c->doctor.run == COMMAND_EMBED;
	return ok;
}

/* False with err filled if it is not said whom to ask, keys apart. */
static bool make_endpoints(struct doctor *d, struct err *err)
{
	struct endpoint_opts *o = &d->config->endpoint;
	struct err why;
	o->embeds = d->config->doctor.run == COMMAND_EMBED;
	o->is_streamed = false;
	o->is_lenient = true;
	d->has_keys = endpoints_make(&d->endpoints, o, &d->plan, err);
	if (d->has_keys)
		return true;
	endpoints_release(&d->endpoints);
	o->asks_nobody = true;
	return endpoints_make(&d->endpoints, o, &d->plan, &why);
}

static void check_models(struct doctor *d)
{
	for (unsigned i = 0; i < d->plan.steps_n; i++) {
		const struct step *step = &d->plan.steps[i];
		struct err err;
		if (!endpoints_check_step(&d->endpoints, step, &err))
			doctor_refuse(d, "step", err.msg);
		if (endpoints_check_models(&d->endpoints, step, &err))
			continue;
		/* A record's own request may say which. */
		doctor_say(d,
			step->has_prompt || d->plan.embedding.is_wanted ? FINDING_FAIL
									: FINDING_NOTE,
			"model", "none: no record is asked about without one");
		doctor_help(d, "give -m MODEL");
		return;
	}
}

/* What is asked, and whom: as the options say it. */
static void look_at_run(struct doctor *d)
{
	struct err err;
	doctor_begin(d, "run");
	look_at_grammar(d);
	if (!make_plan(d))
		return;
	if (!make_endpoints(d, &err)) {
		doctor_refuse(d, "endpoints", err.msg);
		endpoints_release(&d->endpoints);
		return;
	}
	/* With keys it is not done yet: that is what is wrong, and stands there. */
	if (!d->has_keys)
		doctor_refuse(d, "endpoints", err.msg);
	else
		doctor_say(d, FINDING_OK, "endpoints", "%u", d->endpoints.n);
	check_models(d);
}

/* == All of it == */

static void look(struct doctor *d)
{
	/* Where endpoints are from is part of the configuration, which is spoken of first. */
	look_at_run(d);
	struct checks of_run = d->checks;
	d->checks = (struct checks){ 0 };
	doctor_program(d);
	doctor_configuration(d);
	doctor_environment(d);
	for (size_t i = 0; i < of_run.n; i++)
		checks_add(&d->checks, &of_run.items[i]);
	free(of_run.items);
	doctor_names(d);
	doctor_limits(d);
	doctor_cache(d);
	if (d->endpoints.n == 0)
		return;
	doctor_prices(d);
	doctor_keys(d);
	doctor_ask_endpoints(d);
}

static bool has_colour(const struct config *c)
{
	struct terminal t;
	int forced = c->seeing.colour == COLOUR_ALWAYS ? 1
		: c->seeing.colour == COLOUR_NEVER     ? -1
						       : 0;
	terminal_look(&t, forced);
	/* What it knows is stderr's. */
	return t.has_colour && (forced > 0 || isatty(STDOUT_FILENO));
}

/* Servers name models as they like, and stdout may be a terminal; shown, it means the same. */
static void put_json(struct buf *out, const struct checks *checks)
{
	struct buf json;
	buf_init(&json, REPORT_MAX_BYTES);
	checks_put_json(checks, &json);
	visible_put(out, buf_span(&json));
	buf_release(&json);
}

/* With -q what is well is not spoken of: cron sends no mail then. */
static void put_text(struct buf *out, struct doctor *d, bool is_all)
{
	const struct checks *c = &d->checks;
	enum finding least = d->config->is_quiet ? FINDING_WARN : FINDING_OK;
	const struct checks fresh = { c->items + d->written_n, c->n - d->written_n };
	checks_put_text(&fresh, least, has_colour(d->config), out);
	if (is_all && checks_worst(c) >= least)
		checks_put_verdict(c, out);
	d->written_n = c->n;
}

bool doctor_write(struct doctor *d, bool is_all)
{
	struct buf out;
	struct err err;
	if (d->is_unheard)
		return false;
	buf_init(&out, REPORT_MAX_BYTES);
	if (!d->config->doctor.is_json)
		put_text(&out, d, is_all);
	else if (is_all)
		put_json(&out, &d->checks);
	log_set_status(NULL);
	struct span text = buf_span(&out);
	d->is_unheard = fwrite(text.at, 1, text.n, stdout) != text.n || fflush(stdout) != 0;
	if (d->is_unheard) {
		err_set_errno(&err, ERR_OUTPUT, "cannot write standard output");
		err_say(&err);
	}
	buf_release(&out);
	return !d->is_unheard;
}

/* JSON is written when all has been asked: too late to find that nobody can read it. */
static bool can_write(struct err *err)
{
	struct outfile out;
	bool ok = outfile_open(&out, NULL, err);
	outfile_release(&out);
	return ok;
}

struct ending doctor_run(struct config *config)
{
	struct doctor d = { .config = config };
	struct err err;
	if (!can_write(&err))
		return (struct ending){ .exit_code = finish_refused(config, &err) };
	look(&d);
	int code = checks_worst(&d.checks) > FINDING_NOTE ? EXIT_SOME_FAILED : EXIT_ALL_ANSWERED;
	if (!doctor_write(&d, true))
		code = EXIT_OUTPUT;
	checks_release(&d.checks);
	if (d.has_money)
		money_release(&d.money);
	endpoints_release(&d.endpoints);
	plan_release(&d.plan);
	free(d.part);
	return (struct ending){ .exit_code = code };
}
