/* SPDX-License-Identifier: MIT */
/*
 * A matrix has no fields. What records say of earlier runs is then of no use: a record that has its
 * vector already would have no row, so that --retry-errors asks for all of them again.
 */
#include "app/embed.h"

#include "api/api.h"
#include "api/embeddings.h"
#include "app/endpoint_text.h"
#include "app/origin.h"
#include "base/log.h"
#include "io/outfile.h"

#include <string.h>

/* As --window has it: more records than this are never held for the sake of packs. */
#define WINDOW_MAX INT64_C(1000000)

static bool check_ids(const struct config *c, struct err *err)
{
	const char *ids = c->embed.ids, *out = c->writer.path;
	if (c->embed.form == NPY_NONE)
		return !ids ||
			err_set(err, ERR_USAGE,
				"--ids %s: is for --format npy or f32" LOG_HELP
				"with jsonl the vectors are in the records, which go to -o FILE",
				ids);
	if (c->embed.form == NPY_NUMPY && outfile_is_stdout(out))
		return err_set(err, ERR_USAGE,
			"--format npy: the matrix goes into a file" LOG_HELP
			"give -o FILE, and maybe --ids FILE for the records");
	return !outfile_is_stdout(out) || !outfile_is_stdout(ids) ||
		err_set(err, ERR_USAGE,
			"--format f32: the matrix and the records cannot both go to standard "
			"output" LOG_HELP "give -o FILE, or --ids FILE for the records");
}

/* Nothing is there already where nothing is written into records. */
static bool check_existing(struct config *c, struct err *err)
{
	bool is_said = origin_kind_of(c, "existing") == ORIGIN_COMMAND_LINE;
	if (c->embed.form == NPY_NONE || c->pipeline.existing != EXISTING_IS_SKIPPED)
		return true;
	if (is_said)
		return err_set(err, ERR_USAGE,
			"--existing skip: a record that is skipped would have no row in the "
			"matrix" LOG_HELP "leave it out, or give --format jsonl");
	c->pipeline.existing = EXISTING_IS_REPLACED;
	return true;
}

/* The two change places, so that the config frees both. */
static void place_files(struct config *c)
{
	char *matrix = c->writer.path;
	c->writer.path = c->embed.ids;
	c->embed.ids = matrix;
	c->writer.matrix = (struct npy_opts){
		.path = matrix,
		.form = c->embed.form,
		.columns_n = c->embed.dimensions,
		.is_normalized = c->embed.is_normalized,
	};
}

static bool refuse_models(struct err *err)
{
	return err_set(err, ERR_MODEL,
		"-m: pllm embed asks one model, since vectors of different models cannot be compared");
}

/* One text has one vector, of one model. A file may have models for steps of other runs. */
static bool check_prompts(const struct config *c, struct err *err)
{
	const struct prompt_opts *o = &c->prompt;
	if (o->prompts.n + o->prompt_files.n > 1)
		return err_set(err, ERR_USAGE,
			"pllm embed has one prompt" LOG_HELP
			"more can be embedded in a pipe of several, each with its own -a NAME");
	return o->models.n < 2 || origin_is_setting(c, "model") || refuse_models(err);
}

bool embed_prepare(struct config *c, struct err *err)
{
	c->endpoint.embeds = true;
	if (!check_prompts(c, err) || !check_ids(c, err) || !check_existing(c, err))
		return false;
	if (c->embed.form != NPY_NONE)
		place_files(c);
	return true;
}

bool embed_make(struct plan *plan, const struct config *c, struct err *err)
{
	struct step *step = &plan->steps[0];
	plan->embedding = (struct embedding){
		.is_wanted = true,
		.role = (enum embed_role)c->embed.role,
		.dimensions = c->embed.dimensions,
		.is_normalized = c->embed.is_normalized,
		.is_matrix = c->embed.form != NPY_NONE,
	};
	if (!step->is_unnamed)
		return err_set(err, ERR_USAGE,
			"-p %s=...: pllm embed has one prompt, without a name" LOG_HELP
			"-a %s names the field, and a text that begins so is written -p '=%s=...'",
			step->name, step->name, step->name);
	if (step_calls_n(step) > 1)
		return refuse_models(err);
	/* It is of use all the same, and plan_link has seen to that before. */
	if (plan->embedding.is_matrix)
		step->is_emitted = false;
	return true;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool is_same_model(const struct endpoint *a, const struct endpoint *b)
{
	return a->model && b->model ? strcmp(a->model, b->model) == 0 : a->model == b->model;
}

/* Two names at one place are two models. */
static bool check_place(const struct endpoint *e, const struct endpoint *first, struct err *err)
{
	return strcmp(e->base, first->base) != 0 || is_same_model(e, first) ||
		err_set(err, ERR_MODEL,
			"%s is to be asked for two models, %s and %s" LOG_HELP
			"their vectors cannot be compared",
			e->base, first->model ? first->model : "its own",
			e->model ? e->model : "its own");
}

/* A model by itself is another one; with a URL it may be the same by another name. */
static bool check_fallback(
	const char *text, const struct endpoint *e, const struct endpoint *first, struct err *err)
{
	struct endpoint_text t = { .embeds = true };
	bool ok = endpoint_text_parse_fallback(&t, text, err);
	if (ok && !t.base && !is_same_model(e, first))
		ok = err_set(err, ERR_MODEL,
			"--fallback %.200s: vectors of different models cannot be compared" LOG_HELP
			"give another place of the same model, as URL,MODEL",
			text);
	endpoint_text_release(&t);
	return ok;
}

static bool check_endpoints(const struct config *c, const struct plan *plan,
	const struct endpoints *list, struct err *err)
{
	const struct strings *fallbacks = &c->endpoint.fallbacks;
	for (unsigned i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->items[i];
		const char *fallback = e->tier > 0 ? fallbacks->items[e->tier - 1] : NULL;
		if (!embeddings_check(e->api, &plan->steps[0], &plan->embedding, err) ||
			(fallback && !check_fallback(fallback, e, list->items, err)) ||
			!check_place(e, list->items, err))
			return false;
	}
	return true;
}

/* Another name may be the same model at another place; or not, and nobody would notice. */
static void warn_of_models(const struct endpoints *list)
{
	const struct endpoint *first = list->items;
	for (unsigned i = 1; i < list->n; i++) {
		const struct endpoint *e = &list->items[i];
		if (is_same_model(e, first))
			continue;
		log_say(LOG_WARNING,
			"%s at %s and %s at %s: if these are two models, their vectors cannot be compared",
			first->model ? first->model : "the record's model", first->name,
			e->model ? e->model : "the record's model", e->name);
		return;
	}
}

/* What is not said is what all endpoints take: a pack may go to any of them. */
static void size_packs(
	struct sched_opts *sched, const struct embed_opts *o, const struct endpoints *list)
{
	struct pack_opts *pack = &sched->pack;
	*pack = (struct pack_opts){
		.is_on = true,
		.texts_max = o->batch_items ? o->batch_items : INT64_MAX,
		.tokens_max = o->batch_tokens ? o->batch_tokens : INT64_MAX,
		.wait_ms = pack->wait_ms,
	};
	for (unsigned i = 0; i < list->n; i++) {
		const struct api *api = list->items[i].api;
		if (!o->batch_items)
			pack->texts_max = least(pack->texts_max, api->pack_texts);
		if (!o->batch_tokens && api->pack_tokens > 0)
			pack->tokens_max = least(pack->tokens_max, api->pack_tokens);
		/* What is more than a minute's tokens never goes. */
		if (list->items[i].tpm > 0)
			pack->tokens_max = least(pack->tokens_max, list->items[i].tpm);
	}
	if (sched->tpm > 0)
		pack->tokens_max = least(pack->tokens_max, sched->tpm);
}

/* With twice as many texts as are in flight, packs gather while others are answered. */
static int64_t window_for(const struct sched_opts *o)
{
	int64_t several = 4 * o->jobs, packs = WINDOW_MAX;
	if (o->pack.texts_max <= WINDOW_MAX / (2 * o->jobs))
		packs = 2 * o->jobs * o->pack.texts_max;
	return packs > several ? packs : several;
}

bool embed_place(
	struct config *c, const struct plan *plan, const struct endpoints *list, struct err *err)
{
	if (!check_endpoints(c, plan, list, err))
		return false;
	warn_of_models(list);
	size_packs(&c->pipeline.sched, &c->embed, list);
	if (c->pipeline.window == 0)
		c->pipeline.window = window_for(&c->pipeline.sched);
	return true;
}
