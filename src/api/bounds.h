/* SPDX-License-Identifier: MIT */
/*
 * bounds: what a written request says of how much it may cost, beside api_max_tokens. Pure.
 */
#pragma once

#include "api/api.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives how many answers, each with that many tokens, a request is billed for: one, unless a line
 * of a batch file or a --param says n, best_of or several prompts.
 */
int64_t bounds_answers_n(struct span body);

/*
 * True if an answer is made of tokens that are counted; false for vectors, ranks, judgements. The
 * path is the request's own, or NULL.
 */
bool bounds_have_output(const struct api *api, const char *path);

/*
 * True if all that a request sends is in its body; false if it names pictures, files or earlier
 * talks: how many tokens these are, its bytes do not say.
 */
bool bounds_are_known(struct span body);
