/* SPDX-License-Identifier: MIT */
#include "app/endpoints.h"

#include "api/api.h"
#include "base/xalloc.h"
#include "io/keys.h"
#include "io/url.h"
#include "json/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What --endpoint, -m and the environment come to, before it is checked. */
struct choice {
	const struct api *api;
	char *base;    /* owned */
	char *model;   /* owned; NULL = the record's own */
	char *key_env; /* owned; NULL = as --key-env says, or the API's usual one */
};

static void choice_release(struct choice *c)
{
	free(c->base);
	free(c->model);
	free(c->key_env);
}

static char *from_environment(const char *name)
{
	const char *value = name ? getenv(name) : NULL;
	return value && *value ? xstrdup(value) : NULL;
}

/* One ",key=value" of --endpoint. */
static bool set_attribute(struct choice *c, const char *text, struct err *err)
{
	char **field = NULL;
	if (strncmp(text, "model=", 6) == 0)
		field = &c->model;
	else if (strncmp(text, "key-env=", 8) == 0)
		field = &c->key_env;
	else if (strncmp(text, "api=", 4) == 0) {
		c->api = api_find(text + 4);
		return c->api ||
			err_set(err, ERR_USAGE,
				"--endpoint: unknown API \"%s\"; this version knows openai",
				text + 4);
	}
	if (!field)
		return err_set(err, ERR_USAGE,
			"--endpoint: \"%s\" is none of api=, model=, key-env=", text);
	free(*field);
	*field = xstrdup(strchr(text, '=') + 1);
	return true;
}

static bool read_endpoint(struct choice *c, const char *text, struct err *err)
{
	char *copy = xstrdup(text);
	char *rest = copy;
	bool ok = true;
	c->base = xstrdup(strsep(&rest, ","));
	while (ok && rest)
		ok = set_attribute(c, strsep(&rest, ","), err);
	free(copy);
	return ok;
}

/*
 * "openai/gpt-4o": the prefix counts only if it is an API's name and nothing else says which API or
 * server it is.
 */
static void read_model(struct choice *c, const struct endpoint_opts *o, bool has_base)
{
	if (c->model || !o->model)
		return;
	const char *slash = strchr(o->model, '/');
	char *prefix = slash ? xmemdup(o->model, (size_t)(slash - o->model)) : NULL;
	const struct api *api = prefix && !o->api && !has_base ? api_find(prefix) : NULL;
	if (api)
		c->api = api;
	c->model = xstrdup(api ? slash + 1 : o->model);
	free(prefix);
}

static bool choose(struct choice *c, const struct endpoint_opts *o, struct err *err)
{
	c->api = api_find(o->api ? o->api : "openai");
	if (!c->api)
		return err_set(
			err, ERR_USAGE, "--api %s: unknown; this version knows openai", o->api);
	if (o->endpoints.n > 1)
		return err_set(err, ERR_USAGE,
			"several endpoints are not in this version; give one --endpoint");
	if (o->endpoints.n == 1 && !read_endpoint(c, o->endpoints.items[0], err))
		return false;
	if (!c->base)
		c->base = from_environment(c->api->base_url_env);
	read_model(c, o, c->base != NULL);
	if (!c->base)
		c->base = xstrdup(c->api->base_url);
	if (c->model && strchr(c->model, ','))
		return err_set(
			err, ERR_USAGE, "several models are not in this version; give one -m");
	if (c->model && (!*c->model || !utf8_is_valid(span_of(c->model))))
		return err_set(
			err, ERR_USAGE, "-m: expected the name of a model, UTF-8 and not empty");
	return true;
}

/* Headers that libcurl or pllm set, and that would contradict what is sent. */
static bool is_reserved(const char *line)
{
	static const char *const reserved[] = { "host:", "content-length:", "transfer-encoding:",
		"content-type:", "expect:", "connection:" };
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strncasecmp(line, reserved[i], strlen(reserved[i])) == 0)
			return true;
	return false;
}

static bool add_header(struct endpoint *e, const char *line, struct err *err)
{
	if (!keys_check_header(line, err))
		return false;
	if (is_reserved(line))
		return err_set(err, ERR_USAGE, "header \"%.*s\" is set by pllm itself",
			(int)strcspn(line, ":"), line);
	endpoint_add_header(e, line);
	return true;
}

/* One line of a file; n counts its line feed, and NULs that would otherwise hide the rest of it. */
static bool add_header_line(struct endpoint *e, char *line, size_t n, struct err *err)
{
	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	if (strlen(line) < n)
		return err_set(err, ERR_USAGE, "--header-file: a line has a NUL in it");
	return n == 0 || add_header(e, line, err);
}

static bool add_header_file(struct endpoint *e, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set_errno(err, ERR_USAGE, "--header-file: cannot open %s", path);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool ok = true;
	while (ok && (n = getline(&line, &cap, f)) >= 0)
		ok = add_header_line(e, line, (size_t)n, err);
	if (ok && ferror(f))
		ok = err_set_errno(err, ERR_USAGE, "--header-file: cannot read %s", path);
	if (line)
		explicit_bzero(line, cap);
	free(line);
	fclose(f);
	return ok;
}

static bool add_headers(struct endpoint *e, const struct endpoint_opts *o, struct err *err)
{
	endpoint_add_header(e, "Content-Type: application/json");
	for (size_t i = 0; i < o->headers.n; i++) {
		const char *line = o->headers.items[i];
		if (keys_looks_secret(line))
			return err_set(err, ERR_USAGE,
				"--header %.*s: looks like a secret, and everybody can read command lines; use --header-file",
				(int)strcspn(line, ":"), line);
		if (!add_header(e, line, err))
			return false;
	}
	for (size_t i = 0; i < o->header_files.n; i++)
		if (!add_header_file(e, o->header_files.items[i], err))
			return false;
	return true;
}

/* Overwrites and frees a secret; fine on NULL. */
static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* True if a header of the user's is the one that carries the API's key. */
static bool brings_own_key(const struct endpoint *e, const struct api *api)
{
	size_t n = strcspn(api->auth_header, ":") + 1;
	for (size_t i = 0; i < e->headers_n; i++)
		if (strncasecmp(e->headers[i], api->auth_header, n) == 0)
			return true;
	return false;
}

/* Refuses what would show a secret to the network, or leave it open which of two is meant. */
static bool check_key(const struct endpoint *e, const struct endpoint_opts *o, const char *key,
	bool is_https, struct err *err)
{
	bool is_private = is_https || e->is_loopback || e->unix_path || o->allow_http;
	if (!is_private && (key || o->header_files.n > 0))
		return err_set(err, ERR_USAGE,
			"%s: a key would travel unencrypted; use https, or --allow-http if the network is yours",
			e->name);
	if (key && brings_own_key(e, e->api))
		return err_set(err, ERR_USAGE,
			"two keys: one from --header-file, one from elsewhere; leave one out, or give --key-env none");
	return true;
}

/* True if nothing says that there must be a key. */
static bool may_lack_key(const struct endpoint *e, const struct endpoint_opts *o, const char *env)
{
	bool is_none = env && strcmp(env, "none") == 0;
	return e->is_loopback || e->unix_path || is_none || o->header_files.n > 0;
}

/* Adds the key's header, if there is a key; says so if there must be one. */
static bool add_key(struct endpoint *e, const struct endpoint_opts *o, const struct choice *c,
	bool is_https, struct err *err)
{
	struct key_opts where = o->key;
	char *key = NULL;
	if (c->key_env)
		where.env = c->key_env;
	if (!keys_read(&where, c->api->key_env, &key, err))
		return false;
	bool ok = check_key(e, o, key, is_https, err);
	if (ok && !key && !may_lack_key(e, o, where.env))
		ok = err_set(err, ERR_USAGE,
			"no key for %s: set %s, or give --key-file, --key-cmd or --key-fd, or --key-env none",
			e->name, where.env ? where.env : c->api->key_env);
	if (ok && key) {
		char *line = xasprintf("%s%s", c->api->auth_header, key);
		endpoint_add_header(e, line);
		forget(line);
	}
	forget(key);
	return ok;
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

bool endpoints_make(struct endpoint *e, const struct endpoint_opts *o, struct err *err)
{
	struct choice c = { 0 };
	struct url url = { 0 };
	bool ok = choose(&c, o, err) && url_parse(&url, c.base, c.api->path, err);
	if (ok) {
		e->api = c.api;
		e->name = xstrdup(c.base);
		e->url = xstrdup(url.full);
		e->origin = xstrdup(url.origin);
		e->is_loopback = url.is_loopback;
		e->cacert = copy_or_null(o->cacert);
		e->cert = copy_or_null(o->cert);
		e->unix_path = copy_or_null(o->unix_socket);
		endpoint_set_model(e, c.model);
		ok = add_headers(e, o, err) && add_key(e, o, &c, url.is_https, err);
	}
	url_release(&url);
	choice_release(&c);
	return ok;
}
