/* SPDX-License-Identifier: MIT */
#include "pack_state.h"

#include "api/api.h"

#include <stdio.h>
#include <string.h>

struct pack_laws pack_laws;
struct pack_seen pack_seen;
struct pack_texts pack_texts;
struct pack_state pack_state;

void pack_release(void)
{
	for (uint64_t i = 0; i < pack_state.packs_n; i++)
		vectors_release(&pack_state.packs[i].asked);
	pack_state.packs_n = 0;
}

void pack_begin(void)
{
	pack_release();
	memset(&pack_state, 0, sizeof pack_state);
	memset(vectors_natures, 0, sizeof vectors_natures);
	for (unsigned i = 0; i < VECTORS_KEYS_MAX; i++)
		pack_state.texts[i].first = pack_state.texts[i].last = -1;
	pack_laws = (struct pack_laws){ 0 };
	pack_seen = (struct pack_seen){ 0 };
	pack_texts = (struct pack_texts){ .api = "openai" };
	vectors_server = (struct vectors_server){ .columns_n = 4 };
}

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

/* A record without a text, or with an empty one. */
static size_t put_bare(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	bool is_empty = kind != RECORD_BARE && !pack_texts.is_template;
	pack_state.askers[seq] = (struct pack_asker){ .is_bare = true, .next = -1 };
	return (size_t)snprintf(
		out, size, is_empty ? "{\"id\":%llu,\"text\":\"\"}" : "{\"id\":%llu}", NUMBER(seq));
}

size_t pack_put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	LAW(seq < PACK_RECORDS_MAX, "too many records");
	if (kind != RECORD_GOOD)
		return put_bare(out, size, kind, seq);
	unsigned key = (unsigned)seq;
	if (pack_texts.keys_n)
		key = (unsigned)world_pick((struct range){ 0, pack_texts.keys_n - 1 });
	struct pack_text *t = &pack_state.texts[key];
	if (t->first < 0)
		vectors_natures[key] = pick_nature();
	if (t->first < 0)
		t->first = (int)seq;
	else
		pack_state.askers[t->last].next = (int)seq;
	t->last = (int)seq;
	pack_state.askers[seq] = (struct pack_asker){ .key = key, .next = -1 };
	const struct range *pad = &pack_texts.pad_bytes;
	int64_t pad_n = pad->least + (int64_t)key * 7 % (pad->most - pad->least + 1);
	return (size_t)snprintf(out, size,
		pack_texts.is_template ? "{\"id\":%llu,\"of\":%u,\"pad\":\"%.*s\"}"
				       : "{\"id\":%llu,\"text\":\"k%u.%.*s\"}",
		NUMBER(seq), key, (int)pad_n, words);
}

/* texts */

int64_t pack_deadline_of(const struct pack_asker *a)
{
	int64_t patience_ms = world.opts.sched.deadline_ms;
	return patience_ms ? a->given_ms + patience_ms : INT64_MAX;
}

bool pack_is_open(const struct pack_asker *a)
{
	return a->record && a->record->fate == FATE_OPEN;
}

/* Gives the first record that waits for the vector and, by its --deadline, still may; -1 = none. */
int pack_first_waiting(unsigned key, int64_t grace_ms)
{
	for (int i = pack_state.texts[key].first; i >= 0; i = pack_state.askers[i].next) {
		const struct pack_asker *a = &pack_state.askers[i];
		if (pack_is_open(a) &&
			(!world.opts.sched.deadline_ms ||
				world.now_ms < pack_deadline_of(a) + grace_ms))
			return i;
	}
	return -1;
}

unsigned pack_waiting_n(unsigned key)
{
	unsigned n = 0;
	for (int i = pack_state.texts[key].first; i >= 0; i = pack_state.askers[i].next)
		n += pack_is_open(&pack_state.askers[i]);
	return n;
}

/* True if since then there was always somebody here who had time left for it. */
static bool was_always_wanted(unsigned key, int64_t since_ms)
{
	int64_t until_ms = since_ms;
	for (int i = pack_state.texts[key].first; i >= 0; i = pack_state.askers[i].next) {
		const struct pack_asker *a = &pack_state.askers[i];
		bool counts = pack_is_open(a) || a->is_late;
		if (counts && a->given_ms <= until_ms &&
			pack_deadline_of(a) - PACK_LATE_MS > until_ms)
			until_ms = pack_deadline_of(a) - PACK_LATE_MS;
	}
	return until_ms > world.now_ms;
}

bool pack_has_key(const struct vectors_pack *p, unsigned key)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->keys[i] == key)
			return true;
	return false;
}

/* How many requests with the text fly that it was wanted of ever since they started. */
unsigned pack_wanted_flights_n(unsigned key)
{
	unsigned n = 0;
	for (uint64_t i = 0; i < pack_state.packs_n; i++) {
		const struct pack_request *p = &pack_state.packs[i];
		n += p->is_flying && pack_has_key(&p->asked, key) &&
			was_always_wanted(key, p->start_ms);
	}
	return n;
}
