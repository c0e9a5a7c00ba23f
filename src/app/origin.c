/* SPDX-License-Identifier: MIT */
#include "app/origin.h"

#include <stdio.h>
#include <string.h>

const struct origin *origin_of(const struct config *config, const char *option)
{
	for (size_t i = 0; i < config->origins.n; i++)
		if (strcmp(config->origins.items[i].option, option) == 0)
			return &config->origins.items[i];
	return NULL;
}

enum origin_kind origin_kind_of(const struct config *config, const char *option)
{
	const struct origin *origin = origin_of(config, option);
	return origin ? origin->kind : ORIGIN_BUILT_IN;
}

bool origin_is_setting(const struct config *config, const char *option)
{
	enum origin_kind kind = origin_kind_of(config, option);
	return kind != ORIGIN_BUILT_IN && kind != ORIGIN_COMMAND_LINE;
}

const char *origin_kind_name(enum origin_kind kind)
{
	static const char *const names[] = {
		[ORIGIN_BUILT_IN] = "built in",
		[ORIGIN_DEFAULTS] = "defaults",
		[ORIGIN_PROFILE] = "profile",
		[ORIGIN_ENVIRONMENT] = "environment",
		[ORIGIN_COMMAND_LINE] = "command line",
	};
	return names[kind];
}

void origin_locate(const struct config *config, struct err *err)
{
	char name[64], text[sizeof err->msg];
	const char *msg = err->msg;
	if (strncmp(msg, "--", 2) != 0)
		return;
	size_t n = strspn(msg + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (n >= sizeof name || !strchr(" :=", msg[2 + n]))
		return;
	snprintf(name, sizeof name, "%.*s", (int)n, msg + 2);
	const struct origin *origin = origin_of(config, name);
	bool is_in_file =
		origin && (origin->kind == ORIGIN_DEFAULTS || origin->kind == ORIGIN_PROFILE);
	if (!is_in_file)
		return;
	memcpy(text, msg, sizeof text);
	err_set(err, err->kind == ERR_USAGE ? ERR_CONFIG : err->kind, "%s: %s", origin->place,
		text);
}
