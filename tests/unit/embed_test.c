/* SPDX-License-Identifier: MIT */
#include "app/embed.h"

#include "home.h"
#include "t.h"

#include "app/files.h"
#include "app/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HERE " --endpoint http://127.0.0.1:1/v1 --key-env none"

/* A command line, and what becomes of it. */
struct world {
	struct home home;
	struct plan plan;
	struct endpoints list;
	struct err err;
};

static void start(struct world *w, const char *file)
{
	*w = (struct world){ 0 };
	home_start(&w->home, file);
}

static void forget(struct world *w)
{
	endpoints_release(&w->list);
	plan_release(&w->plan);
}

static void end(struct world *w)
{
	forget(w);
	home_end(&w->home);
}

/* From the words to all that the run is made of. */
static bool make(struct world *w, const char *line)
{
	struct config *c = &w->home.config;
	forget(w);
	home_check_parsed(&w->home, line);
	return files_check(c, &w->err) && embed_prepare(c, &w->err) &&
		steps_make(&w->plan, c, &w->err) && embed_make(&w->plan, c, &w->err) &&
		endpoints_make(&w->list, &c->endpoint, &w->plan, &w->err) &&
		embed_place(c, &w->plan, &w->list, &w->err);
}

static void check_made(struct world *w, const char *line)
{
	if (!CHECK(make(w, line)))
		printf("#   said: %s\n", w->err.msg);
}

/* It is refused with a message that begins so. */
static void check_refused(struct world *w, const char *line, const char *msg)
{
	w->err.msg[0] = '\0';
	CHECK(!make(w, line));
	CHECK(err_is_usage(w->err.kind));
	if (!CHECK(strncmp(w->err.msg, msg, strlen(msg)) == 0))
		printf("#   said: %s\n", w->err.msg);
}

TEST("the options say what vectors are asked for")
{
	struct world w;
	const struct embedding *e = &w.plan.embedding;
	start(&w, NULL);
	check_made(&w, "embed -m m" HERE);
	CHECK(e->is_wanted && !e->is_matrix && !e->is_normalized);
	CHECK(e->dimensions == 0 && e->role == EMBED_AS_IS);
	CHECK_STR(w.plan.steps[0].name, "embedding");
	CHECK(w.plan.steps[0].is_emitted && !w.plan.steps[0].has_prompt);
	CHECK_STR(w.list.items[0].url, "http://127.0.0.1:1/v1/embeddings");
	check_made(&w,
		"embed -m m --api cohere --dimensions 256 --input-type document --normalize -a v -p {{a}}" HERE);
	CHECK(e->is_normalized && e->dimensions == 256 && e->role == EMBED_DOCUMENTS);
	CHECK_STR(w.plan.steps[0].name, "v");
	CHECK(w.plan.steps[0].has_prompt);
	end(&w);
}

TEST("a matrix goes where -o says, the records elsewhere, and their fields do not matter")
{
	struct world w;
	const struct config *c = &w.home.config;
	start(&w, NULL);
	check_made(
		&w, "embed -m m --format npy -o v.npy --ids ids --dimensions 8 --normalize" HERE);
	CHECK_STR(c->writer.matrix.path, "v.npy");
	CHECK_STR(c->writer.path, "ids");
	CHECK_INT(c->writer.matrix.form, NPY_NUMPY);
	CHECK_INT(c->writer.matrix.columns_n, 8);
	CHECK(c->writer.matrix.is_normalized);
	CHECK(w.plan.embedding.is_matrix && !w.plan.steps[0].is_emitted);
	check_made(&w, "embed -m m --format f32 -o v --retry-errors" HERE);
	CHECK_STR(c->writer.matrix.path, "v");
	CHECK(!c->writer.path);
	CHECK_INT(c->writer.matrix.form, NPY_RAW);
	CHECK(c->reader.revives);
	CHECK_INT(c->pipeline.existing, EXISTING_IS_REPLACED);
	check_made(&w, "embed -m m --format f32 --ids ids" HERE);
	CHECK(!c->writer.matrix.path);
	CHECK_STR(c->writer.path, "ids");
	check_made(&w, "embed -m m -o out --retry-errors" HERE);
	CHECK_INT(c->writer.matrix.form, NPY_NONE);
	CHECK_STR(c->writer.path, "out");
	CHECK_INT(c->pipeline.existing, EXISTING_IS_SKIPPED);
	end(&w);
}

TEST("files that contradict each other are refused")
{
	struct world w;
	start(&w, NULL);
	check_refused(
		&w, "embed -m m --format npy" HERE, "--format npy: the matrix goes into a file");
	check_refused(
		&w, "embed -m m --format npy -o -" HERE, "--format npy: the matrix goes into");
	check_refused(
		&w, "embed -m m --format f32" HERE, "--format f32: the matrix and the records");
	check_refused(
		&w, "embed -m m --format f32 --ids -" HERE, "--format f32: the matrix and the");
	check_refused(&w, "embed -m m --ids x" HERE, "--ids x: is for --format npy or f32");
	check_refused(&w, "embed -m m --format npy -o x --ids x" HERE, "--ids x: that is where -o");
	check_refused(
		&w, "embed -m m --format npy -o x --errors x" HERE, "--errors x: that is where -o");
	check_refused(&w, "embed -m m --format npy -o x --ids y --errors y" HERE,
		"--errors y: that is where --ids");
	check_refused(&w, "embed -m m --format npy -o x --existing skip" HERE,
		"--existing skip: a record that is skipped would have no row");
	end(&w);
}

TEST("one file by two names is one file")
{
	struct world w;
	char line[400];
	start(&w, "");
	snprintf(line, sizeof line, "embed -m m --format npy -o %s --ids %s/./config.yaml" HERE,
		w.home.path, w.home.dir);
	check_refused(&w, line, "--ids ");
	check_made(&w, "embed -m m --format npy -o /dev/null --ids /dev/null" HERE);
	end(&w);
}

TEST("there is one prompt, without a name, and one model")
{
	static const char models[] = "-m: pllm embed asks one model";
	struct world w;
	start(&w, "defaults: { model: [a, b] }\n");
	check_refused(&w, "embed -m m -p x -p y" HERE, "pllm embed has one prompt" LOG_HELP);
	check_refused(&w, "embed -m m -p q={{q}}" HERE, "-p q=...: pllm embed has one prompt");
	check_made(&w, "embed -m m -p =q={{q}}" HERE);
	check_refused(&w, "embed -m a,b" HERE, models);
	check_refused(&w, "embed -m a -m b" HERE, models);
	check_made(&w, "embed" HERE);
	CHECK_STR(w.list.items[0].model, "b");
	end(&w);
}

TEST("packs are as the least of the APIs has them, unless it is said")
{
	struct world w;
	const struct pack_opts *pack = &w.home.config.pipeline.sched.pack;
	start(&w, NULL);
	check_made(&w, "embed -m m" HERE);
	CHECK(pack->is_on);
	CHECK_INT(pack->texts_max, 2048);
	CHECK(pack->tokens_max > 0);
	CHECK_INT(pack->wait_ms, 20);
	check_made(&w, "embed -m m" HERE " --endpoint http://127.0.0.1:2,api=cohere");
	CHECK_INT(pack->texts_max, 96);
	check_made(&w, "embed -m m --batch-items 5000 --batch-tokens 77 --batch-wait 0" HERE);
	CHECK_INT(pack->texts_max, 5000);
	CHECK_INT(pack->tokens_max, 77);
	CHECK_INT(pack->wait_ms, 0);
	end(&w);
}

TEST("the window holds two packs for each request in flight, and four records at least")
{
	struct world w;
	const int64_t *window = &w.home.config.pipeline.window;
	start(&w, NULL);
	check_made(&w, "embed -m m -j 3 --batch-items 10" HERE);
	CHECK_INT(*window, 60);
	check_made(&w, "embed -m m -j 3 --batch-items 1" HERE);
	CHECK_INT(*window, 12);
	check_made(&w, "embed -m m -j 100000 --batch-items 65536" HERE);
	CHECK_INT(*window, 1000000);
	check_made(&w, "embed -m m -j 3 --batch-items 10 --window 7" HERE);
	CHECK_INT(*window, 7);
	end(&w);
}

TEST("a fallback is another place of the same model")
{
	struct world w;
	start(&w, NULL);
	check_refused(&w, "embed -m m --fallback n" HERE,
		"--fallback n: vectors of different models cannot be compared");
	check_made(&w, "embed -m m --fallback http://127.0.0.1:2/v1,n" HERE);
	CHECK_STR(w.list.items[1].model, "n");
	setenv("VOYAGE_API_KEY", "key", 1);
	setenv("MISTRAL_API_KEY", "key", 1);
	check_made(&w, "embed -m voyage/m --fallback mistral/m");
	check_refused(
		&w, "embed -m voyage/m --fallback mistral/n", "--fallback mistral/n: vectors");
	unsetenv("VOYAGE_API_KEY");
	unsetenv("MISTRAL_API_KEY");
	end(&w);
}

TEST("an API that has no vectors is refused with those that do, and the other way round")
{
	struct world w;
	start(&w, NULL);
	check_refused(&w, "embed -m m --api anthropic" HERE,
		"--api: anthropic gives no vectors" LOG_HELP "those that do are openai, ");
	check_refused(
		&w, "embed -m anthropic/m", "anthropic/m: anthropic gives no vectors" LOG_HELP);
	check_refused(&w, "embed -m m --endpoint http://127.0.0.1:1,api=bedrock",
		"--endpoint: bedrock gives no vectors" LOG_HELP);
	check_refused(&w, "embed -m m --api voyag" HERE,
		"--api: unknown API \"voyag\"" LOG_HELP "the nearest is voyage");
	check_refused(&w, "embed -m m --api openai --input-type query" HERE, "--api openai: ");
	forget(&w);
	home_check_parsed(&w.home, "-m m --api voyage" HERE);
	CHECK(steps_make(&w.plan, &w.home.config, &w.err));
	CHECK(!endpoints_make(&w.list, &w.home.config.endpoint, &w.plan, &w.err));
	CHECK_STR(w.err.msg,
		"--api: voyage gives vectors, not answers" LOG_HELP "pllm embed asks for them");
	forget(&w);
	home_check_parsed(&w.home, "-m voyage/m");
	CHECK(steps_make(&w.plan, &w.home.config, &w.err));
	CHECK(!endpoints_make(&w.list, &w.home.config.endpoint, &w.plan, &w.err));
	CHECK_STR(w.err.msg,
		"voyage/m: voyage gives vectors, not answers" LOG_HELP "pllm embed asks for them");
	end(&w);
}

TEST("an endpoint that the configuration file names may be one of either kind")
{
	struct world w;
	start(&w,
		"endpoints: { vectors: { url: http://127.0.0.1:3, api: tei }, "
		"chats: { url: http://127.0.0.1:4, api: anthropic } }\n");
	check_made(&w, "embed --endpoint vectors");
	CHECK_STR(w.list.items[0].url, "http://127.0.0.1:3/embed");
	check_refused(&w, "embed --endpoint chats", "--endpoint: anthropic gives no vectors");
	end(&w);
}

TEST("Azure is asked for vectors in the form that its address has")
{
	struct world w;
	start(&w, NULL);
	check_made(
		&w, "embed -m d --api azure --key-env none --endpoint https://r.openai.azure.com");
	CHECK_STR(w.list.items[0].url, "https://r.openai.azure.com/openai/v1/embeddings");
	check_made(&w,
		"embed --api azure --key-env none "
		"--endpoint https://r.openai.azure.com/openai/deployments/d");
	CHECK(strstr(w.list.items[0].url, "/openai/deployments/d/embeddings?api-version="));
	end(&w);
}
