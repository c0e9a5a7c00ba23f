/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses what became of the record, the rest is its line. Whatever that is, it
 * leaves as one line of JSON; taking out what was inserted gives back its bytes; and a record that
 * failed and is revived is the one that was read.
 */
#include "work/result.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FAILS = 1, REPLACES = 2, HAS_META = 4, OUT_BYTES_MAX = 1 << 24 };

#define ANSWER ",\"output\":\"hi\\n\""

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "result_fuzz: %s\n", what);
	abort();
}

static struct record *make(struct span line, const struct endpoint *endpoint)
{
	struct record *r = record_new(line);
	record_scan(r);
	r->calls = xcalloc(1, sizeof *r->calls);
	r->calls_n = 1;
	call_init(r->calls, r, 0);
	attempt_init(&r->calls->attempt, 1);
	answer_init(&r->calls->answer, OUTCOME_CANCELLED);
	r->calls->attempt.endpoint = endpoint;
	return r;
}

/* The answer stands before the closing brace, and all else is as it was. */
static void check_inserted(const struct record *r, struct span out)
{
	size_t front = (size_t)(r->value.at - r->text.at) + r->value.n - 1;
	struct span answer = SPAN(ANSWER);
	if (json_is_empty(r->value))
		answer = (struct span){ answer.at + 1, answer.n - 1 };
	demand(out.n == r->text.n + answer.n, "more or less was inserted");
	demand(memcmp(out.at, r->text.at, front) == 0, "the front changed");
	demand(memcmp(out.at + front, answer.at, answer.n) == 0, "the answer is elsewhere");
	demand(memcmp(out.at + front + answer.n, r->text.at + front, r->text.n - front) == 0,
		"the rest changed");
}

/*
 * What failed comes back as it was, unless it has or resembles something of ours, or had made way.
 */
static void check_revived(const struct record *r, bool replaces, struct span out)
{
	struct record *again = record_new(out);
	record_scan(again);
	demand(record_is_failed_before(again), "a failure is not seen");
	record_revive(again);
	/* a line that was no JSON is none later */
	demand(record_is_failed_before(again) == !r->value.at,
		"a failure survives, or is forgotten");
	demand(again->value.at != NULL, "what is revived is no JSON");
	bool is_ours =
		json_member(r->value, SPAN("pllm")).at || json_member(r->value, SPAN("input")).at;
	if (r->value.at && !is_ours && !replaces)
		demand(span_equals(again->value, r->value), "the record is another");
	record_free(again);
}

static void check(const struct record *r, const struct result_opts *o, struct span out)
{
	struct span scanned;
	struct json_fault fault;
	demand(out.n > 0 && out.at[out.n - 1] == '\n', "the line has no end");
	out.n--;
	demand(!memchr(out.at, '\n', out.n), "the line is more than one");
	demand(json_scan(out, &scanned, &fault) && json_kind(scanned) == JSON_KIND_OBJECT,
		"the line is no object");
	bool is_failed = r->fate == FATE_FAILED;
	demand(is_failed ==
				(json_member(json_member(scanned, SPAN("pllm")), SPAN("error"))
						.at != NULL) ||
			!is_failed,
		"the failure does not show");
	if (is_failed)
		check_revived(r, o->replaces, out);
	else
		demand(span_is(json_member(scanned, SPAN("output")), "\"hi\\n\""),
			"the answer does not show");
	if (!is_failed && !o->replaces && !o->meta && r->value.at &&
		json_kind(r->value) == JSON_KIND_OBJECT)
		check_inserted(r, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || memchr(data + 1, '\n', size - 1))
		return 0;
	char meta[] = "pllm", name[] = "http://h";
	struct plan plan = { 0 };
	struct endpoint endpoint = { .name = name };
	struct result_opts o = {
		.plan = &plan, .replaces = *data & REPLACES, .meta = *data & HAS_META ? meta : NULL
	};
	struct buf out;
	plan_add_step(&plan, "output");
	buf_init(&out, OUT_BYTES_MAX);
	struct record *r = make((struct span){ (const char *)data + 1, size - 1 }, &endpoint);
	if (*data & FAILS || !r->value.at) {
		record_fail(r, ERROR_TIMEOUT, xmemdup((const char *)data, size));
	} else {
		r->fate = FATE_ANSWERED;
		r->calls->answer.outcome = OUTCOME_ANSWERED;
		r->calls->answer.text = SPAN("hi\\n");
	}
	demand(result_put(&out, r, &o), "there was room");
	check(r, &o, buf_span(&out));
	buf_release(&out);
	record_free(r);
	plan_release(&plan);
	return 0;
}
