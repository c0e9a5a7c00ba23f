/* SPDX-License-Identifier: MIT */
/*
 * A byte that chooses an API and one of flags, then a prompt, a system prompt and a record with a
 * NUL after each of the first two. Whatever they are, what is sent is one JSON object of that API's
 * shape, each member once: a record can change what stands in it, never what it is; and what cannot
 * be told is a fault with a message.
 */
#include "api/api.h"
#include "base/xalloc.h"
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
	IS_STREAMED = 32,
	IS_SECOND = 64,
	IS_LIMITED = 128, /* the input; and it is a sample */
	LIMIT = 5,
	SAMPLE = 3,
	INPUT_LIMIT = 20,
	BODY_BYTES_MAX = 1 << 16
};

/* What a request is made of unless it is a record's own body. Lists end with NULL. */
struct shape {
	const struct api *api;        /* NULL = all that are not named: OpenAI's chat and its kin */
	const char *const members[7]; /* besides a parameter */
	const char *turns;            /* the member that has them; NULL = they are not looked at */
	const char *const roles[5];   /* who may have a turn */
	bool takes_turns;             /* nobody has two, one after the other */
	bool says_limit;              /* without --max-tokens there is no limit */
	bool says_stream;             /* it is always said whether it is to be a stream */
};

static const struct shape shapes[] = {
	{ .api = &api_openai_responses,
		.members = { "model", "input", "instructions", "store", "max_output_tokens",
			"stream" },
		.says_limit = true },
	{ .api = &api_openai_completions,
		.members = { "model", "prompt", "max_tokens", "stream", "stream_options" },
		.says_limit = true },
	{ .api = &api_openai_moderation, .members = { "model", "input" } },
	{ .api = &api_anthropic,
		.members = { "model", "messages", "max_tokens", "system", "stream" },
		.turns = "messages",
		.roles = { "user", "assistant" },
		.takes_turns = true },
	{ .api = &api_bedrock,
		.members = { "messages", "system", "inferenceConfig" },
		.turns = "messages",
		.roles = { "user", "assistant" },
		.takes_turns = true,
		.says_limit = true },
	{ .api = &api_gemini,
		.members = { "contents", "systemInstruction", "generationConfig" },
		.turns = "contents",
		.roles = { "user", "model" },
		.says_limit = true },
	{ .api = &api_ollama,
		.members = { "model", "messages", "stream", "options", "truncate" },
		.turns = "messages",
		.roles = { "system", "user", "assistant", "tool" },
		.says_limit = true,
		.says_stream = true },
	{ .api = &api_cohere,
		.members = { "model", "messages", "max_tokens", "stream" },
		.says_limit = true },
	{ .api = &api_cohere_rerank, .members = { "model", "query", "documents" } },
	{ .api = &api_voyage_rerank, .members = { "model", "query", "documents" } },
	{ .api = &api_jina_rerank, .members = { "model", "query", "documents" } },
	{ .api = &api_tei_rerank, .members = { "query", "texts" } },
	{ .members = { "model", "messages", "max_tokens", "max_completion_tokens", "stream",
		  "stream_options" },
		.says_limit = true },
};

/* The row that builds; for what is said of a failure. */
static const struct api *api;

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "api_build_fuzz: %s: %s\n", api->name, what);
	abort();
}

static const struct shape *find_shape(void)
{
	const struct shape *shape = shapes;
	while (shape->api && shape->api != api)
		shape++;
	return shape;
}

static bool is_one_of(struct span text, const char *const *names)
{
	for (; *names; names++)
		if (span_is(text, *names))
			return true;
	return false;
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
	step->max_tokens = flags & HAS_LIMIT ? LIMIT : 0;
	step->max_input_tokens = flags & IS_LIMITED ? INPUT_LIMIT : 0;
	step->on_overflow = flags & HAS_MODEL ? OVERFLOW_CUTS_MIDDLE : OVERFLOW_CUTS_END;
	if (flags & HAS_PARAM)
		demand(step_add_param(step, "temperature=0.10", &err), "a parameter was refused");
	if (step->has_prompt && !template_parse(&step->prompt, prompt, TEMPLATE_FROM_FILE, &err))
		return false;
	return !step->has_system || template_parse(&step->system, system, TEMPLATE_FROM_FILE, &err);
}

/* Only what we write is in it, each once. */
static void check_members(const struct shape *shape, struct span root)
{
	struct json_walk walk, other;
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		size_t same_n = 0;
		struct span key = json_inside(walk.key);
		demand(is_one_of(key, shape->members) || span_is(key, "temperature") ||
				(api->seed && span_is(key, api->seed)),
			"the request has other members");
		json_walk_init(&other, root);
		while (json_walk_next(&other))
			same_n += span_equals(walk.key, other.key);
		demand(same_n == 1, "the request has a member twice");
	}
}

static void check_turns(const struct shape *shape, struct span turns)
{
	struct json_walk walk;
	struct span before = { 0 };
	demand(turns.at && json_kind(turns) == JSON_KIND_ARRAY, "there are no turns");
	demand(!shape->takes_turns || !json_is_empty(turns), "nobody has a turn");
	json_walk_init(&walk, turns);
	while (json_walk_next(&walk)) {
		struct span role = json_text_of(json_member(walk.value, SPAN("role")));
		demand(is_one_of(role, shape->roles), "a turn is nobody's");
		demand(!shape->takes_turns || !span_equals(role, before), "a role has two turns");
		before = role;
	}
}

/* One of several samples has its own seed where there is one, and nobody else has. */
static void check_seed(const struct ask *ask, struct span root)
{
	struct span seed = { 0 };
	if (api->seed && strchr(api->seed, '.')) {
		struct span head = { api->seed, strcspn(api->seed, ".") };
		seed = json_member(json_member(root, head), span_of(api->seed + head.n + 1));
	} else if (api->seed) {
		seed = json_member(root, span_of(api->seed));
	}
	demand(!api->seed || (ask->sample >= 0) == span_is(seed, "3"), "another seed");
}

static void check_shape(const struct ask *ask, const struct shape *shape, struct span root)
{
	struct span messages = json_member(root, SPAN("messages"));
	check_members(shape, root);
	check_seed(ask, root);
	if (shape->turns)
		check_turns(shape, json_member(root, span_of(shape->turns)));
	else if (ask->form == ASK_PROMPT && messages.at && !ask->reask)
		demand(!json_item(messages, 1 + ask->step->has_system).at,
			"there are more messages");
	if (shape->says_limit)
		demand(api_max_tokens(api, root) == ask->step->max_tokens, "another limit");
	if (shape->says_stream)
		demand(span_is(json_member(root, SPAN("stream")),
			       ask->endpoint->is_streamed ? "true" : "false"),
			"it is not said whether it is a stream");
}

static void check_body(const struct ask *ask, struct span body)
{
	const struct shape *shape = find_shape();
	struct span root;
	struct json_fault fault;
	demand(json_scan(body, &root, &fault), "the request is not JSON");
	demand(json_kind(root) == JSON_KIND_OBJECT, "the request is no object");
	if (ask->model.at && is_one_of(SPAN("model"), shape->members))
		demand(span_equals(json_member(root, SPAN("model")), ask->model),
			"the request has another model");
	if (ask->step->params_n)
		demand(span_is(json_member(root, SPAN("temperature")), "0.10"),
			"the parameter is not there");
	if (ask->form != ASK_BODY)
		check_shape(ask, shape, root);
}

static void build(const struct step *step, const struct endpoint *endpoint, struct span record,
	const struct reask *reask)
{
	struct ask ask;
	struct fault fault = { 0 };
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	bool is_ask = ask_init(&ask, step, endpoint, record, &fault);
	demand(is_ask || json_member(record, SPAN("body")).at, "no ask");
	ask.reask = reask;
	if (is_ask && step->max_input_tokens)
		ask.sample = SAMPLE;
	if (is_ask && (api->needs_no_model || ask_has_model(&ask, &fault)) &&
		api_build(api, &ask, &body, &fault))
		check_body(&ask, buf_span(&body));
	else
		demand(fault.code != ERROR_NONE && *fault.msg, "refused without a reason");
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reask reask = { { "no", 2 }, { "not JSON", 8 } };
	size_t apis_n;
	const struct api *const *apis = api_all(&apis_n);
	if (size < 2)
		return 0;
	api = apis[*data % apis_n];
	unsigned flags = data[1];
	struct span rest = { (const char *)data + 2, size - 2 }, record;
	struct plan plan = { 0 };
	struct endpoint endpoint = { .api = api, .origin = xstrdup("http://h:80") };
	struct json_fault fault;
	endpoint.is_streamed = flags & IS_STREAMED;
	endpoint_set_model(&endpoint, flags & HAS_MODEL ? "m\"\\" : NULL);
	struct step *step = plan_add_step(&plan, "output");
	if (prepare(step, flags, &rest) && json_scan(rest, &record, &fault))
		build(step, &endpoint, record, flags & IS_SECOND ? &reask : NULL);
	plan_release(&plan);
	endpoint_release(&endpoint);
	return 0;
}
