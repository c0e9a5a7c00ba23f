/* SPDX-License-Identifier: MIT */
/*
 * http_header: what of an answer's headers is kept: its type, its name in the server's log, what
 * is said of waiting and of limits. Private to io/http and io/probe.
 */
#pragma once

#include "base/span.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads one header line of n bytes into the attempt, whose endpoint is set; wall_s is now, in
 * seconds since 1970.
 */
void http_header_read(struct attempt *a, const char *line, size_t n, int64_t wall_s);

/* True if that value of a Content-Type means a page for people. */
bool http_header_is_html(struct span type);
