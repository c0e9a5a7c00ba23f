/* SPDX-License-Identifier: MIT */
/*
 * seeing: puts together what is shown of a run while it is on and when it is over: the progress
 * line, the summary, --stats, --metrics-file.
 */
#pragma once

#include "app/config.h"
#include "app/filter.h"
#include "engine/verdict.h"
#include "engine/view.h"
#include "io/outfile.h"
#include "ui/progress.h"

/* Zeroed, nothing is shown. */
struct seeing {
	const struct config *config; /* borrowed */
	struct progress progress;
	struct outfile stats; /* --stats, while it is being written; without a path = none */
	struct buf metrics;   /* --metrics-file as it was before, once it has been replaced */
	bool is_replaced;
	int64_t started_s; /* wall clock */
	bool is_alone;     /* nothing was in the file that standard output is */
};

/* Looks at the terminal and sets level and colour of messages: before anything else is said. */
void seeing_prepare(const struct config *config);

/* True if something that is shown says how many tokens were used: then answers are read for it. */
bool seeing_wants_usage(const struct config *config);

/*
 * Opens --stats, and looks whether --metrics-file can be made: before anything is read. False with
 * err filled if not. Borrows config, which may change until seeing_say.
 */
bool seeing_start(struct seeing *s, const struct config *config, struct err *err);

/* Gives who looks at the run; borrows s. */
struct watch seeing_watch(struct seeing *s);

/* What there is to say of a run that is over; borrowed. */
struct seen {
	const struct stats *stats;
	const struct verdict *verdict;
	struct ending *ending;
};

/*
 * The run is over, its records are written, and its files have not got their names yet: takes the
 * progress line away, and writes --metrics-file and --stats. If one of them cannot be written, that
 * is said, and the exit code becomes 7.
 */
void seeing_write(struct seeing *s, const struct seen *seen);

/* After that: the exit code has become another one, of which --metrics-file is to tell. */
void seeing_correct(struct seeing *s, const struct seen *seen);

/* Says the last words, when all files are where they belong: stderr may take its time. */
void seeing_say(struct seeing *s, const struct seen *seen);

/* Frees what s holds; fine on a zeroed one. */
void seeing_release(struct seeing *s);
