/* SPDX-License-Identifier: MIT */
#include "app/endpoint_text.h"

#include "api/api.h"
#include "app/config.h"
#include "base/near.h"
#include "base/units.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { IS_API, IS_TEXT, IS_WEIGHT, IS_COUNT };

struct attribute {
	const char *name;
	enum kind kind;
	size_t field; /* offset in struct endpoint_text */
	int64_t most; /* of a count */
};

#define FIELD(member) offsetof(struct endpoint_text, member)
#define COUNT_MAX INT64_C(1000000000000)
#define WEIGHT_MAX 1e6

static const struct attribute attributes[] = {
	{ "api=", IS_API, FIELD(api), 0 },
	{ "model=", IS_TEXT, FIELD(model), 0 },
	{ "key-env=", IS_TEXT, FIELD(key_env), 0 },
	{ "weight=", IS_WEIGHT, FIELD(weight), 0 },
	{ "max=", IS_COUNT, FIELD(max), 100000 }, /* as of --jobs */
	{ "rpm=", IS_COUNT, FIELD(rpm), COUNT_MAX },
	{ "tpm=", IS_COUNT, FIELD(tpm), COUNT_MAX },
};

/* One of the texts while it is cut. */
struct cutting {
	struct endpoint_text *text;
	const char *option; /* for messages */
	struct err *err;
};

static const struct attribute *attribute_of(const char *part)
{
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (strncmp(part, attributes[i].name, strlen(attributes[i].name)) == 0)
			return &attributes[i];
	return NULL;
}

/* Gives the name with its "=" that part's may be a slip of, or NULL. */
static const char *nearest_attribute(const char *part)
{
	enum { N = sizeof attributes / sizeof *attributes };
	const char *names[N], *equals = strchr(part, '=');
	for (size_t i = 0; i < N; i++)
		names[i] = attributes[i].name;
	char *name = equals ? xmemdup(part, (size_t)(equals + 1 - part)) : NULL;
	const char *near = name ? near_find(name, names, N) : NULL;
	free(name);
	return near;
}

/* A URL with a password in it must not reach a message. */
static bool refuse_part(const struct cutting *c, const char *part)
{
	bool is_shown = *part && !strchr(part, '@');
	const char *near = nearest_attribute(part);
	if (near && is_shown)
		return err_set(c->err, ERR_ENDPOINT,
			"%s: unknown \"%.60s\"" LOG_HELP "the nearest is %s", c->option, part,
			near);
	return err_set(c->err, ERR_ENDPOINT,
		"%s: %s%.60s%s is none of api=, model=, key-env=, weight=, max=, rpm=, tpm=",
		c->option, is_shown ? "\"" : "one part", is_shown ? part : "",
		is_shown ? "\"" : "");
}

static void put_text(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

const struct api *endpoint_text_find_api(const char *name, bool embeds)
{
	return embeds ? api_find_embedder(name) : api_find(name);
}

const char *endpoint_api_name(bool embeds, size_t at)
{
	size_t n;
	const struct api *const *all = embeds ? api_all_embedders(&n) : api_all(&n);
	return at < n ? all[at]->name : NULL;
}

enum { NAMES_MAX = 64, LIST_BYTES = 600 };

/* Writes the names of all rows into list, with commas between. */
static void list_names(const char *const *names, size_t n, char list[LIST_BYTES])
{
	size_t at = 0;
	list[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		int more = snprintf(list + at, LIST_BYTES - at, "%s%s", i ? ", " : "", names[i]);
		at += more > 0 && (size_t)more < LIST_BYTES - at ? (size_t)more : 0;
	}
}

/* Gives what an API is called here that others call `name`; else name itself. */
static const char *api_alias(const char *name)
{
	static const struct {
		const char *alias, *name;
	} aliases[] = {
		{ "claude", "anthropic" },
		{ "google", "gemini" },
		{ "chatgpt", "openai" },
		{ "gpt", "openai" },
		{ "vllm", "openai" },
		{ "llama.cpp", "openai" },
		{ "lmstudio", "openai" },
		{ "aws", "bedrock" },
		{ "grok", "xai" },
		{ "together", "together_ai" },
		{ "fireworks", "fireworks_ai" },
		{ "nvidia", "nvidia_nim" },
	};
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(name, aliases[i].alias) == 0)
			return aliases[i].name;
	return name;
}

bool endpoint_text_refuse_api(const char *option, const char *name, bool embeds, struct err *err)
{
	const char *names[NAMES_MAX];
	char list[LIST_BYTES];
	size_t n;
	const struct api *const *all = embeds ? api_all_embedders(&n) : api_all(&n);
	n = n < NAMES_MAX ? n : NAMES_MAX;
	for (size_t i = 0; i < n; i++)
		names[i] = all[i]->name;
	list_names(names, n, list);
	bool is_other = endpoint_text_find_api(name, !embeds) != NULL;
	if (is_other && embeds)
		return err_set(err, ERR_ENDPOINT,
			"%s: %s gives no vectors" LOG_HELP "those that do are %s", option, name,
			list);
	if (is_other)
		return err_set(err, ERR_ENDPOINT,
			"%s: %s gives vectors, not answers" LOG_HELP "pllm embed asks for them",
			option, name);
	const char *near = near_find(api_alias(name), names, n);
	if (near)
		return err_set(err, ERR_ENDPOINT,
			"%s: unknown API \"%.60s\"" LOG_HELP "the nearest is %s", option, name,
			near);
	return err_set(err, ERR_ENDPOINT, "%s: unknown API \"%.60s\"" LOG_HELP "there are %s",
		option, name, list);
}

static bool put_api(const struct cutting *c, const struct api **field, const char *name)
{
	*field = endpoint_text_find_api(name, c->text->embeds);
	return *field || endpoint_text_refuse_api(c->option, name, c->text->embeds, c->err);
}

static bool put_weight(const struct cutting *c, double *field, const char *text)
{
	double weight = 0;
	if (!units_parse_number(span_of(text), &weight) || !(weight > 0 && weight <= WEIGHT_MAX))
		return err_set(c->err, ERR_ENDPOINT,
			"%s: weight=%.60s: not understood" LOG_HELP
			"expected a number above 0, up to a million",
			c->option, text);
	*field = weight;
	return true;
}

static bool put_count(
	const struct cutting *c, int64_t *field, const struct attribute *a, const char *text)
{
	int64_t count = 0;
	if (!units_parse_int(span_of(text), &count) || count < 1 || count > a->most)
		return err_set(c->err, ERR_ENDPOINT,
			"%s: %s%.60s: not understood" LOG_HELP
			"expected a whole number from 1 to %" PRId64,
			c->option, a->name, text, a->most);
	*field = count;
	return true;
}

static bool put_attribute(const struct cutting *c, const struct attribute *a, const char *value)
{
	void *field = (char *)c->text + a->field;
	if (!*value)
		return err_set(
			c->err, ERR_ENDPOINT, "%s: there is nothing after %s", c->option, a->name);
	if (a->kind == IS_API)
		return put_api(c, field, value);
	if (a->kind == IS_WEIGHT)
		return put_weight(c, field, value);
	if (a->kind == IS_COUNT)
		return put_count(c, field, a, value);
	put_text(field, value);
	return true;
}

/* The URL, or the bare model of a fallback: each is there once. */
static bool put_once(const struct cutting *c, char **field, const char *part, const char *what)
{
	if (*field)
		return err_set(c->err, ERR_ENDPOINT,
			"%s: two %s" LOG_HELP "give the option once for each", c->option, what);
	put_text(field, part);
	return true;
}

static bool put_part(const struct cutting *c, const char *part, bool is_fallback)
{
	const struct attribute *a = attribute_of(part);
	if (a)
		return put_attribute(c, a, part + strlen(a->name));
	if (strstr(part, "://"))
		return put_once(c, &c->text->base, part, "URLs");
	if (is_fallback && *part && !strchr(part, '='))
		return put_once(c, &c->text->model, part, "models");
	return refuse_part(c, part);
}

static bool put_parts(const struct cutting *c, char *rest, bool is_fallback)
{
	while (rest)
		if (!put_part(c, strsep(&rest, ","), is_fallback))
			return false;
	return true;
}

bool endpoint_text_parse(struct endpoint_text *t, const char *text, struct err *err)
{
	struct cutting c = { t, "--endpoint", err };
	char *copy = xstrdup(text), *rest = copy;
	put_text(&t->base, strsep(&rest, ","));
	bool ok = put_parts(&c, rest, false);
	free(copy);
	return ok;
}

bool endpoint_text_parse_fallback(struct endpoint_text *t, const char *text, struct err *err)
{
	struct cutting c = { t, "--fallback", err };
	char *copy = xstrdup(text);
	bool ok = put_parts(&c, copy, true);
	if (ok && !t->base && !t->model)
		ok = err_set(err, ERR_ENDPOINT,
			"--fallback: not understood" LOG_HELP "expected a model, a URL, or both");
	free(copy);
	return ok;
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void endpoint_text_copy(struct endpoint_text *t, const struct endpoint_text *from)
{
	*t = *from;
	t->base = copy_or_null(from->base);
	t->model = copy_or_null(from->model);
	t->key_env = copy_or_null(from->key_env);
}

bool endpoint_opts_check(const char *text, struct err *err)
{
	struct endpoint_text t = { 0 }, embedder = { .embeds = true };
	struct err why;
	bool ok = endpoint_text_parse(&t, text, err) || endpoint_text_parse(&embedder, text, &why);
	endpoint_text_release(&t);
	endpoint_text_release(&embedder);
	return ok;
}

void endpoint_text_release(struct endpoint_text *t)
{
	free(t->base);
	free(t->model);
	free(t->key_env);
	*t = (struct endpoint_text){ 0 };
}
