/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include "base/near.h"

#include <string.h>

static const struct {
	const char *name, *purpose;
} rows[COMMANDS_N] = {
	[COMMAND_FILTER] = { "", "each record with its answer" },
	[COMMAND_REDUCE] = { "reduce", "many records to one" },
	[COMMAND_EMBED] = { "embed", "records to vectors" },
	[COMMAND_CHUNK] = { "chunk", "documents to pieces" },
	[COMMAND_CACHE] = { "cache", "look after a cache file" },
	[COMMAND_DOCTOR] = { "doctor", "check configuration and endpoints" },
};

static const char *const cache_verbs[CACHE_VERBS_N] = {
	[CACHE_STATS] = "stats",
	[CACHE_LS] = "ls",
	[CACHE_RM] = "rm",
	[CACHE_EXPORT] = "export",
	[CACHE_VERIFY] = "verify",
};

const char *command_name(enum command command)
{
	return rows[command].name;
}

const char *command_purpose(enum command command)
{
	return rows[command].purpose;
}

bool command_find(const char *word, enum command *command)
{
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		if (strcmp(word, rows[c].name) == 0) {
			*command = c;
			return true;
		}
	return false;
}

const char *command_nearest(const char *word)
{
	const char *names[COMMANDS_N] = { COMMAND_HELP };
	for (enum command c = COMMAND_FILTER + 1; c <= COMMAND_LAST; c++)
		names[c] = rows[c].name;
	return near_find(word, names, COMMANDS_N);
}

bool command_find_cache_verb(const char *word, enum cache_verb *verb)
{
	for (size_t i = 0; i < CACHE_VERBS_N; i++)
		if (strcmp(word, cache_verbs[i]) == 0) {
			*verb = (enum cache_verb)i;
			return true;
		}
	return false;
}

const char *command_cache_verb_name(enum cache_verb verb)
{
	return cache_verbs[verb];
}

const char *command_nearest_cache_verb(const char *word)
{
	return near_find(word, cache_verbs, CACHE_VERBS_N);
}
