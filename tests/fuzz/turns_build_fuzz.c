/* SPDX-License-Identifier: MIT */
/*
 * A byte of flags and a record's messages. Whatever they are, what Anthropic and Bedrock are sent
 * is one JSON object with the members that we write, each once, and messages in turns: a record can
 * change what stands in them, never what they are.
 */
#include "api/api.h"
#include "base/xalloc.h"
#include "json/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_BEDROCK = 1, HAS_SYSTEM = 2, IS_AGAIN = 4, BODY_BYTES_MAX = 1 << 20 };

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "turns_build_fuzz: %s\n", what);
	abort();
}

static void check_members(struct span root)
{
	static const char *const names[] = { "model", "messages", "max_tokens", "system" };
	bool seen[4] = { false };
	struct json_walk walk;
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		size_t i = 0;
		while (i < 4 && !json_key_is(walk.key, span_of(names[i])))
			i++;
		demand(i < 4 && !seen[i], "the request has another member, or one twice");
		seen[i] = true;
	}
}

static void check_messages(struct span messages)
{
	struct json_walk walk;
	bool has_before = false, was_user = false;
	demand(messages.at && !json_is_empty(messages), "there are no messages");
	json_walk_init(&walk, messages);
	while (json_walk_next(&walk)) {
		struct span role = json_text_of(json_member(walk.value, SPAN("role")));
		bool is_user = span_is(role, "user");
		demand(is_user || span_is(role, "assistant"), "a message has another role");
		demand(!has_before || is_user != was_user, "a role has two turns");
		has_before = true;
		was_user = is_user;
	}
}

static void build(const struct step *step, const struct endpoint *endpoint, struct span record,
	const struct reask *reask)
{
	struct ask ask;
	struct fault fault = { 0 };
	struct span root;
	struct json_fault why;
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	demand(ask_init(&ask, step, endpoint, record, &fault), "no ask");
	ask.reask = reask;
	if (endpoint->api->build(&ask, &body, &fault)) {
		demand(json_scan(buf_span(&body), &root, &why), "the request is not JSON");
		check_members(root);
		check_messages(json_member(root, SPAN("messages")));
	} else {
		demand(fault.code != ERROR_NONE && *fault.msg, "refused without a reason");
	}
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reask reask = { { "no", 2 }, { "not JSON", 8 } };
	struct plan plan = { 0 };
	struct endpoint endpoint = { 0 };
	struct span record;
	struct json_fault fault;
	struct buf text;
	struct err err;
	if (size == 0)
		return 0;
	endpoint.api = api_find(*data & IS_BEDROCK ? "bedrock" : "anthropic");
	endpoint_set_model(&endpoint, "m\"\\");
	struct step *step = plan_add_step(&plan, "output");
	step->has_system = *data & HAS_SYSTEM;
	if (step->has_system)
		demand(template_parse(
			       &step->system, SPAN("s{{messages}}"), TEMPLATE_FROM_ARGUMENT, &err),
			"a template was refused");
	buf_init(&text, size + 100);
	buf_put_str(&text, "{\"messages\":[");
	buf_put(&text, data + 1, size - 1);
	buf_put_str(&text, "]}");
	if (json_scan(buf_span(&text), &record, &fault))
		build(step, &endpoint, record, *data & IS_AGAIN ? &reask : NULL);
	buf_release(&text);
	plan_release(&plan);
	endpoint_release(&endpoint);
	return 0;
}
