/* SPDX-License-Identifier: MIT */
/*
 * One table for all rows, since a list says nothing of what a model is asked for: who lists for
 * chat lists the same for vectors, but for OpenRouter. Whatever stands for OpenAI is found in other
 * forms too, so where `data` is wanted, a bare array (Together) will do.
 */
#include "api/models.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"

#include <stdlib.h>
#include <string.h>

enum {
	IS_PUBLIC = 1,  /* no key is asked for */
	IS_PART = 2,    /* more models can be asked for than are listed */
	HAS_QUERY = 4,  /* the endpoint's query follows the path */
	IS_FOREIGN = 8, /* the names are none that -m takes */
	IS_ONE = 16     /* no list, but a description with one name in it */
};

struct form {
	const char *name;  /* the row's */
	const char *path;  /* appended to the base URL */
	const char *items; /* the member with the models */
	const char *item;  /* the member of each with its name */
	const char *more;  /* the member that says that there are more; NULL = there never are */
	unsigned flags;
};

#define LIKE_OPENAI "data", "id", "has_more"
#define OF_COHERE "/v1/models?page_size=1000", "models", "name", "next_page_token"
#define OF_TEI "/info", NULL, "model_id", NULL, IS_ONE | IS_PUBLIC

static const struct form forms[] = {
	{ "openai", "/models", LIKE_OPENAI, 0 },
	{ "openai-responses", "/models", LIKE_OPENAI, 0 },
	{ "openai-completions", "/models", LIKE_OPENAI, 0 },
	{ "openai-moderation", "/models", LIKE_OPENAI, 0 },
	{ "azure", "/openai/v1/models", LIKE_OPENAI, IS_FOREIGN },
	{ "azure-classic", "/openai/models", LIKE_OPENAI, IS_FOREIGN | HAS_QUERY },
	{ "anthropic", "/v1/models?limit=1000", LIKE_OPENAI, 0 },
	{ "gemini", "/v1beta/models?pageSize=1000", "models", "name", "nextPageToken", 0 },
	{ "ollama", "/api/tags", "models", "name", NULL, IS_PUBLIC },
	{ "mistral", "/v1/models", LIKE_OPENAI, 0 },
	{ "groq", "/models", LIKE_OPENAI, 0 },
	{ "together_ai", "/models", LIKE_OPENAI, 0 },
	{ "openrouter", "/models", LIKE_OPENAI, IS_PUBLIC },
	{ "deepseek", "/models", LIKE_OPENAI, 0 },
	{ "xai", "/models", LIKE_OPENAI, 0 },
	{ "fireworks_ai", "/models", LIKE_OPENAI, IS_PART },
	{ "cerebras", "/models", LIKE_OPENAI, 0 },
	{ "nvidia_nim", "/models", LIKE_OPENAI, IS_PUBLIC },
	{ "cohere", OF_COHERE, 0 },
	{ "cohere-rerank", OF_COHERE, 0 },
	{ "tei", OF_TEI },
	{ "tei-rerank", OF_TEI },
};

/* What is asked for vectors there is not among what chats. */
static const struct form vectors_of_openrouter = { "openrouter", "/embeddings/models", LIKE_OPENAI,
	IS_PUBLIC };

static const struct form *form_of(const struct api *api)
{
	if (api->build_pack && strcmp(api->name, vectors_of_openrouter.name) == 0)
		return &vectors_of_openrouter;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, api->name) == 0)
			return &forms[i];
	return NULL;
}

char *models_url(const struct endpoint *e)
{
	const struct form *form = form_of(e->api);
	if (!form)
		return NULL;
	return xasprintf("%s%s%s", e->base, form->path,
		(form->flags & HAS_QUERY) && e->query ? e->query : "");
}

bool models_prove_key(const struct api *api)
{
	const struct form *form = form_of(api);
	return form && !(form->flags & IS_PUBLIC);
}

static bool is_printable(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == 0x7f)
			return false;
	return true;
}

/* What no command line can say, with NULs or spaces in it, is nobody's model. */
static void add_name(const struct api *api, struct span escaped, struct strings *out)
{
	static const char own[] = "models/"; /* Google's names begin so, and nobody's -m does */
	char bytes[MODELS_NAME_MAX_BYTES + 1];
	struct buf plain;
	if (!escaped.at || escaped.n == 0)
		return;
	buf_init(&plain, sizeof bytes - 1);
	if (json_put_plain(&plain, escaped) && !memchr(plain.data, '\0', plain.len)) {
		memcpy(bytes, plain.data, plain.len);
		bytes[plain.len] = '\0';
		const char *name = bytes;
		if (strcmp(api->name, "gemini") == 0 && strncmp(name, own, sizeof own - 1) == 0)
			name += sizeof own - 1;
		if (*name && is_printable(name))
			strings_add(out, name);
	}
	buf_release(&plain);
}

/* True, or a token for the next page. */
static bool has_more(const struct form *form, struct span page)
{
	struct span said = form->more ? json_member(page, span_of(form->more)) : (struct span){ 0 };
	return span_is(said, "true") || json_text_of(said).n > 0;
}

static bool read_one(const struct api *api, const struct form *form, struct span page,
	struct strings *out, bool *is_all)
{
	struct span name = json_text_of(json_member(page, span_of(form->item)));
	if (!name.at)
		return false;
	add_name(api, name, out);
	*is_all = false;
	return true;
}

/* The models in a page; missing if it is none. */
static struct span items_of(const struct form *form, struct span page)
{
	bool is_bare = json_is(page, JSON_KIND_ARRAY) && strcmp(form->items, "data") == 0;
	struct span items = is_bare ? page : json_member(page, span_of(form->items));
	return json_is(items, JSON_KIND_ARRAY) ? items : (struct span){ 0 };
}

/* Appends all names, and gives how many items there are. */
static size_t read_names(
	const struct api *api, const struct form *form, struct span items, struct strings *out)
{
	struct json_walk walk;
	size_t n = 0;
	json_walk_init(&walk, items);
	for (; n < MODELS_MAX && json_walk_next(&walk); n++)
		if (!(form->flags & IS_FOREIGN))
			add_name(api, json_text_of(json_member(walk.value, span_of(form->item))),
				out);
	return n;
}

bool models_read(
	const struct api *api, struct span body, struct strings *out, bool *is_all, size_t *odd_n)
{
	const struct form *form = form_of(api);
	struct json_fault fault;
	struct span page;
	size_t before_n = out->n;
	if (!form || !body.at || !json_scan(body, &page, &fault))
		return false;
	if (form->flags & IS_ONE)
		return read_one(api, form, page, out, is_all);
	struct span items = items_of(form, page);
	if (!items.at)
		return false;
	size_t n = read_names(api, form, items, out);
	if (odd_n)
		*odd_n = form->flags & IS_FOREIGN ? 0 : n - (out->n - before_n);
	*is_all =
		n < MODELS_MAX && !(form->flags & (IS_PART | IS_FOREIGN)) && !has_more(form, page);
	return true;
}

static bool is_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* True if `name` is "STEM-20250929", and the model "STEM" or "STEM-latest". */
static bool is_dated(const char *name, const char *model)
{
	static const char latest[] = "-latest";
	size_t n = strlen(model);
	if (n >= sizeof latest && strcmp(model + n - (sizeof latest - 1), latest) == 0)
		n -= sizeof latest - 1;
	return strncmp(name, model, n) == 0 && name[n] == '-' && is_digits(name + n + 1);
}

/* True if `name` is the model with that between it and its end. */
static bool is_with(const char *name, const char *model, const char *end)
{
	size_t n = strlen(model);
	return strncmp(name, model, n) == 0 && strcmp(name + n, end) == 0;
}

/* True if the model is "NAME:variant". */
static bool is_variant(const char *name, const char *model)
{
	size_t n = strlen(name);
	return strncmp(name, model, n) == 0 && model[n] == ':';
}

static bool means(const struct api *api, const char *name, const char *model)
{
	if (strcmp(name, model) == 0)
		return true;
	if (strcmp(api->name, "gemini") == 0)
		return strncmp(model, "models/", 7) == 0 && strcmp(name, model + 7) == 0;
	if (strcmp(api->name, "ollama") == 0)
		return is_with(name, model, ":latest");
	if (strcmp(api->name, "openrouter") == 0)
		return is_variant(name, model);
	return (strcmp(api->name, "anthropic") == 0 || strcmp(api->name, "xai") == 0 ||
		       strcmp(api->name, "mistral") == 0) &&
		is_dated(name, model);
}

bool models_have(const struct api *api, const struct strings *names, const char *model)
{
	for (size_t i = 0; i < names->n; i++)
		if (means(api, names->items[i], model))
			return true;
	return false;
}
