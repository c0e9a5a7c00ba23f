/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define REQUEST(messages) \
	"{\"model\":\"m\",\"messages\":[" messages "],\"stream\":false,\"truncate\":false}"
#define MESSAGES(list) "{\"messages\":[" list "]}"
#define SAYS(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"

TEST("ollama: a prompt becomes a message of the user's, after the system message")
{
	struct desk d;
	sit_down(&d, "ollama", "m", "Say {{t}}", "Be {{t}}");
	check_body(&d, "{\"t\":\"\\\"x\"}",
		REQUEST(SAYS("system", "Be \\\"x") "," SAYS("user", "Say \\\"x")));
	stand_up(&d);
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_body(&d, "\"own\\u00e9\"", REQUEST(SAYS("user", "own\\u00e9")));
	check_fault(&d, "{\"x\":1}", ERROR_BAD_RECORD, "nothing to ask");
	stand_up(&d);
}

TEST("ollama: whether it is a stream is always said")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	d.endpoint.is_streamed = true;
	check_body(&d, "\"x\"",
		"{\"model\":\"m\",\"messages\":[" SAYS(
			"user", "x") "],\"stream\":true,\"truncate\":false}");
	check_body(&d, "{\"body\":{\"messages\":[],\"stream\":false}}",
		"{\"messages\":[],\"stream\":true,\"model\":\"m\"}");
	d.endpoint.is_streamed = false;
	check_body(&d, "{\"body\":{\"messages\":[]}}",
		"{\"messages\":[],\"stream\":false,\"model\":\"m\"}");
	stand_up(&d);
}

TEST("ollama: messages that it understands as they are go out byte for byte")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_body(&d, MESSAGES(" {\"role\":\"user\", \"content\":\"a\",\"images\":[\"QUJD\"]} "),
		REQUEST(" {\"role\":\"user\", \"content\":\"a\",\"images\":[\"QUJD\"]} "));
	check_body(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
			"{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"r\"}"),
		REQUEST("{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]},"
			"{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"r\"}"));
	check_body(&d, MESSAGES(" "), REQUEST(""));
	stand_up(&d);
	sit_down(&d, "ollama", "m", NULL, "s{{messages[0].role}}");
	check_body(&d, MESSAGES(SAYS("user", "a") "," SAYS("system", "b")),
		REQUEST(SAYS("system", "suser") "," SAYS("user", "a") "," SAYS("system", "b")));
	stand_up(&d);
}

TEST("ollama: messages in OpenAI's form are told in Ollama's words")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_body(&d,
		MESSAGES(
			"{\"role\":\"developer\",\"content\":\"s\"},{\"role\":\"user\",\"content\":["
			"{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}},"
			"{\"type\":\"text\",\"text\":\"b\"}]}"),
		REQUEST(SAYS("system",
			"s") ",{\"role\":\"user\",\"content\":\"ab\",\"images\":[\"QUJD\"]}"));
	check_body(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
			"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]},"
			"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r\"},"
			"{\"role\":\"tool\",\"tool_call_id\":\"c9\",\"content\":\"q\"}"),
		REQUEST("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]},"
			"{\"role\":\"tool\",\"content\":\"r\",\"tool_name\":\"f\",\"tool_call_id\":\"c1\"},"
			"{\"role\":\"tool\",\"content\":\"q\",\"tool_call_id\":\"c9\"}"));
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/a.png\"}}]}"),
		ERROR_BAD_RECORD, "URL");
	stand_up(&d);
}

TEST("ollama: messages in Anthropic's form are told in Ollama's words, results of tools first")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_body(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{\"a\":[]}}]},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"u\"},{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":[{\"type\":\"text\",\"text\":\"r\"}]}]}"),
		REQUEST("{\"role\":\"assistant\",\"content\":\"t\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[]}}}]},"
			"{\"role\":\"tool\",\"content\":\"r\",\"tool_name\":\"f\",\"tool_call_id\":\"1\"}," SAYS(
				"user", "u")));
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"input\":{}}]}"),
		ERROR_BAD_RECORD, "name");
	stand_up(&d);
}

TEST("ollama: messages of which half are in its own form are refused: nothing is lost in telling")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":\"a\",\"images\":[\"QUJD\"]},{\"role\":\"developer\",\"content\":\"s\"}"),
		ERROR_BAD_RECORD,
		"messages[1] is not in Ollama's form, others are, with \"images\"");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[]},{\"role\":\"assistant\",\"content\":\"a\",\"thinking\":\"x\"}"),
		ERROR_BAD_RECORD, "messages[0]");
	check_fault(&d, MESSAGES("1"), ERROR_BAD_RECORD, "messages[0]");
	stand_up(&d);
}

TEST("ollama: images are sent as data, and those by URL are refused")
{
	struct desk d;
	struct image image = { .media_type = "image/png" };
	buf_init(&image.base64, 100);
	buf_put_str(&image.base64, "QUJD");
	sit_down(&d, "ollama", "m", "p", NULL);
	d.images = &image;
	d.images_n = 1;
	check_body(&d, "1", REQUEST("{\"role\":\"user\",\"content\":\"p\",\"images\":[\"QUJD\"]}"));
	buf_release(&image.base64);
	image.url = xstrdup("https://h/a.png");
	check_fault(&d, "1", ERROR_BAD_RECORD, "URL");
	free(image.url);
	stand_up(&d);
}

TEST("ollama: the limit of tokens, the schema and parameters have their places")
{
	struct desk d;
	struct err err;
	sit_down(&d, "ollama", "m", "p", NULL);
	d.step->max_tokens = 100;
	d.step->schema = schema_new(SPAN("{\"type\": \"object\"}"), &err);
	CHECK(step_add_param(d.step, "options.num_ctx=8192", &err));
	CHECK(step_add_param(d.step, "think=false", &err));
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[" SAYS("user",
			"p") "],\"stream\":false,\"truncate\":false,"
			     "\"options\":{\"num_predict\":100,\"num_ctx\":8192},\"format\":{\"type\":\"object\"},\"think\":false}");
	stand_up(&d);
}

TEST("ollama: a record's own body goes out byte for byte, but for what the command line says")
{
	struct desk d;
	sit_down(&d, "ollama", "m", NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\",\"stream\":false, \"x\":1e400 }}",
		"{ \"stream\":false, \"x\":1e400 ,\"model\":\"m\"}");
	d.step->max_tokens = 9;
	check_body(&d, "{\"body\":{\"options\":{\"seed\": 1,\"num_predict\":-1},\"stream\":false}}",
		"{\"stream\":false,\"options\":{\"seed\": 1,\"num_predict\":9},\"model\":\"m\"}");
	free(d.endpoint.model);
	free(d.endpoint.model_json);
	d.endpoint.model = d.endpoint.model_json = NULL;
	d.step->max_tokens = 0;
	check_body(&d, "{\"body\":{ \"model\":\"own\" , \"stream\" : false}}",
		"{ \"model\":\"own\" , \"stream\" : false}");
	stand_up(&d);
}

TEST("ollama: at a second time the answer and what is wrong with it are two more messages")
{
	struct desk d;
	const struct reask reask = { SPAN("no\\n"), SPAN("do \\\"x\\\"") };
	sit_down(&d, "ollama", "m", "p", NULL);
	d.reask = &reask;
	check_body(&d, "1",
		REQUEST(SAYS("user", "p") "," SAYS("assistant", "no\\n") "," SAYS(
			"user", "do \\\"x\\\"")));
	stand_up(&d);
	sit_down(&d, "ollama", "m", NULL, NULL);
	d.reask = &reask;
	check_body(&d, MESSAGES("{\"role\":\"user\",\"content\":\"own\"}"),
		REQUEST(SAYS("user", "own") "," SAYS("assistant", "no\\n") "," SAYS(
			"user", "do \\\"x\\\"")));
	stand_up(&d);
}

TEST("ollama: a request at its ceiling is a fault, wherever it is cut")
{
	struct desk d;
	sit_down(&d, "ollama", "m", "p", "s");
	size_t whole = strlen(REQUEST(SAYS("system", "s") "," SAYS("user", "p")));
	for (size_t max = 1; max <= whole; max++) {
		struct buf body;
		struct fault fault;
		buf_init(&body, max);
		if (!build(&d, "1", &body, &fault))
			CHECK(fault.code == ERROR_TEMPLATE && fault.msg[0] && max < whole);
		else
			CHECK_INT(max, whole);
		buf_release(&body);
	}
	stand_up(&d);
}

TEST("ollama: the limit of tokens is an option, and -1 is none")
{
	CHECK_INT(api_max_tokens(&api_ollama, SPAN("{\"options\":{\"num_predict\":7}}")), 7);
	CHECK_INT(api_max_tokens(&api_ollama, SPAN("{\"options\":{\"num_predict\":-1}}")), 0);
	CHECK_INT(api_max_tokens(&api_ollama, SPAN("{\"options\":7}")), 0);
	CHECK_INT(api_max_tokens(&api_ollama, SPAN("{}")), 0);
}
