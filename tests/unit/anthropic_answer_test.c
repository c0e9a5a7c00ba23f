/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define SAID(content, stop)                                                                     \
	"{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\"," \
	"\"content\":" content ",\"stop_reason\":" stop ",\"stop_sequence\":null,"              \
	"\"usage\":{\"input_tokens\":10,\"output_tokens\":5}}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THOUGHT "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"}"
#define CALL "{ \"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"a\": 1.0}}"
#define ERROR(type, text)                                                          \
	"{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" text \
	"\"},\"request_id\":\"r\"}"

#define CHECK_READINGS(cases) \
	check_readings("anthropic", false, cases, sizeof cases / sizeof *cases)

TEST("Anthropic's texts are the answer, one after the other, without what the model thinks")
{
	static struct reading cases[] = {
		{ 200, SAID("[" TEXT("a\\n\\u00e9") "]", "\"end_turn\""), OUTCOME_ANSWERED,
			"a\\n\\u00e9", NULL },
		{ 200,
			SAID("[" THOUGHT "," TEXT("\\ud83d") "," TEXT("\\ude00") "," THOUGHT "]",
				"\"stop_sequence\""),
			OUTCOME_ANSWERED, "\\ud83d\\ude00", NULL },
		{ 200, SAID("[" TEXT("") "]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, SAID("[" TEXT("a") "]", "\"of_next_year\""), OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAID("[" TEXT("a") "]", "null"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAID("[" TEXT("a") "]", "7"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, " \n{\"content\":[" TEXT("x") "],\"content\":[" TEXT("y") "]} ",
			OUTCOME_ANSWERED, "y", NULL },
		{ 200, "{\"content\":[" TEXT("a") "],\"error\":null}", OUTCOME_ANSWERED, "a",
			NULL },
	};
	CHECK_READINGS(cases);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cases[i].status = 201;
	CHECK_READINGS(cases);
}

TEST("an empty list of Anthropic's is an empty answer where the model came to its end")
{
	static const struct reading cases[] = {
		{ 200, SAID("[]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, SAID("[" THOUGHT "]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, SAID("[]", "null"), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("[]", "\"tool_use\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("[1,null,[],{\"type\":\"text\",\"text\":5},{\"type\":7}]", "\"odd\""),
			OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("null", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("\"text\"", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ 200, SAID("{}", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
	};
	CHECK_READINGS(cases);
}

TEST("a text of Anthropic's that is none spoils the answer")
{
	static const struct reading cases[] = {
		{ 200, SAID("[" TEXT("a") ",{\"type\":\"text\",\"text\":null}]", "\"end_turn\""),
			OUTCOME_BAD_RESPONSE, "a", "missing" },
		{ 200, SAID("[{\"type\":\"text\"}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ 200, SAID("[{\"type\":\"of_next_year\"}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE,
			NULL, "content[].text" },
	};
	CHECK_READINGS(cases);
}

TEST("why Anthropic's model stopped decides what its answer amounts to")
{
	static const struct reading cases[] = {
		{ 200, SAID("[" TEXT("half") "]", "\"max_tokens\""), OUTCOME_TRUNCATED, "half",
			"--max-tokens" },
		{ 200, SAID("[" TEXT("half") "]", "\"model_context_window_exceeded\""),
			OUTCOME_TRUNCATED, "half", "context" },
		{ 200, SAID("[" TEXT("half") "]", "\"pause_turn\""), OUTCOME_TRUNCATED, "half",
			"paused" },
		{ 200, SAID("[]", "\"refusal\""), OUTCOME_POLICY, NULL, "the model refused" },
		{ 200,
			SAID("[" TEXT("half") "]",
				"\"refusal\",\"stop_details\":{\"category\":\"cyber\",\"explanation\":\"No \\u0022x\\u0022.\"}"),
			OUTCOME_POLICY, "half", "the model refused: No \"x\"." },
		{ 200,
			SAID("[]",
				"\"refusal\",\"stop_details\":{\"category\":\"cyber\",\"explanation\":null}"),
			OUTCOME_POLICY, NULL, "the model refused: cyber" },
		{ 200, SAID("[]", "\"refusal\",\"stop_details\":7"), OUTCOME_POLICY, NULL,
			"the model refused" },
		{ 200,
			SAID("[" TEXT("a") "]",
				"\"end_turn\",\"stop_details\":{\"category\":\"x\"}"),
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("answers that are none of Anthropic's are bad responses, whatever they are")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"content\":[", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"content\":[" TEXT("\xff") "]}", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, SAID("[" TEXT("a") "]", "\"end_turn\"") "x", OUTCOME_BAD_RESPONSE, NULL,
			"not JSON" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "[" SAID("[" TEXT("a") "]", "\"end_turn\"") "]", OUTCOME_BAD_RESPONSE, NULL,
			"no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no content" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", OUTCOME_BAD_RESPONSE,
			NULL, "no content" },
		{ 200, "{\"content\":null,\"stop_reason\":null}", OUTCOME_BAD_RESPONSE, NULL,
			"no content" },
	};
	CHECK_READINGS(cases);
}

TEST("an error of Anthropic's in a success is the error that its type says")
{
	static const struct reading cases[] = {
		{ 200, ERROR("overloaded_error", "Overloaded"), OUTCOME_CAPACITY, NULL,
			"Overloaded" },
		{ 200, ERROR("rate_limit_error", "slow"), OUTCOME_RATE, NULL, "slow" },
		{ 200, ERROR("api_error", "oops"), OUTCOME_FAULT, NULL, "oops" },
		{ 200, "{\"error\":\"a text\"}", OUTCOME_FAULT, NULL, "a text" },
	};
	CHECK_READINGS(cases);
}

TEST("Anthropic's errors are told apart by status, type and words")
{
	static const struct reading errors[] = {
		{ 400, ERROR("invalid_request_error", "bad field"), OUTCOME_REQUEST, NULL,
			"HTTP 400: bad field" },
		{ 400,
			ERROR("invalid_request_error",
				"prompt is too long: 208310 tokens > 200000 maximum"),
			OUTCOME_TOO_LONG, NULL, "208310" },
		{ 400,
			ERROR("invalid_request_error",
				"input length and `max_tokens` exceed context limit: 1 + 2 > 2"),
			OUTCOME_TOO_LONG, NULL, "exceed" },
		{ 400,
			ERROR("invalid_request_error",
				"Your credit balance is too low to access the Anthropic API."),
			OUTCOME_QUOTA, NULL, "credit" },
		{ 400,
			ERROR("invalid_request_error",
				"You have reached your specified API usage limits."),
			OUTCOME_QUOTA, NULL, "usage limits" },
		{ 401, ERROR("authentication_error", "invalid x-api-key"), OUTCOME_AUTH, NULL,
			"x-api-key" },
		{ 402, ERROR("billing_error", "pay"), OUTCOME_QUOTA, NULL, "pay" },
		{ 403, ERROR("permission_error", "no"), OUTCOME_AUTH, NULL, "no" },
		{ 404, ERROR("not_found_error", "model: x"), OUTCOME_NOT_FOUND, NULL, "model: x" },
		{ 409, ERROR("conflict_error", "c"), OUTCOME_CONFLICT, NULL, "c" },
		{ 413, "<html>", OUTCOME_TOO_LONG, NULL, "413" },
		{ 429, ERROR("rate_limit_error", "slow"), OUTCOME_RATE, NULL, "slow" },
		{ 429,
			"{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\","
			"\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}",
			OUTCOME_QUOTA, NULL, "m" },
		{ 500, ERROR("api_error", "oops"), OUTCOME_FAULT, NULL, "oops" },
		{ 504, ERROR("timeout_error", "late"), OUTCOME_FAULT, NULL, "late" },
		{ 529, ERROR("overloaded_error", "Overloaded"), OUTCOME_CAPACITY, NULL,
			"HTTP 529: Overloaded" },
	};
	check_readings("anthropic", false, errors, sizeof errors / sizeof *errors);
}

TEST("Anthropic's tool calls are kept as they came, and are the value where nothing is said")
{
	static const struct {
		const char *body;
		enum outcome outcome;
		const char *calls;
		bool is_value;
	} cases[] = {
		{ SAID("[" CALL "]", "\"tool_use\""), OUTCOME_ANSWERED, "[" CALL "]", true },
		{ SAID("[" THOUGHT "," CALL "," TEXT("") "," CALL "]", "\"tool_use\""),
			OUTCOME_ANSWERED, "[" CALL "," CALL "]", true },
		{ SAID("[" TEXT("t") "," CALL "]", "\"tool_use\""), OUTCOME_ANSWERED, "[" CALL "]",
			false },
		{ SAID("[{\"type\":\"server_tool_use\",\"id\":\"s\"}," TEXT("t") "]",
			  "\"end_turn\""),
			OUTCOME_ANSWERED, NULL, false },
		{ SAID("[" CALL "]", "\"max_tokens\""), OUTCOME_TRUNCATED, "[" CALL "]", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive(&attempt, 200, span_of(cases[i].body));
		api_find("anthropic")->read(&attempt, &answer);
		CHECK_INT(answer.outcome, cases[i].outcome);
		CHECK_INT(answer.value.at != NULL, cases[i].is_value);
		if (cases[i].calls)
			CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, cases[i].calls);
		else
			CHECK(answer.tool_calls.at == NULL);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("finish and model of Anthropic's answers are told in our words")
{
	static const struct {
		const char *stop;
		enum finish finish;
	} cases[] = {
		{ "\"end_turn\"", FINISH_STOP },
		{ "\"stop_sequence\"", FINISH_STOP },
		{ "\"max_tokens\"", FINISH_LENGTH },
		{ "\"model_context_window_exceeded\"", FINISH_LENGTH },
		{ "\"tool_use\"", FINISH_TOOL_CALLS },
		{ "\"refusal\"", FINISH_REFUSAL },
		{ "\"pause_turn\"", FINISH_UNKNOWN },
		{ "\"\"", FINISH_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		char body[400];
		snprintf(body, sizeof body, SAID("[" TEXT("a") "]", "%s"), cases[i].stop);
		receive(&attempt, 200, span_of(body));
		api_find("anthropic")->read(&attempt, &answer);
		CHECK_INT(answer.finish, cases[i].finish);
		CHECK_MEM(answer.model.at, answer.model.n, "claude-x");
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("Anthropic's tokens: what the cache had and got is input, what was thought is output")
{
	static const struct {
		const char *usage;
		struct usage want;
	} cases[] = {
		{ "{\"input_tokens\":10,\"output_tokens\":5}",
			{ 10, 5, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"input_tokens\":10,\"cache_creation_input_tokens\":200,"
		  "\"cache_read_input_tokens\":3000,\"output_tokens\":5,"
		  "\"output_tokens_details\":{\"thinking_tokens\":4}}",
			{ 3210, 5, 3000, 4, 200, 0, TIER_USUAL } },
		{ "{\"input_tokens\":\"10\",\"cache_read_input_tokens\":null}",
			{ 10, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"input_tokens\":9007199254740992,\"cache_read_input_tokens\":1}",
			{ 9007199254740993, -1, 1, -1, 0, 0, TIER_USUAL } },
		{ "{\"input_tokens\":-1,\"output_tokens\":1.5}",
			{ -1, -1, -1, -1, 0, 0, TIER_USUAL } },
		/* what is kept for how long */
		{ "{\"input_tokens\":1,\"cache_creation_input_tokens\":50,\"cache_creation\":{"
		  "\"ephemeral_5m_input_tokens\":20,\"ephemeral_1h_input_tokens\":30},"
		  "\"service_tier\":\"batch\"}",
			{ 51, -1, -1, -1, 50, 30, TIER_BATCH } },
		{ "{\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,"
		  "\"ephemeral_1h_input_tokens\":30},\"input_tokens\":1,"
		  "\"cache_creation_input_tokens\":null,\"service_tier\":\"standard\"}",
			{ 51, -1, -1, -1, 50, 30, TIER_USUAL } },
		{ "{\"input_tokens\":1,\"cache_creation\":null,\"service_tier\":\"priority\"}",
			{ 1, -1, -1, -1, 0, 0, TIER_PRIORITY } },
		{ "[1]", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "null", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;
		answer_init(&answer, OUTCOME_ANSWERED);
		answer.usage_text = span_of(cases[i].usage);
		check_usage("anthropic", &answer, &cases[i].want);
		answer_release(&answer);
	}
}
