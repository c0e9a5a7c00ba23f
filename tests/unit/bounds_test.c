/* SPDX-License-Identifier: MIT */
#include "api/bounds.h"

#include "t.h"

TEST("a request is billed for each of its choices, of each of its prompts")
{
	CHECK_INT(bounds_answers_n(SPAN("{\"model\":\"m\"}")), 1);
	CHECK_INT(bounds_answers_n(SPAN("{\"n\":8}")), 8);
	CHECK_INT(bounds_answers_n(SPAN("{\"n\":2,\"best_of\":5}")), 5);
	CHECK_INT(bounds_answers_n(SPAN("{\"prompt\":[\"a\",\"b\",\"c\"],\"n\":2}")), 6);
	CHECK_INT(bounds_answers_n(SPAN("{\"prompt\":\"a\",\"n\":null}")), 1);
	CHECK_INT(bounds_answers_n(SPAN("{\"n\":-3}")), 1);
	CHECK_INT(bounds_answers_n(SPAN("[]")), 1);
}

TEST("vectors, ranks and judgements have no tokens of output, wherever they are asked for")
{
	CHECK(bounds_have_output(&api_openai, NULL));
	CHECK(bounds_have_output(&api_anthropic, NULL));
	CHECK(!bounds_have_output(api_find_embedder("openai"), NULL));
	CHECK(!bounds_have_output(&api_openai_moderation, NULL));
	CHECK(!bounds_have_output(&api_jina_rerank, NULL));
	CHECK(bounds_have_output(&api_openai, "/v1/chat/completions"));
	CHECK(!bounds_have_output(&api_openai, "/v1/embeddings"));
	CHECK(!bounds_have_output(&api_openai, "/v1/moderations"));
}

TEST("what a request only names is not bounded by its bytes")
{
	static const char *const named[] = {
		"{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://a/b\"}}]}",
		"{\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"http://a/\"}}]}",
		"{\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"gs://a\"}}]}]}",
		"{\"previous_response_id\":\"r1\"}",
		"{\"cachedContent\":\"c1\"}",
	};
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		CHECK(!bounds_are_known(span_of(named[i])));
	CHECK(bounds_are_known(
		SPAN("{\"messages\":[{\"role\":\"user\",\"content\":\"an image\"}]}")));
	/* In a text it is only a word. */
	CHECK(bounds_are_known(SPAN("{\"content\":\"say \\\"image_url\\\" and \\\"image\\\"\"}")));
}
