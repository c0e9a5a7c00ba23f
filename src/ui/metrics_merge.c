/* SPDX-License-Identifier: MIT */
/*
 * To lose the series of another job without a word would be to lose an alert. But of a damaged
 * line, copied, a collector would refuse the whole file, after each run anew. So what is kept is
 * what differs from a line of this job in nothing but the job and the number, each series once; it
 * stands behind those of this job, under the heading of its metric, and the buckets of a histogram
 * in order, as the format demands. Lines of a version with other metrics go.
 *
 * Where every run is given a job of its own a file would grow without end, and could then be read
 * no more. Half of a job misleads, so jobs go whole; those that ran last are those that are
 * watched.
 */
#include "ui/metrics_merge.h"

#include "base/units.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* More is not what we write. */
enum { JOB_MAX_BYTES = 4096, NUMBER_MAX_BYTES = 64 };

static const char last_run[] = "pllm_last_run_timestamp_seconds";

/* NAME{job="JOB",LABEL="VALUE"} NUMBER */
struct line {
	struct span text; /* without its end */
	struct span name;
	struct span job;    /* escaped, with the quote behind it */
	struct span labels; /* the rest of them */
	struct span number;
	size_t place;  /* of our line that is like it */
	size_t metric; /* which of the headings it is under, from 1; 0 = it is left out */
};

struct lines {
	struct line *items; /* owned */
	size_t n, room_n;
};

/* The lines of one other, from and up to. */
struct job {
	size_t from, to;
	size_t bytes;
	int64_t last_run_s; /* 0 = not known */
};

static void add_line(struct lines *l, const struct line *line)
{
	if (l->n == l->room_n)
		l->items = xrealloc(l->items, l->room_n = l->room_n * 2 + 128, sizeof *l->items);
	l->items[l->n++] = *line;
}

/* Takes the first line off the text; gives it without its end. */
static struct span take_line(struct span *text)
{
	const char *end = memchr(text->at, '\n', text->n);
	struct span line = { text->at, end ? (size_t)(end - text->at) : text->n };
	size_t n = line.n + (end != NULL);
	*text = (struct span){ text->at + n, text->n - n };
	return line;
}

/* Gives how many bytes the text begins with that could be a label of ours. */
static size_t escaped_n(struct span text)
{
	size_t n = 0;
	while (n < text.n && text.at[n] != '"' && text.at[n] != '\0') {
		bool is_escape = text.at[n] == '\\';
		if (is_escape && (n + 1 == text.n || !memchr("\\\"n", text.at[n + 1], 3)))
			break;
		n += is_escape ? 2 : 1;
	}
	return utf8_valid_n((struct span){ text.at, n });
}

/* False if the line does not look as ours do. */
static bool read_line(struct span text, struct line *line)
{
	static const char start[] = "{job=\"";
	const char *brace = memchr(text.at, '{', text.n), *space = memrchr(text.at, ' ', text.n);
	double number;
	if (!brace || !space || space - brace < (ptrdiff_t)sizeof start ||
		memcmp(brace, start, sizeof start - 1) != 0)
		return false;
	const char *job = brace + sizeof start - 1;
	size_t n = (size_t)(space - job), job_n = escaped_n((struct span){ job, n });
	if (job_n > JOB_MAX_BYTES || job[job_n] != '"')
		return false;
	*line = (struct line){ .text = text,
		.name = { text.at, (size_t)(brace - text.at) },
		.job = { job, job_n + 1 },
		.labels = { job + job_n + 1, n - job_n - 1 },
		.number = { space + 1, text.n - (size_t)(space + 1 - text.at) } };
	return line->number.n <= NUMBER_MAX_BYTES && units_parse_number(line->number, &number) &&
		number >= 0;
}

static bool is_heading(struct span line)
{
	return line.n > 6 && memcmp(line.at, "# HELP", 6) == 0;
}

static void read_own(struct lines *own, struct span text)
{
	struct line line;
	for (size_t metric = 0; text.n > 0;) {
		struct span one = take_line(&text);
		metric += is_heading(one);
		if (!read_line(one, &line))
			continue;
		line.place = own->n;
		line.metric = metric;
		add_line(own, &line);
	}
}

/* False if we have none like it, or the very one. */
static bool find_place(const struct lines *own, struct line *line)
{
	size_t i = 0;
	while (i < own->n &&
		!(span_equals(own->items[i].name, line->name) &&
			span_equals(own->items[i].labels, line->labels)))
		i++;
	if (i == own->n || span_equals(own->items[i].job, line->job))
		return false;
	line->place = i;
	line->metric = own->items[i].metric;
	return true;
}

/* No escaped text with its quote begins with another's. */
static int compare_jobs(const struct line *a, const struct line *b)
{
	return memcmp(a->job.at, b->job.at, a->job.n < b->job.n ? a->job.n : b->job.n);
}

/* By job, and in each as ours are; the first of a series first. */
static int compare_lines(const void *a, const void *b)
{
	const struct line *one = a, *two = b;
	int order = compare_jobs(one, two);
	if (order == 0)
		order = (one->place > two->place) - (one->place < two->place);
	return order ? order : (one->text.at > two->text.at) - (one->text.at < two->text.at);
}

/* Reads those of other jobs, each series once; a last line without an end is half of one. */
static void read_others(struct lines *others, const struct lines *own, struct span text)
{
	struct line line;
	const char *end = text.n > 0 ? memrchr(text.at, '\n', text.n) : NULL;
	size_t n = 0;
	text.n = end ? (size_t)(end + 1 - text.at) : 0;
	while (text.n > 0)
		if (read_line(take_line(&text), &line) && find_place(own, &line))
			add_line(others, &line);
	if (others->n > 0)
		qsort(others->items, others->n, sizeof *others->items, compare_lines);
	for (size_t i = 0; i < others->n; i++) {
		line = others->items[i];
		if (n == 0 || line.place != others->items[n - 1].place ||
			compare_jobs(&line, others->items + n - 1) != 0)
			others->items[n++] = line;
	}
	others->n = n;
}

static int compare_last_runs(const void *a, const void *b)
{
	const struct job *one = a, *two = b;
	int order = (one->last_run_s < two->last_run_s) - (one->last_run_s > two->last_run_s);
	return order ? order : (one->from > two->from) - (one->from < two->from);
}

/* Leaves out whole jobs, so that the lines have room; gives how many. */
static size_t fit(struct lines *l, size_t room_bytes)
{
	struct job *jobs = xcalloc(l->n + 1, sizeof *jobs), *job = jobs;
	size_t jobs_n = 0, out_n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct line *line = l->items + i;
		if (i == 0 || compare_jobs(line - 1, line) != 0) {
			job = jobs + jobs_n++;
			job->from = i;
		}
		job->to = i + 1;
		job->bytes += line->text.n + 1;
		if (span_is(line->name, last_run))
			units_parse_int(line->number, &job->last_run_s);
	}
	qsort(jobs, jobs_n, sizeof *jobs, compare_last_runs);
	for (job = jobs; job < jobs + jobs_n; job++) {
		bool fits = out_n == 0 && job->bytes <= room_bytes;
		room_bytes -= fits ? job->bytes : 0;
		out_n += !fits;
		for (size_t i = job->from; !fits && i < job->to; i++)
			l->items[i].metric = 0;
	}
	free(jobs);
	return out_n;
}

static void put_lines(struct buf *out, const struct lines *l, size_t metric)
{
	for (size_t i = 0; metric > 0 && i < l->n; i++)
		if (l->items[i].metric == metric) {
			buf_put_span(out, l->items[i].text);
			buf_put_char(out, '\n');
		}
}

size_t metrics_merge(struct span text, struct span before, struct buf *out)
{
	struct lines own = { 0 }, others = { 0 };
	size_t room_n = out->max - out->len, metric = 0;
	read_own(&own, text);
	read_others(&others, &own, before);
	size_t out_n = fit(&others, room_n > text.n ? room_n - text.n : 0);
	while (text.n > 0) {
		struct span line = take_line(&text);
		if (is_heading(line))
			put_lines(out, &others, metric++);
		buf_put_span(out, line);
		buf_put_char(out, '\n');
	}
	put_lines(out, &others, metric);
	free(own.items);
	free(others.items);
	return out_n;
}
