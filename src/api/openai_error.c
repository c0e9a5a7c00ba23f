/* SPDX-License-Identifier: MIT */
/*
 * What an error means.
 *
 * Errors come as {"error":{"message","type","code"}}, from vLLM also flat and with a number as
 * code, from FastAPI as {"detail":...}, from TEI as {"error":"...","error_type":"..."}, from
 * Gemini's imitation in an array; all are read.
 *
 * The status alone is not enough: a 429 is too fast, too much at once, or out of money, and wants
 * something different each time; and in a 200 or a stream there is none. So the words count first
 * that mean the same whatever the status; then the status; then what tells its shades apart.
 */
#include "api/classify.h"
#include "api/openai.h"
#include "base/xalloc.h"
#include "json/text.h"
#include "json/walk.h"

#include <stdlib.h>
#include <string.h>

/* An error, as far as it decides. */
struct complaint {
	struct span error; /* the error, or what may be a flat one; missing = no JSON */
	struct span code;  /* its strings: each may be missing */
	struct span type;
	struct span text; /* in plain text */
};

struct word {
	const char *text;
	enum outcome outcome;
};

/* Codes or types that mean the same whatever the status. */
static const struct word plain_words[] = {
	{ "insufficient_quota", OUTCOME_QUOTA }, { "credit_balance_exhausted", OUTCOME_QUOTA },
	{ "organization_spend_limit_exceeded", OUTCOME_QUOTA },
	{ "project_spend_limit_exceeded", OUTCOME_QUOTA },
	{ "organization_usage_limit_exceeded", OUTCOME_QUOTA },
	{ "billing_hard_limit_reached", OUTCOME_QUOTA }, { "billing_error", OUTCOME_QUOTA },
	{ "content_filter", OUTCOME_POLICY }, { "content_policy_violation", OUTCOME_POLICY },
	{ "image_content_policy_violation", OUTCOME_POLICY }, { "bio_policy", OUTCOME_POLICY },
	{ "invalid_api_key", OUTCOME_AUTH },
	{ "unsupported_country_region_territory", OUTCOME_AUTH },
	{ "context_length_exceeded", OUTCOME_TOO_LONG },
	{ "string_above_max_length", OUTCOME_TOO_LONG },
	{ "exceed_context_size_error", OUTCOME_TOO_LONG }, /* llama.cpp */
};

/* What stands in for a status where a success carries an error. */
static const struct word status_words[] = {
	{ "rate_limit_exceeded", OUTCOME_RATE },
	{ "rate_limit_error", OUTCOME_RATE },
	{ "slow_down", OUTCOME_RATE },
	{ "authentication_error", OUTCOME_AUTH },
	{ "permission_error", OUTCOME_AUTH },
	{ "model_not_found", OUTCOME_NOT_FOUND },
	{ "not_found_error", OUTCOME_NOT_FOUND },
	{ "invalid_request_error", OUTCOME_REQUEST },
};

/* Parts of codes and types that mean too much at once, in any case of letters. */
static const char *const busy_words[] = { "concurren", "overloaded" };

/* Likewise of what a 429 says, where its code is the usual one. */
static const char *const busy_phrases[] = { "concurrent requests", "too many concurrent" };

static bool contains(struct span text, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; text.at && i + n <= text.n; i++)
		if (strncasecmp(text.at + i, part, n) == 0)
			return true;
	return false;
}

static bool contains_one(struct span text, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (contains(text, parts[i]))
			return true;
	return false;
}

/* What the table says of code and type; OUTCOME_ANSWERED if nothing. */
static enum outcome look_up(const struct complaint *c, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(c->code, words[i].text) || span_is(c->type, words[i].text))
			return words[i].outcome;
	return OUTCOME_ANSWERED;
}

static bool is_busy(const struct complaint *c)
{
	size_t n = sizeof busy_words / sizeof *busy_words;
	return contains_one(c->code, busy_words, n) || contains_one(c->type, busy_words, n);
}

/* Money that is out by other signs than a code. */
static bool is_exhausted(enum outcome outcome, const struct complaint *c)
{
	const struct span anthropic = SPAN("You have reached your specified");
	struct span details = json_member(c->error, SPAN("details"));
	if (outcome == OUTCOME_RATE)
		return span_is(openai_string(json_member(details, SPAN("error_code"))),
			       "enforced_spend_limit_reached") ||
			/* Google's: a quota that only tomorrow brings more of. */
			(span_is(openai_string(json_member(c->error, SPAN("status"))),
				 "RESOURCE_EXHAUSTED") &&
				contains(details, "PerDay"));
	return outcome == OUTCOME_REQUEST && c->text.n > anthropic.n &&
		memcmp(c->text.at, anthropic.at, anthropic.n) == 0 &&
		contains(c->text, "API usage limits");
}

/* A gateway's way of passing on trouble behind it, perhaps with the status it got. */
static enum outcome judge_in_success(const struct complaint *c)
{
	struct span code = json_member(c->error, SPAN("code"));
	int64_t status = openai_count(openai_string(code).at ? openai_string(code) : code);
	if (status >= 400 && status < 600)
		return classify_status((int)status);
	enum outcome outcome = look_up(c, status_words, sizeof status_words / sizeof *status_words);
	return outcome != OUTCOME_ANSWERED ? outcome : OUTCOME_FAULT;
}

static enum outcome judge(int status, const struct complaint *c)
{
	enum outcome outcome = look_up(c, plain_words, sizeof plain_words / sizeof *plain_words);
	if (outcome != OUTCOME_ANSWERED)
		return outcome;
	outcome = classify_status(status);
	if (outcome == OUTCOME_ANSWERED)
		outcome = judge_in_success(c);
	if (is_exhausted(outcome, c))
		return OUTCOME_QUOTA;
	if ((outcome == OUTCOME_RATE || outcome == OUTCOME_FAULT) && is_busy(c))
		return OUTCOME_CAPACITY;
	if (outcome == OUTCOME_RATE &&
		contains_one(c->text, busy_phrases, sizeof busy_phrases / sizeof *busy_phrases))
		return OUTCOME_CAPACITY;
	if (outcome == OUTCOME_REQUEST && contains(c->text, "maximum context length"))
		return OUTCOME_TOO_LONG;
	return outcome;
}

bool openai_is_error(struct span value)
{
	return value.at && !span_is(value, "null") && !span_is(value, "false") &&
		!span_is(value, "\"\"");
}

static struct span error_in(struct span root)
{
	struct span error = root.at ? json_member(root, SPAN("error")) : root;
	return openai_is_error(error) ? error : (struct span){ 0 };
}

static struct span text_in(struct span root, struct span error)
{
	static const char *const names[] = { "message", "detail" };
	if (openai_string(error).at)
		return openai_string(error);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct span text =
			openai_string(json_member(error.at ? error : root, span_of(names[i])));
		if (text.at)
			return text;
	}
	return (struct span){ 0 };
}

static struct complaint complaint_in(struct span root, struct span error)
{
	struct complaint c = { .error = error.at ? error : root };
	if (!c.error.at)
		return c;
	c.code = openai_string(json_member(c.error, SPAN("code")));
	c.type = openai_string(json_member(c.error, SPAN("type")));
	if (!c.type.at)
		c.type = openai_string(json_member(root, SPAN("error_type")));
	return c;
}

static void say_where(struct answer *answer, const struct endpoint *endpoint)
{
	char *message = xasprintf("%s (asked at %s)", answer->message, endpoint->url);
	free(answer->message);
	answer->message = message;
}

void openai_read_error(
	const struct attempt *attempt, struct span raw, struct span root, struct answer *answer)
{
	struct buf plain;
	if (root.at && json_kind(root) == JSON_KIND_ARRAY)
		root = json_item(root, 0);
	struct span error = error_in(root);
	struct span text = root.at ? text_in(root, error) : root;
	struct complaint complaint = complaint_in(root, error);
	buf_init(&plain, raw.n + 1);
	if (text.at)
		json_put_plain(&plain, text);
	else
		buf_put_span(&plain, raw);
	complaint.text = buf_span(&plain);
	answer->outcome = judge(attempt->status, &complaint);
	/*
	 * A page in place of JSON is a firewall's word about this request, not the API's about the
	 * key.
	 */
	if (attempt->is_html && answer->outcome == OUTCOME_AUTH)
		answer->outcome = OUTCOME_REQUEST;
	answer->message =
		classify_message(attempt, attempt->is_html ? (struct span){ 0 } : complaint.text);
	if (answer->outcome == OUTCOME_NOT_FOUND && attempt->endpoint)
		say_where(answer, attempt->endpoint);
	buf_release(&plain);
}
