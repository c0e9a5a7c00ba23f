/* SPDX-License-Identifier: MIT */
#include "app/cache_file.h"

#include "t.h"

static char file[] = "c.db";

/* What was said of an option, and by whom. */
static struct config said_by(struct origin *origin, const char *option, enum origin_kind kind)
{
	*origin = (struct origin){ .option = option, .kind = kind };
	return (struct config){ .origins = { .items = origin, .n = 1 } };
}

TEST("what is about a cache is refused without one, if it was typed")
{
	struct origin origin;
	struct err err = { 0 };
	struct config c = said_by(&origin, "cache-ttl", ORIGIN_COMMAND_LINE);
	c.cache.ttl_ms = 5;
	CHECK(!cache_file_prepare(&c, &err));
	CHECK_INT(err.kind, ERR_CACHE);
	CHECK_STR(err.msg, "--cache-ttl is about what is in a cache" LOG_HELP "give --cache FILE");
	c = said_by(&origin, "refresh", ORIGIN_COMMAND_LINE);
	c.cache.refreshes = true;
	CHECK(!cache_file_prepare(&c, &err));
	CHECK_STR(err.msg, "--refresh replaces what is in a cache" LOG_HELP "give --cache FILE");
	c.cache.path = file;
	CHECK(cache_file_prepare(&c, &err));
	CHECK(c.cache.refreshes);
}

TEST("an age that was set for other runs is left aside in one without a cache, and kept with one")
{
	static const enum origin_kind kinds[] = { ORIGIN_DEFAULTS, ORIGIN_PROFILE,
		ORIGIN_ENVIRONMENT };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct origin origin;
		struct err err = { 0 };
		struct config c = said_by(&origin, "cache-ttl", kinds[i]);
		c.cache.ttl_ms = 5;
		c.cache.path = file;
		CHECK(cache_file_prepare(&c, &err));
		CHECK_INT(c.cache.ttl_ms, 5);
		c.cache.path = NULL;
		CHECK(cache_file_prepare(&c, &err));
		CHECK_INT(c.cache.ttl_ms, 0);
	}
}

TEST("with a cache identical calls share an answer, whoever says that they should not")
{
	struct err err = { 0 };
	struct config c = { .cache.path = file };
	c.pipeline.sched.shares_nothing = true;
	CHECK(!cache_file_prepare(&c, &err));
	CHECK_STR(err.msg,
		"--no-share: with --cache identical calls share an answer" LOG_HELP
		"--samples N asks for several");
	c.cache.path = NULL;
	CHECK(cache_file_prepare(&c, &err));
}

TEST("--retry-errors has failures in the cache left aside, and a dry run stores nothing")
{
	struct err err = { 0 };
	struct config c = { .cache.path = file };
	CHECK(cache_file_prepare(&c, &err));
	CHECK(!c.cache.ignores_failures && !c.cache.is_readonly);
	c.reader.revives = true;
	c.money.is_dry = true;
	CHECK(cache_file_prepare(&c, &err));
	CHECK(c.cache.ignores_failures && c.cache.is_readonly);
}
