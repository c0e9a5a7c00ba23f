/* SPDX-License-Identifier: MIT */
/*
 * sigv4: whether a request is signed as Amazon wants it, worked out anew.
 *
 * Shares nothing with the signer of pllm, on purpose. One thread at a time.
 */
#pragma once

#include "arrival.h"

#include <stdbool.h>
#include <stdint.h>

/* True if the request has an Authorization header of this kind, right or wrong. */
bool sigv4_is_signed(const struct arrival *a);

/*
 * True if the request's signature is that of this secret, for Bedrock, not older than five minutes
 * at wall_s. Without a secret (NULL) the form alone is looked at. *why (borrowed for ever) says
 * what is wrong.
 */
bool sigv4_check(const struct arrival *a, const char *secret, int64_t wall_s, const char **why);
