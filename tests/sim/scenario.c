/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <string.h>

static const struct scenario_table *const tables[] = {
	&table_flow,
	&table_ends,
	&table_rates,
	&table_limits,
	&table_storms,
	&table_pools,
	&table_kept,
};

const struct scenario *scenario_nth(size_t n)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (n < tables[i]->n)
			return &tables[i]->rows[n];
		n -= tables[i]->n;
	}
	return NULL;
}

const struct scenario *scenario_find(const char *name)
{
	const struct scenario *s;
	for (size_t i = 0; (s = scenario_nth(i)); i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}
