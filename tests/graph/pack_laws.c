/* SPDX-License-Identifier: MIT */
#include "pack_laws.h"

#include "../sim/fakes.h"
#include "api/api.h"
#include "base/xalloc.h"
#include "work/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORDS_MAX = VECTORS_KEYS_MAX,
	PACKS_MAX = 40000,
	LATE_MS = 60, /* what the clock may tick on while the engine works */
	TICK_MS = 20  /* the same, of one turn */
};

struct pack_laws pack_laws;
struct pack_seen pack_seen;
struct pack_texts pack_texts;

struct asker {
	const struct record *record; /* NULL = not given, or put */
	unsigned key;
	int next; /* the next record with the same text; -1 = none */
	int64_t given_ms;
	bool is_late; /* it has failed of its --deadline */
};

struct text {
	int first, last; /* records that have it; -1 = none */
	unsigned flying_n, asked_n;
};

struct pack {
	struct vectors_pack asked;
	bool is_flying, is_answered;
	int64_t start_ms;
	int64_t end_ms;
	uint64_t mark; /* of the last count of bytes that it was in */
};

static struct {
	struct asker askers[RECORDS_MAX];
	struct text texts[VECTORS_KEYS_MAX];
	struct pack packs[PACKS_MAX];
	uint64_t packs_n, counts_n;
	size_t columns_n;
} seen;

void pack_release(void)
{
	for (uint64_t i = 0; i < seen.packs_n; i++)
		vectors_release(&seen.packs[i].asked);
	seen.packs_n = 0;
}

void pack_begin(void)
{
	pack_release();
	memset(&seen, 0, sizeof seen);
	memset(vectors_natures, 0, sizeof vectors_natures);
	for (unsigned i = 0; i < VECTORS_KEYS_MAX; i++)
		seen.texts[i].first = seen.texts[i].last = -1;
	pack_laws = (struct pack_laws){ 0 };
	pack_seen = (struct pack_seen){ 0 };
	pack_texts = (struct pack_texts){ .api = "openai" };
	vectors_server = (struct vectors_server){ .columns_n = 4 };
}

/* records */

static const char words[] =
	"It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity";

static enum nature pick_nature(void)
{
	double dice = rng_unit(&world.rng) * 100;
	for (int i = TEXT_IS_GOOD + 1; i < NATURES_N; i++) {
		dice -= pack_texts.percent[i];
		if (dice < 0)
			return (enum nature)i;
	}
	return TEXT_IS_GOOD;
}

static size_t put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	(void)kind;
	LAW(seq < RECORDS_MAX, "too many records");
	unsigned key = (unsigned)seq;
	if (pack_texts.keys_n)
		key = (unsigned)world_pick((struct range){ 0, pack_texts.keys_n - 1 });
	struct text *t = &seen.texts[key];
	if (t->first < 0)
		vectors_natures[key] = pick_nature();
	if (t->first < 0)
		t->first = (int)seq;
	else
		seen.askers[t->last].next = (int)seq;
	t->last = (int)seq;
	seen.askers[seq] = (struct asker){ .key = key, .next = -1 };
	const struct range *pad = &pack_texts.pad_bytes;
	int64_t pad_n = pad->least + (int64_t)key * 7 % (pad->most - pad->least + 1);
	return (size_t)snprintf(out, size,
		pack_texts.is_template ? "{\"id\":%llu,\"of\":%u,\"pad\":\"%.*s\"}"
				       : "{\"id\":%llu,\"text\":\"k%u.%.*s\"}",
		NUMBER(seq), key, (int)pad_n, words);
}

static void given(const struct record *r)
{
	seen.askers[r->seq].record = r;
	seen.askers[r->seq].given_ms = world.now_ms;
}

/* texts */

static int64_t deadline_of(const struct asker *a)
{
	int64_t patience_ms = world.opts.sched.deadline_ms;
	return patience_ms ? a->given_ms + patience_ms : INT64_MAX;
}

static bool is_open(const struct asker *a)
{
	return a->record && a->record->fate == FATE_OPEN;
}

/* Gives the first record that waits for the vector and, by its --deadline, still may; -1 = none. */
static int first_waiting(unsigned key, int64_t grace_ms)
{
	for (int i = seen.texts[key].first; i >= 0; i = seen.askers[i].next) {
		const struct asker *a = &seen.askers[i];
		if (is_open(a) &&
			(!world.opts.sched.deadline_ms || world.now_ms < deadline_of(a) + grace_ms))
			return i;
	}
	return -1;
}

static unsigned waiting_n(unsigned key)
{
	unsigned n = 0;
	for (int i = seen.texts[key].first; i >= 0; i = seen.askers[i].next)
		n += is_open(&seen.askers[i]);
	return n;
}

/* True if since then there was always somebody here who had time left for it. */
static bool was_always_wanted(unsigned key, int64_t since_ms)
{
	int64_t until_ms = since_ms;
	for (int i = seen.texts[key].first; i >= 0; i = seen.askers[i].next) {
		const struct asker *a = &seen.askers[i];
		bool counts = is_open(a) || a->is_late;
		if (counts && a->given_ms <= until_ms && deadline_of(a) - LATE_MS > until_ms)
			until_ms = deadline_of(a) - LATE_MS;
	}
	return until_ms > world.now_ms;
}

static bool has_key(const struct vectors_pack *p, unsigned key)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->keys[i] == key)
			return true;
	return false;
}

/* How many requests with the text fly that it was wanted of ever since they started. */
static unsigned wanted_flights_n(unsigned key)
{
	unsigned n = 0;
	for (uint64_t i = 0; i < seen.packs_n; i++) {
		const struct pack *p = &seen.packs[i];
		n += p->is_flying && has_key(&p->asked, key) && was_always_wanted(key, p->start_ms);
	}
	return n;
}

/* A text is asked by one request at a time, or by two endpoints where that is allowed. */
static void check_flying(unsigned key)
{
	unsigned most = pack_laws.is_hedged ? 2 : 1;
	if (pack_laws.is_each)
		most *= waiting_n(key);
	if (seen.texts[key].flying_n > most)
		LAW(wanted_flights_n(key) <= most, "text %u is asked while it is being asked", key);
}

/* When the pack leaves: neither before it is full, nor later than it may. */
static void check_wait(const struct vectors_pack *p)
{
	const struct pack_opts *o = &world.opts.sched.pack;
	const struct asker *a = &seen.askers[first_waiting(p->keys[0], LATE_MS)];
	int64_t waited_ms = world.now_ms - a->given_ms;
	bool is_last = run.given_n == (uint64_t)world.records_n;
	if (waited_ms > pack_seen.late_most_ms)
		pack_seen.late_most_ms = waited_ms;
	LAW(waited_ms <= o->wait_ms + TICK_MS, "text %u has waited for %lld ms", p->keys[0],
		(long long)waited_ms);
	LAW(is_last || p->n >= (uint64_t)o->texts_max || waited_ms >= o->wait_ms - TICK_MS,
		"a pack of %u leaves after %lld ms", p->n, (long long)waited_ms);
}

static unsigned steps_of(unsigned n)
{
	unsigned steps = 0;
	while ((1U << steps) < n)
		steps++;
	return steps;
}

/* A request with a text that was not asked before. */
static void note_fresh(const struct vectors_pack *p)
{
	pack_seen.fresh_n++;
	if (p->n > pack_seen.fresh_most)
		pack_seen.fresh_most = p->n;
	if (vectors_server.ceiling && p->n > vectors_server.most_n)
		pack_seen.over_n += p->n;
	for (unsigned i = 0; i < p->n; i++) {
		if (vectors_natures[p->keys[i]] == TEXT_IS_GOOD ||
			seen.texts[p->keys[i]].asked_n > 0)
			continue;
		pack_seen.bad_n++;
		pack_seen.allowed_n += 2 * steps_of(p->n);
	}
	if (pack_laws.has_waits)
		check_wait(p);
}

/* attempts */

static void check_twins(const struct vectors_pack *p)
{
	for (unsigned i = 0; !pack_laws.is_each && i < p->n; i++)
		for (unsigned j = 0; j < i; j++)
			LAW(p->keys[i] != p->keys[j], "text %u is twice in a pack", p->keys[i]);
}

static uint64_t asked(const struct attempt *attempt)
{
	const struct pack_opts *o = &world.opts.sched.pack;
	bool is_fresh = false;
	LAW(seen.packs_n < PACKS_MAX, "too many requests");
	struct pack *pack = &seen.packs[seen.packs_n];
	*pack = (struct pack){ 0 };
	struct vectors_pack *p = &pack->asked;
	vectors_read(p, attempt);
	seen.packs_n++;
	LAW(attempt->timeout_ms > 0, "an attempt with %lld ms", (long long)attempt->timeout_ms);
	LAW(p->n > 0 && p->n == attempt->texts_n, "%u texts are asked, it says %u", p->n,
		attempt->texts_n);
	LAW(p->n <= (uint64_t)o->texts_max, "%u texts in a pack, --batch-items is %lld", p->n,
		(long long)o->texts_max);
	LAW(p->n == 1 || p->tokens <= (double)o->tokens_max, "%g tokens in a pack of %u", p->tokens,
		p->n);
	pack_seen.tokens_n += p->tokens;
	check_twins(p);
	for (unsigned i = 0; i < p->n; i++) {
		LAW(first_waiting(p->keys[i], LATE_MS) >= 0, "text %u is asked for nobody",
			p->keys[i]);
		is_fresh |= seen.texts[p->keys[i]].asked_n == 0;
	}
	if (is_fresh)
		note_fresh(p);
	return seen.packs_n - 1;
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	struct pack *pack = &seen.packs[number];
	(void)endpoint;
	pack->is_flying = true;
	pack->start_ms = world.now_ms;
	world_trace("asks %u: %u to %u", pack->asked.n, pack->asked.keys[0],
		pack->asked.keys[pack->asked.n - 1]);
	pack_seen.texts_n += pack->asked.n;
	for (unsigned i = 0; i < pack->asked.n; i++) {
		struct text *t = &seen.texts[pack->asked.keys[i]];
		t->flying_n++;
		check_flying(pack->asked.keys[i]);
		if (++t->asked_n > pack_seen.asked_most)
			pack_seen.asked_most = t->asked_n;
	}
	return 1;
}

static void judge(uint64_t number, struct reply *reply)
{
	vectors_judge(&seen.packs[number].asked, reply);
}

static void fill(uint64_t number, const struct reply *reply, struct attempt *attempt)
{
	vectors_fill(&seen.packs[number].asked, number, reply, attempt);
}

static void finish(uint64_t number, const struct reply *reply)
{
	struct pack *pack = &seen.packs[number];
	pack->end_ms = world.now_ms;
	pack->is_flying = false;
	pack->is_answered = reply->kind == REPLY_ANSWER;
	pack_seen.told_n += pack->is_answered ? pack->asked.n : 0;
	for (unsigned i = 0; i < pack->asked.n; i++)
		seen.texts[pack->asked.keys[i]].flying_n--;
}

/* True if another request with the text has been answered since. */
static bool is_answered_elsewhere(unsigned key, uint64_t than)
{
	for (uint64_t i = seen.packs_n; i-- > 0;) {
		const struct pack *p = &seen.packs[i];
		if (i != than && p->is_answered && has_key(&p->asked, key))
			return true;
	}
	return false;
}

/* Nothing is cut off while somebody waits for a text of it that has not come another way. */
static void cancel(uint64_t number, bool is_for_all)
{
	const struct vectors_pack *p = &seen.packs[number].asked;
	for (unsigned i = 0; !is_for_all && !run.may_abort && i < p->n; i++)
		LAW(first_waiting(p->keys[i], -LATE_MS) < 0 ||
				(pack_laws.is_hedged && is_answered_elsewhere(p->keys[i], number)),
			"a pack is cut off, and text %u is wanted", p->keys[i]);
}

/* ends */

/* Is that the vector of its text, from an answer that came while it was here? */
static void check_vector(const struct record *r, struct asker *a)
{
	const struct answer *answer = &r->stages[0].calls[0].answer;
	struct span text = answer->vector.text;
	const char *comma = text.n ? memchr(text.at, ',', text.n) : NULL;
	char want[32];
	struct buf whole;
	LAW(comma, "#%llu has no vector", NUMBER(r->seq));
	unsigned long long number = strtoull(comma + 1, NULL, 10);
	LAW(number < seen.packs_n, "#%llu has a vector from nowhere", NUMBER(r->seq));
	buf_init(&whole, 1 << 20);
	vectors_put(&whole, a->key, number);
	bool is_it = whole.len == text.n && memcmp(whole.data, text.at, text.n) == 0;
	buf_release(&whole);
	snprintf(want, sizeof want, "%.*s", (int)(text.n < 20 ? text.n : 20), text.at);
	LAW(is_it, "#%llu, text %u, has the vector %s...", NUMBER(r->seq), a->key, want);
	const struct pack *p = &seen.packs[number];
	LAW(p->is_answered && p->end_ms >= a->given_ms, "#%llu has a vector from before it came",
		NUMBER(r->seq));
	pack_seen.usage_n += answer->usage.input > 0 ? answer->usage.input : 0;
	pack_seen.shared_n += r->stages[0].calls[0].is_shared;
	if (seen.columns_n == 0)
		seen.columns_n = answer->vector.n;
	LAW(answer->vector.n == seen.columns_n, "vectors of %zu and %zu numbers", seen.columns_n,
		answer->vector.n);
}

static void check_words(const struct record *r, const struct asker *a, enum error_code code)
{
	char name[32];
	snprintf(name, sizeof name, "text k%u ", a->key);
	LAW(r->failure.code == code && r->failure.message && strstr(r->failure.message, name),
		"#%llu, text %u, failed of %s: %s", NUMBER(r->seq), a->key,
		error_code_name(r->failure.code), r->failure.message);
}

static void check_failed(const struct record *r, struct asker *a)
{
	static const enum error_code codes[] = {
		[TEXT_CRASHES] = ERROR_OVERLOADED,
		[TEXT_HANGS] = ERROR_TIMEOUT,
		[TEXT_LACKS] = ERROR_BAD_RESPONSE,
		[TEXT_IS_ODD] = ERROR_BAD_RESPONSE,
	};
	enum nature nature = vectors_natures[a->key];
	enum error_code code = r->failure.code;
	bool is_late = world.opts.sched.deadline_ms && world.now_ms >= deadline_of(a) - LATE_MS;
	if ((code == ERROR_CANCELLED && run_is_stopped()) ||
		(pack_laws.may_fail && code != ERROR_REQUEST_REJECTED))
		return;
	if (is_late && (code == ERROR_TIMEOUT || code == ERROR_RATE_LIMITED)) {
		a->is_late = true;
		return;
	}
	if (nature == TEXT_IS_REFUSED || nature == TEXT_IS_LONG)
		check_words(r, a, ERROR_REQUEST_REJECTED);
	else
		LAW(nature != TEXT_IS_GOOD && code == codes[nature],
			"#%llu, text %u, failed of %s: %s", NUMBER(r->seq), a->key,
			error_code_name(code), r->failure.message);
}

/* No record is looked at any more when it has been put: what it holds is counted till then. */
static void put(const struct record *r)
{
	struct asker *a = &seen.askers[r->seq];
	LAW(a->record == r, "#%llu is put twice", NUMBER(r->seq));
	if (r->fate == FATE_ANSWERED)
		check_vector(r, a);
	else
		check_failed(r, a);
	a->record = NULL;
}

/* The pack that an answered record's vector came with. */
static struct pack *pack_of(const struct record *r)
{
	struct span text = r->stages[0].calls[0].answer.vector.text;
	const char *comma = text.n ? memchr(text.at, ',', text.n) : NULL;
	unsigned long long number = comma ? strtoull(comma + 1, NULL, 10) : PACKS_MAX;
	return number < seen.packs_n ? &seen.packs[number] : NULL;
}

/* What records that are here weigh, and the answers that their vectors lie in. */
static size_t count_bytes(void)
{
	size_t bytes = 0;
	seen.counts_n++;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++) {
		const struct record *r = seen.askers[seq].record;
		struct pack *p = r && r->fate == FATE_ANSWERED ? pack_of(r) : NULL;
		bytes += r ? sizeof *r + r->text.n : 0;
		if (p && p->mark != seen.counts_n)
			bytes += p->asked.answer_bytes;
		if (p)
			p->mark = seen.counts_n;
	}
	return bytes;
}

/* Who comes while all slots are taken gathers: what flies next is ready when one is free. */
static void check_gathered(void)
{
	int64_t size = world.opts.sched.pack.texts_max, n = 0;
	if (run.in_flight < world.opts.sched.jobs || fake_reader_ready() == 0 ||
		run_alive_n() >= world.window)
		return;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++)
		n += is_open(&seen.askers[seq]) && seen.texts[seen.askers[seq].key].asked_n == 0;
	/* Those of a window's end may be short. */
	LAW(n > size, "%lld texts are ready while %lld packs fly", (long long)n,
		(long long)run.in_flight);
}

/* Each record's patience is its own, whoever else is in its pack. */
static void sleep_law(void)
{
	int64_t deadline_ms = world.opts.sched.deadline_ms;
	if (pack_laws.gathers)
		check_gathered();
	for (uint64_t seq = run.first_alive; deadline_ms && seq < run.given_n; seq++)
		LAW(!is_open(&seen.askers[seq]) ||
				world.now_ms <= deadline_of(&seen.askers[seq]) + LATE_MS,
			"#%llu waits after its --deadline", NUMBER(seq));
	if (!pack_laws.slack_bytes)
		return;
	size_t bytes = count_bytes();
	if (bytes > pack_seen.bytes_most)
		pack_seen.bytes_most = bytes;
	LAW(bytes <= (size_t)world.opts.window_bytes + pack_laws.slack_bytes,
		"%zu bytes are alive, --window-bytes is %lld", bytes,
		(long long)world.opts.window_bytes);
}

const struct play pack_play = {
	.put_record = put_record,
	.asked = asked,
	.judge = judge,
	.fill = fill,
	.given = given,
	.start = start,
	.finish = finish,
	.cancel = cancel,
	.put = put,
	.sleep = sleep_law,
};

void pack_link(void)
{
	struct err err;
	plan_add_model(&run.plan, "m0", false);
	struct step *s = plan_add_step(&run.plan, "embedding");
	s->is_emitted = true;
	s->samples_n = s->models_n = 1;
	s->has_prompt = pack_texts.is_template;
	if (s->has_prompt &&
		!template_parse(&s->prompt, SPAN("k{{of}}.{{pad}}"), TEMPLATE_FROM_ARGUMENT, &err))
		check_fail("%s", err.msg);
	run.plan.embedding.is_wanted = true;
	run.api = api_find_embedder(pack_texts.api);
	if (!plan_link(&run.plan, &err))
		check_fail("%s", err.msg);
}
