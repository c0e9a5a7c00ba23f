/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define ASKS(messages) "{\"messages\":[" messages "]}"
#define USER(text) "{\"role\":\"user\",\"content\":[{\"text\":\"" text "\"}]}"

TEST("Bedrock is asked in blocks, the system message apart, the model in the path alone")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\\\"\"}", ASKS(USER("Say x\\\"")));
	stand_up(&d);
	sit_down(&d, "bedrock", "m", "{{.}}", "Be {{.}}");
	check_body(&d, "7", "{\"messages\":[" USER("7") "],\"system\":[{\"text\":\"Be 7\"}]}");
	check_ceilings(&d, "7");
	stand_up(&d);
}

TEST("a model's path at Bedrock is encoded, and another for streams")
{
	const struct api *api = api_find("bedrock");
	char *path = api_path(api, "us.anthropic.claude-v2:1", false);
	CHECK_STR(path, "/model/us.anthropic.claude-v2%3A1/converse");
	free(path);
	path = api_path(api, "arn:aws:bedrock:us-east-1:1:x/y", true);
	CHECK_STR(path, "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ax%2Fy/converse-stream");
	free(path);
}

TEST("what the command line says goes to Bedrock by its names, the schema as a string")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", "p", "s");
	d.step->max_tokens = 9;
	d.endpoint.is_streamed = true;
	want_schema(&d, "{ \"type\": \"object\" }");
	add_param(&d, "inferenceConfig.temperature=0.10");
	add_param(&d, "toolConfig={\"tools\":[]}");
	check_body(&d, "1",
		"{\"messages\":[" USER(
			"p") "],\"inferenceConfig\":{\"maxTokens\":9,\"temperature\":0.10},"
			     "\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\",\"structure\":{"
			     "\"jsonSchema\":{\"name\":\"answer\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\"}}}},"
			     "\"system\":[{\"text\":\"s\"}],\"toolConfig\":{\"tools\":[]}}");
	check_ceilings(&d, "1");
	stand_up(&d);
}

TEST("messages in Converse's own form go out byte for byte, whatever is in them")
{
	static const char *const own[] = {
		"{ \"role\" : \"user\", \"content\":[ {\"text\":\"x\"} ] }",
		"{\"role\":\"user\",\"content\":[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}},"
		"{\"document\":{\"format\":\"pdf\",\"name\":\"n\",\"source\":{}}}]}",
		"{\"role\":\"assistant\",\"content\":[{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\","
		"\"input\":{\"x\":1e400}}}]}",
		"{\"role\":\"user\",\"content\":[{\"ofNextYear\":{}}]}",
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct desk d;
		char *record = xasprintf("{\"messages\":[%s]}", own[i]);
		char *want = xasprintf("{\"messages\":[%s]}", own[i]);
		sit_down(&d, "bedrock", "m", NULL, NULL);
		check_body(&d, record, want);
		stand_up(&d);
		free(record);
		free(want);
	}
}

TEST("OpenAI's and Anthropic's messages are told in Converse's words")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", NULL, NULL);
	check_body(&d,
		"{\"messages\":[{\"role\":\"system\",\"content\":\"sys\"},"
		"{\"role\":\"user\",\"content\":\"hi\"},"
		"{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
		"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
		"\"arguments\":\"{\\\"a\\\":1}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r1\"},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and\"}]}]}",
		"{\"messages\":[" USER(
			"hi") ",{\"role\":\"assistant\",\"content\":["
			      "{\"toolUse\":{\"toolUseId\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}}]},"
			      "{\"role\":\"user\",\"content\":["
			      "{\"toolResult\":{\"toolUseId\":\"c1\",\"content\":[{\"text\":\"r1\"}]}},"
			      "{\"toolResult\":{\"toolUseId\":\"c2\",\"content\":[]}},"
			      "{\"text\":\"and\"}]}],\"system\":[{\"text\":\"sys\"}]}");
	check_body(&d,
		"{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\","
		"\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		"\"tool_use_id\":\"t\",\"content\":\"r\"}]}]}",
		ASKS("{\"role\":\"assistant\",\"content\":[{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\","
		     "\"input\":{}}}]},{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"t\","
		     "\"content\":[{\"text\":\"r\"}]}}]}"));
	stand_up(&d);
}

TEST("pictures go to Bedrock as their bytes, never by their URL")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", "what?", NULL);
	show(&d, NULL, "QUJD");
	check_body(&d, "1",
		ASKS("{\"role\":\"user\",\"content\":[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":"
		     "\"QUJD\"}}},{\"text\":\"what?\"}]}"));
	check_ceilings(&d, "1");
	stand_up(&d);
	sit_down(&d, "bedrock", "m", "what?", NULL);
	show(&d, "https://h/x", NULL);
	check_fault(&d, "1", ERROR_BAD_RECORD, "URL");
	stand_up(&d);
	sit_down(&d, "bedrock", "m", NULL, NULL);
	check_fault(&d,
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
		"\"data:image/tiff;base64,QQ==\"}]}]}",
		ERROR_BAD_RECORD, "image/webp only");
	stand_up(&d);
}

TEST("a body for Bedrock is sent byte for byte, but for its model, which is in the path")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", NULL, NULL);
	check_body(&d, "{\"body\":{ \"messages\":[], \"x\":1e400 }}",
		"{ \"messages\":[], \"x\":1e400 }");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"messages\":[]}}", "{\"messages\":[]}");
	d.step->max_tokens = 9;
	check_body(&d, "{\"body\":{\"inferenceConfig\":{\"maxTokens\":1,\"topP\":0.5}}}",
		"{\"inferenceConfig\":{\"topP\":0.5,\"maxTokens\":9}}");
	check_ceilings(&d, "{\"body\":{\"model\":\"own\",\"messages\":[]}}");
	stand_up(&d);
}

TEST("what did not match is told to Bedrock with the answer, but for an empty one")
{
	static const struct reask reask = { { "no\\n", 4 }, { "not JSON", 8 } };
	static const struct reask silent = { { "", 0 }, { "not JSON", 8 } };
	struct desk d;
	sit_down(&d, "bedrock", "m", "p", NULL);
	d.reask = &reask;
	check_body(&d, "1",
		ASKS(USER("p") ",{\"role\":\"assistant\",\"content\":[{\"text\":\"no\\n\"}]}," USER(
			"not JSON")));
	check_ceilings(&d, "1");
	d.reask = &silent;
	check_body(&d, "1",
		ASKS("{\"role\":\"user\",\"content\":[{\"text\":\"p\"},{\"text\":\"not JSON\"}]}"));
	stand_up(&d);
}

TEST("what cannot be told in Converse's words is said, not sent")
{
	struct desk d;
	sit_down(&d, "bedrock", "m", NULL, NULL);
	check_fault(&d, "{\"messages\":[]}", ERROR_BAD_RECORD, "nobody");
	check_fault(&d, "{\"messages\":[{\"role\":\"user\",\"content\":[1]}]}", ERROR_BAD_RECORD,
		"messages[0]");
	check_fault(&d, "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", ERROR_BAD_RECORD,
		"tool_call_id");
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "nothing to ask");
	stand_up(&d);
	sit_down(&d, "bedrock", "m", NULL, "{{missing}}");
	check_fault(&d, "{\"prompt\":\"p\"}", ERROR_TEMPLATE, "missing");
	stand_up(&d);
}

TEST("a request's own limit of tokens is found in Converse's field")
{
	const struct api *api = api_find("bedrock");
	CHECK_INT(api_max_tokens(api, SPAN("{\"inferenceConfig\":{\"maxTokens\":7}}")), 7);
	CHECK_INT(api_max_tokens(api, SPAN("{\"maxTokens\":7}")), 0);
}
