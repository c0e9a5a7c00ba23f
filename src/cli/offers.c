/* SPDX-License-Identifier: MIT */
#include "cli/offers.h"

#include "cli/config_file.h"
#include "cli/layers.h"
#include "cli/names.h"

#include <string.h>

/* Nothing that means something to a shell, nor parts values. */
#define PLAIN_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/@+"

static bool is_plain(const char *name)
{
	size_t n = strlen(name);
	return n > 0 && *name != '-' && strspn(name, PLAIN_LETTERS) == n;
}

static void offer(struct strings *found, const char *name)
{
	for (size_t i = 0; i < found->n; i++)
		if (strcmp(found->items[i], name) == 0)
			return;
	if (is_plain(name))
		strings_add(found, name);
}

/* Of what stands between commas, a URL and "key=value" are no models. */
static void offer_parts(struct strings *found, const char *text)
{
	for (const char *at = text; *at; at += strspn(at, ",")) {
		char name[256];
		size_t n = strcspn(at, ",");
		snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : 0, at);
		if (!strstr(name, "://"))
			offer(found, name);
		at += n;
	}
}

/* "STEP=MODEL,MODEL", or without the step. */
static void offer_models_of(struct strings *found, const char *text)
{
	size_t step_n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	offer_parts(found, text[step_n] == '=' ? text + step_n + 1 : text);
}

static void offer_models(
	struct strings *found, const struct names *names, const struct config *config)
{
	for (size_t i = 0; i < config->prompt.models.n; i++)
		offer_models_of(found, config->prompt.models.items[i]);
	for (size_t i = 0; i < config->endpoint.fallbacks.n; i++)
		if (!names_begin(names, config->endpoint.fallbacks.items[i]))
			offer_parts(found, config->endpoint.fallbacks.items[i]);
	for (size_t i = 0; i < names->n; i++)
		if (names_model_of(names, i))
			offer(found, names_model_of(names, i));
}

static void offer_endpoints(struct strings *found, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		offer(found, names_name(names, i));
}

static void offer_profiles(struct strings *found, const struct names *names)
{
	for (size_t i = 0; i < names->profiles.n; i++)
		offer(found, names->profiles.items[i]);
}

void offers_print(FILE *out, enum cli_action action, const struct config_file_opts *opts)
{
	struct config config = { 0 };
	struct layers layers;
	struct names names = { 0 };
	struct strings found = { 0 };
	struct err err;
	layers_init(&layers);
	config_file_read(opts, &layers, &names, &err);
	layers_settle(&layers, &config);
	if (action == CLI_OFFER_PROFILES)
		offer_profiles(&found, &names);
	if (action == CLI_OFFER_ENDPOINTS || action == CLI_OFFER_FALLBACKS)
		offer_endpoints(&found, &names);
	if (action == CLI_OFFER_MODELS || action == CLI_OFFER_FALLBACKS)
		offer_models(&found, &names, &config);
	for (size_t i = 0; i < found.n; i++)
		fprintf(out, "%s\n", found.items[i]);
	strings_release(&found);
	layers_forget(&config);
	names_release(&names);
	layers_release(&layers);
}
