/* SPDX-License-Identifier: MIT */
/*
 * render_batch: how a record of a batch file becomes a request.
 *
 * The record brings the whole request and perhaps its path; nothing is written here but what the
 * command line says otherwise. The loop's thread.
 */
#pragma once

#include "work/ask.h"
#include "work/attempt.h"

#include "work/plan.h"
#include "work/request.h"

#include <stdbool.h>

/* As render_request, for a plan with a batch format. */
bool render_batch(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault);
