/* SPDX-License-Identifier: MIT */
/*
 * Why a script of an earlier message counts: who is dissatisfied with an answer asks again below
 * it, in the same conversation. To the script that is the second attempt of the same prompt.
 */
#include "ask.h"

#include "embed.h"
#include "script.h"

#include <stdlib.h>

int64_t ask_tokens(uint64_t bytes)
{
	return (int64_t)((bytes + ASK_TOKEN_BYTES - 1) / ASK_TOKEN_BYTES);
}

void ask_init(struct ask *ask, const struct dialect *dialect, size_t body_bytes)
{
	*ask = (struct ask){ .dialect = dialect, .choices_n = 1, .prompts_n = 1 };
	buf_init(&ask->prompt, body_bytes + 1);
	buf_init(&ask->scripted, body_bytes + 1);
	buf_init(&ask->message, body_bytes + 1);
}

bool ask_put_text(struct ask *ask, const json_t *value)
{
	if (!json_is_string(value))
		return false;
	return buf_put(&ask->message, json_string_value(value), json_string_length(value));
}

static void swap(struct buf *a, struct buf *b)
{
	struct buf was = *a;
	*a = *b;
	*b = was;
}

static void take_prompt(struct ask *ask)
{
	if (script_is_in(buf_span(&ask->message)))
		buf_clear(&ask->scripted);
	else if (script_is_in(buf_span(&ask->prompt)))
		swap(&ask->prompt, &ask->scripted);
	swap(&ask->prompt, &ask->message);
}

void ask_end_message(struct ask *ask, enum ask_role role)
{
	ask->prompt_bytes += ask->message.len;
	if (role == ROLE_SYSTEM)
		ask->systems_n++;
	else
		ask->turns_n++;
	if (role == ROLE_USER)
		take_prompt(ask);
	buf_clear(&ask->message);
}

struct span ask_script_text(const struct ask *ask)
{
	return buf_span(ask->scripted.len ? &ask->scripted : &ask->prompt);
}

const json_t *ask_seed(const struct ask *ask)
{
	static const struct {
		const char *object; /* NULL = the request itself */
		const char *name;
	} places[] = { { NULL, "seed" }, { NULL, "random_seed" }, { "generationConfig", "seed" },
		{ "options", "seed" } };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const json_t *in =
			places[i].object ? json_object_get(ask->tree, places[i].object) : ask->tree;
		const json_t *seed = json_object_get(in, places[i].name);
		if (seed)
			return seed;
	}
	return NULL;
}

void ask_release(struct ask *ask)
{
	json_decref(ask->tree);
	json_decref(ask->schema_tree);
	free(ask->path_model);
	embed_free(ask->embed);
	buf_release(&ask->prompt);
	buf_release(&ask->scripted);
	buf_release(&ask->message);
	*ask = (struct ask){ 0 };
}
