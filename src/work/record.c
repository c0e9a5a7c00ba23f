/* SPDX-License-Identifier: MIT */
#include "work/record.h"

#include "base/xalloc.h"
#include "json/text.h"
#include "work/splice.h"

#include <assert.h>
#include <stdlib.h>

struct record *record_new(struct span line)
{
	struct record *r = xmalloc(sizeof *r + line.n);
	char *bytes = (char *)(r + 1);
	*r = (struct record){ .text = { .at = bytes, .n = line.n } };
	if (line.n)
		memcpy(bytes, line.at, line.n);
	return r;
}

void record_add_calls(struct record *r, unsigned n)
{
	assert(n > 0 && !r->calls);
	r->calls = n == 1 ? &r->first : xcalloc(n, sizeof *r->calls);
	r->calls_n = n;
}

void record_free(struct record *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->calls_n; i++)
		call_release(&r->calls[i]);
	if (r->calls != &r->first)
		free(r->calls);
	free(r->failure.message);
	free(r->owned_text);
	free(r);
}

void record_scan(struct record *r)
{
	if (!json_scan(r->text, &r->value, &r->fault))
		r->value = (struct span){ 0 };
}

size_t record_weight(const struct record *r)
{
	return sizeof *r + r->text.n;
}

void record_fail(struct record *r, enum error_code code, char *message)
{
	assert(r->fate == FATE_OPEN && code != ERROR_NONE);
	r->fate = FATE_FAILED;
	r->failure.code = code;
	r->failure.message = message;
}

bool record_is_failed_before(const struct record *r)
{
	return r->value.at && json_member(json_member(r->value, SPAN("pllm")), SPAN("error")).at;
}

void record_survey(const struct record *r, struct span field, bool *is_failed, bool *has_field)
{
	struct json_walk walk;
	struct span ours = { 0 };
	*has_field = false;
	json_walk_init(&walk, r->value);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("pllm")))
			ours = walk.value;
		else if (json_key_is(walk.key, field))
			*has_field = true;
	}
	*is_failed = json_member(ours, SPAN("error")).at != NULL;
}

void record_revive(struct record *r)
{
	if (!record_is_failed_before(r))
		return;
	struct span wrapped = json_member(json_member(r->value, SPAN("pllm")), SPAN("wrapped"));
	struct span input = json_member(r->value, SPAN("input"));
	if (span_is(wrapped, "\"text\""))
		return; /* no JSON then, no JSON now */
	if (span_is(wrapped, "\"value\"") && input.at) {
		r->value = r->text = input;
		return;
	}
	static const struct span ours[] = { { "pllm", 4 } };
	struct buf without;
	bool has_members;
	buf_init(&without, r->text.n + 1);
	const char *past = r->value.at + r->value.n, *end = r->text.at + r->text.n;
	bool fits = buf_put(&without, r->text.at, (size_t)(r->value.at - r->text.at)) &&
		splice_open(&without, r->value, ours, 1, &has_members) &&
		buf_put_char(&without, '}') && buf_put(&without, past, (size_t)(end - past));
	assert(fits);
	(void)fits;
	r->owned_text = without.data;
	r->text = buf_span(&without);
	record_scan(r);
}
