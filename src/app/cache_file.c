/* SPDX-License-Identifier: MIT */
#include "app/cache_file.h"

#include "app/origin.h"

#include <string.h>

/* What was said for other runs may stand; what was typed for this one must mean something. */
static bool check_alone(struct config *c, struct err *err)
{
	if (c->cache.refreshes)
		return err_set(err, ERR_CACHE,
			"--refresh replaces what is in a cache" LOG_HELP "give --cache FILE");
	if (c->cache.ttl_ms > 0 && !origin_is_setting(c, "cache-ttl"))
		return err_set(err, ERR_CACHE,
			"--cache-ttl is about what is in a cache" LOG_HELP "give --cache FILE");
	c->cache.ttl_ms = 0;
	return true;
}

bool cache_file_prepare(struct config *config, struct err *err)
{
	struct cache_opts *cache = &config->cache;
	if (!cache->path)
		return check_alone(config, err);
	/* Which of two equal answers would a key stand for? The number of a sample says it. */
	if (config->pipeline.sched.shares_nothing)
		return err_set(err, ERR_CACHE,
			"--no-share: with --cache identical calls share an answer" LOG_HELP
			"--samples N asks for several");
	if (strcmp(cache->path, "-") == 0)
		return err_set(err, ERR_CACHE, "--cache -: a cache is a file" LOG_HELP "name one");
	cache->ignores_failures = config->reader.revives;
	cache->is_readonly = config->money.is_dry;
	return true;
}
