/* SPDX-License-Identifier: MIT */
/*
 * The first three bytes are the size, the overlap and where to cut, the rest is a record. Whatever
 * it is, it is settled with a reason or leaves as lines that are JSON objects, whose texts follow
 * one another, cut no cluster, keep to their size, and are together what the record's was.
 */
#include "work/chunk_document.h"

#include "json/text.h"
#include "json/walk.h"
#include "work/tokens.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unigbrk.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTION_BYTES = 3, SIZE_MAX_TOKENS = 64 };

/* More than any line of an input that a fuzzer makes. */
#define LINE_BYTES_MAX ((size_t)64 << 20)

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "chunk_fuzz: %s\n", what);
	abort();
}

/* The chunk by itself is no larger than it may be, unless it is one cluster. */
static void check_size(const struct chunk_document *d, struct chunk c, const char *breaks)
{
	struct span text = { d->text.at + c.start, c.end - c.start };
	bool fits = tokens_estimate_plain(text) <= (double)d->plan->opts->size;
	demand(fits || !memchr(breaks + c.start + 1, 1, c.end - c.start - 1), "a large chunk");
}

static void check_chunks(const struct chunk_document *d)
{
	const struct chunks *all = &d->chunks;
	size_t n = d->text.n;
	char *breaks = malloc(n + 1);
	demand(breaks != NULL, "no memory");
	u8_grapheme_breaks((const uint8_t *)d->text.at, n, breaks);
	breaks[n] = 1;
	demand(all->n > 0 && all->items[0].start == 0 && all->items[all->n - 1].end == n,
		"the ends of the text are in no chunk");
	for (size_t i = 0; i < all->n && n > 0; i++) {
		struct chunk c = all->items[i];
		demand(c.start < c.end && breaks[c.start] && breaks[c.end], "a cluster is cut");
		check_size(d, c, breaks);
		if (i == 0)
			continue;
		struct chunk last = all->items[i - 1];
		demand(c.start > last.start && c.end > last.end && c.start <= last.end,
			"chunks do not follow one another");
		demand(d->plan->opts->overlap > 0 || c.start == last.end, "an overlap unasked");
	}
	free(breaks);
}

/* The line is an object with that chunk, decoded, as its text. */
static void check_line(const struct chunk_document *d, size_t i, struct buf *out)
{
	struct span value;
	struct json_fault fault;
	struct buf plain;
	struct chunk c = d->chunks.items[i];
	buf_clear(out);
	demand(chunk_document_put(d, i, out), "a line without end");
	demand(json_scan(buf_span(out), &value, &fault), "a line that is no JSON");
	struct span text = json_text_of(json_member(value, SPAN("text")));
	demand(text.at != NULL, "a line without its text");
	buf_init(&plain, LINE_BYTES_MAX);
	json_put_plain(&plain, text);
	demand(plain.len == c.end - c.start &&
			memcmp(buf_span(&plain).at, d->text.at + c.start, plain.len) == 0,
		"a line with another text");
	demand(json_count_of(json_member(value, SPAN("chunk"))) == (int64_t)i &&
			json_count_of(json_member(value, SPAN("chunks"))) == (int64_t)d->chunks.n &&
			json_count_of(json_member(value, SPAN("start"))) == (int64_t)c.start &&
			json_count_of(json_member(value, SPAN("end"))) == (int64_t)c.end,
		"a line with other figures");
	buf_release(&plain);
}

static void check_record(const struct chunk_plan *plan, struct record *r)
{
	struct chunk_document d;
	struct buf out;
	buf_init(&out, LINE_BYTES_MAX);
	chunk_document_init(&d, plan);
	if (chunk_document_cut(&d, r)) {
		check_chunks(&d);
		for (size_t i = 0; i < d.chunks.n; i++)
			check_line(&d, i, &out);
	} else {
		demand(r->fate == FATE_PASSED ||
				(r->fate == FATE_FAILED && *r->failure.message &&
					utf8_is_valid(span_of(r->failure.message))),
			"no clear reason");
	}
	chunk_document_release(&d);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char some[] = "a,id";
	struct chunk_plan plan;
	struct err err;
	if (size < OPTION_BYTES)
		return 0;
	struct chunk_opts opts = { .size = 1 + data[0] % SIZE_MAX_TOKENS, .at = data[2] % 4 };
	opts.overlap = data[1] % opts.size;
	opts.keeps = data[2] & 4 ? some : NULL;
	demand(chunk_plan_init(&plan, &opts, &err), "good options are refused");
	struct record *r =
		record_new((struct span){ (const char *)data + OPTION_BYTES, size - OPTION_BYTES });
	record_scan(r);
	check_record(&plan, r);
	record_free(r);
	chunk_plan_release(&plan);
	return 0;
}
