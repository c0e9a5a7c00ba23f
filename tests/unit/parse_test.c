/* SPDX-License-Identifier: MIT */
#include "t.h"

#include "cli/option_text.h"
#include "cli/parse.h"
#include "work/embedding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 16 };

/* What the user has set must not reach the tests. */
__attribute__((constructor)) static void forget_environment(void)
{
	char name[OPTION_TEXT_MAX];
	for (const struct option *o = option_next(NULL); o; o = option_next(o))
		if (*option_env_name(o, name))
			unsetenv(name);
}

/* One command line, parsed. */
struct parsed {
	struct config config;
	struct err err;
	enum cli_action action;
};

/* The words stand apart by newlines, so that a word may hold spaces. */
static void parse(struct parsed *p, const char *line)
{
	char text[400] = "", name[] = "pllm", *argv[ARGS_MAX] = { name }, *word = text;
	int argc = 1;
	memcpy(text, line, strlen(line) + 1);
	for (char *end; *line && word; word = end ? end + 1 : NULL) {
		end = strchr(word, '\n');
		if (end)
			*end = '\0';
		argv[argc++] = word;
	}
	*p = (struct parsed){ 0 };
	p->action = cli_parse(argc, argv, &p->config, &p->err);
}

static void check_refused(const char *line, const char *msg)
{
	struct parsed p;
	parse(&p, line);
	CHECK_INT(p.action, CLI_USAGE_ERROR);
	CHECK(err_is_usage(p.err.kind));
	CHECK_STR(p.err.msg, msg);
	cli_free(&p.config);
}

TEST("without arguments everything has the default of the table")
{
	struct parsed p;
	parse(&p, "");
	const struct config *c = &p.config;
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(c->pipeline.sched.jobs, 64);
	CHECK_INT(c->pipeline.sched.retry.retries, 5);
	CHECK_INT(c->pipeline.sched.timeout_ms, 600000);
	CHECK_INT(c->pipeline.halt.give_up_ms, 900000);
	CHECK_INT(c->pipeline.window, 0);
	CHECK_INT(c->pipeline.window_bytes, 256 << 20);
	CHECK_INT(c->pipeline.existing, EXISTING_IS_ERROR);
	CHECK(!c->pipeline.unordered);
	CHECK_INT(c->http.connect_timeout_ms, 10000);
	CHECK_INT(c->reader.record_max_bytes, 16 << 20);
	CHECK_INT(c->reader.format, INPUT_JSONL);
	CHECK_INT(c->writer.form, RESULT_JSON);
	CHECK_INT(c->endpoint.key.fd, -1);
	CHECK_STR(c->prompt.as, "output");
	CHECK(!c->endpoint.api && !c->reader.path && !c->writer.meta && c->prompt.models.n == 0 &&
		c->prompt.prompts.n == 0);
	cli_free(&p.config);
}

TEST("a value follows after a space, an equals sign, or right after a letter")
{
	static const char *const lines[] = { "--jobs\n8", "--jobs=8", "-j\n8", "-j8", "-P8", "-uj8",
		"-j7\n--jobs=8" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct parsed p;
		parse(&p, lines[i]);
		CHECK_INT(p.action, CLI_RUN);
		CHECK_INT(p.config.pipeline.sched.jobs, 8);
		cli_free(&p.config);
	}
}

TEST("flags bundle, and of two that contradict each other the last one counts")
{
	struct parsed p;
	parse(&p, "-rkuqv");
	CHECK_INT(p.config.writer.form, RESULT_RAW);
	CHECK(p.config.pipeline.unordered);
	CHECK(p.config.is_verbose && !p.config.is_quiet);
	cli_free(&p.config);
	parse(&p, "-uk\n-vq");
	CHECK(!p.config.pipeline.unordered);
	CHECK(p.config.is_quiet && !p.config.is_verbose);
	cli_free(&p.config);
}

TEST("some flags set two things")
{
	struct parsed p;
	parse(&p, "--seq\n--retry-errors");
	CHECK_INT(p.config.reader.format, INPUT_SEQ);
	CHECK_INT(p.config.writer.form, RESULT_SEQ);
	CHECK(p.config.reader.revives);
	CHECK_INT(p.config.pipeline.existing, EXISTING_IS_SKIPPED);
	cli_free(&p.config);
	parse(&p, "--retry-errors\n--existing=replace");
	CHECK_INT(p.config.pipeline.existing, EXISTING_IS_REPLACED);
	cli_free(&p.config);
}

TEST("what may be repeated is kept in order, texts may look like anything")
{
	struct parsed p;
	parse(&p, "-p\n-x\n--param=a=1\n-s\n\n--prompt=b=c\n--param\nb=\"--\"\n-p=");
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(p.config.prompt.prompts.n, 3);
	CHECK_STR(p.config.prompt.prompts.items[0], "-x");
	CHECK_STR(p.config.prompt.prompts.items[1], "b=c");
	CHECK_STR(p.config.prompt.prompts.items[2], "=");
	CHECK_STR(p.config.prompt.params.items[1], "b=\"--\"");
	CHECK_STR(p.config.prompt.systems.items[0], "");
	cli_free(&p.config);
}

TEST("a value that may be left out needs its equals sign")
{
	struct parsed p;
	parse(&p, "--meta\n-j8");
	CHECK_STR(p.config.writer.meta, "pllm");
	CHECK_INT(p.config.pipeline.sched.jobs, 8);
	cli_free(&p.config);
	parse(&p, "--meta=a\n--meta=info");
	CHECK_STR(p.config.writer.meta, "info");
	cli_free(&p.config);
	check_refused("--meta=", "--meta: the value is empty");
}

TEST("a dash is a value, two dashes end the options")
{
	struct parsed p;
	parse(&p, "-i\n-\n-o-");
	CHECK_STR(p.config.reader.path, "-");
	CHECK_STR(p.config.writer.path, "-");
	cli_free(&p.config);
	check_refused("--\n-j8",
		"\"-j8\" is not a command" LOG_HELP
		"a prompt is given with -p, an input file with -i");
}

TEST("help, version and generate end the parsing where they stand")
{
	static const struct {
		const char *line;
		enum cli_action action;
	} cases[] = {
		{ "-h", CLI_HELP_SHORT },
		{ "-uh", CLI_HELP_SHORT },
		{ "--help\n--bogus", CLI_HELP_LONG },
		{ "help", CLI_HELP_LONG },
		{ "-j8\nhelp\n-u", CLI_HELP_LONG },
		{ "--version", CLI_VERSION },
		{ "--generate=bash", CLI_GENERATE_BASH },
		{ "--generate\nmdoc", CLI_GENERATE_MDOC },
		{ "--bogus\n--help", CLI_USAGE_ERROR },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed p;
		parse(&p, cases[i].line);
		CHECK_INT(p.action, cases[i].action);
		cli_free(&p.config);
	}
}

TEST("what is out of range is refused with the range")
{
	check_refused(
		"-j0", "-j 0: not understood" LOG_HELP "expected a whole number from 1 to 100000");
	check_refused("--jobs\n100001",
		"--jobs 100001: not understood" LOG_HELP
		"expected a whole number from 1 to 100000");
	check_refused("--jobs=8x",
		"--jobs 8x: not understood" LOG_HELP "expected a whole number from 1 to 100000");
	check_refused("--window=0",
		"--window 0: not understood" LOG_HELP "expected a whole number from 1 to 1000000");
	check_refused("--key-fd=-1",
		"--key-fd -1: not understood" LOG_HELP "expected a whole number from 0 to 1048576");
	check_refused("--timeout=5",
		"--timeout 5: not understood" LOG_HELP
		"expected a duration from 1ms to 8760h, such as 500ms, 30s or 1h30m");
	check_refused("--timeout=8761h",
		"--timeout 8761h: not understood" LOG_HELP
		"expected a duration from 1ms to 8760h, such as 500ms, 30s or 1h30m");
	check_refused("--max-record=2G",
		"--max-record 2G: not understood" LOG_HELP
		"expected a size from 1 to 1G, such as 64k or 16M");
	check_refused("--max-record=17179869183G",
		"--max-record 17179869183G: not understood" LOG_HELP
		"expected a size from 1 to 1G, such as 64k or 16M");
	check_refused("--existing=ski",
		"--existing ski: not understood" LOG_HELP
		"expected one of error|skip|replace; the nearest is skip");
}

TEST("what is unknown is refused with what would be right")
{
	check_refused("--promt\nx", "unknown option --promt" LOG_HELP "the nearest is --prompt");
	check_refused("--max-dur=3s",
		"unknown option --max-dur" LOG_HELP "the nearest is --max-duration");
	check_refused("--something-else",
		"unknown option --something-else" LOG_HELP "pllm --help lists all");
	check_refused("-x", "unknown option -x" LOG_HELP "pllm --help lists all");
	check_refused("-rxk", "unknown option -x in -rxk" LOG_HELP "pllm --help lists all");
	check_refused("-prompt=x", "long options have two dashes" LOG_HELP "--prompt");
	check_refused("-m=x", "-m takes its value without \"=\"" LOG_HELP "-m x");
	check_refused("--unordered=yes", "--unordered takes no value");
	check_refused("hlep", "unknown command \"hlep\"" LOG_HELP "the nearest is help");
	check_refused(
		"prompt", "unknown command \"prompt\"" LOG_HELP "the nearest option is --prompt");
	check_refused("Is {{a}} b?",
		"\"Is {{a}} b?\" is not a command" LOG_HELP "a prompt is given with -p");
	check_refused("{{a}}", "\"{{a}}\" is not a command" LOG_HELP "a prompt is given with -p");
	check_refused("in.jsonl",
		"\"in.jsonl\" is not a command" LOG_HELP
		"a prompt is given with -p, an input file with -i");
}

TEST("what an option is called elsewhere is met with what it is called here")
{
	check_refused("--concurrency=8",
		"unknown option --concurrency" LOG_HELP
		"-j N says how many requests are in flight");
	check_refused("--max_retries\n3", "unknown option --max_retries" LOG_HELP "--retries N");
	check_refused("--retry", "unknown option --retry" LOG_HELP "--retries N");
	check_refused("--top-p=1",
		"unknown option --top-p" LOG_HELP
		"--param KEY=JSON sets fields of the request, as in --param temperature=0");
	check_refused("-H\nx: y",
		"unknown option -H" LOG_HELP
		"--header 'Name: value', or --header-file FILE for what is secret");
	check_refused("-u\nhttp://user:word@host",
		"a URL is one word too many" LOG_HELP "--endpoint URL says where to ask");
}

TEST("an option is no value of another, unless it is joined to it")
{
	check_refused("-m\n-p\nx {{text}}",
		"-m has no value: -p, which follows, is an option" LOG_HELP
		"give it [STEP=]MODEL,...");
	check_refused("-o\n--jobs=3",
		"-o has no value: --jobs=3, which follows, is an option" LOG_HELP "give it FILE");
	check_refused("-s\n-p\nx",
		"-s has no value: -p, which follows, is an option" LOG_HELP
		"give it [STEP=]TEMPLATE");
	struct parsed p;
	parse(&p, "-o-p\n--prompt=-s\n-i\n--");
	CHECK_STR(p.config.writer.path, "-p");
	CHECK_STR(p.config.prompt.prompts.items[0], "-s");
	cli_free(&p.config);
}

TEST("what shells and editors make of a command line is told")
{
	static const char quotes[] =
		" is one word too many" LOG_HELP "quotes make one text of several words, as in "
		"-p 'Say {{text}}'; an input file is given with -i";
	char want[200];
	snprintf(want, sizeof want, "\"{{text}}\"%s", quotes);
	check_refused("-p\nSay\n{{text}}", want);
	check_refused("reduce\n-p\nSay\n{{text}}", want);
	check_refused("-p\n{{text}}\nin.jsonl",
		"\"in.jsonl\" is not a command" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("-p\nSay {{text}}\nin.jsonl",
		"\"in.jsonl\" is not a command" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("\xe2\x80\x93p\nx",
		"\"\xe2\x80\x93p\" begins with a long dash" LOG_HELP
		"options begin with - or --, as they are typed");
	check_refused("\xe2\x88\x92j\n3",
		"\"\xe2\x88\x92j\" begins with a long dash" LOG_HELP
		"options begin with - or --, as they are typed");
	check_refused("help\nfoo",
		"pllm help: unknown command \"foo\"" LOG_HELP
		"the commands are reduce, embed, chunk, cache and doctor");
}

TEST("the first word says the command, wherever it stands among the options")
{
	static const char *const lines[] = { "reduce\n--by\n.lang", "--by=.lang\nreduce",
		"-u\nreduce\n--by\n.lang" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct parsed p;
		parse(&p, lines[i]);
		CHECK_INT(p.action, CLI_RUN);
		CHECK_INT(p.config.command, COMMAND_REDUCE);
		CHECK_STR(p.config.reduce.by, ".lang");
		CHECK_STR(p.config.reduce.item, "{{.}}");
		CHECK_INT(p.config.reduce.fan_in, 8);
		CHECK_INT(p.config.reduce.group_bytes, 1 << 30);
		cli_free(&p.config);
	}
	struct parsed p;
	parse(&p, "-u");
	CHECK_INT(p.config.command, COMMAND_FILTER);
	cli_free(&p.config);
	check_refused("reducee", "unknown command \"reducee\"" LOG_HELP "the nearest is reduce");
	check_refused("reduce\nin.jsonl",
		"\"in.jsonl\" is one word too many" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("reduce\nreduce",
		"\"reduce\" is one word too many" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("embed\nreduce",
		"\"reduce\" is one word too many" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("chunk\nin.jsonl",
		"\"in.jsonl\" is one word too many" LOG_HELP "an input file is given with -i");
	check_refused("chunks", "unknown command \"chunks\"" LOG_HELP "the nearest is chunk");
	check_refused("embd", "unknown command \"embd\"" LOG_HELP "the nearest is embed");
}

TEST("embed asks for vectors, and has a field's name and a window of its own")
{
	struct parsed p;
	parse(&p, "embed");
	const struct config *c = &p.config;
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(c->command, COMMAND_EMBED);
	CHECK_STR(c->prompt.as, "embedding");
	CHECK_INT(c->pipeline.window, 0);
	CHECK_INT(c->embed.form, NPY_NONE);
	CHECK_INT(c->embed.role, EMBED_AS_IS);
	CHECK(c->embed.dimensions == 0 && c->embed.batch_items == 0 && !c->embed.ids &&
		!c->embed.is_normalized);
	CHECK_INT(c->pipeline.sched.pack.wait_ms, 20);
	cli_free(&p.config);
	parse(&p,
		"embed\n--dimensions=256\n--input-type\nquery\n--normalize\n--batch-items=8\n"
		"--batch-tokens=9000\n--batch-wait=0\n--format=npy\n-o\nv\n--ids=i\n-a\nvector");
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(c->embed.dimensions, 256);
	CHECK_INT(c->embed.role, EMBED_QUERIES);
	CHECK(c->embed.is_normalized);
	CHECK_INT(c->embed.batch_items, 8);
	CHECK_INT(c->embed.batch_tokens, 9000);
	CHECK_INT(c->pipeline.sched.pack.wait_ms, 0);
	CHECK_INT(c->embed.form, NPY_NUMPY);
	CHECK_STR(c->writer.path, "v");
	CHECK_STR(c->embed.ids, "i");
	CHECK_STR(c->prompt.as, "vector");
	cli_free(&p.config);
	check_refused("embed\n--batch-items=0",
		"--batch-items 0: not understood" LOG_HELP
		"expected a whole number from 1 to 65536");
	check_refused("embed\n--input-type=passage",
		"--input-type passage: not understood" LOG_HELP "expected one of query|document");
	check_refused("embed\n--format=csv",
		"--format csv: not understood" LOG_HELP "expected one of jsonl|npy|f32");
}

TEST("chunk cuts texts, and has nobody to ask")
{
	struct parsed p;
	parse(&p, "chunk");
	const struct chunk_opts *o = &p.config.chunk;
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(p.config.command, COMMAND_CHUNK);
	CHECK_STR(o->field, "text");
	CHECK_INT(o->size, 512);
	CHECK_INT(o->overlap, 0);
	CHECK_INT(o->at, CHUNK_AT_SENTENCE);
	CHECK_STR(o->keeps, "all");
	cli_free(&p.config);
	parse(&p, "--field\n.body\nchunk\n--size=64\n--overlap=8\n--at=line\n--keep-fields=id,url");
	CHECK_STR(o->field, ".body");
	CHECK_INT(o->size, 64);
	CHECK_INT(o->overlap, 8);
	CHECK_INT(o->at, CHUNK_AT_LINE);
	CHECK_STR(o->keeps, "id,url");
	cli_free(&p.config);
	check_refused("chunk\n-m\nx", "--model is no option of pllm chunk");
	check_refused("chunk\n--jobs=2", "--jobs is no option of pllm chunk");
	check_refused("chunk\n--at=word",
		"--at word: not understood" LOG_HELP
		"expected one of paragraph|sentence|line|token");
}

TEST("behind cache comes what to do, and with which file, by itself or as an option")
{
	static const struct {
		const char *line;
		enum cache_verb verb;
	} cases[] = { { "cache\nstats\nc.db", CACHE_STATS },
		{ "cache\nls\n--cache\nc.db", CACHE_LS },
		{ "--cache=c.db\ncache\nrm\n--failed", CACHE_RM },
		{ "cache\n--cache=c.db\nexport\n-o\nx", CACHE_EXPORT },
		{ "cache\n-q\nverify\n--\nc.db", CACHE_VERIFY } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed p;
		parse(&p, cases[i].line);
		CHECK_INT(p.action, CLI_RUN);
		CHECK_INT(p.config.command, COMMAND_CACHE);
		CHECK_INT(p.config.cache_command.verb, cases[i].verb);
		CHECK_STR(p.config.cache.path, "c.db");
		cli_free(&p.config);
	}
	struct parsed p;
	parse(&p, "cache\nrm\nhelp.db\n-m\ngpt\n--older-than\n30d");
	CHECK_STR(p.config.cache.path, "help.db");
	CHECK_STR(p.config.prompt.models.items[0], "gpt");
	CHECK_INT(p.config.cache_command.older_than_ms, INT64_C(30) * 86400 * 1000);
	CHECK(!p.config.cache_command.is_failed);
	cli_free(&p.config);
}

TEST("what a cache cannot be asked to do is refused with what would be right")
{
	check_refused("cache",
		"pllm cache wants to know what to do" LOG_HELP "stats, ls, rm, export or verify");
	check_refused("cache\n--cache=c.db",
		"pllm cache wants to know what to do" LOG_HELP "stats, ls, rm, export or verify");
	check_refused("cache\nstat",
		"pllm cache: unknown command \"stat\"" LOG_HELP "the nearest is stats");
	check_refused("cache\nc.db",
		"pllm cache: unknown command \"c.db\"" LOG_HELP
		"it knows stats, ls, rm, export or verify");
	check_refused("cache\nrm\na.db\nb.db", "pllm cache rm: one file at a time");
	check_refused("cache\nrm\na.db\n--cache=b.db", "pllm cache rm: one file at a time");
	check_refused("cache\nls\n", "FILE: the value is empty");
	check_refused("cache\nls\n--older-than=0",
		"--older-than 0: not understood" LOG_HELP
		"expected a duration from 1ms to 87600h, such as 500ms, 30s or 1h30m");
	check_refused("cache\nls\n-p\nx", "--prompt is no option of pllm cache");
	check_refused("cache\nls\n--refresh", "--refresh is no option of pllm cache");
	check_refused("--failed", "--failed is an option of pllm cache");
}

TEST("what a run costs, and what it may, is said in words that are read later, and in numbers")
{
	struct parsed p;
	parse(&p,
		"--max-cost=2.50\n--max-total-tokens=9000\n--max-requests\n7\n--price-in=0.15\n"
		"--price-out=.6\n--prices=map.json\n--cache=c.db\n--cache-ttl=30d\n--refresh\n-n");
	const struct money_opts *m = &p.config.money;
	CHECK_INT(p.action, CLI_RUN);
	CHECK_STR(m->max_cost, "2.50");
	CHECK_STR(m->price_in, "0.15");
	CHECK_STR(m->price_out, ".6");
	CHECK_STR(m->prices, "map.json");
	CHECK_INT(m->max_total_tokens, 9000);
	CHECK_INT(m->max_requests, 7);
	CHECK(m->is_dry && m->trial_n == 0);
	CHECK_STR(p.config.cache.path, "c.db");
	CHECK_INT(p.config.cache.ttl_ms, INT64_C(30) * 86400 * 1000);
	CHECK(p.config.cache.refreshes);
	cli_free(&p.config);
	parse(&p, "embed\n--trial=20");
	CHECK_INT(p.config.money.trial_n, 20);
	CHECK(!m->max_cost && !m->prices && m->max_requests == 0 && !m->is_dry);
	cli_free(&p.config);
	check_refused("reduce\n--trial=20", "--trial is no option of pllm reduce");
	check_refused("--trial=0",
		"--trial 0: not understood" LOG_HELP "expected a whole number from 1 to 1000000");
}

TEST("help is about the command that is named")
{
	static const struct {
		const char *line;
		enum cli_action action;
		enum command command;
	} cases[] = { { "help", CLI_HELP_LONG, COMMAND_FILTER },
		{ "--help", CLI_HELP_LONG, COMMAND_FILTER },
		{ "help\nreduce", CLI_HELP_LONG, COMMAND_REDUCE },
		{ "reduce\nhelp", CLI_HELP_LONG, COMMAND_REDUCE },
		{ "reduce\n--help", CLI_HELP_LONG, COMMAND_REDUCE },
		{ "reduce\n--samples\n3\n-h", CLI_HELP_SHORT, COMMAND_REDUCE },
		{ "help\nembed", CLI_HELP_LONG, COMMAND_EMBED },
		{ "chunk\n-h", CLI_HELP_SHORT, COMMAND_CHUNK },
		{ "help\ncache", CLI_HELP_LONG, COMMAND_CACHE },
		{ "cache\nls\n-h", CLI_HELP_SHORT, COMMAND_CACHE } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed p;
		parse(&p, cases[i].line);
		CHECK_INT(p.action, cases[i].action);
		CHECK_INT(p.config.command, cases[i].command);
		cli_free(&p.config);
	}
}

TEST("an option of another command is refused")
{
	check_refused("--by\n.lang", "--by is an option of pllm reduce");
	check_refused("-p\nx\n--sorted", "--sorted is an option of pllm reduce");
	check_refused("reduce\n--samples\n3", "--samples is no option of pllm reduce");
	check_refused("--flow=f\nreduce", "--flow is no option of pllm reduce");
	check_refused("reduce\n--retry-errors", "--retry-errors is no option of pllm reduce");
	check_refused("reduce\n--fan-in\n1",
		"--fan-in 1: not understood" LOG_HELP "expected a whole number from 2 to 1000");
	check_refused("--dimensions\n8", "--dimensions is an option of pllm embed");
	check_refused("--overlap\n8", "--overlap is an option of pllm chunk");
	check_refused("embed\n-r", "--raw-output is no option of pllm embed");
	check_refused("embed\n-s\nx", "--system is no option of pllm embed");
	check_refused("embed\n--samples\n3", "--samples is no option of pllm embed");
	check_refused("embed\n--stream", "--stream is no option of pllm embed");
	check_refused("embed\n--by\n.lang", "--by is no option of pllm embed");
	check_refused("reduce\n--ids\nf", "--ids is no option of pllm reduce");
}

TEST("what is said of steps adds up, in its order")
{
	struct parsed p;
	parse(&p, "-pa=1\n-p\nb=2\n-m\nx,y\n-mb=z\n--samples=3\n--samples\nb=5");
	CHECK_INT(p.action, CLI_RUN);
	CHECK_INT(p.config.prompt.prompts.n, 2);
	CHECK_STR(p.config.prompt.prompts.items[1], "b=2");
	CHECK_INT(p.config.prompt.models.n, 2);
	CHECK_STR(p.config.prompt.models.items[0], "x,y");
	CHECK_STR(p.config.prompt.models.items[1], "b=z");
	CHECK_STR(p.config.prompt.samples.items[0], "3");
	CHECK_STR(p.config.prompt.samples.items[1], "b=5");
	cli_free(&p.config);
}

TEST("a graph is shown as text or as a picture, or not at all")
{
	struct parsed p;
	parse(&p, "-u");
	CHECK_INT(p.config.prompt.show_flow, FLOW_IS_RUN);
	cli_free(&p.config);
	parse(&p, "--show-flow\n-u");
	CHECK_INT(p.config.prompt.show_flow, FLOW_IS_TEXT);
	CHECK(p.config.pipeline.unordered);
	cli_free(&p.config);
	parse(&p, "--show-flow=dot");
	CHECK_INT(p.config.prompt.show_flow, FLOW_IS_DOT);
	cli_free(&p.config);
	check_refused("--show-flow=svg",
		"--show-flow svg: not understood" LOG_HELP "expected one of text|dot");
}

TEST("a value that is missing or empty is refused")
{
	check_refused("--model", "--model needs a value" LOG_HELP "[STEP=]MODEL,...");
	check_refused("-uj", "-j needs a value" LOG_HELP "N");
	check_refused("--existing", "--existing needs a value" LOG_HELP "error|skip|replace");
	check_refused("--model=", "--model: the value is empty");
	check_refused("-p\n", "-p: the value is empty");
}

TEST("what looks like a key is refused wherever it stands, and not shown")
{
	static const char *const lines[] = { "sk-canary12345678", "-m\nsk-canary12345678",
		"--api-key=sk-canary12345678", "--sk-canary12345678", "-sk-canary12345678",
		"-j=sk-canary12345678", "-msk-canary12345678\n-z", "--key-env\ngsk_canary12345678",
		"--key-cmd=echo sk-canary12345678", "--jobs=sk-canary12345678",
		"--endpoint=http://a/v1,key=sk-canary12345678", "--canary\nsk-canary12345678" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct parsed p;
		parse(&p, lines[i]);
		CHECK_INT(p.action, CLI_USAGE_ERROR);
		CHECK(!strstr(p.err.msg, "canary1"));
		cli_free(&p.config);
	}
	struct parsed p;
	parse(&p, "-i\nsk-learn-examples.jsonl\n-m\ndisk-something-else");
	CHECK_INT(p.action, CLI_RUN);
	cli_free(&p.config);
}

TEST("messages show only the first line of a long argument, in whole letters")
{
	char word[200] = "x", want[200];
	for (int i = 0; i < 40; i++)
		memcpy(word + 1 + 2 * i, "\xc3\xa9", 3);
	snprintf(want, sizeof want,
		"\"%.59s\" is not a command" LOG_HELP "a prompt is given with -p, "
		"an input file with -i",
		word);
	check_refused(word, want);
}

TEST("the environment gives defaults, which the command line overrides")
{
	struct parsed p;
	setenv("PLLM_JOBS", "7", 1);
	setenv("PLLM_MODEL", "m", 1);
	setenv("PLLM_VERBOSE", "1", 1);
	setenv("PLLM_QUIET", "0", 1);
	setenv("PLLM_TIMEOUT", "", 1);
	setenv("PLLM_ENDPOINT", "http://elsewhere/v1", 1);
	parse(&p, "");
	CHECK_INT(p.config.pipeline.sched.jobs, 7);
	CHECK_INT(p.config.prompt.models.n, 1);
	CHECK_STR(p.config.prompt.models.items[0], "m");
	CHECK(p.config.is_verbose && !p.config.is_quiet);
	CHECK_INT(p.config.pipeline.sched.timeout_ms, 600000);
	CHECK_INT(p.config.endpoint.endpoints.n, 0);
	cli_free(&p.config);
	parse(&p, "-j8\n-m\nn");
	CHECK_INT(p.config.pipeline.sched.jobs, 8);
	CHECK_INT(p.config.prompt.models.n, 1);
	CHECK_STR(p.config.prompt.models.items[0], "n");
	cli_free(&p.config);
	setenv("PLLM_JOBS", "0", 1);
	check_refused("-j8",
		"PLLM_JOBS=0: not understood" LOG_HELP "expected a whole number from 1 to 100000");
	unsetenv("PLLM_JOBS");
	setenv("PLLM_QUIET", "yes", 1);
	check_refused("", "PLLM_QUIET=yes: not understood" LOG_HELP "expected 1 or 0");
	unsetenv("PLLM_MODEL");
	unsetenv("PLLM_VERBOSE");
	unsetenv("PLLM_QUIET");
	unsetenv("PLLM_TIMEOUT");
	unsetenv("PLLM_ENDPOINT");
}

TEST("behind doctor may stand whose run it is to look at, with the options of that run")
{
	static const struct {
		const char *line;
		enum command run;
	} cases[] = { { "doctor", COMMAND_FILTER }, { "doctor\n-p\nx\n-u", COMMAND_FILTER },
		{ "doctor\nembed\n--dimensions\n5", COMMAND_EMBED },
		{ "--by\n.a\ndoctor\nreduce", COMMAND_REDUCE } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed p;
		parse(&p, cases[i].line);
		if (CHECK(p.action == CLI_RUN)) {
			CHECK_INT(p.config.command, COMMAND_DOCTOR);
			CHECK_INT(p.config.doctor.run, cases[i].run);
		}
		cli_free(&p.config);
	}
	check_refused("doctor\nchunk",
		"\"chunk\" is one word too many" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("doctor\nembed\nreduce",
		"\"reduce\" is one word too many" LOG_HELP
		"a prompt is given with -p, an input file with -i");
	check_refused("doctor\n--older-than\n3d", "--older-than is no option of pllm doctor");
	check_refused("--live", "--live is an option of pllm doctor");
}
