/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <stdlib.h>

/* A step and an endpoint from which requests are built. */
struct desk {
	struct plan plan;
	struct step *step;
	struct endpoint endpoint;
};

static void sit_down(struct desk *d, const char *model, const char *prompt, const char *system)
{
	struct err err;
	*d = (struct desk){ 0 };
	d->step = plan_add_step(&d->plan, "output");
	d->endpoint.origin = xstrdup("http://h:80");
	endpoint_set_model(&d->endpoint, model);
	d->step->has_prompt = prompt != NULL;
	d->step->has_system = system != NULL;
	if (prompt)
		CHECK(template_parse(
			&d->step->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	if (system)
		CHECK(template_parse(
			&d->step->system, span_of(system), TEMPLATE_FROM_ARGUMENT, &err));
}

static void stand_up(struct desk *d)
{
	plan_release(&d->plan);
	endpoint_release(&d->endpoint);
}

static bool build(const struct desk *d, const char *record, struct buf *body, struct fault *fault)
{
	struct span value;
	struct json_fault why;
	struct ask ask;
	*fault = (struct fault){ 0 };
	CHECK(json_scan(span_of(record), &value, &why));
	return ask_init(&ask, d->step, &d->endpoint, value, fault) &&
		api_openai.build(&ask, body, fault);
}

/* Checks the request for the record, and that it is JSON. */
static void check_body(const struct desk *d, const char *record, const char *want)
{
	struct buf body;
	struct fault fault;
	struct span value;
	struct json_fault why;
	buf_init(&body, 10000);
	if (CHECK(build(d, record, &body, &fault))) {
		CHECK_MEM(body.data, body.len, want);
		CHECK(json_scan(buf_span(&body), &value, &why));
	} else {
		CHECK_STR(fault.msg, record);
	}
	buf_release(&body);
}

static void check_fault(const struct desk *d, const char *record, enum error_code code)
{
	struct buf body;
	struct fault fault;
	buf_init(&body, 10000);
	CHECK(!build(d, record, &body, &fault));
	CHECK_INT(fault.code, code);
	CHECK(fault.msg[0] != '\0');
	buf_release(&body);
}

TEST("a prompt becomes one user message, after the system message if there is one")
{
	struct desk d;
	sit_down(&d, "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\"}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Say x\"}]}");
	stand_up(&d);
	sit_down(&d, "m\"\\", "{{.}}", "Be {{.}}");
	check_body(&d, "7",
		"{\"model\":\"m\\\"\\\\\",\"messages\":[{\"role\":\"system\",\"content\":\"Be 7\"},{\"role\":\"user\",\"content\":\"7\"}]}");
	stand_up(&d);
}

TEST("a record's own prompt, string and messages are sent as they are")
{
	struct desk d;
	sit_down(&d, "m", NULL, NULL);
	check_body(&d, "\"a\\u00e9\\n\"",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u00e9\\n\"}]}");
	check_body(&d, "{\"prompt\":\"p\"}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}]}");
	check_body(&d, "{\"messages\":[ {\"role\":\"user\",\"content\":\"x\"} ]}",
		"{\"model\":\"m\",\"messages\":[ {\"role\":\"user\",\"content\":\"x\"} ]}");
	check_body(&d, "{\"messages\":[]}", "{\"model\":\"m\",\"messages\":[]}");
	stand_up(&d);
	sit_down(&d, "m", NULL, "sys");
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
	sit_down(&d, NULL, NULL, NULL);
	check_body(&d, "{\"body\":{ \"model\":\"own\", \"seed\":12345678901234567890 }}",
		"{ \"model\":\"own\", \"seed\":12345678901234567890 }");
	check_fault(&d, "{\"body\":{}}", ERROR_BAD_RECORD);
	endpoint_set_model(&d.endpoint, "ours");
	check_body(&d, "{\"body\":{\"model\":\"own\",\"x\":1e400}}",
		"{\"x\":1e400,\"model\":\"ours\"}");
	check_body(&d, "{\"body\":{}}", "{\"model\":\"ours\"}");
	check_body(&d, "{\"body\":{\"model\":\"a\",\"model\":\"b\"}}", "{\"model\":\"ours\"}");
	d.step->max_tokens = 9;
	CHECK(step_add_param(d.step, "x=[2]", &err));
	check_body(&d, "{\"body\":{\"max_tokens\":1,\"max_completion_tokens\":2,\"x\":1,\"y\":2}}",
		"{\"y\":2,\"model\":\"ours\",\"max_tokens\":9,\"x\":[2]}");
	stand_up(&d);
}

TEST("parameters and the limit of tokens are added, the limit by the name that the server knows")
{
	struct desk d;
	struct err err;
	sit_down(&d, "m", "p", NULL);
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
	sit_down(&d, "m", NULL, NULL);
	d.endpoint.is_streamed = true;
	check_body(&d, "\"p\"",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],"
		"\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
	check_body(&d, "{\"body\":{\"stream\":false,\"stream_options\":null,\"seed\":1}}",
		"{\"seed\":1,\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
	check_fault(&d, "{\"body\":{\"stream\":true}}", ERROR_BAD_RECORD);
	d.step->max_tokens = 9;
	CHECK(step_add_param(d.step, "stream_options={\"include_obfuscation\":false}", &err));
	check_body(&d, "{\"body\":{}}",
		"{\"model\":\"m\",\"stream\":true,\"max_tokens\":9,"
		"\"stream_options\":{\"include_obfuscation\":false}}");
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
		{ "{\"max_tokens\":\"7\"}", 0 },
		{ "{\"max_tokens\":-7}", 0 },
		{ "{\"messages\":[{\"max_tokens\":7}]}", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_INT(api_openai.max_tokens(span_of(cases[i].body)), cases[i].want);
}

TEST("what a record cannot ask is said, not sent")
{
	struct desk d;
	sit_down(&d, "m", NULL, NULL);
	check_fault(&d, "{\"body\":{\"stream\":true}}", ERROR_BAD_RECORD);
	check_fault(&d, "{\"body\":{\"n\":2}}", ERROR_BAD_RECORD);
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD);
	endpoint_set_model(&d.endpoint, NULL);
	check_fault(&d, "\"no model\"", ERROR_BAD_RECORD);
	stand_up(&d);
	sit_down(&d, "m", "{{gone}}", NULL);
	check_fault(&d, "{}", ERROR_TEMPLATE);
	stand_up(&d);
	sit_down(&d, "m", "p", "{{gone}}");
	check_fault(&d, "{}", ERROR_TEMPLATE);
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
			sit_down(&d, "m", templates[j], NULL);
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
		struct buf whole;
		struct fault fault;
		struct err err;
		/* a body brings its own messages, and has no system message of ours */
		sit_down(&d, "m", NULL, i < 2 ? "sys" : NULL);
		d.step->max_tokens = 5;
		CHECK(step_add_param(d.step, "k=1", &err));
		buf_init(&whole, 10000);
		CHECK(build(&d, records[i], &whole, &fault));
		for (size_t max = 1; max <= whole.len; max++) {
			struct buf body;
			buf_init(&body, max);
			CHECK_INT(build(&d, records[i], &body, &fault), max == whole.len);
			CHECK_INT(fault.code, max == whole.len ? ERROR_NONE : ERROR_TEMPLATE);
			buf_release(&body);
		}
		buf_release(&whole);
		stand_up(&d);
	}
}
