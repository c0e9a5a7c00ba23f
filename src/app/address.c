/* SPDX-License-Identifier: MIT */
#include "app/address.h"

#include "api/api.h"
#include "app/endpoint_text.h"
#include "app/environment.h"
#include "base/xalloc.h"
#include "io/url.h"

#include <stdlib.h>
#include <string.h>

#define REGION "{region}"

/* Gives that of two variables that is set, or NULL. */
static const char *first_set(const char *one, const char *other)
{
	if (environment_get(one))
		return one;
	return environment_get(other) ? other : NULL;
}

/* Ollama's own variable says where its server listens: "0.0.0.0", "host:1234", or a URL. */
static char *ollama_base(const char *host)
{
	if (strstr(host, "://"))
		return xstrdup(host);
	const char *port = strrchr(host, ':');
	bool is_v6 = port && strchr(host, ':') != port && host[strlen(host) - 1] == ']';
	bool has_port = port && !is_v6;
	size_t name_n = has_port ? (size_t)(port - host) : strlen(host);
	bool is_any = name_n == 0 || (name_n == 7 && memcmp(host, "0.0.0.0", 7) == 0);
	return xasprintf("http://%.*s%s", is_any ? 9 : (int)name_n, is_any ? "127.0.0.1" : host,
		has_port ? port : ":11434");
}

const char *address_region_env(void)
{
	return first_set("AWS_REGION", "AWS_DEFAULT_REGION");
}

const char *address_version_env(void)
{
	return first_set("OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION");
}

const char *address_default_env(const struct api *api)
{
	const char *region = address_region_env();
	if (environment_get(api->base_url_env))
		return api->base_url_env;
	return api->base_url && strstr(api->base_url, REGION) && region ? region : "";
}

char *address_default(const struct api *api, struct err *err)
{
	const char *set = environment_get(api->base_url_env);
	if (set && strcmp(api->base_url_env, "OLLAMA_HOST") == 0)
		return ollama_base(set);
	if (set)
		return xstrdup(set);
	if (!api->base_url) {
		err_set(err, ERR_ENDPOINT,
			"--api %s: where is it?" LOG_HELP "give --endpoint URL%s%s", api->name,
			api->base_url_env ? ", or " : "",
			api->base_url_env ? api->base_url_env : "");
		return NULL;
	}
	const char *hole = strstr(api->base_url, REGION);
	if (!hole)
		return xstrdup(api->base_url);
	const char *region = environment_get(address_region_env());
	if (!region) {
		err_set(err, ERR_ENDPOINT,
			"--api %s: in which region?" LOG_HELP
			"set AWS_REGION, or give --endpoint URL",
			api->name);
		return NULL;
	}
	return xasprintf("%.*s%s%s", (int)(hole - api->base_url), api->base_url, region,
		hole + sizeof REGION - 1);
}

static bool ends_with(const char *text, size_t n, const char *end, size_t end_n)
{
	return n >= end_n && memcmp(text + n - end_n, end, end_n) == 0;
}

/* "/v1/", "/v1beta/", "/api/", "/openai/": what a gateway's own path is not called. */
static bool is_common(const char *segment)
{
	return strncmp(segment, "/api/", 5) == 0 || strncmp(segment, "/openai/", 8) == 0 ||
		(segment[1] == 'v' && segment[2] >= '1' && segment[2] <= '9');
}

/* Drops from the base what the path begins with, or all of the path: ".../v1" before "/v1/chat". */
static void drop_overlap(char *base, const char *path)
{
	size_t n = strlen(base), path_n = strlen(path);
	size_t first_n = path_n > 1 ? 1 + strcspn(path + 1, "/") : 0;
	if (ends_with(base, n, path, path_n))
		n -= path_n;
	else if (first_n > 0 && first_n < path_n && is_common(path) &&
		ends_with(base, n, path, first_n))
		n -= first_n;
	base[n] = '\0';
}

/* Which of Azure's two forms is meant; takes what follows the resource off the base. */
static const struct api *azure_row(char *base, bool has_version, bool embeds)
{
	char *deployments = strstr(base, "/openai/deployments");
	char *v1 = strstr(base, "/openai/v1");
	if (deployments)
		*deployments = '\0';
	if (v1)
		*v1 = '\0';
	return endpoint_text_find_api(
		deployments || (has_version && !v1) ? "azure-classic" : "azure", embeds);
}

/* The part of a base URL from "?" on, which only Azure's may have: allocated, or NULL. */
static char *cut_query(char *base)
{
	char *mark = strstr(base, "?api-version=");
	char *query = mark ? xstrdup(mark) : NULL;
	if (mark)
		*mark = '\0';
	return query;
}

/* Azure's address has the deployment in it, which is the model. */
static void take_deployment(struct endpoint *e, const char *base)
{
	const char *at = strstr(base, "/openai/deployments/");
	if (!at || e->model)
		return;
	at += strlen("/openai/deployments/");
	char *name = xmemdup(at, strcspn(at, "/"));
	endpoint_set_model(e, *name ? name : NULL);
	free(name);
}

static void set_azure(struct endpoint *e, char *base)
{
	const char *version = environment_get(address_version_env());
	e->query = cut_query(base);
	take_deployment(e, base);
	e->api = azure_row(base, e->query || version, e->api->build_pack != NULL);
	if (strcmp(e->api->name, "azure") == 0) {
		free(e->query);
		e->query = NULL;
	} else if (!e->query) {
		e->query = xasprintf("?api-version=%s", version ? version : "2024-10-21");
	}
}

static bool set_url(struct endpoint *e, struct err *err)
{
	char *path = api_path(e->api, e->model, e->is_streamed);
	if (!path && e->model)
		return err_set(err, ERR_MODEL,
			"-m %s: this API has the model in its path" LOG_HELP
			"it must be a plain name",
			e->model);
	e->url = xasprintf("%s%s%s", e->base, path ? path : "", e->query ? e->query : "");
	free(path);
	return true;
}

/* Who typed no URL is told where it is from. */
static bool refuse(const struct endpoint *e, struct err *err)
{
	char text[sizeof err->msg];
	if (!e->base_env || !*e->base_env)
		return false;
	memcpy(text, err->msg, sizeof text);
	return err_set(err, err->kind, "%s: %s", e->base_env, text);
}

bool address_set(struct endpoint *e, const char *base, struct err *err)
{
	struct url url = { 0 };
	char *text = xstrdup(base);
	if (strncmp(e->api->name, "azure", 5) == 0)
		set_azure(e, text);
	bool ok = url_parse(&url, text, "", err);
	free(text);
	if (!ok)
		return refuse(e, err);
	e->name = xstrdup(base);
	e->base = xstrdup(url.full);
	e->origin = xstrdup(url.origin);
	e->is_loopback = url.is_loopback;
	url_release(&url);
	for (size_t n = strlen(e->base); n > 0 && e->base[n - 1] == '/'; n--)
		e->base[n - 1] = '\0';
	drop_overlap(e->base, e->api->path);
	return set_url(e, err);
}

/* Gives the last segment of a URL if it is a version, "/v1"; else NULL. */
static const char *version_of(const char *url)
{
	const char *last = url ? strrchr(url, '/') : NULL;
	bool is_version = last && last[1] == 'v' && last[2] >= '1' && last[2] <= '9';
	return is_version ? last : NULL;
}

char *address_other_base(const struct endpoint *e)
{
	const char *wanted = version_of(e->api->base_url), *got = version_of(e->base);
	if (wanted && !got)
		return xasprintf("%s%s", e->base, wanted);
	return got && !wanted ? xmemdup(e->base, (size_t)(got - e->base)) : NULL;
}
