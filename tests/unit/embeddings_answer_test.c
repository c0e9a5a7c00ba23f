/* SPDX-License-Identifier: MIT */
#include "api/embeddings.h"
#include "reading.h"

/* Three vectors, and what is to become of them: their texts, "" for a missing one. */
struct pack {
	const char *body;
	const char *want[3];
};

#define DATA(items) \
	"{\"object\":\"list\",\"data\":[" items "],\"model\":\"m\",\"usage\":{\"total_tokens\":9}}"

/* 1.5 and -2 as float32. */
#define BASE64 "AADAPwAAAMA="

static void read_pack(struct exchange *x, unsigned texts_n, int status, const char *body)
{
	*x = (struct exchange){ 0 };
	receive(&x->attempt, status, span_of(body));
	x->attempt.texts_n = texts_n;
	x->attempt.endpoint = &x->endpoint;
	embeddings_read(&x->attempt, &x->answer);
}

static bool check_vector(const struct vector *v, const char *want)
{
	size_t n = 0;
	if (!*want)
		return CHECK(v->text.at == NULL);
	for (const char *at = want; *at; at++)
		n += *at == ',';
	bool ok = CHECK_MEM(v->text.at, v->text.n, want);
	ok &= CHECK_INT(v->n, *want == '[' ? n + 1 : 2);
	return ok & CHECK_INT(vector_is_digits(v), *want == '[');
}

static void check_packs(const struct pack *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct exchange x;
		read_pack(&x, 3, 200, cases[i].body);
		bool ok = CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		ok &= CHECK_STR(x.answer.message, NULL);
		ok &= CHECK_INT(x.answer.finish, FINISH_STOP);
		ok &= CHECK(x.answer.text.at == NULL && x.answer.value.at == NULL);
		for (size_t j = 0; x.answer.vectors && j < 3; j++)
			ok &= check_vector(&x.answer.vectors[j], cases[i].want[j]);
		ok &= CHECK(x.answer.vectors != NULL);
		if (!ok)
			printf("#   %s\n", cases[i].body);
		leave(&x);
	}
}

#define CHECK_PACKS(cases) check_packs(cases, sizeof cases / sizeof *cases)

TEST("the vectors of every vendor's answer come in the order of the texts, with its digits")
{
	static const struct pack cases[] = {
		{ DATA("{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.10,-2e-3]},"
		       "{\"object\":\"embedding\",\"embedding\":[1],\"index\":1},"
		       "{\"embedding\":[3,4,5],\"object\":\"embedding\",\"index\":2}"),
			{ "[0.10,-2e-3]", "[1]", "[3,4,5]" } },
		{ DATA("{\"index\":0,\"embedding\":\"" BASE64 "\"},"
		       "{\"index\":1,\"embedding\":\"" BASE64 "\"},"
		       "{\"index\":2,\"embedding\":[7]}"),
			{ BASE64, BASE64, "[7]" } },
		{ DATA("{\"embedding\":[1]},{\"embedding\":[2]},{\"embedding\":[3]}"),
			{ "[1]", "[2]", "[3]" } },
		{ DATA("{\"index\":null,\"embedding\":[1]},{\"embedding\":[2]},{\"embedding\":[3]}"),
			{ "[1]", "[2]", "[3]" } },
		{ "{\"model\":\"m\",\"embeddings\":[[1],[2,2],[3]],\"total_duration\":1}",
			{ "[1]", "[2,2]", "[3]" } },
		{ "{\"embeddings\":[\"" BASE64 "\",\"" BASE64 "\",\"" BASE64 "\"]}",
			{ BASE64, BASE64, BASE64 } },
		{ "{\"id\":\"i\",\"embeddings\":{\"float\":[[1],[2],[3]]},\"texts\":[\"a\",\"b\",\"c\"],"
		  "\"meta\":{\"billed_units\":{\"input_tokens\":3}},\"response_type\":\"embeddings_by_type\"}",
			{ "[1]", "[2]", "[3]" } },
		{ "{\"embeddings\":{\"int8\":[[9],[9],[9]],\"base64\":[\"" BASE64 "\",\"" BASE64
		  "\",\"" BASE64 "\"]}}",
			{ BASE64, BASE64, BASE64 } },
		{ "{\"embeddings\":[{\"values\":[1]},{\"values\":[2]},{\"values\":[3]}]}",
			{ "[1]", "[2]", "[3]" } },
		{ "{\"embeddings\":[{\"embedding\":{\"values\":[1]}},{\"values\":[2]},{\"values\":[3]}]}",
			{ "[1]", "[2]", "[3]" } },
		{ " [[1],[2],[3]]\n", { "[1]", "[2]", "[3]" } },
		{ "[{\"index\":2,\"embedding\":[3]},{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[2]}]",
			{ "[1]", "[2]", "[3]" } },
		{ "{\"error\":null,\"message\":\"fine\",\"embeddings\":[[1],[2],[3]]}",
			{ "[1]", "[2]", "[3]" } },
	};
	CHECK_PACKS(cases);
}

TEST("vectors go where their index says, not where they stand")
{
	static const struct pack cases[] = {
		{ DATA("{\"index\":2,\"embedding\":[3]},{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[2]}"),
			{ "[1]", "[2]", "[3]" } },
		{ DATA("{\"index\":\"1\",\"embedding\":[2]},{\"embedding\":[1],\"\\u0069ndex\":0},{\"index\":2,\"embedding\":[3]}"),
			{ "[1]", "[2]", "[3]" } },
		{ DATA("{\"index\":2,\"embedding\":[3]},{\"index\":0,\"embedding\":[1]}"),
			{ "[1]", "", "[3]" } },
		{ DATA("{\"index\":1,\"embedding\":[2]}"), { "", "[2]", "" } },
	};
	CHECK_PACKS(cases);
}

TEST("an item with no vector in it is one that has not come, and its neighbours have")
{
	static const struct pack cases[] = {
		{ "[[1],null,[3]]", { "[1]", "", "[3]" } },
		{ "[[1],[],[3]]", { "[1]", "", "[3]" } },
		{ "[[1],[2,null],[3]]", { "[1]", "", "[3]" } },
		{ "[[1],[[2]],[3]]", { "[1]", "", "[3]" } },
		{ "[[1],[\"2\"],[3]]", { "[1]", "", "[3]" } },
		{ "[[1],7,{}]", { "[1]", "", "" } },
		{ "[[1],\"no base64\",\"\"]", { "[1]", "", "" } },
		{ "[[1],\"AADAPwAA\",\"[1]\"]", { "[1]", "", "" } },
		{ DATA("{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":null},{\"index\":2}"),
			{ "[1]", "", "" } },
		{ DATA("{\"index\":0,\"embedding\":[1]},{\"error\":{\"message\":\"m\"}},null"),
			{ "[1]", "", "" } },
	};
	CHECK_PACKS(cases);
}

TEST("vectors with white space in them are those without, and escaped base64 is base64")
{
	static const struct pack cases[] = {
		{ "{ \"embeddings\" : [ [ 1 , 2.50 ] ,\n[\t3\r\n], [4] ] }",
			{ "[1,2.50]", "[3]", "[4]" } },
		{ "[[ 1 ],[2, null],[ 3 ]]", { "[1]", "", "[3]" } },
		{ "[\"\\u0041ADAPwAAAMA=\",[ 2 ],\"AAD\\/PwAAAMA=\"]",
			{ BASE64, "[2]", "AAD/PwAAAMA=" } },
	};
	CHECK_PACKS(cases);
}

struct failure {
	int status;
	const char *body;
	enum outcome outcome;
	const char *words;
};

static void check_failures(const struct failure *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct exchange x;
		read_pack(&x, 3, cases[i].status, cases[i].body);
		bool ok = CHECK_INT(x.answer.outcome, cases[i].outcome);
		ok &= CHECK(x.answer.message && strstr(x.answer.message, cases[i].words));
		ok &= CHECK(x.answer.vectors == NULL);
		if (!ok)
			printf("#   %s: %s\n", cases[i].body, x.answer.message);
		leave(&x);
	}
}

#define CHECK_FAILURES(cases) check_failures(cases, sizeof cases / sizeof *cases)

TEST("vectors of which it is not sure whose they are are given to nobody")
{
	static const struct failure cases[] = {
		{ 200, "[[1],[2]]", OUTCOME_BAD_RESPONSE, "2 vectors came for 3 texts" },
		{ 200, "[[1],[2],[3],[4]]", OUTCOME_BAD_RESPONSE, "4 vectors came for 3 texts" },
		{ 200, "{\"embedding\":[1]}", OUTCOME_BAD_RESPONSE, "1 vectors came for 3 texts" },
		{ 200, DATA("{\"embedding\":[1]}"), OUTCOME_BAD_RESPONSE, "1 vectors came" },
		{ 200, DATA("{\"index\":1,\"embedding\":[1]},{\"index\":2,\"embedding\":[2]},{\"index\":3,\"embedding\":[3]}"),
			OUTCOME_BAD_RESPONSE, "none of the 3 texts" },
		{ 200, DATA("{\"index\":0,\"embedding\":[1]},{\"index\":-1,\"embedding\":[2]}"),
			OUTCOME_BAD_RESPONSE, "none of the 3 texts" },
		{ 200, DATA("{\"index\":0.5,\"embedding\":[1]}"), OUTCOME_BAD_RESPONSE,
			"none of the 3 texts" },
		{ 200, DATA("{\"index\":18446744073709551616,\"embedding\":[1]}"),
			OUTCOME_BAD_RESPONSE, "none of the 3 texts" },
		{ 200, DATA("{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[2]},{\"index\":0,\"embedding\":[3]}"),
			OUTCOME_BAD_RESPONSE, "two vectors with the index 0" },
		{ 200, DATA("{\"index\":1,\"embedding\":[1]},{\"embedding\":[2]},{\"embedding\":[3]}"),
			OUTCOME_BAD_RESPONSE, "2 vectors without an index" },
		{ 200, "{\"embeddings\":[[1],[2]],\"data\":[[3]]}", OUTCOME_BAD_RESPONSE,
			"2 vectors came" },
	};
	CHECK_FAILURES(cases);
}

TEST("an answer without a vector, or that is no JSON to its end, is a bad response")
{
	static const struct failure cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "null", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "[1,2,3]", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "[null,null,null]", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "{\"data\":{\"index\":0,\"embedding\":[1]}}", OUTCOME_BAD_RESPONSE,
			"no vectors" },
		{ 200, "{\"embeddings\":null}", OUTCOME_BAD_RESPONSE, "no vectors" },
		{ 200, "{\"embeddings\":{\"int8\":[[1],[2],[3]]}}", OUTCOME_BAD_RESPONSE,
			"no vectors" },
		{ 200, "[[1],[2],[3]", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "[[1],[2],[3]]]", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "[[1],[2],[03]]", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "[[ 1],[2],[NaN]]", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "{\"embeddings\":[[1],[2],[3]],\"x\":}", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "data: [[1],[2],[3]]\n\n", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "\x1f\x8b\x08", OUTCOME_BAD_RESPONSE, "gzip" },
	};
	CHECK_FAILURES(cases);
}

TEST("a single text's vector needs no list")
{
	static const char *const bodies[] = { "{\"embedding\":{\"values\":[1,2]}}",
		"{\"embedding\":[1,2]}", "{\"embedding\":[ 1, 2 ]}", "[[1,2]]",
		"{\"embeddings\":[{\"values\":[1,2]}]}", DATA("{\"embedding\":[1,2]}") };
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct exchange x;
		read_pack(&x, 1, 200, bodies[i]);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		if (CHECK(x.answer.vectors != NULL))
			check_vector(&x.answer.vectors[0], "[1,2]");
		leave(&x);
	}
}

TEST("what an answer says of its model and tokens is found, whoever says it")
{
	static const struct {
		const char *body, *model, *usage;
		int64_t input;
	} cases[] = {
		{ "{\"data\":[[1]],\"model\":\"m-1\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":9}}",
			"m-1", "{\"prompt_tokens\":8,\"total_tokens\":9}", 8 },
		{ "{\"data\":[[1]],\"usage\":{\"total_tokens\":9}}", NULL, "{\"total_tokens\":9}",
			9 },
		{ "{\"model\":\"o\",\"embeddings\":[[ 1 ]],\"prompt_eval_count\":7,\"load_duration\":3}",
			"o", "{\"prompt_eval_count\":7}", 7 },
		{ "{\"prompt_eval_count\":7,\"embeddings\":[[1]]}", NULL,
			"{\"prompt_eval_count\":7}", 7 },
		{ "{\"embeddings\":{\"float\":[[1]]},\"meta\":{\"tokens\":{\"input_tokens\":2},\"billed_units\":{\"input_tokens\":3}}}",
			NULL,
			"{\"tokens\":{\"input_tokens\":2},\"billed_units\":{\"input_tokens\":3}}",
			3 },
		{ "{\"embeddings\":[[1]],\"usageMetadata\":{\"promptTokenCount\":4}}", NULL,
			"{\"promptTokenCount\":4}", 4 },
		{ "[[1]]", NULL, NULL, -1 },
		{ "{\"data\":[[1]],\"model\":7,\"usage\":null}", NULL, "null", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange x;
		read_pack(&x, 1, 200, cases[i].body);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		check_span(x.answer.model, cases[i].model);
		check_span(x.answer.usage_text, cases[i].usage);
		embeddings_read_usage(&x.answer);
		CHECK_INT(x.answer.usage.input, cases[i].input);
		CHECK_INT(x.answer.usage.output, -1);
		leave(&x);
	}
}

TEST("errors are understood, in a success too, and those of size are told from the others")
{
	static const struct failure cases[] = {
		{ 401, "{\"detail\":\"Provided API key is invalid.\"}", OUTCOME_AUTH, "invalid" },
		{ 200, "{\"error\":{\"message\":\"broken\"}}", OUTCOME_FAULT, "broken" },
		{ 200, "{\"embeddings\":[[1],[2],[3]],\"error\":\"broken\"}", OUTCOME_FAULT,
			"broken" },
		{ 200, "{\"detail\":\"broken\"}", OUTCOME_FAULT, "broken" },
		{ 200, "[{\"error\":{\"code\":400,\"message\":\"bad\"}}]", OUTCOME_REQUEST, "bad" },
		{ 400, "{\"error\":{\"message\":\"'$.input' is invalid.\",\"code\":\"x\"}}",
			OUTCOME_REQUEST, "invalid" },
		{ 400, "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens, however you requested 9000\"}}",
			OUTCOME_TOO_LONG, "8192" },
		{ 500, "{\"error\":{\"code\":500,\"message\":\"input is too large to process. increase the physical batch size\",\"type\":\"server_error\"}}",
			OUTCOME_TOO_LONG, "physical" },
		{ 400, "{\"error\":\"the input length exceeds the context length\"}",
			OUTCOME_TOO_LONG, "context" },
		{ 500, "{\"error\":\"batch size of the runner\"}", OUTCOME_FAULT, "runner" },
	};
	CHECK_FAILURES(cases);
}

TEST("a refusal of a pack for its size says so, and that of one text does not")
{
	static const struct {
		int status;
		const char *body;
		bool has_too_many;
	} cases[] = {
		{ 400, "{\"error\":{\"message\":\"Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length 3000 instead.\",\"type\":\"invalid_request_error\",\"param\":\"input\",\"code\":\"array_above_max_length\"}}",
			true },
		{ 400, "{\"error\":{\"message\":\"Requested 375703 tokens, max 300000 tokens per request\",\"type\":\"max_tokens_per_request\",\"code\":\"max_tokens_per_request\"}}",
			true },
		{ 400, "{\"error\":{\"code\":400,\"message\":\"* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\\n\",\"status\":\"INVALID_ARGUMENT\"}}",
			true },
		{ 400, "{\"message\":\"invalid request: total number of texts must be at most 96 - received 131\"}",
			true },
		{ 400, "{\"detail\":\"Request to model 'voyage-code-3' failed. The max allowed tokens per submitted batch is 120000. Your batch has 124417 tokens after truncation.\"}",
			true },
		{ 400, "{\"object\":\"error\",\"message\":\"Too many tokens in batch. Max is 16384 got 17555\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}",
			true },
		{ 400, "{\"object\":\"error\",\"message\":\"Too many tokens overall, split into more batches.\",\"type\":\"invalid_request_prompt\",\"code\":\"3210\"}",
			true },
		{ 422, "{\"error\":\"batch size 64 > maximum allowed batch size 32\",\"error_type\":\"Validation\"}",
			true },
		{ 422, "{\"detail\":\"Validation error: 'body -> jina-embeddings-v4' Each input list can contain at most 512 items.\"}",
			true },
		{ 429, "{\"error\":{\"message\":\"Request too large for text-embedding-3-small on tokens per min (TPM): Limit 10000, Requested 12374.\",\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
			true },
		{ 413, "Payload too large", true },
		{ 413, "{\"error\":\"batch size 64 > maximum\",\"error_type\":\"Validation\"}",
			true },
		{ 400, "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens\"}}",
			false },
		{ 422, "{\"error\":\"`inputs` must have less than 512 tokens. Given: 600\",\"error_type\":\"Validation\"}",
			false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange x;
		read_pack(&x, 3, cases[i].status, cases[i].body);
		if (!CHECK_INT(x.answer.outcome, OUTCOME_TOO_LONG) ||
			!CHECK_INT(embeddings_has_too_many(&x.attempt, &x.answer),
				cases[i].has_too_many))
			printf("#   %s\n", cases[i].body);
		x.answer.outcome = OUTCOME_REQUEST;
		CHECK(!embeddings_has_too_many(&x.attempt, &x.answer));
		x.answer.outcome = OUTCOME_TOO_LARGE;
		CHECK(embeddings_has_too_many(&x.attempt, &x.answer));
		leave(&x);
	}
}

/* A pack whose JSON has nothing to do with the case, unless it says so. */
static void check_blame(int status, const char *sent, const char *body, long want)
{
	struct exchange x;
	read_pack(&x, 5, status, body);
	buf_release(&x.attempt.body);
	buf_init(&x.attempt.body, 10000);
	CHECK(buf_put_str(&x.attempt.body, sent));
	if (!CHECK_INT(embeddings_blamed(&x.attempt, &x.answer), want))
		printf("#   %.200s\n", body);
	leave(&x);
}

TEST("the text that a refusal names is blamed, however it is named")
{
	static const struct {
		int status;
		const char *body;
		long want;
	} cases[] = {
		{ 400, "{\"error\":{\"message\":\"Invalid 'input[3]': string too long.\",\"param\":\"input[3]\"}}",
			3 },
		{ 400, "{\"error\":{\"message\":\"bad\",\"param\":\"input.2\"}}", 2 },
		{ 400, "{\"error\":{\"message\":\"'$.input[4]' is invalid\",\"param\":null}}", 4 },
		{ 400, "{\"message\":\"invalid request: texts[1] must not be empty\"}", 1 },
		{ 422, "{\"error\":\"inputs[0] cannot be empty\",\"error_type\":\"Validation\"}",
			0 },
		{ 400, "{\"error\":{\"code\":400,\"message\":\"* BatchEmbedContentsRequest.requests[3].content: contents is not specified\\n\"}}",
			3 },
		{ 400, "[{\"error\":{\"code\":400,\"message\":\"bad\",\"details\":[{\"@type\":\"x\"},{\"fieldViolations\":[{\"field\":\"batch.requests[3].content\"}]}]}}]",
			3 },
		{ 422, "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"input\",3],\"msg\":\"m\"}]}",
			3 },
		{ 422, "{\"detail\":[{\"loc\":[\"body\",\"input\",\"str\"]},{\"loc\":[\"body\",\"input\",\"list[int]\",0]},{\"loc\":[\"body\",\"input\",\"list[str]\",2]}]}",
			2 },
		{ 400, "{\"detail\":\"Request to model 'voyage-3' failed. The example at index 2 in your batch has too many tokens\"}",
			2 },
		{ 400, "{\"message\":\"bad \\u0069nput[1]\"}", 1 },
		{ 413, "{\"message\":\"text[4] is too long\"}", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_blame(cases[i].status, "{\"input\":[\"a\"]}", cases[i].body, cases[i].want);
}

TEST("nobody is blamed by what names none of the texts, or is no refusal")
{
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 400, "{\"error\":{\"message\":\"bad input\",\"param\":\"input\"}}" },
		{ 400, "{\"error\":{\"message\":\"input[5] input[99999999999999999999] input[-1] input[ 1] input[1 input[] input. input.x\"}}" },
		{ 400, "{\"error\":{\"message\":\"myinput[1] _input[1] inputs2[1] input.1st input[1.5]\"}}" },
		{ 400, "{\"error\":{\"message\":\"invalid character at index 3\"}}" },
		{ 400, "input[1]" },
		{ 400, "{\"error\":{\"note\":\"input[1]\"}}" },
		{ 422, "{\"detail\":[{\"loc\":[\"body\",\"model\",3]},{\"loc\":\"input\"},{\"loc\":[\"body\",\"input\",7]},{\"loc\":[\"input\",\"x\",1]}]}" },
		{ 429, "{\"error\":{\"message\":\"input[1]\"}}" },
		{ 500, "{\"error\":{\"message\":\"input[1]\"}}" },
		{ 400, "null" },
		{ 400, "[]" },
		{ 400, "[[1]]" },
		{ 400, "{\"error\":[],\"detail\":{},\"message\":7}" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_blame(cases[i].status, "{}", cases[i].body, -1);
}

TEST("a refusal for what is no text is told from one that may be for a text")
{
	static const struct {
		int status;
		const char *body;
		bool is_no_text;
	} cases[] = {
		{ 400, "{\"error\":{\"message\":\"too many\",\"param\":\"dimensions\"}}", true },
		{ 400, "{\"message\":\"too many\",\"param\":\"encoding_format\"}", true },
		{ 400, "{\"error\":{\"message\":\"Unknown parameter: 'dimensons'.\",\"param\":null}}",
			true },
		{ 400, "{\"error\":{\"message\":\"Unrecognized request argument supplied: x\"}}",
			true },
		{ 400, "{\"error\":{\"message\":\"bad\",\"param\":\"input\"}}", false },
		{ 400, "{\"error\":{\"message\":\"bad\",\"param\":\"input[3]\"}}", false },
		{ 400, "{\"error\":{\"message\":\"'Unknown parameter' is not allowed\"}}", false },
		{ 400, "{\"error\":{\"message\":\"bad\",\"param\":\"\"}}", false },
		{ 400, "{\"error\":\"bad\"}", false },
		{ 400, "no JSON", false },
		{ 500, "{\"error\":{\"message\":\"bad\",\"param\":\"dimensions\"}}", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange x;
		read_pack(&x, 5, cases[i].status, cases[i].body);
		if (!CHECK_INT(embeddings_is_no_text_blamed(&x.attempt, &x.answer),
			    cases[i].is_no_text))
			printf("#   %s\n", cases[i].body);
		leave(&x);
	}
}

TEST("a text that a refusal quotes has nobody blamed by what is written in it")
{
	const char *sent = "{\"input\":[\"no, input[1] did it\",\"b\",\"c\",\"d\"]}";
	check_blame(400, sent, "{\"error\":{\"message\":\"'no, input[1] did it' is not allowed\"}}",
		-1);
	check_blame(400, sent,
		"{\"error\":{\"message\":\"'no, input[1] did it' at input[3] is not allowed\"}}",
		3);
	/* A field of its own is not a quotation. */
	check_blame(400, sent, "{\"error\":{\"message\":\"bad\",\"param\":\"input[1]\"}}", 1);
}

TEST("only the beginning of a long message is looked at, and no escape is cut in half")
{
	for (size_t n = 4082; n < 4110; n++) {
		char *pad = xmalloc(n + 1);
		memset(pad, 'x', n);
		pad[n] = '\0';
		char *body = xasprintf("{\"message\":\"%s\\u00e9 input[2]\"}", pad);
		check_blame(400, "{}", body, -1);
		free(body);
		body = xasprintf("{\"message\":\"input[2] %s\\u00e9\"}", pad);
		check_blame(400, "{}", body, 2);
		free(body);
		free(pad);
	}
}

TEST("what came is given up with an answer that is let go, however it ended")
{
	struct exchange x;
	read_pack(&x, 3, 200, "[[ 1],[2],[3]]");
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK(x.answer.vectors[0].text.at == x.answer.own.data);
	CHECK(x.answer.vectors[1].text.at > x.attempt.answer.data &&
		x.attempt.answer.data + x.attempt.answer.len > x.answer.vectors[1].text.at);
	leave(&x);
}
