/* SPDX-License-Identifier: MIT */
#include "pack_state.h"

#include "../sim/fakes.h"
#include "api/api.h"
#include "base/xalloc.h"
#include "work/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void given(const struct record *r)
{
	pack_state.askers[r->seq].record = r;
	pack_state.askers[r->seq].given_ms = world.now_ms;
}

/* A text is asked by one request at a time, or by two endpoints where that is allowed. */
static void check_flying(unsigned key)
{
	unsigned most = pack_laws.is_hedged ? 2 : 1;
	if (pack_laws.is_each)
		most *= pack_waiting_n(key);
	if (pack_state.texts[key].flying_n > most)
		LAW(pack_wanted_flights_n(key) <= most, "text %u is asked while it is being asked",
			key);
}

/* When the pack leaves: neither before it is full, nor later than it may. */
static void check_wait(const struct vectors_pack *p)
{
	const struct pack_opts *o = &world.opts.sched.pack;
	const struct pack_asker *a =
		&pack_state.askers[pack_first_waiting(p->keys[0], PACK_LATE_MS)];
	int64_t waited_ms = world.now_ms - a->given_ms;
	bool is_last = run.given_n == (uint64_t)world.records_n;
	if (waited_ms > pack_seen.late_most_ms)
		pack_seen.late_most_ms = waited_ms;
	LAW(waited_ms <= o->wait_ms + PACK_TICK_MS, "text %u has waited for %lld ms", p->keys[0],
		(long long)waited_ms);
	const struct pack_asker *last =
		&pack_state.askers[pack_first_waiting(p->keys[p->n - 1], PACK_LATE_MS)];
	LAW(p->n < (uint64_t)o->texts_max || world.now_ms <= last->given_ms + PACK_TICK_MS,
		"a full pack has waited for %lld ms", (long long)(world.now_ms - last->given_ms));
	LAW(is_last || p->n >= (uint64_t)o->texts_max || waited_ms >= o->wait_ms - PACK_TICK_MS,
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
			pack_state.texts[p->keys[i]].asked_n > 0)
			continue;
		pack_seen.bad_n++;
		pack_seen.allowed_n += 2 * steps_of(p->n);
		if (steps_of(p->n) > pack_seen.steps_most)
			pack_seen.steps_most = steps_of(p->n);
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
	LAW(pack_state.packs_n < PACKS_MAX, "too many requests");
	struct pack_request *pack = &pack_state.packs[pack_state.packs_n];
	*pack = (struct pack_request){ 0 };
	struct vectors_pack *p = &pack->asked;
	vectors_read(p, attempt);
	pack_state.packs_n++;
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
		LAW(pack_first_waiting(p->keys[i], PACK_LATE_MS) >= 0,
			"text %u is asked for nobody", p->keys[i]);
		is_fresh |= pack_state.texts[p->keys[i]].asked_n == 0;
	}
	if (is_fresh)
		note_fresh(p);
	return pack_state.packs_n - 1;
}

static unsigned start(uint64_t number, unsigned endpoint)
{
	struct pack_request *pack = &pack_state.packs[number];
	(void)endpoint;
	pack->is_flying = true;
	pack->start_ms = world.now_ms;
	world_trace("asks %u: %u to %u", pack->asked.n, pack->asked.keys[0],
		pack->asked.keys[pack->asked.n - 1]);
	pack_seen.texts_n += pack->asked.n;
	for (unsigned i = 0; i < pack->asked.n; i++) {
		struct pack_text *t = &pack_state.texts[pack->asked.keys[i]];
		t->flying_n++;
		check_flying(pack->asked.keys[i]);
		if (++t->asked_n > pack_seen.asked_most)
			pack_seen.asked_most = t->asked_n;
	}
	return 1;
}

static void judge(uint64_t number, struct reply *reply)
{
	vectors_judge(&pack_state.packs[number].asked, reply);
}

static void fill(uint64_t number, const struct reply *reply, struct attempt *attempt)
{
	vectors_fill(&pack_state.packs[number].asked, number, reply, attempt);
}

static void finish(uint64_t number, const struct reply *reply)
{
	struct pack_request *pack = &pack_state.packs[number];
	pack->end_ms = world.now_ms;
	pack->is_flying = false;
	pack->is_answered = reply->kind == REPLY_ANSWER;
	pack_seen.told_n += pack->is_answered ? pack->asked.n : 0;
	for (unsigned i = 0; i < pack->asked.n; i++)
		pack_state.texts[pack->asked.keys[i]].flying_n--;
}

/* True if another request with the text has been answered since. */
static bool is_answered_elsewhere(unsigned key, uint64_t than)
{
	for (uint64_t i = pack_state.packs_n; i-- > 0;) {
		const struct pack_request *p = &pack_state.packs[i];
		if (i != than && p->is_answered && pack_has_key(&p->asked, key))
			return true;
	}
	return false;
}

/* Nothing is cut off while somebody waits for a text of it that has not come another way. */
static void cancel(uint64_t number, bool is_for_all)
{
	const struct vectors_pack *p = &pack_state.packs[number].asked;
	for (unsigned i = 0; !is_for_all && !run.may_abort && i < p->n; i++)
		LAW(pack_first_waiting(p->keys[i], -PACK_LATE_MS) < 0 ||
				(pack_laws.is_hedged && is_answered_elsewhere(p->keys[i], number)),
			"a pack is cut off, and text %u is wanted", p->keys[i]);
}

/* ends */

/* Is that the vector of its text, from an answer that came while it was here? */
static void check_vector(const struct record *r, struct pack_asker *a)
{
	const struct answer *answer = &r->stages[0].calls[0].answer;
	struct span text = answer->vector.text;
	const char *comma = text.n ? memchr(text.at, ',', text.n) : NULL;
	char want[32];
	struct buf whole;
	LAW(comma, "#%llu has no vector", NUMBER(r->seq));
	unsigned long long number = strtoull(comma + 1, NULL, 10);
	LAW(number < pack_state.packs_n, "#%llu has a vector from nowhere", NUMBER(r->seq));
	buf_init(&whole, 1 << 20);
	vectors_put(&whole, a->key, number);
	bool is_it = whole.len == text.n && memcmp(whole.data, text.at, text.n) == 0;
	buf_release(&whole);
	snprintf(want, sizeof want, "%.*s", (int)(text.n < 20 ? text.n : 20), text.at);
	LAW(is_it, "#%llu, text %u, has the vector %s...", NUMBER(r->seq), a->key, want);
	const struct pack_request *p = &pack_state.packs[number];
	LAW(p->is_answered && p->end_ms >= a->given_ms, "#%llu has a vector from before it came",
		NUMBER(r->seq));
	pack_seen.usage_n += answer->usage.input > 0 ? answer->usage.input : 0;
	pack_seen.shared_n += r->stages[0].calls[0].is_shared;
	if (pack_state.columns_n == 0)
		pack_state.columns_n = answer->vector.n;
	LAW(answer->vector.n == pack_state.columns_n, "vectors of %zu and %zu numbers",
		pack_state.columns_n, answer->vector.n);
}

static void check_words(const struct record *r, const struct pack_asker *a, enum error_code code)
{
	char name[32];
	snprintf(name, sizeof name, "text k%u ", a->key);
	LAW(r->failure.code == code && r->failure.message && strstr(r->failure.message, name),
		"#%llu, text %u, failed of %s: %s", NUMBER(r->seq), a->key,
		error_code_name(r->failure.code), r->failure.message);
}

static void check_failed(const struct record *r, struct pack_asker *a)
{
	static const enum error_code codes[] = {
		[TEXT_CRASHES] = ERROR_OVERLOADED,
		[TEXT_HANGS] = ERROR_TIMEOUT,
		[TEXT_LACKS] = ERROR_BAD_RESPONSE,
		[TEXT_IS_ODD] = ERROR_BAD_RESPONSE,
	};
	enum nature nature = vectors_natures[a->key];
	enum error_code code = r->failure.code;
	if (a->is_bare) {
		LAW(code == ERROR_BAD_RECORD || code == ERROR_TEMPLATE, "#%llu failed of %s",
			NUMBER(r->seq), error_code_name(code));
		return;
	}
	LAW(pack_texts.keys_n || r->failure.attempts_n == pack_state.texts[a->key].asked_n,
		"text %u was asked %u times, it says %u", a->key, pack_state.texts[a->key].asked_n,
		r->failure.attempts_n);
	bool is_late =
		world.opts.sched.deadline_ms && world.now_ms >= pack_deadline_of(a) - PACK_LATE_MS;
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
	struct pack_asker *a = &pack_state.askers[r->seq];
	LAW(a->record == r, "#%llu is put twice", NUMBER(r->seq));
	if (r->fate == FATE_ANSWERED)
		check_vector(r, a);
	else
		check_failed(r, a);
	a->record = NULL;
}

/* The pack that an answered record's vector came with. */
static struct pack_request *pack_of(const struct record *r)
{
	struct span text = r->stages[0].calls[0].answer.vector.text;
	const char *comma = text.n ? memchr(text.at, ',', text.n) : NULL;
	unsigned long long number = comma ? strtoull(comma + 1, NULL, 10) : PACKS_MAX;
	return number < pack_state.packs_n ? &pack_state.packs[number] : NULL;
}

/* What records that are here weigh, and the answers that their vectors lie in. */
static size_t count_bytes(void)
{
	size_t bytes = 0;
	pack_state.counts_n++;
	for (uint64_t seq = run.first_alive; seq < run.given_n; seq++) {
		const struct record *r = pack_state.askers[seq].record;
		struct pack_request *p = r && r->fate == FATE_ANSWERED ? pack_of(r) : NULL;
		bytes += r ? sizeof *r + r->text.n : 0;
		if (p && p->mark != pack_state.counts_n)
			bytes += p->asked.answer_bytes;
		if (p)
			p->mark = pack_state.counts_n;
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
		n += pack_is_open(&pack_state.askers[seq]) &&
			pack_state.texts[pack_state.askers[seq].key].asked_n == 0;
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
		LAW(!pack_is_open(&pack_state.askers[seq]) ||
				world.now_ms <=
					pack_deadline_of(&pack_state.askers[seq]) + PACK_LATE_MS,
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
	.put_record = pack_put_record,
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
