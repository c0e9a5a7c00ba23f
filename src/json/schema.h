/* SPDX-License-Identifier: MIT */
/*
 * schema: whether a JSON value is what a JSON Schema asks for (draft 2020-12).
 *
 * A schema is compiled once, at start-up, from a document that stands alone; values are checked
 * where they lie. Knows these keywords:
 *
 *     type enum const
 *     properties required additionalProperties patternProperties propertyNames minProperties
 *     maxProperties dependentRequired dependentSchemas
 *     items prefixItems contains minContains maxContains minItems maxItems uniqueItems
 *     minLength maxLength pattern
 *     minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
 *     anyOf allOf oneOf not if then else
 *     $ref $id $anchor $defs definitions, all within the document
 *
 * and passes over annotations: title description default examples $comment format deprecated
 * readOnly writeOnly contentEncoding contentMediaType contentSchema, and names that begin with x-.
 * What else stands in a schema is refused by name, so that no keyword is silently ignored. The
 * dialects draft-07 and 2019-09 are taken where they mean the same.
 *
 * Numbers are compared as the decimals they are written as, of any length and exponent up to
 * 10^18 either way; a multipleOf has at most 18 significant digits. Strings are compared decoded,
 * a lone surrogate as U+FFFD, and measured in code points. Where an object has a name twice, each
 * of the two is checked and counted. A pattern is ECMAScript's (flag u, a little more lenient),
 * matched anywhere in the string; its lookbehinds have a fixed length.
 *
 * A check does bounded work: steps in proportion to the value's length, above a floor; at the
 * bound the value fails, and the message says why. Pure, no state of its own: any thread may
 * check with a schema that is shared.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>

struct schema; /* private */

struct schema_fault {
	char msg[640]; /* NUL-terminated UTF-8, one line: `/age: expected an integer, found "12"` */
};

/*
 * Compiles a document, borrowed. Gives NULL and fills err (ERR_SCHEMA: what is wrong, and where, as
 * a JSON pointer) if it is no JSON, no schema, or asks for what is not known here: all unknown and
 * unsupported keywords are named, up to a few.
 */
struct schema *schema_new(struct span text, struct err *err);

/* Frees a schema; fine on NULL. */
void schema_free(struct schema *s);

/*
 * True if a scanned value, borrowed, meets the schema. False with fault filled: the place, what was
 * expected there and what was found, for whoever made the value to mend it by; parts of the value
 * are quoted up to some 80 bytes, whole characters.
 */
bool schema_check(const struct schema *s, struct span value, struct schema_fault *fault);

/* Gives the document as compact JSON, borrowed for the life of the schema. */
struct span schema_text(const struct schema *s);

/*
 * True if the schema keeps the rules under which OpenAI guarantees it ("strict"): the root is an
 * object, every object is closed and requires all it names, and only keywords, references and sizes
 * documented for strict mode occur. When in doubt, false.
 */
bool schema_is_strict(const struct schema *s);
