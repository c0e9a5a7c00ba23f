/* SPDX-License-Identifier: MIT */
#include "last.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"

/* Where a header's secret begins; NULL if it has none. */
static const char *secret_of(const char *name, const char *value)
{
	static const char *const secrets[] = { "x-api-key", "api-key", "x-goog-api-key",
		"x-amz-security-token", "cookie" };
	const char *space = strchr(value, ' ');
	if (strcasecmp(name, "authorization") == 0 || strcasecmp(name, "proxy-authorization") == 0)
		return space ? space + 1 : value;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (strcasecmp(name, secrets[i]) == 0)
			return value;
	return NULL;
}

static enum MHD_Result take_header(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct buf *headers = cls;
	const char *secret = secret_of(name, value ? value : "");
	(void)kind;
	buf_put(headers, name, strlen(name) + 1);
	if (secret) {
		buf_put(headers, value, (size_t)(secret - value));
		buf_put(headers, HIDDEN, sizeof HIDDEN);
	} else {
		buf_put(headers, value ? value : "", strlen(value ? value : "") + 1);
	}
	return MHD_YES;
}

static void set(char **text, const char *to)
{
	free(*text);
	*text = xstrdup(to);
}

/* A key in the query is hidden too. */
static void hide_key(char *uri)
{
	char *key = strstr(uri, "key=");
	size_t n = key ? strcspn(key + 4, "&") : 0;
	if (n)
		memset(key + 4, '*', n);
}

void last_take(struct last *last, const struct arrival *a, struct buf *body)
{
	set(&last->method, a->method);
	set(&last->uri, a->uri);
	hide_key(last->uri);
	if (!last->headers.max)
		buf_init(&last->headers, SIZE_MAX / 2);
	buf_clear(&last->headers);
	MHD_get_connection_values(a->connection, MHD_HEADER_KIND, take_header, &last->headers);
	buf_release(&last->body);
	last->body = *body;
	*body = (struct buf){ 0 };
}

static json_t *headers_json(const struct last *last)
{
	json_t *headers = json_object();
	const char *at = last->headers.data, *end = at + last->headers.len;
	while (at && at < end) {
		char *name = xstrdup(at);
		at += strlen(at) + 1;
		for (char *c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		json_object_set_new(headers, name, json_string(at));
		at += strlen(at) + 1;
		free(name);
	}
	return headers;
}

static json_t *body_json(const struct last *last)
{
	struct span body = buf_span(&last->body);
	json_t *tree = json_loadb(body.at, body.n, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	if (!tree)
		tree = json_stringn(body.at, body.n);
	return tree ? tree : json_null();
}

json_t *last_tree(const struct last *last)
{
	if (!last->method)
		return json_object();
	return json_pack("{s:s, s:s, s:o, s:o}", "method", last->method, "path", last->uri,
		"headers", headers_json(last), "body", body_json(last));
}

void last_release(struct last *last)
{
	free(last->method);
	free(last->uri);
	buf_release(&last->headers);
	buf_release(&last->body);
	*last = (struct last){ 0 };
}
