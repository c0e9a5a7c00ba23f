/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "base/xalloc.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_LATER "The server had an error while processing your request. Sorry about that!"

/* The first row of a status is the usual one; the messages are OpenAI's where they are known. */
static const struct api_error catalogue[] = {
	{ 400, "invalid_request_error", NULL, NULL, "Invalid request." },
	{ 400, "invalid_request_error", "context_length_exceeded", "messages",
		"This model's maximum context length is 128000 tokens. However, your messages resulted in "
		"128001 tokens. Please reduce the length of the messages." },
	{ 401, "invalid_request_error", "invalid_api_key", NULL,
		"Incorrect API key provided. You can find your API key at "
		"https://platform.openai.com/account/api-keys." },
	{ 403, "invalid_request_error", "unsupported_country_region_territory", NULL,
		"Country, region, or territory not supported" },
	{ 404, "invalid_request_error", "model_not_found", NULL,
		"The model does not exist or you do not have access to it." },
	{ 404, "invalid_request_error", "unknown_url", NULL, "Invalid URL" },
	{ 405, "invalid_request_error", "method_not_supported", NULL, "Not allowed on this URL." },
	{ 408, "server_error", NULL, NULL, "Request timed out." },
	{ 409, "invalid_request_error", "conflict", NULL, "The resource is locked; try again." },
	{ 413, "invalid_request_error", "request_too_large", NULL, "Request body too large." },
	{ 422, "invalid_request_error", NULL, NULL, "Unprocessable entity." },
	{ 429, "requests", "rate_limit_exceeded", NULL,
		"Rate limit reached in organization org-mock on requests per min (RPM)." },
	{ 429, "requests", "concurrency_limit_exceeded", NULL, "Too many concurrent requests" },
	{ 429, "insufficient_quota", "insufficient_quota", NULL,
		"You exceeded your current quota, please check your plan and billing details." },
	{ 500, "server_error", NULL, NULL, RETRY_LATER },
	{ 502, "server_error", NULL, NULL, "Bad gateway." },
	{ 503, "service_unavailable_error", "server_is_overloaded", NULL,
		"The engine is currently overloaded, please try again later" },
	{ 504, "server_error", NULL, NULL, "Gateway timeout." },
	{ 529, "overloaded_error", "server_is_overloaded", NULL, "Overloaded" },
};

static const struct api_error any_client_error = { 400, "invalid_request_error", NULL, NULL,
	"Invalid request." };
static const struct api_error any_server_error = { 500, "server_error", NULL, NULL, RETRY_LATER };

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
	e->message[utf8_fit(e->message, strlen(e->message))] = '\0';
}

void reply_json(struct reply *r, int status, struct buf json)
{
	*r = (struct reply){ .status = status, .content_type = REPLY_JSON, .body = json };
}

void reply_text(struct reply *r, int status, const char *text)
{
	struct buf body;
	buf_init(&body, strlen(text) + 1);
	buf_put_str(&body, text);
	reply_json(r, status, body);
}

void reply_tree(struct reply *r, int status, json_t *tree)
{
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;
	if (!text)
		xalloc_die();
	reply_text(r, status, text);
	free(text);
	json_decref(tree);
}

void reply_error(struct reply *r, const struct api_error *e)
{
	reply_tree(r, e->status,
		json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error", "message", e->message, "type",
			e->type, "param", e->param, "code", e->code));
}

void reply_release(struct reply *r)
{
	free(r->body.data);
	*r = (struct reply){ 0 };
}
