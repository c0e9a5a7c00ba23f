/* SPDX-License-Identifier: MIT */
/*
 * turns: messages for APIs that want the user and the assistant to take turns.
 *
 * What a record says in such an API's own words is kept byte for byte, with all that only this API
 * knows (cache marks, documents); what is said in OpenAI's words is told in the API's. Results of
 * tools are the user's; neighbours of one role become one message. Knows no API. Pure; the loop's
 * thread.
 */
#pragma once

#include "api/chat.h"
#include "base/buf.h"
#include "base/span.h"
#include "work/ask.h"

#include <stdbool.h>
#include <stddef.h>

/* How an API wants its messages. */
struct turns_style {
	bool (*is_own)(struct span message); /* a record's message is in the API's own words */
	chat_put_part *put;                  /* writes one block of what is not */
	bool has_bare_text;                  /* content that is one text may be a string */
};

struct turn; /* private */

struct turns {
	const struct turns_style *style;
	struct chat chat;   /* owned: what has to be told in other words; its system message holds
			       whichever way the turns are told */
	struct turn *items; /* owned */
	size_t n;
};

/*
 * Collects what the call says; at a second time also the answer that would not do. Borrows all of
 * it. False with fault filled as chat_init says; release t in either case.
 */
bool turns_init(struct turns *t, const struct ask *ask, const struct turns_style *style,
	struct fault *fault);

/* Frees what t holds. */
void turns_release(struct turns *t);

/* Appends the messages with commas between them. False with fault filled, or at out's ceiling. */
bool turns_put(const struct turns *t, struct buf *out, struct fault *fault);

/* True if the message's role is user or assistant, and it has nothing but a role and content. */
bool turns_is_plain(struct span message);

/*
 * Gives the kind of a picture that these APIs take, by its escaped media type: "jpeg", "png", "gif"
 * or "webp"; static. NULL with fault filled if it is another.
 */
const char *turns_picture(struct span media_type, const char *api, struct fault *fault);
