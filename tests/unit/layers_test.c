/* SPDX-License-Identifier: MIT */
#include "cli/layers.h"

#include "home.h"
#include "t.h"

#include "app/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char layered[] = "defaults:\n"
			      "  jobs: 1\n"
			      "  retries: 1\n"
			      "  window: 1\n"
			      "  tpm: 1\n"
			      "profiles:\n"
			      "  night: { jobs: 2, retries: 2, window: 2 }\n"
			      "  other: { jobs: 9 }\n";

TEST("the command line wins over the environment, that over the profile, that over the defaults")
{
	struct home w;
	home_start(&w, layered);
	setenv("PLLM_JOBS", "3", 1);
	setenv("PLLM_RETRIES", "3", 1);
	home_check_parsed(&w, "--profile night --jobs 4");
	CHECK_INT(w.config.pipeline.sched.jobs, 4);
	CHECK_INT(w.config.pipeline.sched.retry.retries, 3);
	CHECK_INT(w.config.pipeline.window, 2);
	CHECK_INT(w.config.pipeline.sched.tpm, 1);
	CHECK_INT(w.config.pipeline.grace_ms, 30000);
	home_check_origin(&w, "jobs", "command line --jobs 4");
	home_check_origin(&w, "retries", "environment PLLM_RETRIES 3");
	home_check_origin(&w, "window", "profile :7:41 2");
	home_check_origin(&w, "tpm", "defaults :5:8 1");
	home_check_origin(&w, "grace", "built in - 30s");
	home_check_origin(&w, "stream", "built in - false");
	home_check_origin(&w, "model", "built in -");
	CHECK(!origin_of(&w.config, "help"));
	CHECK(!origin_of(&w.config, "jbos"));
	unsetenv("PLLM_JOBS");
	unsetenv("PLLM_RETRIES");
	home_check_parsed(&w, "-P7");
	home_check_origin(&w, "jobs", "command line -P 7");
	home_check_origin(&w, "retries", "defaults :3:12 1");
	home_end(&w);
}

TEST("a list on the command line replaces the file's list as a whole")
{
	struct home w;
	home_start(&w,
		"defaults: { param: [a=1, b=2], header: ['A: b'] }\n"
		"profiles: { p: { param: [c=3] }, none: { param: [] } }\n");
	home_check_parsed(&w, "--param d=4 --param e=5");
	check_strings(&w.config.prompt.params, "d=4 e=5");
	check_strings(&w.config.endpoint.headers, "A: b");
	home_check_origin(&w, "param", "command line --param d=4 e=5");
	home_check_parsed(&w, "--profile p");
	check_strings(&w.config.prompt.params, "c=3");
	home_check_parsed(&w, "--profile none");
	check_strings(&w.config.prompt.params, "");
	home_check_origin(&w, "param", "profile :2:49");
	home_check_parsed(&w, "");
	check_strings(&w.config.prompt.params, "a=1 b=2");
	home_end(&w);
}

TEST("false in a profile or 0 in the environment takes back what the defaults say")
{
	struct home w;
	home_start(&w,
		"defaults: { stream: true, meta: info, retry-errors: true, existing: replace }\n"
		"profiles: { p: { stream: false, meta: false, retry-errors: false } }\n");
	home_check_parsed(&w, "--profile p");
	CHECK(!w.config.endpoint.is_streamed && !w.config.writer.meta && !w.config.reader.revives);
	CHECK_INT(w.config.pipeline.existing, EXISTING_IS_REPLACED);
	home_check_origin(&w, "stream", "profile :2:26 false");
	home_check_parsed(&w, "");
	CHECK(w.config.endpoint.is_streamed && w.config.reader.revives);
	CHECK_STR(w.config.writer.meta, "info");
	setenv("PLLM_STREAM", "0", 1);
	home_check_parsed(&w, "");
	CHECK(!w.config.endpoint.is_streamed);
	home_check_origin(&w, "stream", "environment PLLM_STREAM false");
	unsetenv("PLLM_STREAM");
	home_end(&w);
	home_start(&w, "defaults: { keep-order: false, verbose: false }\n");
	home_check_parsed(&w, "");
	CHECK(w.config.pipeline.unordered && !w.config.is_verbose && !w.config.is_quiet);
	home_end(&w);
}

TEST("ways to say the same thing win and lose together")
{
	struct home w;
	home_start(&w, "defaults: { prompt: x, key-file: /k, seq: true, quiet: true }\n");
	home_check_parsed(&w, "--prompt-file f --key-env K --input-format lines -v");
	CHECK_INT(w.config.prompt.prompts.n, 0);
	CHECK(!w.config.endpoint.key.file);
	CHECK_STR(w.config.endpoint.key.env, "K");
	CHECK_INT(w.config.reader.format, INPUT_LINES);
	CHECK(w.config.is_verbose && !w.config.is_quiet);
	home_check_origin(&w, "key-file", "built in -");
	home_check_origin(&w, "quiet", "built in - false");
	home_check_origin(&w, "seq", "defaults :1:43 true");
	home_check_parsed(&w, "-R --raw-output");
	home_check_origin(&w, "raw-input", "command line -R true");
	home_check_parsed(&w, "-R --seq");
	home_check_origin(&w, "raw-input", "built in - false");
	home_end(&w);
}

TEST("what the file and the environment say for other commands is left aside")
{
	struct home w;
	home_start(&w,
		"defaults: { by: .lang, fan-in: 4, samples: 3, existing: skip, jobs: 2, flow: /f }\n");
	setenv("PLLM_GROUP_BYTES", "1M", 1);
	home_check_parsed(&w, "-p x");
	CHECK(!w.config.reduce.by);
	CHECK_INT(w.config.reduce.fan_in, 8);
	CHECK_INT(w.config.reduce.group_bytes, 1 << 30);
	check_strings(&w.config.prompt.samples, "3");
	CHECK_INT(w.config.pipeline.existing, EXISTING_IS_SKIPPED);
	home_check_origin(&w, "by", "built in -");
	home_check_parsed(&w, "reduce");
	CHECK_STR(w.config.reduce.by, ".lang");
	CHECK_INT(w.config.reduce.fan_in, 4);
	CHECK_INT(w.config.reduce.group_bytes, 1 << 20);
	check_strings(&w.config.prompt.samples, "");
	CHECK(!w.config.prompt.flow);
	CHECK_INT(w.config.pipeline.existing, EXISTING_IS_ERROR);
	CHECK_INT(w.config.pipeline.sched.jobs, 2);
	home_check_origin(&w, "samples", "built in - 1");
	unsetenv("PLLM_GROUP_BYTES");
	home_end(&w);
	home_check_refused("defaults: { fan-in: 1 }\n",
		":1:21: --fan-in 1: not understood" LOG_HELP
		"expected a whole number from 2 to 1000");
}

TEST("prompts and a flow file each replace their like, not each other")
{
	struct home w;
	home_start(&w, "defaults: { flow: /f }\nprofiles: { p: { prompt: [a=1, b=2] } }\n");
	home_check_parsed(&w, "");
	CHECK_STR(w.config.prompt.flow, "/f");
	home_check_parsed(&w, "--profile p");
	CHECK_STR(w.config.prompt.flow, "/f");
	check_strings(&w.config.prompt.prompts, "a=1 b=2");
	home_check_parsed(&w, "--profile p --flow g");
	CHECK_STR(w.config.prompt.flow, "g");
	check_strings(&w.config.prompt.prompts, "a=1 b=2");
	home_check_parsed(&w, "--prompt-file c=3");
	CHECK_STR(w.config.prompt.flow, "/f");
	home_check_parsed(&w, "--profile p --flow g -p c=3");
	CHECK_STR(w.config.prompt.flow, "g");
	check_strings(&w.config.prompt.prompts, "c=3");
	home_end(&w);
}

TEST("a later message about an option of the file is given its place")
{
	struct home w;
	char want[300];
	struct err err;
	home_start(&w, "defaults: { rate: 60, hedge: off }\n");
	home_check_parsed(&w, "--hedge 5");
	err_set(&err, ERR_USAGE, "--rate 60: not understood" LOG_HELP "expected N/UNIT");
	origin_locate(&w.config, &err);
	snprintf(want, sizeof want, "%s:1:19: --rate 60: not understood" LOG_HELP "expected N/UNIT",
		w.path);
	CHECK_STR(err.msg, want);
	static const char *const others[] = { "--hedge 5: no", "--rates 6: no", "rate 6", "--", "",
		"--jobs: no" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		err_set(&err, ERR_USAGE, "%s", others[i]);
		origin_locate(&w.config, &err);
		CHECK_STR(err.msg, others[i]);
	}
	home_end(&w);
}
