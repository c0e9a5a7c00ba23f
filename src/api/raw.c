/* SPDX-License-Identifier: MIT */
/*
 * Whatever the path, a request is its record's body, byte for byte but for -m, --max-tokens and
 * --param. --max-tokens goes by the name that the path's API has for it, and nowhere where no text
 * comes back.
 *
 * An answer is what came with a status of success and is a JSON object, however it ended: whoever
 * wrote the batch file looks at finish reasons himself. What bad answers get: no JSON, a list, a
 * page of HTML, an empty body: OUTCOME_BAD_RESPONSE. An error, whatever its status: what it says.
 * The bytes of an error go into the output, so they are given up if the key that some servers echo
 * is still in them, behind escapes.
 */
#include "api/raw.h"

#include "api/anthropic.h"
#include "api/classify.h"
#include "api/complaint.h"
#include "api/members.h"
#include "api/openai.h"
#include "api/openai_responses.h"
#include "api/reading.h"
#include "api/said.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/batch.h"

#include <stdlib.h>

/* requests */

static bool build_plain(
	const struct ask *ask, const char *limit_name, struct buf *body, struct fault *fault)
{
	struct members m;
	members_init(&m);
	if (limit_name && ask->max_tokens)
		members_add_int(&m, limit_name, ask->max_tokens);
	members_add_params(&m, ask);
	return members_put_over_body(&m, ask, "model", body, fault);
}

static bool build_body(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style chat = { 0 };
	struct batch_request request = { .limit = BATCH_LIMIT_NONE };
	/* The envelope has been looked into before; which path it is for matters only here. */
	if (ask->max_tokens && !batch_read(BATCH_BODIES, ask->record, &request, fault))
		return false;
	switch (request.limit) {
	case BATCH_LIMIT_CHAT:
		return openai_build(ask, &chat, body, fault);
	case BATCH_LIMIT_COMPLETION:
		return build_plain(ask, "max_tokens", body, fault);
	case BATCH_LIMIT_RESPONSE:
		return build_plain(ask, "max_output_tokens", body, fault);
	case BATCH_LIMIT_NONE:
		break;
	}
	return build_plain(ask, NULL, body, fault);
}

static bool build_params(const struct ask *ask, struct buf *body, struct fault *fault)
{
	return build_plain(ask, "max_tokens", body, fault);
}

/* answers */

static void read_success(struct attempt *attempt, struct span root, struct answer *answer)
{
	struct json_walk walk;
	bool has_error = false;
	if (json_kind(root) != JSON_KIND_OBJECT) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is JSON, but no object");
		return;
	}
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("error")))
			has_error = complaint_is_one(walk.value);
		else if (json_key_is(walk.key, SPAN("model")))
			answer->model = json_text_of(walk.value);
		else if (json_key_is(walk.key, SPAN("usage")))
			answer->usage_text = walk.value;
		else if (json_key_is(walk.key, SPAN("service_tier")))
			answer->service_tier = json_text_of(walk.value);
	}
	if (has_error)
		complaint_read(attempt, buf_span(&attempt->answer), root, answer);
	else
		answer->value = root;
}

static void read_answer(struct attempt *attempt, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (classify_wire(attempt, answer))
		return;
	answer_init(answer, OUTCOME_ANSWERED);
	bool is_json = json_scan(text, &root, &fault);
	if (!is_json)
		root = (struct span){ 0 };
	if (attempt->status < 200 || attempt->status >= 300) {
		complaint_read(attempt, text, root, answer);
	} else if (is_json) {
		read_success(attempt, root, answer);
	} else {
		reading_not_json(attempt, "the answer", &fault, answer);
	}
}

static void read(struct attempt *attempt, struct answer *answer)
{
	struct span root;
	struct json_fault fault;
	read_answer(attempt, answer);
	if (answer->outcome == OUTCOME_ANSWERED)
		return;
	answer->usage_text = answer->model = answer->service_tier = (struct span){ 0 };
	/* What is no JSON is not shown anyway. */
	if (!json_scan(buf_span(&attempt->answer), &root, &fault) ||
		classify_hides_secret(buf_span(&attempt->answer), attempt->endpoint))
		buf_clear(&attempt->answer);
}

/* Chats and embeddings count prompt_tokens, responses input_tokens, rerankers all together. */
static void read_usage_of_body(struct answer *answer)
{
	struct usage *u = &answer->usage;
	openai_read_usage(answer);
	if (u->input < 0 && u->output < 0)
		openai_responses_read_usage(answer);
	if (u->input < 0)
		u->input = json_count_of(json_member(answer->usage_text, SPAN("total_tokens")));
}

static const struct api api_of_bodies = {
	.name = "openai-batch",
	.path = "/v1/chat/completions",
	.charge = CHARGE_LARGER,
	.cannot_stream = true,
	.needs_no_model = true,
	.build = build_body,
	.max_tokens = { "max_completion_tokens", "max_tokens", "max_output_tokens" },
	.read = read,
	.read_usage = read_usage_of_body,
};

static const struct api api_of_params = {
	.name = "anthropic-batch",
	.path = "/v1/messages",
	.charge = CHARGE_APART,
	.cannot_stream = true,
	.needs_no_model = true,
	.build = build_params,
	.max_tokens = { "max_completion_tokens", "max_tokens", "max_output_tokens" },
	.read = read,
	.read_usage = anthropic_read_usage,
};

const struct api *raw_api(enum batch format)
{
	return format == BATCH_PARAMS ? &api_of_params : &api_of_bodies;
}
