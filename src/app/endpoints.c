/* SPDX-License-Identifier: MIT */
/*
 * The rule on keys is what the rest turns around: a key that nobody named for an endpoint goes to
 * the one origin the run talks to. As soon as there are two, none is everybody's, and each endpoint
 * that is not on this machine has to name its own: otherwise adding a second --endpoint would hand
 * the first one's key to it.
 */
#include "app/endpoints.h"

#include "api/api.h"
#include "app/address.h"
#include "app/credentials.h"
#include "app/endpoint_text.h"
#include "app/environment.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

/* The list while it is made. */
struct draft {
	const struct endpoint_opts *opts;
	struct endpoints *list;
	struct endpoint_text *texts; /* owned: one for each endpoint */
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

/* "openai/gpt-4o": takes the API's name off the model and gives the API, or NULL. */
static const struct api *take_prefix(char *model)
{
	char *slash = strchr(model, '/');
	char *prefix = slash ? xmemdup(model, (size_t)(slash - model)) : NULL;
	const struct api *api = prefix ? api_find(prefix) : NULL;
	free(prefix);
	if (api)
		memmove(model, slash + 1, strlen(slash));
	return api;
}

/* Takes the API of the run for an endpoint that names none. */
static bool complete_api(const struct draft *d, struct endpoint_text *t)
{
	const char *name = d->opts->api ? d->opts->api : "openai";
	if (!t->api)
		t->api = api_find(name);
	return t->api || endpoint_text_refuse_api("--api", name, d->err);
}

/* Adds to an endpoint of the pool what it does not say itself. */
static bool complete(const struct draft *d, struct endpoint_text *t)
{
	const struct api *named = NULL;
	if (!t->model && d->opts->model) {
		t->model = xstrdup(d->opts->model);
		named = prefix_counts(d->opts) ? take_prefix(t->model) : NULL;
	}
	if (named)
		t->api = named;
	if (!complete_api(d, t))
		return false;
	if (!t->base)
		t->base = address_default(t->api, d->err);
	return t->base != NULL;
}

/* Adds to a fallback what it does not say itself: it is the pool's first endpoint, but for that. */
static bool complete_fallback(const struct draft *d, struct endpoint_text *t)
{
	const struct endpoint_text *first = d->texts;
	bool may_name = !t->base && t->model && prefix_counts(d->opts);
	const struct api *named = may_name ? take_prefix(t->model) : NULL;
	if (!t->model)
		t->model = copy_or_null(first->model);
	if (named && named != first->api) {
		t->api = named;
		t->base = address_default(named, d->err);
		if (!t->base)
			return false;
	}
	if (!t->base) {
		t->base = xstrdup(first->base);
		t->api = t->api ? t->api : first->api;
		t->key_env = t->key_env ? t->key_env : copy_or_null(first->key_env);
	}
	return complete_api(d, t);
}

static bool check_model(const struct draft *d, const char *model)
{
	if (model && strchr(model, ','))
		return err_set(
			d->err, ERR_USAGE, "several models are not in this version; give one -m");
	return !model || (*model && utf8_is_valid(span_of(model))) ||
		err_set(d->err, ERR_USAGE, "-m: expected the name of a model, UTF-8 and not empty");
}

/* Makes the i-th endpoint of its text: all but headers and key. */
static bool place(const struct draft *d, unsigned i, unsigned tier)
{
	const struct endpoint_opts *o = d->opts;
	const struct endpoint_text *t = &d->texts[i];
	struct endpoint *e = &d->list->items[i];
	if (!check_model(d, t->model))
		return false;
	e->api = t->api;
	e->is_streamed = o->is_streamed && !t->api->cannot_stream;
	endpoint_set_model(e, t->model);
	if (!address_set(e, t->base, d->err))
		return false;
	e->cacert = copy_or_null(o->cacert);
	e->cert = copy_or_null(o->cert);
	e->unix_path = copy_or_null(o->unix_socket);
	e->weight = t->weight > 0 ? t->weight : 1;
	e->max = t->max;
	e->rpm = t->rpm;
	e->tpm = t->tpm;
	e->tier = tier;
	if (e->api->header)
		endpoint_add_header(e, e->api->header);
	return true;
}

/* Reads the texts of the pool and then of the fallbacks, and places each. */
static bool place_all(struct draft *d)
{
	const struct strings *pool = &d->opts->endpoints, *fallbacks = &d->opts->fallbacks;
	unsigned pool_n = pool->n > 0 ? (unsigned)pool->n : 1;
	for (unsigned i = 0; i < d->list->n; i++) {
		struct endpoint_text *t = &d->texts[i];
		bool is_fallback = i >= pool_n;
		if (is_fallback &&
			!endpoint_text_parse_fallback(t, fallbacks->items[i - pool_n], d->err))
			return false;
		if (!is_fallback && pool->n > 0 && !endpoint_text_parse(t, pool->items[i], d->err))
			return false;
		if (!(is_fallback ? complete_fallback(d, t) : complete(d, t)) ||
			!place(d, i, is_fallback ? i - pool_n + 1 : 0))
			return false;
	}
	return true;
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

/* With several origins no key is everybody's: each endpoint away from here names its own. */
static bool check_origins(const struct draft *d, const struct endpoint *second)
{
	const struct endpoint *first = d->list->items;
	const char *env = d->opts->key.env;
	bool is_without_key = env && strcmp(env, "none") == 0;
	const char *option = option_for_one(d, is_without_key);
	if (option)
		return err_set(d->err, ERR_USAGE, "%s is for one origin, and %s and %s are two%s",
			option, first->name, second->name,
			strncmp(option, "--key", 5) == 0
				? "; let each endpoint name its own with ,key-env=NAME"
				: "");
	for (unsigned i = 0; i < d->list->n; i++) {
		const struct endpoint *e = &first[i];
		if (!e->is_loopback && !d->texts[i].key_env && !is_without_key)
			return err_set(d->err, ERR_USAGE,
				"which key is for %s? With several origins each endpoint names its own: append ,key-env=NAME or ,key-env=none",
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
		ok = credentials_give(&c, &d->list->items[i], d->texts[i].key_env, d->err);
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

/* Taken as two, one endpoint would be allowed twice what it is said to take. */
static bool check_twins(const struct draft *d)
{
	const struct endpoint *items = d->list->items;
	for (unsigned i = 0; i < d->list->n; i++)
		for (unsigned j = 0; j < i; j++)
			if (are_same(&items[i], &items[j]))
				return err_set(d->err, ERR_USAGE,
					"%s is there twice, with the same model and key; to give it more, say weight= or max=",
					items[i].name);
	return true;
}

bool endpoints_make(struct endpoints *list, const struct endpoint_opts *o, struct err *err)
{
	size_t n = (o->endpoints.n > 0 ? o->endpoints.n : 1) + o->fallbacks.n;
	if (n > ENDPOINTS_MAX)
		return err_set(err, ERR_USAGE, "%zu endpoints are too many; up to %d will do", n,
			ENDPOINTS_MAX);
	list->items = xcalloc(n, sizeof *list->items);
	list->n = (unsigned)n;
	struct draft d = { o, list, xcalloc(n, sizeof *d.texts), err };
	bool ok = place_all(&d) && give_credentials(&d) && check_twins(&d);
	for (size_t i = 0; i < n; i++)
		endpoint_text_release(&d.texts[i]);
	free(d.texts);
	return ok;
}

bool endpoints_check_models(const struct endpoints *list, struct err *err)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!list->items[i].model && !list->items[i].api->needs_no_model)
			return list->n == 1
				? err_set(err, ERR_USAGE,
					  "which model shall be asked? Give -m MODEL")
				: err_set(err, ERR_USAGE,
					  "which model shall be asked at %s? Give -m MODEL, or append ,model=MODEL",
					  list->items[i].name);
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
	for (unsigned i = 0; i < list->n; i++)
		for (size_t j = 0; j < sizeof wants / sizeof *wants; j++)
			if (wants[j].is_said && (list->items[i].api->refuses & wants[j].refusal))
				return err_set(err, ERR_USAGE, "%s: %s has no place for it",
					wants[j].option, list->items[i].api->name);
	return true;
}

unsigned endpoints_pool_n(const struct endpoints *list)
{
	unsigned n = 0;
	for (unsigned i = 0; i < list->n; i++)
		n += list->items[i].tier == 0;
	return n;
}

void endpoints_release(struct endpoints *list)
{
	for (unsigned i = 0; i < list->n; i++)
		endpoint_release(&list->items[i]);
	free(list->items);
	*list = (struct endpoints){ 0 };
}
