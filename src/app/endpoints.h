/* SPDX-License-Identifier: MIT */
/*
 * endpoints: from what the command line and the environment say about whom to ask, to an endpoint
 * with its key. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "work/endpoint.h"

/*
 * Fills e (zeroed). Reads keys. False with err filled (ERR_USAGE), which never holds a secret; e is
 * then to be released all the same.
 */
bool endpoints_make(struct endpoint *e, const struct endpoint_opts *o, struct err *err);
