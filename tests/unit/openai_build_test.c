/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define STRICT                                                                                    \
	"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]," \
	"\"additionalProperties\":false}"

TEST("a prompt becomes one user message, after the system message if there is one")
{
	struct desk d;
	sit_down(&d, "openai", "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\"}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Say x\"}]}");
	stand_up(&d);
	sit_down(&d, "openai", "m\"\\", "{{.}}", "Be {{.}}");
	check_body(&d, "7",
		"{\"model\":\"m\\\"\\\\\",\"messages\":[{\"role\":\"system\",\"content\":\"Be 7\"},{\"role\":\"user\",\"content\":\"7\"}]}");
	stand_up(&d);
}

TEST("a record's own prompt, string and messages are sent as they are")
{
	struct desk d;
	sit_down(&d, "openai", "m", NULL, NULL);
	check_body(&d, "\"a\\u00e9\\n\"",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u00e9\\n\"}]}");
	check_body(&d, "{\"prompt\":\"p\"}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}]}");
	check_body(&d, "{\"messages\":[ {\"role\":\"user\",\"content\":\"x\"} ]}",
		"{\"model\":\"m\",\"messages\":[ {\"role\":\"user\",\"content\":\"x\"} ]}");
	check_body(&d, "{\"messages\":[]}", "{\"model\":\"m\",\"messages\":[]}");
	stand_up(&d);
	sit_down(&d, "openai", "m", NULL, "sys");
	check_body(&d, "{\"messages\":[1]}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"sys\"},1]}");
	check_body(&d, "{\"messages\":[ ]}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"sys\"} ]}");
	stand_up(&d);
}

TEST("a record's own body is sent byte for byte, but for what the command line says otherwise")
{
	struct desk d;
	struct err err;
	sit_down(&d, "openai", NULL, NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\", \"seed\":12345678901234567890 }}",
		"{ \"model\":\"own\", \"seed\":12345678901234567890 }");
	check_fault(&d, "{\"body\":{}}", ERROR_BAD_RECORD, "no model");
	endpoint_set_model(&d.endpoint, "ours");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"x\":1e400}}",
		"{\"x\":1e400,\"model\":\"ours\"}");
	check_body(&d, "{\"body\":{}}", "{\"model\":\"ours\"}");
	check_body(&d, "{\"body\":{\"model\":\"a\",\"model\":\"b\"}}", "{\"model\":\"ours\"}");
	d.step->max_tokens = 9;
	CHECK(step_add_param(d.step, "x=[2]", &err));
	check_body(&d, "{\"body\":{\"max_tokens\":1,\"max_completion_tokens\":2,\"x\":1,\"y\":2}}",
		"{\"y\":2,\"max_tokens\":9,\"x\":[2],\"model\":\"ours\"}");
	stand_up(&d);
}

TEST("parameters and the limit of tokens are added, the limit by the name that the server knows")
{
	struct desk d;
	struct err err;
	sit_down(&d, "openai", "m", "p", NULL);
	d.step->max_tokens = 100;
	CHECK(step_add_param(d.step, "temperature=0.10", &err));
	CHECK(step_add_param(d.step, "odd\"key={\"a\":1}", &err));
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],\"max_tokens\":100,\"temperature\":0.10,"
		"\"odd\\\"key\":{\"a\":1}}");
	free(d.endpoint.origin);
	d.endpoint.origin = xstrdup("https://api.openai.com:443");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],\"max_completion_tokens\":100,"
		"\"temperature\":0.10,\"odd\\\"key\":{\"a\":1}}");
	stand_up(&d);
}

TEST("a streamed endpoint is asked for a stream with its usage, whatever form the record has")
{
	struct desk d;
	struct err err;
	sit_down(&d, "openai", "m", NULL, NULL);
	d.endpoint.is_streamed = true;
	check_body(&d, "\"p\"",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],"
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
	check_body(&d, "{\"body\":{\"stream\":false,\"stream_options\":null,\"seed\":1}}",
		"{\"seed\":1,\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\":\"m\"}");
	check_fault(&d, "{\"body\":{\"stream\":true}}", ERROR_BAD_RECORD, "body.stream");
	d.step->max_tokens = 9;
	CHECK(step_add_param(d.step, "stream_options={\"include_obfuscation\":false}", &err));
	check_body(&d, "{\"body\":{}}",
		"{\"stream\":true,\"stream_options\":{\"include_obfuscation\":false,"
		"\"include_usage\":true},\"max_tokens\":9,\"model\":\"m\"}");
	stand_up(&d);
}

TEST("a request's own limit of tokens is found under either name, the newer first")
{
	static const struct {
		const char *body;
		int64_t want;
	} cases[] = {
		{ "{\"model\":\"m\"}", 0 },
		{ "{\"max_tokens\":7}", 7 },
		{ "{\"max_completion_tokens\":8}", 8 },
		{ "{\"max_tokens\":7,\"max_completion_tokens\":8,\"x\":[]}", 8 },
		{ "{\"max_completion_tokens\":8,\"max_tokens\":7}", 8 },
		{ "{\"max_completion_tokens\":null,\"max_tokens\":7}", 7 },
		{ "{\"max_tokens\":\"7\"}", 7 },
		{ "{\"max_tokens\":-7}", 0 },
		{ "{\"messages\":[{\"max_tokens\":7}]}", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_INT(api_max_tokens(&api_openai, span_of(cases[i].body)), cases[i].want);
}

TEST("what a record cannot ask is said, not sent")
{
	struct desk d;
	sit_down(&d, "openai", "m", NULL, NULL);
	check_fault(&d, "{\"body\":{\"stream\":true}}", ERROR_BAD_RECORD, "body.stream");
	check_fault(&d, "{\"body\":{\"n\":2}}", ERROR_BAD_RECORD, "body.n");
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "nothing to ask");
	endpoint_set_model(&d.endpoint, NULL);
	check_fault(&d, "\"no model\"", ERROR_BAD_RECORD, "no model");
	stand_up(&d);
	sit_down(&d, "openai", "m", "{{gone}}", NULL);
	check_fault(&d, "{}", ERROR_TEMPLATE, "gone");
	stand_up(&d);
	sit_down(&d, "openai", "m", "p", "{{gone}}");
	check_fault(&d, "{}", ERROR_TEMPLATE, "gone");
	stand_up(&d);
}

TEST("no record breaks out of the string that it is put in")
{
	static const char *const records[] = {
		"{\"t\":\"\\\"}],\\\"stream\\\":true,\\\"x\\\":[{\\\"y\\\":\\\"\"}",
		"{\"t\":\"\\u0022}]\\\\\"}",
		"{\"t\":{\"a\":\"\\\"}]}\"}}",
		"{\"t\":[\"\\\\\\\"\",\"}\"]}",
		"{\"t\":\"{{t}}\"}",
		"{\"t\":\"\\u0000\\n\\r\\u2028\"}",
	};
	static const char *const templates[] = { "{{t}}", "{{t|json}}", "{{t|trim}}", "{{.}}",
		"\\{{{{t}}\"" };
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		for (size_t j = 0; j < sizeof templates / sizeof *templates; j++) {
			struct desk d;
			struct buf body;
			struct fault fault;
			struct span root;
			struct json_fault why;
			sit_down(&d, "openai", "m", templates[j], NULL);
			buf_init(&body, 10000);
			CHECK(build(&d, records[i], &body, &fault));
			CHECK(json_scan(buf_span(&body), &root, &why));
			CHECK(!json_member(root, SPAN("stream")).at &&
				!json_member(root, SPAN("x")).at);
			struct span messages = json_member(root, SPAN("messages"));
			CHECK(json_item(messages, 0).at && !json_item(messages, 1).at);
			buf_release(&body);
			stand_up(&d);
		}
}

TEST("a request that passes its ceiling is a fault wherever that happens")
{
	static const char *const records[] = { "\"prompt\"", "{\"messages\":[1,2]}",
		"{\"body\":{\"a\":1}}" };
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct desk d;
		/* a body brings its own messages, and has no system message of ours */
		sit_down(&d, "openai", "m", NULL, i < 2 ? "sys" : NULL);
		d.step->max_tokens = 5;
		add_param(&d, "k=1");
		check_ceilings(&d, records[i]);
		stand_up(&d);
	}
}

TEST("a picture goes before the words, as a URL or with all its bytes")
{
	struct desk d;
	sit_down(&d, "openai", "m", "What?", NULL);
	show(&d, "http://h/\"x", NULL);
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://h/\\\"x\"}},"
		"{\"type\":\"text\",\"text\":\"What?\"}]}]}");
	stand_up(&d);
	sit_down(&d, "openai", "m", "What?", NULL);
	show(&d, NULL, "QUJD");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}},"
		"{\"type\":\"text\",\"text\":\"What?\"}]}]}");
	check_ceilings(&d, "1");
	stand_up(&d);
}

TEST("a schema is asked for, strictly where it can be")
{
	struct desk d;
	sit_down(&d, "openai", "m", "p", NULL);
	want_schema(&d, "{\"type\": \"object\"}");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],"
		"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}}");
	schema_free(d.step->schema);
	want_schema(&d, STRICT);
	check_body(&d, "{\"a\":1}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],"
		"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"answer\",\"strict\":true,\"schema\":" STRICT "}}}");
	check_ceilings(&d, "1");
	stand_up(&d);
}

TEST("what did not match is told with the answer, when it is asked again")
{
	static const struct reask reask = { { "no\\n", 4 }, { "not JSON", 8 } };
	struct desk d;
	sit_down(&d, "openai", "m", "p", NULL);
	d.reask = &reask;
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"},"
		"{\"role\":\"assistant\",\"content\":\"no\\n\"},"
		"{\"role\":\"user\",\"content\":\"not JSON\"}]}");
	check_ceilings(&d, "1");
	stand_up(&d);
	sit_down(&d, "openai", "m", NULL, "sys");
	d.reask = &reask;
	check_body(&d, "{\"messages\":[]}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"sys\"},"
		"{\"role\":\"assistant\",\"content\":\"no\\n\"},"
		"{\"role\":\"user\",\"content\":\"not JSON\"}]}");
	d.step->has_system = false;
	check_body(&d, "{\"messages\":[]}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"no\\n\"},"
		"{\"role\":\"user\",\"content\":\"not JSON\"}]}");
	stand_up(&d);
}
