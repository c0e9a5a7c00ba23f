/* SPDX-License-Identifier: MIT */
#include "api/chat.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <stdlib.h>

struct scene {
	struct plan plan;
	struct step *step;
	struct endpoint endpoint;
	struct ask ask;
	struct chat chat;
	struct fault fault;
};

static void enter(struct scene *s, const char *prompt, const char *system)
{
	struct err err;
	*s = (struct scene){ 0 };
	s->step = plan_add_step(&s->plan, "output");
	s->step->has_prompt = prompt != NULL;
	s->step->has_system = system != NULL;
	if (prompt)
		CHECK(template_parse(
			&s->step->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	if (system)
		CHECK(template_parse(
			&s->step->system, span_of(system), TEMPLATE_FROM_ARGUMENT, &err));
}

static bool hear(struct scene *s, const char *record)
{
	struct span value;
	struct json_fault why;
	CHECK(json_scan(span_of(record), &value, &why));
	chat_release(&s->chat);
	CHECK(ask_init(&s->ask, s->step, &s->endpoint, value, &s->fault));
	return chat_init(&s->chat, &s->ask, &s->fault);
}

static void leave(struct scene *s)
{
	chat_release(&s->chat);
	plan_release(&s->plan);
	endpoint_release(&s->endpoint);
}

static void put(struct buf *out, const char *mark, struct span text)
{
	if (!text.at)
		return;
	buf_put_str(out, mark);
	buf_put_span(out, text);
}

/* Checks all that is said, in a notation of this test's. */
static void check(const struct scene *s, const char *want)
{
	static const char *const roles[] = { "U", "A", "T" };
	static const char *const kinds[] = { " text", " image", " url", " call", " result" };
	const struct chat *c = &s->chat;
	struct buf out;
	buf_init(&out, 10000);
	if (c->has_system)
		put(&out, "S ", buf_span(&c->system));
	for (size_t i = 0; i < c->turns_n; i++) {
		buf_put_str(&out, out.len ? " | " : "");
		buf_put_str(&out, roles[c->turns[i].role]);
		for (size_t j = 0; j < c->turns[i].parts_n; j++) {
			const struct chat_part *p = &c->parts[c->turns[i].first + j];
			buf_put_str(&out, kinds[p->kind]);
			put(&out, "=", p->text);
			put(&out, " type=", p->media_type);
			put(&out, " data=", p->data);
			put(&out, " detail=", p->detail);
			put(&out, " id=", p->id);
			put(&out, " name=", p->name);
			put(&out, " args=", p->args);
		}
	}
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("a prompt is one turn of the user's, after the system text")
{
	struct scene s;
	enter(&s, "Say {{t}}", "Be {{how}}");
	CHECK(hear(&s, "{\"t\":\"\\\"x\",\"how\":\"nice\"}"));
	check(&s, "S Be nice | U text=Say \\\"x");
	leave(&s);
}

TEST("messages are turns; system and developer messages are gathered behind -s")
{
	struct scene s;
	enter(&s, NULL, "First");
	CHECK(hear(&s,
		"{\"messages\":[{\"role\":\"system\",\"content\":\"second\"},"
		"{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
		"{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"third\"}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}]}"));
	check(&s, "S First\\n\\nsecond\\n\\nthird | U text=a | A text=b | U text=c");
	leave(&s);
}

TEST("pictures are told apart by whether their bytes are there, in OpenAI's form and Anthropic's")
{
	struct scene s;
	enter(&s, NULL, NULL);
	CHECK(hear(&s,
		"{\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}},"
		"{\"type\":\"input_image\",\"image_url\":\"https://x/z.png\",\"detail\":\"low\"},"
		"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/gif\",\"data\":\"BBBB\"}},"
		"{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/w\"}}]}]}"));
	check(&s,
		"U image type=image/png data=AAAA url=https://x/y.png url=https://x/z.png detail=low"
		" image type=image/gif data=BBBB url=https://x/w");
	leave(&s);
}

TEST("tools' calls and results are read in both forms; OpenAI's arguments come out of their string")
{
	struct scene s;
	enter(&s, NULL, NULL);
	CHECK(hear(&s,
		"{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\","
		"\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": 1}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"42\"},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"g\",\"input\":{\"b\":2}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c2\",\"content\":["
		"{\"type\":\"text\",\"text\":\"4\"},{\"type\":\"text\",\"text\":\"3\"}]}]}]}"));
	check(&s,
		"A call id=c1 name=f args={\"a\": 1} | T result=42 id=c1"
		" | A call id=c2 name=g args={\"b\":2} | U result=43 id=c2");
	leave(&s);
}

TEST("what no API could be told in its own words is a fault that says which message")
{
	static const char *const messages[] = {
		"[]",
		"[{\"role\":\"system\",\"content\":\"x\"}]",
		"[7]",
		"[{\"role\":\"narrator\",\"content\":\"x\"}]",
		"[{\"role\":\"user\",\"content\":7}]",
		"[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]",
		"[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]",
		"[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
		"[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[]\"}}]}]",
		"[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{}}]}]",
		("[{\"role\":\"system\",\"content\":[{\"type\":\"image_url\"}]},"
		 "{\"role\":\"user\",\"content\":\"x\"}]"),
		"[{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}}]",
		"[{\"role\":\"user\",\"name\":\"ann\",\"content\":\"x\"}]",
		"[{\"role\":\"tool\",\"content\":[{\"type\":\"image\"}]}]",
	};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct scene s;
		enter(&s, NULL, NULL);
		char *record = xasprintf("{\"messages\":%s}", messages[i]);
		if (!CHECK(!hear(&s, record)))
			CHECK_STR(record, "this one");
		CHECK_INT(s.fault.code, ERROR_BAD_RECORD);
		CHECK(strncmp(s.fault.msg, "messages", 8) == 0);
		free(record);
		leave(&s);
	}
}

TEST("a second asking adds the answer that would not do, and why")
{
	const struct reask reask = { SPAN("{}"), SPAN("no name") };
	struct scene s;
	struct span value;
	struct json_fault why;
	enter(&s, "q", NULL);
	CHECK(json_scan(SPAN("{}"), &value, &why));
	CHECK(ask_init(&s.ask, s.step, &s.endpoint, value, &s.fault));
	s.ask.reask = &reask;
	CHECK(chat_init(&s.chat, &s.ask, &s.fault));
	check(&s, "U text=q | A text={} | U text=no name");
	leave(&s);
}

TEST("pictures of a prompt go before its words, and a URL's quotes stay inside its string")
{
	struct image images[] = { { .media_type = "image/png" },
		{ .url = (char[]){ "https://h/\"" } } };
	struct scene s;
	struct span value;
	struct json_fault why;
	enter(&s, "q", NULL);
	buf_init(&images[0].base64, 100);
	buf_put_str(&images[0].base64, "AAAA");
	CHECK(json_scan(SPAN("{}"), &value, &why));
	CHECK(ask_init(&s.ask, s.step, &s.endpoint, value, &s.fault));
	s.ask.images = images;
	s.ask.images_n = 2;
	CHECK(chat_init(&s.chat, &s.ask, &s.fault));
	check(&s, "U image type=image/png data=AAAA url=https://h/\\\" text=q");
	buf_release(&images[0].base64);
	leave(&s);
}
