/* SPDX-License-Identifier: MIT */
/*
 * entry: an answer as a cache keeps it, and gives it again to who asks the same.
 *
 * Holds all that the output may show of it, in one run of bytes, its form: what the server said,
 * what was put together of that, where in it the parts of the answer are, and how the attempt went.
 * A vector is kept as float32 numbers. Knows no file. Reading a form is total: bytes that are
 * damaged are found, and what a reader gets of any others is in bounds, escaped text where that is
 * wanted, and JSON where that is. Pure; any thread, one at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/shared.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

enum { ENTRY_KEY_BYTES = 32 };

/* What was asked: a digest of it. */
struct entry_key {
	unsigned char bytes[ENTRY_KEY_BYTES];
};

struct entry {
	struct entry_key key;
	int64_t time_ms;       /* when it was stored, since 1970; the cache's to say */
	enum outcome outcome;  /* ANSWERED, TRUNCATED (both were paid), REQUEST, TOO_LONG or
				  POLICY */
	struct usage usage;    /* -1 = not known */
	const char *api;       /* borrowed, likewise the next two; NULL = not known */
	const char *model;     /* that was asked */
	const char *endpoint;  /* that answered: its name */
	struct buf form;       /* owned */
	struct vector vector;  /* of an entry that is to be stored: to become the form, by
				  entry_pack_vector; missing = it is no vector's */
	struct shared *source; /* owned: a share of the bytes that it lies in; NULL with it */
};

/*
 * Fills the form, outcome, usage and endpoint from what has come of a request in attempts_n tries:
 * its last attempt and the answer, as the API's file has read it; key, api and model are the
 * caller's. An answer that does not match a schema is kept as one that is whole, and of one that
 * does the text alone: whoever reads it checks it against his own. Borrows all; copies what it
 * keeps. Of a stream there is only what was put together of it. The form of more than a gigabyte is
 * empty: that is not to be stored.
 */
void entry_pack(
	struct entry *e, const struct attempt *a, const struct answer *answer, unsigned attempts_n);

/*
 * The same for one vector of a pack's answer, in two steps: this one, quick, takes a share of
 * `source`, where v's text is; ...
 */
void entry_hold_vector(struct entry *e, const struct attempt *a, const struct answer *answer,
	const struct vector *v, struct shared *source);

/*
 * ... this one, in another thread, makes the form of it and lets go of the share; false, with no
 * form, if its text holds no vector. Does nothing, and is true, for other entries.
 */
bool entry_pack_vector(struct entry *e);

/*
 * Reads the form into an attempt that has no answer yet, and a fresh answer, moving its bytes
 * there: status, times, request id and the raw bytes of the body to the attempt; all else to the
 * answer, whose `endpoint` is the name of who answered. A vector is answer->vector, its source the
 * form's bytes. *attempts_n says in how many tries it came (1 of a vector). False, with all of them
 * as they were, if the form is damaged.
 */
bool entry_unpack(struct entry *e, struct attempt *a, struct answer *answer, unsigned *attempts_n);

/*
 * Gives the name of the model that answered, as the form says it, which the caller frees; NULL if
 * it says none, or none that could be a name.
 */
char *entry_model(const struct entry *e);

/* Moves all of `from`, which is empty then, to e. */
void entry_move(struct entry *e, struct entry *from);

/* Frees what e holds; fine on a zeroed one. */
void entry_release(struct entry *e);
