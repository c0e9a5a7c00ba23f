/* SPDX-License-Identifier: MIT */
#include "work/entry.h"

#include "../fuzz/forms.h"
#include "reading.h"

#include <stdint.h>

#define ENDPOINT "http://h/v1"
#define CHAT                                                                                      \
	"{\"model\":\"m-1\",\"choices\":[{\"message\":{\"content\":\"a\\n\\u00e9\\\"\xc3\xa9\"}," \
	"\"logprobs\":{\"content\":[{\"x\":1}]},\"finish_reason\":\"stop\"}],"                    \
	"\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5}}"
#define TOOLS                                                                        \
	"{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[ {\"id\":1,\n" \
	"\"function\":{}} ]},\"finish_reason\":\"tool_calls\"}]}"
#define EVENT(json) "data: " json "\n\n"
#define SAYS(text) EVENT("{\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}")
#define END(why) \
	EVENT("{\"choices\":[{\"delta\":{},\"finish_reason\":\"" why "\"}]}") EVENT("[DONE]")

/* What a server said, in the words of that API. */
struct scene {
	const char *api;
	int status;
	bool is_stream;
	const char *body;
	enum outcome outcome; /* that it is read as */
};

static const struct scene scenes[] = {
	{ "openai", 200, false, CHAT, OUTCOME_ANSWERED },
	{ "openai", 200, false, TOOLS, OUTCOME_ANSWERED },
	{ "openai", 200, false,
		"{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}",
		OUTCOME_ANSWERED },
	{ "openai", 200, false,
		"{\"choices\":[{\"message\":{\"content\":\"half\"},\"finish_reason\":\"length\"}]}",
		OUTCOME_TRUNCATED },
	{ "openai", 200, false,
		"{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"},"
		"\"finish_reason\":\"stop\"}]}",
		OUTCOME_POLICY },
	{ "openai", 400, false, "{\"error\":{\"message\":\"bad \\u00e9\",\"type\":\"x\"}}",
		OUTCOME_REQUEST },
	{ "openai", 200, true, SAYS("\\ud83d") SAYS("\\ude00 and") END("stop"), OUTCOME_ANSWERED },
	{ "openai", 200, true, SAYS("ha") SAYS("lf") END("length"), OUTCOME_TRUNCATED },
	{ "openai", 200, true,
		EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\","
		      "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}") END("tool_calls"),
		OUTCOME_ANSWERED },
	{ "openai-moderation", 200, false,
		"{\"model\":\"omni\",\"results\":[ {\"flagged\" : true,\n\"categories\":{}} ]}",
		OUTCOME_ANSWERED },
	{ "cohere-rerank", 200, false,
		"{\"id\":\"1\",\"results\":[{\"index\":1,\"relevance_score\":0.90}]}",
		OUTCOME_ANSWERED },
	{ "anthropic", 200, false,
		"{\"type\":\"message\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		"{\"type\":\"text\",\"text\":\"b\"}],\"stop_reason\":\"end_turn\","
		"\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}",
		OUTCOME_ANSWERED },
};

enum { SCENES_N = sizeof scenes / sizeof *scenes };

/* An answer, what it was packed to, and what was read of that. */
struct trip {
	struct exchange x;
	struct entry entry;
	struct span memory; /* where the form was */
	struct attempt attempt;
	struct answer answer;
	unsigned attempts_n;
};

/* Reads what the server said. */
static void set_out(struct trip *t, const struct scene *s)
{
	*t = (struct trip){ 0 };
	enter(&t->x, s->api, s->status, s->body, s->is_stream);
	CHECK_INT(t->x.answer.outcome, s->outcome);
	api_find(s->api)->read_usage(&t->x.answer);
	t->x.endpoint.name = xstrdup(ENDPOINT);
	t->x.endpoint.is_streamed = s->is_stream;
	t->x.attempt.ms = 1234;
	t->x.attempt.first_byte_ms = 56;
	memcpy(t->x.attempt.request_id, "req-7", sizeof "req-7");
	attempt_init(&t->attempt, 10);
}

static bool come_back(struct trip *t)
{
	t->memory = buf_span(&t->entry.form);
	return entry_unpack(&t->entry, &t->attempt, &t->answer, &t->attempts_n);
}

static void travel(struct trip *t, const struct scene *s)
{
	set_out(t, s);
	entry_pack(&t->entry, &t->x.attempt, &t->x.answer, 3);
	if (!CHECK(come_back(t)))
		answer_init(&t->answer, OUTCOME_CANCELLED);
}

static void settle_down(struct trip *t)
{
	entry_release(&t->entry);
	answer_release(&t->answer);
	attempt_release(&t->attempt);
	leave(&t->x);
}

static void check_same(struct span got, struct span want)
{
	CHECK((got.at == NULL) == (want.at == NULL));
	CHECK(got.n == want.n && (got.n == 0 || memcmp(got.at, want.at, got.n) == 0));
}

static void check_parts(const struct answer *got, const struct answer *want)
{
	check_same(got->text, want->text);
	check_same(got->value, want->value);
	check_same(got->tool_calls, want->tool_calls);
	check_same(got->logprobs, want->logprobs);
	check_same(got->model, want->model);
	check_same(got->usage_text, want->usage_text);
	check_same(got->service_tier, want->service_tier);
	CHECK_STR(got->message, want->message);
	CHECK_INT(got->outcome, want->outcome);
	CHECK_INT(got->finish, want->finish);
	CHECK_INT(got->usage.input, want->usage.input);
	CHECK_INT(got->usage.output, want->usage.output);
	CHECK_INT(got->usage.cached, want->usage.cached);
	CHECK_INT(got->usage.reasoning, want->usage.reasoning);
}

TEST("what each API's file has read comes back as it was")
{
	for (size_t i = 0; i < SCENES_N; i++) {
		struct trip t;
		travel(&t, &scenes[i]);
		CHECK_INT(t.entry.outcome, scenes[i].outcome);
		CHECK_STR(t.entry.endpoint, ENDPOINT);
		CHECK_INT(t.entry.usage.input, t.x.answer.usage.input);
		CHECK_STR(forms_complaint(t.memory, &t.attempt, &t.answer), NULL);
		check_parts(&t.answer, &t.x.answer);
		check_same(buf_span(&t.attempt.answer), buf_span(&t.x.attempt.answer));
		check_same(t.answer.endpoint, SPAN(ENDPOINT));
		CHECK_INT(t.answer.cost, -1);
		CHECK_INT(t.attempt.wire, WIRE_COMPLETE);
		CHECK_INT(t.attempt.status, scenes[i].status);
		CHECK_INT(t.attempt.ms, 1234);
		CHECK_INT(t.attempt.first_byte_ms, 56);
		CHECK_STR(t.attempt.request_id, "req-7");
		CHECK_INT(t.attempts_n, 3);
		settle_down(&t);
	}
}

TEST("a copy, and what is kept of the answer, outlive the form's memory")
{
	for (size_t i = 0; i < SCENES_N; i++) {
		struct trip t;
		struct answer copy;
		travel(&t, &scenes[i]);
		answer_copy(&copy, &t.answer);
		answer_keep(&t.answer);
		memset(t.attempt.answer.data, 'x', t.attempt.answer.cap);
		attempt_release(&t.attempt);
		check_parts(&t.answer, &t.x.answer);
		check_parts(&copy, &t.x.answer);
		check_same(t.answer.endpoint, SPAN(ENDPOINT));
		check_same(copy.endpoint, SPAN(ENDPOINT));
		answer_release(&copy);
		settle_down(&t);
	}
}

TEST("an answer's bytes are kept once, and become the attempt's without a copy")
{
	struct trip t;
	travel(&t, &scenes[0]);
	CHECK(t.attempt.answer.data == t.memory.at);
	CHECK(t.entry.form.data == NULL && t.entry.form.len == 0);
	CHECK_INT(t.answer.text.at - t.attempt.answer.data,
		t.x.answer.text.at - t.x.attempt.answer.data);
	CHECK(t.memory.n < strlen(CHAT) + 250);
	settle_down(&t);
}

TEST("tokens of all kinds and the tier come back")
{
	struct trip t;
	set_out(&t, &scenes[0]);
	t.x.answer.usage = (struct usage){ 1, -1, 3, -1, 5, 6, TIER_FLEX };
	t.x.answer.service_tier = SPAN("fl\\u0065x");
	entry_pack(&t.entry, &t.x.attempt, &t.x.answer, 1);
	CHECK_INT(t.entry.usage.cache_write_long, 6);
	if (CHECK(come_back(&t))) {
		check_parts(&t.answer, &t.x.answer);
		CHECK_INT(t.answer.usage.cache_write, 5);
		CHECK_INT(t.answer.usage.cache_write_long, 6);
		CHECK_INT(t.answer.usage.tier, TIER_FLEX);
	}
	settle_down(&t);
}

TEST("of an answer that was checked against a schema only what was said is kept")
{
	for (int is_mismatch = 0; is_mismatch < 2; is_mismatch++) {
		struct trip t;
		set_out(&t, &scenes[0]);
		buf_init(&t.x.answer.json, 100);
		buf_put_str(&t.x.answer.json, "{\"a\":1}");
		if (is_mismatch) {
			t.x.answer.outcome = OUTCOME_MISMATCH;
			t.x.answer.message = xstrdup("the answer does not match the schema");
		} else {
			t.x.answer.value = buf_span(&t.x.answer.json);
		}
		entry_pack(&t.entry, &t.x.attempt, &t.x.answer, 1);
		CHECK_INT(t.entry.outcome, OUTCOME_ANSWERED);
		if (CHECK(come_back(&t))) {
			CHECK_INT(t.answer.outcome, OUTCOME_ANSWERED);
			CHECK(t.answer.value.at == NULL && t.answer.json.data == NULL);
			CHECK_STR(t.answer.message, NULL);
			check_same(t.answer.text, t.x.answer.text);
		}
		settle_down(&t);
	}
}

TEST("what nobody said is missing when it comes back, and what is empty is there")
{
	struct trip t = { 0 };
	struct attempt a;
	struct answer answer;
	attempt_init(&a, 10);
	a.first_byte_ms = -1;
	answer_init(&answer, OUTCOME_ANSWERED);
	answer.text = SPAN("");
	entry_pack(&t.entry, &a, &answer, 0);
	CHECK_STR(t.entry.endpoint, NULL);
	attempt_init(&t.attempt, 10);
	if (CHECK(come_back(&t))) {
		CHECK_INT(t.attempt.answer.len, 0);
		CHECK_INT(t.attempt.first_byte_ms, -1);
		CHECK_STR(t.attempt.request_id, "");
		CHECK_INT(t.attempts_n, 0);
		CHECK(t.answer.text.at && t.answer.text.n == 0);
		CHECK(!t.answer.value.at && !t.answer.model.at && !t.answer.endpoint.at);
		CHECK_INT(t.answer.usage.input, -1);
	}
	settle_down(&t);
}

/* vectors */

/* Takes a vector of that text to the cache and back. False if there was none in it. */
static bool carry(struct trip *t, struct span text, size_t n, bool is_scaled)
{
	static const struct scene scene = { "openai", 200, false, CHAT, OUTCOME_ANSWERED };
	struct buf bytes, none = { 0 };
	set_out(t, &scene);
	buf_init(&bytes, text.n + 1);
	buf_put_span(&bytes, text);
	struct vector v = { .text = buf_span(&bytes), .n = n, .is_scaled = is_scaled };
	struct shared *source = shared_new(&bytes, &none);
	entry_hold_vector(&t->entry, &t->x.attempt, &t->x.answer, &v, source);
	shared_drop(source);
	CHECK_INT(t->entry.outcome, OUTCOME_ANSWERED);
	CHECK_INT(t->entry.usage.input, -1);
	CHECK_STR(t->entry.endpoint, ENDPOINT);
	bool ok = entry_pack_vector(&t->entry);
	CHECK(!t->entry.source && !t->entry.vector.text.at);
	return ok;
}

static void check_floats(struct span text, size_t n, struct span want)
{
	struct trip t;
	CHECK(carry(&t, text, n, n == 3));
	if (CHECK(come_back(&t))) {
		const struct vector *v = &t.answer.vector;
		CHECK_STR(forms_complaint(t.memory, &t.attempt, &t.answer), NULL);
		check_same(v->text, want);
		CHECK_INT(v->n, n);
		CHECK_INT(v->is_scaled, n == 3);
		CHECK(v->is_floats && t.answer.source);
		CHECK_INT(t.answer.source_bytes, shared_weight(t.answer.source, 1));
		check_same(t.answer.model, SPAN("m-1"));
		check_same(t.answer.endpoint, SPAN(ENDPOINT));
		CHECK(!t.answer.text.at && !t.answer.usage_text.at);
		CHECK_INT(t.answer.usage.input, -1);
		CHECK_INT(t.attempt.answer.len, 0);
		CHECK_INT(t.attempt.status, 200);
		CHECK_INT(t.attempt.ms, 1234);
		CHECK_INT(t.attempts_n, 1);
	}
	settle_down(&t);
}

TEST("a vector is kept as its numbers, and is one of floats when it comes back")
{
	check_floats(
		SPAN("[1,-2.5,0.1]"), 3, SPAN("\x00\x00\x80\x3f\x00\x00\x20\xc0\xcd\xcc\xcc\x3d"));
	check_floats(SPAN("AACAPwAAIMDNzMw9"), 3,
		SPAN("\x00\x00\x80\x3f\x00\x00\x20\xc0\xcd\xcc\xcc\x3d"));
	check_floats(SPAN("[-1e39]"), 1, SPAN("\x00\x00\x80\xff"));
}

TEST("a vector's answer that is kept shares the form's bytes")
{
	struct trip t;
	struct answer copy;
	CHECK(carry(&t, SPAN("[1,2]"), 2, false));
	CHECK(come_back(&t));
	answer_copy(&copy, &t.answer);
	answer_keep(&t.answer);
	CHECK(copy.vector.text.at == t.answer.vector.text.at);
	answer_release(&t.answer);
	answer_init(&t.answer, OUTCOME_CANCELLED);
	CHECK_MEM(copy.model.at, copy.model.n, "m-1");
	CHECK(copy.vector.is_floats && memcmp(copy.vector.text.at, "\0\0\x80\x3f", 4) == 0);
	answer_release(&copy);
	settle_down(&t);
}

TEST("text that holds no vector becomes no form")
{
	struct trip t;
	CHECK(!carry(&t, SPAN("[1,2]"), 3, false));
	CHECK_INT(t.entry.form.len, 0);
	settle_down(&t);
	CHECK(!carry(&t, SPAN("????"), 1, false));
	CHECK_INT(t.entry.form.len, 0);
	settle_down(&t);
	travel(&t, &scenes[0]);
	CHECK(entry_pack_vector(&t.entry)); /* of words there is nothing to be done */
	settle_down(&t);
}

/* damage */

/* Gives the form of a scene, or of a vector for the one past all. */
static struct buf form_of(size_t i)
{
	struct trip t;
	if (i < SCENES_N) {
		set_out(&t, &scenes[i]);
		entry_pack(&t.entry, &t.x.attempt, &t.x.answer, 3);
	} else {
		CHECK(carry(&t, SPAN("[1,-2.5,0.1]"), 3, true));
	}
	struct buf form = t.entry.form;
	t.entry.form = (struct buf){ 0 };
	settle_down(&t);
	return form;
}

/*
 * Reads a copy of the form, of just its size for the sanitizer to watch. True if that was refused,
 * or at least nothing is wrong with what came; *is_read says which.
 */
static bool is_harmless(const struct buf *form, size_t n, bool *is_read)
{
	struct entry e = { 0 };
	struct attempt a;
	struct answer answer;
	unsigned attempts_n = 77;
	const char *complaint = NULL;
	attempt_init(&a, 10);
	buf_init(&e.form, form->len + 1);
	e.form.data = xmalloc(n);
	memcpy(e.form.data, form->data, n);
	e.form.len = e.form.cap = n;
	struct span memory = buf_span(&e.form);
	*is_read = entry_unpack(&e, &a, &answer, &attempts_n);
	if (*is_read) {
		complaint = forms_complaint(memory, &a, &answer);
		answer_release(&answer);
	} else if (e.form.data != memory.at || e.form.len != n || attempts_n != 77 ||
		a.answer.data) {
		complaint = "what was refused is not as it was";
	}
	entry_release(&e);
	attempt_release(&a);
	return CHECK_STR(complaint, NULL);
}

TEST("a form that was cut anywhere, or to which was added, is refused")
{
	for (size_t i = 0; i <= SCENES_N; i++) {
		bool is_read;
		struct buf form = form_of(i);
		for (size_t n = 0; n < form.len; n++) {
			is_harmless(&form, n, &is_read);
			CHECK(!is_read);
		}
		buf_put_char(&form, 0);
		is_harmless(&form, form.len, &is_read);
		CHECK(!is_read);
		buf_release(&form);
	}
}

TEST("a form with any bit of it turned over is refused")
{
	for (size_t i = 0; i <= SCENES_N; i++) {
		bool is_read;
		struct buf form = form_of(i);
		is_harmless(&form, form.len, &is_read);
		CHECK(is_read);
		for (size_t bit = 0; bit < 8 * form.len; bit++) {
			form.data[bit / 8] ^= (char)(1 << bit % 8);
			is_harmless(&form, form.len, &is_read);
			CHECK(!is_read);
			form.data[bit / 8] ^= (char)(1 << bit % 8);
		}
		buf_release(&form);
	}
}

TEST("damage that the checksum does not tell is refused, or does no harm")
{
	static const unsigned char others[] = { 0, 0xff, 0x80, '"', '\\', '\n', '{', 1 };
	for (size_t i = 0; i <= SCENES_N; i++) {
		size_t refused_n = 0, read_n = 0;
		struct buf form = form_of(i);
		for (size_t n = 0; n < form.len * sizeof others; n++) {
			size_t at = n / sizeof others;
			bool is_read;
			char was = form.data[at];
			form.data[at] = (char)others[n % sizeof others];
			forms_seal(&form);
			is_harmless(&form, form.len, &is_read);
			*(is_read ? &read_n : &refused_n) += 1;
			form.data[at] = was;
		}
		CHECK(refused_n > 50 && read_n > 50);
		buf_release(&form);
	}
}

TEST("a form of another version is refused")
{
	enum { VERSION_AT = 12 };
	struct buf form = form_of(0);
	bool is_read;
	CHECK_INT(form.data[form.len - VERSION_AT], 1);
	form.data[form.len - VERSION_AT] = 2;
	forms_seal(&form);
	is_harmless(&form, form.len, &is_read);
	CHECK(!is_read);
	buf_release(&form);
}

TEST("a failure without words is refused: nobody could say why")
{
	enum { OUTCOME_AT = 16 };
	struct buf form = form_of(0);
	bool is_read;
	CHECK_INT(form.data[form.len - OUTCOME_AT], OUTCOME_ANSWERED);
	form.data[form.len - OUTCOME_AT] = OUTCOME_POLICY;
	forms_seal(&form);
	is_harmless(&form, form.len, &is_read);
	CHECK(!is_read);
	buf_release(&form);
}

TEST("what an entry holds can be moved")
{
	struct trip t;
	struct entry to = { 0 };
	set_out(&t, &scenes[0]);
	entry_pack(&t.entry, &t.x.attempt, &t.x.answer, 1);
	t.entry.key.bytes[31] = 9;
	char *data = t.entry.form.data;
	entry_move(&to, &t.entry);
	CHECK(to.form.data == data && to.key.bytes[31] == 9);
	CHECK(t.entry.form.data == NULL && t.entry.source == NULL);
	entry_release(&to);
	CHECK(to.form.data == NULL);
	entry_release(&to);
	settle_down(&t);
}
