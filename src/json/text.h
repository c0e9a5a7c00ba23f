/* SPDX-License-Identifier: MIT */
/*
 * text: between plain text and the inside of JSON strings.
 *
 * "Escaped" means what stands between the quotes of a JSON string, quotes not included; "plain"
 * means the text it stands for, UTF-8. What is called json_put_ appends to a struct buf, borrows
 * its input (which must not lie in that buf), and returns false, the buf possibly holding a part,
 * only when the ceiling is reached. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends plain UTF-8 as escaped text: quote, backslash and controls below U+0020 are escaped, all
 * else is copied. Six bytes for one at most.
 */
bool json_put_escaped(struct buf *out, struct span plain);

/*
 * Appends any bytes as escaped text; what is not UTF-8 becomes U+FFFD, one for each maximal subpart
 * of a sequence, as the Unicode standard recommends (chapter 3, "U+FFFD substitution").
 */
bool json_put_escaped_lossy(struct buf *out, struct span bytes);

/* Appends the same of a text with its quotes; null for NULL. */
void json_put_text(struct buf *out, const char *text);

/*
 * Appends escaped text of a scanned string as plain text; a lone surrogate becomes U+FFFD. Never
 * more bytes than the escaped text has.
 */
bool json_put_plain(struct buf *out, struct span escaped);

/*
 * Gives the first escape of a surrogate without its other half in escaped text of a scanned string,
 * or NULL.
 */
const char *json_find_lone_surrogate(struct span escaped);

/*
 * Overwrites each escape of a lone surrogate with that of U+FFFD, which is as long, in escaped text
 * or in JSON: half a character is no text, and many readers refuse all of a line with one in it.
 */
void json_mend_surrogates(char *bytes, size_t n);

/* Appends plain UTF-8 as a whole JSON string, with its quotes. */
bool json_put_string(struct buf *out, struct span plain);

/* True if the escaped text, of a scanned string, stands for the plain text. */
bool json_escaped_equals(struct span escaped, struct span plain);

/* Gives how many bytes there are before the first that is not valid UTF-8; bytes.n if all are. */
size_t utf8_valid_n(struct span bytes);

/* True if all is valid UTF-8: no overlong forms, surrogates or values above U+10FFFF. */
bool utf8_is_valid(struct span bytes);

/*
 * Gives the part of valid UTF-8 text that holds its first n code points; all of it if it has no
 * more.
 */
struct span utf8_first(struct span text, size_t n);

/* Gives the text without the ASCII white space (space, \t \n \v \f \r) at its two ends. */
struct span utf8_trimmed(struct span text);
