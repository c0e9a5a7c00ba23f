/* SPDX-License-Identifier: MIT */
/*
 * cache_command: pllm cache, which looks after a file of answers. Asks nobody; start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "app/filter.h"

/*
 * Does what config->cache_command says with config->cache.path. Says on stderr what a person must
 * know. A signal ends the process where it stands, which leaves the cache sound.
 */
struct ending cache_command_run(struct config *config);
