/* SPDX-License-Identifier: MIT */
/*
 * The paths are those of OpenAI's Batch API and of vLLM's run-batch, but for the two that want
 * files. They are compared whole, escapes decoded: whatever else a url may be, a host, a query, a
 * way up, is not among them, so nothing has to be looked for in it.
 */
#include "work/batch.h"

#include "base/buf.h"
#include "json/text.h"
#include "json/walk.h"

#include <string.h>

static const struct {
	const char *path;
	enum batch_limit limit;
} paths[] = {
	{ "/v1/chat/completions", BATCH_LIMIT_CHAT },
	{ "/v1/completions", BATCH_LIMIT_COMPLETION },
	{ "/v1/responses", BATCH_LIMIT_RESPONSE },
	{ "/v1/embeddings", BATCH_LIMIT_NONE },
	{ "/v1/moderations", BATCH_LIMIT_NONE },
	{ "/v1/rerank", BATCH_LIMIT_NONE },
	{ "/rerank", BATCH_LIMIT_NONE },
	{ "/v2/rerank", BATCH_LIMIT_NONE },
	{ "/v1/score", BATCH_LIMIT_NONE },
	{ "/score", BATCH_LIMIT_NONE },
};

/* The members of a record that count, each perhaps missing; of doubles the last. */
struct envelope {
	struct span id;
	struct span method;
	struct span url;
	struct span body;
};

static struct envelope open_envelope(enum batch format, struct span record)
{
	struct envelope e = { 0 };
	struct json_walk walk;
	struct span body = format == BATCH_PARAMS ? SPAN("params") : SPAN("body");
	json_walk_init(&walk, record);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("custom_id")))
			e.id = walk.value;
		else if (json_key_is(walk.key, body))
			e.body = walk.value;
		else if (json_key_is(walk.key, SPAN("method")))
			e.method = walk.value;
		else if (json_key_is(walk.key, SPAN("url")))
			e.url = walk.value;
	}
	return e;
}

static bool refuse_url(struct fault *fault)
{
	struct buf list;
	buf_init(&list, sizeof fault->msg);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		buf_put_char(&list, ' ');
		buf_put_str(&list, paths[i].path);
	}
	fault_set(fault, ERROR_BAD_RECORD, "url must be one of%.*s", (int)list.len, list.data);
	buf_release(&list);
	return false;
}

static bool read_url(const struct envelope *e, struct batch_request *out, struct fault *fault)
{
	struct span method = json_text_of(e->method), url = json_text_of(e->url);
	if (e->method.at && !(method.at && json_escaped_equals(method, SPAN("POST"))))
		return fault_set(fault, ERROR_BAD_RECORD, "method must be \"POST\"");
	for (size_t i = 0; url.at && i < sizeof paths / sizeof *paths; i++)
		if (json_escaped_equals(url, span_of(paths[i].path))) {
			out->path = paths[i].path;
			out->limit = paths[i].limit;
			return true;
		}
	return refuse_url(fault);
}

/* A stream would have to be put together again, for a format that has no place for it. */
static bool check_body(struct span body, const char *name, struct fault *fault)
{
	if (!json_is(body, JSON_KIND_OBJECT))
		return fault_set(fault, ERROR_BAD_RECORD,
			"\"%s\" must be an object: the request as the API takes it", name);
	struct span stream = json_member(body, SPAN("stream"));
	return !stream.at || span_is(stream, "false") || span_is(stream, "null") ||
		fault_set(fault, ERROR_BAD_RECORD,
			"%s.stream must be false or absent: answers go into a file as a whole",
			name);
}

bool batch_read(
	enum batch format, struct span record, struct batch_request *out, struct fault *fault)
{
	struct envelope e = open_envelope(format, record);
	bool has_params = format == BATCH_PARAMS;
	*out = (struct batch_request){ .limit = BATCH_LIMIT_COMPLETION, .body = e.body };
	if (!json_text_of(e.id).at)
		return fault_set(fault, ERROR_BAD_RECORD,
			"no request of a batch: not understood" LOG_HELP
			"expected {\"custom_id\":\"...\",%s}",
			has_params ? "\"params\":{...}"
				   : "\"method\":\"POST\",\"url\":\"/v1/...\",\"body\":{...}");
	return (has_params || read_url(&e, out, fault)) &&
		check_body(e.body, has_params ? "params" : "body", fault);
}

struct span batch_id(struct span record)
{
	struct span id = json_member(record, SPAN("custom_id"));
	return json_text_of(id).at ? id : (struct span){ 0 };
}
