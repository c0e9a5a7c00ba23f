/* SPDX-License-Identifier: MIT */
/*
 * reply: what is going to be answered, as a value.
 *
 * Made at once when a request has arrived, sent when its time has come (see wire). Knows neither
 * dialects nor connections. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/rng.h"
#include "error.h"
#include "latency.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define REPLY_JSON "application/json"
#define REPLY_STREAM "text/event-stream; charset=utf-8"
#define REPLY_LINES "application/x-ndjson"
#define REPLY_FRAMES "application/vnd.amazon.eventstream"

/* What becomes of the answer on its way. */
enum reply_manner {
	REPLY_WHOLE,
	REPLY_GZIP,      /* packed, if the client accepts that */
	REPLY_SLOW,      /* in small pieces over two seconds */
	REPLY_DRIP,      /* byte by byte, as fast as it goes */
	REPLY_TRUNCATED, /* announced longer than it is, then closed */
	REPLY_DROP,      /* none: the connection is closed */
	REPLY_RESET,     /* none: the connection is reset */
	REPLY_HANG,      /* none, ever */
	REPLY_CUT,       /* half of it, then closed */
	REPLY_HALF,      /* half of it, as if that were all */
	REPLY_STALL,     /* half of it, and then nothing, ever */
};

/* Where an event of a stream ends. */
enum event_end { EVENT_BLANK_LINE, EVENT_LINE, EVENT_FRAME };

struct reply {
	int status;
	enum reply_manner manner;
	const char *content_type; /* borrowed, as all strings here: literals */
	const char *location;     /* NULL: no such header */
	const char *allow;
	const char *should_retry;
	const char *error_type; /* x-amzn-errortype */
	const char
		*ms_header; /* the name of the header that hint.ms goes to; NULL: retry-after-ms */
	struct hint hint;
	const char *tokens_header; /* NULL: no such header */
	int64_t tokens;            /* which it tells of */
	int64_t input, output;     /* tokens that an answer is billed for */
	bool is_stream;            /* the body is events, sent one by one */
	enum event_end event_end;  /* of them */
	const struct latency *gap; /* borrowed: the time between two of them; NULL: none */
	struct rng luck;           /* which is drawn from this */
	struct buf body;           /* owned */
};

/* Fills r with a status and a body of JSON, which it takes. */
void reply_json(struct reply *r, int status, struct buf json);

/* Fills r with a status and a copy of a string as its body, which is said to be JSON. */
void reply_text(struct reply *r, int status, const char *text);

/*
 * Fills r with a status and a tree as its body, which it takes; NULL, a tree without memory, ends
 * the program.
 */
void reply_tree(struct reply *r, int status, json_t *tree);

/* Frees the body and zeroes r; fine on a zeroed one. */
void reply_release(struct reply *r);
