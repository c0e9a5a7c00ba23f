/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RETRY_LATER "The server had an error while processing your request. Sorry about that!"

#define ROW(status_, type_, code_, param_, message_)                                      \
	{                                                                                 \
		.status = (status_), .type = (type_), .code = (code_), .param = (param_), \
		.message = message_                                                       \
	}

/* The first row of a status is the usual one; the messages are OpenAI's where they are known. */
static const struct api_error catalogue[] = {
	ROW(400, "invalid_request_error", NULL, NULL, "Invalid request."),
	ROW(400, "invalid_request_error", "context_length_exceeded", "messages",
		"This model's maximum context length is 128000 tokens. However, your messages resulted in "
		"128001 tokens. Please reduce the length of the messages."),
	ROW(400, "invalid_request_error", "content_filter", "prompt",
		"The response was filtered due to the prompt triggering the content management policy. "
		"Please modify your prompt and retry."),
	ROW(401, "invalid_request_error", "invalid_api_key", NULL,
		"Incorrect API key provided. You can find your API key at "
		"https://platform.openai.com/account/api-keys."),
	ROW(402, "insufficient_quota", "billing_hard_limit_reached", NULL,
		"Billing hard limit has been reached."),
	ROW(403, "invalid_request_error", "unsupported_country_region_territory", NULL,
		"Country, region, or territory not supported"),
	ROW(404, "invalid_request_error", "model_not_found", NULL,
		"The model does not exist or you do not have access to it."),
	ROW(404, "invalid_request_error", "unknown_url", NULL, "Invalid URL"),
	ROW(405, "invalid_request_error", "method_not_supported", NULL, "Not allowed on this URL."),
	ROW(408, "server_error", NULL, NULL, "Request timed out."),
	ROW(409, "invalid_request_error", "conflict", NULL, "The resource is locked; try again."),
	ROW(413, "invalid_request_error", "request_too_large", NULL, "Request body too large."),
	ROW(422, "invalid_request_error", NULL, NULL, "Unprocessable entity."),
	ROW(429, "requests", "rate_limit_exceeded", NULL,
		"Rate limit reached in organization org-mock on requests per min (RPM)."),
	ROW(429, "requests", "concurrency_limit_exceeded", NULL, "Too many concurrent requests"),
	ROW(429, "insufficient_quota", "insufficient_quota", NULL,
		"You exceeded your current quota, please check your plan and billing details."),
	ROW(429, "insufficient_quota", "organization_spend_limit_exceeded", NULL,
		"Your organization has reached its spend limit."),
	ROW(500, "server_error", NULL, NULL, RETRY_LATER),
	ROW(502, "server_error", NULL, NULL, "Bad gateway."),
	ROW(503, "service_unavailable_error", "server_is_overloaded", NULL,
		"The engine is currently overloaded, please try again later"),
	ROW(504, "server_error", NULL, NULL, "Gateway timeout."),
	ROW(529, "overloaded_error", "server_is_overloaded", NULL, "Overloaded"),
};

static const struct api_error any_client_error =
	ROW(400, "invalid_request_error", NULL, NULL, "Invalid request.");
static const struct api_error any_server_error = ROW(500, "server_error", NULL, NULL, RETRY_LATER);

const struct api_error *api_error_of(int status)
{
	for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++)
		if (catalogue[i].status == status)
			return &catalogue[i];
	return status < 500 ? &any_client_error : &any_server_error;
}

const struct api_error *api_error_named(const char *code)
{
	for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++)
		if (catalogue[i].code && strcmp(catalogue[i].code, code) == 0)
			return &catalogue[i];
	assert(false && "a code of the catalogue");
	return &any_server_error;
}

/* How many bytes follow the first byte of a character. */
static size_t tail_bytes(unsigned char first)
{
	if (first >= 0xf0)
		return 3;
	if (first >= 0xe0)
		return 2;
	return first >= 0xc0 ? 1 : 0;
}

size_t utf8_fit(const char *text, size_t n)
{
	size_t start = n;
	while (start > 0 && n - start < 3 && (text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return n;
	return n - start < tail_bytes((unsigned char)text[start - 1]) ? start - 1 : n;
}

void api_error_say(struct api_error *e, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(e->message, sizeof e->message, format, args);
	va_end(args);
	e->is_said = true;
	e->message[utf8_fit(e->message, strlen(e->message))] = '\0';
}

static bool is_row_of(const struct error_row *row, const struct api_error *e, int step)
{
	if (step == 0)
		return row->code && e->code && !e->is_status && strcmp(row->code, e->code) == 0;
	if (row->code)
		return false;
	return step == 1 ? row->status == e->status : row->status / 100 == e->status / 100;
}

struct error_row error_translate(const struct error_row *rows, size_t n, const struct api_error *e)
{
	struct error_row out = { .as = e->status, .type = e->type, .message = e->message };
	for (int step = 0; step < 3; step++)
		for (size_t i = 0; i < n; i++) {
			if (!is_row_of(&rows[i], e, step))
				continue;
			out = rows[i];
			out.as = step == 2 || e->is_status ? e->status : rows[i].as;
			out.message = e->is_said ? e->message : rows[i].message;
			return out;
		}
	return out;
}
