/* SPDX-License-Identifier: MIT */
#include "api/bounds.h"

#include "base/money.h"
#include "json/walk.h"

#include <string.h>

static int64_t items_n(struct span list)
{
	struct json_walk walk;
	int64_t n = 0;
	json_walk_init(&walk, list);
	while (!walk.in_object && json_walk_next(&walk))
		n++;
	return n > 0 ? n : 1;
}

int64_t bounds_answers_n(struct span body)
{
	struct json_walk walk;
	int64_t choices_n = 1, prompts_n = 1;
	json_walk_init(&walk, body);
	while (walk.in_object && json_walk_next(&walk)) {
		int64_t n = 0;
		if (json_key_is(walk.key, SPAN("n")) || json_key_is(walk.key, SPAN("best_of")))
			n = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("prompt")))
			prompts_n = items_n(walk.value);
		if (n > choices_n)
			choices_n = n;
	}
	return money_times(choices_n, prompts_n);
}

bool bounds_have_output(const struct api *api, const char *path)
{
	if (path && (strstr(path, "/embeddings") || strstr(path, "/moderations")))
		return false;
	return api->max_tokens[0] != NULL;
}

/*
 * In a text a quote has a backslash before it, so that these are found only as names and as words
 * of an API.
 */
bool bounds_are_known(struct span body)
{
	static const char *const words[] = { "\"image_url\"", "\"input_image\"", "\"image\"",
		"\"images\"", "\"input_audio\"", "\"audio\"", "\"video\"", "\"input_file\"",
		"\"file\"", "\"file_id\"", "\"document\"", "\"inlineData\"", "\"inline_data\"",
		"\"fileData\"", "\"file_data\"", "\"cachedContent\"", "\"cached_content\"",
		"\"previous_response_id\"", "\"conversation\"" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(body.at, body.n, words[i], strlen(words[i])))
			return false;
	return true;
}
