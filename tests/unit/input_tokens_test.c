/* SPDX-License-Identifier: MIT */
#include "api/input_tokens.h"

#include "json/scan.h"
#include "work/tokens.h"

#include <stdio.h>

#include "t.h"

/* What the body is estimated at, to the nearest token. */
static long long tokens(const char *body)
{
	struct json_fault fault;
	struct span value;
	if (!CHECK(json_scan(span_of(body), &value, &fault)))
		return -1;
	return (long long)(input_tokens_estimate(value) + 0.5);
}

TEST("what the model reads of a request is counted, and its frame is not")
{
	CHECK_INT(tokens("{\"model\":\"gpt-4o-mini-2024\",\"messages\":[{\"role\":\"user\","
			 "\"content\":\"word word word\"}],\"max_tokens\":500,\"stream\":false}"),
		3 + 4 + 3);
	CHECK_INT(tokens("{\"messages\":[{\"role\":\"system\",\"content\":\"word\"},"
			 "{\"role\":\"user\",\"content\":\"word word\"}]}"),
		3 + 2 * 4 + 3);
	CHECK_INT(tokens("{\"prompt\":\"word word\"}"), 3 + 2);
}

TEST("texts count in whatever API's words they are asked")
{
	CHECK_INT(tokens("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"word word\"}]}],"
			 "\"systemInstruction\":{\"parts\":[{\"text\":\"word\"}]},"
			 "\"generationConfig\":{\"maxOutputTokens\":9}}"),
		3 + 4 + 3);
	CHECK_INT(
		tokens("{\"system\":[{\"text\":\"word\"}],\"messages\":[{\"role\":\"user\","
		       "\"content\":[{\"text\":\"word\"}]}],\"inferenceConfig\":{\"maxTokens\":9}}"),
		3 + 4 + 2);
	CHECK_INT(tokens("{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
			 "\"text\":\"word\"}]}],\"instructions\":\"word word\"}"),
		3 + 4 + 3);
}

TEST("schemas and tools count as they stand: the server shows them to the model")
{
	const char *schema = "{\"type\":\"object\",\"properties\":{\"word\":{}}}";
	char body[200];
	snprintf(body, sizeof body,
		"{\"prompt\":\"word\",\"response_format\":{\"type\":\"json_schema\","
		"\"json_schema\":%s}}",
		schema);
	CHECK_INT(tokens(body), (long long)(3 + 1 + tokens_estimate(span_of(schema)) + 0.5));
	snprintf(body, sizeof body, "{\"prompt\":\"word\",\"tools\":[%s]}", schema);
	CHECK(tokens(body) > 3 + 1 + 5);
}

TEST("a picture is a picture, however many bytes it has and whoever is asked")
{
	static const char *const bodies[] = {
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
		"\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo\"}}]}]}",
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
		"{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgo\"}}]}]}",
		"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":"
		"\"image/png\",\"data\":\"iVBORw0KGgo\"}}]}]}",
		"{\"messages\":[{\"role\":\"user\",\"images\":[\"iVBORw0KGgo\"]}]}",
		"{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\","
		"\"image_url\":\"https://host/a.png\"}]}]}",
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		CHECK_INT(tokens(bodies[i]), 3 + 4 + 1000);
	CHECK_INT(tokens("{\"messages\":[{\"role\":\"user\",\"content\":["
			 "{\"image\":{\"source\":{\"bytes\":\"iVBORw0KGgo\"}}}]}]}"),
		3 + 4 + 1000);
}

TEST("a field called like a picture that holds none is text")
{
	CHECK_INT(tokens("{\"documents\":[{\"source\":{\"title\":\"word word\"}}]}"), 3 + 2);
	CHECK_INT(tokens("[]"), 3);
	CHECK_INT(tokens("null"), 3);
}
