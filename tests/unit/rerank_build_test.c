/* SPDX-License-Identifier: MIT */
#include "desk.h"

/* Sits down at a row, with a model where it needs one. */
static void sit_at(struct desk *d, const struct api *api, const char *prompt)
{
	sit_down(d, api->name, api->needs_no_model ? NULL : "m", prompt, NULL);
}

static const struct api *const apis[] = { &api_cohere_rerank, &api_voyage_rerank, &api_jina_rerank,
	&api_tei_rerank };

enum { APIS_N = sizeof apis / sizeof *apis };

TEST("a query and documents go out under the names that each rerank API has for them")
{
	static const char *const wants[APIS_N] = {
		[0 ... 2] =
			"{\"model\":\"m\",\"query\":\"q\\u00e9\",\"documents\":[\"a\\n\",\"b\",\"c\"]}",
		[3] = "{\"query\":\"q\\u00e9\",\"texts\":[\"a\\n\",\"b\",\"c\"]}",
	};
	for (size_t i = 0; i < APIS_N; i++) {
		struct desk d;
		sit_at(&d, apis[i], NULL);
		check_body(&d,
			"{\"query\":\"q\\u00e9\", \"documents\" : [ \"a\\n\" , {\"id\":7,\"text\":\"b\"},\"c\"],\"x\":1}",
			wants[i]);
		CHECK(apis[i]->cannot_stream);
		CHECK_INT(api_max_tokens(apis[i], SPAN("{\"max_tokens\":5}")), 0);
		stand_up(&d);
	}
}

TEST("the query is the template's, else the record's, else its prompt; the documents its own")
{
	struct desk d;
	sit_at(&d, &api_voyage_rerank, "Find {{topic}}");
	check_body(&d, "{\"query\":\"no\",\"topic\":\"x\\\"\",\"documents\":[\"a\"]}",
		"{\"model\":\"m\",\"query\":\"Find x\\\"\",\"documents\":[\"a\"]}");
	check_fault(&d, "{\"query\":\"no\",\"documents\":[\"a\"]}", ERROR_TEMPLATE, "topic");
	stand_up(&d);
	sit_at(&d, &api_tei_rerank, NULL);
	check_body(&d, "{\"prompt\":\"p\",\"query\":\"q\",\"documents\":[\"a\"]}",
		"{\"query\":\"q\",\"texts\":[\"a\"]}");
	check_body(&d, "{\"prompt\":\"p\",\"documents\":[\"a\"]}",
		"{\"query\":\"p\",\"texts\":[\"a\"]}");
	check_body(&d, "{\"messages\":[],\"query\":\"q\",\"documents\":[\"a\"]}",
		"{\"query\":\"q\",\"texts\":[\"a\"]}");
	stand_up(&d);
}

TEST("parameters are added to what a rerank API gets")
{
	struct desk d;
	struct err err;
	sit_at(&d, &api_cohere_rerank, NULL);
	CHECK(step_add_param(d.step, "top_n=2", &err));
	check_body(&d, "{\"query\":\"q\",\"documents\":[\"a\"]}",
		"{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\"],\"top_n\":2}");
	check_body(&d,
		"{\"body\":{ \"query\":\"q\",\"documents\":[],\"top_n\":1,\"model\":\"own\" }}",
		"{ \"query\":\"q\",\"documents\":[] ,\"top_n\":2,\"model\":\"m\"}");
	stand_up(&d);
	sit_at(&d, &api_tei_rerank, NULL);
	check_body(&d, "{\"body\":{ \"query\":\"q\",\"texts\":[1.0] }}",
		"{ \"query\":\"q\",\"texts\":[1.0] }");
	CHECK(step_add_param(d.step, "raw_scores=true", &err));
	check_body(&d, "{\"query\":\"q\",\"documents\":[\"a\"]}",
		"{\"query\":\"q\",\"texts\":[\"a\"],\"raw_scores\":true}");
	CHECK(step_add_param(d.step, "texts=[]", &err));
	check_fault(&d, "{\"query\":\"q\",\"documents\":[\"a\"]}", ERROR_BAD_RECORD, "--param");
	stand_up(&d);
}

TEST("documents that are pictures go out as they are to who takes them, and to nobody else")
{
	static const char record[] =
		"{\"query\":\"q\",\"documents\":[{\"image\": \"https://h/a.png\"},{\"text\":\"t\"}]}";
	struct desk d;
	sit_at(&d, &api_jina_rerank, NULL);
	check_body(&d, record,
		"{\"model\":\"m\",\"query\":\"q\",\"documents\":[{\"image\": \"https://h/a.png\"},\"t\"]}");
	stand_up(&d);
	sit_at(&d, &api_cohere_rerank, NULL);
	check_fault(&d, record, ERROR_BAD_RECORD, "documents[0]");
	stand_up(&d);
}

TEST("a record without a query or documents is a fault that says what is missing")
{
	static const struct {
		const char *record, *words;
	} cases[] = {
		{ "{\"documents\":[\"a\"]}", "\"query\"" },
		{ "{\"query\":5,\"documents\":[\"a\"]}", "\"query\"" },
		{ "{\"query\":\"\",\"documents\":[\"a\"]}", "query is empty" },
		{ "{\"prompt\":\"\",\"documents\":[\"a\"]}", "query is empty" },
		{ "{\"messages\":[],\"documents\":[\"a\"]}", "\"query\"" },
		{ "{\"query\":\"q\"}", "\"documents\"" },
		{ "{\"query\":\"q\",\"documents\":[]}", "\"documents\"" },
		{ "{\"query\":\"q\",\"documents\":{}}", "\"documents\"" },
		{ "{\"query\":\"q\",\"documents\":\"a\"}", "\"documents\"" },
		{ "{\"query\":\"q\",\"documents\":[\"a\",null]}", "documents[1]" },
		{ "{\"query\":\"q\",\"documents\":[{\"text\":7}]}", "documents[0]" },
		{ "{\"query\":\"q\",\"documents\":[[\"a\"]]}", "documents[0]" },
		{ "\"q\"", "\"documents\"" },
		{ "[1]", "\"query\"" },
		{ "7", "\"query\"" },
	};
	for (size_t i = 0; i < APIS_N; i++) {
		struct desk d;
		sit_at(&d, apis[i], NULL);
		for (size_t j = 0; j < sizeof cases / sizeof *cases; j++)
			check_fault(&d, cases[j].record, ERROR_BAD_RECORD, cases[j].words);
		stand_up(&d);
	}
}

TEST("more documents than a vendor takes at once are a fault, and not where the server says")
{
	for (size_t i = 0; i < APIS_N; i++) {
		struct desk d;
		struct buf record, body;
		struct fault fault;
		bool is_bounded = apis[i] == &api_cohere_rerank || apis[i] == &api_voyage_rerank;
		buf_init(&record, 100000);
		buf_init(&body, 100000);
		buf_put_str(&record, "{\"query\":\"q\",\"documents\":[\"a\"");
		for (int n = 1; n < 1000; n++)
			buf_put_str(&record, ",\"a\"");
		size_t end = record.len;
		buf_put(&record, "]}", 3);
		sit_at(&d, apis[i], NULL);
		CHECK(build(&d, record.data, &body, &fault));
		record.len = end;
		buf_put(&record, ",\"a\"]}", 7);
		buf_clear(&body);
		CHECK_INT(build(&d, record.data, &body, &fault), !is_bounded);
		CHECK(!is_bounded || strstr(fault.msg, "1000"));
		stand_up(&d);
		buf_release(&record);
		buf_release(&body);
	}
}

TEST("what rerank APIs have no field for is refused, not left out")
{
	static const char record[] = "{\"query\":\"q\",\"documents\":[\"a\"]}";
	static const struct image image = { 0 };
	struct desk d;
	struct err err;
	sit_at(&d, &api_jina_rerank, NULL);
	d.step->has_system = true;
	check_fault(&d, record, ERROR_BAD_RECORD, "jina-rerank takes no system message");
	d.step->has_system = false;
	d.step->max_tokens = 5;
	check_fault(&d, record, ERROR_BAD_RECORD, "--max-tokens");
	d.step->max_tokens = 0;
	d.images = &image;
	d.images_n = 1;
	check_fault(&d, record, ERROR_BAD_RECORD, "image");
	d.images_n = 0;
	d.step->schema = schema_new(SPAN("true"), &err);
	check_fault(&d, record, ERROR_BAD_RECORD, "schema");
	stand_up(&d);
}

TEST("a rerank request that would be too large is a fault, wherever it is cut")
{
	static const char *const records[] = {
		"{\"query\":\"q\",\"documents\":[\"a\",{\"text\":\"b\"}]}",
		"{\"prompt\":\"q\",\"documents\":[\"a\"]}",
		"{\"body\":{\"query\":\"q\"}}",
	};
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct desk d;
		sit_at(&d, &api_jina_rerank, NULL);
		check_ceilings(&d, records[i]);
		stand_up(&d);
	}
}
