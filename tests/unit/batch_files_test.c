/* SPDX-License-Identifier: MIT */
#include "app/batch_files.h"

#include "t.h"

#include <stdlib.h>
#include <string.h>

static char word[] = "x", output[] = "output";

static void start(struct config *c, enum input_format format)
{
	*c = (struct config){ .reader.format = (int)format, .prompt.as = output };
}

static void end(struct config *c)
{
	struct prompt_opts *o = &c->prompt;
	struct strings *const lists[] = { &o->models, &o->samples, &o->joins, &o->vote_bys,
		&o->quorums, &o->emits };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		strings_release(lists[i]);
	free(c->endpoint.api);
}

/* Sets the nth of what makes of a record more than one request; gives its name, NULL = no more. */
static const char *set(struct config *c, int nth)
{
	struct prompt_opts *o = &c->prompt;
	static const char *const names[] = { "--samples", "--join", "--vote-by", "--quorum",
		"--emit", "-m with several models", "--flow", "--show-flow", "reduce",
		"--max-input-tokens", "--on-truncate grow", "embed", "chunk" };
	struct strings *const lists[] = { &o->samples, &o->joins, &o->vote_bys, &o->quorums,
		&o->emits };
	if (nth < 5)
		strings_add(lists[nth], word);
	if (nth == 5)
		strings_add(&o->models, "a,b");
	o->flow = nth == 6 ? word : NULL;
	o->show_flow = nth == 7 ? FLOW_IS_DOT : FLOW_IS_RUN;
	c->command = nth == 8 ? COMMAND_REDUCE
		: nth == 11   ? COMMAND_EMBED
		: nth == 12   ? COMMAND_CHUNK
			      : COMMAND_FILTER;
	o->max_input_tokens = nth == 9;
	c->pipeline.sched.on_truncate = nth == 10 ? TRUNCATE_GROWS : TRUNCATE_IS_ERROR;
	return nth < 13 ? names[nth] : NULL;
}

TEST("what makes of a record more than one request, or of several one, has no place in a batch")
{
	static const enum input_format formats[] = { INPUT_OPENAI_BATCH, INPUT_ANTHROPIC_BATCH };
	static const char *const names[] = { "openai-batch", "anthropic-batch" };
	for (int f = 0; f < 2; f++) {
		const char *option = "";
		for (int i = 0; option; i++) {
			struct config c;
			struct err err = { 0 };
			start(&c, formats[f]);
			option = set(&c, i);
			bool ok = batch_files_prepare(&c, &err);
			CHECK_INT(ok, !option);
			if (option) {
				CHECK(strncmp(err.msg, option, strlen(option)) == 0);
				CHECK(strstr(err.msg, " does not go with --input-format "));
				CHECK(strstr(err.msg, names[f]));
			}
			end(&c);
		}
	}
}

TEST("all of it goes with other input")
{
	for (int i = 0; i < 11; i++) {
		struct config c;
		struct err err;
		start(&c, INPUT_JSONL);
		CHECK(set(&c, i) && batch_files_prepare(&c, &err));
		CHECK(!c.endpoint.api);
		end(&c);
	}
}

TEST("a batch of Anthropic's is for its API, unless the model says so itself")
{
	static const struct {
		const char *model, *api;
	} rows[] = {
		{ NULL, "anthropic" },
		{ "claude", "anthropic" },
		{ "openai/claude", "anthropic" },
		{ "anthropic", "anthropic" },
		{ "anthropic/claude", NULL },
		{ "output=anthropic/claude", NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config c;
		struct err err;
		start(&c, INPUT_ANTHROPIC_BATCH);
		if (rows[i].model)
			strings_add(&c.prompt.models, rows[i].model);
		CHECK(batch_files_prepare(&c, &err));
		CHECK_STR(c.endpoint.api, rows[i].api);
		CHECK_INT(c.writer.form, RESULT_BATCH);
		end(&c);
	}
	struct config c;
	struct err err;
	start(&c, INPUT_OPENAI_BATCH);
	CHECK(batch_files_prepare(&c, &err) && !c.endpoint.api);
	end(&c);
}
