/* SPDX-License-Identifier: MIT */
/* The promise under test: a batch file says what is asked, and never whom. */
#include "work/batch.h"

#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

#define CHAT "/v1/chat/completions"

static struct span scanned(const char *text)
{
	struct span value = { 0 };
	struct json_fault fault;
	CHECK(json_scan(span_of(text), &value, &fault));
	return value;
}

static void check_refused(enum batch format, const char *record, const char *words)
{
	struct batch_request request;
	struct fault fault = { 0 };
	bool is_refused = CHECK(!batch_read(format, scanned(record), &request, &fault));
	bool has_code = CHECK_INT(fault.code, ERROR_BAD_RECORD);
	bool has_words = CHECK(strstr(fault.msg, words) != NULL);
	if (!is_refused || !has_code || !has_words)
		printf("#   %s: %s\n", record, fault.msg);
}

static void check_url(const char *url)
{
	char record[400];
	snprintf(record, sizeof record, "{\"custom_id\":\"1\",\"url\":%s,\"body\":{}}", url);
	check_refused(BATCH_BODIES, record, "url must be one of " CHAT " /v1/completions");
}

TEST("a line with url and body is a request for one of the paths that there are")
{
	static const struct {
		const char *path;
		enum batch_limit limit;
	} cases[] = {
		{ CHAT, BATCH_LIMIT_CHAT },
		{ "/v1/completions", BATCH_LIMIT_COMPLETION },
		{ "/v1/responses", BATCH_LIMIT_RESPONSE },
		{ "/v1/embeddings", BATCH_LIMIT_NONE },
		{ "/v1/moderations", BATCH_LIMIT_NONE },
		{ "/v1/rerank", BATCH_LIMIT_NONE },
		{ "/rerank", BATCH_LIMIT_NONE },
		{ "/v2/rerank", BATCH_LIMIT_NONE },
		{ "/v1/score", BATCH_LIMIT_NONE },
		{ "/score", BATCH_LIMIT_NONE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct batch_request request;
		struct fault fault;
		char record[200];
		snprintf(record, sizeof record,
			"{\"custom_id\": \"r\", \"method\": \"POST\", \"url\": \"%s\", \"body\": {\"a\": 1} }",
			cases[i].path);
		CHECK(batch_read(BATCH_BODIES, scanned(record), &request, &fault));
		CHECK_STR(request.path, cases[i].path);
		CHECK_INT(request.limit, cases[i].limit);
		CHECK_MEM(request.body.at, request.body.n, "{\"a\": 1}");
	}
}

TEST("the envelope may be written with escapes, without a method, and in any order")
{
	struct batch_request request;
	struct fault fault;
	const char *record =
		"{\"body\":{},\"custom\\u005fid\":\"\",\"url\":\"\\/v1\\/chat\\/completions\","
		"\"method\":\"P\\u004fST\",\"more\":[1]}";
	CHECK(batch_read(BATCH_BODIES, scanned(record), &request, &fault));
	CHECK_STR(request.path, CHAT);
	record = "{\"custom_id\":\"x\",\"url\":\"" CHAT "\",\"body\":{\"stream\":false}}";
	CHECK(batch_read(BATCH_BODIES, scanned(record), &request, &fault));
	record = "{\"custom_id\":\"x\",\"url\":\"/no\",\"url\":\"" CHAT
		 "\",\"body\":{\"n\":3,\"stream\":null}}";
	CHECK(batch_read(BATCH_BODIES, scanned(record), &request, &fault));
	CHECK_MEM(request.body.at, request.body.n, "{\"n\":3,\"stream\":null}");
}

TEST("a line with params is a request for the one path of its API")
{
	struct batch_request request;
	struct fault fault;
	const char *record =
		"{\"custom_id\":\"x\",\"params\":{\"max_tokens\":5},\"url\":\"http://h\"}";
	CHECK(batch_read(BATCH_PARAMS, scanned(record), &request, &fault));
	CHECK(request.path == NULL);
	CHECK_INT(request.limit, BATCH_LIMIT_COMPLETION);
	CHECK_MEM(request.body.at, request.body.n, "{\"max_tokens\":5}");
}

TEST("no url leads to another host, upwards, or to a path that is not on the list")
{
	static const char *const urls[] = {
		"\"http://127.0.0.1:8000" CHAT "\"",
		"\"https://api.openai.com" CHAT "\"",
		"\"//evil.example" CHAT "\"",
		"\"@evil.example" CHAT "\"",
		"\"" CHAT "@evil.example\"",
		"\"" CHAT "/../../../admin\"",
		"\"/v1/../v1/chat/completions\"",
		"\"/v1/./chat/completions\"",
		"\"/v1//chat/completions\"",
		"\"/v1%2fchat/completions\"",
		"\"" CHAT "/\"",
		"\"" CHAT "?a=b\"",
		"\"" CHAT "#a\"",
		"\"" CHAT " \"",
		"\" " CHAT "\"",
		"\"" CHAT "\\u0000\"",
		"\"" CHAT "\\r\\nHost: evil.example\"",
		"\"v1/chat/completions\"",
		"\"/V1/CHAT/COMPLETIONS\"",
		"\"/v1/chat\"",
		"\"/v1/files\"",
		"\"/v1/audio/transcriptions\"",
		"\"/\"",
		"\"\"",
		"null",
		"1",
		"[\"" CHAT "\"]",
		"{}",
	};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		check_url(urls[i]);
	check_refused(BATCH_BODIES, "{\"custom_id\":\"1\",\"body\":{}}", "/score");
}

TEST("what is no request of a batch is told what one looks like")
{
	static const char *const records[] = { "{}", "[]", "\"x\"", "1", "null",
		"{\"custom_id\":7}", "{\"custom_id\":null,\"url\":\"" CHAT "\",\"body\":{}}",
		"{\"prompt\":\"x\"}" };
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		check_refused(
			BATCH_BODIES, records[i], "\"custom_id\":\"...\",\"method\":\"POST\"");
		check_refused(BATCH_PARAMS, records[i], "\"custom_id\":\"...\",\"params\":{...}");
	}
}

TEST("only POST, only objects and no streams are asked")
{
	static const struct {
		enum batch format;
		const char *rest;
		const char *words;
	} cases[] = {
		{ BATCH_BODIES, "\"method\":\"GET\",\"url\":\"" CHAT "\",\"body\":{}", "method" },
		{ BATCH_BODIES, "\"method\":\"post\",\"url\":\"" CHAT "\",\"body\":{}", "method" },
		{ BATCH_BODIES, "\"method\":null,\"url\":\"" CHAT "\",\"body\":{}", "method" },
		{ BATCH_BODIES, "\"method\":[],\"url\":\"" CHAT "\",\"body\":{}", "method" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\"", "\"body\" must be an object" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\",\"body\":[]", "\"body\" must be an object" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\",\"body\":\"{}\"", "\"body\" must be" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\",\"params\":{}",
			"\"body\" must be an object" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\",\"body\":{\"stream\":true}", "body.stream" },
		{ BATCH_BODIES, "\"url\":\"" CHAT "\",\"body\":{\"stream\":1}", "body.stream" },
		{ BATCH_BODIES,
			"\"url\":\"" CHAT "\",\"body\":{\"stream\":false,\"\\u0073tream\":true}",
			"body.stream" },
		{ BATCH_PARAMS, "\"body\":{}", "\"params\" must be an object" },
		{ BATCH_PARAMS, "\"params\":null", "\"params\" must be an object" },
		{ BATCH_PARAMS, "\"params\":{\"stream\":true}", "params.stream" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char record[300];
		snprintf(record, sizeof record, "{\"custom_id\":\"1\",%s}", cases[i].rest);
		check_refused(cases[i].format, record, cases[i].words);
	}
}

TEST("a custom_id is found in whatever has one, as it was written")
{
	struct span id = batch_id(scanned("{\"custom_id\":\"caf\\u00e9\\/\\\"\"}"));
	CHECK_MEM(id.at, id.n, "\"caf\\u00e9\\/\\\"\"");
	id = batch_id(scanned("{\"url\":1,\"custom_id\":\"\"}"));
	CHECK_MEM(id.at, id.n, "\"\"");
	CHECK(!batch_id(scanned("{\"custom_id\":1}")).at);
	CHECK(!batch_id(scanned("[\"custom_id\"]")).at);
	CHECK(!batch_id((struct span){ 0 }).at);
}
