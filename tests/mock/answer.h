/* SPDX-License-Identifier: MIT */
/*
 * answer: what is said, always the same for the same request.
 *
 * Texts, how they end and what they cost; a dialect gives them their form. What a model or a server
 * can do wrong in an answer (refuse, stop short, call a tool, forget members) is a shape. Knows
 * neither HTTP nor faults of transport. One thread at a time.
 */
#pragma once

#include "ask.h"
#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* What the text is made of, unless the prompt says `[[answer:TEXT]]`. */
struct answer_style {
	enum answer_kind { ANSWER_ECHO, ANSWER_WORDS, ANSWER_FIXED } kind;
	uint64_t words_n;  /* of ANSWER_WORDS */
	struct span fixed; /* of ANSWER_FIXED; borrowed, valid UTF-8 */
};

#define ANSWER_REFUSAL "I'm sorry, but I can't help with that."
#define ANSWER_THOUGHT "Let me think about this."
#define ANSWER_TOOL "lookup"
#define ANSWER_TOOL_ARGUMENTS "{\"query\":\"mock\"}"

/* The most words, or deltas, that may be asked for. */
#define ANSWER_WORDS_MAX 1000000

enum answer_shape {
	SHAPE_TEXT,
	SHAPE_NULL,     /* content null, and no refusal */
	SHAPE_REFUSAL,  /* in the place of the text; an answer where there are no refusals */
	SHAPE_FILTER,   /* filtered on its way out */
	SHAPE_LENGTH,   /* half the text, cut by the limit of tokens */
	SHAPE_TOOLS,    /* one tool call and no text */
	SHAPE_EMPTY,    /* no choices at all */
	SHAPE_ERROR,    /* of a stream: half the text, then an error */
	SHAPE_OPEN,     /* of a stream: all the text, and none of what ends it */
	SHAPE_MISSING,  /* the member that holds the text is not there */
	SHAPE_NUMBER,   /* the text is a number */
	SHAPE_ODD,      /* it ends for a reason nobody has heard of */
	SHAPE_STRINGS,  /* the numbers of the usage are strings */
	SHAPE_NO_USAGE, /* there is no usage */
	SHAPE_PROSE,    /* talk where JSON was wanted */
	SHAPE_FENCED,   /* JSON in a fence of Markdown */
	SHAPE_MISMATCH, /* JSON that is no instance of the schema */
	SHAPE_BLOCKED,  /* the prompt was blocked: no text, where that is an answer */
	SHAPE_SEED,     /* the text is the request's seed */
	SHAPE_LEFT_OUT, /* of a list: an item is not there */
	SHAPE_SHORT,    /* of vectors: one number is missing */
	SHAPE_HOLE,     /* of vectors: one number is null, or no number */
};

/* Why a choice ends. */
enum answer_finish {
	FINISH_STOP,
	FINISH_LENGTH,
	FINISH_TOOLS,
	FINISH_FILTER,
	FINISH_REFUSAL,
	FINISH_BLOCKED,
	FINISH_ODD,
	FINISHES_N
};

/* What the script wants of an answer. */
struct answer_plan {
	enum answer_shape shape;
	int64_t cached;    /* tokens of the prompt that came from a cache */
	int64_t reasoning; /* tokens that were thought */
	int64_t deltas_n;  /* the text is so many characters, each an event; 0: no */
	size_t item;       /* of vectors: the one that the shape is about */
};

struct choice {
	struct buf text;
	enum answer_finish finish;
};

struct answer {
	const struct ask *ask; /* borrowed */
	struct answer_plan plan;
	struct choice *choices; /* owned */
	size_t choices_n;       /* 0: SHAPE_EMPTY */
	int64_t input;          /* tokens, the cached ones among them */
	int64_t output;         /* of the texts, without reasoning */
	uint64_t id;
};

/* A number of the usage, as this answer writes numbers. */
struct shown {
	char text[24];
};

/* Makes an answer that borrows ask; nothing of plan or style is kept. */
void answer_init(struct answer *a, const struct ask *ask, const struct answer_style *style,
	const struct answer_plan *plan);

/* True if there is no text: a call, a refusal where there are such, null. */
bool answer_is_textless(const struct answer *a);

/* Gives the text of a choice, borrowed. */
struct span answer_text(const struct answer *a, size_t i);

/*
 * Appends a member that holds a text: what stands before its value (comma, name, colon), and the
 * text, or whatever the shape puts there. SHAPE_MISSING appends nothing.
 */
void answer_put_text(struct buf *out, const struct answer *a, const char *name, struct span text);

/*
 * Takes the next piece, a token, off a text that is streamed, never cutting a character. False if
 * nothing is left.
 */
bool answer_take_piece(const struct answer *a, struct span *text, struct span *piece);

/* Gives a number of the usage as this answer writes it. */
struct shown answer_shown(const struct answer *a, int64_t number);

/* True if the end of the stream is to be told. */
bool answer_has_end(const struct answer *a);

/* Frees what a holds. */
void answer_release(struct answer *a);
