/* SPDX-License-Identifier: MIT */
/*
 * commands: what pllm can be asked to do, and the words that say so. Pure; any thread.
 */
#pragma once

#include "app/config.h"

#include <stdbool.h>

/* What a command line asks for. */
enum cli_action {
	CLI_RUN,
	CLI_HELP_SHORT,
	CLI_HELP_LONG,
	CLI_VERSION,
	CLI_GENERATE_BASH,
	CLI_GENERATE_ZSH,
	CLI_GENERATE_FISH,
	CLI_GENERATE_MDOC,
	CLI_OFFER_MODELS, /* for completions: what the configuration file says */
	CLI_OFFER_ENDPOINTS,
	CLI_OFFER_FALLBACKS,
	CLI_OFFER_PROFILES,
	CLI_USAGE_ERROR
};

/* The first is the filter, which has no name. */
#define COMMAND_LAST COMMAND_DOCTOR
enum { COMMANDS_N = COMMAND_LAST + 1 };

/* The word that asks for help, about a command if one follows. */
#define COMMAND_HELP "help"

/* Gives the command's name; "" for the filter's. */
const char *command_name(enum command command);

/* Gives what it does, in a few words. */
const char *command_purpose(enum command command);

/* True if the word is a command's name, which *command is then. */
bool command_find(const char *word, enum command *command);

/* Gives the name, or "help", that is most like the word; NULL if none is near. */
const char *command_nearest(const char *word);

enum { CACHE_VERBS_N = CACHE_VERIFY + 1 };

/* True if the word behind "cache" is one of its verbs, which *verb is then. */
bool command_find_cache_verb(const char *word, enum cache_verb *verb);

/* Gives the verb's word. */
const char *command_cache_verb_name(enum cache_verb verb);

/* Gives the verb that is most like the word; NULL if none is near. */
const char *command_nearest_cache_verb(const char *word);
