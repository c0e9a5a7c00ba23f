/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define ASKS(messages) "{\"model\":\"m\",\"messages\":[" messages "],\"max_tokens\":4096}"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define PNG "data:image/png;base64,QUJD"

TEST("Anthropic is asked with a limit of tokens, and the system message has a place of its own")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\\\"\"}", ASKS(USER("Say x\\\"")));
	stand_up(&d);
	sit_down(&d, "anthropic", "m\"", "{{.}}", "Be {{.}}");
	check_body(&d, "7",
		"{\"model\":\"m\\\"\",\"messages\":[" USER(
			"7") "],\"max_tokens\":4096,\"system\":\"Be 7\"}");
	check_ceilings(&d, "7");
	stand_up(&d);
}

TEST("what the command line says goes to Anthropic by Anthropic's names, and the user's word wins")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", "p", "s");
	d.step->max_tokens = 9;
	d.endpoint.is_streamed = true;
	want_schema(&d, "{ \"type\": \"object\" }");
	add_param(&d, "temperature=0.10");
	add_param(&d, "output_config.effort=\"low\"");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[" USER(
			"p") "],\"max_tokens\":9,\"stream\":true,\"output_config\":{\"format\":"
			     "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}},\"effort\":\"low\"},"
			     "\"system\":\"s\",\"temperature\":0.10}");
	check_ceilings(&d, "1");
	add_param(&d, "max_tokens=7");
	add_param(&d, "system=\"mine\"");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[" USER(
			"p") "],\"max_tokens\":7,\"stream\":true,\"output_config\":{\"format\":"
			     "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}},\"effort\":\"low\"},"
			     "\"system\":\"mine\",\"temperature\":0.10}");
	stand_up(&d);
}

TEST("messages in Anthropic's own form go out byte for byte, whatever is in them")
{
	static const char *const own[] = {
		"{ \"role\" : \"user\", \"content\":\"x\" }",
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":"
		"{\"type\":\"ephemeral\",\"ttl\":\"1h\"}},{\"type\":\"document\",\"source\":{}}]}",
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\","
		"\"signature\":\"s\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]}",
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
		"\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"is_error\":true}]}",
		"{\"role\":\"user\",\"content\":[{\"type\":\"of_next_year\",\"x\":1e400}]}",
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct desk d;
		char *record = xasprintf("{\"messages\":[%s]}", own[i]);
		char *want = xasprintf(
			"{\"model\":\"m\",\"messages\":[%s],\"max_tokens\":4096}", own[i]);
		sit_down(&d, "anthropic", "m", NULL, NULL);
		check_body(&d, record, want);
		stand_up(&d);
		free(record);
		free(want);
	}
}

TEST("OpenAI's messages are told in Anthropic's words")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", NULL, "first");
	check_body(&d,
		"{\"messages\":[{\"role\":\"system\",\"content\":\"sys\"}," USER(
			"hi") ",{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
			      "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
			      "\"arguments\":\"{\\\"a\\\": \\\"\\u00e9\\\"}\"}},"
			      "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\","
			      "\"arguments\":\"\"}}]},"
			      "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r1\"},"
			      "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":[{\"type\":\"text\",\"text\":\"r2\"}]},"
			      "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and\",\"cache_control\":{}}]}]}",
		"{\"model\":\"m\",\"messages\":[" USER(
			"hi") ",{\"role\":\"assistant\",\"content\":["
			      "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\": \"\xc3\xa9\"}},"
			      "{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"g\",\"input\":{}}]},"
			      "{\"role\":\"user\",\"content\":["
			      "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":\"r1\"},"
			      "{\"type\":\"tool_result\",\"tool_use_id\":\"c2\",\"content\":\"r2\"},"
			      "{\"type\":\"text\",\"text\":\"and\",\"cache_control\":{}}]}],"
			      "\"max_tokens\":4096,\"system\":\"first\\n\\nsys\"}");
	stand_up(&d);
}

TEST("neighbours of one role become one message to Anthropic")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", NULL, NULL);
	check_body(&d,
		"{\"messages\":[" USER("a") "," USER(
			"b") ",{\"role\":\"user\",\"content\":[ {\"type\":\"document\"} ]},"
			     "{\"role\":\"user\",\"content\":[]}]}",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		     "{\"type\":\"text\",\"text\":\"b\"}, {\"type\":\"document\"} ]}"));
	stand_up(&d);
}

TEST("a system message in blocks keeps them, with their cache marks")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", NULL, "first");
	check_body(&d,
		"{\"messages\":[{\"role\":\"system\",\"content\":\"\\n\"},"
		"{\"role\":\"developer\",\"content\":[]},"
		"{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"b\",\"cache_control\":"
		"{\"type\":\"ephemeral\"}}]}," USER("u") "]}",
		"{\"model\":\"m\",\"messages\":[" USER(
			"u") "],\"max_tokens\":4096,\"system\":[{\"type\":\"text\",\"text\":\"first\"},"
			     "{\"type\":\"text\",\"text\":\"\\n\"},{\"type\":\"text\",\"text\":\"b\","
			     "\"cache_control\":{\"type\":\"ephemeral\"}}]}");
	check_ceilings(&d,
		"{\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}," USER(
			"u") "]}");
	stand_up(&d);
}

TEST("pictures go to Anthropic as their bytes or their URL")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", "what?", NULL);
	show(&d, NULL, "QUJD");
	check_body(&d, "1",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
		     "\"media_type\":\"image/png\",\"data\":\"QUJD\"}},{\"type\":\"text\",\"text\":\"what?\"}]}"));
	check_ceilings(&d, "1");
	stand_up(&d);
	sit_down(&d, "anthropic", "m", "what?", NULL);
	show(&d, "https://h/\"x", NULL);
	check_body(&d, "1",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\","
		     "\"url\":\"https://h/\\\"x\"}},{\"type\":\"text\",\"text\":\"what?\"}]}"));
	stand_up(&d);
	sit_down(&d, "anthropic", "m", NULL, NULL);
	check_body(&d,
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"" PNG
		"\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":\"http:\\/\\/h\"}}]}]}",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
		     "\"media_type\":\"image/png\",\"data\":\"QUJD\"}},{\"type\":\"image\",\"source\":"
		     "{\"type\":\"url\",\"url\":\"http:\\/\\/h\"}}]}"));
	stand_up(&d);
}

TEST("types of pictures that Anthropic takes are told apart from others, however they are written")
{
	static const struct {
		const char *type;
		const char *want; /* NULL = refused */
	} cases[] = {
		{ "image\\/jpeg", "image/jpeg" },
		{ "image/jpg", "image/jpeg" },
		{ "im\\u0061ge/gif", "image/gif" },
		{ "image/webp", "image/webp" },
		{ "image/tiff", NULL },
		{ "image/png\\\",\\\"x", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct desk d;
		sit_down(&d, "anthropic", "m", NULL, NULL);
		char *record = xasprintf("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
					 "\"image_url\",\"image_url\":\"data:%s;base64,QQ==\"}]}]}",
			cases[i].type);
		char *want = xasprintf(
			ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":"
			     "\"base64\",\"media_type\":\"%s\",\"data\":\"QQ==\"}}]}"),
			cases[i].want ? cases[i].want : "");
		if (cases[i].want)
			check_body(&d, record, want);
		else
			check_fault(&d, record, ERROR_BAD_RECORD, "image/webp only");
		free(record);
		free(want);
		stand_up(&d);
	}
}

TEST("a body for Anthropic is sent byte for byte, but for what the command line says otherwise")
{
	struct desk d;
	sit_down(&d, "anthropic", NULL, NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\", \"max_tokens\":5, \"x\":1e400 }}",
		"{ \"model\":\"own\", \"max_tokens\":5, \"x\":1e400 }");
	d.step->max_tokens = 9;
	d.endpoint.is_streamed = true;
	check_body(&d, "{\"body\":{\"model\":\"own\",\"max_tokens\":5,\"stream\":false}}",
		"{\"model\":\"own\",\"max_tokens\":9,\"stream\":true}");
	check_ceilings(&d, "{\"body\":{\"model\":\"own\",\"max_tokens\":5,\"stream\":false}}");
	stand_up(&d);
}

TEST("what did not match is told to Anthropic with the answer, but for an empty one")
{
	static const struct reask reask = { { "no\\n", 4 }, { "not JSON", 8 } };
	static const struct reask silent = { { "", 0 }, { "not JSON", 8 } };
	struct desk d;
	sit_down(&d, "anthropic", "m", "p", NULL);
	d.reask = &reask;
	check_body(&d, "1",
		ASKS(USER("p") ",{\"role\":\"assistant\",\"content\":\"no\\n\"}," USER(
			"not JSON")));
	check_ceilings(&d, "1");
	d.reask = &silent;
	check_body(&d, "1",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"p\"},"
		     "{\"type\":\"text\",\"text\":\"not JSON\"}]}"));
	stand_up(&d);
	sit_down(&d, "anthropic", "m", NULL, NULL);
	d.reask = &reask;
	check_body(&d, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\"}]}]}",
		ASKS("{\"role\":\"user\",\"content\":[{\"type\":\"document\"}]},"
		     "{\"role\":\"assistant\",\"content\":\"no\\n\"}," USER("not JSON")));
	stand_up(&d);
}

TEST("what cannot be told in Anthropic's words is said, not sent")
{
	struct desk d;
	sit_down(&d, "anthropic", "m", NULL, NULL);
	check_fault(&d, "{\"messages\":[]}", ERROR_BAD_RECORD, "nobody");
	check_fault(&d, "{\"messages\":[1]}", ERROR_BAD_RECORD, "messages[0]");
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "nothing to ask");
	check_fault(&d, "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", ERROR_BAD_RECORD,
		"tool_call_id");
	check_fault(&d,
		"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}]}",
		ERROR_BAD_RECORD, "without an id");
	check_fault(&d,
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}]}",
		ERROR_BAD_RECORD, "\"body\"");
	stand_up(&d);
	sit_down(&d, "anthropic", "m", "{{missing}}", NULL);
	check_fault(&d, "{}", ERROR_TEMPLATE, "missing");
	stand_up(&d);
	sit_down(&d, "anthropic", "m", NULL, "{{missing}}");
	check_fault(&d, "{\"prompt\":\"p\"}", ERROR_TEMPLATE, "missing");
	check_fault(&d, "{\"messages\":[" USER("p") "]}", ERROR_TEMPLATE, "missing");
	stand_up(&d);
}

TEST("a request's own limit of tokens is found in Anthropic's field")
{
	const struct api *api = api_find("anthropic");
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_tokens\":7}")), 7);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_tokens\":-7}")), 0);
	CHECK_INT(api_max_tokens(api, SPAN("{\"messages\":[{\"max_tokens\":7}]}")), 0);
}
