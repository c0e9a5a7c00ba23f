/* SPDX-License-Identifier: MIT */
#include "asked.h"

/* A file with this text must be refused at that place. */
static void check_refused(const char *text, const char *msg)
{
	struct asked a = { 0 };
	char *want = xasprintf("@flow.yaml:%s", msg);
	asked_write(&a, "flow.yaml", text);
	asked_check_refused(&a, "--flow @flow.yaml", want);
	free(want);
	asked_end(&a);
}

static void check_param(const struct step *s, const char *key, const char *json)
{
	size_t i = 0;
	while (i < s->params_n && strcmp(s->params[i].key, key) != 0)
		i++;
	if (CHECK(i < s->params_n))
		CHECK_STR(s->params[i].json, json);
}

TEST("a flow file's steps come before those of prompts, and know each other")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml",
		"steps:\n  topics: 'List: {{text}}'\n  brief: {prompt: '{{topics}}'}\n");
	asked_check_made(&a, "-p last={{brief}}\n--flow @flow.yaml");
	CHECK_INT(a.plan.steps_n, 3);
	CHECK_STR(a.plan.steps[0].name, "topics");
	CHECK_STR(a.plan.steps[1].name, "brief");
	CHECK_STR(a.plan.steps[2].name, "last");
	CHECK_INT(a.plan.steps[1].needs[0], 0);
	CHECK_INT(a.plan.steps[2].needs[0], 1);
	asked_check_refused(&a, "--flow @flow.yaml\n-p brief=x",
		"-p: there are two steps named \"brief\"" LOG_HELP "the other is in @flow.yaml");
	asked_check_refused(
		&a, "--flow @flow.yaml\n-p x=x\n-p x=y", "-p: there are two steps named \"x\"");
	asked_end(&a);
}

TEST("all that is said of a step can be said in a flow")
{
	struct asked a = { 0 };
	asked_write(&a, "s.json", "{\"type\":\"object\"}");
	asked_write(&a, "p.txt", "Look at {{text}}\n");
	asked_write(&a, "flow.yaml",
		"steps:\n  look:\n    prompt_file: p.txt\n    system: Be {{how}}\n    model: [p, q]\n"
		"    samples: 3\n    join: vote\n    vote_by: .x\n    quorum: 2\n    schema: s.json\n"
		"    max_tokens: 90\n    image: '{{file}}'\n    emit: false\n  next: '{{look}}'\n");
	asked_check_made(&a, "--flow @flow.yaml");
	const struct step *s = asked_step(&a, "look");
	CHECK(s->has_prompt && s->has_system && s->has_image && s->schema && s->has_vote_by);
	CHECK_INT(template_holes_n(&s->prompt), 1);
	CHECK_INT(step_calls_n(s), 6);
	CHECK_INT(s->join, JOIN_VOTE);
	CHECK_INT(s->quorum, 2);
	CHECK_INT(s->max_tokens, 90);
	CHECK(!s->is_emitted);
	asked_check_models(&a, "look", "p q");
	asked_check_models(&a, "next", "-(usual)");
	asked_end(&a);
}

TEST("a flow's params are JSON's where they are plain words of it, else strings")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml",
		"steps:\n  a:\n    prompt: x\n    params:\n      t: 0.10\n      b: true\n      user: null\n"
		"      s: some \"words\"\n      q: \"5\"\n      stop: [\"\\n\", .5, -1e3]\n"
		"      deep: {k: {l: []}, 'o\"d': off}\n      options.seed: 12345678901234567890\n");
	asked_check_made(&a, "--flow @flow.yaml");
	const struct step *s = asked_step(&a, "a");
	CHECK_INT(s->params_n, 8);
	check_param(s, "t", "0.10");
	check_param(s, "b", "true");
	check_param(s, "user", "null");
	check_param(s, "s", "\"some \\\"words\\\"\"");
	check_param(s, "q", "\"5\"");
	check_param(s, "stop", "[\"\\n\",\".5\",-1e3]");
	check_param(s, "deep", "{\"k\":{\"l\":[]},\"o\\\"d\":\"off\"}");
	check_param(s, "options.seed", "12345678901234567890");
	asked_end(&a);
}

TEST("a named option wins over the flow's step, that over an unnamed one, that over defaults")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml",
		"defaults: {max_tokens: 1, samples: 2, model: d, params: {p: 1, q: 1, r: 1, s: 1}}\n"
		"steps:\n  a: x\n  b: {prompt: x, max_tokens: 3, samples: 4, model: f, params: {r: 3, s: 3}}\n"
		"  c: {prompt: x, max_tokens: 3}\n");
	asked_check_made(&a,
		"--flow @flow.yaml\n--max-tokens c=4\n--max-tokens 2\n--param b:s=4\n--param q=2\n"
		"--param r=2\n--param s=2\n-m c=own\n--samples c=1");
	CHECK_INT(asked_step(&a, "a")->max_tokens, 2);
	CHECK_INT(asked_step(&a, "b")->max_tokens, 3);
	CHECK_INT(asked_step(&a, "c")->max_tokens, 4);
	CHECK_INT(asked_step(&a, "a")->samples_n, 2);
	CHECK_INT(asked_step(&a, "b")->samples_n, 4);
	CHECK_INT(asked_step(&a, "c")->samples_n, 1);
	check_param(asked_step(&a, "b"), "p", "1");
	check_param(asked_step(&a, "b"), "q", "2");
	check_param(asked_step(&a, "b"), "r", "3");
	check_param(asked_step(&a, "b"), "s", "4");
	asked_check_models(&a, "a", "d(usual)");
	asked_check_models(&a, "b", "f");
	asked_check_models(&a, "c", "own");
	asked_check_made(&a, "--flow @flow.yaml\n-m e");
	asked_check_models(&a, "a", "e(usual)");
	asked_end(&a);
}

TEST("a flow wins over the environment and the configuration file, with a step's name or without")
{
	struct origin origins[] = { { .option = "max-tokens", .kind = ORIGIN_ENVIRONMENT },
		{ .option = "samples", .kind = ORIGIN_DEFAULTS },
		{ .option = "param", .kind = ORIGIN_PROFILE },
		{ .option = "model", .kind = ORIGIN_COMMAND_LINE } };
	struct asked a = { .config.origins = { origins, 4 } };
	const char *options = "--flow @flow.yaml\n--max-tokens 2\n--samples 3\n--samples b=4\n"
			      "--param p=2\n--param b:p=3\n--param q=2\n-m typed";
	asked_write(&a, "flow.yaml",
		"defaults: {max_tokens: 1, model: d, params: {p: 1}}\nsteps: {a: x, b: y}\n");
	asked_check_made(&a, options);
	CHECK_INT(asked_step(&a, "a")->max_tokens, 1);
	CHECK_INT(asked_step(&a, "a")->samples_n, 3);
	CHECK_INT(asked_step(&a, "b")->samples_n, 4);
	check_param(asked_step(&a, "b"), "p", "1");
	check_param(asked_step(&a, "b"), "q", "2");
	asked_check_models(&a, "a", "typed(usual)");
	asked_write(&a, "flow.yaml", "steps: {a: x, b: {prompt: y, samples: 5}}\n");
	asked_check_made(&a, options);
	CHECK_INT(asked_step(&a, "a")->max_tokens, 2);
	CHECK_INT(asked_step(&a, "b")->samples_n, 5);
	check_param(asked_step(&a, "a"), "p", "2");
	check_param(asked_step(&a, "b"), "p", "3");
	asked_end(&a);
}

TEST("--emit says it of all steps, a flow's own emit notwithstanding")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml",
		"defaults: {emit: false}\nsteps:\n  a: x\n  b: {prompt: '{{a}}', emit: true}\n");
	asked_check_made(&a, "--flow @flow.yaml");
	CHECK(!asked_step(&a, "a")->is_emitted && asked_step(&a, "b")->is_emitted);
	asked_check_made(&a, "--flow @flow.yaml\n--emit a,b");
	CHECK(asked_step(&a, "a")->is_emitted);
	asked_end(&a);
}

TEST("a flow of nothing but defaults is for the prompts of the command line")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml", "defaults:\n  samples: 3\n  join: vote\nsteps:\n");
	asked_check_made(&a, "--flow @flow.yaml\n-p a=x\n--samples a=1\n-p b=x");
	CHECK_INT(a.plan.steps_n, 2);
	CHECK_INT(asked_step(&a, "a")->join, JOIN_ALL);
	CHECK_INT(asked_step(&a, "b")->join, JOIN_VOTE);
	asked_write(&a, "p.txt", "x");
	asked_check_made(&a, "--flow @flow.yaml\n--prompt-file a=@p.txt");
	CHECK_INT(a.plan.steps_n, 1);
	asked_end(&a);
}

TEST("a flow without steps is refused if there are no prompts either")
{
	check_refused("defaults: {samples: 3}\n",
		"1:1: there are no steps" LOG_HELP "give some here, or with -p");
	check_refused("defaults: {samples: 3}\nsteps:\n",
		"2:1: there are no steps" LOG_HELP "give some here, or with -p");
	check_refused(
		"steps: {}\n", "1:1: there are no steps" LOG_HELP "give some here, or with -p");
}

TEST("a flow's templates are taken as they are written")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml", "steps:\n  a: |\n    one\\n{{x}} \\{{y}}\n");
	asked_check_made(&a, "--flow @flow.yaml");
	struct buf out;
	struct template_fault fault;
	const struct template_scope scope = { .record = SPAN("{\"x\":\"X\"}") };
	buf_init(&out, 1000);
	CHECK(template_render(&asked_step(&a, "a")->prompt, &scope, &out, &fault));
	CHECK_MEM(out.data, out.len, "one\\\\nX {{y}}\\n");
	buf_release(&out);
	asked_end(&a);
}

TEST("what is wrong with a flow's keys is refused where it is")
{
	check_refused(
		"step: {a: x}\n", "1:1: unknown key \"step\"" LOG_HELP "the nearest is steps");
	check_refused("steps:\n  a:\n    promt: x\n",
		"3:5: unknown key \"promt\"" LOG_HELP "the nearest is prompt");
	check_refused("steps:\n  a:\n    prompt: x\n    max-tokens: 5\n",
		"4:5: unknown key \"max-tokens\"" LOG_HELP "the nearest is max_tokens");
	check_refused("defaults:\n  prompt: x\n", "2:3: unknown key \"prompt\"");
	check_refused("- a\n", "1:1: expected a map with steps, and maybe defaults");
	check_refused(
		"steps: [a]\n", "1:8: expected a map of steps, such as topics: \"List: {{text}}\"");
	check_refused("defaults: 5\n", "1:11: expected a map, such as {max_tokens: 300}");
	check_refused("steps:\n  a: [x]\n", "2:6: expected a prompt, or a map with one");
}

TEST("a flow's step needs a name that will do and one prompt")
{
	check_refused("steps:\n  Big: x\n",
		"2:3: \"Big\" is no name for a step" LOG_HELP
		"expected a-z, 0-9 and _, and no digit first");
	check_refused("steps:\n  2nd: x\n",
		"2:3: \"2nd\" is no name for a step" LOG_HELP
		"expected a-z, 0-9 and _, and no digit first");
	check_refused("steps:\n  pllm: x\n",
		"2:3: the field \"pllm\" is where errors go" LOG_HELP
		"name the answer something else");
	check_refused("steps:\n  a: {samples: 2}\n",
		"2:3: step a has no prompt" LOG_HELP "give prompt or prompt_file");
	check_refused("steps:\n  a: {prompt: x, prompt_file: y}\n",
		"2:18: step a has a prompt already" LOG_HELP "give one of the two");
	check_refused("steps:\n  a:\n", "2:3: prompt: there is no value");
	check_refused("steps:\n  a: \"\"\n", "2:6: prompt: there is nothing in it");
	check_refused("steps:\n  a: {prompt: ''}\n", "2:15: prompt: there is nothing in it");
}

TEST("what is wrong with a flow's values is refused where it is")
{
	check_refused("steps:\n  a: {prompt: x, samples: many}\n",
		"2:27: samples many: not understood" LOG_HELP
		"expected a whole number from 1 to 256");
	check_refused("steps:\n  a: {prompt: x, samples: [2]}\n",
		"2:27: samples: not understood" LOG_HELP "expected one value");
	check_refused("steps:\n  a: {prompt: x, samples: }\n", "2:18: samples: there is no value");
	check_refused("steps:\n  a: {prompt: x, emit: yes}\n",
		"2:24: emit yes: not understood" LOG_HELP "expected true or false");
	check_refused("steps:\n  a: {prompt: x, join: vote}\n",
		"2:24: join vote: there is one answer to join" LOG_HELP
		"--samples or several models give more");
	check_refused("steps:\n  a: {prompt: x, model: [p, {q: r}]}\n",
		"2:29: model: not understood" LOG_HELP "expected one value");
	check_refused("steps:\n  a: {prompt: x, model: []}\n",
		"2:25: model: not understood" LOG_HELP "expected the name of a model, or several");
	check_refused("steps:\n  a: {prompt: x, params: [1]}\n",
		"2:26: params: not understood" LOG_HELP "expected a map, such as {temperature: 0}");
	check_refused("steps:\n  a: {prompt: x, params: {model: m}}\n",
		"2:34: params: --param model=\"m\": pllm sets \"model\" itself" LOG_HELP "use -m");
	check_refused("steps:\n  a: {prompt: x, system: \"{{a|up}}\"}\n",
		"2:26: system: column 5: unknown filter 'up'" LOG_HELP
		"the filters are json, trim and truncate:N");
	check_refused("steps:\n  a: \"{{a\"\n",
		"2:6: prompt: column 1: {{ without its }}" LOG_HELP
		"the two braces themselves are written \\{{");
}

TEST("files that a flow names are looked for beside it")
{
	struct asked a = { 0 };
	asked_write(&a, "flow.yaml", "steps:\n  a: {prompt_file: p.txt}\n");
	asked_clear(&a);
	CHECK(!asked_make(&a, "--flow @flow.yaml"));
	CHECK(strstr(a.err.msg, "flow.yaml:2:20: prompt_file: cannot open /tmp/"));
	CHECK(strstr(a.err.msg, "/p.txt: "));
	asked_write(&a, "p.txt", "hello");
	asked_check_made(&a, "--flow @flow.yaml");
	asked_write(&a, "flow.yaml", "defaults: {schema: s.json}\nsteps: {a: x}\n");
	asked_write(&a, "s.json", "[]");
	asked_clear(&a);
	CHECK(!asked_make(&a, "--flow @flow.yaml"));
	CHECK(strstr(a.err.msg, "flow.yaml:1:20: schema /tmp/"));
	asked_end(&a);
}

TEST("a flow that is standard input, missing or empty is refused")
{
	struct asked a = { 0 };
	asked_check_refused(
		&a, "--flow -", "--flow: standard input is for the records" LOG_HELP "give a file");
	asked_clear(&a);
	CHECK(!asked_make(&a, "--flow nowhere.yaml"));
	CHECK(strncmp(a.err.msg, "--flow: cannot open nowhere.yaml: ", 34) == 0);
	asked_write(&a, "flow.yaml", "# nothing\n");
	asked_check_refused(&a, "--flow @flow.yaml", "--flow: there is nothing in @flow.yaml");
	asked_end(&a);
}
