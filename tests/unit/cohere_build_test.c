/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/schema.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A step and an endpoint from which requests are built. */
struct desk {
	struct plan plan;
	struct step *step;
	struct endpoint endpoint;
	const struct image *image;
	const struct reask *reask;
	size_t max_bytes;
};

static void sit_down(struct desk *d, const char *prompt, const char *system)
{
	struct err err;
	*d = (struct desk){ .max_bytes = 10000 };
	d->step = plan_add_step(&d->plan, "output");
	endpoint_set_model(&d->endpoint, "m");
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
	if (!ask_init(&ask, d->step, &d->endpoint, value, fault))
		return false;
	ask.images = d->image;
	ask.images_n = d->image != NULL;
	ask.reask = d->reask;
	return api_cohere.build(&ask, body, fault);
}

/* Checks the request for the record, and that it is JSON. */
static void check_body(const struct desk *d, const char *record, const char *want)
{
	struct buf body;
	struct fault fault;
	struct span value;
	struct json_fault why;
	buf_init(&body, d->max_bytes);
	if (CHECK(build(d, record, &body, &fault))) {
		CHECK_MEM(body.data, body.len, want);
		CHECK(json_scan(buf_span(&body), &value, &why));
	} else {
		CHECK_STR(fault.msg, record);
	}
	buf_release(&body);
}

static void check_fault(const struct desk *d, const char *record, const char *words)
{
	struct buf body;
	struct fault fault;
	buf_init(&body, d->max_bytes);
	CHECK(!build(d, record, &body, &fault));
	CHECK(fault.code == ERROR_BAD_RECORD || fault.code == ERROR_TEMPLATE);
	if (!CHECK(strstr(fault.msg, words)))
		printf("#   %s: %s\n", record, fault.msg);
	buf_release(&body);
}

#define MESSAGES(messages) "{\"messages\":[" messages "]}"
#define REQUEST(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"

TEST("to Cohere, a prompt becomes one user message, after the system message if there is one")
{
	struct desk d;
	sit_down(&d, "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"x\\\"\\n\"}", REQUEST(USER("Say x\\\"\\n")));
	check_fault(&d, "{}", "t");
	stand_up(&d);
	sit_down(&d, "{{.}}", "Be {{.}}");
	check_body(&d, "7", REQUEST("{\"role\":\"system\",\"content\":\"Be 7\"}," USER("7")));
	stand_up(&d);
	sit_down(&d, NULL, NULL);
	check_body(&d, "\"a\\u00e9\"", REQUEST(USER("a\\u00e9")));
	check_fault(&d, "{\"query\":\"q\"}", "nothing to ask");
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
		sit_down(&d, NULL, NULL);
		check_body(&d, record, plain);
		stand_up(&d);
		sit_down(&d, NULL, "sys");
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
	sit_down(&d, NULL, "S");
	check_body(&d,
		MESSAGES("{\"role\":\"developer\",\"content\":\"D\"}," USER(
			"x") ","
			     "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"y\"}]}"),
		REQUEST("{\"role\":\"system\",\"content\":\"S\\n\\nD\"}," USER("x") "," USER("y")));
	stand_up(&d);
	sit_down(&d, NULL, NULL);
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
	sit_down(&d, NULL, NULL);
	check_fault(&d, MESSAGES(""), "nobody says anything");
	check_fault(&d, MESSAGES("1"), "messages[0]");
	check_fault(
		&d, MESSAGES(USER("a") ",{\"role\":\"owner\",\"content\":\"x\"}"), "messages[1]");
	check_fault(&d, MESSAGES("{\"role\":\"user\",\"content\":5}"), "content");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}"),
		"body");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\",\"input\":{}}]}"),
		"tool call");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}]}"),
		"tool call");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"r\"}]}"),
		"without an id");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}]}"),
		"assistant");
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
	sit_down(&d, "p", NULL);
	d.image = &linked;
	check_body(&d, "1",
		REQUEST("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/\\\"a\"}},"
			"{\"type\":\"text\",\"text\":\"p\"}]}"));
	d.image = &whole;
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
	sit_down(&d, "p", NULL);
	d.reask = &again;
	check_body(&d, "1", REQUEST(USER("p") AGAIN));
	stand_up(&d);
	sit_down(&d, NULL, NULL);
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
	sit_down(&d, "p", NULL);
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
	CHECK_INT(api_cohere.max_tokens(SPAN("{\"max_tokens\":12}")), 12);
	CHECK_INT(api_cohere.max_tokens(SPAN("{\"messages\":[]}")), 0);
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
		struct buf body;
		struct fault fault;
		sit_down(&d, NULL, NULL);
		d.step->max_tokens = 9;
		buf_init(&body, d.max_bytes);
		CHECK(build(&d, records[i], &body, &fault));
		for (d.max_bytes = 1; d.max_bytes < body.len; d.max_bytes++)
			check_fault(&d, records[i], "larger than");
		buf_release(&body);
		stand_up(&d);
	}
}
