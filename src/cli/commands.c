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
