/* SPDX-License-Identifier: MIT */
/*
 * A form begins with the answer's bytes as they came, so that its memory becomes the attempt's
 * without a copy; what of the answer does not lie in these follows; then, where the numbers of a
 * vector are; at the end, where a reader finds it whatever stands before, the trailer of fixed
 * length that says what is where.
 *
 *      body ... further parts ... [floats] | where each part is, counts, version | checksum
 *
 * All of it is little-endian. The checksum finds what a disk does: every change within one word of
 * eight bytes, and of others all but one in 2^64. It is no seal, so nothing is believed for it:
 * each part is looked at once, as its kind must be for the output to stay JSON. A text stands
 * between quotes in the form, as it does in most answers, so that whoever validates JSON validates
 * texts.
 *
 * What was checked against a schema is not kept: a schema changes, and to look again costs a
 * millionth of an answer.
 */
#include "work/entry.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <assert.h>
#include <limits.h>

/* What a form may hold of an answer, by kind: the first of each kind says where it begins. */
enum part {
	PART_TEXT, /* escaped texts */
	PART_MODEL,
	PART_TIER,
	PART_VALUE, /* JSON */
	PART_TOOL_CALLS,
	PART_LOGPROBS,
	PART_USAGE,
	PART_ENDPOINT, /* plain UTF-8 */
	PART_MESSAGE,
	PART_REQUEST_ID, /* bytes */
	PART_FLOATS,
	PARTS_N
};

enum count {
	COUNT_INPUT, /* these are -1 where nothing is known */
	COUNT_OUTPUT,
	COUNT_CACHED,
	COUNT_REASONING,
	COUNT_FIRST_BYTE_MS,
	COUNT_CACHE_WRITE, /* these never */
	COUNT_CACHE_WRITE_LONG,
	COUNT_MS,
	COUNTS_N
};

enum {
	FORM_VERSION = 1,
	CHECKSUM_BYTES = 8,
	TRAILER_BYTES = 8 * PARTS_N + 8 * COUNTS_N + 4 * 4 + 4 + CHECKSUM_BYTES,
	FORM_BYTES_MAX = 1000000000, /* what SQLite takes, too */
	STATUS_MAX = 999,
	FLOAT_BYTES = 4
};

#define NOWHERE UINT32_MAX
#define COUNT_MAX (INT64_C(1) << 53) /* as in json/walk: sums of these do not overflow */

enum flag { FLAG_SCALED = 1 };

/* What the trailer says. */
struct facts {
	uint32_t at[PARTS_N]; /* from the form's start; NOWHERE = there is none */
	uint32_t n[PARTS_N];
	int64_t counts[COUNTS_N];
	uint32_t body_n; /* the bytes that came */
	uint32_t status;
	uint32_t attempts_n;
	uint8_t outcome, finish, tier, flags;
};

/*
 * Each step can be undone, so that no two words have the same sum where only one of them differs.
 */
static uint64_t checksum(struct span bytes)
{
	uint64_t sum = bytes.n;
	while (bytes.n > 0) {
		uint64_t word = 0;
		size_t n = bytes.n < sizeof word ? bytes.n : sizeof word;
		memcpy(&word, bytes.at, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 32;
		bytes = (struct span){ bytes.at + n, bytes.n - n };
	}
	return sum;
}

/* writing */

static void put_number(struct buf *out, uint64_t number, size_t bytes)
{
	char digits[8];
	for (size_t i = 0; i < bytes; i++)
		digits[i] = (char)(number >> 8 * i);
	buf_put(out, digits, bytes);
}

static void put_facts(struct buf *out, const struct facts *f)
{
	for (int i = 0; i < PARTS_N; i++) {
		put_number(out, f->at[i], 4);
		put_number(out, f->n[i], 4);
	}
	for (int i = 0; i < COUNTS_N; i++)
		put_number(out, (uint64_t)f->counts[i], 8);
	put_number(out, f->body_n, 4);
	put_number(out, f->status, 4);
	put_number(out, f->attempts_n, 4);
	put_number(out, f->outcome, 1);
	put_number(out, f->finish, 1);
	put_number(out, f->tier, 1);
	put_number(out, f->flags, 1);
	put_number(out, FORM_VERSION, 4);
}

/* Ends the form; one that is too large is none. */
static void finish(struct buf *form, const struct facts *f)
{
	put_facts(form, f);
	put_number(form, checksum(buf_span(form)), CHECKSUM_BYTES);
	if (form->is_full)
		buf_release(form);
}

static bool is_text(enum part part)
{
	return part < PART_VALUE;
}

static bool lies_in(struct span part, struct span bytes)
{
	uintptr_t at = (uintptr_t)part.at, from = (uintptr_t)bytes.at;
	return at >= from && part.n <= bytes.n && at - from <= bytes.n - part.n;
}

/* True if it can stay where it is in the body: a text must have its quotes there. */
static bool is_at_home(struct span part, enum part kind, struct span body)
{
	if (!is_text(kind))
		return lies_in(part, body);
	return body.n >= 2 && lies_in(part, (struct span){ body.at + 1, body.n - 2 }) &&
		part.at[-1] == '"' && part.at[part.n] == '"';
}

/* Says where a part is; puts it behind what is there if the body, which came first, has it not. */
static void place(
	struct buf *form, struct facts *f, enum part kind, struct span part, struct span body)
{
	f->n[kind] = (uint32_t)part.n;
	if (!part.at) {
		f->at[kind] = NOWHERE;
	} else if (is_at_home(part, kind, body)) {
		f->at[kind] = (uint32_t)(part.at - body.at);
	} else {
		if (is_text(kind))
			buf_put_char(form, '"');
		f->at[kind] = (uint32_t)form->len;
		buf_put_span(form, part);
		if (is_text(kind))
			buf_put_char(form, '"');
	}
}

/* What both kinds of form say of an attempt. */
static void take_attempt(struct facts *f, struct span *parts, const struct attempt *a)
{
	f->counts[COUNT_MS] = a->ms;
	f->counts[COUNT_FIRST_BYTE_MS] = a->first_byte_ms;
	f->status = (uint32_t)a->status;
	if (a->endpoint)
		parts[PART_ENDPOINT] = span_of(a->endpoint->name);
	parts[PART_REQUEST_ID] = span_of(a->request_id);
}

static void put_form(
	struct buf *form, struct facts *f, const struct span parts[PARTS_N], struct span body)
{
	size_t n = 0;
	for (int i = 0; i < PARTS_N; i++)
		n += parts[i].n + 2;
	buf_init(form, FORM_BYTES_MAX);
	/* At once, and perhaps too much; where it is too much at all, it shows below. */
	buf_reserve(form, n + body.n + TRAILER_BYTES);
	buf_clear(form);
	buf_put_span(form, body);
	f->body_n = (uint32_t)form->len;
	for (int i = 0; i < PARTS_N; i++)
		place(form, f, (enum part)i, parts[i], body);
}

static void take_usage(struct facts *f, const struct usage *u)
{
	f->counts[COUNT_INPUT] = u->input;
	f->counts[COUNT_OUTPUT] = u->output;
	f->counts[COUNT_CACHED] = u->cached;
	f->counts[COUNT_REASONING] = u->reasoning;
	f->counts[COUNT_CACHE_WRITE] = u->cache_write;
	f->counts[COUNT_CACHE_WRITE_LONG] = u->cache_write_long;
	f->tier = (uint8_t)u->tier;
}

static bool is_kept(enum outcome outcome)
{
	return outcome == OUTCOME_ANSWERED || outcome == OUTCOME_TRUNCATED ||
		outcome == OUTCOME_REQUEST || outcome == OUTCOME_TOO_LONG ||
		outcome == OUTCOME_POLICY;
}

void entry_pack(
	struct entry *e, const struct attempt *a, const struct answer *answer, unsigned attempts_n)
{
	struct facts f = { .attempts_n = attempts_n, .finish = (uint8_t)answer->finish };
	struct span parts[PARTS_N] = { 0 };
	bool is_mismatch = answer->outcome == OUTCOME_MISMATCH;
	e->outcome = is_mismatch ? OUTCOME_ANSWERED : answer->outcome;
	e->usage = answer->usage;
	e->endpoint = a->endpoint ? a->endpoint->name : NULL;
	assert(is_kept(e->outcome) && e->form.len == 0);
	f.outcome = (uint8_t)e->outcome;
	take_usage(&f, &answer->usage);
	take_attempt(&f, parts, a);
	parts[PART_TEXT] = answer->text;
	parts[PART_MODEL] = answer->model;
	parts[PART_TIER] = answer->service_tier;
	if (answer->value.at && !lies_in(answer->value, buf_span(&answer->json)))
		parts[PART_VALUE] = answer->value;
	parts[PART_TOOL_CALLS] = answer->tool_calls;
	parts[PART_LOGPROBS] = answer->logprobs;
	parts[PART_USAGE] = answer->usage_text;
	if (answer->message && !is_mismatch)
		parts[PART_MESSAGE] = span_of(answer->message);
	put_form(&e->form, &f, parts, buf_span(&a->answer));
	finish(&e->form, &f);
}

void entry_hold_vector(struct entry *e, const struct attempt *a, const struct answer *answer,
	const struct vector *v, struct shared *source)
{
	struct facts f = { .attempts_n = 1, .outcome = OUTCOME_ANSWERED };
	struct span parts[PARTS_N] = { 0 };
	assert(v->text.at && e->form.len == 0);
	f.finish = (uint8_t)answer->finish;
	f.flags = v->is_scaled ? FLAG_SCALED : 0;
	e->outcome = OUTCOME_ANSWERED;
	e->usage = (struct usage){ .input = -1, .output = -1, .cached = -1, .reasoning = -1 };
	e->endpoint = a->endpoint ? a->endpoint->name : NULL;
	take_usage(&f, &e->usage);
	take_attempt(&f, parts, a);
	parts[PART_MODEL] = answer->model;
	parts[PART_TIER] = answer->service_tier;
	put_form(&e->form, &f, parts, SPAN(""));
	put_facts(&e->form, &f);
	e->vector = *v;
	e->source = shared_hold(source);
}

/* reading */

static uint64_t take_number(const char **at, size_t bytes)
{
	uint64_t number = 0;
	for (size_t i = 0; i < bytes; i++)
		number |= (uint64_t)(unsigned char)(*at)[i] << 8 * i;
	*at += bytes;
	return number;
}

/* Reads what put_facts has put there. False if it is of another version. */
static bool take_facts(const char *at, struct facts *f)
{
	for (int i = 0; i < PARTS_N; i++) {
		f->at[i] = (uint32_t)take_number(&at, 4);
		f->n[i] = (uint32_t)take_number(&at, 4);
	}
	for (int i = 0; i < COUNTS_N; i++)
		f->counts[i] = (int64_t)take_number(&at, 8);
	f->body_n = (uint32_t)take_number(&at, 4);
	f->status = (uint32_t)take_number(&at, 4);
	f->attempts_n = (uint32_t)take_number(&at, 4);
	f->outcome = (uint8_t)take_number(&at, 1);
	f->finish = (uint8_t)take_number(&at, 1);
	f->tier = (uint8_t)take_number(&at, 1);
	f->flags = (uint8_t)take_number(&at, 1);
	return take_number(&at, 4) == FORM_VERSION;
}

bool entry_pack_vector(struct entry *e)
{
	struct facts f;
	struct buf *form = &e->form;
	if (!e->source)
		return true;
	form->len -= TRAILER_BYTES - CHECKSUM_BYTES;
	take_facts(form->data + form->len, &f);
	size_t start = form->len;
	buf_reserve(form, e->vector.n * FLOAT_BYTES + TRAILER_BYTES);
	if (vector_put_floats(&e->vector, false, form)) {
		f.at[PART_FLOATS] = (uint32_t)start;
		f.n[PART_FLOATS] = (uint32_t)(form->len - start);
		finish(form, &f);
	} else {
		buf_release(form);
	}
	shared_drop(e->source);
	e->source = NULL;
	e->vector = (struct vector){ 0 };
	return form->len > 0;
}

static bool are_counts_good(const int64_t counts[COUNTS_N])
{
	for (int i = 0; i < COUNTS_N; i++) {
		int64_t least = i < COUNT_CACHE_WRITE ? -1 : 0;
		if (counts[i] < least || counts[i] > COUNT_MAX)
			return false;
	}
	return true;
}

static bool are_facts_good(const struct facts *f, size_t form_n)
{
	bool is_vector = f->at[PART_FLOATS] != NOWHERE;
	return are_counts_good(f->counts) && f->body_n <= form_n - TRAILER_BYTES &&
		f->status <= STATUS_MAX && f->attempts_n <= INT_MAX &&
		is_kept((enum outcome)f->outcome) && f->finish <= FINISH_ERROR &&
		f->tier <= TIER_PRIORITY && f->flags <= FLAG_SCALED &&
		!(is_vector && f->body_n > 0);
}

/* Gives the part between two quotes in what comes before the trailer. */
static bool is_good_text(struct span part, struct span bytes)
{
	struct span quoted = { part.at - 1, part.n + 2 }, value;
	struct json_fault fault;
	return part.at > bytes.at && lies_in(quoted, bytes) && *quoted.at == '"' &&
		json_scan(quoted, &value, &fault) && value.n == quoted.n;
}

static bool is_good_json(struct span part)
{
	struct span value;
	struct json_fault fault;
	return json_scan(part, &value, &fault) && value.n == part.n;
}

static bool is_good(struct span part, enum part kind, struct span bytes)
{
	if (is_text(kind))
		return is_good_text(part, bytes);
	if (kind < PART_ENDPOINT)
		return is_good_json(part);
	if (kind < PART_REQUEST_ID)
		return utf8_is_valid(part);
	if (kind == PART_REQUEST_ID)
		return part.n < sizeof((struct attempt *)0)->request_id;
	return part.n > 0 && part.n % FLOAT_BYTES == 0;
}

/* Finds all parts in what comes before the trailer. False if one is not what it should be. */
static bool find_parts(const struct facts *f, struct span bytes, struct span parts[PARTS_N])
{
	for (int i = 0; i < PARTS_N; i++) {
		parts[i] = (struct span){ 0 };
		if (f->at[i] == NOWHERE)
			continue;
		if (f->n[i] > bytes.n || f->at[i] > bytes.n - f->n[i])
			return false;
		parts[i] = (struct span){ bytes.at + f->at[i], f->n[i] };
		if (!is_good(parts[i], (enum part)i, bytes))
			return false;
	}
	return true;
}

static bool read_form(struct span form, struct facts *f, struct span parts[PARTS_N])
{
	if (form.n < TRAILER_BYTES)
		return false;
	const char *sum = form.at + form.n - CHECKSUM_BYTES;
	struct span summed = { form.at, form.n - CHECKSUM_BYTES };
	struct span bytes = { form.at, form.n - TRAILER_BYTES };
	return take_number(&sum, CHECKSUM_BYTES) == checksum(summed) &&
		take_facts(form.at + bytes.n, f) && are_facts_good(f, form.n) &&
		find_parts(f, bytes, parts);
}

/* Hands the memory over; the parts stay where they are. */
static void give_memory(struct entry *e, const struct facts *f, struct span floats,
	struct attempt *a, struct answer *answer)
{
	struct buf none = { 0 };
	if (!floats.at) {
		buf_release(&a->answer);
		a->answer = e->form;
		a->answer.len = f->body_n;
		e->form = (struct buf){ .max = e->form.max };
		return;
	}
	answer->vector = (struct vector){
		.text = floats,
		.n = floats.n / FLOAT_BYTES,
		.is_floats = true,
		.is_scaled = f->flags & FLAG_SCALED,
	};
	answer->source = shared_new(&e->form, &none);
	answer->source_bytes = shared_weight(answer->source, 1);
}

static struct usage usage_of(const struct facts *f)
{
	return (struct usage){
		.input = f->counts[COUNT_INPUT],
		.output = f->counts[COUNT_OUTPUT],
		.cached = f->counts[COUNT_CACHED],
		.reasoning = f->counts[COUNT_REASONING],
		.cache_write = f->counts[COUNT_CACHE_WRITE],
		.cache_write_long = f->counts[COUNT_CACHE_WRITE_LONG],
		.tier = (enum service_tier)f->tier,
	};
}

bool entry_unpack(struct entry *e, struct attempt *a, struct answer *answer, unsigned *attempts_n)
{
	struct facts f;
	struct span parts[PARTS_N];
	if (!read_form(buf_span(&e->form), &f, parts))
		return false;
	struct span id = parts[PART_REQUEST_ID], message = parts[PART_MESSAGE];
	a->wire = WIRE_COMPLETE;
	a->status = (int)f.status;
	a->ms = f.counts[COUNT_MS];
	a->first_byte_ms = f.counts[COUNT_FIRST_BYTE_MS];
	memset(a->request_id, 0, sizeof a->request_id);
	if (id.n > 0)
		memcpy(a->request_id, id.at, id.n);
	answer_init(answer, (enum outcome)f.outcome);
	answer->finish = (enum finish)f.finish;
	answer->text = parts[PART_TEXT];
	answer->value = parts[PART_VALUE];
	answer->tool_calls = parts[PART_TOOL_CALLS];
	answer->logprobs = parts[PART_LOGPROBS];
	answer->model = parts[PART_MODEL];
	answer->usage_text = parts[PART_USAGE];
	answer->usage = usage_of(&f);
	answer->service_tier = parts[PART_TIER];
	answer->endpoint = parts[PART_ENDPOINT];
	answer->message = message.at ? xmemdup(message.at, message.n) : NULL;
	give_memory(e, &f, parts[PART_FLOATS], a, answer);
	*attempts_n = f.attempts_n;
	return true;
}

void entry_move(struct entry *e, struct entry *from)
{
	*e = *from;
	*from = (struct entry){ 0 };
}

void entry_release(struct entry *e)
{
	buf_release(&e->form);
	shared_drop(e->source);
	e->source = NULL;
	e->vector = (struct vector){ 0 };
}
