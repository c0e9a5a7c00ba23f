/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include <string.h>

static const struct api *const rows[] = {
	&api_openai,
};

const struct api *api_find(const char *name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i]->name, name) == 0)
			return rows[i];
	return NULL;
}

const struct api *const *api_all(size_t *n)
{
	*n = sizeof rows / sizeof *rows;
	return rows;
}
