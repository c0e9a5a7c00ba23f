/* SPDX-License-Identifier: MIT */
/*
 * Vectors in the forms of Gemini, Ollama, Cohere and text-embeddings-inference. None of these says
 * which text a vector is of: the order does.
 */
#include "base/xalloc.h"
#include "cohere.h"
#include "dialect.h"
#include "dress.h"
#include "embed.h"
#include "fields.h"
#include "put.h"

#include <inttypes.h>
#include <string.h>

/* == Gemini: one text, or a list of requests, printed prettily == */

/* The texts of several parts are one. */
static const json_t *join(json_t *content)
{
	const json_t *parts = json_object_get(content, "parts");
	json_t *joined;
	struct buf text;
	size_t i;
	json_t *part;
	if (json_array_size(parts) < 2)
		return json_object_get(json_array_get(parts, 0), "text");
	buf_init(&text, SIZE_MAX / 2);
	json_array_foreach(parts, i, part)
	{
		const json_t *piece = json_object_get(part, "text");
		buf_put(&text, json_string_value(piece), json_string_length(piece));
	}
	joined = json_stringn(text.len ? text.data : "", text.len);
	json_object_set_new(content, "joined", joined);
	buf_release(&text);
	return joined;
}

static bool read_gemini_one(struct ask *ask, json_t *request, struct api_error *e)
{
	static const char *const names[] = { "model", "content", "taskType", "title",
		"outputDimensionality", "embedContentConfig", NULL };
	static const char *const tasks[] = { "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY",
		"RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING",
		"QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY", NULL };
	int64_t dimensions = ask->embed->dimensions;
	bool is_first = ask->embed->items_n == 0;
	const char *task = fields_text(request, "taskType");
	if (!json_is_object(request))
		return fields_type(e, "requests", "a list of objects");
	if (!fields_known(request, names, e) ||
		!embed_read_dimensions(ask, request, "outputDimensionality", e))
		return false;
	if (task && !fields_is_one_of(task, tasks))
		return fields_value(e, "task_type", task);
	if (!embed_put_item(ask, join(json_object_get(request, "content"))))
		return fields_missing(e, "content");
	if (is_first || dimensions == ask->embed->dimensions)
		return true;
	api_error_say(e, "pllm-mock gives all vectors the same output_dimensionality.");
	return false;
}

/* Each names the model again. */
static bool is_model(const struct ask *ask, const json_t *request)
{
	const char *model = fields_text(request, "model");
	return model && strncmp(model, "models/", 7) == 0 && strcmp(model + 7, ask->model) == 0;
}

static bool read_gemini_requests(struct ask *ask, struct api_error *e)
{
	static const char *const names[] = { "requests", NULL };
	const json_t *requests = json_object_get(ask->tree, "requests");
	size_t i;
	json_t *request;
	if (!fields_known(ask->tree, names, e))
		return false;
	if (requests && !json_is_array(requests))
		return fields_type(e, "requests", "a list");
	json_array_foreach(requests, i, request)
	{
		if (!read_gemini_one(ask, request, e))
			return false;
		if (is_model(ask, request))
			continue;
		api_error_say(e,
			"* BatchEmbedContentsRequest.requests[%zu].model: must be that of the path\n",
			i);
		return false;
	}
	return true;
}

static bool read_gemini(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const char *pretty = arrival_argument(a, "prettyPrint");
	e->voice = VOICE_GOOGLE;
	embed_start(ask);
	ask->path_model = xmemdup(a->named.at, a->named.n);
	ask->model = ask->path_model;
	ask->embed->is_single = strstr(a->path, ":embedContent") != NULL;
	ask->embed->is_compact = pretty && strcmp(pretty, "false") == 0;
	if (!fields_load(ask, a->body, e))
		return false;
	return ask->embed->is_single ? read_gemini_one(ask, ask->tree, e)
				     : read_gemini_requests(ask, e);
}

static void put_values(struct buf *out, const struct answer *a, size_t i)
{
	buf_put_char(out, '{');
	if (!embed_is_memberless(a, i)) {
		put_json(out, "'values':");
		embed_put_vector(out, a, i, EMBED_FLOATS);
	}
	buf_put_char(out, '}');
}

static struct buf whole_gemini(const struct answer *a)
{
	struct embed_walk walk = { 0 };
	bool is_single = a->ask->embed->is_single;
	struct buf out;
	size_t i;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, is_single ? "{'embedding':" : "{'embeddings':[");
	while (embed_next(&out, a, &walk, &i))
		put_values(&out, a, i);
	if (is_single && walk.written_n == 0)
		buf_put_str(&out, "null");
	buf_put_str(&out, is_single ? "}" : "]}");
	if (!a->ask->embed->is_compact)
		dress_prettily(&out);
	return out;
}

static void say_gemini(struct api_error *e, const struct embed_fault *f)
{
	if (f->trouble == TROUBLE_MANY)
		api_error_say(e,
			"* BatchEmbedContentsRequest.requests: at most %" PRId64
			" requests can be in one batch\n",
			f->most);
	else if (f->trouble == TROUBLE_NONE_THERE)
		api_error_say(
			e, "* BatchEmbedContentsRequest.requests: requests is not specified\n");
	else if (f->trouble == TROUBLE_EMPTY)
		api_error_say(
			e, "* BatchEmbedContentsRequest.%s.content: content is empty\n", f->where);
	else
		embed_say(e, f);
}

static void refuse_gemini(struct reply *r, const struct api_error *e)
{
	dialect_gemini.refuse(r, e);
}

/* == Ollama == */

static bool read_ollama(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	e->voice = VOICE_PLAIN;
	embed_start(ask);
	return fields_load(ask, a->body, e) && fields_model(ask, e) &&
		fields_flag(ask->tree, "truncate", &ask->embed->truncates, e) &&
		embed_read_dimensions(ask, ask->tree, "dimensions", e) &&
		embed_read_items(ask, "input", e);
}

static struct buf whole_ollama(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'model':%s,'embeddings':", a->ask->model);
	embed_put_list(&out, a, EMBED_FLOATS);
	put_json(&out, ",'total_duration':14143917,'load_duration':1019500");
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(&out, ",'prompt_eval_count':%r", answer_shown(a, a->input).text);
	buf_put_char(&out, '}');
	return out;
}

static void say_ollama(struct api_error *e, const struct embed_fault *f)
{
	if (f->trouble == TROUBLE_LONG)
		api_error_say(e, "the input length exceeds the context length");
	else
		embed_say(e, f);
}

static void refuse_ollama(struct reply *r, const struct api_error *e)
{
	dialect_ollama.refuse(r, e);
}

/* == Cohere: a list for each form that is wanted == */

static bool read_cohere_forms(struct ask *ask, struct api_error *e)
{
	const json_t *types = json_object_get(ask->tree, "embedding_types");
	size_t i;
	json_t *type;
	if (!types || json_is_null(types))
		return true;
	if (!json_is_array(types) || json_array_size(types) == 0)
		return fields_type(e, "embedding_types", "a list that is not empty");
	ask->embed->forms = 0;
	json_array_foreach(types, i, type)
	{
		const char *name = json_string_value(type);
		if (name && strcmp(name, "float") == 0)
			ask->embed->forms |= EMBED_FLOATS;
		else if (name && strcmp(name, "base64") == 0)
			ask->embed->forms |= EMBED_BASE64;
		else
			return fields_value(e, "embedding_types", name ? name : "");
	}
	return true;
}

/* Each input is a list of parts; here it is one text. */
static bool read_cohere_inputs(struct ask *ask, const json_t *inputs, struct api_error *e)
{
	size_t i;
	json_t *input;
	if (!json_is_array(inputs))
		return fields_type(e, "inputs", "a list");
	json_array_foreach(inputs, i, input)
	{
		const json_t *parts = json_object_get(input, "content");
		const json_t *text = json_object_get(json_array_get(parts, 0), "text");
		if (json_array_size(parts) != 1 || !embed_put_item(ask, text))
			return fields_type(e, "inputs", "a list of texts");
	}
	return true;
}

static bool read_cohere_items(struct ask *ask, struct api_error *e)
{
	const json_t *inputs = json_object_get(ask->tree, "inputs");
	if (inputs)
		return read_cohere_inputs(ask, inputs, e);
	if (json_is_string(json_object_get(ask->tree, "texts")))
		return fields_type(e, "texts", "a list");
	return embed_read_items(ask, "texts", e);
}

static bool read_cohere(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const roles[] = { "search_document", "search_query", "classification",
		"clustering", NULL };
	const char *role, *cut;
	e->voice = VOICE_PLAIN;
	embed_start(ask);
	if (!fields_load(ask, a->body, e) || !fields_model(ask, e))
		return false;
	role = fields_text(ask->tree, "input_type");
	cut = fields_text(ask->tree, "truncate");
	if (!role)
		return fields_missing(e, "input_type");
	if (!fields_is_one_of(role, roles))
		return fields_value(e, "input_type", role);
	ask->embed->truncates = !cut || strcmp(cut, "NONE") != 0;
	return read_cohere_forms(ask, e) &&
		embed_read_dimensions(ask, ask->tree, "output_dimension", e) &&
		read_cohere_items(ask, e);
}

static void put_cohere_lists(struct buf *out, const struct answer *a)
{
	unsigned forms = a->ask->embed->forms;
	unsigned rogue = a->ask->embed->options->rogue;
	if (rogue & (ROGUE_FLOATS | ROGUE_BASE64))
		forms = rogue & ROGUE_BASE64 ? EMBED_BASE64 : EMBED_FLOATS;
	if (forms & EMBED_FLOATS) {
		put_json(out, "'float':");
		embed_put_list(out, a, EMBED_FLOATS);
	}
	if (forms & EMBED_BASE64) {
		put_json(out, forms & EMBED_FLOATS ? ",'base64':" : "'base64':");
		embed_put_list(out, a, EMBED_BASE64);
	}
}

static struct buf whole_cohere(const struct answer *a)
{
	const struct embed *embed = a->ask->embed;
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'id':'%x','embeddings':{", a->id);
	put_cohere_lists(&out, a);
	put_json(&out, "},'texts':[");
	for (size_t i = 0; i < embed->items_n; i++)
		put_json(&out, i ? ",%t" : "%t", embed->items[i]);
	put_json(&out, "],'meta':{'api_version':{'version':'2'}");
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(&out, ",'billed_units':{'input_tokens':%r}",
			answer_shown(a, a->input).text);
	put_json(&out, "},'response_type':'embeddings_by_type'}");
	return out;
}

static void say_cohere(struct api_error *e, const struct embed_fault *f)
{
	if (f->trouble == TROUBLE_MANY)
		api_error_say(e,
			"invalid request: total number of texts must be at most %" PRId64
			" - received %" PRId64 ".",
			f->most, f->got);
	else
		embed_say(e, f);
}

/* == text-embeddings-inference: a bare list == */

/* Serves one model, which nobody names. */
static bool read_tei(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	e->voice = VOICE_PLAIN;
	e->status = 422;
	embed_start(ask);
	ask->model = "mock";
	return fields_load(ask, a->body, e) &&
		fields_flag(ask->tree, "truncate", &ask->embed->truncates, e) &&
		fields_flag(ask->tree, "normalize", &ask->embed->is_normalized, e) &&
		embed_read_dimensions(ask, ask->tree, "dimensions", e) &&
		embed_read_items(ask, "inputs", e);
}

static struct buf whole_tei(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	embed_put_list(&out, a, EMBED_FLOATS);
	return out;
}

/* Its 413 is about numbers as well as sizes. */
static void say_tei(struct api_error *e, const struct embed_fault *f)
{
	e->status = f->trouble == TROUBLE_POISON ? 422 : 413;
	switch (f->trouble) {
	case TROUBLE_NONE_THERE:
	case TROUBLE_EMPTY:
		e->status = 400;
		api_error_say(e, "`%s` cannot be empty", f->where);
		break;
	case TROUBLE_MANY:
		api_error_say(e, "batch size %" PRId64 " > maximum allowed batch size %" PRId64,
			f->got, f->most);
		break;
	case TROUBLE_LONG:
		api_error_say(e,
			"Input validation error: `%s` must have less than %" PRId64
			" tokens. Given: %" PRId64,
			f->where, f->most, f->got);
		break;
	default:
		embed_say(e, f);
	}
}

static void refuse_tei(struct reply *r, const struct api_error *e)
{
	dialect_tei_rerank.refuse(r, e);
}

/* == The rows == */

static const struct embedder gemini = {
	.input = "requests",
	.items = 100,
	.item_tokens = 2048,
	.truncates = true,
	.say = say_gemini,
};

static const struct embedder ollama = {
	.input = "input",
	.item_tokens = 8192,
	.truncates = true,
	.is_bare = true,
	.say = say_ollama,
};

static const struct embedder cohere = {
	.input = "texts",
	.items = 96,
	.item_tokens = 128000,
	.truncates = true,
	.is_bare = true,
	.say = say_cohere,
};

static const struct embedder tei = {
	.input = "inputs",
	.items = 32,
	.item_tokens = 512,
	.truncates = true,
	.is_bare = true,
	.say = say_tei,
};

const struct dialect dialect_gemini_embed = {
	.name = "gemini-embed",
	.key_header = "x-goog-api-key",
	.family = FAMILY_NONE,
	.hinting = HINTING_BODY,
	.embedder = &gemini,
	.read = read_gemini,
	.whole = whole_gemini,
	.refuse = refuse_gemini,
};

const struct dialect dialect_ollama_embed = {
	.name = "ollama-embed",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.embedder = &ollama,
	.read = read_ollama,
	.whole = whole_ollama,
	.refuse = refuse_ollama,
};

const struct dialect dialect_cohere_embed = {
	.name = "cohere-embed",
	.id_header = "x-debug-trace-id",
	.id_prefix = "",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.embedder = &cohere,
	.read = read_cohere,
	.whole = whole_cohere,
	.refuse = cohere_refuse,
};

const struct dialect dialect_tei_embed = {
	.name = "tei-embed",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.tokens_header = "x-compute-tokens",
	.embedder = &tei,
	.read = read_tei,
	.whole = whole_tei,
	.refuse = refuse_tei,
};
