/* SPDX-License-Identifier: MIT */
/*
 * options: the one table of what can be said on the command line.
 *
 * A row says which commands take it, and drives the parser, the environment, -h and --help, the
 * OPTIONS part of the manual, the completions of three shells, and "the nearest is". Rows are const
 * and name the field of struct config that they fill; a row whose kind does not fit its field's C
 * type does not compile (options_row.h). Knows the rooms' option structs, not the rooms. Pure.
 */
#pragma once

#include "app/config.h"
#include "base/span.h"
#include "cli/commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value is, and what C type the field has. */
enum option_kind {
	OPTION_FLAG,     /* no value: does what `effects` say */
	OPTION_ACTION,   /* ends parsing with an enum cli_action: `action`, or the choice's value */
	OPTION_INT,      /* int64_t */
	OPTION_DURATION, /* int64_t, milliseconds */
	OPTION_SIZE,     /* uint64_t, bytes */
	OPTION_CHOICE,   /* int, one of `choices` */
	OPTION_STRING,   /* char *, owned by the config */
	OPTION_LIST      /* struct strings */
};

enum option_trait {
	OPTION_HAS_ENV = 1,      /* PLLM_<NAME> is its default; never for secrets, URLs, headers */
	OPTION_IS_FILE = 2,      /* the value is a file's name */
	OPTION_IS_TEXT = 4,      /* the value is free text: it may look like anything */
	OPTION_MAY_BE_EMPTY = 8, /* an empty value means something */
	OPTION_IS_REPEATABLE = 16,
	OPTION_IS_COMMON = 32, /* -h shows it */
	OPTION_IS_HIDDEN = 64, /* no help, manual or completion shows it */
	OPTION_IS_TYPED = 128  /* makes no sense in a configuration file */
};

/* What is known elsewhere of what a value may be, for completions. */
enum option_offer {
	OPTION_OFFERS_NOTHING,
	OPTION_NAMES_STEP, /* it begins with the name of a step that it makes */
	OPTION_OFFERS_STEPS,
	OPTION_OFFERS_MODELS,    /* of the configuration file; so are all below but APIs */
	OPTION_OFFERS_ENDPOINTS, /* and pools */
	OPTION_OFFERS_FALLBACKS, /* models, endpoints and pools */
	OPTION_OFFERS_APIS,
	OPTION_OFFERS_PROFILES
};

struct option_choice {
	const char *name; /* NULL ends the list */
	int value;
};

/* What a flag sets: a bool or an int. */
struct option_effect {
	enum { EFFECT_NONE, EFFECT_BOOL, EFFECT_INT } kind;
	size_t field;
	int value;
};

enum { OPTION_EFFECTS_MAX = 2 };

/* Which commands take an option: a set of them: those that ask somebody, that read records, all. */
enum option_takers {
	OPTION_IS_FILTERS = 1 << COMMAND_FILTER,
	OPTION_IS_REDUCES = 1 << COMMAND_REDUCE,
	OPTION_IS_EMBEDS = 1 << COMMAND_EMBED,
	OPTION_IS_CHUNKS = 1 << COMMAND_CHUNK,
	OPTION_IS_ASKERS = OPTION_IS_FILTERS | OPTION_IS_REDUCES | OPTION_IS_EMBEDS,
	OPTION_IS_CACHES = 1 << COMMAND_CACHE,
	OPTION_IS_DOCTORS = 1 << COMMAND_DOCTOR,
	OPTION_IS_SHARED = OPTION_IS_ASKERS | OPTION_IS_CHUNKS,
	OPTION_IS_CALLERS = OPTION_IS_ASKERS | OPTION_IS_DOCTORS,
	OPTION_IS_ALL = OPTION_IS_SHARED | OPTION_IS_CACHES | OPTION_IS_DOCTORS
};

struct option {
	const char *name;    /* long name; NULL = there is none */
	const char *letters; /* each one a short name, the first is shown; NULL = none */
	enum option_kind kind;
	size_t field;         /* offset in struct config; not for flags and actions */
	const char *value;    /* how help calls the value: "FILE"; NULL = as the choices say */
	const char *standard; /* the default, set and shown; NULL = none */
	const char *shown;    /* shown in its place; "" = nothing */
	const char *embeds;   /* for pllm embed, in place of what is shown; NULL = the same */
	const char *bare;     /* the value when given without one: then a value needs "=" */
	int64_t min, max;     /* of numbers, when given; in the field's unit */
	const struct option_choice *choices;
	struct option_effect effects[OPTION_EFFECTS_MAX];
	enum cli_action action;
	unsigned takers; /* of enum option_takers; never none */
	unsigned traits; /* of enum option_trait */
	enum option_offer offers;
	const char *help;   /* one line */
	const char *manual; /* a paragraph of mdoc; NULL = hidden */
};

struct option_group {
	const char *title;
	const struct option *rows;
	size_t rows_n;
};

/* The table: all groups in the order in which they are shown; NULL at the end. */
extern const struct option_group *const option_groups[];

/*
 * For walks over all rows: gives the row after `o`, from NULL the first; NULL at the end.
 *
 *         for (const struct option *o = option_next(NULL); o; o = option_next(o))
 */
const struct option *option_next(const struct option *o);

/* Gives the row of that exact long name, or NULL. */
const struct option *option_find(struct span name);

/* Gives the row of that letter, or NULL. */
const struct option *option_find_letter(char letter);

/* Gives the shown row whose long name begins so, or is most like it; NULL if none is near. */
const struct option *option_nearest(struct span name);

/* True if the option is followed by a value, or may be. */
bool option_has_value(const struct option *o);

/* True if the row is to be shown to people. */
bool option_is_shown(const struct option *o);

/* True if the option is the command's own: help, manual and completions have it. */
bool option_is_for(const struct option *o, enum command command);

/*
 * True if the command takes the option: its own, and for pllm doctor those of all runs, so that the
 * command line that is to be looked at can follow the word as it is.
 */
bool option_is_taken_by(const struct option *o, enum command command);
