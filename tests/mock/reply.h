/* SPDX-License-Identifier: MIT */
/*
 * reply: what is going to be answered, as a value.
 *
 * Made at once when a request has arrived, sent when its time has come (see wire). Also the
 * catalogue of OpenAI's errors. Knows no connection. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/rng.h"
#include "latency.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define REPLY_JSON "application/json"
#define REPLY_STREAM "text/event-stream; charset=utf-8"

/* What becomes of the answer on its way. */
enum reply_manner {
	REPLY_WHOLE,
	REPLY_GZIP,      /* packed, if the client accepts that */
	REPLY_SLOW,      /* in small pieces over two seconds */
	REPLY_TRUNCATED, /* announced longer than it is, then closed */
	REPLY_DROP,      /* none: the connection is closed */
	REPLY_RESET,     /* none: the connection is reset */
	REPLY_HANG,      /* none, ever */
	REPLY_CUT,       /* half of it, then closed */
	REPLY_HALF,      /* half of it, as if that were all */
	REPLY_STALL,     /* half of it, and then nothing, ever */
};

struct reply {
	int status;
	enum reply_manner manner;
	const char *content_type; /* borrowed, as the three below: literals */
	const char *location;     /* NULL: no such header */
	const char *allow;
	const char *should_retry;
	char retry_after[40]; /* "": no such header */
	char retry_after_ms[40];
	bool is_stream;            /* the body is events, sent one by one */
	const struct latency *gap; /* borrowed: the time between two of them; NULL: none */
	struct rng luck;           /* which is drawn from this */
	struct buf body;           /* owned */
};

/* An error as OpenAI describes one. */
struct api_error {
	int status;
	const char *type;
	const char *code;  /* NULL becomes null */
	const char *param; /* NULL becomes null */
	char message[256];
};

/* Gives the error that usually comes with a status (400 to 599), borrowed for ever. */
const struct api_error *api_error_of(int status);

/* Gives the error with this code, borrowed for ever; the code must be one of the catalogue. */
const struct api_error *api_error_named(const char *code);

/* Writes the message of e, printf-style; what is too long is cut between two characters. */
void api_error_say(struct api_error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fills r with a status and a body of JSON, which it takes. */
void reply_json(struct reply *r, int status, struct buf json);

/* Fills r with a status and a copy of a string as its body, which is said to be JSON. */
void reply_text(struct reply *r, int status, const char *text);

/*
 * Fills r with a status and a tree as its body, which it takes; NULL, a tree without memory, ends
 * the program.
 */
void reply_tree(struct reply *r, int status, json_t *tree);

/* Fills r with an error and its status; keeps nothing of e. */
void reply_error(struct reply *r, const struct api_error *e);

/* Frees the body and zeroes r; fine on a zeroed one. */
void reply_release(struct reply *r);

/*
 * Gives the largest length <= n at which the n bytes at `text`, valid UTF-8 but for a cut end, may
 * end.
 */
size_t utf8_fit(const char *text, size_t n);
