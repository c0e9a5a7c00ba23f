/* SPDX-License-Identifier: MIT */
#include "app/cache_file.h"

#include "app/origin.h"

#include <string.h>
#include <sys/stat.h>

/* What was said for other runs may stand; what was typed for this one must mean something. */
static bool check_alone(struct config *c, struct err *err)
{
	if (c->cache.refreshes)
		return err_set(
			err, ERR_USAGE, "--refresh replaces what is in a cache; give --cache FILE");
	if (c->cache.ttl_ms > 0 && !origin_is_setting(c, "cache-ttl"))
		return err_set(err, ERR_USAGE,
			"--cache-ttl is about what is in a cache; give --cache FILE");
	c->cache.ttl_ms = 0;
	return true;
}

/* True if what is at `path` is the cache, or a part of it that SQLite keeps beside it. */
static bool is_same_file(const char *cache, const char *path)
{
	struct stat one, other;
	size_t n = strlen(cache);
	const char *end = strncmp(path, cache, n) == 0 ? path + n : NULL;
	if (end && (end[0] == '\0' || strcmp(end, "-wal") == 0 || strcmp(end, "-shm") == 0))
		return true;
	return stat(cache, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
		one.st_ino == other.st_ino;
}

/* A file that is written in the cache's place would be the end of it. */
static bool check_place(const struct config *c, struct err *err)
{
	const struct {
		const char *option, *path;
	} others[] = {
		{ "--input", c->reader.path },
		{ "--output", c->writer.path },
		{ "--errors", c->writer.errors_path },
		{ "--ids", c->embed.ids },
		{ "--prices", c->money.prices },
	};
	if (strcmp(c->cache.path, "-") == 0)
		return err_set(err, ERR_USAGE, "--cache -: a cache is a file; name one");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (others[i].path && is_same_file(c->cache.path, others[i].path))
			return err_set(err, ERR_USAGE,
				"--cache and %s name the same file, %s; give the cache one of its own",
				others[i].option, c->cache.path);
	return true;
}

bool cache_file_prepare(struct config *config, struct err *err)
{
	struct cache_opts *cache = &config->cache;
	if (!cache->path)
		return check_alone(config, err);
	/* Which of two equal answers would a key stand for? The number of a sample says it. */
	if (config->pipeline.sched.shares_nothing)
		return err_set(err, ERR_USAGE,
			"--no-share: with --cache identical calls share an answer; "
			"--samples N asks for several");
	if (!check_place(config, err))
		return false;
	cache->ignores_failures = config->reader.revives;
	cache->is_readonly = config->money.is_dry;
	return true;
}
