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
 * eight bytes, and of others about all but one in 2^64. It is no seal, so nothing is believed for
 * it: each part is looked at once, as its kind must be for the output to stay JSON. A text stands
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
#include "work/entry_form.h"

#include <assert.h>
#include <limits.h>

enum {
	FORM_BYTES_MAX = 1000000000, /* what SQLite takes, too */
	STATUS_MAX = 999,
	MODEL_BYTES_MAX = 1000, /* of a name */
	FLOAT_BYTES = 4
};

#define COUNT_MAX (INT64_C(1) << 53) /* as in json/walk: sums of these do not overflow */

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
	struct buf *form, struct form_facts *f, enum part kind, struct span part, struct span body)
{
	f->n[kind] = (uint32_t)part.n;
	if (!part.at) {
		f->at[kind] = FORM_NOWHERE;
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
static void take_attempt(struct form_facts *f, struct span *parts, const struct attempt *a)
{
	f->counts[COUNT_MS] = a->ms;
	f->counts[COUNT_FIRST_BYTE_MS] = a->first_byte_ms;
	f->status = (uint32_t)a->status;
	if (a->endpoint)
		parts[PART_ENDPOINT] = span_of(a->endpoint->name);
	parts[PART_REQUEST_ID] = span_of(a->request_id);
}

static void put_form(
	struct buf *form, struct form_facts *f, const struct span parts[PARTS_N], struct span body)
{
	size_t n = 0;
	for (int i = 0; i < PARTS_N; i++)
		n += parts[i].n + 2;
	buf_init(form, FORM_BYTES_MAX);
	/* At once, and perhaps too much; where it is too much at all, it shows below. */
	buf_reserve(form, n + body.n + FORM_END_BYTES);
	buf_clear(form);
	buf_put_span(form, body);
	f->body_n = (uint32_t)form->len;
	for (int i = 0; i < PARTS_N; i++)
		place(form, f, (enum part)i, parts[i], body);
}

static void take_usage(struct form_facts *f, const struct usage *u)
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
	struct form_facts f = { .attempts_n = attempts_n, .finish = (uint8_t)answer->finish };
	struct span parts[PARTS_N] = { 0 };
	bool is_mismatch = answer->outcome == OUTCOME_MISMATCH;
	e->outcome = is_mismatch ? OUTCOME_ANSWERED : answer->outcome;
	e->usage = answer->usage;
	e->endpoint = a->endpoint ? a->endpoint->name : NULL;
	assert(is_kept(e->outcome) && e->form.len == 0);
	assert(e->outcome == OUTCOME_ANSWERED || answer->message);
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
	form_put_facts(&e->form, &f);
	form_seal(&e->form);
}

void entry_hold_vector(struct entry *e, const struct attempt *a, const struct answer *answer,
	const struct vector *v, struct shared *source)
{
	struct form_facts f = { .attempts_n = 1, .outcome = OUTCOME_ANSWERED };
	struct span parts[PARTS_N] = { 0 };
	assert(v->text.at && e->form.len == 0);
	f.finish = (uint8_t)answer->finish;
	f.flags = v->is_scaled ? FORM_IS_SCALED : 0;
	e->outcome = OUTCOME_ANSWERED;
	e->usage = (struct usage){ .input = -1, .output = -1, .cached = -1, .reasoning = -1 };
	e->endpoint = a->endpoint ? a->endpoint->name : NULL;
	take_usage(&f, &e->usage);
	take_attempt(&f, parts, a);
	parts[PART_MODEL] = answer->model;
	parts[PART_TIER] = answer->service_tier;
	put_form(&e->form, &f, parts, SPAN(""));
	form_put_facts(&e->form, &f);
	e->vector = *v;
	e->source = shared_hold(source);
}

bool entry_pack_vector(struct entry *e)
{
	struct form_facts f;
	struct buf *form = &e->form;
	if (!e->source)
		return true;
	form_take_facts(form, &f);
	size_t start = form->len;
	buf_reserve(form, e->vector.n * FLOAT_BYTES + FORM_END_BYTES);
	if (vector_put_floats(&e->vector, false, form)) {
		f.at[PART_FLOATS] = (uint32_t)start;
		f.n[PART_FLOATS] = (uint32_t)(form->len - start);
		form_put_facts(form, &f);
		form_seal(form);
	} else {
		buf_release(form);
	}
	shared_drop(e->source);
	e->source = NULL;
	e->vector = (struct vector){ 0 };
	return form->len > 0;
}

/* reading */

static bool are_counts_good(const int64_t counts[COUNTS_N])
{
	for (int i = 0; i < COUNTS_N; i++) {
		int64_t least = i < COUNT_CACHE_WRITE ? -1 : 0;
		if (counts[i] < least || counts[i] > COUNT_MAX)
			return false;
	}
	return true;
}

static bool are_facts_good(const struct form_facts *f, size_t form_n)
{
	bool is_vector = f->at[PART_FLOATS] != FORM_NOWHERE;
	return are_counts_good(f->counts) && f->body_n <= form_n - FORM_END_BYTES &&
		f->status <= STATUS_MAX && f->attempts_n <= INT_MAX &&
		is_kept((enum outcome)f->outcome) && f->finish <= FINISH_ERROR &&
		f->tier <= TIER_PRIORITY && f->flags <= FORM_IS_SCALED &&
		!(is_vector && f->body_n > 0);
}

/* It is in bytes, and must be between two quotes there. */
static bool is_good_text(struct span part, struct span bytes)
{
	struct span value;
	struct json_fault fault;
	if (part.at == bytes.at || part.at + part.n == bytes.at + bytes.n || part.at[-1] != '"')
		return false;
	part = (struct span){ part.at - 1, part.n + 2 };
	return json_scan(part, &value, &fault) && value.n == part.n;
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

/*
 * Finds all parts in what comes before the facts. False if one is not what it should be, or words
 * for a failure are missing.
 */
static bool find_parts(const struct form_facts *f, struct span bytes, struct span parts[PARTS_N])
{
	for (int i = 0; i < PARTS_N; i++) {
		parts[i] = (struct span){ 0 };
		if (f->at[i] == FORM_NOWHERE)
			continue;
		if (f->n[i] > bytes.n || f->at[i] > bytes.n - f->n[i])
			return false;
		parts[i] = (struct span){ bytes.at + f->at[i], f->n[i] };
		if (!is_good(parts[i], (enum part)i, bytes))
			return false;
	}
	return f->outcome == OUTCOME_ANSWERED || parts[PART_MESSAGE].at;
}

static bool read_form(struct span form, struct form_facts *f, struct span parts[PARTS_N])
{
	return form_read(form, f) && are_facts_good(f, form.n) &&
		find_parts(f, (struct span){ form.at, form.n - FORM_END_BYTES }, parts);
}

/* Hands the memory over; the parts stay where they are. */
static void give_memory(struct entry *e, const struct form_facts *f, struct span floats,
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
		.is_scaled = f->flags & FORM_IS_SCALED,
	};
	answer->source = shared_new(&e->form, &none);
	answer->source_bytes = shared_weight(answer->source, 1);
}

static struct usage usage_of(const struct form_facts *f)
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
	struct form_facts f;
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

char *entry_model(const struct entry *e)
{
	struct form_facts f;
	struct span parts[PARTS_N], model;
	struct buf name;
	if (!read_form(buf_span(&e->form), &f, parts))
		return NULL;
	model = parts[PART_MODEL];
	if (model.n == 0 || model.n > MODEL_BYTES_MAX)
		return NULL;
	buf_init(&name, model.n + 1);
	json_put_plain(&name, model);
	buf_put_char(&name, '\0');
	return name.data;
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
