/* SPDX-License-Identifier: MIT */
/*
 * catalog: the lists of models, in the forms that the vendors have for them.
 *
 * Several share a path and are told apart as their own servers would: by a header or an argument.
 * One thread.
 */
#pragma once

#include "arrival.h"
#include "dialect.h"
#include "options.h"

#include <jansson.h>

struct catalog {
	const char *path;
	const struct dialect *dialect; /* whose keys and errors it has */
	const char *header;            /* only with this header; NULL: with any */
	const char *argument;          /* only with this argument; NULL: with any */

	/* Gives the page that is asked for, which the caller owns; NULL if memory is out. */
	json_t *(*page)(const struct option_list *models, const struct arrival *a);
};

/* Gives the list that a GET asks for; NULL if it asks for none. */
const struct catalog *catalog_of(const struct arrival *a);
