/* SPDX-License-Identifier: MIT */
/*
 * cache_file: what --cache asks of the rest of the command line. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * Completes config->cache by what other options say of it: --retry-errors has failures in it left
 * aside, a dry run stores nothing. Without --cache, what the environment or the configuration file
 * say of one is left aside. False with err filled if an option was given that makes no
 * sense without a cache, or with one.
 */
bool cache_file_prepare(struct config *config, struct err *err);
