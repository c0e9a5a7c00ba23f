/* SPDX-License-Identifier: MIT */
/*
 * Google's Gemini. The candidates' tokens do not include those that were thought; the prompt's
 * include those that came from a cache. A blocked prompt is answered with status 200 and no
 * candidates; when to come again is told in the body.
 */
#include "base/units.h"
#include "base/xalloc.h"
#include "dialect.h"
#include "fields.h"
#include "put.h"

#include <stdio.h>
#include <string.h>

/* == Reading == */

static bool read_part(struct ask *ask, json_t *part, struct api_error *e)
{
	static const char *const names[] = { "text", "inlineData", "fileData", "functionCall",
		"functionResponse", "thought", "thoughtSignature", "executableCode",
		"codeExecutionResult", "videoMetadata", "mediaResolution", NULL };
	const json_t *data = json_object_get(part, "inlineData");
	const json_t *file = json_object_get(part, "fileData");
	const json_t *text = json_object_get(part, "text");
	if (!json_is_object(part) || json_object_size(part) == 0) {
		api_error_say(e, "Unable to submit request because it must have a text parameter.");
		return false;
	}
	if (!fields_known(part, names, e))
		return false;
	ask->images_n += data || file;
	if (data && (!fields_text(data, "mimeType") || !fields_text(data, "data")))
		return fields_missing(e, "contents.parts.inlineData");
	if (file && !fields_text(file, "fileUri"))
		return fields_missing(e, "contents.parts.fileData.fileUri");
	return !text || ask_put_text(ask, text) ||
		fields_type(e, "contents[0].parts[0].text", "TYPE_STRING");
}

static bool read_parts(struct ask *ask, const json_t *content, struct api_error *e)
{
	const json_t *parts = json_object_get(content, "parts");
	size_t i;
	json_t *part;
	if (!json_is_array(parts) || json_array_size(parts) == 0)
		return fields_missing(e, "contents.parts");
	json_array_foreach(parts, i, part) if (!read_part(ask, part, e)) return false;
	return true;
}

static bool read_contents(struct ask *ask, struct api_error *e)
{
	static const char *const names[] = { "role", "parts", NULL };
	const json_t *contents = json_object_get(ask->tree, "contents");
	size_t i;
	json_t *content;
	if (!contents || (json_is_array(contents) && json_array_size(contents) == 0))
		return fields_missing(e, "contents");
	if (!json_is_array(contents))
		return fields_type(e, "contents", "a list");
	json_array_foreach(contents, i, content)
	{
		const char *role = fields_text(content, "role");
		bool is_model = role && strcmp(role, "model") == 0;
		if (role && !is_model && strcmp(role, "user") != 0) {
			api_error_say(e, "Please use a valid role: user, model.");
			return false;
		}
		if (!fields_known(content, names, e) || !read_parts(ask, content, e))
			return false;
		ask_end_message(ask, is_model ? ROLE_ASSISTANT : ROLE_USER);
	}
	return true;
}

static bool read_schema(struct ask *ask, const json_t *config, struct api_error *e)
{
	const char *type = fields_text(config, "responseMimeType");
	const json_t *schema = json_object_get(config, "responseJsonSchema");
	if (!schema)
		schema = json_object_get(config, "responseSchema");
	ask->wants_json = type && strcmp(type, "application/json") == 0;
	if (!schema)
		return true;
	if (!json_is_object(schema))
		return fields_type(e, "generation_config.response_schema", "an object");
	if (!ask->wants_json) {
		api_error_say(e,
			"Function calling config is set without function_declarations or response "
			"schema is set without response_mime_type 'application/json'.");
		return false;
	}
	ask->schema = schema;
	return true;
}

static bool read_config(struct ask *ask, struct api_error *e)
{
	static const char *const names[] = { "candidateCount", "stopSequences", "maxOutputTokens",
		"temperature", "topP", "topK", "seed", "responseMimeType", "responseSchema",
		"responseJsonSchema", "presencePenalty", "frequencyPenalty", "responseLogprobs",
		"logprobs", "responseModalities", "mediaResolution", "thinkingConfig",
		"speechConfig", "audioTimestamp", "imageConfig", "enableEnhancedCivicAnswers",
		NULL };
	static const struct number_rule numbers[] = {
		{ "candidateCount", true, 1, 8 },
		{ "maxOutputTokens", true, 1, INT32_MAX },
		{ "temperature", false, 0, 2 },
		{ "topP", false, 0, 1 },
		{ "seed", true, INT32_MIN, INT32_MAX },
	};
	json_t *config = json_object_get(ask->tree, "generationConfig");
	if (!config)
		return true;
	if (!json_is_object(config))
		return fields_type(e, "generation_config", "an object");
	if (!fields_known(config, names, e) ||
		!fields_numbers(config, numbers, sizeof numbers / sizeof *numbers, e))
		return false;
	ask->max_tokens = fields_whole(config, "maxOutputTokens");
	if (fields_whole(config, "candidateCount"))
		ask->choices_n = fields_whole(config, "candidateCount");
	return read_schema(ask, config, e);
}

static bool read_system(struct ask *ask, struct api_error *e)
{
	const json_t *system = json_object_get(ask->tree, "systemInstruction");
	if (!system)
		return true;
	if (!read_parts(ask, system, e))
		return false;
	ask_end_message(ask, ROLE_SYSTEM);
	return true;
}

/* Without alt=sse the real one streams an array of objects; nobody here asks for that. */
static bool read_path(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const char *alt = arrival_argument(a, "alt");
	ask->path_model = xmemdup(a->named.at, a->named.n);
	ask->model = ask->path_model;
	ask->is_streamed = strstr(a->path, ":streamGenerateContent") != NULL;
	if (!ask->is_streamed || (alt && strcmp(alt, "sse") == 0))
		return true;
	api_error_say(e, "pllm-mock streams only with alt=sse.");
	return false;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "contents", "systemInstruction", "tools", "toolConfig",
		"safetySettings", "generationConfig", "cachedContent", "model", "labels",
		"serviceTier", "store", NULL };
	e->voice = VOICE_GOOGLE;
	return read_path(ask, a, e) && fields_load(ask, a->body, e) &&
		fields_known(ask->tree, names, e) && read_config(ask, e) && read_system(ask, e) &&
		read_contents(ask, e);
}

/* == Answering == */

static const char *finish_of(enum answer_finish finish)
{
	static const char *const names[FINISHES_N] = { "STOP", "MAX_TOKENS", "STOP", "SAFETY",
		"PROHIBITED_CONTENT", "STOP", "PONDERING" };
	return names[finish];
}

static bool is_blocked(const struct answer *a)
{
	return a->plan.shape == SHAPE_BLOCKED;
}

static void put_usage(struct buf *out, const struct answer *a)
{
	if (a->plan.shape == SHAPE_NO_USAGE)
		return;
	put_json(out, ",'usageMetadata':{'promptTokenCount':%r", answer_shown(a, a->input).text);
	if (a->output)
		put_json(out, ",'candidatesTokenCount':%r", answer_shown(a, a->output).text);
	if (a->plan.cached)
		put_json(
			out, ",'cachedContentTokenCount':%r", answer_shown(a, a->plan.cached).text);
	if (a->plan.reasoning)
		put_json(out, ",'thoughtsTokenCount':%r", answer_shown(a, a->plan.reasoning).text);
	put_json(out, ",'totalTokenCount':%r}",
		answer_shown(a, a->input + a->output + a->plan.reasoning).text);
}

static void put_tail(struct buf *out, const struct answer *a)
{
	put_usage(out, a);
	put_json(out, ",'modelVersion':%s,'responseId':'%x'}", a->ask->model, a->id);
}

static void put_text_part(struct buf *out, const struct answer *a, struct span text)
{
	buf_put_char(out, '{');
	answer_put_text(out, a, "\"text\":", text);
	buf_put_char(out, '}');
}

static void put_parts(struct buf *out, const struct answer *a, const struct choice *choice)
{
	bool thinks = a->plan.reasoning > 0;
	put_json(out, "'content':{'role':'model','parts':[");
	if (thinks)
		put_json(out, "{'text':%s,'thought':true},", ANSWER_THOUGHT);
	if (choice->finish == FINISH_TOOLS)
		put_json(out, "{'functionCall':{'name':%s,'args':%r}}", ANSWER_TOOL,
			ANSWER_TOOL_ARGUMENTS);
	else
		put_text_part(out, a, buf_span(&choice->text));
	buf_put_str(out, "]},");
}

static void put_candidate(struct buf *out, const struct answer *a, size_t i)
{
	const struct choice *choice = &a->choices[i];
	buf_put_str(out, i ? ",{" : "{");
	if (choice->finish != FINISH_REFUSAL)
		put_parts(out, a, choice);
	put_json(out, "'finishReason':%s,'index':%d}", finish_of(choice->finish), (int64_t)i);
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	buf_put_char(&out, '{');
	if (is_blocked(a)) {
		put_json(&out, "'promptFeedback':{'blockReason':'PROHIBITED_CONTENT'}");
		put_tail(&out, a);
		return out;
	}
	put_json(&out, "'candidates':[");
	for (size_t i = 0; i < a->choices_n; i++)
		put_candidate(&out, a, i);
	buf_put_char(&out, ']');
	put_tail(&out, a);
	return out;
}

/* == Streaming == */

static void open_chunk(struct buf *out)
{
	put_event(out, NULL);
	put_json(out, "{'candidates':[{");
}

static void put_piece(struct buf *out, const struct answer *a, size_t i, struct span piece)
{
	open_chunk(out);
	put_json(out, "'content':{'role':'model','parts':[");
	put_text_part(out, a, piece);
	put_json(out, "]},'index':%d}]", (int64_t)i);
	put_tail(out, a);
	put_event_end(out);
}

static void stream_thought(struct buf *out, const struct answer *a)
{
	open_chunk(out);
	put_json(out, "'content':{'role':'model','parts':[{'text':%s,'thought':true}]},'index':0}]",
		ANSWER_THOUGHT);
	put_tail(out, a);
	put_event_end(out);
}

/* The last chunk of a candidate has its reason to end, and what was not yet said. */
static void put_last(struct buf *out, const struct answer *a, size_t i)
{
	enum answer_finish finish = a->choices[i].finish;
	open_chunk(out);
	if (finish == FINISH_TOOLS)
		put_json(out,
			"'content':{'role':'model','parts':[{'functionCall':{'name':%s,'args':%r}}]},",
			ANSWER_TOOL, ANSWER_TOOL_ARGUMENTS);
	else if (finish != FINISH_REFUSAL)
		put_json(out, "'content':{'role':'model','parts':[{'text':''}]},");
	put_json(out, "'finishReason':%s,'index':%d}]", finish_of(finish), (int64_t)i);
	put_tail(out, a);
	put_event_end(out);
}

static struct buf stream(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	if (is_blocked(a) || a->choices_n == 0) {
		struct buf only = whole(a);
		put_event(&out, NULL);
		buf_put_span(&out, buf_span(&only));
		put_event_end(&out);
		buf_release(&only);
		return out;
	}
	if (a->plan.reasoning)
		stream_thought(&out, a);
	for (size_t i = 0; i < a->choices_n; i++) {
		struct span text = answer_text(a, i), piece;
		while (answer_take_piece(a, &text, &piece))
			put_piece(&out, a, i, piece);
		if (answer_has_end(a))
			put_last(&out, a, i);
	}
	/* The real one forgets `data:` here and writes it for people to read. */
	if (a->plan.shape == SHAPE_ERROR)
		put_json(&out,
			"{\n  'error': {\n    'code': 503,\n    'message': 'The model is "
			"overloaded. Please try again later.',\n    'status': "
			"'UNAVAILABLE'\n  }\n}\n");
	return out;
}

/* == Errors == */

/* A wait as Google writes one: seconds, with what digits it takes. */
static json_t *retry_info(const struct hint *hint)
{
	char delay[48];
	int64_t ms;
	if (units_parse_int(span_of(hint->ms), &ms) && ms >= 0)
		snprintf(delay, sizeof delay, "%lld.%03llds", (long long)(ms / 1000),
			(long long)(ms % 1000));
	else
		snprintf(delay, sizeof delay, "%ss", hint->seconds);
	return json_pack("{s:s, s:s}", "@type", "type.googleapis.com/google.rpc.RetryInfo",
		"retryDelay", delay);
}

static json_t *quota_failure(bool is_daily)
{
	return json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "@type",
		"type.googleapis.com/google.rpc.QuotaFailure", "violations", "quotaMetric",
		"generativelanguage.googleapis.com/generate_content_free_tier_requests", "quotaId",
		is_daily ? "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
			 : "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
		"quotaValue", is_daily ? "50" : "10");
}

static json_t *details_of(const struct api_error *e, const struct error_row *row)
{
	json_t *details = json_array();
	bool is_daily = e->code && strcmp(e->code, "insufficient_quota") == 0;
	if (row->as == 429)
		json_array_append_new(details, quota_failure(is_daily));
	if (e->code && strcmp(e->code, "invalid_api_key") == 0)
		json_array_append_new(details,
			json_pack("{s:s, s:s, s:s}", "@type",
				"type.googleapis.com/google.rpc.ErrorInfo", "reason",
				"API_KEY_INVALID", "domain", "googleapis.com"));
	if (*e->hint.seconds || *e->hint.ms)
		json_array_append_new(details, retry_info(&e->hint));
	return details;
}

static void refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 400, "INVALID_ARGUMENT",
			"API key not valid. Please pass a valid API key." },
		{ "insufficient_quota", 0, 429, "RESOURCE_EXHAUSTED",
			"You exceeded your current quota, please check your plan and billing "
			"details." },
		{ "context_length_exceeded", 0, 400, "INVALID_ARGUMENT",
			"The input token count (1048577) exceeds the maximum number of tokens allowed "
			"(1048576)." },
		{ NULL, 400, 400, "INVALID_ARGUMENT", "Request contains an invalid argument." },
		{ NULL, 401, 401, "UNAUTHENTICATED",
			"Request had invalid authentication credentials." },
		{ NULL, 403, 403, "PERMISSION_DENIED", "The caller does not have permission" },
		{ NULL, 404, 404, "NOT_FOUND",
			"models/no-such-model is not found for API version v1beta, or is not supported "
			"for generateContent." },
		{ NULL, 409, 409, "ABORTED", "The operation was aborted." },
		{ NULL, 413, 400, "INVALID_ARGUMENT",
			"Request payload size exceeds the limit: 20971520 bytes." },
		{ NULL, 429, 429, "RESOURCE_EXHAUSTED",
			"Resource has been exhausted (e.g. check quota)." },
		{ NULL, 500, 500, "INTERNAL", "An internal error has occurred." },
		{ NULL, 503, 503, "UNAVAILABLE",
			"The model is overloaded. Please try again later." },
		{ NULL, 504, 504, "DEADLINE_EXCEEDED", "Deadline expired." },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	json_t *details = details_of(e, &row);
	json_t *error = json_pack(
		"{s:i, s:s, s:s}", "code", row.as, "message", row.message, "status", row.type);
	if (json_array_size(details))
		json_object_set(error, "details", details);
	json_decref(details);
	reply_tree(r, row.as, json_pack("{s:o}", "error", error));
}

const struct dialect dialect_gemini = {
	.name = "gemini",
	.key_header = "x-goog-api-key",
	.has_refusals = true,
	.answers_blocked = true,
	.family = FAMILY_NONE,
	.hinting = HINTING_BODY,
	.stream_type = REPLY_STREAM,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = refuse,
};
