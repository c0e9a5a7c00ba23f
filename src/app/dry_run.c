/* SPDX-License-Identifier: MIT */
#include "app/dry_run.h"

#include "base/money.h"
#include "base/xalloc.h"
#include "engine/stand_in.h"
#include "ui/estimate_report.h"

#include <stdlib.h>
#include <string.h>

enum {
	REPORT_MAX_BYTES = 1 << 20,
	TRIAL_N = 20,           /* records: enough for an interval, and cheap */
	PACK_WAIT_MS = 3600000, /* for company: as long as records come */
};

static void replace(char **text, const char *with)
{
	free(*text);
	*text = with ? xstrdup(with) : NULL;
}

void dry_run_prepare(struct config *c)
{
	c->endpoint.asks_nobody = true;
	c->cache.is_readonly = true;
	replace(&c->writer.path, "/dev/null");
	replace(&c->writer.errors_path, NULL);
	c->writer.matrix = (struct npy_opts){ .form = NPY_NONE };
	c->pipeline.halt = (struct halt_opts){ .when = HALT_NEVER };
	c->pipeline.stops_on_error = false;
	c->pipeline.sched.deadline_ms = 0;
	/* Nothing is lost by waiting, and packs are as full as they will be. */
	c->pipeline.sched.pack.wait_ms = PACK_WAIT_MS;
}

static const char *model_of(const struct endpoints *endpoints, unsigned pool)
{
	for (unsigned i = 0; i < endpoints->n; i++)
		if (endpoints->items[i].tier == 0 && endpoints->items[i].pool == pool)
			return endpoints->items[i].model;
	return NULL;
}

static void add(struct estimate_part *total, const struct estimate_part *part)
{
	total->requests_n += part->requests_n;
	total->input += part->input;
	total->output += part->output;
	total->unbounded_n += part->unbounded_n;
	total->cost_in = money_plus(total->cost_in, part->cost_in);
	total->cost_most = money_plus(total->cost_most, part->cost_most);
	total->unpriced_n += part->unpriced_n;
	total->no_most_n += part->no_most_n;
}

static struct estimate_part part_of(const struct estimate_sum *sum, const char *model)
{
	return (struct estimate_part){
		.name = model ? model : "-",
		.requests_n = sum->requests_n,
		.input = (uint64_t)(sum->input + 0.5),
		.output = (uint64_t)sum->output,
		.unbounded_n = sum->unbounded_n,
		.cost_in = sum->cost_in,
		.cost_most = sum->cost_most,
		.unpriced_n = sum->unpriced_n,
		.no_most_n = sum->no_most_n,
	};
}

/* Gives the part of that model, which several pools may ask; a new one if there is none. */
static struct estimate_part *part_for(
	struct estimate_part *models, unsigned *n, const struct estimate_part *part)
{
	unsigned i = 0;
	while (i < *n && strcmp(models[i].name, part->name) != 0)
		i++;
	if (i == *n)
		models[(*n)++] = (struct estimate_part){ .name = part->name };
	return &models[i];
}

/* Adds where a model's prices come from, unless it is said already. */
static void put_source(struct buf *out, const char *name)
{
	if (out->len > 0 && memmem(out->data, out->len, name, strlen(name)))
		return;
	buf_put_str(out, out->len > 0 ? ", " : "");
	buf_put_str(out, name);
}

/* What was failed before is no news, but it is nothing that would be asked either. */
static void take_stats(struct estimate_report *r, const struct stats *stats)
{
	r->records_n = stats->read_n;
	r->failed_n = stats->failed_n + stats->passed_n + stats->dropped_n;
	r->skipped_n = stats->skipped_n;
	r->cached_n = stats->hits_n;
	r->stand_in = STAND_IN_TOKENS;
	r->trial_n = stats->read_n > TRIAL_N ? TRIAL_N : 0;
}

static bool write_report(const struct estimate_report *r, struct outfile *out, struct err *err)
{
	struct buf text;
	buf_init(&text, REPORT_MAX_BYTES);
	estimate_report_put(r, &text);
	bool ok = outfile_write(out, buf_span(&text));
	buf_release(&text);
	return ok || err_set_errno(err, ERR_OUTPUT, "--dry-run: cannot write the estimate");
}

bool dry_run_report(const struct estimate *e, const struct stats *stats,
	const struct endpoints *endpoints, struct outfile *out, struct err *err)
{
	struct estimate_part models[PLAN_MODELS_MAX];
	struct estimate_report r = { .unpriced = e->unpriced, .models = models };
	struct buf source;
	buf_init(&source, REPORT_MAX_BYTES);
	take_stats(&r, stats);
	r.shared_n = e->repeats_n;
	for (unsigned i = 0; i < PLAN_MODELS_MAX; i++) {
		const struct estimate_sum *sum = &e->pools[i];
		if (sum->requests_n == 0)
			continue;
		const struct estimate_part part = part_of(sum, model_of(endpoints, i));
		add(part_for(models, &r.models_n, &part), &part);
		add(&r.total, &part);
		r.rough_n += sum->rough_n;
		r.shared_n += sum->shared_n;
		put_source(&source, price_source_name(sum->source));
	}
	if (source.len == 0)
		buf_put_str(&source, "none were needed");
	buf_put_char(&source, '\0');
	r.total.source = source.data;
	bool ok = write_report(&r, out, err);
	buf_release(&source);
	return ok;
}
