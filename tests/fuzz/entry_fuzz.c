/* SPDX-License-Identifier: MIT */
/*
 * The input is the form of an entry, whose checksum is made right. Whatever it is, it is refused
 * and stays, or all that is read from it is in it and can be written to a line; a copy that stands
 * alone is the same; and packed again it reads the same.
 */
#include "work/entry.h"

#include "base/xalloc.h"
#include "forms.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one entry became. */
struct reading {
	struct attempt attempt;
	struct answer answer;
	unsigned attempts_n;
};

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "entry_fuzz: %s\n", what);
	abort();
}

static bool read_entry(struct entry *e, struct reading *r)
{
	attempt_init(&r->attempt, 1);
	return entry_unpack(e, &r->attempt, &r->answer, &r->attempts_n);
}

static void let_go(struct reading *r)
{
	answer_release(&r->answer);
	attempt_release(&r->attempt);
}

static bool is_same(struct span a, struct span b)
{
	return span_equals(a, b) || (!a.at && !b.at);
}

static bool are_counts_same(const struct usage *a, const struct usage *b)
{
	return a->input == b->input && a->output == b->output && a->cached == b->cached &&
		a->reasoning == b->reasoning && a->cache_write == b->cache_write &&
		a->cache_write_long == b->cache_write_long && a->tier == b->tier;
}

static bool are_same(const struct answer *a, const struct answer *b)
{
	return is_same(a->text, b->text) && is_same(a->model, b->model) &&
		is_same(a->service_tier, b->service_tier) && is_same(a->value, b->value) &&
		is_same(a->tool_calls, b->tool_calls) && is_same(a->logprobs, b->logprobs) &&
		is_same(a->usage_text, b->usage_text) && is_same(a->vector.text, b->vector.text) &&
		a->outcome == b->outcome && a->finish == b->finish &&
		are_counts_same(&a->usage, &b->usage);
}

static void pack(struct entry *e, struct reading *r)
{
	struct answer *answer = &r->answer;
	if (!answer->vector.text.at) {
		entry_pack(e, &r->attempt, answer, r->attempts_n);
		return;
	}
	entry_hold_vector(e, &r->attempt, answer, &answer->vector, answer->source);
	demand(entry_pack_vector(e), "floats are none");
}

/* Of a vector little else is kept. */
static void check_again(struct reading *r)
{
	struct entry e = { 0 };
	struct reading again;
	bool is_vector = r->answer.vector.text.at != NULL;
	pack(&e, r);
	demand(read_entry(&e, &again), "what was packed cannot be read");
	if (is_vector)
		demand(is_same(r->answer.vector.text, again.answer.vector.text) &&
				r->answer.vector.n == again.answer.vector.n &&
				r->answer.vector.is_scaled == again.answer.vector.is_scaled,
			"packed again it is another vector");
	else
		demand(are_same(&r->answer, &again.answer) && r->attempts_n == again.attempts_n,
			"packed again it is another answer");
	let_go(&again);
	entry_release(&e);
}

static void check_copy(struct reading *r)
{
	struct answer copy;
	answer_copy(&copy, &r->answer);
	demand(are_same(&copy, &r->answer), "a copy is another answer");
	answer_keep(&r->answer);
	attempt_release(&r->attempt);
	demand(are_same(&copy, &r->answer), "what was kept is another answer");
	answer_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry e = { 0 };
	struct reading r;
	buf_init(&e.form, size + 1);
	buf_put(&e.form, data, size);
	forms_seal(&e.form);
	struct span memory = buf_span(&e.form);
	if (read_entry(&e, &r)) {
		const char *complaint = forms_complaint(memory, &r.attempt, &r.answer);
		demand(!complaint, complaint);
		demand(e.form.len == 0 && !e.form.data, "the form is still there");
		check_again(&r);
		check_copy(&r);
		let_go(&r);
	} else {
		demand(e.form.data == memory.at || size == 0, "a form that was refused is gone");
		attempt_release(&r.attempt);
	}
	entry_release(&e);
	return 0;
}
