/* SPDX-License-Identifier: MIT */
/*
 * dress: what is done to a body after it has been written.
 *
 * Line ends and comments of streams; errors in forms that nobody documents. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "reply.h"

/* How the lines of a stream are changed; they add up. */
enum dressing { DRESS_PLAIN = 0, DRESS_CRLF = 1, DRESS_CR = 2, DRESS_COMMENTS = 4 };

/*
 * Changes the line ends of a stream and puts a comment before each event. Lines of JSON have no
 * comments and do not end with CR alone; frames stay as they are.
 */
void dress_stream(struct buf *body, enum event_end event_end, enum dressing dressing);

/* Puts {"error":MESSAGE} in the place of a body. */
void dress_as_string(struct buf *body, const char *message);

/* Puts a body into an array. */
void dress_in_array(struct buf *body);

/* Spreads a body of compact JSON over lines, each two spaces further in than what it is in. */
void dress_prettily(struct buf *body);
