/* SPDX-License-Identifier: MIT */
/*
 * base64_groups: four letters become three bytes, many groups at a time.
 *
 * Two ways to the same bytes. Knows nothing of padding. Private to base64 and its test. Pure; any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes the n (a multiple of 4) characters of text, borrowed, to n / 4 * 3 bytes. False if one is
 * no letter; what is written then is of no use.
 */
bool base64_groups(char *to, const char *text, size_t n);

/*
 * As base64_groups, but wide, where the machine can: from the front only as far as it gets with
 * ease, up to a character that is no letter at the latest. Gives how many characters, a multiple of
 * 4; often 0. Of the n / 4 * 3 bytes those after the decoded ones may be written too.
 */
size_t base64_groups_wide(char *to, const char *text, size_t n);
