/* SPDX-License-Identifier: MIT */
/*
 * result_part: the small pieces that an output line is made of.
 *
 * Nothing is checked piece by piece: out is full once its ceiling was met, and stays so. All but
 * out is borrowed. Pure; the writer's thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/embedding.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends a comma, unless this is the first of a list; from then on it is not. */
void result_put_comma(struct buf *out, bool *first);

/* Appends key as it is and then the number, of which a negative one is null. */
void result_put_number(struct buf *out, const char *key, int64_t n);

/* Appends escaped text as a JSON string; null if it is missing. */
void result_put_text(struct buf *out, struct span escaped);

/* Appends a scanned JSON value on one line, without half characters. */
void result_put_value(struct buf *out, struct span json);

/* Appends an answer as JSON on one line, without half characters; null if it has no words. */
void result_put_answer(struct buf *out, const struct answer *a);

/*
 * Appends a vector as a JSON array: as the server wrote it, unless its numbers are to be rounded,
 * or its length is to be 1 and the server has not seen to that. Null if it is base64 that is none.
 */
void result_put_vector(struct buf *out, const struct vector *v, const struct embedding *wanted);

/* Appends "message":... of an error, as one text whatever marks it has; NULL = it has no words. */
void result_put_message(struct buf *out, const char *message);

/* Appends "code":...,"message":... of an error; NULL likewise. */
void result_put_error(struct buf *out, enum error_code code, const char *message);
