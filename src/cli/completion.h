/* SPDX-License-Identifier: MIT */
/*
 * completion: how an option's value is completed, said in one way for all shells.
 *
 * All of it comes from the options table: choices and file names from a row's kind and traits, a
 * step before the value and words that it may be from how help calls the value, and the rest from
 * what the row says it offers. Pure; any thread.
 */
#pragma once

#include "cli/options.h"

#include <stdbool.h>
#include <stdio.h>

enum { COMPLETION_HOW_MAX = 24 };

/*
 * Writes how the value is completed: a word, and marks behind it. Returns out.
 *
 *         none                   there is no value
 *         free                   nothing can be offered
 *         words                  what completion_put_words prints
 *         apis                   what completion_put_apis prints
 *         files  steps  models  endpoints  fallbacks  profiles
 *
 *         = or :                 a step that was named before may stand in front, and this between
 *         ~                      a step may stand in front, which is named here, and "=" between
 *         ,                      several, with commas between them
 */
const char *completion_how(const struct option *o, char out[COMPLETION_HOW_MAX]);

/* Prints the words that the value may be, with that between two. */
void completion_put_words(FILE *out, const struct option *o, const char *between);

/* Prints the names of APIs: of those that give vectors, or of the others. */
void completion_put_apis(FILE *out, bool embeds, const char *between);

/* True if the value begins with the name of a step that it makes. */
bool completion_names_step(const struct option *o);

/* True if the value may be left out; then one is only there behind "=". */
bool completion_is_optional(const struct option *o);

/* True if the next word is the value, unless it stands behind "=" or a letter. */
bool completion_takes_word(const struct option *o);

/* Prints the letters of the options that take a value, or of those that take none. */
void completion_put_letters(FILE *out, bool have_value);
