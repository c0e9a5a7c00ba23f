/* SPDX-License-Identifier: MIT */
/*
 * commands: the words that say what pllm is to do. Pure; any thread.
 */
#pragma once

#include "app/config.h"

#include <stdbool.h>

/* The first is the filter, which has no name. */
#define COMMAND_LAST COMMAND_CACHE
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
