/* SPDX-License-Identifier: MIT */
#include "work/endpoint.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_MIN_BYTES = 8 };

/* Six bytes are the most that one byte can become when escaped. */
void endpoint_set_model(struct endpoint *e, const char *model)
{
	free(e->model);
	free(e->model_json);
	e->model = e->model_json = NULL;
	if (!model)
		return;
	struct buf json;
	buf_init(&json, strlen(model) * 6 + 3);
	json_put_string(&json, span_of(model));
	buf_put_char(&json, '\0');
	e->model = xstrdup(model);
	e->model_json = json.data;
}

void endpoint_add_header(struct endpoint *e, const char *line)
{
	e->headers = xrealloc(e->headers, e->headers_n + 1, sizeof *e->headers);
	e->headers[e->headers_n++] = xstrdup(line);
}

void endpoint_add_secret(struct endpoint *e, const char *secret)
{
	if (strlen(secret) >= SECRET_MIN_BYTES)
		strings_add(&e->secrets, secret);
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void aws_key_free(struct aws_key *k)
{
	if (!k)
		return;
	forget(k->id);
	forget(k->secret);
	forget(k->token);
	free(k->region);
	free(k);
}

void endpoint_disarm(struct endpoint *e)
{
	for (size_t i = 0; i < e->headers_n; i++)
		forget(e->headers[i]);
	free(e->headers);
	for (size_t i = 0; i < e->secrets.n; i++)
		explicit_bzero(e->secrets.items[i], strlen(e->secrets.items[i]));
	strings_release(&e->secrets);
	aws_key_free(e->aws);
	e->headers = NULL;
	e->headers_n = 0;
	e->aws = NULL;
}

void endpoint_release(struct endpoint *e)
{
	endpoint_disarm(e);
	free(e->key_source);
	free(e->key_fault);
	free(e->base);
	free(e->query);
	free(e->name);
	free(e->url);
	free(e->origin);
	endpoint_set_model(e, NULL);
	free(e->cacert);
	free(e->cert);
	free(e->unix_path);
	*e = (struct endpoint){ 0 };
}
