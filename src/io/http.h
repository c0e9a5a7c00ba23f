/* SPDX-License-Identifier: MIT */
/*
 * http: carries attempts to their endpoints and back. A few verbs over many libcurl multi handles.
 *
 * Never blocks but in http_wait, never calls back: finished attempts come as data. Every send is
 * one of ours: what the library would silently send again on a broken connection is stopped and
 * reported. Redirects are not followed. Ceilings on headers and body (after decompression) hold
 * while the answer arrives. Knows nothing of records, retries or what an answer means. The loop's
 * thread only.
 */
#pragma once

#include "base/err.h"
#include "base/wake.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/* The largest answer body, decompressed, and the most header bytes of one answer. */
#define HTTP_BODY_MAX_BYTES (64UL << 20)
#define HTTP_HEADERS_MAX_BYTES (256UL << 10)

struct http_opts {
	int64_t jobs; /* the most attempts at a time; descriptors are checked against it */
	int64_t connect_timeout_ms; /* for name look-up, TCP and TLS together; > 0 */
	bool has_large_answers;     /* megabytes rather than kilobytes */
};

struct http;

/*
 * Makes the room ready. Borrows opts and wake for its life; http_wait ends when wake is called.
 * NULL with err filled if the process may not open enough descriptors for opts->jobs (says which -j
 * would fit), or the library is unfit.
 */
struct http *http_new(const struct http_opts *opts, struct wake *wake, struct err *err);

/*
 * Makes the endpoint one that attempts can go to; borrows it for the room's life. False with err
 * filled if what it trusts cannot be loaded.
 */
bool http_add_endpoint(struct http *h, const struct endpoint *e, struct err *err);

/*
 * Takes the attempt, and starts it as soon as connections allow; it comes back through
 * http_take_done.
 */
void http_start(struct http *h, struct attempt *attempt);

/*
 * Sleeps until something finished, the wake was called, or timeout_ms (>= 0; -1 = for ever) have
 * passed; and moves all transfers on. wake_prepare must have been called; the wake is finished on
 * return.
 */
void http_wait(struct http *h, int64_t timeout_ms);

/* Gives back a finished attempt, in the order in which they finished, or NULL. */
struct attempt *http_take_done(struct http *h);

/* Gives an attempt that is here, or on its way back, more time: timeout_ms from its start. */
void http_extend(struct http *h, struct attempt *attempt, int64_t timeout_ms);

/* Ends an attempt that is here: it comes back through http_take_done with WIRE_CANCELLED. */
void http_cancel(struct http *h, struct attempt *attempt);

/* Gives one line that names the library and what it is built with; static text. */
const char *http_libraries(void);

/* Closes everything; attempts still here are given up, not given back. Fine on NULL. */
void http_free(struct http *h);
