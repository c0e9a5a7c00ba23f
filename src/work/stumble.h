/* SPDX-License-Identifier: MIT */
/*
 * stumble: what somebody probably meant by a line that is no JSON: JSON over several lines, CSV,
 * UTF-16, plain text. A guess from its first bytes, for a message. Pure.
 */
#pragma once

#include "base/span.h"
#include "json/scan.h"

#include <stdint.h>

/*
 * Gives what would be right instead of that line, of which line_n is the number from 1 and fault
 * what the scanner said; static text, NULL = there is no guess.
 */
const char *stumble_help(struct span text, uint64_t line_n, const struct json_fault *fault);
