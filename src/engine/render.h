/* SPDX-License-Identifier: MIT */
/*
 * render: the one place where a call becomes a request: by its step, its record and an endpoint's
 * API.
 *
 * First requests, those of later steps and those that ask again are all written here, at dispatch.
 * The loop's thread.
 */
#pragma once

#include "work/ask.h"
#include "work/attempt.h"
#include "work/plan.h"
#include "work/request.h"

#include <stdbool.h>

/*
 * Appends the request to the attempt's body, which is empty, and sets its api and path; may read a
 * picture's file. False with fault filled if the record yields no request.
 */
bool render_request(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault);
