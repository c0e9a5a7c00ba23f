/* SPDX-License-Identifier: MIT */
/*
 * A byte that chooses an API and options, then a record with messages, which the API has to tell in
 * its own words. Whatever stands in them, what is sent is one JSON object of that API's shape: a
 * record can change what stands in it, never what it is; and what cannot be told is a fault with a
 * message.
 */
#include "api/api.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_OLLAMA = 1, HAS_LIMIT = 2, IS_STREAMED = 4, IS_SECOND = 8, BODY_BYTES_MAX = 1 << 16 };

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "chat_build_fuzz: %s\n", what);
	abort();
}

static bool is_one_of(struct span text, const char *const *names)
{
	for (; *names; names++)
		if (span_is(text, *names))
			return true;
	return false;
}

/* Each member is known, and there once. */
static void check_members(struct span root, const char *const *names)
{
	struct json_walk walk;
	size_t n = 0;
	for (const char *const *name = names; *name; name++)
		n += json_member(root, span_of(*name)).at != NULL;
	json_walk_init(&walk, root);
	for (; json_walk_next(&walk); n--)
		demand(is_one_of(json_inside(walk.key), names), "the request has other members");
	demand(n == 0, "the request has a member twice");
}

static void check_roles(struct span turns, const char *const *roles)
{
	struct json_walk walk;
	demand(turns.at && json_kind(turns) == JSON_KIND_ARRAY, "there are no turns");
	json_walk_init(&walk, turns);
	while (json_walk_next(&walk))
		demand(is_one_of(json_text_of(json_member(walk.value, SPAN("role"))), roles),
			"a turn is nobody's");
}

static void check(unsigned flags, struct span root)
{
	static const char *const gemini[] = { "contents", "systemInstruction", "generationConfig",
		NULL };
	static const char *const gemini_roles[] = { "user", "model", NULL };
	static const char *const ollama[] = { "model", "messages", "stream", "options", NULL };
	static const char *const ollama_roles[] = { "system", "user", "assistant", "tool", NULL };
	demand(json_kind(root) == JSON_KIND_OBJECT, "the request is no object");
	if (flags & IS_OLLAMA) {
		check_members(root, ollama);
		check_roles(json_member(root, SPAN("messages")), ollama_roles);
		demand(span_is(json_member(root, SPAN("stream")),
			       flags & IS_STREAMED ? "true" : "false"),
			"it is not said whether it is a stream");
	} else {
		check_members(root, gemini);
		check_roles(json_member(root, SPAN("contents")), gemini_roles);
	}
}

static void build(unsigned flags, const struct ask *ask)
{
	const struct api *api = flags & IS_OLLAMA ? &api_ollama : &api_gemini;
	struct fault fault = { 0 };
	struct json_fault why;
	struct span root;
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	if (!api->build(ask, &body, &fault)) {
		demand(fault.code != ERROR_NONE && fault.msg[0], "a fault without a message");
	} else {
		demand(json_scan(buf_span(&body), &root, &why), "the request is not JSON");
		check(flags, root);
		demand(api->max_tokens(root) == (flags & HAS_LIMIT ? 5 : 0), "another limit");
	}
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reask reask = { { "no", 2 }, { "wrong", 5 } };
	struct plan plan = { 0 };
	struct endpoint endpoint = { .origin = NULL };
	struct json_fault why;
	struct fault fault;
	struct span record;
	struct ask ask;
	if (size == 0 ||
		!json_scan((struct span){ (const char *)data + 1, size - 1 }, &record, &why))
		return 0;
	struct step *step = plan_add_step(&plan, "output");
	step->max_tokens = *data & HAS_LIMIT ? 5 : 0;
	endpoint_set_model(&endpoint, "m");
	endpoint.is_streamed = *data & IS_STREAMED;
	if (ask_init(&ask, step, &endpoint, record, &fault) && ask.form != ASK_BODY) {
		ask.reask = *data & IS_SECOND ? &reask : NULL;
		build(*data, &ask);
	}
	plan_release(&plan);
	endpoint_release(&endpoint);
	return 0;
}
