/* SPDX-License-Identifier: MIT */
#include "arrival.h"

#include <strings.h>

#define BEARER "Bearer "

const char *arrival_header(const struct arrival *a, const char *name)
{
	if (!a->connection)
		return NULL;
	return MHD_lookup_connection_value(a->connection, MHD_HEADER_KIND, name);
}

const char *arrival_argument(const struct arrival *a, const char *name)
{
	const char *value = NULL;
	if (!a->connection ||
		MHD_lookup_connection_value_n(a->connection, MHD_GET_ARGUMENT_KIND, name,
			strlen(name), &value, NULL) != MHD_YES)
		return NULL;
	return value ? value : "";
}

struct span arrival_bearer(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, BEARER, sizeof BEARER - 1) != 0)
		return (struct span){ 0 };
	return span_of(authorization + sizeof BEARER - 1);
}
