/* SPDX-License-Identifier: MIT */
/*
 * options_row: how a row of the options table is written. Private to the table's files.
 *
 * Each macro names a field of struct config and gives the kind and the offset together, so that
 * a kind whose C type is another than the field's is refused by the compiler:
 *
 *         { .name = "jobs", .letters = "jP", INT(http.jobs), .value = "N", ... }
 */
#pragma once

#include "app/config.h"
#include "cli/options.h"

#include <stddef.h>

#define MEMBER(member) (((struct config *)0)->member)

/* The member's offset; does not compile unless the member is of that type. */
#define FIELD_OF(type, member) \
	(offsetof(struct config, member) + 0 * sizeof(_Generic(MEMBER(member), type : 0)))

#define INT(member) .kind = OPTION_INT, .field = FIELD_OF(int64_t, member)
#define DURATION(member) .kind = OPTION_DURATION, .field = FIELD_OF(int64_t, member)
#define SIZE(member) .kind = OPTION_SIZE, .field = FIELD_OF(uint64_t, member)
#define STRING(member) .kind = OPTION_STRING, .field = FIELD_OF(char *, member)
#define LIST(member) .kind = OPTION_LIST, .field = FIELD_OF(struct strings, member)
#define CHOICE(member, ...)                                    \
	.kind = OPTION_CHOICE, .field = FIELD_OF(int, member), \
	.choices = (const struct option_choice[])              \
	{                                                      \
		__VA_ARGS__,                                   \
		{                                              \
			0                                      \
		}                                              \
	}

/* A flag sets one or two members, each a bool or an int. */
#define SETS(member, to)                                                \
	{                                                               \
		.kind = _Generic(MEMBER(member), bool                   \
				 : EFFECT_BOOL, int                     \
				 : EFFECT_INT),                         \
		.field = offsetof(struct config, member), .value = (to) \
	}
#define FLAG(...) .kind = OPTION_FLAG, .effects = { __VA_ARGS__ }
#define ACTION(what) .kind = OPTION_ACTION, .action = (what)

/* The table's chapters; options.c puts them in order. */
#define ROWS_OF(array) (array), sizeof(array) / sizeof *(array)

extern const struct option_group options_io, options_prompt, options_steps, options_reduce,
	options_embed, options_chunk, options_endpoint, options_speed, options_patience,
	options_cache, options_money, options_seeing, options_doctor, options_help;
