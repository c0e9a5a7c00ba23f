/* SPDX-License-Identifier: MIT */
/*
 * admission: who is turned away at the door, and with which words.
 *
 * What a gateway checks before a model sees anything: key, model, load, limits. Knows no
 * connection; time is an argument. One thread at a time.
 */
#pragma once

#include "base/span.h"
#include "dialect.h"
#include "mock.h"
#include "reply.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * True, with *reply filled (the caller releases it), if keys are asked for and this is none of
 * them.
 */
bool admission_refuse_key(
	const struct mock *m, struct span key, const struct dialect *d, struct reply *reply);

/*
 * True, with *reply filled (the caller releases it), if the request with this key must not be
 * served now: an unknown model, a quota that is used up, too much at once, too much per minute.
 * Else its share of the limits has been taken.
 */
bool admission_refuse(struct mock *m, struct span key, const struct ask *ask, int64_t now_ms,
	struct reply *reply);
