/* SPDX-License-Identifier: MIT */
#include "cli/config_file.h"

#include "home.h"
#include "t.h"

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

TEST("every kind of option can stand in the file")
{
	struct home w;
	home_start(&w,
		"defaults:\n  jobs: \"8\"\n  timeout: 2m\n  max-record: 64k\n  balance: weighted\n"
		"  hedge: off\n  stream: true\n  model: 4\n  system: |\n    two\n    lines\n"
		"  param: [temperature=0, 'stop=\"x\"']\n  header: 'X-A: b'\n  meta: true\n");
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 8);
	CHECK_INT(w.config.pipeline.sched.timeout_ms, 120000);
	CHECK_INT(w.config.reader.record_max_bytes, 65536);
	CHECK_INT(w.config.pipeline.sched.balance, BALANCE_WEIGHTED);
	CHECK_STR(w.config.hedge, "off");
	CHECK(w.config.endpoint.is_streamed);
	check_strings(&w.config.prompt.models, "4");
	check_strings(&w.config.prompt.systems, "two\nlines\n");
	check_strings(&w.config.prompt.params, "temperature=0 stop=\"x\"");
	check_strings(&w.config.endpoint.headers, "X-A: b");
	CHECK_STR(w.config.writer.meta, "pllm");
	home_check_origin(&w, "param", "defaults :12:11 temperature=0 stop=\"x\"");
	home_check_origin(&w, "meta", "defaults :14:9 pllm");
	home_end(&w);
}

TEST("what is wrong in the file is refused where it stands")
{
	home_check_refused("defaults:\n  jobs: many\n",
		":2:9: --jobs many: not understood" LOG_HELP
		"expected a whole number from 1 to 100000");
	home_check_refused("defaults: {jobs: 0}\n",
		":1:18: --jobs 0: not understood" LOG_HELP
		"expected a whole number from 1 to 100000");
	home_check_refused("defaults: {jobs: }\n", ":1:12: --jobs: there is no value");
	home_check_refused("defaults: {model: \"\"}\n", ":1:19: --model: the value is empty");
	home_check_refused("defaults: {jobs: [1]}\n",
		":1:18: --jobs: not understood" LOG_HELP "expected one value");
	home_check_refused("defaults: {param: {a: 1}}\n",
		":1:19: --param: not understood" LOG_HELP "expected one value or a list of values");
	home_check_refused("defaults: {balance: most}\n",
		":1:21: --balance most: not understood" LOG_HELP
		"expected one of least|weighted|affinity");
	home_check_refused("defaults: {stream: yes}\n",
		":1:20: --stream: not understood" LOG_HELP "expected true or false");
	home_check_refused("defaults: {stream: 1}\n",
		":1:20: --stream: not understood" LOG_HELP "expected true or false");
	home_check_refused("profiles:\n  p:\n    jobs: x\n",
		":3:11: --jobs x: not understood" LOG_HELP
		"expected a whole number from 1 to 100000");
	home_check_refused("defaults: {jobs: 1, jobs: 2}\n",
		":1:21: \"jobs\" is there twice; the first is in line 1");
}

TEST("an unknown key is refused with the nearest one")
{
	home_check_refused("default:\n  jobs: 1\n",
		":1:1: unknown key \"default\"" LOG_HELP "the nearest is defaults");
	home_check_refused("aliases: {}\n", ":1:1: unknown key \"aliases\"");
	home_check_refused("defaults:\n  jbos: 1\n",
		":2:3: unknown key \"jbos\"" LOG_HELP "the nearest is jobs");
	home_check_refused("defaults: {max_tokens: 1}\n",
		":1:12: unknown key \"max_tokens\"" LOG_HELP "the nearest is max-tokens");
	home_check_refused("jobs: 1\n", ":1:1: --jobs stands below defaults: or a profile");
	home_check_refused(
		"8\n", ":1:1: expected a map with defaults, endpoints, pools or profiles");
	home_check_refused(
		"defaults: [jobs]\n", ":1:11: expected a map of options, such as jobs: 8");
	home_check_refused(
		"profiles: [p]\n", ":1:11: expected a map, with a line for each profile");
	home_check_refused(
		"profiles: {p: 8}\n", ":1:15: expected a map of options, such as jobs: 8");
}

TEST("an option that makes no sense in a file is refused by name")
{
	static const char *const names[] = { "config", "no-config", "profile", "help", "version",
		"generate", "key-fd" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[80], want[80];
		snprintf(text, sizeof text, "defaults: {%s: true}\n", names[i]);
		snprintf(want, sizeof want, ":1:12: --%s is for the command line only", names[i]);
		home_check_refused(text, want);
	}
}

TEST("a key in the file is refused and not shown")
{
	static const char *const texts[] = { "defaults: {model: sk-canary-0123456789}\n",
		"defaults: {key-env: sk-canary-0123456789}\n",
		"endpoints: {e: {url: 'http://x/v1', key-env: sk-canary-0123456789}}\n",
		"endpoints: {e: {url: 'http://x/v1?k=sk-canary-0123456789'}}\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct home w;
		home_start(&w, texts[i]);
		CHECK(!home_parse(&w, ""));
		CHECK(strstr(w.err.msg, "looks like an API key") && !strstr(w.err.msg, "canary"));
		home_end(&w);
	}
}

TEST("a key's name in the file is refused with where keys are from, and the value is not shown")
{
	static const char *const names[] = { "api-key", "api_key", "apikey", "key", "token",
		"OPENAI_API_KEY" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[100], want[160];
		snprintf(text, sizeof text, "defaults: {%s: canary}\n", names[i]);
		snprintf(want, sizeof want,
			":1:12: unknown key \"%s\": secrets do not belong into this file" LOG_HELP
			"use key-env, key-file or key-cmd",
			names[i]);
		home_check_refused(text, want);
		snprintf(text, sizeof text, "endpoints: {e: {url: 'http://x/', %s: canary}}\n",
			names[i]);
		snprintf(want, sizeof want,
			":1:35: unknown key \"%s\": secrets do not belong into this file" LOG_HELP
			"say key-env",
			names[i]);
		home_check_refused(text, want);
	}
	home_check_refused("defaults: {monkey: 1}\n", ":1:12: unknown key \"monkey\"");
}

TEST("a file that the file names is not looked for in the working directory")
{
	struct home w;
	char want[100];
	home_start(&w,
		"defaults: { key-file: ~/k, cacert: /ca, input: '-', prompt-file: step=~/p }\n");
	home_check_parsed(&w, "");
	snprintf(want, sizeof want, "%s/k", w.home);
	CHECK_STR(w.config.endpoint.key.file, want);
	CHECK_STR(w.config.endpoint.cacert, "/ca");
	CHECK_STR(w.config.reader.path, "-");
	snprintf(want, sizeof want, "step=%s/p", w.home);
	check_strings(&w.config.prompt.prompt_files, want);
	home_end(&w);
	home_check_refused("defaults: {key-file: k}\n",
		":1:22: --key-file k: the name of a file begins with / or ~/ here");
	home_check_refused("defaults: {header-file: [/a, ./b]}\n",
		":1:30: --header-file ./b: the name of a file begins with / or ~/ here");
	home_check_refused("defaults: {key-file: a=/k}\n",
		":1:22: --key-file a=/k: the name of a file begins with / or ~/ here");
}

TEST("a profile that is not there is refused with the nearest one")
{
	struct home w;
	char want[300];
	home_start(&w, layered);
	CHECK(!home_parse(&w, "--profile nigth"));
	snprintf(want, sizeof want,
		"--profile nigth: there is no such profile in %s" LOG_HELP "the nearest is night",
		w.path);
	CHECK_STR(w.err.msg, want);
	unlink(w.path);
	CHECK(!home_parse(&w, "--profile night"));
	snprintf(want, sizeof want, "--profile night: there is no configuration file %s", w.path);
	CHECK_STR(w.err.msg, want);
	CHECK(!home_parse(&w, "--no-config --profile night"));
	CHECK_STR(w.err.msg, "--no-config does not go with --profile");
	home_end(&w);
}

TEST("the file is found by --config, else by XDG_CONFIG_HOME, else by HOME, never by the working directory")
{
	struct home w;
	char other[120], line[200], cwd[1000];
	home_start(&w, "defaults: { jobs: 5 }\n");
	snprintf(other, sizeof other, "%s/other.yaml", w.home);
	home_write(other, "defaults: { jobs: 6 }\n");
	snprintf(line, sizeof line, "--config %s", other);
	home_check_parsed(&w, line);
	CHECK_INT(w.config.pipeline.sched.jobs, 6);
	home_check_parsed(&w, "--no-config");
	CHECK_INT(w.config.pipeline.sched.jobs, 64);
	CHECK(!home_parse(&w, "--no-config --config x"));
	CHECK_STR(w.err.msg, "--no-config does not go with --config");
	snprintf(line, sizeof line, "%s/.config", w.home);
	setenv("HOME", "/nonexistent", 1);
	setenv("XDG_CONFIG_HOME", line, 1);
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 5);
	CHECK(getcwd(cwd, sizeof cwd) && chdir(w.home) == 0);
	setenv("XDG_CONFIG_HOME", ".config", 1);
	setenv("HOME", ".", 1);
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 64);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 64);
	home_check_parsed(&w, "--config other.yaml");
	CHECK_INT(w.config.pipeline.sched.jobs, 6);
	CHECK_INT(chdir(cwd), 0);
	unlink(other);
	home_end(&w);
}

TEST("no file is fine, unless --config asks for it")
{
	struct home w;
	home_start(&w, NULL);
	home_check_parsed(&w, "");
	CHECK(!home_parse(&w, "--config /nonexistent/c.yaml"));
	CHECK_STR(w.err.msg, "--config: there is no file /nonexistent/c.yaml");
	rmdir(w.dir);
	home_check_parsed(&w, "");
	mkdir(w.dir, 0755);
	home_write(w.path, "");
	home_check_parsed(&w, "");
	CHECK_INT(w.config.pipeline.sched.jobs, 64);
	home_end(&w);
}

TEST("help is given whatever is in the file or the environment")
{
	struct home w;
	home_start(&w, "nonsense: [\n");
	setenv("PLLM_JOBS", "many", 1);
	CHECK(!home_parse(&w, "--help"));
	CHECK_INT(w.action, CLI_HELP_LONG);
	unsetenv("PLLM_JOBS");
	CHECK(!home_parse(&w, ""));
	CHECK_INT(w.action, CLI_USAGE_ERROR);
	home_end(&w);
}
