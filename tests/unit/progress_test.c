/* SPDX-License-Identifier: MIT */
#include "work/progress.h"

#include "base/xalloc.h"
#include "t.h"

enum { STEPS_N = 8 };

/* A plan of steps `a`, `b`, ... and one record on its way through it. */
struct scene {
	struct plan plan;
	struct record *record;
};

static void scene_init(struct scene *s, unsigned steps_n)
{
	char name[] = "a";
	*s = (struct scene){ 0 };
	for (; *name < 'a' + (char)steps_n; ++*name) {
		struct step *step = plan_add_step(&s->plan, name);
		step->models_n = step->samples_n = 1;
		step->is_emitted = true;
	}
}

static struct step *step_of(struct scene *s, char name)
{
	return &s->plan.steps[name - 'a'];
}

/* The step of that name needs those of the others: "d" needs "bc". */
static void need(struct scene *s, char name, const char *others)
{
	struct step *step = step_of(s, name);
	for (; *others; others++) {
		step->needs[step->needs_n++] = (unsigned)(*others - 'a');
		step_of(s, *others)->is_needed = true;
	}
}

static bool begin(struct scene *s, const char *line, const char *has)
{
	uint64_t has_steps = 0;
	for (; *has; has++)
		has_steps |= UINT64_C(1) << (*has - 'a');
	s->record = record_new(span_of(line));
	record_scan(s->record);
	return progress_begin(s->record, &s->plan, has_steps);
}

/* A step of n samples on its own, opened. */
static struct stage *scatter(struct scene *s, unsigned n, enum join join)
{
	scene_init(s, 1);
	step_of(s, 'a')->samples_n = n;
	step_of(s, 'a')->join = join;
	begin(s, "{}", "");
	return progress_open(s->record, &s->plan);
}

static void scene_release(struct scene *s)
{
	record_free(s->record);
	plan_release(&s->plan);
}

static struct stage *stage_at(struct scene *s, char name)
{
	return &s->record->stages[name - 'a'];
}

/* The names of the steps that open now, in one string. */
static const char *opened(struct scene *s)
{
	static char names[STEPS_N + 1];
	size_t n = 0;
	struct stage *stage;
	while ((stage = progress_open(s->record, &s->plan)))
		names[n++] = (char)('a' + (stage - s->record->stages));
	names[n] = '\0';
	return names;
}

/* Lands an escaped text in a call; progress is not told. */
static void land(struct call *c, const char *text)
{
	attempt_init(&c->attempt, 1);
	buf_init(&c->attempt.answer, 1000);
	buf_put_str(&c->attempt.answer, text);
	c->attempt.status = 200;
	c->attempts_n = 1;
	answer_init(&c->answer, OUTCOME_ANSWERED);
	c->answer.text = buf_span(&c->attempt.answer);
	c->is_settled = true;
}

static struct stage *say(struct scene *s, struct call *c, const char *text)
{
	land(c, text);
	return progress_settle(c, &s->plan);
}

static struct stage *say_json(struct scene *s, struct call *c, const char *json)
{
	land(c, json);
	c->answer.value = c->answer.text;
	return progress_settle(c, &s->plan);
}

static struct stage *break_call(
	struct scene *s, struct call *c, enum error_code code, const char *message)
{
	c->attempts_n = 4;
	c->attempt.status = 503;
	call_abandon(c, code, xstrdup(message));
	return progress_settle(c, &s->plan);
}

/* Answers the step's only call with the step's own name in capitals. */
static void answer(struct scene *s, char name)
{
	const char text[] = { (char)(name - 'a' + 'A'), '\0' };
	CHECK(say(s, stage_at(s, name)->calls, text) == stage_at(s, name));
}

static void conclude(struct scene *s)
{
	if (CHECK(progress_is_over(s->record)))
		progress_conclude(s->record, &s->plan);
}

#define CHECK_VALUE(scene, name, want)                                                 \
	do {                                                                           \
		struct span value_ =                                                   \
			progress_value((scene)->record, &(scene)->plan, (name) - 'a'); \
		CHECK_MEM(value_.at, value_.n, want);                                  \
	} while (0)

TEST("a plan of one step asks one call, and holds no memory for it but the record's")
{
	struct scene s;
	struct stage *stage = scatter(&s, 1, JOIN_ALL);
	CHECK(stage == &s.record->first_stage && stage->calls == &s.record->first_call);
	CHECK_INT(s.record->held_bytes, 0);
	CHECK_INT(stage->state, STAGE_OPEN);
	CHECK(!progress_is_over(s.record) && !progress_open(s.record, &s.plan));
	CHECK(say(&s, stage->calls, "yes") == stage);
	CHECK_INT(stage->state, STAGE_ANSWERED);
	CHECK(!stage->value.data && !stage->tally.firsts);
	CHECK_MEM(stage->calls->attempt.answer.data, stage->calls->attempt.answer.len, "yes");
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("a record of one call fails as its call does")
{
	struct scene s;
	struct stage *stage = scatter(&s, 1, JOIN_ALL);
	CHECK(break_call(&s, stage->calls, ERROR_OVERLOADED, "busy") == stage);
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_FAILED);
	CHECK_INT(s.record->failure.code, ERROR_OVERLOADED);
	CHECK_INT(s.record->failure.status, 503);
	CHECK_INT(s.record->failure.attempts_n, 4);
	CHECK_STR(s.record->failure.step, "a");
	CHECK_STR(s.record->failure.message, "busy");
	CHECK(!s.record->failure.partial.at);
	scene_release(&s);
}

TEST("an answer that was cut, or is not what the schema says, is shown in part")
{
	static const enum error_code codes[] = { ERROR_TRUNCATED, ERROR_SCHEMA_MISMATCH };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct scene s;
		struct stage *stage = scatter(&s, 2, JOIN_ALL);
		land(&stage->calls[0], "half of");
		stage->calls[0].error = codes[i];
		CHECK(progress_settle(&stage->calls[0], &s.plan) == stage);
		call_abandon(&stage->calls[1], ERROR_CANCELLED, NULL);
		conclude(&s);
		CHECK_MEM(s.record->failure.partial.at, s.record->failure.partial.n, "half of");
		scene_release(&s);
	}
}

TEST("steps that need nothing begin together, and one that needs them when they are done")
{
	struct scene s;
	scene_init(&s, 4);
	need(&s, 'b', "a");
	need(&s, 'c', "a");
	need(&s, 'd', "bc");
	begin(&s, "{}", "");
	CHECK_STR(opened(&s), "a");
	answer(&s, 'a');
	CHECK_STR(opened(&s), "bc");
	answer(&s, 'c');
	CHECK_STR(opened(&s), "");
	CHECK(!progress_is_over(s.record));
	answer(&s, 'b');
	CHECK(!progress_is_over(s.record));
	CHECK_STR(opened(&s), "d");
	CHECK_VALUE(&s, 'b', "\"B\"");
	CHECK_VALUE(&s, 'c', "\"C\"");
	answer(&s, 'd');
	CHECK(!progress_value(s.record, &s.plan, 3).at);
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("a step may stand before those that it needs")
{
	struct scene s;
	scene_init(&s, 3);
	need(&s, 'a', "b");
	need(&s, 'b', "c");
	begin(&s, "{}", "");
	CHECK_STR(opened(&s), "c");
	answer(&s, 'c');
	CHECK_STR(opened(&s), "b");
	answer(&s, 'b');
	CHECK_STR(opened(&s), "a");
	answer(&s, 'a');
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("a step that fails leaves all unrun that need it, however far away, and no others")
{
	struct scene s;
	scene_init(&s, 6);
	need(&s, 'a', "f"); /* stands before it */
	need(&s, 'd', "b");
	need(&s, 'e', "c");
	need(&s, 'f', "de");
	begin(&s, "{}", "");
	CHECK_STR(opened(&s), "bc");
	break_call(&s, stage_at(&s, 'b')->calls, ERROR_TIMEOUT, "too late");
	CHECK_INT(stage_at(&s, 'd')->state, STAGE_UNRUN);
	CHECK_INT(stage_at(&s, 'f')->state, STAGE_UNRUN);
	CHECK_INT(stage_at(&s, 'a')->state, STAGE_UNRUN);
	CHECK_INT(stage_at(&s, 'e')->state, STAGE_BLOCKED);
	answer(&s, 'c');
	CHECK_STR(opened(&s), "e");
	answer(&s, 'e');
	CHECK_INT(stage_at(&s, 'c')->state, STAGE_ANSWERED);
	CHECK_INT(stage_at(&s, 'e')->state, STAGE_ANSWERED);
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_TIMEOUT);
	CHECK_STR(s.record->failure.step, "b");
	scene_release(&s);
}

TEST("of several failed steps the first in the plan's order is named")
{
	struct scene s;
	scene_init(&s, 3);
	begin(&s, "{}", "");
	CHECK_STR(opened(&s), "abc");
	break_call(&s, stage_at(&s, 'c')->calls, ERROR_AUTH, "no key");
	break_call(&s, stage_at(&s, 'b')->calls, ERROR_TIMEOUT, "too late");
	answer(&s, 'a');
	conclude(&s);
	CHECK_STR(s.record->failure.step, "b");
	CHECK_STR(s.record->failure.message, "too late");
	scene_release(&s);
}

TEST("a list has the answers in their places, whatever the order in which they came")
{
	struct scene s;
	struct stage *stage = scatter(&s, 3, JOIN_ALL);
	CHECK(!say(&s, &stage->calls[2], "three"));
	CHECK(!say_json(&s, &stage->calls[0], "{ \"one\" : 1 }"));
	CHECK(say(&s, &stage->calls[1], "\\\"two\\\"") == stage);
	CHECK_VALUE(&s, 'a', "[{\"one\":1},\"\\\"two\\\"\",\"three\"]");
	scene_release(&s);
}

TEST("a list that lacks some of its answers has null in their places, if the quorum allows it")
{
	struct scene s;
	struct stage *stage = scatter(&s, 4, JOIN_ALL);
	step_of(&s, 'a')->quorum = 2;
	CHECK(!break_call(&s, &stage->calls[0], ERROR_TIMEOUT, "late"));
	CHECK(!say(&s, &stage->calls[1], "x"));
	CHECK(!say(&s, &stage->calls[3], ""));
	CHECK(break_call(&s, &stage->calls[2], ERROR_TIMEOUT, "late") == stage);
	CHECK_INT(stage->state, STAGE_ANSWERED);
	CHECK_VALUE(&s, 'a', "[null,\"x\",null,\"\"]");
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("half a character becomes the replacement character in a value")
{
	struct scene s;
	struct stage *stage = scatter(&s, 2, JOIN_ALL);
	say(&s, &stage->calls[0], "a\\ud800b");
	say_json(&s, &stage->calls[1], "[\"\\udc00\"]");
	CHECK_VALUE(&s, 'a', "[\"a\\ufffdb\",[\"\\ufffd\"]]");
	scene_release(&s);
}

TEST("a list ends with its first failure, and says how many failed of how many")
{
	struct scene s;
	struct stage *stage = scatter(&s, 3, JOIN_ALL);
	CHECK(!say(&s, &stage->calls[0], "x"));
	CHECK(break_call(&s, &stage->calls[2], ERROR_OVERLOADED, "busy") == stage);
	CHECK_INT(stage->state, STAGE_FAILED);
	CHECK(!stage->calls[1].is_settled);
	call_abandon(&stage->calls[1], ERROR_CANCELLED, xstrdup("cancelled"));
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_OVERLOADED);
	CHECK_STR(s.record->failure.message, "1 of 3 calls failed: busy");
	CHECK(!progress_value(s.record, &s.plan, 0).at);
	scene_release(&s);
}

TEST("a quorum is given up as soon as it cannot be reached, and the first failure explains it")
{
	struct scene s;
	struct stage *stage = scatter(&s, 5, JOIN_VOTE);
	CHECK(!break_call(&s, &stage->calls[1], ERROR_AUTH, "who?"));
	CHECK(!break_call(&s, &stage->calls[4], ERROR_TIMEOUT, "late"));
	CHECK(break_call(&s, &stage->calls[3], ERROR_OVERLOADED, "busy") == stage);
	CHECK_INT(stage->chosen, 1);
	call_abandon(&stage->calls[0], ERROR_CANCELLED, NULL);
	call_abandon(&stage->calls[2], ERROR_CANCELLED, NULL);
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_AUTH);
	CHECK_STR(s.record->failure.message, "3 of 5 calls failed: who?");
	scene_release(&s);
}

TEST("what the end of the run leaves unasked does not cut off what is being asked")
{
	struct scene s;
	struct stage *stage = scatter(&s, 3, JOIN_ALL);
	CHECK(!break_call(&s, &stage->calls[0], ERROR_CANCELLED, "stopped"));
	CHECK(!break_call(&s, &stage->calls[1], ERROR_CANCELLED, "stopped"));
	CHECK(break_call(&s, &stage->calls[2], ERROR_TIMEOUT, "late") == stage);
	CHECK_INT(stage->chosen, 2);
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_TIMEOUT);
	scene_release(&s);
}

TEST("calls that were all cancelled make a cancelled record")
{
	struct scene s;
	struct stage *stage = scatter(&s, 3, JOIN_FIRST);
	CHECK(!break_call(&s, &stage->calls[1], ERROR_CANCELLED, "stopped"));
	CHECK(!break_call(&s, &stage->calls[0], ERROR_CANCELLED, "stopped"));
	CHECK(break_call(&s, &stage->calls[2], ERROR_CANCELLED, "stopped") == stage);
	CHECK_INT(stage->chosen, 0);
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_CANCELLED);
	CHECK_STR(s.record->failure.message, "3 of 3 calls failed: stopped");
	scene_release(&s);
}

TEST("the first answer is the value, and those that are still asked are the losers")
{
	struct scene s;
	struct stage *stage = scatter(&s, 3, JOIN_FIRST);
	step_of(&s, 'a')->is_needed = true;
	CHECK(!break_call(&s, &stage->calls[0], ERROR_TIMEOUT, "late"));
	CHECK(say(&s, &stage->calls[1], "me") == stage);
	CHECK_INT(stage->state, STAGE_ANSWERED);
	CHECK_INT(stage->chosen, 1);
	CHECK(!stage->calls[2].is_settled);
	CHECK_VALUE(&s, 'a', "\"me\"");
	call_abandon(&stage->calls[2], ERROR_CANCELLED, NULL);
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("a record is not over while a call that has lost is on its way back with an answer")
{
	struct scene s;
	struct stage *stage = scatter(&s, 4, JOIN_FIRST);
	land(&stage->calls[0], "too slow");
	land(&stage->calls[3], "too slow, too");
	CHECK(say(&s, &stage->calls[1], "me") == stage);
	call_abandon(&stage->calls[2], ERROR_CANCELLED, NULL);
	CHECK(!progress_is_over(s.record));
	CHECK(!progress_settle(&stage->calls[0], &s.plan));
	CHECK(!progress_is_over(s.record));
	CHECK(progress_settle(&stage->calls[3], &s.plan) == stage);
	CHECK_INT(stage->chosen, 1);
	CHECK_INT(stage->answered_n, 1);
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("the answer that most gave is the value, and the tally is kept")
{
	struct scene s;
	struct stage *stage = scatter(&s, 5, JOIN_VOTE);
	step_of(&s, 'a')->is_needed = true;
	say(&s, &stage->calls[4], "No.");
	say(&s, &stage->calls[0], "no.");
	say(&s, &stage->calls[3], " Yes ");
	break_call(&s, &stage->calls[2], ERROR_TIMEOUT, "late");
	CHECK(say(&s, &stage->calls[1], "NO.\\n") == stage);
	CHECK_INT(stage->state, STAGE_ANSWERED);
	CHECK_INT(stage->chosen, 0);
	CHECK_INT(stage->tally.n, 2);
	CHECK_INT(stage->tally.firsts[1], 3);
	CHECK_INT(stage->tally.counts[0], 3);
	CHECK_VALUE(&s, 'a', "\"no.\"");
	scene_release(&s);
}

/* A vote by the path `label`. */
static struct stage *scatter_by_label(struct scene *s, unsigned n)
{
	struct stage *stage = scatter(s, n, JOIN_VOTE);
	struct err err;
	CHECK(path_parse(&step_of(s, 'a')->vote_by, SPAN("label"), &err));
	step_of(s, 'a')->has_vote_by = true;
	return stage;
}

static void release_label(struct scene *s)
{
	/* plan_release may see to it or not: then there is nothing left. */
	path_release(&step_of(s, 'a')->vote_by);
	step_of(s, 'a')->vote_by = (struct path){ 0 };
	scene_release(s);
}

TEST("a vote by a path looks at nothing else, and who has nothing there does not vote")
{
	struct scene s;
	struct stage *stage = scatter_by_label(&s, 5);
	say_json(&s, &stage->calls[0], "{\"label\":1,\"why\":\"a\"}");
	say_json(&s, &stage->calls[1], "{\"label\":2,\"why\":\"a\"}");
	say_json(&s, &stage->calls[2], "{\"why\":\"a\"}");
	say(&s, &stage->calls[3], "label");
	CHECK(say_json(&s, &stage->calls[4], "{\"why\":\"b\",\"label\":2.0}") == stage);
	CHECK_INT(stage->chosen, 1);
	CHECK_INT(stage->tally.n, 2);
	CHECK_INT(stage->tally.counts[1], 2);
	release_label(&s);
}

TEST("a vote in which nobody votes fails, and says what was to be voted by")
{
	struct scene s;
	struct stage *stage = scatter_by_label(&s, 3);
	break_call(&s, &stage->calls[0], ERROR_TIMEOUT, "late");
	say_json(&s, &stage->calls[1], "{\"lable\":1}");
	CHECK(say_json(&s, &stage->calls[2], "[]") == stage);
	CHECK_INT(stage->state, STAGE_FAILED);
	CHECK_INT(stage->chosen, 1);
	conclude(&s);
	CHECK_INT(s.record->failure.code, ERROR_SCHEMA_MISMATCH);
	CHECK_INT(s.record->failure.status, 200);
	CHECK_STR(s.record->failure.message,
		"none of the answers (2) has a value at \"label\" to vote by");
	CHECK_MEM(s.record->failure.partial.at, s.record->failure.partial.n, "{\"lable\":1}");
	release_label(&s);
}

TEST("a field that the record has is not asked for, and is the value of its step")
{
	struct scene s;
	scene_init(&s, 3);
	need(&s, 'b', "a");
	CHECK(!begin(&s, "{\"a\":[1, 2]}", "a"));
	CHECK_INT(stage_at(&s, 'a')->state, STAGE_GIVEN);
	CHECK_VALUE(&s, 'a', "[1, 2]");
	CHECK_STR(opened(&s), "bc");
	answer(&s, 'b');
	answer(&s, 'c');
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("what only a field that is there needs is not made, as make does not")
{
	struct scene s;
	scene_init(&s, 4);
	need(&s, 'b', "a");
	need(&s, 'c', "b");
	step_of(&s, 'a')->is_emitted = step_of(&s, 'b')->is_emitted = false;
	CHECK(!begin(&s, "{\"c\":0}", "c"));
	CHECK_INT(stage_at(&s, 'a')->state, STAGE_UNWANTED);
	CHECK_INT(stage_at(&s, 'b')->state, STAGE_UNWANTED);
	CHECK_STR(opened(&s), "d");
	answer(&s, 'd');
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("a step that is not shown is made if a field that is missing needs it")
{
	struct scene s;
	scene_init(&s, 4);
	need(&s, 'c', "b"); /* missing */
	need(&s, 'b', "a");
	need(&s, 'd', "a"); /* there */
	step_of(&s, 'a')->is_emitted = step_of(&s, 'b')->is_emitted = false;
	CHECK(!begin(&s, "{\"d\":0}", "d"));
	CHECK_STR(opened(&s), "a");
	answer(&s, 'a');
	CHECK_STR(opened(&s), "b");
	answer(&s, 'b');
	CHECK_STR(opened(&s), "c");
	answer(&s, 'c');
	conclude(&s);
	CHECK_INT(s.record->fate, FATE_ANSWERED);
	scene_release(&s);
}

TEST("what a field that is there was made of is not made again for one that needs the field")
{
	struct scene s;
	scene_init(&s, 3);
	need(&s, 'b', "a");
	need(&s, 'c', "b");
	step_of(&s, 'a')->is_emitted = false;
	CHECK(!begin(&s, "{\"b\":0}", "b"));
	CHECK_INT(stage_at(&s, 'a')->state, STAGE_UNWANTED);
	CHECK_STR(opened(&s), "c");
	scene_release(&s);
}

TEST("a record that has all that is to be shown is skipped")
{
	struct scene s;
	scene_init(&s, 3);
	need(&s, 'b', "a");
	step_of(&s, 'a')->is_emitted = false;
	CHECK(begin(&s, "{\"b\":0,\"c\":0}", "bc"));
	CHECK_INT(s.record->fate, FATE_SKIPPED);
	CHECK_STR(opened(&s), "");
	CHECK(progress_is_over(s.record));
	scene_release(&s);
}

TEST("answers that wait for others are compacted, and weigh in their record")
{
	struct scene s;
	struct stage *stage = scatter(&s, 2, JOIN_ALL);
	size_t before = record_weight(s.record);
	CHECK(before >= 2 * sizeof(struct call));
	say(&s, &stage->calls[0], "a long answer");
	CHECK(!stage->calls[0].attempt.answer.data);
	CHECK_MEM(stage->calls[0].answer.text.at, stage->calls[0].answer.text.n, "a long answer");
	CHECK_INT(record_weight(s.record), before + call_weight(&stage->calls[0]));
	say(&s, &stage->calls[1], "x");
	CHECK_INT(record_weight(s.record),
		before + call_weight(&stage->calls[0]) + call_weight(&stage->calls[1]) +
			stage->value.cap);
	scene_release(&s);
}

TEST("the last of as many steps as a plan may have is told from the others")
{
	struct plan plan = { 0 };
	for (unsigned i = 0; i < PLAN_STEPS_MAX; i++) {
		struct step *step = plan_add_step(&plan, "step");
		step->models_n = step->samples_n = 1;
		step->is_emitted = true;
		step->needs[0] = i ? i - 1 : 0;
		step->needs_n = i > 0;
		step->is_needed = i < PLAN_STEPS_MAX - 1;
	}
	struct record *r = record_new(SPAN("{\"step\":1}"));
	record_scan(r);
	CHECK(!progress_begin(r, &plan, UINT64_MAX >> 1));
	struct stage *stage = progress_open(r, &plan);
	CHECK_INT(stage - r->stages, PLAN_STEPS_MAX - 1);
	CHECK(!progress_open(r, &plan));
	record_free(r);
	r = record_new(SPAN("{}"));
	CHECK(!progress_begin(r, &plan, 0));
	stage = progress_open(r, &plan);
	call_abandon(stage->calls, ERROR_AUTH, NULL);
	CHECK(progress_settle(stage->calls, &plan) == stage);
	CHECK_INT(r->stages[PLAN_STEPS_MAX - 1].state, STAGE_UNRUN);
	CHECK(progress_is_over(r));
	record_free(r);
	plan_release(&plan);
}
