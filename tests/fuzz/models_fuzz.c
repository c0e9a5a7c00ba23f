/* SPDX-License-Identifier: MIT */
/*
 * What any server may give for its list of models, read as each API's: names are bounded, plain,
 * and none is empty; and who finds no list leaves everything as it was.
 */
#include "api/models.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "models_fuzz: %s\n", what);
	abort();
}

static void check_name(const struct api *api, const struct strings *names, const char *name)
{
	size_t n = strlen(name);
	demand(n > 0 && n <= 512, "a name that is none, or too long");
	demand(utf8_is_valid(span_of(name)), "a name that is no text");
	for (size_t i = 0; i < n; i++)
		demand((unsigned char)name[i] > ' ' && name[i] != 0x7f, "a control in a name");
	demand(models_have(api, names, name), "a name that is not found");
}

static void read_as(const struct api *api, struct span page)
{
	struct strings names = { 0 };
	bool is_all = true, was_all = is_all;
	bool ok = models_read(api, page, &names, &is_all, NULL);
	demand(ok || (names.n == 0 && is_all == was_all), "something of nothing");
	demand(names.n <= MODELS_MAX, "too many names");
	for (size_t i = 0; i < names.n && i < 100; i++)
		check_name(api, &names, names.items[i]);
	strings_release(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span page = { (const char *)data, size };
	size_t rows_n, embedders_n;
	const struct api *const *rows = api_all(&rows_n);
	const struct api *const *embedders = api_all_embedders(&embedders_n);
	for (size_t i = 0; i < rows_n; i++)
		read_as(rows[i], page);
	for (size_t i = 0; i < embedders_n; i++)
		read_as(embedders[i], page);
	return 0;
}
