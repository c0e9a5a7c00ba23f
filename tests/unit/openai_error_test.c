/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define CHECK_READINGS(cases) check_readings("openai", false, cases, sizeof cases / sizeof *cases)

#define ERROR_OF(message, type, code)                              \
	"{\"error\":{\"message\":\"" message "\",\"type\":\"" type \
	"\",\"param\":null,\"code\":" code "}}"

TEST("an error of the server or the request is known by its status")
{
	static const struct reading cases[] = {
		{ 400, ERROR_OF("bad", "invalid_request_error", "null"), OUTCOME_REQUEST, NULL,
			"HTTP 400: bad" },
		{ 401, ERROR_OF("bad key", "x", "null"), OUTCOME_AUTH, NULL, "bad key" },
		{ 402, ERROR_OF("pay", "x", "null"), OUTCOME_QUOTA, NULL, "pay" },
		{ 403, ERROR_OF("not here", "request_forbidden", "\"unsupported_country\""),
			OUTCOME_AUTH, NULL, "not here" },
		{ 404, ERROR_OF("no model", "invalid_request_error", "\"model_not_found\""),
			OUTCOME_NOT_FOUND, NULL, "no model" },
		{ 405, ERROR_OF("post", "x", "null"), OUTCOME_REQUEST, NULL, "post" },
		{ 408, ERROR_OF("slow", "server_error", "null"), OUTCOME_FAULT, NULL, "slow" },
		{ 409, ERROR_OF("conflict", "x", "null"), OUTCOME_CONFLICT, NULL, "conflict" },
		{ 413, ERROR_OF("large", "x", "null"), OUTCOME_TOO_LONG, NULL, "large" },
		{ 415, ERROR_OF("type", "x", "null"), OUTCOME_REQUEST, NULL, "type" },
		{ 422, ERROR_OF("odd", "x", "null"), OUTCOME_REQUEST, NULL, "odd" },
		{ 424, "{\"error\":\"inference\",\"error_type\":\"Backend\"}", OUTCOME_FAULT, NULL,
			"inference" },
		{ 499, "", OUTCOME_FAULT, NULL, "HTTP 499" },
		{ 500, ERROR_OF("oops", "server_error", "null"), OUTCOME_FAULT, NULL, "oops" },
		{ 502, ERROR_OF("oops", "server_error", "null"), OUTCOME_FAULT, NULL, "oops" },
		{ 504, "upstream request timeout", OUTCOME_FAULT, NULL,
			"upstream request timeout" },
		{ 520, "", OUTCOME_FAULT, NULL, "HTTP 520" },
	};
	CHECK_READINGS(cases);
}

TEST("too fast, too much at once and out of money are told apart")
{
	static const struct reading cases[] = {
		{ 429, ERROR_OF("slow", "requests", "\"rate_limit_exceeded\""), OUTCOME_RATE, NULL,
			"HTTP 429: slow" },
		{ 429, ERROR_OF("slow", "tokens", "\"rate_limit_exceeded\""), OUTCOME_RATE, NULL,
			"slow" },
		{ 429, ERROR_OF("slow", "rate_limit_error", "\"slow_down\""), OUTCOME_RATE, NULL,
			"slow" },
		{ 429, ERROR_OF("flex", "x", "\"resource_unavailable\""), OUTCOME_RATE, NULL,
			"flex" },
		{ 429, "{\"object\":\"error\",\"message\":\"Requests rate limit exceeded\"}",
			OUTCOME_RATE, NULL, "Requests rate" },
		{ 429, "", OUTCOME_RATE, NULL, "HTTP 429" },
		{ 429, ERROR_OF("x", "rate_limit_error", "\"concurrency_limit_exceeded\""),
			OUTCOME_CAPACITY, NULL, "x" },
		{ 429, ERROR_OF("x", "too_many_concurrent", "null"), OUTCOME_CAPACITY, NULL, "x" },
		{ 429, ERROR_OF("x", "requests", "\"model_overloaded\""), OUTCOME_CAPACITY, NULL,
			"x" },
		{ 429, ERROR_OF("x", "requests", "\"server_is_overloaded\""), OUTCOME_CAPACITY,
			NULL, "x" },
		{ 429, "{\"error\":\"Model is overloaded\",\"error_type\":\"Overloaded\"}",
			OUTCOME_CAPACITY, NULL, "Model is overloaded" },
		{ 429, ERROR_OF("Limit of 5 concurrent requests.", "rate_limit_error", "null"),
			OUTCOME_CAPACITY, NULL, "concurrent" },
		{ 429, "Too Many Concurrent connections", OUTCOME_CAPACITY, NULL, "Concurrent" },
		{ 503, ERROR_OF("busy", "service_unavailable_error", "\"server_is_overloaded\""),
			OUTCOME_CAPACITY, NULL, "busy" },
		{ 503, "{\"error\":\"server busy, maximum pending requests exceeded\"}",
			OUTCOME_CAPACITY, NULL, "busy" },
		{ 529, ERROR_OF("Overloaded", "overloaded_error", "null"), OUTCOME_CAPACITY, NULL,
			"Overloaded" },
		{ 500, ERROR_OF("busy", "overloaded_error", "null"), OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 429, ERROR_OF("broke", "insufficient_quota", "\"insufficient_quota\""),
			OUTCOME_QUOTA, NULL, "broke" },
		{ 429, ERROR_OF("broke", "insufficient_quota", "null"), OUTCOME_QUOTA, NULL,
			"broke" },
		{ 429, ERROR_OF("broke", "insufficient_quota", "\"rate_limit_exceeded\""),
			OUTCOME_QUOTA, NULL, "broke" },
		{ 429, ERROR_OF("broke", "x", "\"credit_balance_exhausted\""), OUTCOME_QUOTA, NULL,
			"broke" },
		{ 429, ERROR_OF("broke", "x", "\"organization_spend_limit_exceeded\""),
			OUTCOME_QUOTA, NULL, "broke" },
		{ 429, ERROR_OF("broke", "x", "\"project_spend_limit_exceeded\""), OUTCOME_QUOTA,
			NULL, "broke" },
		{ 429, ERROR_OF("broke", "x", "\"organization_usage_limit_exceeded\""),
			OUTCOME_QUOTA, NULL, "broke" },
		{ 403, ERROR_OF("hard", "x", "\"billing_hard_limit_reached\""), OUTCOME_QUOTA, NULL,
			"hard" },
		{ 402, ERROR_OF("pay", "billing_error", "null"), OUTCOME_QUOTA, NULL, "pay" },
		{ 429,
			"{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"spent\",\"details\":{"
			"\"error_code\":\"enforced_spend_limit_reached\"}}}",
			OUTCOME_QUOTA, NULL, "spent" },
		{ 400,
			ERROR_OF("You have reached your specified API usage limits. Until May.",
				"invalid_request_error", "null"),
			OUTCOME_QUOTA, NULL, "API usage" },
		{ 400,
			ERROR_OF("You have reached your specified workspace API usage limits.",
				"invalid_request_error", "null"),
			OUTCOME_QUOTA, NULL, "workspace" },
		{ 400, ERROR_OF("No API usage limits are known.", "invalid_request_error", "null"),
			OUTCOME_REQUEST, NULL, "known" },
	};
	CHECK_READINGS(cases);
}

#define GOOGLE(quota)                                                                             \
	"[{\"error\":{\"code\":429,\"message\":\"quota\",\"status\":\"RESOURCE_EXHAUSTED\","      \
	"\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":" \
	"[{\"quotaId\":\"GenerateRequests" quota "PerProjectPerModel-FreeTier\"}]}]}}]"

TEST("a quota for the day is out of money, one for the minute is too fast")
{
	static const struct reading cases[] = {
		{ 429, GOOGLE("PerDay"), OUTCOME_QUOTA, NULL, "HTTP 429: quota" },
		{ 429, GOOGLE("PerMinute"), OUTCOME_RATE, NULL, "HTTP 429: quota" },
	};
	CHECK_READINGS(cases);
}

TEST("what a key or a country may not, a content or a length is known by its code")
{
	static const struct reading cases[] = {
		{ 400, ERROR_OF("no", "invalid_request_error", "\"invalid_api_key\""), OUTCOME_AUTH,
			NULL, "no" },
		{ 403, ERROR_OF("no", "x", "\"unsupported_country_region_territory\""),
			OUTCOME_AUTH, NULL, "no" },
		{ 400, ERROR_OF("no", "invalid_request_error", "\"content_filter\""),
			OUTCOME_POLICY, NULL, "no" },
		{ 400, ERROR_OF("no", "x", "\"content_policy_violation\""), OUTCOME_POLICY, NULL,
			"no" },
		{ 403, ERROR_OF("no", "x", "\"content_filter\""), OUTCOME_POLICY, NULL, "no" },
		{ 400, ERROR_OF("no", "x", "\"image_content_policy_violation\""), OUTCOME_POLICY,
			NULL, "no" },
		{ 400, ERROR_OF("no", "x", "\"bio_policy\""), OUTCOME_POLICY, NULL, "no" },
		{ 400, ERROR_OF("long", "invalid_request_error", "\"context_length_exceeded\""),
			OUTCOME_TOO_LONG, NULL, "long" },
		{ 400, ERROR_OF("long", "invalid_request_error", "\"string_above_max_length\""),
			OUTCOME_TOO_LONG, NULL, "long" },
		{ 400, "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\",\"message\":\"long\"}}",
			OUTCOME_TOO_LONG, NULL, "long" },
		{ 400, "{\"object\":\"error\",\"message\":\"This model's maximum context length is 8\",\"type\":\"BadRequestError\",\"code\":400}",
			OUTCOME_TOO_LONG, NULL, "HTTP 400: This model's" },
		{ 500, ERROR_OF("about the maximum context length", "x", "null"), OUTCOME_FAULT,
			NULL, "about" },
	};
	CHECK_READINGS(cases);
}

TEST("other servers' errors are understood, and what is none of them is quoted")
{
	static const struct reading cases[] = {
		{ 400, "{\"object\":\"error\",\"message\":\"odd\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
			OUTCOME_REQUEST, NULL, "HTTP 400: odd" },
		{ 422, "{\"detail\":\"no such field\"}", OUTCOME_REQUEST, NULL,
			"HTTP 422: no such field" },
		{ 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
			OUTCOME_REQUEST, NULL, "field required" },
		{ 404, "{\"error\":\"model 'x' not found\"}", OUTCOME_NOT_FOUND, NULL,
			"HTTP 404: model 'x' not found" },
		{ 500, "{\"error\":null,\"message\":\"m\"}", OUTCOME_FAULT, NULL, "HTTP 500: m" },
		{ 500, "{\"error\":{\"msg\":\"other words\"}}", OUTCOME_FAULT, NULL,
			"other words" },
		{ 500, "", OUTCOME_FAULT, NULL, "HTTP 500" },
		{ 502, "Bad Gateway\r\n", OUTCOME_FAULT, NULL, "HTTP 502: Bad Gateway" },
		{ 429, "[]", OUTCOME_RATE, NULL, "HTTP 429" },
		{ 400, "[{\"error\":{\"message\":\"in an array\"}}]", OUTCOME_REQUEST, NULL,
			"HTTP 400: in an array" },
		{ 400, "{\"error\":{\"message\":\"line\\none\\u0007\"}}", OUTCOME_REQUEST, NULL,
			"HTTP 400: line one " },
	};
	CHECK_READINGS(cases);
}

TEST("an error inside a 200 is an error, with the status or the type that it brings along")
{
	static const struct reading cases[] = {
		{ 200, "{\"error\":{\"message\":\"upstream\"}}", OUTCOME_FAULT, NULL, "upstream" },
		{ 200, "{\"error\":{\"message\":\"slow\",\"code\":429}}", OUTCOME_RATE, NULL,
			"slow" },
		{ 200, "{\"error\":{\"message\":\"slow\",\"code\":\"429\"}}", OUTCOME_RATE, NULL,
			"slow" },
		{ 200, "{\"error\":{\"message\":\"busy\",\"code\":529}}", OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 200, "{\"error\":{\"message\":\"bad\",\"code\":400}}", OUTCOME_REQUEST, NULL,
			"bad" },
		{ 200, "{\"error\":{\"message\":\"x\",\"code\":200}}", OUTCOME_FAULT, NULL, "x" },
		{ 200, "{\"error\":{\"message\":\"x\",\"code\":99999999999999999999}}",
			OUTCOME_FAULT, NULL, "x" },
		{ 200, "{\"error\":\"text\",\"choices\":[{\"message\":{\"content\":\"hi\"}}]}",
			OUTCOME_FAULT, NULL, "text" },
		{ 200, ERROR_OF("broke", "x", "\"insufficient_quota\""), OUTCOME_QUOTA, NULL,
			"broke" },
		{ 200, ERROR_OF("slow", "requests", "\"rate_limit_exceeded\""), OUTCOME_RATE, NULL,
			"slow" },
		{ 200, ERROR_OF("busy", "overloaded_error", "null"), OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 200, ERROR_OF("key", "authentication_error", "null"), OUTCOME_AUTH, NULL, "key" },
		{ 200, ERROR_OF("what", "x", "\"model_not_found\""), OUTCOME_NOT_FOUND, NULL,
			"what" },
		{ 200, ERROR_OF("bad", "invalid_request_error", "null"), OUTCOME_REQUEST, NULL,
			"bad" },
		{ 200, ERROR_OF("oops", "server_error", "null"), OUTCOME_FAULT, NULL, "oops" },
	};
	CHECK_READINGS(cases);
}
