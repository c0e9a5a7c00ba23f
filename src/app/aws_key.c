/* SPDX-License-Identifier: MIT */
#include "app/aws_key.h"

#include "api/api.h"
#include "app/address.h"
#include "app/environment.h"
#include "base/xalloc.h"

#include <string.h>

#define HOST_BEGINS "://bedrock-runtime."

static char *region_of(const struct endpoint *e)
{
	const char *host = strstr(e->origin, HOST_BEGINS);
	const char *region = environment_get(address_region_env());
	if (host) {
		host += sizeof HOST_BEGINS - 1;
		return xmemdup(host, strcspn(host, "."));
	}
	return xstrdup(region ? region : "us-east-1");
}

static bool is_wanted(const struct endpoint *e, const struct endpoint_opts *o, const char *key_env)
{
	bool is_said = o->key.env || o->key.file || o->key.cmd || o->key.fd >= 0;
	if (!e->api->is_signed)
		return false;
	return key_env ? strcmp(key_env, AWS_KEY_ENV) == 0 : !is_said;
}

bool aws_key_give(struct endpoint *e, const struct endpoint_opts *o, const char *key_env)
{
	const char *id = environment_get(AWS_KEY_ENV);
	const char *secret = environment_get("AWS_SECRET_ACCESS_KEY");
	const char *token = environment_get("AWS_SESSION_TOKEN");
	if (!is_wanted(e, o, key_env) || !id || !secret)
		return false;
	e->aws = xcalloc(1, sizeof *e->aws);
	e->aws->id = xstrdup(id);
	e->aws->secret = xstrdup(secret);
	e->aws->token = token ? xstrdup(token) : NULL;
	e->aws->region = region_of(e);
	endpoint_add_secret(e, secret);
	if (token)
		endpoint_add_secret(e, token);
	return true;
}
