/* SPDX-License-Identifier: MIT */
/*
 * doctor: pllm doctor: looks whether a run would work, and says what to mend.
 *
 * Free and read-only but for --live. Checks the configuration (each value and who said so), keys
 * (where found, for which origin; never shown), files, descriptors against -j, the cache, proxies,
 * and of each endpoint: name, connection, TLS and its certificates, clock, key, model, limits.
 */
#pragma once

#include "app/config.h"
#include "app/process.h"

/*
 * Runs all checks and writes what they found to standard output. Exit 0 only if all is well; 1 if
 * something is not; 2 if the command line or the configuration cannot be understood; 7 if the
 * output cannot be written.
 */
struct ending doctor_run(struct config *config);
