/* SPDX-License-Identifier: MIT */
/*
 * Vectors as OpenAI has them, and Azure, Mistral, vLLM, Voyage and Jina after it: a list `data` of
 * objects, each with its index. They differ in what else is asked and how it is refused.
 */
#include "base/xalloc.h"
#include "chat.h"
#include "dialect.h"
#include "embed.h"
#include "fields.h"
#include "put.h"

#include <inttypes.h>
#include <string.h>

/* == Reading == */

/* Reads in which form vectors are wanted; `usual` is the value that asks for numbers. */
static bool read_form(struct ask *ask, const char *name, const char *usual, struct api_error *e)
{
	const json_t *form = json_object_get(ask->tree, name);
	const char *text = json_string_value(form);
	if (!form || json_is_null(form) || (text && usual && strcmp(text, usual) == 0))
		return true;
	if (!text || strcmp(text, "base64") != 0)
		return fields_value(e, name, text ? text : "");
	ask->embed->forms = EMBED_BASE64;
	return true;
}

/* A member that may be absent or null must else be one of these; names ends with NULL. */
static bool check_choice(
	const struct ask *ask, const char *name, const char *const *names, struct api_error *e)
{
	const json_t *value = json_object_get(ask->tree, name);
	const char *text = json_string_value(value);
	return !value || json_is_null(value) || fields_is_one_of(text, names) ||
		fields_value(e, name, text ? text : "");
}

static bool read_openai(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "model", "input", "encoding_format", "dimensions",
		"user", NULL };
	embed_start(ask);
	return fields_load(ask, a->body, e) && chat_read_model(ask, a, e) &&
		(ask->dialect == &dialect_vllm_embed || fields_known(ask->tree, names, e)) &&
		read_form(ask, "encoding_format", "float", e) &&
		embed_read_dimensions(ask, ask->tree, "dimensions", e) &&
		embed_read_items(ask, "input", e);
}

static const char *const only_float[] = { "float", NULL };

static bool read_mistral(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "model", "input", "encoding_format",
		"output_dimension", "output_dtype", "metadata", NULL };
	e->voice = VOICE_PYDANTIC;
	embed_start(ask);
	return fields_load(ask, a->body, e) && fields_model(ask, e) &&
		fields_known(ask->tree, names, e) &&
		read_form(ask, "encoding_format", "float", e) &&
		check_choice(ask, "output_dtype", only_float, e) &&
		embed_read_dimensions(ask, ask->tree, "output_dimension", e) &&
		embed_read_items(ask, "input", e);
}

static bool read_voyage(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "model", "input", "input_type", "truncation",
		"output_dimension", "output_dtype", "encoding_format", NULL };
	static const char *const roles[] = { "query", "document", NULL };
	e->voice = VOICE_PLAIN;
	embed_start(ask);
	return fields_load(ask, a->body, e) && fields_model(ask, e) &&
		fields_known(ask->tree, names, e) && read_form(ask, "encoding_format", NULL, e) &&
		check_choice(ask, "input_type", roles, e) &&
		check_choice(ask, "output_dtype", only_float, e) &&
		fields_flag(ask->tree, "truncation", &ask->embed->truncates, e) &&
		embed_read_dimensions(ask, ask->tree, "output_dimension", e) &&
		embed_read_items(ask, "input", e);
}

static bool read_jina(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const tasks[] = { "retrieval.query", "retrieval.passage",
		"text-matching", "classification", "separation", NULL };
	e->voice = VOICE_PLAIN;
	embed_start(ask);
	return fields_load(ask, a->body, e) && fields_model(ask, e) &&
		read_form(ask, "embedding_type", "float", e) &&
		check_choice(ask, "task", tasks, e) &&
		fields_flag(ask->tree, "truncate", &ask->embed->truncates, e) &&
		fields_flag(ask->tree, "normalized", &ask->embed->is_normalized, e) &&
		embed_read_dimensions(ask, ask->tree, "dimensions", e) &&
		embed_read_items(ask, "input", e);
}

/* == Answering == */

static void put_index(struct buf *out, const struct answer *a, size_t i)
{
	const struct embed *embed = a->ask->embed;
	bool is_last = i + 1 == embed->items_n;
	if (embed->options->rogue & ROGUE_UNINDEXED)
		return;
	if (embed->options->rogue & ROGUE_REPEATED && is_last)
		i = 0;
	put_json(out, ",'index':%d", (int64_t)i);
}

static void put_data(struct buf *out, const struct answer *a, bool is_index_last)
{
	struct embed_walk walk = { 0 };
	size_t i;
	put_json(out, "'data':[");
	while (embed_next(out, a, &walk, &i)) {
		put_json(out, "{'object':'embedding'");
		if (!is_index_last)
			put_index(out, a, i);
		if (!embed_is_memberless(a, i)) {
			put_json(out, ",'embedding':");
			embed_put_vector(out, a, i, (enum embed_form)a->ask->embed->forms);
		}
		if (is_index_last)
			put_index(out, a, i);
		buf_put_char(out, '}');
	}
	buf_put_char(out, ']');
}

static void put_usage(struct buf *out, const struct answer *a, const char *more)
{
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(out, ",'usage':{'prompt_tokens':%r,'total_tokens':%r%r}",
			answer_shown(a, a->input).text, answer_shown(a, a->input).text, more);
	buf_put_char(out, '}');
}

static struct buf whole_openai(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'object':'list',");
	put_data(&out, a, false);
	put_json(&out, ",'model':%s", a->ask->model);
	put_usage(&out, a, "");
	return out;
}

static struct buf whole_mistral(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'id':'%x','object':'list',", a->id);
	put_data(&out, a, true);
	put_json(&out, ",'model':%s", a->ask->model);
	put_usage(&out, a, ",\"completion_tokens\":0");
	return out;
}

static struct buf whole_voyage(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'object':'list',");
	put_data(&out, a, true);
	put_json(&out, ",'model':%s", a->ask->model);
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(&out, ",'usage':{'total_tokens':%r}", answer_shown(a, a->input).text);
	buf_put_char(&out, '}');
	return out;
}

static struct buf whole_jina(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'model':%s,'object':'list',", a->ask->model);
	put_data(&out, a, false);
	put_usage(&out, a, "");
	return out;
}

/* == Refusing == */

static void say_openai(struct api_error *e, const struct embed_fault *f)
{
	e->param = f->where;
	switch (f->trouble) {
	case TROUBLE_NONE_THERE:
		e->code = "empty_array";
		api_error_say(e,
			"Invalid 'input': empty array. Expected an array with minimum length 1, but got "
			"an empty array instead.");
		break;
	case TROUBLE_EMPTY:
		api_error_say(e, "Invalid '%s': input cannot be an empty string.", f->where);
		break;
	case TROUBLE_MANY:
		e->code = "array_above_max_length";
		api_error_say(e,
			"Invalid 'input': array too long. Expected an array with maximum length %" PRId64
			", but got an array with length %" PRId64 " instead.",
			f->most, f->got);
		break;
	case TROUBLE_LONG:
		e->param = NULL;
		api_error_say(e, "Invalid '%s': maximum context length is %" PRId64 " tokens.",
			f->where, f->most);
		break;
	case TROUBLE_MUCH:
		e->param = NULL;
		e->type = e->code = "max_tokens_per_request";
		api_error_say(e, "Requested %" PRId64 " tokens, max %" PRId64 " tokens per request",
			f->got, f->most);
		break;
	case TROUBLE_POISON:
		e->code = "content_filter";
		api_error_say(
			e, "Invalid '%s': the input was refused by the content filter.", f->where);
		break;
	}
}

/* With a parameter it would be a 422. */
static void say_mistral(struct api_error *e, const struct embed_fault *f)
{
	if (f->trouble == TROUBLE_MANY)
		api_error_say(e, "Too many inputs in request, split into more batches.");
	else if (f->trouble == TROUBLE_MUCH)
		api_error_say(e, "Too many tokens overall, split into more batches.");
	else
		embed_say(e, f);
}

static void say_voyage(struct api_error *e, const struct embed_fault *f)
{
	if (f->trouble == TROUBLE_MANY)
		api_error_say(e,
			"The batch size limit is %" PRId64 ". Your batch size is %" PRId64 ".",
			f->most, f->got);
	else if (f->trouble == TROUBLE_MUCH)
		api_error_say(e,
			"Request to model 'mock' failed. The max allowed tokens per submitted batch "
			"is %" PRId64 ". Your batch has %" PRId64
			" tokens after truncation. Please lower the number of tokens in the "
			"batch.",
			f->most, f->got);
	else
		embed_say(e, f);
}

static void refuse_azure(struct reply *r, const struct api_error *e)
{
	dialect_azure.refuse(r, e);
}

static void refuse_mistral(struct reply *r, const struct api_error *e)
{
	dialect_mistral.refuse(r, e);
}

static void refuse_vllm(struct reply *r, const struct api_error *e)
{
	dialect_vllm.refuse(r, e);
}

static void refuse_voyage(struct reply *r, const struct api_error *e)
{
	dialect_voyage_rerank.refuse(r, e);
}

static void refuse_jina(struct reply *r, const struct api_error *e)
{
	dialect_jina_rerank.refuse(r, e);
}

/* == The rows == */

static const struct embedder openai = {
	.input = "input",
	.items = 2048,
	.item_tokens = 8192,
	.tokens = 300000,
	.has_index = true,
	.say = say_openai,
};

/* Whatever its memory and its model take. */
static const struct embedder vllm = {
	.input = "input",
	.item_tokens = 8192,
	.has_index = true,
	.say = say_openai,
};

static const struct embedder mistral = {
	.input = "input",
	.items = 1024,
	.item_tokens = 8192,
	.tokens = 16384,
	.has_index = true,
	.say = say_mistral,
};

static const struct embedder voyage = {
	.input = "input",
	.items = 1000,
	.item_tokens = 32000,
	.tokens = 120000,
	.truncates = true,
	.has_index = true,
	.say = say_voyage,
};

static const struct embedder jina = {
	.input = "input",
	.items = 2048,
	.item_tokens = 8192,
	.has_index = true,
	.say = embed_say,
};

const struct dialect dialect_openai_embed = {
	.name = "openai-embed",
	.id_header = "x-request-id",
	.id_prefix = "req_",
	.has_openai_headers = true,
	.family = FAMILY_OPENAI,
	.embedder = &openai,
	.read = read_openai,
	.whole = whole_openai,
	.refuse = openai_refuse,
};

const struct dialect dialect_azure_embed = {
	.name = "azure-embed",
	.key_header = "api-key",
	.id_header = "apim-request-id",
	.id_prefix = "",
	.family = FAMILY_AZURE,
	.embedder = &openai,
	.read = read_openai,
	.whole = whole_openai,
	.refuse = refuse_azure,
};

const struct dialect dialect_vllm_embed = {
	.name = "vllm-embed",
	.id_header = "x-request-id",
	.id_prefix = "",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.embedder = &vllm,
	.read = read_openai,
	.whole = whole_openai,
	.refuse = refuse_vllm,
};

const struct dialect dialect_mistral_embed = {
	.name = "mistral-embed",
	.id_header = "mistral-correlation-id",
	.id_prefix = "",
	.family = FAMILY_MISTRAL,
	.hinting = HINTING_SECONDS,
	.embedder = &mistral,
	.read = read_mistral,
	.whole = whole_mistral,
	.refuse = refuse_mistral,
};

const struct dialect dialect_voyage_embed = {
	.name = "voyage-embed",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.embedder = &voyage,
	.read = read_voyage,
	.whole = whole_voyage,
	.refuse = refuse_voyage,
};

const struct dialect dialect_jina_embed = {
	.name = "jina-embed",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.embedder = &jina,
	.read = read_jina,
	.whole = whole_jina,
	.refuse = refuse_jina,
};
