/* SPDX-License-Identifier: MIT */
/*
 * config_file: the user's configuration file: defaults, profiles, and names for endpoints.
 *
 *         defaults:  { OPTION: VALUE, ... }           any long option that makes sense there
 *         profiles:  { NAME: { OPTION: VALUE } }      win over the defaults
 *         endpoints: { NAME: { url: URL, ... } }      see cli/names.h
 *         pools:     { NAME: [ENDPOINT, ...] }
 *
 * It is --config FILE, or else pllm/config.yaml in $XDG_CONFIG_HOME or in ~/.config; nothing is
 * ever read from the working directory. It decides where prompts and keys go, so one that others
 * could have written is refused. Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "cli/layers.h"
#include "cli/names.h"

#include <stdbool.h>

/*
 * Reads the file that opts name, if there is to be one, into layers and names. That there is none
 * is fine unless opts ask for it. False with err filled (with line and column if it is
 * about what the file says) if it cannot be trusted, read or understood.
 */
bool config_file_read(const struct config_file_opts *opts, struct layers *layers,
	struct names *names, struct err *err);
