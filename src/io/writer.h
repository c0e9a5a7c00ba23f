/* SPDX-License-Identifier: MIT */
/*
 * writer: the back door. A thread that turns settled records into lines and writes them.
 *
 * It may block on a slow reader of ours; the loop sees that as "no room" and stops reading input in
 * turn. A line that may be written is written at once: whatever queued while the last write ran is
 * the next write. Every write is checked; after the first failure nothing more is written and
 * everything is refused. Files are written beside themselves and renamed by writer_finish (see
 * io/outfile.h). stdout is never switched to non-blocking. All verbs are for the loop's thread.
 */
#pragma once

#include "base/err.h"
#include "base/wake.h"
#include "io/npy.h"
#include "work/record.h"
#include "work/result.h"

#include <stdbool.h>
#include <stddef.h>

struct writer_opts {
	char *path;        /* of the lines: -o FILE, or --ids FILE beside a matrix; "-" or NULL =
			      standard output */
	char *errors_path; /* --errors FILE: failed records go there; NULL = they stay in the output
			    */
	bool drops;        /* --on-error drop: failed records leave no line */
	int form;          /* enum result_form */
	char *meta;        /* --meta's member; NULL = none */
	bool replaces;     /* --existing replace */
	struct npy_opts matrix; /* where the vectors go if not into the records: row i is the answer
				   of line i to the only step, or NaN */
};

/* What became of the output. */
enum writer_state {
	WRITER_OK,
	WRITER_BROKEN_PIPE, /* the reader of our stdout has gone: not an error, but the end */
	WRITER_FAILED       /* cannot be written: disk full, device gone, ... */
};

struct writer;

/*
 * Opens the files and starts the thread. Borrows opts, plan and wake for the writer's life; wake is
 * called when there is room again, and when the state changes. NULL with err filled if a file
 * cannot be made.
 */
struct writer *writer_new(const struct writer_opts *opts, const struct plan *plan,
	struct wake *wake, struct err *err);

/*
 * All that the run needs is there: what an earlier one has left in the .partial files goes. False
 * with err filled if it cannot be emptied.
 */
bool writer_begin(struct writer *w, struct err *err);

/* How many more records writer_put accepts now; the loop holds back the rest. */
size_t writer_room(struct writer *w);

/* Takes n settled records (n <= writer_room), to be written in this order and freed. */
void writer_put(struct writer *w, struct record **records, size_t n);

/*
 * Says that nothing more will be put: what is left is written, and the wake is called at the end.
 * Once or more.
 */
void writer_close(struct writer *w);

/* After writer_close: true once everything has been written, or cannot be. */
bool writer_is_done(struct writer *w);

/* The state now. */
enum writer_state writer_state(struct writer *w);

/*
 * Waits until everything put has been written, then ends the thread. Keeps the files as they are.
 * False with err filled (ERR_OUTPUT) if anything was not written, a broken pipe included.
 */
bool writer_drain(struct writer *w, struct err *err);

/*
 * After writer_drain: with commits, syncs and renames the files, -o last; without, leaves them
 * under their .partial names and says where, if there were any. False with err filled (ERR_OUTPUT)
 * if that failed.
 */
bool writer_finish(struct writer *w, bool commits, struct err *err);

/* Ends the thread without waiting for what was put, and frees everything; fine on NULL. */
void writer_free(struct writer *w);
