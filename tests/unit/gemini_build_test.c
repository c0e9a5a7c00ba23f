/* SPDX-License-Identifier: MIT */
#include "desk.h"

#define USER(parts) "{\"role\":\"user\",\"parts\":[" parts "]}"
#define MODEL(parts) "{\"role\":\"model\",\"parts\":[" parts "]}"
#define TEXT(text) "{\"text\":\"" text "\"}"
#define MESSAGES(list) "{\"messages\":[" list "]}"

TEST("gemini: a prompt becomes a content of the user's, the system message stands apart")
{
	struct desk d;
	sit_down(&d, "gemini", "m", "Say {{t}}", NULL);
	check_body(&d, "{\"t\":\"\\\"x\"}", "{\"contents\":[" USER(TEXT("Say \\\"x")) "]}");
	stand_up(&d);
	sit_down(&d, "gemini", "m", "{{.}}", "Be {{.}}");
	check_body(&d, "7",
		"{\"contents\":[" USER(TEXT("7")) "],\"systemInstruction\":{\"parts\":[" TEXT(
			"Be 7") "]}}");
	stand_up(&d);
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_body(&d, "\"own\\u00e9\"", "{\"contents\":[" USER(TEXT("own\\u00e9")) "]}");
	check_body(&d, "{\"prompt\":\"p\"}", "{\"contents\":[" USER(TEXT("p")) "]}");
	check_fault(&d, "{\"x\":1}", ERROR_BAD_RECORD, "nothing to ask");
	stand_up(&d);
}

TEST("gemini: messages are told in Google's words, with pictures, calls and results")
{
	struct desk d;
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_body(&d,
		MESSAGES(
			"{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\"},"
			"{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":["
			"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,QUJD\"}},"
			"{\"type\":\"text\",\"text\":\"c\"}]}"),
		"{\"contents\":[" USER(TEXT("a")) "," MODEL(TEXT("b")) "," USER(
			"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"QUJD\"}}," TEXT(
				"c")) "],\"systemInstruction\":{\"parts\":[" TEXT("s") "]}}");
	check_body(&d,
		MESSAGES(
			"{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
			"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},"
			"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},"
			"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r1\"},"
			"{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"r2\"}"),
		"{\"contents\":[" USER(TEXT("q")) "," MODEL(
			"{\"functionCall\":{\"id\":\"c1\",\"name\":\"f\",\"args\":{\"x\":1}}},"
			"{\"functionCall\":{\"id\":\"c2\",\"name\":\"g\",\"args\":{}}}") "," USER("{\"functionResponse\":{\"id\":\"c1\",\"name\":\"f\",\"response\":{\"output\":\"r1\"}}},"
												  "{\"functionResponse\":{\"id\":\"c2\",\"name\":\"g\",\"response\":{\"output\":\"r2\"}}}") "]}");
	stand_up(&d);
}

TEST("gemini: a tool's result has a name: its own, or that of the last call with its id")
{
	struct desk d;
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_body(&d, MESSAGES("{\"role\":\"tool\",\"name\":\"f\",\"content\":\"r\"}"),
		"{\"contents\":[" USER(
			"{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"r\"}}}") "]}");
	check_body(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"old\",\"input\":{}},"
			"{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"new\",\"input\":{}}]},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"1\",\"content\":\"r\"}]}"),
		"{\"contents\":[" MODEL(
			"{\"functionCall\":{\"id\":\"1\",\"name\":\"old\",\"args\":{}}},"
			"{\"functionCall\":{\"id\":\"1\",\"name\":\"new\",\"args\":{}}}") "," USER("{\"functionResponse\":{\"id\":\"1\",\"name\":\"new\",\"response\":{\"output\":\"r\"}}}") "]}");
	check_fault(&d, MESSAGES("{\"role\":\"tool\",\"tool_call_id\":\"9\",\"content\":\"r\"}"),
		ERROR_BAD_RECORD, "without the tool's name");
	check_fault(&d, MESSAGES("{\"role\":\"tool\",\"content\":\"r\"}"), ERROR_BAD_RECORD,
		"without the tool's name");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"input\":{}}]}"),
		ERROR_BAD_RECORD, "name");
	stand_up(&d);
}

TEST("gemini: results of tools that follow each other are one content, of which the user's is none")
{
	struct desk d;
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_body(&d,
		MESSAGES(
			"{\"role\":\"tool\",\"name\":\"f\",\"content\":\"1\"},{\"role\":\"user\",\"content\":\"u\"},"
			"{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\",\"content\":\"v\"}"),
		"{\"contents\":[" USER("{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"1\"}}}") "," USER(
			TEXT("u")) "," USER(TEXT("v")) "]}");
	stand_up(&d);
}

TEST("gemini: images are data, or what https and gs serve; plain http is refused")
{
	struct desk d;
	struct image images[2] = { { .media_type = "image/webp" },
		{ .url = xstrdup("https://h/a.JPG?x=.png") } };
	buf_init(&images[0].base64, 100);
	buf_put_str(&images[0].base64, "QUJD");
	sit_down(&d, "gemini", "m", "p", NULL);
	d.images = images;
	d.images_n = 2;
	check_body(&d, "1",
		"{\"contents\":[" USER(
			"{\"inlineData\":{\"mimeType\":\"image/webp\",\"data\":\"QUJD\"}},"
			"{\"fileData\":{\"mimeType\":\"image/jpeg\",\"fileUri\":\"https://h/a.JPG?x=.png\"}}," TEXT(
				"p")) "]}");
	free(images[1].url);
	images[1].url = xstrdup("gs://bucket/a\"b");
	check_body(&d, "1",
		"{\"contents\":[" USER(
			"{\"inlineData\":{\"mimeType\":\"image/webp\",\"data\":\"QUJD\"}},"
			"{\"fileData\":{\"fileUri\":\"gs://bucket/a\\\"b\"}}," TEXT("p")) "]}");
	free(images[1].url);
	images[1].url = xstrdup("HTTP://h/a.png");
	check_fault(&d, "1", ERROR_BAD_RECORD, "https");
	free(images[1].url);
	buf_release(&images[0].base64);
	stand_up(&d);
}

TEST("gemini: the limit of tokens, the schema and parameters meet in generationConfig")
{
	struct desk d;
	struct err err;
	sit_down(&d, "gemini", "m", "p", NULL);
	d.step->max_tokens = 100;
	d.step->schema = schema_new(SPAN("{\"type\": \"object\"}"), &err);
	CHECK(step_add_param(d.step, "generationConfig.temperature=0.10", &err));
	CHECK(step_add_param(d.step, "safetySettings=[]", &err));
	check_body(&d, "1",
		"{\"contents\":[" USER(TEXT(
			"p")) "],\"generationConfig\":{\"maxOutputTokens\":100,"
			      "\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type\":\"object\"},"
			      "\"temperature\":0.10},\"safetySettings\":[]}");
	CHECK(step_add_param(d.step, "generationConfig.maxOutputTokens=7", &err));
	check_body(&d, "1",
		"{\"contents\":[" USER(TEXT(
			"p")) "],\"generationConfig\":{\"maxOutputTokens\":7,"
			      "\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type\":\"object\"},"
			      "\"temperature\":0.10},\"safetySettings\":[]}");
	stand_up(&d);
}

TEST("gemini: a record's own body goes out byte for byte, but for its model, which the path has")
{
	struct desk d;
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_body(&d, "{\"body\":{ \"contents\" : [ 1.10 ], \"x\":12345678901234567890 }}",
		"{ \"contents\" : [ 1.10 ], \"x\":12345678901234567890 }");
	check_body(&d, "{\"body\":{\"model\":\"own\", \"contents\" : []}}", "{\"contents\" : []}");
	check_body(&d, "{\"body\":{\"model\":\"own\"}}", "{}");
	d.step->max_tokens = 9;
	check_body(&d,
		"{\"body\":{\"model\":\"a\",\"generationConfig\":{\"topK\": 1,\"maxOutputTokens\":5},\"contents\":[],\"model\":\"b\"}}",
		"{\"contents\":[],\"generationConfig\":{\"topK\": 1,\"maxOutputTokens\":9}}");
	check_body(&d,
		"{\"body\":{\"contents\":[],\"generation_config\":{\"max_output_tokens\":5}}}",
		"{\"contents\":[],\"generation_config\":{\"max_output_tokens\":9}}");
	stand_up(&d);
}

TEST("gemini: several candidates are refused before they are paid for")
{
	struct desk d;
	struct err err;
	sit_down(&d, "gemini", "m", NULL, NULL);
	check_fault(&d, "{\"body\":{\"generationConfig\":{\"candidateCount\":2}}}",
		ERROR_BAD_RECORD, "candidateCount");
	check_fault(&d, "{\"body\":{\"generation_config\":{\"candidate_count\":2}}}",
		ERROR_BAD_RECORD, "candidateCount");
	check_body(&d, "{\"body\":{\"generationConfig\":{\"candidateCount\":1}}}",
		"{\"generationConfig\":{\"candidateCount\":1}}");
	CHECK(step_add_param(d.step, "generationConfig.candidateCount=3", &err));
	check_fault(&d, "\"x\"", ERROR_BAD_RECORD, "candidateCount");
	stand_up(&d);
}

TEST("gemini: at a second time the answer and what is wrong with it are two more turns")
{
	struct desk d;
	const struct reask reask = { SPAN("no\\n"), SPAN("do \\\"x\\\"") };
	sit_down(&d, "gemini", "m", "p", NULL);
	d.reask = &reask;
	check_body(&d, "1",
		"{\"contents\":[" USER(TEXT("p")) "," MODEL(TEXT("no\\n")) "," USER(
			TEXT("do \\\"x\\\"")) "]}");
	stand_up(&d);
}

TEST("gemini: no --param asks for several candidates, whichever way it is written")
{
	static const char *const params[] = {
		"generationConfig={\"candidateCount\":4}",
		"generationConfig={\"candidate_count\":4}",
		"generation_config={\"candidateCount\":4}",
		"generation_config={\"candidate_count\":4}",
		"generationConfig.candidate_count=4",
		"generation_config.candidateCount=4",
		"generation_config.candidate_count=4",
	};
	struct desk d;
	for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
		sit_down(&d, "gemini", "m", "p", NULL);
		add_param(&d, params[i]);
		check_fault(&d, "1", ERROR_BAD_RECORD, "candidateCount");
		check_fault(&d, "1", ERROR_BAD_RECORD, "one answer");
		stand_up(&d);
	}
	sit_down(&d, "gemini", "m", "p", NULL);
	add_param(&d, "generationConfig={\"candidateCount\":1,\"topK\":4}");
	check_body(&d, "1",
		"{\"contents\":[" USER(
			TEXT("p")) "],\"generationConfig\":{\"candidateCount\":1,\"topK\":4}}");
	stand_up(&d);
}

TEST("gemini: the system's instruction is given by -s, the record or --param, and by one of them")
{
	struct desk d;
	sit_down(&d, "gemini", "m", "p", "s");
	add_param(&d, "systemInstruction={\"parts\":[]}");
	check_fault(&d, "1", ERROR_BAD_RECORD, "--param systemInstruction");
	stand_up(&d);
	sit_down(&d, "gemini", "m", NULL, NULL);
	add_param(&d, "system_instruction.role=\"x\"");
	check_fault(&d,
		MESSAGES(
			"{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"x\"}"),
		ERROR_BAD_RECORD, "--param system_instruction");
	check_body(&d, "\"x\"",
		"{\"contents\":[" USER(TEXT("x")) "],\"system_instruction\":{\"role\":\"x\"}}");
	stand_up(&d);
}

TEST("gemini: a request at its ceiling is a fault, wherever it is cut")
{
	struct desk d;
	sit_down(&d, "gemini", "m", "p", "s");
	for (size_t max = 1; max < 95; max++) {
		struct buf body;
		struct fault fault;
		buf_init(&body, max);
		if (!build(&d, "1", &body, &fault))
			CHECK(fault.code == ERROR_TEMPLATE && fault.msg[0]);
		else
			CHECK(max >=
				strlen("{\"contents\":[" USER(TEXT(
					"p")) "],\"systemInstruction\":{\"parts\":[" TEXT("s") "]}}"));
		buf_release(&body);
	}
	stand_up(&d);
}

TEST("gemini: the limit of tokens is read from either style of names")
{
	CHECK_INT(
		api_max_tokens(&api_gemini, SPAN("{\"generationConfig\":{\"maxOutputTokens\":7}}")),
		7);
	CHECK_INT(api_max_tokens(
			  &api_gemini, SPAN("{\"generation_config\":{\"max_output_tokens\":7}}")),
		7);
	CHECK_INT(api_max_tokens(
			  &api_gemini, SPAN("{\"generationConfig\":{\"maxOutputTokens\":-7}}")),
		0);
	CHECK_INT(api_max_tokens(&api_gemini, SPAN("{\"generationConfig\":7}")), 0);
	CHECK_INT(api_max_tokens(&api_gemini, SPAN("{}")), 0);
}

TEST("gemini: the path has the model, and streams have one of their own")
{
	char *path = api_path(&api_gemini, "gemini-2.5-flash", false);
	CHECK_STR(path, "/v1beta/models/gemini-2.5-flash:generateContent");
	free(path);
	path = api_path(&api_gemini, "gemini-2.5-flash", true);
	CHECK_STR(path, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
	free(path);
}
