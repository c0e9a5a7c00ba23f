/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "reading.h"

#define API "openai-moderation"
#define RESULT "{\"flagged\":true, \"category_scores\":{\"hate/threatening\":0.10}}"

TEST("a prompt, or a record's own input, is looked at; a model need not be named")
{
	struct desk d;
	sit_down(&d, API, NULL, "Look: {{t}}", NULL);
	check_body(&d, "{\"t\":\"\\\"x\"}", "{\"input\":\"Look: \\\"x\"}");
	endpoint_set_model(&d.endpoint, "omni");
	add_param(&d, "a=1");
	check_body(&d, "{\"t\":\"x\"}", "{\"input\":\"Look: x\",\"model\":\"omni\",\"a\":1}");
	check_ceilings(&d, "{\"t\":\"x\"}");
	stand_up(&d);
	sit_down(&d, API, NULL, NULL, NULL);
	check_body(&d, "\"a\\u00e9\"", "{\"input\":\"a\\u00e9\"}");
	check_body(&d, "{\"prompt\":\"p\",\"input\":\"no\"}", "{\"input\":\"p\"}");
	check_body(&d, "{\"input\":\"own\"}", "{\"input\":\"own\"}");
	check_body(&d, "{\"input\":[ {\"type\":\"text\",\"text\":\"x\"} ]}",
		"{\"input\":[ {\"type\":\"text\",\"text\":\"x\"} ]}");
	check_body(&d, "{\"body\":{ \"input\":\"x\" }}", "{ \"input\":\"x\" }");
	endpoint_set_model(&d.endpoint, "omni");
	check_body(&d, "{\"body\":{\"input\":\"x\",\"model\":\"own\"}}",
		"{\"input\":\"x\",\"model\":\"omni\"}");
	stand_up(&d);
}

TEST("a picture is looked at beside the words")
{
	struct desk d;
	sit_down(&d, API, NULL, "p", NULL);
	show(&d, "http://h/\"", NULL);
	check_body(&d, "1",
		"{\"input\":[{\"type\":\"text\",\"text\":\"p\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://h/\\\"\"}}]}");
	stand_up(&d);
	sit_down(&d, API, NULL, "p", NULL);
	show(&d, NULL, "QUJD");
	check_body(&d, "1",
		"{\"input\":[{\"type\":\"text\",\"text\":\"p\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}}]}");
	check_ceilings(&d, "1");
	stand_up(&d);
}

TEST("what moderation knows nothing of is a fault")
{
	struct desk d;
	sit_down(&d, API, NULL, NULL, NULL);
	check_fault(&d, "{\"messages\":[]}", ERROR_BAD_RECORD, "messages");
	check_fault(&d, "{\"text\":\"x\"}", ERROR_BAD_RECORD, "input");
	check_fault(&d, "{\"input\":7}", ERROR_BAD_RECORD, "input");
	want_schema(&d, "{}");
	check_fault(&d, "\"x\"", ERROR_BAD_RECORD, "--schema");
	stand_up(&d);
	sit_down(&d, API, NULL, "p", "sys");
	check_fault(&d, "1", ERROR_BAD_RECORD, "-s");
	stand_up(&d);
}

TEST("the first result is the value as the server wrote it, of several texts all of them")
{
	static const struct usage unknown = { -1, -1, -1, -1, 0, 0, TIER_USUAL };
	struct exchange x;
	enter(&x, API, 200, "{\"id\":\"m\",\"model\":\"omni-1\",\"results\":[" RESULT "]}", false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	check_span(x.answer.value, RESULT);
	check_span(x.answer.model, "omni-1");
	check_span(x.answer.text, NULL);
	check_span(x.answer.usage_text, NULL);
	check_usage(API, &x.answer, &unknown);
	leave(&x);
	enter(&x, API, 200, "{\"results\":[" RESULT ", {}]}", false);
	check_span(x.answer.value, "[" RESULT ", {}]");
	leave(&x);
	CHECK_INT(api_max_tokens(api_find(API), SPAN("{\"max_tokens\":7}")), 0);
}

TEST("a moderation without results is a bad response, an error the failure that it says")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"results\":[{\"fla", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"results\":[]}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"results\":null}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"results\":{\"0\":{}}}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"results\":[7]}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"results\":[{},null]}", OUTCOME_BAD_RESPONSE, NULL, "no results" },
		{ 200, "{\"error\":{\"message\":\"busy\",\"code\":503}}", OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 429, "{\"error\":{\"message\":\"slow\"}}", OUTCOME_RATE, NULL, "slow" },
		{ 401, "{\"error\":{\"message\":\"key\"}}", OUTCOME_AUTH, NULL, "key" },
	};
	check_readings(API, false, cases, sizeof cases / sizeof *cases);
}
