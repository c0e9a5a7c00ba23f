/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define MESSAGES(messages) "{\"messages\":[" messages "]}"
#define REQUEST(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"

TEST("to Cohere, a prompt becomes one user message, after the system message if there is one")
{
	struct desk d;
	sit_down(&d, "cohere", "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\\\"\\n\"}", REQUEST(USER("Say x\\\"\\n")));
	check_fault(&d, "{}", ERROR_TEMPLATE, "t");
	stand_up(&d);
	sit_down(&d, "cohere", "m", "{{.}}", "Be {{.}}");
	check_body(&d, "7", REQUEST("{\"role\":\"system\",\"content\":\"Be 7\"}," USER("7")));
	stand_up(&d);
	sit_down(&d, "cohere", "m", NULL, NULL);
	check_body(&d, "\"a\\u00e9\"", REQUEST(USER("a\\u00e9")));
	check_fault(&d, "{\"query\":\"q\"}", ERROR_BAD_RECORD, "nothing to ask");
	stand_up(&d);
}

TEST("messages that Cohere takes as they are go out byte for byte")
{
	static const char *const messages[] = {
		" { \"role\" : \"user\", \"content\":\"x\", \"odd\":1e400 } ",
		"{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/a.png\",\"detail\":\"low\"}}]}",
		"{\"role\":\"assistant\",\"content\":null,\"tool_plan\":\"p\",\"tool_calls\":[{\"id\":\"1\",\"type\":"
		"\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":[{\"type\":\"document\",\"document\":{\"data\":\"d\"}}]}",
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"}]},"
		"{\"role\":\"user\"}",
	};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct desk d;
		char *record = xasprintf(MESSAGES("%s"), messages[i]);
		char *plain = xasprintf(REQUEST("%s"), messages[i]);
		char *said = xasprintf(
			REQUEST("{\"role\":\"system\",\"content\":\"sys\"},%s"), messages[i]);
		sit_down(&d, "cohere", "m", NULL, NULL);
		check_body(&d, record, plain);
		stand_up(&d);
		sit_down(&d, "cohere", "m", NULL, "sys");
		check_body(&d, record, said);
		stand_up(&d);
		free(record);
		free(plain);
		free(said);
	}
}

TEST("messages in the words of other APIs are told in Cohere's")
{
	struct desk d;
	sit_down(&d, "cohere", "m", NULL, "S");
	check_body(&d,
		MESSAGES("{\"role\":\"developer\",\"content\":\"D\"}," USER(
			"x") ","
			     "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"y\"}]}"),
		REQUEST("{\"role\":\"system\",\"content\":\"S\\n\\nD\"}," USER("x") "," USER("y")));
	stand_up(&d);
	sit_down(&d, "cohere", "m", NULL, NULL);
	check_body(&d,
		MESSAGES(USER(
			"q") ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"let me\"},"
			     "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\": \"\\\"b\"}},"
			     "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}]},"
			     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and\"},"
			     "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"r1\"},"
			     "{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"content\":[{\"type\":\"text\",\"text\":\"r2\"}]},"
			     "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"QUJD\"}}]}"),
		REQUEST(USER(
			"q") ",{\"role\":\"assistant\",\"content\":\"let me\",\"tool_calls\":["
			     "{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": \\\"\\\\\\\"b\\\"}\"}},"
			     "{\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
			     "{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"r1\"},"
			     "{\"role\":\"tool\",\"tool_call_id\":\"t2\",\"content\":\"r2\"},"
			     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and\"},"
			     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}}]}"));
	check_body(&d,
		MESSAGES(
			"{\"role\":\"model\",\"content\":\"a\"},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://h/x\"}]},"
			"{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}"),
		REQUEST("{\"role\":\"assistant\",\"content\":\"a\"},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/x\"}}]},"
			"{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"));
	stand_up(&d);
}

TEST("messages that cannot be told in Cohere's words are faults that say which")
{
	struct desk d;
	sit_down(&d, "cohere", "m", NULL, NULL);
	check_fault(&d, MESSAGES(""), ERROR_BAD_RECORD, "nobody says anything");
	check_fault(&d, MESSAGES("1"), ERROR_BAD_RECORD, "messages[0]");
	check_fault(&d, MESSAGES(USER("a") ",{\"role\":\"owner\",\"content\":\"x\"}"),
		ERROR_BAD_RECORD, "messages[1]");
	check_fault(&d, MESSAGES("{\"role\":\"user\",\"content\":5}"), ERROR_BAD_RECORD, "content");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}"),
		ERROR_BAD_RECORD, "body");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{}}]}"),
		ERROR_BAD_RECORD, "tool call");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}]}"),
		ERROR_BAD_RECORD, "tool call");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"r\"}]}"),
		ERROR_BAD_RECORD, "without an id");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}]}"),
		ERROR_BAD_RECORD, "assistant");
	stand_up(&d);
}

TEST("pictures go along with a prompt, as URLs or with their bytes")
{
	struct desk d;
	char url[] = "https://h/\"a";
	struct image linked = { .url = url };
	struct image whole = { .media_type = "image/gif" };
	buf_init(&whole.base64, 10);
	CHECK(buf_put_str(&whole.base64, "R0lG"));
	sit_down(&d, "cohere", "m", "p", NULL);
	d.images = &linked;
	d.images_n = 1;
	check_body(&d, "1",
		REQUEST("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/\\\"a\"}},"
			"{\"type\":\"text\",\"text\":\"p\"}]}"));
	d.images = &whole;
	check_body(&d, "1",
		REQUEST("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/gif;base64,R0lG\"}},"
			"{\"type\":\"text\",\"text\":\"p\"}]}"));
	buf_release(&whole.base64);
	stand_up(&d);
}

TEST("when Cohere is asked again, the answer and what is wrong with it follow")
{
	static const struct reask again = { SPAN("{\\\"a\\\""), SPAN("no\\n") };
	struct desk d;
#define AGAIN ",{\"role\":\"assistant\",\"content\":\"{\\\"a\\\"\"}," USER("no\\n")
	sit_down(&d, "cohere", "m", "p", NULL);
	d.reask = &again;
	check_body(&d, "1", REQUEST(USER("p") AGAIN));
	stand_up(&d);
	sit_down(&d, "cohere", "m", NULL, NULL);
	d.reask = &again;
	check_body(&d, MESSAGES(USER("q")), REQUEST(USER("q") AGAIN));
	check_body(&d, MESSAGES("{\"role\":\"developer\",\"content\":\"s\"}," USER("q")),
		REQUEST("{\"role\":\"system\",\"content\":\"s\"}," USER("q") AGAIN));
	stand_up(&d);
}

TEST("the limit, the schema, the stream and parameters go where Cohere looks for them")
{
	struct desk d;
	struct err err;
	sit_down(&d, "cohere", "m", "p", NULL);
	d.step->max_tokens = 9;
	d.endpoint.is_streamed = true;
	d.step->schema = schema_new(SPAN("{ \"type\" : \"object\" }"), &err);
	CHECK(step_add_param(d.step, "temperature=0.10", &err));
	CHECK(step_add_param(d.step, "thinking.token_budget=5", &err));
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[" USER(
			"p") "],\"stream\":true,\"max_tokens\":9,"
			     "\"response_format\":{\"type\":\"json_object\",\"json_schema\":{\"type\":\"object\"}},"
			     "\"temperature\":0.10,\"thinking\":{\"token_budget\":5}}");
	CHECK(step_add_param(d.step, "max_tokens=7", &err));
	d.step->has_prompt = false;
	check_body(&d,
		"{\"body\":{ \"model\":\"own\", \"seed\":12345678901234567890,\"stream\":false,\"thinking\":{\"type\":\"enabled\"} }}",
		"{ \"seed\":12345678901234567890 ,\"stream\":true,\"max_tokens\":7,"
		"\"response_format\":{\"type\":\"json_object\",\"json_schema\":{\"type\":\"object\"}},\"temperature\":0.10,"
		"\"thinking\":{\"type\":\"enabled\",\"token_budget\":5},\"model\":\"m\"}");
	stand_up(&d);
	CHECK_INT(api_max_tokens(&api_cohere, SPAN("{\"max_tokens\":12}")), 12);
	CHECK_INT(api_max_tokens(&api_cohere, SPAN("{\"messages\":[]}")), 0);
}

TEST("a request for Cohere that would be too large is a fault, wherever it is cut")
{
	static const char *const records[] = {
		MESSAGES(USER("q")),
		MESSAGES("{\"role\":\"developer\",\"content\":\"s\"}," USER("q")),
		"\"p\"",
		"{\"body\":{\"messages\":[]}}",
	};
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct desk d;
		sit_down(&d, "cohere", "m", NULL, NULL);
		d.step->max_tokens = 9;
		check_ceilings(&d, records[i]);
		stand_up(&d);
	}
}
