/* SPDX-License-Identifier: MIT */
/* The line of a record with several steps, or several calls for one. */
#include "steps_scene.h"
#include "work/progress.h"

TEST("each step's answer is a field, in the order of the plan")
{
	struct scene s;
	enter(&s, 3, "{\"id\":1e400}");
	answer_step(&s, 2, "three");
	answer_step(&s, 0, "one\\n");
	answer_step(&s, 1, "");
	check_line(&s, "{\"id\":1e400,\"a\":\"one\\n\",\"b\":\"\",\"c\":\"three\"}\n");
	leave(&s);
}

TEST("a value that is no object is wrapped once for all answers")
{
	struct scene s;
	enter(&s, 2, "-0");
	answer_step(&s, 0, "x");
	answer_step(&s, 1, "y");
	check_line(&s, "{\"input\":-0,\"a\":\"x\",\"b\":\"y\"}\n");
	leave(&s);
}

TEST("a step that is not emitted leaves no trace")
{
	struct scene s;
	enter(&s, 2, "{}");
	s.plan.steps[0].is_emitted = false;
	answer_step(&s, 0, "draft");
	answer_step(&s, 1, "final");
	check_line(&s, "{\"b\":\"final\"}\n");
	leave(&s);
}

TEST("what the record had already, or nobody wanted, is not put twice")
{
	struct scene s;
	enter(&s, 3, "{\"a\": \"mine\"}");
	s.record->stages[0].state = STAGE_GIVEN;
	s.record->stages[2].state = STAGE_UNWANTED;
	answer_step(&s, 1, "new");
	check_line(&s, "{\"a\": \"mine\",\"b\":\"new\"}\n");
	leave(&s);
}

TEST("the answer of a step that chose one of several is that one's, as the server escaped it")
{
	struct scene s;
	enter(&s, 1, "{}");
	s.plan.steps[0].samples_n = 3;
	s.plan.steps[0].join = JOIN_VOTE;
	struct stage *stage = ask(&s, 0);
	answer_call(&stage->calls[0], "no");
	answer_call(&stage->calls[1], "\\u00e9\\/ \\ud800");
	answer_json(&stage->calls[2], "{ \"x\" : [ 1.10, \"\\udc00\" ] }");
	stage->state = STAGE_ANSWERED;
	s.record->fate = FATE_ANSWERED;
	stage->chosen = 1;
	check_line(&s, "{\"a\":\"\\u00e9\\/ \\ufffd\"}\n");
	stage->chosen = 2;
	check_line(&s, "{\"a\":{\"x\":[1.10,\"\\ufffd\"]}}\n");
	leave(&s);
}

TEST("what progress makes of a scattered step is what leaves: a list, a failed call null in it")
{
	struct scene s;
	enter(&s, 1, "{}");
	s.plan.steps[0].samples_n = 3;
	s.plan.steps[0].quorum = 2;
	record_free(s.record);
	s.record = record_new(SPAN("{}"));
	record_scan(s.record);
	progress_begin(s.record, &s.plan, 0);
	struct stage *stage = progress_open(s.record, &s.plan);
	answer_call(&stage->calls[0], "x\\ud800");
	fail_call(&stage->calls[1], ERROR_TIMEOUT, "late");
	answer_json(&stage->calls[2], "{ \"n\" :\n 1.10 }");
	for (unsigned i = 0; i < 3; i++)
		progress_settle(&stage->calls[i], &s.plan);
	progress_conclude(s.record, &s.plan);
	check_line(&s, "{\"a\":[\"x\\ufffd\",null,{\"n\":1.10}]}\n");
	s.opts.form = RESULT_RAW;
	check_line(&s, "[\"x\\ufffd\",null,{\"n\":1.10}]\n");
	leave(&s);
}

TEST("what did succeed stays beside the error, which names who failed and who was not run")
{
	struct scene s;
	enter(&s, 5, "{\"id\":1}");
	answer_step(&s, 0, "good");
	fail_step(&s, 1, "late");
	s.record->stages[2].state = STAGE_UNRUN;
	fail_step(&s, 3, "other");
	s.record->stages[4].state = STAGE_UNRUN;
	check_line(&s,
		"{\"id\":1,\"a\":\"good\"," FAILED_WITH(
			"\"b\",\"not_run\":[\"c\",\"e\"],\"also_failed\":[\"d\"]") "}\n");
	leave(&s);
}

TEST("a step that was left unrun is named even if nobody was to see it, an answer is not")
{
	struct scene s;
	enter(&s, 3, "{}");
	s.plan.steps[0].is_emitted = s.plan.steps[2].is_emitted = false;
	answer_step(&s, 0, "draft");
	fail_step(&s, 1, "late");
	s.record->stages[2].state = STAGE_UNRUN;
	check_line(&s, "{" FAILED_WITH("\"b\",\"not_run\":[\"c\"]") "}\n");
	leave(&s);
}

TEST("a failure alone names nobody else")
{
	struct scene s;
	enter(&s, 2, "17");
	answer_step(&s, 0, "good");
	fail_step(&s, 1, "late");
	check_line(&s,
		"{\"input\":17,\"a\":\"good\",\"pllm\":{" ERROR_WITH("\"b\"") ",\"wrapped\":"
									      "\"value\"}}\n");
	leave(&s);
}

TEST("only fields of steps that were asked anew make way")
{
	struct scene s;
	enter(&s, 3, "{\"c\":3, \"b\":2, \"a\":1, \"d\":4}");
	s.opts.replaces = true;
	s.plan.steps[0].is_emitted = false;
	answer_step(&s, 0, "hidden");
	answer_step(&s, 1, "new");
	s.record->stages[2].state = STAGE_GIVEN;
	check_line(&s, "{\"c\":3, \"a\":1, \"d\":4,\"b\":\"new\"}\n");
	leave(&s);
}

TEST("an old answer makes way even if the new one has no words, or did not come")
{
	struct scene s;
	enter(&s, 4, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}");
	s.opts.replaces = true;
	s.plan.steps[3].is_emitted = false;
	answer_step(&s, 0, "");
	s.record->stages[0].calls[0].answer.text = (struct span){ 0 };
	fail_step(&s, 1, "late");
	s.record->stages[2].state = STAGE_UNRUN;
	s.record->stages[3].state = STAGE_UNRUN;
	check_line(&s, "{\"d\":4," FAILED_WITH("\"b\",\"not_run\":[\"c\",\"d\"]") "}\n");
	leave(&s);
}

TEST("without --existing replace nothing makes way")
{
	struct scene s;
	enter(&s, 2, "{\"b\":2}");
	answer_step(&s, 0, "new");
	fail_step(&s, 1, "late");
	check_line(&s, "{\"b\":2,\"a\":\"new\"," FAILED_WITH("\"b\"") "}\n");
	leave(&s);
}

TEST("as many fields as a plan has steps make way")
{
	struct scene s;
	struct buf line, want;
	buf_init(&line, 10000);
	buf_init(&want, 10000);
	buf_put_str(&line, "{\"a\":0");
	buf_put_str(&want, "{\"a\":\"\"");
	for (int i = 1; i < PLAN_STEPS_MAX; i++) {
		char *field = xasprintf(",\"s%d\":", i);
		buf_put_str(&line, field);
		buf_put_str(&line, "\"old\"");
		buf_put_str(&want, field);
		buf_put_str(&want, "\"\"");
		free(field);
	}
	buf_put_str(&line, ",\"pllm\":1,\"m\":2}");
	buf_put(&line, "", 1);
	enter(&s, 1, line.data);
	for (int i = 1; i < PLAN_STEPS_MAX; i++) {
		char *name = xasprintf("s%d", i);
		struct step *step = plan_add_step(&s.plan, name);
		step->is_emitted = true;
		step->models_n = step->samples_n = 1;
		free(name);
	}
	record_free(s.record);
	s.record = record_new(span_of(line.data));
	record_scan(s.record);
	record_add_stages(s.record, PLAN_STEPS_MAX);
	for (unsigned i = 0; i < PLAN_STEPS_MAX; i++)
		answer_step(&s, i, "");
	s.opts.replaces = true;
	buf_put_str(&want, "}\n");
	/* what the record has of ours is in front of what is new */
	struct buf out;
	buf_init(&out, 10000);
	CHECK(result_put(&out, s.record, &s.opts));
	CHECK_INT(out.len, want.len + strlen("\"pllm\":1,\"m\":2,"));
	CHECK(memcmp(out.data, "{\"pllm\":1,\"m\":2,", 16) == 0);
	CHECK(memcmp(out.data + 16, want.data + 1, want.len - 1) == 0);
	buf_release(&out);
	buf_release(&line);
	buf_release(&want);
	leave(&s);
}

TEST("a record that was never admitted fails without steps")
{
	struct scene s;
	enter(&s, 2, "{\"a\":1}");
	record_free(s.record);
	s.record = record_new(SPAN("{\"a\":1,\"x\":2}"));
	s.record->line = 7;
	record_scan(s.record);
	record_fail(s.record, ERROR_TIMEOUT, xstrdup("late"));
	s.record->failure.attempts_n = 1;
	s.opts.meta = s.meta;
	check_line(&s, "{\"a\":1,\"x\":2," FAILED_WITH("null") "}\n");
	s.opts.form = RESULT_RAW;
	check_line(&s, "\n");
	leave(&s);
}

TEST("raw output is the text of the one step that is emitted, or what the record had for it")
{
	struct scene s;
	enter(&s, 3, "{\"b\":\"o\\tld\",\"c\":[ 1, 2 ]}");
	s.opts.form = RESULT_RAW;
	s.plan.steps[0].is_emitted = s.plan.steps[2].is_emitted = false;
	answer_step(&s, 0, "draft");
	answer_step(&s, 1, "a\\nb");
	check_line(&s, "a\nb\n");
	s.record->stages[1].state = STAGE_GIVEN;
	check_line(&s, "o\tld\n");
	s.record->fate = FATE_SKIPPED;
	check_line(&s, "o\tld\n");
	s.plan.steps[1].is_emitted = false;
	s.plan.steps[2].is_emitted = true;
	check_line(&s, "[1,2]\n");
	s.record->fate = FATE_PASSED;
	check_line(&s, "\n");
	leave(&s);
}

TEST("a line of many parts stops at the ceiling of what it is put into")
{
	struct scene s;
	struct buf whole;
	enter(&s, 4, "{\"a\":1}");
	answer_step(&s, 0, "x");
	fail_step(&s, 1, "late");
	s.record->stages[2].state = STAGE_UNRUN;
	s.plan.steps[3].samples_n = 2;
	struct stage *stage = ask(&s, 3);
	answer_call(&stage->calls[0], "y");
	fail_call(&stage->calls[1], ERROR_TIMEOUT, "z");
	stage->state = STAGE_FAILED;
	s.opts.meta = s.meta;
	s.opts.replaces = true;
	buf_init(&whole, 10000);
	CHECK(result_put(&whole, s.record, &s.opts));
	for (size_t max = 1; max <= whole.len; max++) {
		struct buf out;
		buf_init(&out, max);
		CHECK_INT(result_put(&out, s.record, &s.opts), max == whole.len);
		CHECK(out.len <= max);
		buf_release(&out);
	}
	buf_release(&whole);
	leave(&s);
}
