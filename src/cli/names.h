/* SPDX-License-Identifier: MIT */
/*
 * names: endpoints and pools that the configuration file gives names to.
 *
 * A name stands for texts as they follow --endpoint; when all options are settled, names in
 * --endpoint and --fallback are replaced by what they stand for, so that nobody else has to know
 * that there are names. Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "json/yaml.h"

#include <stdbool.h>
#include <stddef.h>

struct name;

struct names {
	struct name *items; /* owned */
	size_t n;
	char *file; /* owned: where they come from, for messages; NULL = there is no file */
	struct strings profiles; /* by cli/config_file.c: what the file's profiles are called */
};

/*
 * Reads the map of endpoints, then that of pools (each borrowed, or NULL) of the document. False
 * with err filled (begins with the place) if one cannot be understood.
 */
bool names_read(struct names *names, const struct yaml *y, const struct yaml_node *endpoints,
	const struct yaml_node *pools, struct err *err);

/*
 * Replaces the names in the settled config's endpoints and fallbacks; what follows a name after a
 * comma is added to each of its endpoints. Models that the command line gives for all steps win
 * over one of --endpoint's names that is none of them, not over those of fallbacks. False with err
 * filled if an endpoint is neither a URL nor a name.
 */
bool names_expand(const struct names *names, struct config *config, struct err *err);

/* Gives the name at that place, below n; borrowed. */
const char *names_name(const struct names *names, size_t at);

/* Gives the model of the endpoint at that place; borrowed, NULL = it has none, or is a pool. */
const char *names_model_of(const struct names *names, size_t at);

/* True if the text, up to its first comma, is a name. */
bool names_begin(const struct names *names, const char *text);

/* Frees what names holds; fine on a zeroed one. */
void names_release(struct names *names);
