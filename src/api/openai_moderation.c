/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's Moderations, POST {base}/moderations: what is wrong with a text, or a picture.
 *
 * A record's answer is the first of `results`, a JSON object as the server wrote it; of an `input`
 * that is an array of strings, all of them, an array in the same order. An answer without results
 * is a bad response. The server has a model of its own, so that none need be named. There are no
 * roles, no schema, and nothing is streamed; tokens are not counted.
 */
#include "api/api.h"

#include "api/chat.h"
#include "api/complaint.h"
#include "api/members.h"
#include "api/openai.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/vendors.h"
#include "json/scan.h"
#include "json/walk.h"

#define NAME "openai-moderation"

/* The record's own `input`, where neither a template nor a prompt says what is asked. */
static struct span own_input(const struct ask *ask)
{
	struct span input = { 0 };
	if (ask->form == ASK_FIELDS)
		input = json_member(ask->record, SPAN("input"));
	bool fits = json_is(input, JSON_KIND_STRING) || json_is(input, JSON_KIND_ARRAY);
	return fits ? input : (struct span){ 0 };
}

static bool check_words(const struct ask *ask, struct fault *fault)
{
	if (ask->step->has_system)
		return fault_set(
			fault, ERROR_BAD_RECORD, NAME " has no system message: -s does not apply");
	if (ask->step->schema)
		return fault_set(fault, ERROR_BAD_RECORD,
			NAME " answers with its own JSON: --schema does not apply");
	if (ask->form == ASK_MESSAGES)
		return fault_set(fault, ERROR_BAD_RECORD,
			NAME " takes no \"messages\": give -p TEMPLATE, or records with \"input\"");
	return ask->form != ASK_FIELDS || own_input(ask).at ||
		fault_set(fault, ERROR_BAD_RECORD,
			"nothing to look at: give -p TEMPLATE, or records with \"input\", \"prompt\" or \"body\"");
}

static bool put_input(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct span own = own_input(ask);
	if (own.at)
		return buf_put_span(body, own);
	if (ask->images_n == 0)
		return buf_put_char(body, '"') && ask_put_prompt(ask, body, fault) &&
			buf_put_char(body, '"');
	bool ok = buf_put_str(body, "[{\"type\":\"text\",\"text\":\"") &&
		ask_put_prompt(ask, body, fault) && buf_put_str(body, "\"}");
	for (size_t i = 0; ok && i < ask->images_n; i++)
		ok = buf_put_char(body, ',') && openai_put_image(body, &ask->images[i]);
	return ok && buf_put_char(body, ']');
}

static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = check_words(ask, fault) && buf_put_str(body, "{\"input\":") &&
		put_input(ask, body, fault) && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct members m;
	members_init(&m);
	if (ask->form != ASK_BODY && ask->model.at)
		members_add(&m, "model", ask->model);
	members_add_params(&m, ask);
	return ask->form == ASK_BODY ? members_put_over_body(&m, ask, "model", body, fault)
				     : put_request(ask, &m, body, fault);
}

/* Gives what the results say; missing if there is none, or one that is no object. */
static struct span value_of(struct span results)
{
	struct json_walk walk;
	size_t n = 0;
	json_walk_init(&walk, results);
	for (; !walk.in_object && json_walk_next(&walk); n++)
		if (json_kind(walk.value) != JSON_KIND_OBJECT)
			return (struct span){ 0 };
	return n == 1 ? json_item(results, 0) : n > 1 ? results : (struct span){ 0 };
}

static void read_root(struct attempt *attempt, struct span root, struct answer *answer)
{
	if (json_kind(root) != JSON_KIND_OBJECT) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is JSON, but no object");
	} else if (complaint_is_one(json_member(root, SPAN("error")))) {
		complaint_read(attempt, buf_span(&attempt->answer), root, answer);
	} else {
		answer->model = json_text_of(json_member(root, SPAN("model")));
		answer->value = value_of(json_member(root, SPAN("results")));
		if (!answer->value.at)
			said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no results");
	}
}

static void read_answer(struct attempt *attempt, struct answer *answer)
{
	struct span root;
	struct json_fault fault;
	if (reading_is_failure(attempt, answer))
		return;
	if (json_scan(buf_span(&attempt->answer), &root, &fault)) {
		read_root(attempt, root, answer);
	} else {
		reading_not_json(attempt, "the answer", &fault, answer);
	}
}

/* Nothing is said of tokens. */
static void read_usage(struct answer *answer)
{
	(void)answer;
}

const struct api api_openai_moderation = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA,
	.name = NAME,
	VENDOR_OPENAI,
	.path = "/moderations",
	.charge = CHARGE_INPUT,
	.cannot_stream = true,
	.needs_no_model = true,
	.build = build,
	.read = read_answer,
	.read_usage = read_usage,
};
