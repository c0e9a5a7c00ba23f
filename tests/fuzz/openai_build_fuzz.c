/* SPDX-License-Identifier: MIT */
/*
 * A byte of flags, then a prompt, a system prompt and a record with a NUL after each of the first
 * two. Whatever they are, what is sent is one JSON object of our shape: a record can change what
 * stands in it, never what it is.
 */
#include "api/api.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HAS_PROMPT = 1,
	HAS_SYSTEM = 2,
	HAS_MODEL = 4,
	HAS_LIMIT = 8,
	HAS_PARAM = 16,
	API_SHIFT = 5, /* of two bits: which of OpenAI's APIs */
	BODY_BYTES_MAX = 1 << 16
};

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "openai_build_fuzz: %s\n", what);
	abort();
}

/* Gives the text up to the next NUL and moves *rest past that. */
static struct span take_text(struct span *rest)
{
	const char *nul = rest->n ? memchr(rest->at, 0, rest->n) : NULL;
	struct span text = { rest->at, nul ? (size_t)(nul - rest->at) : rest->n };
	size_t n = text.n + (nul != NULL);
	*rest = (struct span){ rest->at + n, rest->n - n };
	return text;
}

/* Compiles what the flags ask for. False if a template is none. */
static bool prepare(struct step *step, unsigned flags, struct span *rest)
{
	struct err err;
	struct span prompt = take_text(rest), system = take_text(rest);
	step->has_prompt = flags & HAS_PROMPT;
	step->has_system = flags & HAS_SYSTEM;
	step->max_tokens = flags & HAS_LIMIT ? 5 : 0;
	if (flags & HAS_PARAM)
		demand(step_add_param(step, "temperature=0.10", &err), "a parameter was refused");
	if (step->has_prompt && !template_parse(&step->prompt, prompt, TEMPLATE_FROM_FILE, &err))
		return false;
	return !step->has_system || template_parse(&step->system, system, TEMPLATE_FROM_FILE, &err);
}

static bool is_known(struct span key)
{
	static const char *const names[] = { "model", "messages", "input", "prompt", "instructions",
		"store", "max_tokens", "max_output_tokens", "temperature" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_key_is(key, span_of(names[i])))
			return true;
	return false;
}

/* Only what we write is in it, each once. */
static void check_members(const struct ask *ask, struct span root)
{
	struct json_walk walk, other;
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		size_t same_n = 0;
		demand(is_known(walk.key), "the request has other members");
		json_walk_init(&other, root);
		while (json_walk_next(&other))
			same_n += span_equals(walk.key, other.key);
		demand(same_n == 1, "the request has a member twice");
	}
	struct span messages = json_member(root, SPAN("messages"));
	if (ask->form == ASK_PROMPT && messages.at)
		demand(!json_item(messages, 1 + ask->step->has_system).at,
			"there are more messages");
}

static void check_body(const struct ask *ask, struct span body)
{
	struct span root;
	struct json_fault fault;
	demand(json_scan(body, &root, &fault), "the request is not JSON");
	demand(json_kind(root) == JSON_KIND_OBJECT, "the request is no object");
	if (ask->model.at)
		demand(span_equals(json_member(root, SPAN("model")), ask->model),
			"the request has another model");
	if (ask->step->params_n)
		demand(span_is(json_member(root, SPAN("temperature")), "0.10"),
			"the parameter is not there");
	if (ask->form != ASK_BODY)
		check_members(ask, root);
}

static void build(const struct step *step, const struct endpoint *endpoint, struct span record)
{
	const struct api *api = endpoint->api;
	struct ask ask;
	struct fault fault = { 0 };
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	if (ask_init(&ask, step, endpoint, record, &fault) &&
		(api->needs_no_model || ask_has_model(&ask, &fault)) &&
		api->build(&ask, &body, &fault))
		check_body(&ask, buf_span(&body));
	else
		demand(fault.code != ERROR_NONE && *fault.msg, "refused without a reason");
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span rest = { (const char *)data + 1, size - 1 }, record;
	struct plan plan = { 0 };
	struct endpoint endpoint = { 0 };
	struct json_fault fault;
	static const char *const apis[] = { "openai", "openai-responses", "openai-completions",
		"openai-moderation" };
	char origin[] = "http://h:80";
	endpoint.api = api_find(apis[*data >> API_SHIFT & 3]);
	endpoint_set_model(&endpoint, *data & HAS_MODEL ? "m\"\\" : NULL);
	struct step *step = plan_add_step(&plan, "output");
	if (prepare(step, *data, &rest) && json_scan(rest, &record, &fault)) {
		endpoint.origin = origin;
		build(step, &endpoint, record);
		endpoint.origin = NULL;
	}
	plan_release(&plan);
	endpoint_release(&endpoint);
	return 0;
}
