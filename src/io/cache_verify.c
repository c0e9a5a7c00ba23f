/* SPDX-License-Identifier: MIT */
/*
 * SQLite knows its trees, we know what is in them; each is asked, whatever the other found. What
 * is damaged is asked for again by who wants it, and replaced; so a complaint about an entry is
 * no reason to give the file up, one about the trees is.
 */
#include "base/xalloc.h"
#include "io/cache_book_part.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A damaged tree gives a line for each page: enough is enough. */
static const char integrity[] = "PRAGMA integrity_check(20)";

static void complain(struct cache_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(struct cache_report *r, const char *format, ...)
{
	char text[512];
	va_list args;
	if (r->complaints_n++ >= CACHE_COMPLAINTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	r->complaints[r->complaints_n - 1] = xstrdup(text);
}

void cache_report_release(struct cache_report *report)
{
	for (int i = 0; i < CACHE_COMPLAINTS_MAX; i++)
		free(report->complaints[i]);
	*report = (struct cache_report){ 0 };
}

/* Each row is a complaint, but for a single "ok". */
static void check_trees(struct cache_book *b, struct cache_report *r)
{
	sqlite3_stmt *s = NULL;
	int code = cache_db_prepare(&b->db, integrity, &s);
	while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(s, 0);
		if (line && !span_is(span_of(line), "ok"))
			complain(r, "the file: %s", line);
		code = SQLITE_OK;
	}
	if (code != SQLITE_DONE)
		complain(r, "the file cannot be read: %s", sqlite3_errstr(code));
	sqlite3_finalize(s);
}

/* Can the form be read, too? */
static bool is_sound(struct entry *e)
{
	struct attempt a;
	struct answer answer;
	unsigned attempts_n;
	attempt_init(&a, 1);
	answer_init(&answer, OUTCOME_CANCELLED);
	bool is = e->form.len > 0 && entry_unpack(e, &a, &answer, &attempts_n);
	attempt_release(&a);
	answer_release(&answer);
	return is;
}

static bool check_entry(void *report, struct entry *e)
{
	struct cache_report *r = report;
	char key[2 * ENTRY_KEY_BYTES + 1];
	r->entries_n++;
	if (is_sound(e))
		return true;
	r->damaged_n++;
	for (int i = 0; i < ENTRY_KEY_BYTES; i++)
		snprintf(key + 2 * i, 3, "%02x", e->key.bytes[i]);
	complain(r, "entry %s: what was stored does not match its checksum", key);
	return true;
}

static void check_entries(struct cache_book *b, struct cache_report *r)
{
	const struct cache_visitor visitor = { check_entry, r };
	uint64_t lost_n = 0;
	int code = cache_table_init(&b->table, &b->db);
	if (code == SQLITE_OK)
		code = cache_book_show_all(b, NULL, &visitor, &lost_n);
	if (lost_n == CACHE_LOST_UNKNOWN)
		complain(r, "there are entries that cannot be read");
	else if (lost_n > 0)
		complain(
			r, "entries that cannot be read: %llu at most", (unsigned long long)lost_n);
	if (code != SQLITE_OK)
		complain(r, "after entry %llu the table cannot be read: %s",
			(unsigned long long)r->entries_n, sqlite3_errstr(code));
}

/* Looks at what a cache begins with. False with err filled if that is none of ours, or newer. */
static bool open_suspect(
	struct cache_book *b, const char *path, struct cache_report *r, struct err *err)
{
	struct err found = { 0 };
	bool is_empty = false;
	if (cache_book_open_as(b, path, CACHE_DB_SUSPECT, &found) &&
		cache_db_examine(&b->db, &is_empty, &found)) {
		if (is_empty)
			cache_db_close(&b->db);
		return true;
	}
	if (b->db.is_damaged)
		complain(r, "what a cache begins with is damaged");
	else
		*err = found;
	return b->db.is_damaged;
}

bool cache_book_verify(const char *path, struct cache_report *report, struct err *err)
{
	struct cache_book b = { 0 };
	*report = (struct cache_report){ 0 };
	bool is_ours = open_suspect(&b, path, report, err);
	if (is_ours && b.db.db) {
		check_trees(&b, report);
		check_entries(&b, report);
	}
	cache_book_release(&b);
	return is_ours;
}
