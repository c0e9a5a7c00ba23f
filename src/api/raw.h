/* SPDX-License-Identifier: MIT */
/*
 * raw: requests of batch files, which go out as they are and whose answers come back as they are.
 *
 * The rows stand beside those of the table and cannot be chosen by name: an endpoint keeps the row
 * that says how it is reached, its requests get one of these. Pure; the loop's thread.
 */
#pragma once

#include "api/api.h"
#include "work/plan.h"

/* Gives the row for requests of that format, which is not BATCH_NONE. */
const struct api *raw_api(enum batch format);
