/* SPDX-License-Identifier: MIT */
/*
 * files: which files the command line names, so that none is two things at once. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"

#include <stdbool.h>

/*
 * False with err filled if the run would write a file that it reads, or that is written
 * for another option, or as what another one is written as until the end (FILE.partial, what SQLite
 * keeps beside a cache). Names are followed to what they stand for, and so is
 * standard output where the records go there. Only -o and --ids may
 * name the input, which they replace when all is done. Of pllm embed: before embed_prepare.
 */
bool files_check(const struct config *config, struct err *err);
