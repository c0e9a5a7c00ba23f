/* SPDX-License-Identifier: MIT */
/*
 * chat: what a call says, turn by turn, in the form that all chat APIs share.
 *
 * A call's prompt is one turn of the user; a record's `messages`, written as OpenAI or Anthropic
 * want them, are several, with pictures and tools' calls and results among them. Each API's file
 * writes them in its own words; what it has none for it refuses. Knows no API. Pure; the loop's
 * thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/ask.h"

#include <stdbool.h>
#include <stddef.h>

enum chat_role { CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL };

enum chat_kind {
	CHAT_TEXT,      /* text */
	CHAT_IMAGE,     /* media_type and data */
	CHAT_IMAGE_URL, /* text is the URL */
	CHAT_CALL,      /* of a tool: id, name, args */
	CHAT_RESULT     /* of a tool: id, perhaps name, text */
};

/* Texts are escaped; what a kind does not have is missing. */
struct chat_part {
	enum chat_kind kind;
	struct span text;
	struct span media_type; /* "image/png" */
	struct span data;       /* base64 */
	struct span detail;     /* of an image, how closely to look: OpenAI's alone */
	struct span id;
	struct span name;
	struct span args; /* a JSON object */
};

struct chat_turn {
	enum chat_role role;
	size_t first; /* index of its first part */
	size_t parts_n;
};

struct chat {
	bool has_system;
	struct buf system;       /* owned: -s, then the record's own system messages, escaped */
	struct chat_turn *turns; /* owned */
	size_t turns_n;
	struct chat_part *parts; /* owned */
	size_t parts_n;
	struct buf texts; /* owned: what had to be rendered */
	struct buf urls;  /* owned: of images */
};

/*
 * Reads what the call says: its prompt or messages with its images, and at a second time the answer
 * that would not do and what was wrong with it. False with fault filled (what, and in which
 * message) if there is nothing to say, or a message is none that can be told in other words;
 * release chat in either case.
 */
bool chat_init(struct chat *chat, const struct ask *ask, struct fault *fault);

/* Frees what chat holds; fine on a zeroed one. */
void chat_release(struct chat *chat);

/* Appends one part in an API's words. False with fault filled, or at out's ceiling. */
typedef bool chat_put_part(struct buf *out, const struct chat_part *part, const struct chat *chat,
	struct fault *fault);

/* Appends all parts of a turn, with commas between them. */
bool chat_put_parts(struct buf *out, const struct chat *chat, const struct chat_turn *turn,
	chat_put_part *put, struct fault *fault);

/* True if the turn has a part of that kind. */
bool chat_has(const struct chat *chat, const struct chat_turn *turn, enum chat_kind kind);

/* Appends the texts of a turn, escaped, one after the other. */
bool chat_put_texts(struct buf *out, const struct chat *chat, const struct chat_turn *turn);

/*
 * Gives the name of the tool whose result it is, escaped: the part's own, or that of the call with
 * its id not far before it; missing if there is none.
 */
struct span chat_tool_name(const struct chat *chat, const struct chat_part *result);

/* Appends the bytes of quoted escaped text: "...". */
bool chat_put_quoted(struct buf *out, struct span escaped);

/* Fills fault: this API has no words for such a part. Returns false. */
bool chat_refuse(struct fault *fault, const char *api, const char *what);
