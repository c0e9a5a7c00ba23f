/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define API "openai-responses"
#define REQUEST(rest) "{\"model\":\"m\"," rest "}"
#define STRICT                                                                                    \
	"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]," \
	"\"additionalProperties\":false}"

TEST("a prompt is the input of a response, a system message its instructions; nothing is stored")
{
	struct desk d;
	sit_down(&d, API, "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\"}", REQUEST("\"input\":\"Say x\",\"store\":false"));
	stand_up(&d);
	sit_down(&d, API, "m", NULL, "Be {{id}}");
	check_body(&d, "{\"prompt\":\"a\\u00e9\\n\",\"id\":7}",
		REQUEST("\"instructions\":\"Be 7\",\"input\":\"a\\u00e9\\n\",\"store\":false"));
	check_ceilings(&d, "{\"prompt\":\"x\",\"id\":7}");
	stand_up(&d);
}

TEST("what the command line says of a response wins over what pllm would say")
{
	struct desk d;
	sit_down(&d, API, "m", "p", NULL);
	d.endpoint.is_streamed = true;
	d.step->max_tokens = 5; /* below the server's minimum, which is the server's to say */
	add_param(&d, "store=true");
	add_param(&d, "reasoning={\"effort\":\"low\"}");
	check_body(&d, "1",
		REQUEST("\"input\":\"p\",\"store\":true,\"stream\":true,\"max_output_tokens\":5,"
			"\"reasoning\":{\"effort\":\"low\"}"));
	check_ceilings(&d, "1");
	stand_up(&d);
}

TEST("instructions are given by -s or by --param, and not by both")
{
	struct desk d;
	sit_down(&d, API, "m", NULL, "s");
	add_param(&d, "instructions=\"p\"");
	check_fault(&d, "\"x\"", ERROR_BAD_RECORD, "--param instructions");
	check_fault(&d, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", ERROR_BAD_RECORD,
		"--param instructions");
	stand_up(&d);
	sit_down(&d, API, "m", NULL, NULL);
	add_param(&d, "instructions=\"p\"");
	check_body(&d, "\"x\"", REQUEST("\"input\":\"x\",\"store\":false,\"instructions\":\"p\""));
	stand_up(&d);
}

TEST("a schema is a response's text.format, flat, beside what else is said of the text")
{
	struct desk d;
	sit_down(&d, API, "m", "p", NULL);
	want_schema(&d, "{\"type\":\"object\"}");
	add_param(&d, "text.verbosity=\"low\"");
	check_body(&d, "1",
		REQUEST("\"input\":\"p\",\"store\":false,\"text\":{\"format\":{\"type\":\"json_schema\","
			"\"name\":\"answer\",\"strict\":false,\"schema\":{\"type\":\"object\"}},\"verbosity\":\"low\"}"));
	stand_up(&d);
	sit_down(&d, API, "m", "p", NULL);
	want_schema(&d, STRICT);
	check_body(&d, "1",
		REQUEST("\"input\":\"p\",\"store\":false,\"text\":{\"format\":{\"type\":\"json_schema\","
			"\"name\":\"answer\",\"strict\":true,\"schema\":" STRICT "}}"));
	stand_up(&d);
}

TEST("a record's body for Responses is sent byte for byte, and stored or not as it says")
{
	struct desk d;
	sit_down(&d, API, NULL, NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\", \"input\":[] }}",
		"{ \"model\":\"own\", \"input\":[] }");
	d.step->max_tokens = 20;
	endpoint_set_model(&d.endpoint, "m");
	check_body(&d,
		"{\"body\":{\"model\":\"own\",\"input\":\"x\",\"max_output_tokens\":1,\"text\":{\"verbosity\":\"low\"}}}",
		"{\"input\":\"x\",\"text\":{\"verbosity\":\"low\"},\"max_output_tokens\":20,\"model\":\"m\"}");
	check_ceilings(&d, "{\"body\":{\"input\":\"x\"}}");
	stand_up(&d);
}

TEST("messages that are items already are sent as they stand")
{
	static const char *const items[] = {
		" {\"role\":\"user\", \"content\":\"x\"} ",
		"{\"role\":\"developer\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"},"
		"{\"type\":\"input_file\",\"file_id\":\"f\"}]}",
		"{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\"}]}",
		"{\"role\":\"user\",\"content\":\"x\"},{\"type\":\"function_call\",\"call_id\":\"c\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"7\"}",
		"{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[]}",
		"{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"assistant\",\"content\":\"a\"}",
		"",
	};
	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		struct desk d;
		char *record = xasprintf("{\"messages\":[%s]}", items[i]);
		char *want = xasprintf(
			"{\"model\":\"m\",\"instructions\":\"sys\",\"input\":[%s],\"store\":false}",
			items[i]);
		sit_down(&d, API, "m", NULL, "sys");
		check_body(&d, record, want);
		stand_up(&d);
		free(record);
		free(want);
	}
}

TEST("messages of a chat are told in items, tools' calls and results as items of their own")
{
	struct desk d;
	sit_down(&d, API, "m", NULL, "sys");
	check_body(&d,
		"{\"messages\":[{\"role\":\"system\",\"content\":\"own\"},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\n\"},{\"type\":\"image_url\","
		"\"image_url\":{\"url\":\"http://h/i\"}}]},"
		"{\"role\":\"assistant\",\"content\":\"look\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
		"\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"q\\\":\\\"\\\\\\\"\\\"}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"7\"},"
		"{\"role\":\"user\",\"content\":\"so?\"}]}",
		REQUEST("\"instructions\":\"sys\\n\\nown\",\"input\":["
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\\n\"},"
			"{\"type\":\"input_image\",\"image_url\":\"http://h/i\"}]},"
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"look\"}]},"
			"{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\","
			"\"arguments\":\"{\\\"q\\\":\\\"\\\\\\\"\\\"}\"},"
			"{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"7\"},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"so?\"}]}],"
			"\"store\":false"));
	check_ceilings(&d,
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"7\"}]}");
	stand_up(&d);
}

TEST("messages as Anthropic writes them are told in items, too")
{
	struct desk d;
	sit_down(&d, API, "m", NULL, NULL);
	check_body(&d,
		"{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\","
		"\"name\":\"f\",\"input\":{\"a\":1}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"ok\"},"
		"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"QUJD\"}},"
		"{\"type\":\"text\",\"text\":\"x\"}]}]}",
		REQUEST("\"input\":["
			"{\"type\":\"function_call\",\"call_id\":\"t\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"},"
			"{\"type\":\"function_call_output\",\"call_id\":\"t\",\"output\":\"ok\"},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,QUJD\"},"
			"{\"type\":\"input_text\",\"text\":\"x\"}]}],\"store\":false"));
	stand_up(&d);
}

TEST("what cannot be told in items is a fault that says so")
{
	struct desk d;
	sit_down(&d, API, "m", NULL, NULL);
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "nothing to ask");
	check_fault(&d, "{\"messages\":[1]}", ERROR_BAD_RECORD, "role");
	check_fault(&d,
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"},"
		"{\"type\":\"text\",\"text\":\"x\"}]}]}",
		ERROR_BAD_RECORD, "messages[0]");
	check_fault(&d, "{\"messages\":[{\"role\":\"tool\",\"content\":\"7\"}]}", ERROR_BAD_RECORD,
		"id");
	check_fault(&d,
		"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}]}",
		ERROR_BAD_RECORD, "id");
	check_fault(&d,
		"{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"http://h\"}]}]}",
		ERROR_BAD_RECORD, "images from the assistant");
	check_fault(&d, "{\"body\":{\"stream\":true}}", ERROR_BAD_RECORD, "body.stream");
	stand_up(&d);
	sit_down(&d, API, "m", "{{gone}}", NULL);
	check_fault(&d, "{}", ERROR_TEMPLATE, "gone");
	stand_up(&d);
	sit_down(&d, API, "m", "p", "{{gone}}");
	check_fault(&d, "{}", ERROR_TEMPLATE, "gone");
	stand_up(&d);
}

TEST("a picture, and what did not match, make items of a prompt")
{
	static const struct reask reask = { { "no\\n", 4 }, { "not JSON", 8 } };
	struct desk d;
	sit_down(&d, API, "m", "p", "sys");
	show(&d, NULL, "QUJD");
	d.reask = &reask;
	check_body(&d, "1",
		REQUEST("\"instructions\":\"sys\",\"input\":[{\"role\":\"user\",\"content\":["
			"{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,QUJD\"},"
			"{\"type\":\"input_text\",\"text\":\"p\"}]},"
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"no\\n\"}]},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"not JSON\"}]}],"
			"\"store\":false"));
	check_ceilings(&d, "1");
	stand_up(&d);
	sit_down(&d, API, "m", NULL, NULL);
	d.reask = &reask;
	check_body(&d, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
		REQUEST("\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
			"{\"role\":\"assistant\",\"content\":\"no\\n\"},{\"role\":\"user\",\"content\":\"not JSON\"}],"
			"\"store\":false"));
	check_ceilings(&d, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
	check_body(&d, "{\"messages\":[]}",
		REQUEST("\"input\":[{\"role\":\"assistant\",\"content\":\"no\\n\"},"
			"{\"role\":\"user\",\"content\":\"not JSON\"}],\"store\":false"));
	stand_up(&d);
}

TEST("no record breaks out of the string of a response's input")
{
	static const char *const records[] = {
		"{\"t\":\"\\\"}],\\\"stream\\\":true,\\\"x\\\":[{\\\"y\\\":\\\"\"}",
		"{\"t\":\"\\u0022}]\\\\\"}",
		"{\"t\":{\"a\":\"\\\"}]}\"}}",
	};
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		for (int has_image = 0; has_image < 2; has_image++) {
			struct desk d;
			struct buf body;
			struct fault fault;
			struct span root;
			struct json_fault why;
			sit_down(&d, API, "m", "{{t}}", "{{t}}");
			if (has_image)
				show(&d, "http://h/\"],\"x\":1", NULL);
			buf_init(&body, 10000);
			CHECK(build(&d, records[i], &body, &fault));
			CHECK(json_scan(buf_span(&body), &root, &why));
			CHECK(!json_member(root, SPAN("stream")).at &&
				!json_member(root, SPAN("x")).at);
			buf_release(&body);
			stand_up(&d);
		}
}

TEST("a response's own limit of tokens is found")
{
	const struct api *api = api_find(API);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_output_tokens\":17}")), 17);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_tokens\":17}")), 0);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_output_tokens\":-1}")), 0);
}
