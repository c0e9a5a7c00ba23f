/* SPDX-License-Identifier: MIT */
/*
 * npy: vectors as the rows of a matrix in a file.
 *
 * float32, little-endian, row after row; in NumPy's format (version 1.0, C order, header padded so
 * that the numbers begin at a multiple of 64 and can be mapped), whose shape is written last, or
 * raw. Rows are as long as the first vector, or as was said; a row without a vector is NaN. Memory
 * does not depend on how many there are. Written as io/outfile has it. One thread at a time.
 */
#pragma once

#include "base/err.h"
#include "work/vector.h"

#include <stdbool.h>
#include <stdint.h>

enum npy_form {
	NPY_NONE, /* there is no matrix: vectors go into the records */
	NPY_NUMPY,
	NPY_RAW
};

struct npy_opts {
	char *path;         /* FILE; NPY_RAW may go to standard output, "-" or NULL */
	int form;           /* enum npy_form */
	int64_t columns_n;  /* --dimensions; 0 = as the first vector has it */
	bool is_normalized; /* vectors are scaled to length 1 */
};

struct npy;

/*
 * Opens the file. Borrows opts, whose form is not NPY_NONE, for its life. NULL with err
 * filled: it cannot be made, or is nothing that a header can be patched in (a pipe).
 */
struct npy *npy_new(const struct npy_opts *opts, struct err *err);

/* From here on FILE.partial is this run's, see outfile_begin. False with errno set. */
bool npy_begin(struct npy *m);

/*
 * Adds a row; NULL = it has no vector. What is longer or shorter than the first is NaN too. False,
 * errno set, if what is full could not be written.
 */
bool npy_put(struct npy *m, const struct vector *v);

/*
 * Writes out what has gathered, and the shape: the file can be read from then on, and more may be
 * put. False with errno set.
 */
bool npy_flush(struct npy *m);

/* Gives the file's name for messages. */
const char *npy_path(const struct npy *m);

/* Gives the descriptor of a pipe, whose reader may go away; -1 = it goes to no pipe. */
int npy_pipe(const struct npy *m);

/* Says where the rows are that did not become the file, if there are any. */
void npy_tell_partial(const struct npy *m);

/* After npy_flush: syncs and renames. False with err filled (ERR_OUTPUT). */
bool npy_commit(struct npy *m, struct err *err);

/* Closes and frees; leaves FILE.partial unless it was committed; fine on NULL. */
void npy_free(struct npy *m);
