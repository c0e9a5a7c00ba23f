/* SPDX-License-Identifier: MIT */
/*
 * What a row says is sealed by its sum: the key, when, what, how large, and the form; of a packed
 * form only the last bytes, which are its own checksum, over the rest. So an answer does not come
 * back under another's key, whatever has happened to the file.
 */
#include "io/cache_table.h"

#include "base/crc32.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* As the columns are numbered in CACHE_TABLE_COLUMNS. */
enum column {
	ID,
	KEY,
	TIME,
	OUTCOME,
	COUNTS, /* six, as struct usage has them */
	TIER = COUNTS + 6,
	SIZE,
	PACKED,
	SUM,
	FORM
};

static_assert((int)FORM + 1 == (int)CACHE_TABLE_COLUMNS_N, "the columns and their names");
/* They stand in files. */
static_assert(TIER_USUAL == 0 && TIER_BATCH == 1 && TIER_FLEX == 2 && TIER_PRIORITY == 3,
	"tiers keep their numbers");
static_assert(CACHE_PACKED_NOT == 0 && CACHE_PACKED_ZSTD == 1, "packings keep their numbers");

enum { TAIL_BYTES = 4 };

static const struct {
	enum outcome outcome;
	const char *name;
} outcomes[] = {
	{ OUTCOME_ANSWERED, "answered" },
	{ OUTCOME_TRUNCATED, "truncated" },
	{ OUTCOME_REQUEST, "request_rejected" },
	{ OUTCOME_TOO_LONG, "too_long" },
	{ OUTCOME_POLICY, "content_filter" },
};

enum { OUTCOMES_KEPT_N = sizeof outcomes / sizeof *outcomes };

static const char *name_of(enum outcome outcome)
{
	for (int i = 0; i < OUTCOMES_KEPT_N; i++)
		if (outcomes[i].outcome == outcome)
			return outcomes[i].name;
	return NULL;
}

static bool read_outcome(sqlite3_stmt *s, enum outcome *outcome)
{
	const char *name = (const char *)sqlite3_column_text(s, OUTCOME);
	for (int i = 0; name && i < OUTCOMES_KEPT_N; i++) {
		if (strcmp(outcomes[i].name, name) != 0)
			continue;
		*outcome = outcomes[i].outcome;
		return true;
	}
	return false;
}

static bool is_failure(enum outcome outcome)
{
	return outcome == OUTCOME_REQUEST || outcome == OUTCOME_TOO_LONG ||
		outcome == OUTCOME_POLICY;
}

int cache_table_init(struct cache_table *t, struct cache_db *db)
{
	static const char find[] = "SELECT " CACHE_TABLE_COLUMNS " FROM answers WHERE key=?1";
	static const char store[] =
		"INSERT OR REPLACE INTO answers(key,time,outcome,input,output,cached,reasoning,"
		"cache_write,cache_write_long,tier,size,packed,sum,form,api,model,endpoint)"
		"VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)";
	*t = (struct cache_table){ .db = db };
	int code = cache_db_prepare(db, find, &t->find);
	if (code == SQLITE_OK)
		code = cache_db_prepare(db, store, &t->store);
	cache_pack_init(&t->pack);
	return code;
}

void cache_table_release(struct cache_table *t)
{
	sqlite3_finalize(t->find);
	sqlite3_finalize(t->store);
	cache_pack_release(&t->pack);
	*t = (struct cache_table){ 0 };
}

/* What the sum is over. */
struct sealed {
	const struct entry_key *key;
	const char *outcome;
	int64_t time_ms;
	int64_t size;
	int64_t packing;
	struct span stored; /* the form as it stands in the row */
};

static uint32_t add_number(uint32_t sum, int64_t number)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
	return crc32_add(sum, bytes, sizeof bytes);
}

static uint32_t sum_of(const struct sealed *s)
{
	struct span stored = s->stored;
	uint32_t sum = crc32_add(0, s->key->bytes, sizeof s->key->bytes);
	sum = crc32_add(sum, s->outcome, strlen(s->outcome));
	sum = add_number(sum, s->time_ms);
	sum = add_number(sum, s->size);
	sum = add_number(sum, s->packing);
	if (s->packing == CACHE_PACKED_ZSTD && stored.n > TAIL_BYTES)
		stored = (struct span){ stored.at + stored.n - TAIL_BYTES, TAIL_BYTES };
	return crc32_add(sum, stored.at, stored.n);
}

/* reading */

static int64_t count_at(sqlite3_stmt *s, int column)
{
	bool is_known = sqlite3_column_type(s, column) == SQLITE_INTEGER;
	int64_t n = is_known ? sqlite3_column_int64(s, column) : -1;
	return n >= 0 ? n : -1;
}

static struct usage usage_at(sqlite3_stmt *s)
{
	int64_t tier = count_at(s, TIER);
	return (struct usage){
		.input = count_at(s, COUNTS),
		.output = count_at(s, COUNTS + 1),
		.cached = count_at(s, COUNTS + 2),
		.reasoning = count_at(s, COUNTS + 3),
		.cache_write = count_at(s, COUNTS + 4),
		.cache_write_long = count_at(s, COUNTS + 5),
		.tier = tier >= TIER_BATCH && tier <= TIER_PRIORITY ? (enum service_tier)tier
								    : TIER_USUAL,
	};
}

static struct span blob_at(sqlite3_stmt *s, int column)
{
	/* In this order: asking for the bytes may have moved them. */
	const void *at = sqlite3_column_blob(s, column);
	return (struct span){ .at = at, .n = (size_t)sqlite3_column_bytes(s, column) };
}

bool cache_table_read(struct cache_table *t, sqlite3_stmt *s, struct entry *e, int64_t *id)
{
	struct span key = blob_at(s, KEY), stored = blob_at(s, FORM);
	int64_t size = sqlite3_column_int64(s, SIZE);
	int packing = sqlite3_column_int(s, PACKED);
	*id = sqlite3_column_int64(s, ID);
	e->time_ms = sqlite3_column_int64(s, TIME);
	e->usage = usage_at(s);
	if (!key.at || key.n != sizeof e->key.bytes || !read_outcome(s, &e->outcome) || size < 0)
		return false;
	memcpy(e->key.bytes, key.at, key.n);
	struct sealed sealed = { &e->key, name_of(e->outcome), e->time_ms, size, packing, stored };
	return sum_of(&sealed) == sqlite3_column_int64(s, SUM) &&
		cache_pack_take(
			&t->pack, stored, (enum cache_packing)packing, (uint64_t)size, &e->form);
}

static bool is_within(const struct cache_terms *terms, sqlite3_stmt *s)
{
	enum outcome outcome;
	int64_t id = sqlite3_column_int64(s, ID);
	if (sqlite3_column_int64(s, TIME) < terms->oldest_ms || id < terms->first_id)
		return false;
	return id >= terms->first_failed_id || !read_outcome(s, &outcome) || !is_failure(outcome);
}

enum cache_row cache_table_find(
	struct cache_table *t, const struct cache_terms *terms, struct entry *e, int *code)
{
	int64_t id;
	struct entry_key key = e->key;
	enum cache_row row = CACHE_ROW_ERROR;
	sqlite3_bind_blob(t->find, 1, key.bytes, sizeof key.bytes, SQLITE_STATIC);
	*code = sqlite3_step(t->find);
	if (*code == SQLITE_DONE)
		row = CACHE_ROW_MISSING;
	else if (*code == SQLITE_ROW && !is_within(terms, t->find))
		row = CACHE_ROW_MISSING;
	else if (*code == SQLITE_ROW)
		row = cache_table_read(t, t->find, e, &id) ? CACHE_ROW_FOUND : CACHE_ROW_DAMAGED;
	sqlite3_reset(t->find);
	return row;
}

int64_t cache_table_last(struct cache_db *db, int *code)
{
	int64_t last;
	*code = cache_db_ask(db, "SELECT seq FROM sqlite_sequence WHERE name='answers'", &last);
	return last;
}

/* storing */

static void bind_name(sqlite3_stmt *s, int column, const char *name)
{
	sqlite3_bind_text(s, column, name, -1, SQLITE_STATIC);
}

static void bind_count(sqlite3_stmt *s, int column, int64_t n)
{
	if (n >= 0)
		sqlite3_bind_int64(s, column, n);
	else
		sqlite3_bind_null(s, column);
}

/* The numbers of parameters are those of columns: the row's own number is not given. */
static void bind_usage(sqlite3_stmt *s, const struct usage *u)
{
	bind_count(s, COUNTS, u->input);
	bind_count(s, COUNTS + 1, u->output);
	bind_count(s, COUNTS + 2, u->cached);
	bind_count(s, COUNTS + 3, u->reasoning);
	bind_count(s, COUNTS + 4, u->cache_write);
	bind_count(s, COUNTS + 5, u->cache_write_long);
	sqlite3_bind_int(s, TIER, (int)u->tier);
}

int cache_table_store(struct cache_table *t, struct entry *e)
{
	sqlite3_stmt *s = t->store;
	enum cache_packing packing;
	const char *outcome = name_of(e->outcome);
	bool is_dense = e->vector.text.at != NULL;
	assert(outcome);
	if (!entry_pack_vector(e) || e->form.len == 0 || e->form.len > CACHE_FORM_MAX_BYTES)
		return SQLITE_OK;
	struct span stored = cache_pack_put(&t->pack, buf_span(&e->form), is_dense, &packing);
	struct sealed sealed = { &e->key, outcome, e->time_ms, (int64_t)e->form.len,
		(int64_t)packing, stored };
	sqlite3_bind_blob(s, KEY, e->key.bytes, sizeof e->key.bytes, SQLITE_STATIC);
	sqlite3_bind_int64(s, TIME, e->time_ms);
	bind_name(s, OUTCOME, outcome);
	bind_usage(s, &e->usage);
	sqlite3_bind_int64(s, SIZE, (int64_t)e->form.len);
	sqlite3_bind_int(s, PACKED, (int)packing);
	sqlite3_bind_int64(s, SUM, sum_of(&sealed));
	sqlite3_bind_blob64(s, FORM, stored.at, stored.n, SQLITE_STATIC);
	/* A record's own body may have named the model: then only who answered has told it. */
	char *answering = e->model ? NULL : entry_model(e);
	bind_name(s, FORM + 1, e->api);
	bind_name(s, FORM + 2, e->model ? e->model : answering);
	bind_name(s, FORM + 3, e->endpoint);
	int code = sqlite3_step(s);
	sqlite3_reset(s);
	free(answering);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}
