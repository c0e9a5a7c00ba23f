/* SPDX-License-Identifier: MIT */
/* What --meta tells of several steps, and of several calls for one. */
#include "steps_scene.h"
#include "work/progress.h"

#define NO_USAGE "\"usage\":{\"input\":null,\"output\":null,\"cached\":null,\"reasoning\":null}"
#define CALL_WITH(attempts, ms, more)                                                  \
	"\"model\":null,\"endpoint\":\"http://h/v1\",\"finish\":\"unknown\"," NO_USAGE \
	",\"cost\":null,\"attempts\":" attempts ",\"ms\":" ms more
#define CALL CALL_WITH("1", "10", "")

TEST("of several steps each that was asked has its own meta, emitted or not")
{
	struct scene s;
	enter(&s, 3, "{\"c\":\"had\"}");
	s.plan.steps[0].is_emitted = false;
	answer_step(&s, 0, "draft");
	answer_step(&s, 1, "final");
	s.record->stages[2].state = STAGE_GIVEN;
	s.opts.meta = s.meta;
	check_line(&s,
		"{\"c\":\"had\",\"b\":\"final\",\"pllm\":{\"steps\":{\"a\":{" CALL "},\"b\":{" CALL
		"}}}}\n");
	memcpy(s.meta, "how", 4);
	check_line(&s,
		"{\"c\":\"had\",\"b\":\"final\",\"how\":{\"steps\":{\"a\":{" CALL "},\"b\":{" CALL
		"}}}}\n");
	leave(&s);
}

TEST("a meta of another name makes way only for a new one")
{
	struct scene s;
	enter(&s, 2, "{\"how\":1}");
	memcpy(s.meta, "how", 4);
	s.opts.meta = s.meta;
	s.opts.replaces = true;
	answer_step(&s, 0, "x");
	answer_step(&s, 1, "y");
	check_line(&s,
		"{\"a\":\"x\",\"b\":\"y\",\"how\":{\"steps\":{\"a\":{" CALL "},\"b\":{" CALL
		"}}}}\n");
	leave(&s);
	enter(&s, 2, "{\"how\":1}");
	memcpy(s.meta, "how", 4);
	s.opts.meta = s.meta;
	s.opts.replaces = true;
	answer_step(&s, 0, "x");
	fail_step(&s, 1, "late");
	check_line(&s, "{\"how\":1,\"a\":\"x\"," FAILED_WITH("\"b\"") "}\n");
	leave(&s);
}

TEST("of a failed record the calls that were tried are told, and why each failed")
{
	struct scene s;
	enter(&s, 4, "{}");
	answer_step(&s, 0, "x");
	fail_step(&s, 1, "late");
	fail_step(&s, 2, "later");
	s.record->stages[3].state = STAGE_UNRUN;
	s.opts.meta = s.meta;
	check_line(&s,
		"{\"a\":\"x\",\"pllm\":{" ERROR_WITH(
			"\"b\",\"not_run\":[\"d\"],\"also_failed\":[\"c\"]") ",\"steps\":{\"a\":{" CALL
									     "},\"b\":{\"error\":{\"code\":\"timeout\",\"message\":\"late\"}," CALL
									     "},\"c\":{\"error\":{\"code\":\"timeout\",\"message\":\"later\"}," CALL
									     "}}}}\n");
	leave(&s);
}

TEST("a record whose calls were not tried has nothing to tell of them, and keeps what it had")
{
	struct scene s;
	enter(&s, 2, "{\"pllm\":{\"model\":1}}");
	answer_step(&s, 0, "x");
	answer_step(&s, 1, "y");
	s.record->stages[0].calls[0].attempts_n = s.record->stages[1].calls[0].attempts_n = 0;
	s.opts.meta = s.meta;
	check_line(&s, "{\"pllm\":{\"model\":1},\"a\":\"x\",\"b\":\"y\"}\n");
	leave(&s);
}

TEST("an answer that another call paid says so")
{
	struct scene s;
	enter(&s, 1, "{}");
	answer_step(&s, 0, "x");
	s.record->stages[0].calls[0].is_shared = true;
	s.record->stages[0].calls[0].attempts_n = 0;
	s.opts.meta = s.meta;
	check_line(&s, "{\"a\":\"x\",\"pllm\":{" CALL_WITH("0", "10", ",\"shared\":true") "}}\n");
	leave(&s);
}

TEST("of several calls there are the sums, and each in its place")
{
	struct scene s;
	enter(&s, 1, "{}");
	s.plan.steps[0].samples_n = 5;
	s.plan.steps[0].join = JOIN_FIRST;
	struct stage *stage = ask(&s, 0);
	stage->state = STAGE_ANSWERED;
	stage->chosen = 2;
	s.record->fate = FATE_ANSWERED;
	fail_call(&stage->calls[0], ERROR_OVERLOADED, "full \"up\"\n");
	stage->calls[0].attempts_n = 3;
	stage->calls[0].attempt.ms = 99;
	call_abandon(&stage->calls[1], ERROR_CANCELLED, NULL);
	stage->calls[1].attempts_n = 0;
	stage->calls[1].attempt.ms = 1000;
	stage->calls[1].answer.usage.input = 5000;
	answer_call(&stage->calls[2], "x");
	stage->calls[2].answer.usage = (struct usage){ 5, 7, -1, 1, 0, 0, TIER_USUAL };
	answer_call(&stage->calls[3], "y");
	stage->calls[3].is_shared = true;
	stage->calls[3].answer.usage = (struct usage){ 5, -1, -1, 2, 0, 0, TIER_USUAL };
	stage->calls[4].attempts_n = 0;
	s.opts.meta = s.meta;
	check_line(&s,
		"{\"a\":\"x\",\"pllm\":{\"usage\":{\"input\":5,\"output\":7,\"cached\":null,"
		"\"reasoning\":1},\"cost\":null,\"attempts\":4,\"ms\":99,\"calls\":["
		"{\"error\":{\"code\":\"overloaded\",\"message\":\"full \\\"up\\\"\\n\"},"
		"\"attempts\":3},"
		"{\"error\":{\"code\":\"cancelled\",\"message\":\"\"},\"attempts\":0},"
		"{\"model\":null,\"endpoint\":\"http://h/v1\",\"finish\":\"unknown\",\"usage\":{"
		"\"input\":5,\"output\":7,\"cached\":null,\"reasoning\":1},\"cost\":null,\"attempts\":1,"
		"\"ms\":12},"
		"{\"model\":null,\"endpoint\":\"http://h/v1\",\"finish\":\"unknown\",\"usage\":{"
		"\"input\":5,\"output\":null,\"cached\":null,\"reasoning\":2},\"cost\":null,\"attempts\":1,"
		"\"ms\":13,\"shared\":true},null]}}\n");
	leave(&s);
}

/* Votes, and checks the record's whole line but for the calls at its end. */
static void check_vote(struct scene *s, const char *want)
{
	struct buf out;
	struct span value;
	struct json_fault fault;
	struct stage *stage = &s->record->stages[0];
	stage->state = STAGE_OPEN;
	stage->open_n = stage->calls_n;
	s->record->open_n = 1;
	for (unsigned i = 0; i < stage->calls_n; i++)
		progress_settle(&stage->calls[i], &s->plan);
	progress_conclude(s->record, &s->plan);
	s->opts.meta = s->meta;
	buf_init(&out, 10000);
	CHECK(result_put(&out, s->record, &s->opts));
	CHECK(json_scan(buf_span(&out), &value, &fault));
	const char *calls = memmem(out.data, out.len, ",\"calls\":[", 10);
	CHECK(calls != NULL);
	CHECK_MEM(out.data, calls ? (size_t)(calls - out.data) : 0, want);
	buf_release(&out);
}

#define SUMS(attempts, ms) NO_USAGE ",\"cost\":null,\"attempts\":" attempts ",\"ms\":" ms

TEST("a vote shows how often each answer was given, most votes first, then by place")
{
	static const char *const answers[] = { "one", "Two", "three", " two ", "three" };
	struct scene s;
	enter(&s, 1, "{}");
	s.plan.steps[0].samples_n = 6;
	s.plan.steps[0].join = JOIN_VOTE;
	struct stage *stage = ask(&s, 0);
	for (unsigned i = 0; i < 5; i++)
		answer_call(&stage->calls[i], answers[i]);
	fail_call(&stage->calls[5], ERROR_TIMEOUT, "late");
	check_vote(&s,
		"{\"a\":\"Two\",\"pllm\":{" SUMS("6",
			"15") ",\"tally\":["
			      "{\"value\":\"Two\",\"votes\":2},{\"value\":\"three\",\"votes\":2},"
			      "{\"value\":\"one\",\"votes\":1}]");
	leave(&s);
}

TEST("a vote by a part of the answers shows those parts, and the answer is whole")
{
	struct scene s;
	struct err err;
	enter(&s, 1, "{}");
	s.plan.steps[0].samples_n = 3;
	s.plan.steps[0].join = JOIN_VOTE;
	s.plan.steps[0].has_vote_by = true;
	CHECK(path_parse(&s.plan.steps[0].vote_by, SPAN(".n"), &err));
	struct stage *stage = ask(&s, 0);
	answer_json(&stage->calls[0], "{\"n\":[ 2 ],\"why\":1}");
	answer_json(&stage->calls[1], "{\"n\":\"\\ud800\",\"why\":2}");
	answer_json(&stage->calls[2], "{\"n\":\"\\ud800\",\"why\":3}");
	check_vote(&s,
		"{\"a\":{\"n\":\"\\ufffd\",\"why\":2},\"pllm\":{" SUMS("3",
			"12") ",\"tally\":["
			      "{\"value\":\"\\ufffd\",\"votes\":2},{\"value\":[2],\"votes\":1}]");
	leave(&s);
}
