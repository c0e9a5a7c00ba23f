/* SPDX-License-Identifier: MIT */
/*
 * One model has many names. A map has most of those that vendors ask for, and the vendor's own name
 * before some of them; who asks may add a date, a region, a version, or the vendor at a broker. All
 * that can be added is at the two ends, so every name that is tried is a piece of the one given.
 */
#include "api/prices.h"

#include "api/prices_part.h"
#include "base/hash.h"
#include "base/lookup.h"
#include "base/near.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { HASH_SEED = 1 };

struct entry {
	struct lookup_node node;
	struct entry *next; /* of all */
	size_t name_n;
	char *name; /* owned; with a NUL after it */
	struct price price;
};

struct prices {
	struct lookup entries; /* by a hash of the name */
	struct entry *all;     /* owned */
};

struct prices *prices_new(void)
{
	return xcalloc(1, sizeof(struct prices));
}

void prices_free(struct prices *p)
{
	if (!p)
		return;
	lookup_release(&p->entries);
	while (p->all) {
		struct entry *e = p->all;
		p->all = e->next;
		free(e->name);
		free(e);
	}
	free(p);
}

static struct entry *find(const struct prices *p, struct span name)
{
	struct lookup_node *node = lookup_find(&p->entries, hash_bytes(name, HASH_SEED));
	for (; node; node = lookup_next(node)) {
		struct entry *e = LOOKUP_ENTRY(node, struct entry, node);
		if (span_equals((struct span){ e->name, e->name_n }, name))
			return e;
	}
	return NULL;
}

void prices_put(struct prices *p, struct span name, const struct price *price)
{
	struct entry *e = find(p, name);
	if (!e) {
		e = xcalloc(1, sizeof *e);
		e->name = xmemdup(name.at, name.n);
		e->name_n = name.n;
		e->next = p->all;
		p->all = e;
		lookup_put(&p->entries, &e->node, hash_bytes(name, HASH_SEED));
	}
	e->price = *price;
	e->price.name = e->name;
}

/* What the map puts before the names of an API's models. */
static const struct {
	const char *api;
	const char *prefix;
} prefixes[] = {
	{ "openai", "openai/" },
	{ "openai-responses", "openai/" },
	{ "openai-completions", "openai/" },
	{ "openai-completions", "text-completion-openai/" },
	{ "openai-moderation", "openai/" },
	{ "openai-batch", "openai/" },
	{ "azure", "azure/" },
	{ "azure", "azure_ai/" },
	{ "azure-classic", "azure/" },
	{ "anthropic", "anthropic/" },
	{ "anthropic-batch", "anthropic/" },
	{ "bedrock", "bedrock/" },
	{ "gemini", "gemini/" },
	{ "ollama", "ollama/" },
	{ "ollama", "ollama_chat/" },
	{ "mistral", "mistral/" },
	{ "groq", "groq/" },
	{ "together_ai", "together_ai/" },
	{ "openrouter", "openrouter/" },
	{ "deepseek", "deepseek/" },
	{ "xai", "xai/" },
	{ "fireworks_ai", "fireworks_ai/" },
	{ "cerebras", "cerebras/" },
	{ "nvidia_nim", "nvidia_nim/" },
	{ "cohere", "cohere/" },
	{ "cohere", "cohere_chat/" },
	{ "cohere-rerank", "cohere/" },
	{ "voyage", "voyage/" },
	{ "voyage-rerank", "voyage/" },
	{ "jina", "jina_ai/" },
	{ "jina-rerank", "jina_ai/" },
};

static const struct price *find_with(
	const struct prices *p, const char *prefix, struct span name, struct buf *whole)
{
	buf_clear(whole);
	buf_put_str(whole, prefix);
	buf_put_span(whole, name);
	const struct entry *e = find(p, buf_span(whole));
	return e ? &e->price : NULL;
}

/* The price by that name, as the API has it if it is one of several. */
static const struct price *find_named(const struct prices *p, const char *api, struct span name)
{
	const struct price *price = NULL;
	struct buf whole;
	if (name.n == 0)
		return NULL;
	buf_init(&whole, SIZE_MAX / 4);
	for (size_t i = 0; api && !price && i < sizeof prefixes / sizeof *prefixes; i++)
		if (strcmp(prefixes[i].api, api) == 0)
			price = find_with(p, prefixes[i].prefix, name, &whole);
	buf_release(&whole);
	const struct entry *e = price ? NULL : find(p, name);
	return e ? &e->price : price;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many bytes of the name are a region and its dot, in front. */
static size_t region_n(struct span name)
{
	static const char *const regions[] = { "us.", "eu.", "apac.", "jp.", "au.", "ca.", "sa.",
		"global.", "us-gov." };
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
		size_t n = strlen(regions[i]);
		if (name.n > n && memcmp(name.at, regions[i], n) == 0)
			return n;
	}
	return 0;
}

/* How many are a vendor: all up to a slash, or letters up to a dot. */
static size_t vendor_n(struct span name)
{
	const char *slash = memchr(name.at, '/', name.n);
	size_t n = 0;
	if (slash)
		return (size_t)(slash + 1 - name.at);
	while (n < name.n && name.at[n] >= 'a' && name.at[n] <= 'z')
		n++;
	return n > 0 && n < name.n && name.at[n] == '.' ? n + 1 : 0;
}

/* How many at the end look like the pattern, in which 0 stands for a digit; none or all of it. */
static size_t end_n(struct span name, const char *pattern)
{
	size_t n = strlen(pattern);
	if (name.n <= n)
		return 0;
	const char *at = name.at + name.n - n;
	for (size_t i = 0; i < n; i++)
		if (pattern[i] == '0' ? !is_digit(at[i]) : at[i] != pattern[i])
			return 0;
	return n;
}

/* A version, such as "-v1:0", or a date. */
static size_t version_n(struct span name)
{
	return end_n(name, "-v0:0");
}

static size_t date_n(struct span name)
{
	size_t n = end_n(name, "-0000-00-00");
	if (n == 0)
		n = end_n(name, "-00000000");
	return n ? n : end_n(name, "@00000000");
}

enum { FRONTS_N = 3, ENDS_N = 3 };

/* Cuts n bytes off the front. */
static struct span without_front(struct span name, size_t n)
{
	return (struct span){ name.at + n, name.n - n };
}

/* Fills what is left of a name when more and more of its front is taken away. */
static void cut_fronts(struct span name, struct span fronts[FRONTS_N])
{
	fronts[0] = name;
	fronts[1] = without_front(name, region_n(name));
	fronts[2] = without_front(fronts[1], vendor_n(fronts[1]));
}

/* And how many bytes of its end are, at last all that is no name. */
static void cut_ends(struct span name, size_t ends[ENDS_N])
{
	ends[0] = 0;
	ends[1] = version_n(name);
	name.n -= ends[1];
	ends[2] = ends[1] + date_n(name);
}

static const struct price *find_own(
	const struct prices *p, const char *api, const struct span fronts[FRONTS_N])
{
	size_t ends[ENDS_N];
	cut_ends(fronts[0], ends);
	for (size_t end = 0; end < ENDS_N; end++)
		for (size_t front = 0; front < FRONTS_N; front++) {
			struct span name = fronts[front];
			name.n -= ends[end] < name.n ? ends[end] : name.n;
			const struct price *price = find_named(p, api, name);
			if (price)
				return price;
		}
	return NULL;
}

/* An entry of which only other things are known tells nobody what a model like it may cost. */
static bool is_priced(const struct price *p)
{
	return p && p->rates.of[TIER_USUAL][PRICE_INPUT] >= 0;
}

static const struct price *find_near(
	const struct prices *p, const char *api, const struct span fronts[FRONTS_N])
{
	struct span all = fronts[0];
	for (const char *cut = all.at + all.n; cut-- > all.at;) {
		if (*cut != '-' && *cut != '.' && *cut != ':')
			continue;
		for (size_t front = 0; front < FRONTS_N; front++) {
			struct span name = fronts[front];
			name.n = cut > name.at ? (size_t)(cut - name.at) : 0;
			const struct price *price = find_named(p, api, name);
			if (is_priced(price))
				return price;
		}
	}
	return NULL;
}

const struct price *prices_find(
	const struct prices *p, const char *api, const char *model, bool *is_guess)
{
	struct span fronts[FRONTS_N];
	cut_fronts(span_of(model), fronts);
	const struct price *price = find_own(p, api, fronts);
	*is_guess = !price;
	if (!price)
		price = find_near(p, api, fronts);
	*is_guess = *is_guess && price;
	return price;
}

const char *prices_nearest(const struct prices *p, const char *model)
{
	struct span name = span_of(model);
	size_t least = near_limit(name.n) + 1;
	const char *nearest = NULL;
	for (const struct entry *e = p->all; e; e = e->next) {
		size_t distance = near_distance(name, (struct span){ e->name, e->name_n });
		if (distance < least) {
			least = distance;
			nearest = e->name;
		}
	}
	return least > 0 ? nearest : NULL;
}
