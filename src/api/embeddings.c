/* SPDX-License-Identifier: MIT */
/*
 * Texts go out in packs, and a vector for each comes back.
 *
 * Most speak OpenAI's words with a field or two of their own, so that a vendor is a description of
 * its fields. Google alone wants a request for each text, with all fields in each.
 *
 * A text that is too long is to be an error, not a vector of its beginning: where an API cuts
 * unasked it is told not to. Base64 is asked for where numbers, not digits, are wanted: it is a
 * third as long and read without parsing. A --param wins over what is written here of the same
 * name, but for the fields that decide what comes back and for whom. What an API has no field for
 * is a fault rather than silently left out.
 *
 * Answers are read in embeddings_answer.c, refusals in embeddings_blamed.c.
 */
#include "api/embeddings.h"

#include "api/chat.h"
#include "api/members.h"
#include "api/vendors.h"
#include "json/walk.h"

#include <string.h>

enum {
	TOKENS_MAX = 300000, /* OpenAI's; and of those who say nothing */
	TEXTS_MAX = 512      /* of those who say nothing */
};

/* In what the APIs differ. Values are JSON; what is NULL there is no field for. */
struct embedder {
	const char *texts;      /* the field's name; NULL = Google's requests */
	const char *dimensions; /* the field's name */
	const char *role;       /* the field's name, with its values: */
	const char *queries;
	const char *documents;
	const char *as_is;  /* NULL = it need not be said */
	const char *form;   /* the field for digits or base64, with its values: */
	const char *digits; /* NULL = they come unasked */
	const char *base64;
	const char *normalize; /* the field that is true then */
	const char *uncut;     /* the field that says not to cut, with its value: */
	const char *uncut_value;
};

/* What no --param may say: the texts, and the form that they come back in. */
static const char *const owned[] = { "input", "inputs", "texts", "requests", "content", "model",
	"encoding_format", "embedding_type", "embedding_types" };

static bool check_params(const struct step *s, struct fault *fault)
{
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
		if (members_has_param(s, owned[i]))
			return fault_set(fault, ERROR_BAD_RECORD,
				"--param %s: pllm sets that field itself", owned[i]);
	return true;
}

static bool check_options(const struct embedder *e, const struct ask_pack *ask, struct fault *fault)
{
	const struct embedding *wanted = ask->embedding;
	if (wanted->role != EMBED_AS_IS && !e->role)
		return fault_set(fault, ERROR_BAD_RECORD,
			"--input-type: this API has no field for it" LOG_HELP
			"if the model wants words before its texts, put them into -p: 'query: {{text}}'");
	if (wanted->dimensions && !e->dimensions)
		return fault_set(fault, ERROR_BAD_RECORD,
			"--dimensions: this API has no field for it" LOG_HELP
			"leave it out, or try --param with one that the model knows");
	return check_params(ask->step, fault);
}

static void add(struct members *m, const char *name, const char *json)
{
	if (name && json)
		members_add(m, name, span_of(json));
}

static void add_fields(const struct embedder *e, const struct ask_pack *ask, struct members *m)
{
	const struct embedding *wanted = ask->embedding;
	const struct ask plain = { .step = ask->step, .sample = -1 };
	const char *const roles[] = {
		[EMBED_AS_IS] = e->as_is,
		[EMBED_QUERIES] = e->queries,
		[EMBED_DOCUMENTS] = e->documents,
	};
	/* In base64 only float32 is what it says. */
	bool is_base64 =
		wanted->is_matrix && e->base64 && !members_has_param(ask->step, "output_dtype");
	add(m, e->role, roles[wanted->role]);
	add(m, e->form, is_base64 ? e->base64 : e->digits);
	if (wanted->dimensions)
		members_add_int(m, e->dimensions, wanted->dimensions);
	if (wanted->is_normalized)
		add(m, e->normalize, "true");
	add(m, e->uncut, e->uncut_value);
	members_add_params(m, &plain);
}

static bool put_texts(const struct embedder *e, const struct ask_pack *ask, struct buf *body)
{
	bool ok =
		buf_put_char(body, '"') && buf_put_str(body, e->texts) && buf_put_str(body, "\":[");
	for (size_t i = 0; ok && i < ask->texts_n; i++)
		ok = (i == 0 || buf_put_char(body, ',')) && chat_put_quoted(body, ask->texts[i]);
	return ok && buf_put_char(body, ']');
}

static bool put_request(const struct embedder *e, const struct ask_pack *ask,
	const struct members *m, struct buf *body)
{
	bool ok = buf_put_char(body, '{');
	if (ask->model.at)
		ok = ok && buf_put_str(body, "\"model\":") && buf_put_span(body, ask->model) &&
			buf_put_char(body, ',');
	return ok && put_texts(e, ask, body) && members_put(m, body) && buf_put_char(body, '}');
}

/* Google's own name for a model, which may have been given. */
static bool put_google_model(const struct ask_pack *ask, struct buf *body)
{
	const struct span prefix = SPAN("models/");
	struct span name = json_text_of(ask->model);
	bool is_whole = name.n > prefix.n && memcmp(name.at, prefix.at, prefix.n) == 0;
	return buf_put_str(body, "{\"model\":\"") && (is_whole || buf_put_span(body, prefix)) &&
		buf_put_span(body, name) && buf_put_char(body, '"');
}

static bool put_google_requests(
	const struct ask_pack *ask, const struct members *m, struct buf *body)
{
	bool ok = buf_put_str(body, "{\"requests\":[");
	for (size_t i = 0; ok && i < ask->texts_n; i++)
		ok = (i == 0 || buf_put_char(body, ',')) && put_google_model(ask, body) &&
			buf_put_str(body, ",\"content\":{\"parts\":[{\"text\":") &&
			chat_put_quoted(body, ask->texts[i]) && buf_put_str(body, "}]}") &&
			members_put(m, body) && buf_put_char(body, '}');
	return ok && buf_put_str(body, "]}");
}

static bool build(
	const struct embedder *e, const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	struct members m;
	if (!check_options(e, ask, fault))
		return false;
	members_init(&m);
	add_fields(e, ask, &m);
	bool ok = e->texts ? put_request(e, ask, &m, body) : put_google_requests(ask, &m, body);
	return ok || members_too_large(body, fault);
}

/* What a request would be faulted for, this is. */
bool embeddings_check(const struct api *api, const struct step *step,
	const struct embedding *embedding, struct err *err)
{
	const struct span text = SPAN("text");
	const struct ask_pack ask = {
		.step = step,
		.embedding = embedding,
		.model = SPAN("\"model\""),
		.texts = &text,
		.texts_n = 1,
	};
	struct fault fault;
	struct buf body;
	buf_init(&body, SIZE_MAX / 2);
	bool ok = api->build_pack(&ask, &body, &fault) ||
		err_set(err, ERR_MODEL, "--api %s: %s", api->name, fault.msg);
	buf_release(&body);
	return ok;
}

#define GIVES_VECTORS                                                           \
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE,    \
	.charge = CHARGE_INPUT, .cannot_stream = true, .read = embeddings_read, \
	.read_usage = embeddings_read_usage
#define BASE64_AS_OPENAI .form = "encoding_format", .base64 = "\"base64\""

static bool build_openai(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "dimensions",
		BASE64_AS_OPENAI,
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_openai = {
	.name = "openai",
	VENDOR_OPENAI,
	.path = "/embeddings",
	.pack_texts = 2048,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_openai,
	GIVES_VECTORS,
};

const struct api embeddings_azure = {
	.name = "azure",
	VENDOR_AZURE,
	.path = "/openai/v1/embeddings",
	.pack_texts = 2048,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_openai,
	GIVES_VECTORS,
};

const struct api embeddings_azure_classic = {
	.name = "azure-classic",
	VENDOR_AZURE,
	.path = "/openai/deployments/{model}/embeddings",
	.pack_texts = 2048,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_openai,
	GIVES_VECTORS,
};

const struct api embeddings_openrouter = {
	.name = "openrouter",
	VENDOR_OPENROUTER,
	.path = "/embeddings",
	.pack_texts = TEXTS_MAX,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_openai,
	GIVES_VECTORS,
};

static bool build_together_ai(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = { .texts = "input" };
	return build(&e, ask, body, fault);
}

const struct api embeddings_together_ai = {
	.name = "together_ai",
	VENDOR_TOGETHER_AI,
	.path = "/embeddings",
	.pack_texts = TEXTS_MAX,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_together_ai,
	GIVES_VECTORS,
};

static bool build_fireworks_ai(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "dimensions",
		.normalize = "normalize",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_fireworks_ai = {
	.name = "fireworks_ai",
	VENDOR_FIREWORKS_AI,
	.path = "/embeddings",
	.pack_texts = TEXTS_MAX,
	.pack_tokens = TOKENS_MAX,
	.normalizes = true,
	.build_pack = build_fireworks_ai,
	GIVES_VECTORS,
};

/* Of models that tell queries from passages the role must be said; the server says so. */
static bool build_nvidia_nim(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "dimensions",
		.role = "input_type",
		.queries = "\"query\"",
		.documents = "\"passage\"",
		BASE64_AS_OPENAI,
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_nvidia_nim = {
	.name = "nvidia_nim",
	VENDOR_NVIDIA_NIM,
	.path = "/embeddings",
	.pack_texts = 50, /* as the vendor's own client packs */
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_nvidia_nim,
	GIVES_VECTORS,
};

static bool build_mistral(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "output_dimension",
		BASE64_AS_OPENAI,
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_mistral = {
	.name = "mistral",
	VENDOR_MISTRAL,
	.path = "/v1/embeddings",
	.pack_texts = TEXTS_MAX,
	.pack_tokens = 16384, /* as its refusals say */
	.build_pack = build_mistral,
	GIVES_VECTORS,
};

static bool build_gemini(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.dimensions = "outputDimensionality",
		.role = "taskType",
		.queries = "\"RETRIEVAL_QUERY\"",
		.documents = "\"RETRIEVAL_DOCUMENT\"",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_gemini = {
	.name = "gemini",
	VENDOR_GEMINI,
	.path = "/v1beta/models/{model}:batchEmbedContents",
	.pack_texts = 100,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_gemini,
	GIVES_VECTORS,
};

static bool build_ollama(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "dimensions",
		.uncut = "truncate",
		.uncut_value = "false",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_ollama = {
	.name = "ollama",
	VENDOR_OLLAMA,
	.path = "/api/embed",
	.pack_texts = TEXTS_MAX,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_ollama,
	GIVES_VECTORS,
};

/* What the texts are must be said: they are rather searched than searched with. */
static bool build_cohere(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "texts",
		.dimensions = "output_dimension",
		.role = "input_type",
		.queries = "\"search_query\"",
		.documents = "\"search_document\"",
		.as_is = "\"search_document\"",
		.form = "embedding_types",
		.digits = "[\"float\"]",
		.base64 = "[\"base64\"]",
		.uncut = "truncate",
		.uncut_value = "\"NONE\"",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_cohere = {
	.name = "cohere",
	VENDOR_COHERE,
	.path = "/v2/embed",
	.pack_texts = 96,
	.pack_tokens = TOKENS_MAX,
	.build_pack = build_cohere,
	GIVES_VECTORS,
};

static bool build_voyage(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "output_dimension",
		.role = "input_type",
		.queries = "\"query\"",
		.documents = "\"document\"",
		BASE64_AS_OPENAI,
		.uncut = "truncation",
		.uncut_value = "false",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_voyage = {
	.name = "voyage",
	VENDOR_VOYAGE,
	.path = "/v1/embeddings",
	.pack_texts = 1000,
	.pack_tokens = 120000, /* of its larger models; others take up to a million */
	.build_pack = build_voyage,
	GIVES_VECTORS,
};

static bool build_jina(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "input",
		.dimensions = "dimensions",
		.role = "task",
		.queries = "\"retrieval.query\"",
		.documents = "\"retrieval.passage\"",
		.form = "embedding_type",
		.base64 = "\"base64\"",
		.normalize = "normalized",
	};
	return build(&e, ask, body, fault);
}

const struct api embeddings_jina = {
	.name = "jina",
	VENDOR_JINA,
	.path = "/v1/embeddings",
	.pack_texts = 512,
	.pack_tokens = TOKENS_MAX,
	.normalizes = true,
	.build_pack = build_jina,
	GIVES_VECTORS,
};

static bool build_tei(const struct ask_pack *ask, struct buf *body, struct fault *fault)
{
	static const struct embedder e = {
		.texts = "inputs",
		.dimensions = "dimensions",
		.normalize = "normalize",
		.uncut = "truncate",
		.uncut_value = "false",
	};
	return build(&e, ask, body, fault);
}

/* text-embeddings-inference: what it takes at once unless who runs it says otherwise. */
const struct api embeddings_tei = {
	.name = "tei",
	VENDOR_BEARER,
	.path = "/embed",
	.pack_texts = 32,
	.pack_tokens = TOKENS_MAX,
	.needs_no_model = true,
	.normalizes = true,
	.build_pack = build_tei,
	GIVES_VECTORS,
};
