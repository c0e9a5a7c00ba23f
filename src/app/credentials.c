/* SPDX-License-Identifier: MIT */
#include "app/credentials.h"

#include "api/api.h"
#include "app/aws_key.h"
#include "base/xalloc.h"
#include "io/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Overwrites and frees a secret; fine on NULL. */
static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
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

static bool add_header(struct strings *lines, const char *line, struct err *err)
{
	if (!keys_check_header(line, err))
		return false;
	if (is_reserved(line))
		return err_set(err, ERR_USAGE, "header \"%.*s\" is set by pllm itself",
			(int)strcspn(line, ":"), line);
	strings_add(lines, line);
	return true;
}

/* One line of a file; n counts its line feed, and NULs that would otherwise hide the rest of it. */
static bool add_header_line(struct strings *lines, char *line, size_t n, struct err *err)
{
	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	if (strlen(line) < n)
		return err_set(err, ERR_KEY, "--header-file: a line has a NUL in it");
	return n == 0 || add_header(lines, line, err);
}

static bool add_header_file(struct strings *lines, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set_errno(err, ERR_FILE, "--header-file: cannot open %s", path);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool ok = true;
	while (ok && (n = getline(&line, &cap, f)) >= 0)
		ok = add_header_line(lines, line, (size_t)n, err);
	if (ok && ferror(f))
		ok = err_set_errno(err, ERR_FILE, "--header-file: cannot read %s", path);
	if (line)
		explicit_bzero(line, cap);
	free(line);
	fclose(f);
	return ok;
}

bool credentials_read(
	struct credentials *c, const struct endpoint_opts *o, bool has_one_origin, struct err *err)
{
	*c = (struct credentials){ .opts = o, .has_one_origin = has_one_origin };
	for (size_t i = 0; i < o->headers.n; i++) {
		const char *line = o->headers.items[i];
		if (keys_looks_secret(line))
			return err_set(err, ERR_KEY,
				"--header %.*s: looks like a secret, and everybody can read "
				"command lines" LOG_HELP "use --header-file",
				(int)strcspn(line, ":"), line);
		if (!add_header(&c->lines, line, err))
			return false;
	}
	for (size_t i = 0; i < o->header_files.n; i++)
		if (!add_header_file(&c->lines, o->header_files.items[i], err))
			return false;
	return true;
}

/* What of "Authorization: Bearer KEY" is the secret. */
static const char *last_word(const char *line)
{
	const char *colon = strchr(line, ':'), *space = strrchr(line, ' ');
	return space > colon ? space + 1 : colon + 1;
}

/* True if a header of the user's is the one that carries the API's key. */
static bool brings_own_key(const struct endpoint *e)
{
	size_t n = strcspn(e->api->auth_header, ":") + 1;
	for (size_t i = 0; i < e->headers_n; i++)
		if (strncasecmp(e->headers[i], e->api->auth_header, n) == 0)
			return true;
	return false;
}

/* Refuses what would show a secret to the network, or leave it open which of two is meant. */
static bool check_key(
	const struct endpoint *e, const struct endpoint_opts *o, const char *key, struct err *err)
{
	bool is_https = strncmp(e->origin, "https:", 6) == 0;
	bool is_private = is_https || e->is_loopback || e->unix_path || o->allow_http;
	if (!is_private && (key || e->aws || o->header_files.n > 0))
		return err_set(err, ERR_KEY,
			"%s: a key would travel unencrypted" LOG_HELP
			"use https, or --allow-http if the network is yours",
			e->name);
	if (key && brings_own_key(e))
		return err_set(err, ERR_KEY,
			"two keys: one from --header-file, one from elsewhere" LOG_HELP
			"leave one out, or give --key-env none");
	return true;
}

/* True if nothing says that there must be a key. */
static bool may_lack_key(const struct endpoint *e, const struct endpoint_opts *o, const char *env)
{
	bool is_none = env && strcmp(env, "none") == 0;
	if (!e->api->key_env)
		return true;
	return e->is_loopback || e->unix_path || is_none || o->header_files.n > 0;
}

/* True if the key is the same for whatever API, and can perhaps be read but once. */
static bool is_said(const struct key_opts *o)
{
	return o->fd >= 0 || o->file || o->cmd || o->env;
}

/*
 * Finds the key for an endpoint that names none: allocated, NULL = there is none. With several
 * origins nothing was said of it, or "none": then each API has its own.
 */
static bool find_usual_key(
	struct credentials *c, const struct endpoint *e, char **key, struct err *err)
{
	bool is_known = c->key_api && (c->key_api == e->api || is_said(&c->opts->key));
	if (!is_known) {
		forget(c->key);
		c->key = NULL;
		if (!keys_read(&c->opts->key, e->api->key_env, &c->key, err))
			return false;
		c->key_api = e->api;
	}
	*key = c->key ? xstrdup(c->key) : NULL;
	return true;
}

/*
 * Finds the key for an endpoint, of its own variable or the usual: allocated, NULL = there is none.
 */
static bool find_key(
	struct credentials *c, const struct endpoint *e, char *key_env, char **key, struct err *err)
{
	const struct key_opts named = { .fd = -1, .env = key_env, .is_of_endpoint = true };
	if (!key_env)
		return find_usual_key(c, e, key, err);
	if (e->api->is_signed && strcmp(key_env, AWS_KEY_ENV) == 0)
		return true;
	return keys_read(&named, e->api->key_env, key, err);
}

static void add_headers(const struct credentials *c, struct endpoint *e)
{
	endpoint_add_header(e, "Content-Type: application/json");
	for (size_t i = 0; i < c->lines.n; i++) {
		endpoint_add_header(e, c->lines.items[i]);
		if (keys_looks_secret(c->lines.items[i]))
			endpoint_add_secret(e, last_word(c->lines.items[i]));
	}
}

static void add_key(struct endpoint *e, char *key)
{
	char *line = xasprintf("%s%s", e->api->auth_header, key);
	endpoint_add_header(e, line);
	endpoint_add_secret(e, key);
	forget(line);
}

static bool refuse_without_key(
	const struct credentials *c, const struct endpoint *e, const char *env, struct err *err)
{
	const char *usual = env ? env : e->api->key_env;
	return err_set(err, ERR_KEY, "no key for %s" LOG_HELP "set %.*s%s", e->name,
		(int)strcspn(usual, " "), usual,
		c->has_one_origin ? ", or give --key-file, --key-cmd or --key-fd, or --key-env none"
				  : "");
}

/* Notes what a person is told of where the key is from. */
static void note_source(
	const struct credentials *c, struct endpoint *e, char *key_env, bool has_key)
{
	const struct key_opts named = { .fd = -1, .env = key_env };
	if (e->aws)
		e->key_source = xstrdup(AWS_KEY_ENV " and AWS_SECRET_ACCESS_KEY");
	else if (has_key)
		e->key_source = keys_source(key_env ? &named : &c->opts->key, e->api->key_env);
	else if (brings_own_key(e))
		e->key_source = xstrdup("a header");
}

/* Headers and key, or why there is none. */
static bool arm(struct credentials *c, struct endpoint *e, char *key_env, bool is_own_place,
	struct err *err)
{
	const char *env = key_env ? key_env : c->opts->key.env;
	bool has_source = key_env || c->has_one_origin || is_own_place;
	char *key = NULL;
	add_headers(c, e);
	if (has_source && !find_key(c, e, key_env, &key, err))
		return false;
	bool is_signed = !key && has_source && aws_key_give(e, c->opts, key_env);
	bool ok = check_key(e, c->opts, key, err);
	if (ok && !key && !is_signed && !may_lack_key(e, c->opts, env))
		ok = refuse_without_key(c, e, env, err);
	if (ok)
		note_source(c, e, key_env, key != NULL);
	if (ok && key)
		add_key(e, key);
	forget(key);
	return ok;
}

bool credentials_give(struct credentials *c, struct endpoint *e, char *key_env, bool is_own_place,
	struct err *err)
{
	struct err why;
	if (!c->opts->is_lenient)
		return arm(c, e, key_env, is_own_place, err);
	if (arm(c, e, key_env, is_own_place, &why))
		return true;
	/* What must not travel is not to be there. */
	endpoint_disarm(e);
	if (e->api->header)
		endpoint_add_header(e, e->api->header);
	e->key_fault = xstrdup(why.msg);
	return true;
}

void credentials_release(struct credentials *c)
{
	for (size_t i = 0; i < c->lines.n; i++)
		explicit_bzero(c->lines.items[i], strlen(c->lines.items[i]));
	strings_release(&c->lines);
	forget(c->key);
	*c = (struct credentials){ 0 };
}
