/* SPDX-License-Identifier: MIT */
/*
 * environment: variables that say something.
 *
 * Start-up only: getenv and what it gives are good while nobody changes the environment.
 */
#pragma once

#include <stdlib.h>

/*
 * Gives the value of the variable, borrowed; NULL if it is not set or empty, or for a name that is
 * NULL.
 */
static inline const char *environment_get(const char *name)
{
	const char *value = name ? getenv(name) : NULL;
	return value && *value ? value : NULL;
}
