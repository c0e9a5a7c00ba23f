/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define API "openai-completions"

TEST("a prompt is what a completion continues")
{
	struct desk d;
	sit_down(&d, API, "m", "Once {{t}}", NULL);
	check_body(&d, "{\"t\":\"\\\"x\"}", "{\"model\":\"m\",\"prompt\":\"Once \\\"x\"}");
	stand_up(&d);
	sit_down(&d, API, "m", NULL, NULL);
	d.endpoint.is_streamed = true;
	d.step->max_tokens = 9;
	add_param(&d, "logprobs=2");
	check_body(&d, "{\"prompt\":\"a\\u00e9\"}",
		"{\"model\":\"m\",\"prompt\":\"a\\u00e9\",\"stream\":true,"
		"\"stream_options\":{\"include_usage\":true},\"max_tokens\":9,\"logprobs\":2}");
	check_ceilings(&d, "\"p\"");
	stand_up(&d);
}

TEST("what a completion knows nothing of is a fault that names the chat, or says what to do")
{
	struct desk d;
	sit_down(&d, API, "m", NULL, NULL);
	check_fault(&d, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", ERROR_BAD_RECORD,
		"--api openai");
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "nothing to ask");
	check_fault(&d, "{\"body\":{\"n\":2}}", ERROR_BAD_RECORD, "body.n");
	check_fault(&d, "{\"body\":{\"prompt\":[\"a\",\"b\"]}}", ERROR_BAD_RECORD, "one prompt");
	check_fault(&d, "{\"body\":{\"prompt\":[[1,2],[3]]}}", ERROR_BAD_RECORD, "one prompt");
	show(&d, "http://h", NULL);
	check_fault(&d, "\"x\"", ERROR_BAD_RECORD, "takes no images");
	stand_up(&d);
	sit_down(&d, API, "m", "p", "sys");
	check_fault(&d, "1", ERROR_BAD_RECORD, "--api openai");
	stand_up(&d);
	sit_down(&d, API, "m", "{{gone}}", NULL);
	check_fault(&d, "{}", ERROR_TEMPLATE, "gone");
	stand_up(&d);
}

TEST("a record's body for a completion is sent byte for byte, if it asks one thing")
{
	struct desk d;
	sit_down(&d, API, NULL, NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\",\"prompt\":\"x\" }}",
		"{ \"model\":\"own\",\"prompt\":\"x\" }");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"prompt\":[\"x\"]}}",
		"{\"model\":\"own\",\"prompt\":[\"x\"]}");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"prompt\":[1,2,3]}}",
		"{\"model\":\"own\",\"prompt\":[1,2,3]}");
	endpoint_set_model(&d.endpoint, "m");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"prompt\":\"x\"}}",
		"{\"prompt\":\"x\",\"model\":\"m\"}");
	stand_up(&d);
}

TEST("a schema and what did not match it are told to a completion as well as can be")
{
	static const struct reask reask = { { "no\\n", 4 }, { "not JSON", 8 } };
	struct desk d;
	sit_down(&d, API, "m", "p", NULL);
	want_schema(&d, "{\"type\":\"object\"}");
	d.reask = &reask;
	check_body(&d, "1",
		"{\"model\":\"m\",\"prompt\":\"p\\n\\nno\\n\\n\\nnot JSON\\n\\n\","
		"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}}");
	check_ceilings(&d, "1");
	stand_up(&d);
}
