/* SPDX-License-Identifier: MIT */
/*
 * chunk: pllm chunk, which cuts documents and asks nobody. Puts reader, work/chunk_document and
 * writer together, runs them, says how it ended.
 */
#pragma once

#include "app/config.h"
#include "app/filter.h"

/*
 * Runs the command. Says on stderr what a person must know. On return all is written and freed,
 * unless the run was cut short by a second signal, or by one while the output took nothing: then
 * only dying is left to do. Completes config in place where an option depends on another.
 */
struct ending chunk_run(struct config *config);
