/* SPDX-License-Identifier: MIT */
/*
 * arrival: a request as it came, for whoever reads it.
 *
 * Everything is borrowed and lives until the request is answered. One thread.
 */
#pragma once

#include "base/span.h"

#include <microhttpd.h>

struct arrival {
	struct MHD_Connection *connection; /* NULL: there are no headers */
	const char *method;
	const char *path;  /* decoded, without the query */
	const char *uri;   /* as it came, with the query */
	struct span named; /* what the path says in the place of its pattern's star */
	struct span body;
};

/* Gives the value of a header, in whatever case its name is; NULL if there is none. */
const char *arrival_header(const struct arrival *a, const char *name);

/* Gives the value of an argument of the query, "" if it has none; NULL if it is not there. */
const char *arrival_argument(const struct arrival *a, const char *name);

/*
 * Gives the key in an Authorization header (borrowed, may be NULL); missing if there is no bearer
 * key.
 */
struct span arrival_bearer(const char *authorization);
