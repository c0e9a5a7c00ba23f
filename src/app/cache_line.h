/* SPDX-License-Identifier: MIT */
/*
 * cache_line: an entry of a cache as a line: for people, or as JSON for programs.
 *
 * What servers and models wrote is shown to people without what a terminal would obey. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/entry.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends milliseconds since 1970 as "2026-11-22T13:05:07Z"; "-" if they are no such time. */
void cache_line_put_time(struct buf *out, int64_t ms);

/*
 * Appends at most that many letters of plain text for a person, on one line: controls and what
 * turns the direction of writing as \u001b, a line feed as \n, bytes that are no UTF-8 as "?". Says
 * with "..." that there is more.
 */
void cache_line_put_shown(struct buf *out, struct span text, size_t letters_max);

/*
 * Appends the entry as a line of columns: when it was stored, what it is, tokens in+out, the model
 * that was asked, how the answer begins. Moves what the entry holds out of it. False if it is
 * damaged: the last column says so then.
 */
bool cache_line_put_row(struct buf *out, struct entry *e);

/*
 * Appends the entry as a line with a JSON object: all that is kept, but for the bytes of the
 * server's answer. Moves what the entry holds out of it. False if it is damaged: "damaged":true
 * stands for what cannot be read then.
 */
bool cache_line_put_json(struct buf *out, struct entry *e);
