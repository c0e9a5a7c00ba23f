/* SPDX-License-Identifier: MIT */
/*
 * credentials: the headers and keys that requests carry, given only to whom they belong.
 *
 * Each source is read once, however many endpoints there are: a descriptor gives its bytes but
 * once. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "base/strings.h"
#include "work/endpoint.h"

#include <stdbool.h>

struct credentials {
	const struct endpoint_opts *opts; /* borrowed */
	bool has_one_origin;              /* else no key is everybody's */
	struct strings lines;             /* owned: headers of all endpoints; secret */
	const struct api *key_api;        /* whose key `key` is; NULL = none was looked for */
	char *key;                        /* owned: of endpoints without their own; secret */
};

/*
 * Reads --header and --header-file into c, which borrows o for its life. has_one_origin says that
 * all endpoints have the same. False with err filled, never with a secret in it; c is
 * then to be released all the same.
 */
bool credentials_read(
	struct credentials *c, const struct endpoint_opts *o, bool has_one_origin, struct err *err);

/*
 * Gives e, which has all but its headers, these and its key: that of the variable key_env ("none" =
 * no key), or if NULL that of the run. With several origins there is none of the run; then what is
 * its API's own place, and not somebody else's, has the key of the API's usual variables. False
 * with err filled likewise if there must be a key and is none, or if it must not travel there;
 * where the options are lenient, e has no headers of the user's and no key then, and key_fault says
 * why.
 */
bool credentials_give(struct credentials *c, struct endpoint *e, char *key_env, bool is_own_place,
	struct err *err);

/* Overwrites and frees what c holds; fine on a zeroed one. */
void credentials_release(struct credentials *c);
