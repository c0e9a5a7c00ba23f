/* SPDX-License-Identifier: MIT */
/*
 * batch_files: what --input-format openai-batch and anthropic-batch ask of the rest of the command
 * line. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "app/endpoints.h"
#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * If the input is a batch file, sees to it that its results are written and that the API is the one
 * it is for, where nobody names another; else does nothing. False with err filled (which
 * names both) if an option was given that has no place in a batch.
 */
bool batch_files_prepare(struct config *config, struct err *err);

/* Gives the batch format of the input; BATCH_NONE if it has none. */
enum batch batch_files_format(const struct config *config);

/*
 * Makes the url of each endpoint, once it has its own, the place where the paths below /v1 begin,
 * and its base the place where all others do: a base URL that ends in /v1, or has no path, has
 * both; any other is taken for what its server has in place of /v1. False with err filled
 * (says what fits) if an endpoint's API cannot be asked so.
 */
bool batch_files_place(enum batch format, struct endpoints *list, struct err *err);
