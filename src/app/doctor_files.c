/* SPDX-License-Identifier: MIT */
/* What a run needs of this machine: descriptors, memory, its cache; and what models cost. */
#include "app/cache_file.h"
#include "app/doctor_part.h"
#include "app/files.h"
#include "base/money.h"
#include "base/wake.h"
#include "base/xalloc.h"
#include "io/cache_book.h"
#include "io/http.h"
#include "io/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A cache up to this size is read to its end: that takes a second. */
#define VERIFIED_MAX_BYTES ((int64_t)128 << 20)

/* Less is soon filled. */
#define FREE_MIN_BYTES ((uint64_t)100 << 20)

enum { SIZE_TEXT_MAX = 40, TOKENS_OF_A_PRICE = 1000000 };

/* Writes a size as options take it. Returns out. */
static const char *size_text(char out[SIZE_TEXT_MAX], double bytes)
{
	static const char units[] = " kMGT";
	size_t unit = 0;
	for (; bytes >= 1024 && units[unit + 1]; unit++)
		bytes /= 1024;
	if (unit == 0)
		snprintf(out, SIZE_TEXT_MAX, "%.0f bytes", bytes);
	else
		snprintf(out, SIZE_TEXT_MAX, "%.1f%c", bytes, units[unit]);
	return out;
}

/* == Files == */

static bool is_name(const char *path)
{
	return path && strcmp(path, "-") != 0;
}

/* True if that is all right with the file, or there is none. */
static bool can_read(struct doctor *d, const char *path)
{
	if (!is_name(path) || access(path, R_OK) == 0)
		return true;
	doctor_say(d, FINDING_FAIL, "input", "cannot open %s: %s", path, strerror(errno));
	return false;
}

static bool can_write(struct doctor *d, const char *option, const char *path)
{
	struct err err;
	if (!is_name(path) || state_file_check(path, &err))
		return true;
	doctor_refuse(d, option, err.msg);
	return false;
}

void doctor_names(struct doctor *d)
{
	const struct config *c = d->config;
	const struct {
		const char *option, *path;
	} written[] = { { "-o", c->writer.path }, { "--errors", c->writer.errors_path },
		{ "--ids", c->embed.ids }, { "--stats", c->seeing.stats },
		{ "--metrics-file", c->seeing.metrics }, { "--trace", c->seeing.trace } };
	struct err err;
	unsigned names_n = is_name(c->reader.path);
	doctor_begin(d, "files");
	bool ok = can_read(d, c->reader.path);
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		names_n += is_name(written[i].path);
		ok &= can_write(d, written[i].option, written[i].path);
	}
	if (!files_check(c, &err)) {
		doctor_refuse(d, "names", err.msg);
		ok = false;
	}
	if (ok && names_n > 0)
		doctor_say(d, FINDING_OK, "names", "%u can be read or written", names_n);
}

/* == What it needs == */

static void look_at_descriptors(struct doctor *d)
{
	struct http_opts opts = d->config->http;
	struct wake wake = { .fd = -1 };
	struct http *http = NULL;
	struct err err;
	opts.jobs = d->config->pipeline.sched.jobs;
	if (wake_init(&wake, &err) && (http = http_new(&opts, &wake, &err)))
		doctor_say(d, FINDING_OK, "descriptors", "enough for -j %" PRId64, opts.jobs);
	else
		doctor_refuse(d, "descriptors", err.msg);
	http_free(http);
	wake_release(&wake);
}

static void look_at_memory(struct doctor *d)
{
	const struct pipeline_opts *o = &d->config->pipeline;
	int64_t window = o->window > 0 ? o->window : 4 * o->sched.jobs;
	double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	char most[SIZE_TEXT_MAX], all[SIZE_TEXT_MAX];
	bool fits = (double)o->window_bytes <= there;
	doctor_say(d, fits ? FINDING_OK : FINDING_WARN, "memory",
		"up to %s for up to %" PRId64 " records; this machine has %s",
		size_text(most, (double)o->window_bytes), window, size_text(all, there));
	if (!fits)
		doctor_help(d, "give a smaller --window-bytes");
}

void doctor_limits(struct doctor *d)
{
	doctor_begin(d, "machine");
	look_at_descriptors(d);
	look_at_memory(d);
}

/* What is to be written there has to fit. */
static void look_at_disk(struct doctor *d, const char *directory)
{
	struct statvfs s;
	char text[SIZE_TEXT_MAX];
	if (statvfs(directory, &s) != 0) {
		doctor_say(d, FINDING_FAIL, "disk", "%s: %s", directory, strerror(errno));
		return;
	}
	uint64_t left = (uint64_t)s.f_bavail * s.f_frsize;
	doctor_say(d, left < FREE_MIN_BYTES ? FINDING_WARN : FINDING_OK, "disk", "%s left",
		size_text(text, (double)left));
}

/* Gives, allocated, the directory that the file is in, or would be. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xmemdup(path, (size_t)(slash - path));
}

static void look_for_place(struct doctor *d, const char *path, const char *directory)
{
	if (access(directory, W_OK | X_OK) == 0) {
		doctor_say(d, FINDING_OK, "file", "%s is not there yet, and can be made", path);
		return;
	}
	doctor_say(d, FINDING_FAIL, "file", "%s is not there, and cannot be made: %s", path,
		strerror(errno));
	doctor_help(d, "let --cache name a file in a directory that you may write to");
}

static void verify(struct doctor *d, const char *path, const char *size)
{
	struct cache_report r;
	struct err err;
	if (!cache_book_verify(path, &r, &err)) {
		doctor_refuse(d, "file", err.msg);
		return;
	}
	if (r.complaints_n == 0) {
		doctor_say(d, FINDING_OK, "file", "%s: sound; entries: %" PRIu64 ", %s", path,
			r.entries_n, size);
	} else {
		bool is_file = r.complaints_n > r.damaged_n;
		doctor_say(d, is_file ? FINDING_FAIL : FINDING_WARN, "file", "%s: damaged: %s",
			path, r.complaints[0]);
		doctor_help(d, "%s",
			is_file ? "move it away, and the next run makes a new one; "
				  "pllm cache export still writes what can be read"
				: "who needs a damaged entry asks for it again and replaces it");
	}
	cache_report_release(&r);
}

/* A large one is only opened, which tells whose it is and of which version. */
static void open_book(struct doctor *d, const char *path, const char *size)
{
	struct err err;
	struct cache_book *book = cache_book_new(path, false, &err);
	if (!book) {
		doctor_refuse(d, "file", err.msg);
		return;
	}
	doctor_say(d, FINDING_OK, "file",
		"%s can be opened; %s, which pllm cache verify reads to the end", path, size);
	cache_book_free(book);
}

void doctor_cache(struct doctor *d)
{
	const char *path = d->config->cache.path;
	struct stat s;
	struct err err;
	char size[SIZE_TEXT_MAX];
	if (!path)
		return;
	doctor_begin(d, "cache");
	if (!cache_file_prepare(d->config, &err)) {
		doctor_refuse(d, "file", err.msg);
		return;
	}
	char *directory = directory_of(path);
	if (stat(path, &s) != 0)
		look_for_place(d, path, directory);
	else if (s.st_size <= VERIFIED_MAX_BYTES)
		verify(d, path, size_text(size, (double)s.st_size));
	else
		open_book(d, path, size_text(size, (double)s.st_size));
	if (stat(path, &s) == 0 && access(path, W_OK) != 0)
		doctor_say(d, FINDING_FAIL, "file", "%s may not be written: %s", path,
			strerror(errno));
	look_at_disk(d, directory);
	free(directory);
}

/* == Prices == */

static void put_price(struct buf *out, const char *what, int64_t pico)
{
	if (pico < 0) {
		buf_put_str(out, "not known");
	} else {
		money_put_rounded(out, money_times(pico, TOKENS_OF_A_PRICE));
	}
	buf_put_str(out, what);
}

static void say_price(struct doctor *d, const struct endpoint *e, const struct price *p)
{
	enum { PRICE_TEXT_MAX = 500 };
	const int64_t *rates = p->rates.of[TIER_USUAL];
	struct buf text;
	if (p->source == PRICE_UNKNOWN) {
		doctor_say(d, FINDING_NOTE, e->model, "not known%s",
			e->is_loopback ? ": it is asked on this machine" : "");
		if (!e->is_loopback)
			doctor_help(d, "give --prices FILE, or --price-in and --price-out");
		return;
	}
	buf_init(&text, PRICE_TEXT_MAX);
	put_price(&text, " in, ", rates[PRICE_INPUT]);
	put_price(&text, " out", rates[PRICE_OUTPUT]);
	doctor_say(d, FINDING_OK, e->model, "%.*s, for a million tokens (%s)", (int)text.len,
		text.data, price_source_name(p->source));
	buf_release(&text);
}

static bool was_priced(const struct doctor *d, unsigned index)
{
	const struct endpoint *items = d->endpoints.items;
	for (unsigned i = 0; i < index; i++)
		if (items[i].model && strcmp(items[i].model, items[index].model) == 0 &&
			d->money.of_endpoint[i].source == d->money.of_endpoint[index].source)
			return true;
	return false;
}

void doctor_prices(struct doctor *d)
{
	struct err err;
	doctor_begin(d, "prices");
	d->has_money = true;
	if (!money_make(&d->money, d->config, &d->endpoints, &d->plan, &err)) {
		doctor_refuse(d, "options", err.msg);
		money_release(&d->money);
		d->has_money = false;
		return;
	}
	for (unsigned i = 0; i < d->endpoints.n; i++)
		if (d->endpoints.items[i].model && !was_priced(d, i))
			say_price(d, &d->endpoints.items[i], &d->money.of_endpoint[i]);
}
