/* SPDX-License-Identifier: MIT */
#include "asked.h"

#include "base/log.h"
#include "caught.h"

TEST("several prompts are several steps, in their order, prompts before files")
{
	struct asked a = { 0 };
	asked_write(&a, "p.txt", "From {{one}}\\n\n");
	asked_check_made(
		&a, "--prompt-file last=@p.txt\n-p one=First\n-p just text\n-p two={{one}}");
	CHECK_INT(a.plan.steps_n, 4);
	CHECK_STR(a.plan.steps[0].name, "one");
	CHECK_STR(a.plan.steps[1].name, "output");
	CHECK(a.plan.steps[1].is_unnamed && !a.plan.steps[0].is_unnamed);
	CHECK_STR(a.plan.steps[2].name, "two");
	CHECK_STR(a.plan.steps[3].name, "last");
	CHECK_INT(a.plan.steps[3].needs_n, 1);
	CHECK(a.plan.steps[3].has_prompt && a.plan.steps[3].is_emitted);
	asked_end(&a);
}

TEST("without a prompt there is one step, which asks what the record says")
{
	struct asked a = { 0 };
	asked_check_made(&a, "");
	CHECK_INT(a.plan.steps_n, 1);
	CHECK(!a.plan.steps[0].has_prompt && a.plan.steps[0].is_unnamed);
	CHECK_INT(a.plan.steps[0].samples_n, 1);
	asked_check_models(&a, "output", "-(usual)");
	asked_end(&a);
}

TEST("prompts that cannot all be steps are refused")
{
	struct asked a = { 0 };
	asked_check_refused(&a, "-p one\n-p two",
		"-p: several prompts need names" LOG_HELP "write -p first='...' -p second='...'");
	asked_check_refused(&a, "-p a=one\n-p a=two", "-p: there are two steps named \"a\"");
	asked_check_refused(
		&a, "-p output=one\n-p =two", "-p: there are two steps named \"output\"");
	asked_check_refused(&a, "-p a=", "-p: there is nothing after the step's name");
	asked_check_refused(&a, "-p pllm=x",
		"-p: the field \"pllm\" is where errors go" LOG_HELP
		"name the answer something else");
	asked_check_refused(&a, "-p a={{b}}\n-p b={{a}}", "cycle: a -> b -> a");
	asked_end(&a);
}

TEST("a prompt's file has something in it")
{
	static const char nothing[] =
		"--prompt-file: there is nothing in @p.txt" LOG_HELP
		"a prompt is expected there; what comes through a pipe can be read once";
	struct asked a = { 0 };
	asked_write(&a, "p.txt", "");
	asked_check_refused(&a, "--prompt-file @p.txt", nothing);
	asked_write(&a, "p.txt", "\n");
	asked_check_refused(&a, "--prompt-file @p.txt", nothing);
	asked_check_refused(&a, "--prompt-file Classify {{text}}",
		"--prompt-file: there is no file of that name" LOG_HELP "-p takes the text itself");
	asked_check_refused(&a, "-p x\n--schema {\"type\":\"object\"}",
		"--schema: there is no file of that name" LOG_HELP
		"it takes a file's name: write the schema to a file, and name that");
	asked_end(&a);
}

/* What is said of prompts when a run begins, at that level and above. */
static void check_advice(enum log_level level, const char *options, const char *want)
{
	struct asked a = { 0 };
	asked_check_made(&a, options);
	log_set_level(level);
	struct caught c = caught_begin();
	steps_advise(&a.plan, &a.config);
	CHECK_STR(caught_text(&c), want);
	log_set_level(LOG_WARNING);
	asked_end(&a);
}

#define SAME "names no field: every record is asked the same; "
#define TEXT_FIELD "{{text}} is the field \"text\"\n"

TEST("that every record is asked the same is said to who looks, unless something differs")
{
	check_advice(LOG_NOTICE, "-p Say hi", "pllm: -p " SAME TEXT_FIELD);
	check_advice(LOG_WARNING, "-p Say hi", "");
	check_advice(LOG_NOTICE, "-p Costs $5 and {\"a\":1}", "pllm: -p " SAME TEXT_FIELD);
	check_advice(LOG_NOTICE, "-p a=x\n-p b={{a}}", "pllm: step a: its prompt " SAME TEXT_FIELD);
	check_advice(LOG_NOTICE, "-p {{.}}", "");
	check_advice(LOG_NOTICE, "-p x\n-s {{text}}", "");
	check_advice(LOG_NOTICE, "-p x\n--image {{file}}", "");
	check_advice(LOG_NOTICE, "-s x", "");
}

TEST("a field as other tools write it is a warning")
{
	static const char *const cases[][2] = { { "-p Say {text}.", "write {{text}}\n" },
		{ "-p Say $text.", "write {{text}}\n" }, { "-p ${a.b}", "write {{a.b}}\n" },
		{ "-p x {.}", "write {{.}}\n" }, { "-p Say %s", TEXT_FIELD },
		{ "-p Say {}", TEXT_FIELD } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[200];
		snprintf(want, sizeof want, "pllm: -p " SAME "%s", cases[i][1]);
		check_advice(LOG_WARNING, cases[i][0], want);
	}
	check_advice(LOG_WARNING, "-p \\{{text}} {...} $. {a b}", "");
}

TEST("a file's name, and a name that no step can have, are told before a prompt")
{
	check_advice(LOG_WARNING, "-p /etc/passwd",
		"pllm: -p is a file's name: every record is asked just that; "
		"--prompt-file FILE reads a file\n");
	static const char want[] =
		"pllm: -p begins with \"my-draft=\", which names no step; a step's name has a-z, "
		"0-9 and _, and no digit first; a text that begins so is given as =my-draft=...\n";
	check_advice(LOG_WARNING, "-p my-draft=x", want);
	check_advice(LOG_NOTICE, "-p my-draft={{x}}", want);
	check_advice(LOG_WARNING, "-p my-draft={{x}}", "");
	check_advice(LOG_NOTICE, "-p =my-draft={{x}}", "");
	check_advice(LOG_NOTICE, "-p a=B={{x}}", "");
}

TEST("a step's name in capitals is a warning, whatever the prompt; what only looks like it is not")
{
	static const char *const names[] = { "A", "Draft", "MY_step2", "_X" };
	static const char *const others[] = { "A = {{x}}", "A=={{x}}", "https://X.org/?A={{x}}",
		"2X={{x}}", "Solve X={{x}}", "=A={{x}}", "{{x}}A=", "A-B={{x}}" };
	char options[100], want[300];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(options, sizeof options, "-p %s={{x}}", names[i]);
		snprintf(want, sizeof want,
			"pllm: -p begins with \"%s=\", which names no step; a step's name has a-z, "
			"0-9 and _, and no digit first; a text that begins so is given as =%s=...\n",
			names[i], names[i]);
		check_advice(LOG_WARNING, options, want);
		snprintf(options, sizeof options, "-p a=x{{x}}\n-p %s={{x}}", names[i]);
		check_advice(LOG_WARNING, options, want);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(options, sizeof options, "-p %s", others[i]);
		check_advice(LOG_WARNING, options, "");
	}
}

TEST("there may be 64 steps")
{
	struct asked a = { 0 };
	struct buf lines;
	buf_init(&lines, 1 << 16);
	for (int i = 0; i < 65; i++) {
		buf_put_str(&lines, i ? "\n-p s" : "-p s");
		buf_put_int(&lines, i);
		buf_put_str(&lines, "=x");
		if (i == 63) {
			char *most = xmemdup(lines.data, lines.len);
			asked_check_made(&a, most);
			CHECK_INT(a.plan.steps_n, 64);
			free(most);
		}
	}
	char *more = xmemdup(lines.data, lines.len);
	asked_check_refused(&a, more, "-p: there are more than 64 steps");
	free(more);
	buf_release(&lines);
	asked_end(&a);
}

TEST("a value with a step's name wins over one for every step, whatever the order")
{
	struct asked a = { 0 };
	asked_check_made(&a,
		"-p a=x\n-p b=x\n--max-tokens b=7\n--max-tokens 5\n--max-tokens b=8\n"
		"--max-tokens 6\n-s a=be brief\n--image b={{file}}\n--samples =2\n--samples b=3");
	CHECK_INT(asked_step(&a, "a")->max_tokens, 6);
	CHECK_INT(asked_step(&a, "b")->max_tokens, 8);
	CHECK(asked_step(&a, "a")->has_system && !asked_step(&a, "b")->has_system);
	CHECK(!asked_step(&a, "a")->has_image && asked_step(&a, "b")->has_image);
	CHECK_INT(asked_step(&a, "a")->samples_n, 2);
	CHECK_INT(asked_step(&a, "b")->samples_n, 3);
	asked_end(&a);
}

TEST("text that is no step's name belongs to the value where values are text")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n-s rule=none {{k}}\n-m other=model");
	CHECK_INT(template_holes_n(&asked_step(&a, "a")->system), 1);
	CHECK(asked_step(&a, "a")->has_system);
	asked_check_models(&a, "a", "other=model(usual)");
	asked_end(&a);
}

TEST("a name before a number, a join, a path or a model that is nearly a step's is refused")
{
	struct asked a = { 0 };
	asked_check_refused(&a, "-p draft=x\n--samples drft=5",
		"--samples drft=5: there is no step \"drft\"" LOG_HELP "the nearest is draft");
	asked_check_refused(&a, "-p draft=x\n--join Draft=vote",
		"--join Draft=vote: there is no step \"Draft\"" LOG_HELP "the nearest is draft");
	asked_check_refused(&a, "-p draft=x\n-m drft=gpt",
		"-m drft=gpt: there is no step \"drft\"" LOG_HELP
		"the nearest is draft; a value that begins so is given as =drft=...");
	asked_check_refused(&a, "-p draft=x\n--quorum zzz=1",
		"--quorum zzz=1: there is no step \"zzz\"" LOG_HELP
		"a step has the name that stands before its prompt, as in -p NAME='...'");
	asked_check_refused(&a, "-p draft=x\n--vote-by zzz=.x",
		"--vote-by zzz=.x: there is no step \"zzz\"" LOG_HELP
		"a step has the name that stands before its prompt, as in -p NAME='...'");
	asked_end(&a);
}

static void check_one_param(const struct step *s, const char *key, const char *json)
{
	if (!CHECK_INT(s->params_n, 1))
		return;
	CHECK_STR(s->params[0].key, key);
	CHECK_STR(s->params[0].json, json);
}

TEST("params add up, and a step's own win")
{
	struct asked a = { 0 };
	asked_check_made(&a,
		"-p a=x\n-p b=x\n--param b:temperature=1\n--param temperature=0\n--param top_p=0.5\n"
		"--param b:seed=7");
	const struct step *s = asked_step(&a, "a"), *b = asked_step(&a, "b");
	CHECK_INT(s->params_n, 2);
	CHECK_STR(s->params[0].json, "0");
	CHECK_INT(b->params_n, 3);
	CHECK_STR(b->params[0].key, "temperature");
	CHECK_STR(b->params[0].json, "1");
	CHECK_STR(b->params[1].json, "0.5");
	CHECK_STR(b->params[2].json, "7");
	asked_check_refused(&a, "-p a=x\n-p b=x\n--param b:max_tokens=5\n--max-tokens b=6",
		"--param max_tokens=5 says the same as --max-tokens" LOG_HELP "give one of them");
	asked_check_made(&a, "-p a=x\n-p b=x\n--param b:max_tokens=5\n--max-tokens a=6");
	asked_check_refused(&a, "-p draft=x\n--param drft:seed=7",
		"--param: there is no step \"drft\"" LOG_HELP "the nearest is draft");
	asked_check_made(&a, "-p draft=x\n--param x:y=7");
	check_one_param(asked_step(&a, "draft"), "x:y", "7");
	asked_end(&a);
}

TEST("a model for every step is the usual one, a list and a step's own are not")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n-p b=x\n-p c=x\n-m c=m\n-m m\n-m b=p,q");
	asked_check_models(&a, "a", "m(usual)");
	asked_check_models(&a, "b", "p q");
	asked_check_models(&a, "c", "m");
	CHECK_INT(a.plan.models_n, 4);
	asked_check_made(&a, "-p a=x\n-p b=x\n-m p,q");
	asked_check_models(&a, "a", "p q");
	asked_check_models(&a, "b", "p q");
	CHECK_INT(a.plan.models_n, 2);
	asked_check_made(&a, "-p a=x\n-p b=x\n-m b=p");
	asked_check_models(&a, "a", "-(usual)");
	asked_check_models(&a, "b", "p");
	asked_end(&a);
}

TEST("models that no step asks are not in the plan")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n-m m\n-m n\n-m a=o");
	CHECK_INT(a.plan.models_n, 1);
	asked_check_models(&a, "a", "o");
	asked_end(&a);
}

TEST("a list of models with a hole, a double or too many is refused")
{
	struct asked a = { 0 };
	asked_check_refused(&a, "-p a=x\n-m p,,q",
		"-m p,,q: not understood" LOG_HELP
		"expected the name of a model, UTF-8 and not empty");
	asked_check_refused(&a, "-p a=x\n-m a=",
		"-m a=: not understood" LOG_HELP
		"expected the name of a model, UTF-8 and not empty");
	asked_check_refused(&a, "-p a=x\n-m p,q,p",
		"-m p,q,p: the model p is there twice" LOG_HELP "--samples asks one several times");
	asked_check_made(&a, "-m 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g");
	asked_check_refused(&a, "-m 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h",
		"-m 1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h: a step has up to 16 models");
	asked_check_refused(&a,
		"-p a=x\n-p b=x\n-p c=x\n-m a=1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g\n"
		"-m b=11,12,13,14,15,16,17,18,19,1a,1b,1c,1d,1e,1f,1g\n-m c=last",
		"-m c=last: there are more than 32 different models");
	asked_check_refused(&a,
		"-p a=x\n-p b=x\n-p c=x\n-m a=1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g\n"
		"-m b=11,12,13,14,15,16,17,18,19,1a,1b,1c,1d,1e,1f,1g",
		"there are more than 32 different models");
	asked_end(&a);
}

TEST("samples go from 1 to 256 calls of a step, models counted")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n--samples 256");
	CHECK_INT(step_calls_n(asked_step(&a, "a")), 256);
	asked_check_made(&a, "-p a=x\n--samples 128\n-m p,q");
	asked_check_refused(&a, "-p a=x\n--samples 129\n-m p,q",
		"--samples 129: with 2 models that are 258 calls of step a for a record" LOG_HELP
		"256 is the most");
	asked_check_refused(&a, "--samples 257",
		"--samples 257: not understood" LOG_HELP "expected a whole number from 1 to 256");
	asked_check_refused(&a, "--samples 0",
		"--samples 0: not understood" LOG_HELP "expected a whole number from 1 to 256");
	asked_check_refused(&a, "--max-tokens x",
		"--max-tokens x: not understood" LOG_HELP
		"expected a whole number from 1 to 100000000");
	asked_end(&a);
}

TEST("a join for every step is for those with several answers, one by name must fit")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n-p b=x\n--samples b=3\n--join vote\n--quorum 3");
	CHECK_INT(asked_step(&a, "a")->join, JOIN_ALL);
	CHECK_INT(asked_step(&a, "a")->quorum, 0);
	CHECK_INT(asked_step(&a, "b")->join, JOIN_VOTE);
	CHECK_INT(asked_step(&a, "b")->quorum, 3);
	asked_check_made(&a, "-p a=x\n-m p,q\n--join a=first");
	CHECK_INT(asked_step(&a, "a")->join, JOIN_FIRST);
	asked_check_refused(&a, "-p a=x\n--join a=vote",
		"--join a=vote: there is one answer to join" LOG_HELP
		"--samples or several models give more");
	asked_check_refused(&a, "-p a=x\n--quorum a=1",
		"--quorum a=1: there is one answer to join" LOG_HELP
		"--samples or several models give more");
	asked_check_refused(&a, "-p a=x\n--join most",
		"--join most: not understood" LOG_HELP "expected all, vote or first");
	asked_end(&a);
}

TEST("a quorum is of the calls that there are")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n--samples 3\n--quorum 2");
	CHECK_INT(step_quorum(asked_step(&a, "a")), 2);
	asked_check_refused(&a, "-p a=x\n--samples 3\n--quorum a=4",
		"--quorum a=4: step a makes 3 calls for a record, no more");
	asked_check_refused(&a, "-p a=x\n--quorum 0",
		"--quorum 0: not understood" LOG_HELP "expected a whole number from 1 to 256");
	asked_check_refused(&a, "-p a=x\n--samples 3\n--join first\n--quorum a=2",
		"--quorum a=2: with --join first one answer is enough");
	asked_check_made(&a, "-p a=x\n-p b=x\n--samples 3\n--join a=first\n--quorum 2");
	CHECK_INT(step_quorum(asked_step(&a, "a")), 1);
	CHECK_INT(step_quorum(asked_step(&a, "b")), 2);
	asked_check_made(&a, "-p a=x\n--samples 3\n--join first\n--quorum 1");
	asked_end(&a);
}

TEST("what no step can do is refused, unless the environment or a file says it of all")
{
	static const char none[] = "--quorum 2: no step needs more than one answer" LOG_HELP
				   "several, and --join all or vote, are needed";
	static const char voteless[] =
		"--vote-by .x: nobody votes" LOG_HELP "several answers and --join vote are needed";
	struct origin origins[] = { { .option = "quorum", .kind = ORIGIN_DEFAULTS },
		{ .option = "vote-by", .kind = ORIGIN_PROFILE } };
	struct asked a = { 0 };
	asked_check_refused(&a, "-p a=x\n--samples 3\n--join first\n--quorum 2", none);
	asked_check_refused(&a, "-p a=x\n--quorum 2", none);
	asked_check_refused(&a, "-p a=x\n--vote-by .x", voteless);
	asked_check_refused(&a, "-p a=x\n--samples 3\n--vote-by .x", voteless);
	a.config.origins = (struct origins){ origins, 2 };
	asked_check_made(&a, "-p a=x\n--quorum 2\n--vote-by .x");
	asked_end(&a);
}

TEST("votes are by a path where there are votes, and fields to look at")
{
	struct asked a = { 0 };
	asked_write(&a, "s.json", "{\"type\":\"object\"}\n");
	asked_check_made(&a,
		"-p a=x\n-p b=x\n--samples a=3\n--join vote\n--schema a=@s.json\n--vote-by .label");
	CHECK(asked_step(&a, "a")->has_vote_by && !asked_step(&a, "b")->has_vote_by);
	CHECK_STR(asked_step(&a, "a")->vote_by.text, ".label");
	CHECK(asked_step(&a, "a")->schema && !asked_step(&a, "b")->schema);
	asked_check_refused(&a, "-p a=x\n--samples 3\n--vote-by a=.x",
		"--vote-by a=.x: nobody votes" LOG_HELP
		"several answers and --join a=vote are needed");
	asked_check_refused(&a, "-p a=x\n--samples 3\n--join vote\n--vote-by .x",
		"--vote-by .x: the answers of step a are text" LOG_HELP
		"--schema makes them JSON, which has fields");
	asked_clear(&a);
	CHECK(!asked_make(&a, "-p a=x\n--vote-by .x["));
	CHECK(strncmp(a.err.msg, "--vote-by .x[: ", 15) == 0);
	asked_end(&a);
}

TEST("only the steps that are named are emitted")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x\n-p b={{a}}\n-p c=x\n-p d=x{{a}}\n--emit c,b\n--emit d");
	CHECK(!asked_step(&a, "a")->is_emitted && asked_step(&a, "b")->is_emitted);
	CHECK(asked_step(&a, "c")->is_emitted && asked_step(&a, "d")->is_emitted);
	asked_check_refused(&a, "-p draft=x\n--emit drafts",
		"--emit drafts: there is no step \"drafts\"" LOG_HELP "the nearest is draft");
	asked_check_refused(&a, "-p a=x\n--emit a,",
		"--emit a,: not understood" LOG_HELP "expected names of steps with commas between");
	asked_end(&a);
}

TEST("files that are missing or wrong are named")
{
	struct asked a = { 0 };
	asked_write(&a, "p.txt", "one\n{{oops\n");
	asked_write(&a, "s.json", "{");
	asked_clear(&a);
	CHECK(!asked_make(&a, "--prompt-file nowhere"));
	CHECK(strncmp(a.err.msg, "--prompt-file: cannot open nowhere: ", 36) == 0);
	asked_clear(&a);
	CHECK(!asked_make(&a, "--prompt-file @p.txt"));
	CHECK(strstr(a.err.msg, "p.txt: ") && strstr(a.err.msg, "line 2"));
	asked_clear(&a);
	CHECK(!asked_make(&a, "-p a=x\n--schema a=@s.json"));
	CHECK(strncmp(a.err.msg, "--schema a=/tmp/", 16) == 0);
	asked_end(&a);
}

TEST("what holds for the whole run is in every step")
{
	struct asked a = { 0 };
	a.opts = (struct prompt_opts){ .reasks_n = 4,
		.max_input_tokens = 900,
		.on_overflow = OVERFLOW_CUTS_MIDDLE,
		.max_tokens_limit = 500 };
	CHECK(asked_make(&a, "-p a=x\n-p b=x"));
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(a.plan.steps[i].reasks_n, 4);
		CHECK_INT(a.plan.steps[i].max_input_tokens, 900);
		CHECK_INT(a.plan.steps[i].on_overflow, OVERFLOW_CUTS_MIDDLE);
		CHECK_INT(a.plan.steps[i].max_tokens_limit, 500);
	}
	asked_end(&a);
}

TEST("growing needs room above every step's limit, and the room is for growing alone")
{
	struct asked a = { .opts = { .max_tokens_limit = 500 } };
	CHECK(asked_make(&a, "-p a=x\n-p b=x\n--max-tokens a=100\n--max-tokens b=500"));
	CHECK(!steps_check_growth(&a.plan, true, &a.err));
	CHECK_STR(a.err.msg,
		"--on-truncate grow: step b needs a --max-tokens-limit above its --max-tokens, which is 500");
	a.plan.steps[1].max_tokens = 0;
	CHECK(!steps_check_growth(&a.plan, true, &a.err));
	CHECK_STR(a.err.msg, "--on-truncate grow: step b needs --max-tokens, from which it grows");
	a.plan.steps[1].max_tokens = 499;
	CHECK(steps_check_growth(&a.plan, true, &a.err));
	CHECK(!steps_check_growth(&a.plan, false, &a.err));
	CHECK_STR(a.err.msg, "--max-tokens-limit is for --on-truncate grow");
	asked_check_made(&a, "-p a=x");
	CHECK(steps_check_growth(&a.plan, false, &a.err));
	asked_end(&a);
}

TEST("limits that only the environment or a file gives are left aside where they do not fit")
{
	struct origin origins[] = { { .option = "on-overflow", .kind = ORIGIN_ENVIRONMENT },
		{ .option = "max-tokens-limit", .kind = ORIGIN_DEFAULTS } };
	struct asked a = { .config.origins = { origins, 2 } };
	a.opts = (struct prompt_opts){ .max_tokens_limit = 500, .on_overflow = OVERFLOW_SPLITS };
	CHECK(asked_make(&a, "-p a={{x}}"));
	CHECK_INT(a.plan.steps[0].on_overflow, OVERFLOW_IS_ERROR);
	CHECK(steps_check_growth(&a.plan, false, &a.err));
	asked_clear(&a);
	a.opts = (struct prompt_opts){
		.max_tokens_limit = 500, .max_input_tokens = 9, .on_overflow = OVERFLOW_SPLITS
	};
	a.config.command = COMMAND_REDUCE;
	a.config.pipeline.sched.on_truncate = TRUNCATE_GROWS;
	CHECK(asked_make(&a, "-p a={{x}}"));
	CHECK_INT(a.plan.steps[0].on_overflow, OVERFLOW_SPLITS);
	CHECK_INT(a.plan.steps[0].max_tokens_limit, 500);
	asked_end(&a);
}

TEST("--on-overflow on the command line needs something that can be passed")
{
	struct origin origin = { .option = "on-overflow", .kind = ORIGIN_COMMAND_LINE };
	struct asked a = { .config.origins = { &origin, 1 } };
	a.opts.on_overflow = OVERFLOW_CUTS_END;
	CHECK(!asked_make(&a, "-p a={{x}}"));
	CHECK_STR(a.err.msg,
		"--on-overflow: nothing is too long without a limit" LOG_HELP
		"give --max-input-tokens N, which says what a prompt may have");
	asked_clear(&a);
	a.opts = (struct prompt_opts){ .on_overflow = OVERFLOW_CUTS_END, .max_input_tokens = 9 };
	CHECK(asked_make(&a, "-p a={{x}}"));
	asked_clear(&a);
	a.opts = (struct prompt_opts){ .on_overflow = OVERFLOW_SPLITS, .max_input_tokens = 9 };
	CHECK(!asked_make(&a, "-p a={{x}}"));
	CHECK(strstr(a.err.msg, "--on-overflow split: only pllm reduce can") == a.err.msg);
	asked_end(&a);
}
