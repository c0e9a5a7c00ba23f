/* SPDX-License-Identifier: MIT */
/*
 * The rule on keys is what the rest turns around: a key that nobody named for an endpoint goes to
 * the one origin the run talks to. As soon as there are two, none is everybody's, and each endpoint
 * that is not on this machine has to name its own: otherwise adding a second --endpoint would hand
 * the first one's key to it.
 *
 * The exception: "openai/..." and "anthropic/..." say whose server is meant, and whose variable has
 * its key. An endpoint that nobody typed a URL for, in a run whose models say so, is its API's own
 * place, and is given that API's key and no other.
 *
 * An --endpoint becomes one endpoint for each model that is asked there, since the model decides
 * about the URL of some APIs, and each has limits of its own.
 */
#include "app/endpoints.h"

#include "api/api.h"
#include "app/address.h"
#include "app/credentials.h"
#include "app/endpoint_text.h"
#include "app/environment.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One of the list while it is made. */
struct draft_item {
	struct endpoint_text text; /* owned: what was said of it, and then all that holds */
	bool is_untyped;           /* its base is what its API or the API's variable says */
};

/* The list while it is made. */
struct draft {
	const struct endpoint_opts *opts;
	const struct plan *plan;
	struct endpoints *list;
	struct endpoint_text *said; /* owned: each --endpoint */
	unsigned said_n;
	struct draft_item *items; /* owned: one for each endpoint */
	bool names_apis;          /* some model says whose it is */
	struct err *err;
};

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/*
 * True if an API's name before a model's is one: nothing else says which API or server it is. The
 * variable of the API that is meant without one says so too: behind it may be a gateway, whose
 * models are called "anthropic/...". Those of others are where a prefix leads to.
 */
static bool prefix_counts(const struct endpoint_opts *o)
{
	return !o->api && o->endpoints.n == 0 && !environment_get(api_openai.base_url_env);
}

/*
 * "openai/gpt-4o": takes the API's name off the model and gives the API; NULL if it has none, or
 * that does not count. False with err filled if it is an API that is asked for something else.
 */
static bool take_prefix(struct draft *d, char *model, const struct api **api)
{
	bool embeds = d->opts->embeds, ok = true;
	char *slash = strchr(model, '/');
	*api = NULL;
	if (!slash || !prefix_counts(d->opts))
		return true;
	char *prefix = xmemdup(model, (size_t)(slash - model));
	*api = endpoint_text_find_api(prefix, embeds);
	if (*api)
		memmove(model, slash + 1, strlen(slash));
	else if (endpoint_text_find_api(prefix, !embeds))
		ok = endpoint_text_refuse_api(model, prefix, embeds, d->err);
	d->names_apis |= *api != NULL;
	free(prefix);
	return ok;
}

/* Takes the API of the run for an endpoint that names none. */
static bool complete_api(const struct draft *d, struct endpoint_text *t)
{
	const char *name = d->opts->api ? d->opts->api : "openai";
	if (!t->api)
		t->api = endpoint_text_find_api(name, d->opts->embeds);
	return t->api || endpoint_text_refuse_api("--api", name, d->opts->embeds, d->err);
}

/* Has the item be where its API says that it is. */
static bool take_default_base(struct draft *d, struct draft_item *item)
{
	item->text.base = address_default(item->text.api, d->err);
	item->is_untyped = true;
	return item->text.base != NULL;
}

/* Adds to an endpoint of a model's pool what it does not say itself. */
static bool complete(struct draft *d, struct draft_item *item, const struct plan_model *model)
{
	struct endpoint_text *t = &item->text;
	if (!t->model && model->name) {
		const struct api *named;
		t->model = xstrdup(model->name);
		if (!take_prefix(d, t->model, &named))
			return false;
		t->api = named ? named : t->api;
	}
	return complete_api(d, t) && (t->base || take_default_base(d, item));
}

/*
 * Adds to a fallback what it does not say itself: it is the first pool's first endpoint, but for
 * that.
 */
static bool complete_fallback(struct draft *d, struct draft_item *item)
{
	const struct draft_item *first = d->items;
	struct endpoint_text *t = &item->text;
	const struct api *named = NULL;
	if (!t->base && t->model && !take_prefix(d, t->model, &named))
		return false;
	if (!t->model)
		t->model = copy_or_null(first->text.model);
	if (named && named != first->text.api) {
		t->api = named;
		if (!take_default_base(d, item))
			return false;
	}
	if (!t->base) {
		t->base = xstrdup(first->text.base);
		t->api = t->api ? t->api : first->text.api;
		t->key_env = t->key_env ? t->key_env : copy_or_null(first->text.key_env);
		item->is_untyped = first->is_untyped && t->api == first->text.api;
	}
	return complete_api(d, t);
}

static bool check_model(const struct draft *d, const char *model)
{
	return !model || (*model && utf8_is_valid(span_of(model))) ||
		err_set(d->err, ERR_MODEL,
			"-m: not understood" LOG_HELP
			"expected the name of a model, UTF-8 and not empty");
}

/* Makes the endpoint at index of its text: all but headers, key and what it is in the list. */
static bool place(const struct draft *d, unsigned index)
{
	const struct endpoint_opts *o = d->opts;
	const struct endpoint_text *t = &d->items[index].text;
	struct endpoint *e = &d->list->items[index];
	if (!check_model(d, t->model))
		return false;
	e->api = t->api;
	e->is_streamed = o->is_streamed && !t->api->cannot_stream;
	endpoint_set_model(e, t->model);
	e->base_env = d->items[index].is_untyped ? address_default_env(t->api) : NULL;
	if (!address_set(e, t->base, d->err))
		return false;
	e->cacert = copy_or_null(o->cacert);
	e->cert = copy_or_null(o->cert);
	e->unix_path = copy_or_null(o->unix_socket);
	e->weight = t->weight > 0 ? t->weight : 1;
	e->max = t->max;
	e->rpm = t->rpm;
	e->tpm = t->tpm;
	if (e->api->header)
		endpoint_add_header(e, e->api->header);
	return true;
}

static bool names(const struct endpoint_text *said, const struct plan_model *model)
{
	return said->model && model->name && strcmp(said->model, model->name) == 0;
}

/* True if that --endpoint is of the model's pool. */
static bool is_for(
	const struct draft *d, const struct endpoint_text *said, const struct plan_model *model)
{
	if (model->is_usual || names(said, model))
		return true;
	for (unsigned i = 0; i < d->said_n; i++)
		if (names(&d->said[i], model))
			return false;
	return !said->model;
}

/* How many endpoints the pools have together. */
static size_t count_pools(const struct draft *d)
{
	size_t n = 0;
	for (unsigned m = 0; m < d->plan->models_n; m++) {
		for (unsigned i = 0; i < d->said_n; i++)
			n += is_for(d, &d->said[i], &d->plan->models[m]);
		n += d->said_n == 0;
	}
	return n;
}

/* Places a model's pool from *index on, which is moved behind it. */
static bool place_pool(struct draft *d, unsigned pool, unsigned *index)
{
	const struct plan_model *model = &d->plan->models[pool];
	unsigned first = *index, texts_n = d->said_n > 0 ? d->said_n : 1;
	for (unsigned i = 0; i < texts_n; i++) {
		if (d->said_n > 0 && !is_for(d, &d->said[i], model))
			continue;
		unsigned at = (*index)++;
		if (d->said_n > 0)
			endpoint_text_copy(&d->items[at].text, &d->said[i]);
		if (!complete(d, &d->items[at], model) || !place(d, at))
			return false;
		d->list->items[at].pool = pool;
		d->list->items[at].site = d->said_n > 0 ? i : pool;
	}
	return *index > first ||
		err_set(d->err, ERR_ENDPOINT,
			"-m %s: no --endpoint serves it: each names another model", model->name);
}

static bool place_fallbacks(struct draft *d, unsigned index)
{
	const struct strings *fallbacks = &d->opts->fallbacks;
	unsigned sites_n = d->said_n > 0 ? d->said_n : d->plan->models_n;
	for (unsigned i = 0; i < fallbacks->n; i++, index++) {
		struct draft_item *item = &d->items[index];
		item->text.embeds = d->opts->embeds;
		if (!endpoint_text_parse_fallback(&item->text, fallbacks->items[i], d->err) ||
			!complete_fallback(d, item) || !place(d, index))
			return false;
		d->list->items[index].tier = i + 1;
		d->list->items[index].site = sites_n + i;
	}
	return true;
}

static bool read_said(struct draft *d)
{
	const struct strings *texts = &d->opts->endpoints;
	d->said = xcalloc(texts->n, sizeof *d->said);
	for (size_t i = 0; i < texts->n; i++, d->said_n++) {
		d->said[i].embeds = d->opts->embeds;
		if (!endpoint_text_parse(&d->said[i], texts->items[i], d->err)) {
			endpoint_text_release(&d->said[i]);
			return false;
		}
	}
	return true;
}

/* Reads what was said, sees how many endpoints that makes, and places each. */
static bool place_all(struct draft *d)
{
	unsigned index = 0;
	if (!read_said(d))
		return false;
	size_t n = count_pools(d) + d->opts->fallbacks.n;
	if (n > ENDPOINTS_MAX)
		return err_set(d->err, ERR_ENDPOINT,
			"%zu endpoints are too many" LOG_HELP "up to %d will do%s", n,
			ENDPOINTS_MAX,
			d->plan->models_n > 1 ? ", counted once for each model that is asked there"
					      : "");
	d->items = xcalloc(n, sizeof *d->items);
	d->list->items = xcalloc(n, sizeof *d->list->items);
	d->list->n = (unsigned)n;
	for (unsigned pool = 0; pool < d->plan->models_n; pool++)
		if (!place_pool(d, pool, &index))
			return false;
	return place_fallbacks(d, index);
}

/* Gives an endpoint whose origin is not that of the first, or NULL if there is only one origin. */
static const struct endpoint *second_origin(const struct endpoints *list)
{
	for (unsigned i = 1; i < list->n; i++)
		if (strcmp(list->items[i].origin, list->items[0].origin) != 0)
			return &list->items[i];
	return NULL;
}

static bool is_everywhere_loopback(const struct endpoints *list)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!list->items[i].is_loopback)
			return false;
	return true;
}

/* Gives the option that brings something for the run's one origin, or NULL. */
static const char *option_for_one(const struct draft *d, bool is_without_key)
{
	const struct endpoint_opts *o = d->opts;
	if (o->unix_socket)
		return "--unix-socket";
	if (o->header_files.n > 0 && !is_everywhere_loopback(d->list))
		return "--header-file";
	if (o->key.fd >= 0)
		return "--key-fd";
	if (o->key.file)
		return "--key-file";
	if (o->key.cmd)
		return "--key-cmd";
	return o->key.env && !is_without_key ? "--key-env" : NULL;
}

/* True if the key of its API's usual variables is meant for it, whoever else is asked. */
static bool is_own_place(const struct draft *d, unsigned index)
{
	return d->names_apis && d->items[index].is_untyped;
}

/*
 * With several origins no key is everybody's: each endpoint away from here names its own, or is its
 * API's own place.
 */
static bool check_origins(const struct draft *d, const struct endpoint *second)
{
	const struct endpoint *first = d->list->items;
	const char *env = d->opts->key.env;
	bool is_without_key = env && strcmp(env, "none") == 0;
	const char *option = option_for_one(d, is_without_key);
	if (option)
		return err_set(d->err, ERR_ENDPOINT,
			"%s is for one origin, and %s and %s are two%s", option, first->name,
			second->name,
			strncmp(option, "--key", 5) == 0 ? LOG_HELP
				"let each endpoint name its own with ,key-env=NAME"
							 : "");
	for (unsigned i = 0; i < d->list->n; i++) {
		const struct endpoint *e = &first[i];
		bool is_named = d->items[i].text.key_env || is_without_key;
		if (!e->is_loopback && !is_named && !is_own_place(d, i))
			return err_set(d->err, ERR_KEY,
				"which key is for %s?" LOG_HELP
				"with several origins each endpoint names its own: append ,key-env=NAME or ,key-env=none",
				e->name);
	}
	return true;
}

static bool give_credentials(const struct draft *d)
{
	struct credentials c = { 0 };
	const struct endpoint *second = second_origin(d->list);
	if (second && !check_origins(d, second))
		return false;
	bool ok = credentials_read(&c, d->opts, !second, d->err);
	for (unsigned i = 0; ok && i < d->list->n; i++)
		ok = credentials_give(&c, &d->list->items[i], d->items[i].text.key_env,
			is_own_place(d, i), d->err);
	credentials_release(&c);
	return ok;
}

/* True if two endpoints are one: same place, same model, same key. */
static bool are_same(const struct endpoint *a, const struct endpoint *b)
{
	const char *a_model = a->model ? a->model : "", *b_model = b->model ? b->model : "";
	if (strcmp(a->url, b->url) != 0 || strcmp(a_model, b_model) != 0 || a->api != b->api ||
		a->headers_n != b->headers_n)
		return false;
	for (size_t i = 0; i < a->headers_n; i++)
		if (strcmp(a->headers[i], b->headers[i]) != 0)
			return false;
	return true;
}

/*
 * True if one endpoint would do for both. One that several models' pools have is none too many; nor
 * is a fallback that only some of the models need.
 */
static bool are_twins(const struct draft *d, const struct endpoint *a, const struct endpoint *b)
{
	bool are_rivals = a->pool == b->pool;
	if (a->tier != b->tier)
		are_rivals = d->plan->models_n == 1 || (a->tier > 0 && b->tier > 0);
	return are_rivals && are_same(a, b);
}

/* Taken as two, one endpoint would be allowed twice what it is said to take. */
static bool check_twins(const struct draft *d)
{
	const struct endpoint *items = d->list->items;
	for (unsigned i = 0; i < d->list->n; i++)
		for (unsigned j = 0; j < i; j++)
			if (are_twins(d, &items[i], &items[j]))
				return err_set(d->err, ERR_ENDPOINT,
					"%s is there twice, with the same model and key" LOG_HELP
					"to give it more, say weight= or max=",
					items[i].name);
	return true;
}

bool endpoints_make(struct endpoints *list, const struct endpoint_opts *o, const struct plan *plan,
	struct err *err)
{
	struct draft d = { .opts = o, .plan = plan, .list = list, .err = err };
	assert(plan->models_n >= 1);
	/* Without keys, endpoints that differ in nothing else are not twins. */
	bool ok = place_all(&d) && (o->asks_nobody || (give_credentials(&d) && check_twins(&d)));
	for (unsigned i = 0; d.items && i < list->n; i++)
		endpoint_text_release(&d.items[i].text);
	for (unsigned i = 0; i < d.said_n; i++)
		endpoint_text_release(&d.said[i]);
	free(d.items);
	free(d.said);
	return ok;
}

bool endpoints_asks(const struct step *step, const struct endpoint *e)
{
	for (unsigned i = 0; i < step->models_n; i++)
		if (step->models[i] == e->pool)
			return true;
	return e->tier > 0;
}

static bool refuse_without_model(const struct endpoints *list, const struct step *step,
	const struct endpoint *e, struct err *err)
{
	bool has_pools = false;
	for (unsigned i = 0; i < list->n; i++)
		has_pools = has_pools || list->items[i].pool > 0;
	if (has_pools)
		return err_set(err, ERR_MODEL,
			"which model shall step %s ask at %s?" LOG_HELP
			"give -m %s=MODEL, or -m MODEL for all steps",
			step->name, e->name, step->name);
	return list->n == 1
		? err_set(err, ERR_MODEL, "which model shall be asked?" LOG_HELP "give -m MODEL")
		: err_set(err, ERR_MODEL,
			  "which model shall be asked at %s?" LOG_HELP
			  "give -m MODEL, or append ,model=MODEL",
			  e->name);
}

bool endpoints_check_models(const struct endpoints *list, const struct step *step, struct err *err)
{
	for (unsigned i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->items[i];
		if (endpoints_asks(step, e) && !e->model && !e->api->needs_no_model)
			return refuse_without_model(list, step, e, err);
	}
	return true;
}

bool endpoints_check_step(const struct endpoints *list, const struct step *step, struct err *err)
{
	const struct {
		bool is_said;
		unsigned refusal;
		const char *option;
	} wants[] = {
		{ step->has_system, API_HAS_NO_SYSTEM, "-s" },
		{ step->schema != NULL, API_HAS_NO_SCHEMA, "--schema" },
		{ step->has_image, API_HAS_NO_IMAGE, "--image" },
	};
	for (unsigned i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->items[i];
		for (size_t j = 0; endpoints_asks(step, e) && j < sizeof wants / sizeof *wants; j++)
			if (wants[j].is_said && (e->api->refuses & wants[j].refusal))
				return err_set(err, ERR_USAGE, "%s: %s has no place for it",
					wants[j].option, e->api->name);
	}
	return true;
}

unsigned endpoints_pool_n(const struct endpoints *list, unsigned pool)
{
	unsigned n = 0;
	for (unsigned i = 0; i < list->n; i++)
		n += list->items[i].tier == 0 && list->items[i].pool == pool;
	return n;
}

void endpoints_release(struct endpoints *list)
{
	for (unsigned i = 0; i < list->n; i++)
		endpoint_release(&list->items[i]);
	free(list->items);
	*list = (struct endpoints){ 0 };
}
