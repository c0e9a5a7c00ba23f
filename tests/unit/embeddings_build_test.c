/* SPDX-License-Identifier: MIT */
#include "api/api.h"
#include "api/embeddings.h"
#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 10000 };

#define MODEL "\"m\""

static const struct span two[] = { { "a\\n\\u00e9", 9 }, { "b", 1 } };

/* Builds the request of two texts into body, empty before. */
static bool build(const char *api, const struct step *step, const struct embedding *wanted,
	struct buf *body, struct fault *fault)
{
	const struct api *row = api_find_embedder(api);
	const struct ask_pack ask = {
		.step = step,
		.embedding = wanted,
		.model = row->needs_no_model ? (struct span){ 0 } : SPAN(MODEL),
		.texts = two,
		.texts_n = 2,
	};
	return row->build_pack(&ask, body, fault);
}

/* Builds it with one param or none, and compares. */
static void check_body(
	const char *api, const char *param, const struct embedding *wanted, const char *want)
{
	struct plan plan = { 0 };
	struct step *step = plan_add_step(&plan, "embedding");
	struct fault fault;
	struct json_fault wrong;
	struct span value;
	struct err err;
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	if (param)
		CHECK(step_add_param(step, param, &err));
	bool ok = CHECK(build(api, step, wanted, &body, &fault));
	ok &= CHECK_MEM(body.data, body.len, want);
	ok &= CHECK(json_scan(buf_span(&body), &value, &wrong));
	if (!ok)
		printf("#   %s\n", api);
	buf_release(&body);
	plan_release(&plan);
}

/* What each row writes: plainly, and with all that it has a field for. */
struct row {
	const char *api;
	const char *plain;
	const char *matrix;
	const char *queries;   /* NULL = it has no field for it */
	const char *documents; /* likewise */
	const char *short_;    /* 256 numbers; NULL likewise */
	const char *normal;    /* of length 1; NULL = it is done here */
};

#define TEXTS "[\"a\\n\\u00e9\",\"b\"]"
#define OPENAI "{\"model\":\"m\",\"input\":" TEXTS
#define OPENAI_BASE64 OPENAI ",\"encoding_format\":\"base64\"}"
#define OPENAI_SHORT OPENAI ",\"dimensions\":256}"
#define COHERE "{\"model\":\"m\",\"texts\":" TEXTS ",\"input_type\":\"search_"
#define COHERE_FLOAT "\",\"embedding_types\":[\"float\"]"
#define COHERE_END ",\"truncate\":\"NONE\"}"
#define GOOGLE(fields)                                                                        \
	"{\"requests\":["                                                                     \
	"{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":\"a\\n\\u00e9\"}]}" fields \
	"},{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":\"b\"}]}" fields "}]}"
#define TEI "{\"inputs\":" TEXTS

static const struct row rows[] = {
	{ "openai", OPENAI "}", OPENAI_BASE64, NULL, NULL, OPENAI_SHORT, NULL },
	{ "azure", OPENAI "}", OPENAI_BASE64, NULL, NULL, OPENAI_SHORT, NULL },
	{ "azure-classic", OPENAI "}", OPENAI_BASE64, NULL, NULL, OPENAI_SHORT, NULL },
	{ "openrouter", OPENAI "}", OPENAI_BASE64, NULL, NULL, OPENAI_SHORT, NULL },
	{ "together_ai", OPENAI "}", OPENAI "}", NULL, NULL, NULL, NULL },
	{ "fireworks_ai", OPENAI "}", OPENAI "}", NULL, NULL, OPENAI_SHORT,
		OPENAI ",\"normalize\":true}" },
	{ "nvidia_nim", OPENAI "}", OPENAI_BASE64, OPENAI ",\"input_type\":\"query\"}",
		OPENAI ",\"input_type\":\"passage\"}", OPENAI_SHORT, NULL },
	{ "mistral", OPENAI "}", OPENAI_BASE64, NULL, NULL, OPENAI ",\"output_dimension\":256}",
		NULL },
	{ "gemini", GOOGLE(""), GOOGLE(""), GOOGLE(",\"taskType\":\"RETRIEVAL_QUERY\""),
		GOOGLE(",\"taskType\":\"RETRIEVAL_DOCUMENT\""),
		GOOGLE(",\"outputDimensionality\":256"), NULL },
	{ "ollama", OPENAI ",\"truncate\":false}", OPENAI ",\"truncate\":false}", NULL, NULL,
		OPENAI ",\"dimensions\":256,\"truncate\":false}", NULL },
	{ "cohere", COHERE "document" COHERE_FLOAT COHERE_END,
		COHERE "document\",\"embedding_types\":[\"base64\"]" COHERE_END,
		COHERE "query" COHERE_FLOAT COHERE_END, COHERE "document" COHERE_FLOAT COHERE_END,
		COHERE "document" COHERE_FLOAT ",\"output_dimension\":256" COHERE_END, NULL },
	{ "voyage", OPENAI ",\"truncation\":false}",
		OPENAI ",\"encoding_format\":\"base64\",\"truncation\":false}",
		OPENAI ",\"input_type\":\"query\",\"truncation\":false}",
		OPENAI ",\"input_type\":\"document\",\"truncation\":false}",
		OPENAI ",\"output_dimension\":256,\"truncation\":false}", NULL },
	{ "jina", OPENAI "}", OPENAI ",\"embedding_type\":\"base64\"}",
		OPENAI ",\"task\":\"retrieval.query\"}", OPENAI ",\"task\":\"retrieval.passage\"}",
		OPENAI_SHORT, OPENAI ",\"normalized\":true}" },
	{ "tei", TEI ",\"truncate\":false}", TEI ",\"truncate\":false}", NULL, NULL,
		TEI ",\"dimensions\":256,\"truncate\":false}",
		TEI ",\"normalize\":true,\"truncate\":false}" },
};

enum { ROWS_N = sizeof rows / sizeof *rows };

/* What the row writes, or, if it has no words for it, that this is said at the start. */
static void check_wish(
	const char *api, const struct embedding *wanted, const char *want, const char *option)
{
	struct plan plan = { 0 };
	struct step *step = plan_add_step(&plan, "embedding");
	struct err err = { 0 };
	bool can = embeddings_check(api_find_embedder(api), step, wanted, &err);
	CHECK_INT(can, want != NULL);
	if (want) {
		check_body(api, NULL, wanted, want);
	} else {
		CHECK_INT(err.kind, ERR_MODEL);
		CHECK(strstr(err.msg, api) && strstr(err.msg, option));
	}
	plan_release(&plan);
}

TEST("each API gets the texts under its own names, in the form that is wanted")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		check_body(rows[i].api, NULL, &(struct embedding){ 0 }, rows[i].plain);
		check_body(rows[i].api, NULL, &(struct embedding){ .is_matrix = true },
			rows[i].matrix);
	}
}

TEST("what is wanted of vectors goes into each API's field for it, or is refused at the start")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		const struct row *r = &rows[i];
		check_wish(r->api, &(struct embedding){ .role = EMBED_QUERIES }, r->queries,
			"--input-type");
		check_wish(r->api, &(struct embedding){ .role = EMBED_DOCUMENTS }, r->documents,
			"--input-type");
		check_wish(r->api, &(struct embedding){ .dimensions = 256 }, r->short_,
			"--dimensions");
	}
}

TEST("vectors of length 1 can be had of every API, and those that scale are told to")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		const struct row *r = &rows[i];
		CHECK_INT(api_find_embedder(r->api)->normalizes, r->normal != NULL);
		check_wish(r->api, &(struct embedding){ .is_normalized = true },
			r->normal ? r->normal : r->plain, "");
	}
}

TEST("every row that gives vectors is found by its name, and knows what a request may have")
{
	static const struct {
		const char *api, *path;
		unsigned texts;
		int64_t tokens;
	} limits[] = {
		{ "openai", "/embeddings", 2048, 300000 },
		{ "azure", "/openai/v1/embeddings", 2048, 300000 },
		{ "azure-classic", "/openai/deployments/m/embeddings", 2048, 300000 },
		{ "gemini", "/v1beta/models/m:batchEmbedContents", 100, 300000 },
		{ "ollama", "/api/embed", 512, 300000 },
		{ "cohere", "/v2/embed", 96, 300000 },
		{ "voyage", "/v1/embeddings", 1000, 120000 },
		{ "jina", "/v1/embeddings", 512, 300000 },
		{ "mistral", "/v1/embeddings", 512, 16384 },
		{ "tei", "/embed", 32, 300000 },
		{ "together_ai", "/embeddings", 512, 300000 },
		{ "openrouter", "/embeddings", 512, 300000 },
		{ "fireworks_ai", "/embeddings", 512, 300000 },
		{ "nvidia_nim", "/embeddings", 50, 300000 },
	};
	size_t n;
	const struct api *const *all = api_all_embedders(&n);
	CHECK_INT(n, sizeof limits / sizeof *limits);
	CHECK_INT(n, ROWS_N);
	for (size_t i = 0; i < n; i++) {
		const struct api *row = api_find_embedder(limits[i].api);
		char *path = api_path(row, "m", false);
		CHECK(row == all[i]);
		CHECK_STR(path, limits[i].path);
		CHECK_INT(row->pack_texts, limits[i].texts);
		CHECK_INT(row->pack_tokens, limits[i].tokens);
		CHECK_INT(row->charge, CHARGE_INPUT);
		CHECK_INT(row->refuses, API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE);
		CHECK(row->cannot_stream && row->read && row->read_usage && row->auth_header);
		CHECK_INT(row->needs_no_model, strcmp(row->name, "tei") == 0);
		free(path);
	}
	CHECK(api_find_embedder("groq") == NULL);
	CHECK(api_find_embedder("OpenAI") == NULL);
}

TEST("a vendor's vectors are asked for where its chats are, with the same key")
{
	size_t n;
	const struct api *const *all = api_all_embedders(&n);
	unsigned same_n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct api *chat = api_find(all[i]->name);
		if (!chat)
			continue;
		same_n++;
		CHECK_STR(all[i]->base_url, chat->base_url);
		CHECK_STR(all[i]->base_url_env, chat->base_url_env);
		CHECK_STR(all[i]->key_env, chat->key_env);
		CHECK_STR(all[i]->auth_header, chat->auth_header);
	}
	CHECK_INT(same_n, 11);
	CHECK_STR(api_find_embedder("voyage")->key_env, api_voyage_rerank.key_env);
	CHECK_STR(api_find_embedder("jina")->base_url, api_jina_rerank.base_url);
}

TEST("a --param goes along, in each of Google's requests, and wins over what is usual")
{
	const struct embedding plain = { 0 };
	const struct embedding matrix = { .is_matrix = true };
	check_body("openai", "user=\"u\"", &plain, OPENAI ",\"user\":\"u\"}");
	check_body("openai", "dimensions=8", &(struct embedding){ .dimensions = 256 },
		OPENAI ",\"dimensions\":8}");
	check_body("gemini", "title=\"t\"", &plain, GOOGLE(",\"title\":\"t\""));
	check_body("gemini", "taskType=\"CLUSTERING\"", &plain,
		GOOGLE(",\"taskType\":\"CLUSTERING\""));
	check_body("ollama", "truncate=true", &plain, OPENAI ",\"truncate\":true}");
	check_body("ollama", "options.num_ctx=512", &plain,
		OPENAI ",\"truncate\":false,\"options\":{\"num_ctx\":512}}");
	check_body("cohere", "input_type=\"clustering\"", &plain,
		"{\"model\":\"m\",\"texts\":" TEXTS
		",\"input_type\":\"clustering" COHERE_FLOAT COHERE_END);
	check_body("tei", "prompt_name=\"query\"", &plain,
		TEI ",\"truncate\":false,\"prompt_name\":\"query\"}");
	/* Of base64 that is no float32 nothing can be made, of digits something can. */
	check_body("voyage", "output_dtype=\"int8\"", &matrix,
		OPENAI ",\"truncation\":false,\"output_dtype\":\"int8\"}");
}

TEST("a --param for what decides which vectors come back is refused at the start")
{
	static const char *const params[] = { "inputs=[]", "texts=[]", "requests=[]", "content={}",
		"content.parts=[]", "encoding_format=\"float\"", "embedding_type=\"binary\"",
		"embedding_types=[\"int8\"]" };
	for (size_t i = 0; i < sizeof params / sizeof *params; i++)
		for (size_t j = 0; j < ROWS_N; j++) {
			struct plan plan = { 0 };
			struct step *step = plan_add_step(&plan, "embedding");
			struct err err = { 0 };
			CHECK(step_add_param(step, params[i], &err));
			CHECK(!embeddings_check(api_find_embedder(rows[j].api), step,
				&(struct embedding){ 0 }, &err));
			CHECK_INT(err.kind, ERR_MODEL);
			CHECK(strstr(err.msg, "--param") && strstr(err.msg, rows[j].api));
			plan_release(&plan);
		}
}

TEST("Google's name for a model is not made longer than it is")
{
	struct plan plan = { 0 };
	struct step *step = plan_add_step(&plan, "embedding");
	const struct ask_pack ask = {
		.step = step,
		.embedding = &(struct embedding){ 0 },
		.model = SPAN("\"models/m\""),
		.texts = two + 1,
		.texts_n = 1,
	};
	struct fault fault;
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	CHECK(embeddings_gemini.build_pack(&ask, &body, &fault));
	CHECK_MEM(body.data, body.len,
		"{\"requests\":[{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}");
	buf_release(&body);
	plan_release(&plan);
}

TEST("a pack that would be larger than a request may be is a fault, whatever the API")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		struct plan plan = { 0 };
		struct step *step = plan_add_step(&plan, "embedding");
		for (size_t max = 1; max < strlen(rows[i].plain); max += 7) {
			struct fault fault = { 0 };
			struct buf body;
			buf_init(&body, max);
			CHECK(!build(rows[i].api, step, &(struct embedding){ 0 }, &body, &fault));
			CHECK(strstr(fault.msg, "larger than"));
			buf_release(&body);
		}
		plan_release(&plan);
	}
}
