/* SPDX-License-Identifier: MIT */
/*
 * The header says how many rows follow, and stands before them. So it is made as long as it can
 * ever be, and written over each time rows have been: never before, so that whatever ends the
 * program, the file holds at least the rows that it promises.
 *
 * How long a row is the first vector says. Rows before it are only counted, and written when it has
 * come; if none comes there are N rows of no numbers.
 *
 * See numpy/lib/format.py for the format.
 */
#include "io/npy.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "io/outfile.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	GATHER_BYTES = 1 << 20, /* rows are written when there is so much of them */
	COLUMNS_MAX = 1 << 28,  /* more than the largest answer can have */
	NUMBER_BYTES = 4,
	PREFIX_BYTES = 10, /* magic, version, and the length of what follows */
	HEADER_BYTES = 128
};

struct npy {
	const struct npy_opts *opts; /* borrowed */
	struct outfile file;
	size_t columns_n;    /* 0 = nobody has said yet */
	uint64_t rows_n;     /* put */
	uint64_t laid_n;     /* of these, in `rows` or written */
	struct buf rows;     /* not yet written */
	int64_t position;    /* of the header */
	bool has_header;     /* that is in the file, and says... */
	uint64_t header_n;   /* ...so many rows... */
	size_t header_width; /* ...of so many numbers */
};

bool npy_begin(struct npy *m)
{
	return outfile_begin(&m->file);
}

struct npy *npy_new(const struct npy_opts *opts, struct err *err)
{
	assert(opts->form != NPY_NONE && opts->columns_n >= 0);
	if (opts->columns_n > COLUMNS_MAX) {
		err_set(err, ERR_USAGE, "a row of %lld numbers is too long for a matrix",
			(long long)opts->columns_n);
		return NULL;
	}
	struct npy *m = xcalloc(1, sizeof *m);
	m->opts = opts;
	m->columns_n = (size_t)opts->columns_n;
	buf_init(&m->rows, GATHER_BYTES + (size_t)COLUMNS_MAX * NUMBER_BYTES);
	if (!outfile_open(&m->file, opts->path, err))
		goto fail;
	m->position = outfile_position(&m->file);
	if (opts->form == NPY_NUMPY && m->position < 0) {
		err_set(err, ERR_USAGE,
			"%s is no place for a NumPy matrix, whose header is written last: give -o "
			"FILE, or --format f32",
			m->file.path);
		goto fail;
	}
	return m;
fail:
	npy_free(m);
	return NULL;
}

/* Fills in the header of a matrix with so many rows. */
static struct span make_header(const struct npy *m, uint64_t rows_n, char header[HEADER_BYTES])
{
	memset(header, ' ', HEADER_BYTES);
	memcpy(header, "\x93NUMPY\x01", 8); /* and the 0 of version 1.0 */
	header[8] = HEADER_BYTES - PREFIX_BYTES;
	header[9] = 0;
	int n = snprintf(header + PREFIX_BYTES, HEADER_BYTES - PREFIX_BYTES,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %zu), }",
		(unsigned long long)rows_n, m->columns_n);
	header[PREFIX_BYTES + n] = ' ';
	header[HEADER_BYTES - 1] = '\n';
	return (struct span){ .at = header, .n = HEADER_BYTES };
}

/* Makes room for the header at the beginning, where it promises nothing yet. */
static bool make_room(struct npy *m)
{
	char header[HEADER_BYTES];
	if (m->opts->form != NPY_NUMPY || m->has_header)
		return true;
	m->has_header = outfile_write(&m->file, make_header(m, 0, header));
	m->header_width = m->columns_n;
	return m->has_header;
}

/* Has the header say what is in the file by now. */
static bool promise(struct npy *m)
{
	char header[HEADER_BYTES];
	uint64_t n = m->columns_n ? m->laid_n : m->rows_n;
	if (m->opts->form != NPY_NUMPY || (m->header_n == n && m->header_width == m->columns_n))
		return true;
	if (!outfile_overwrite(&m->file, m->position, make_header(m, n, header)))
		return false;
	m->header_n = n;
	m->header_width = m->columns_n;
	return true;
}

/*
 * How much to write at once: everything, or into a pipe as many rows as it takes all or none of,
 * if there are rows so short.
 */
static size_t piece_of(const struct npy *m, size_t left_n)
{
	size_t row_bytes = m->columns_n * NUMBER_BYTES;
	if (!m->file.is_pipe || left_n <= PIPE_BUF || row_bytes > PIPE_BUF)
		return left_n;
	return PIPE_BUF / row_bytes * row_bytes;
}

/* Writes the rows that have gathered, and then how many there are. */
static bool write_out(struct npy *m)
{
	struct span left = buf_span(&m->rows);
	if (!make_room(m))
		return false;
	while (left.n > 0) {
		size_t n = piece_of(m, left.n);
		if (!outfile_write(&m->file, (struct span){ .at = left.at, .n = n }))
			return false;
		left = (struct span){ .at = left.at + n, .n = left.n - n };
	}
	buf_clear(&m->rows);
	return promise(m);
}

/* Appends n quiet NaNs. */
static void put_nans(struct buf *out, size_t n)
{
	static const unsigned char nan_bytes[NUMBER_BYTES] = { 0x00, 0x00, 0xc0, 0x7f };
	for (size_t i = 0; i < n; i++)
		buf_put(out, nan_bytes, NUMBER_BYTES);
}

/* Adds a row to those that wait to be written. */
static bool lay(struct npy *m, const struct vector *v)
{
	if (!v || v->n != m->columns_n ||
		!vector_put_floats(v, m->opts->is_normalized && !v->is_scaled, &m->rows))
		put_nans(&m->rows, m->columns_n);
	m->laid_n++;
	assert(!m->rows.is_full && m->rows.len % (m->columns_n * NUMBER_BYTES) == 0);
	return m->rows.len < GATHER_BYTES || write_out(m);
}

bool npy_put(struct npy *m, const struct vector *v)
{
	m->rows_n++;
	if (v && m->columns_n == 0 && v->n <= COLUMNS_MAX)
		m->columns_n = v->n;
	if (m->columns_n == 0)
		return true;
	while (m->laid_n + 1 < m->rows_n)
		if (!lay(m, NULL))
			return false;
	return lay(m, v);
}

bool npy_flush(struct npy *m)
{
	return write_out(m);
}

const char *npy_path(const struct npy *m)
{
	return m->file.path;
}

int npy_pipe(const struct npy *m)
{
	return m->file.is_pipe ? m->file.fd : -1;
}

void npy_tell_partial(const struct npy *m)
{
	outfile_tell_partial(&m->file);
}

bool npy_commit(struct npy *m, struct err *err)
{
	return outfile_commit(&m->file, err);
}

void npy_free(struct npy *m)
{
	if (!m)
		return;
	outfile_release(&m->file);
	buf_release(&m->rows);
	free(m);
}
