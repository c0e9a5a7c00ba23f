/* SPDX-License-Identifier: MIT */
/*
 * Errors come as {"error":{"message","type","code"}}, from vLLM, Mistral and Cohere also flat and
 * with a number as code, from FastAPI as {"detail":...}, from TEI and Ollama as {"error":"..."},
 * from Google with details, at times in an array, from Amazon as {"message"} with the type in a
 * header; all are read.
 *
 * The status alone is not enough: a 429 is too fast, too much at once, or out of money, and wants
 * something different each time; and in a 200 or a stream there is none. So the words count first
 * that mean the same whatever the status; then the status; then what tells its shades apart.
 */
#include "api/complaint.h"

#include "api/classify.h"
#include "api/prices.h"
#include "base/log.h"
#include "base/units.h"
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
	{ "insufficient_quota", OUTCOME_QUOTA },
	{ "credit_balance_exhausted", OUTCOME_QUOTA },
	{ "organization_spend_limit_exceeded", OUTCOME_QUOTA },
	{ "project_spend_limit_exceeded", OUTCOME_QUOTA },
	{ "organization_usage_limit_exceeded", OUTCOME_QUOTA },
	{ "billing_hard_limit_reached", OUTCOME_QUOTA },
	{ "billing_error", OUTCOME_QUOTA },
	{ "content_filter", OUTCOME_POLICY },
	{ "content_policy_violation", OUTCOME_POLICY },
	{ "image_content_policy_violation", OUTCOME_POLICY },
	{ "bio_policy", OUTCOME_POLICY },
	{ "invalid_api_key", OUTCOME_AUTH },
	{ "model_not_found", OUTCOME_NOT_FOUND }, /* of a project's, with a status of 403 */
	{ "unsupported_country_region_territory", OUTCOME_AUTH },
	{ "context_length_exceeded", OUTCOME_TOO_LONG },
	{ "string_above_max_length", OUTCOME_TOO_LONG },
	{ "exceed_context_size_error", OUTCOME_TOO_LONG }, /* llama.cpp */
	{ "array_above_max_length", OUTCOME_TOO_LONG },    /* OpenAI's packs, as the next */
	{ "max_tokens_per_request", OUTCOME_TOO_LONG },
	{ "API_KEY_INVALID", OUTCOME_AUTH }, /* Google, with a status of 400 */
	/* Amazon's */
	{ "ThrottlingException", OUTCOME_RATE },
	{ "ModelNotReadyException", OUTCOME_CAPACITY },
	{ "ServiceUnavailableException", OUTCOME_CAPACITY },
	{ "serviceUnavailableException", OUTCOME_CAPACITY },
	{ "throttlingException", OUTCOME_RATE },
	{ "ModelTimeoutException", OUTCOME_FAULT },
	{ "internalServerException", OUTCOME_FAULT },
	{ "modelStreamErrorException", OUTCOME_FAULT },
	{ "validationException", OUTCOME_REQUEST },
	{ "ServiceQuotaExceededException", OUTCOME_QUOTA },
	{ "ExpiredTokenException", OUTCOME_AUTH },
};

/* What stands in for a status where a success carries an error. */
static const struct word status_words[] = {
	{ "rate_limit_exceeded", OUTCOME_RATE },
	{ "rate_limit_error", OUTCOME_RATE },
	{ "slow_down", OUTCOME_RATE },
	{ "authentication_error", OUTCOME_AUTH },
	{ "permission_error", OUTCOME_AUTH },
	{ "not_found_error", OUTCOME_NOT_FOUND },
	{ "invalid_request_error", OUTCOME_REQUEST },
	{ "invalid_prompt", OUTCOME_REQUEST },
	{ "data_residency_mismatch", OUTCOME_REQUEST },
	{ "billing_error", OUTCOME_QUOTA },
};

/* Parts of codes and types that mean too much at once, in any case of letters. */
static const char *const busy_words[] = { "concurren", "overloaded" };

/* What a 429 says that will not pass with time: no more this day, this month, or at all. */
static const char *const spent_phrases[] = { "limit: 0,", "API calls / month", "calls per month",
	"session usage limit", "weekly usage limit", "monthly usage limit" };

/* What stands before the time to wait, in words; the last resort. */
static const char *const wait_phrases[] = { "try again in ", "retry in ", "retry after " };

/* Likewise of what a 429 says, where its code is the usual one. */
static const char *const busy_phrases[] = { "concurrent requests", "too many concurrent",
	"concurrent connections" };

/*
 * What a refused request says that is longer than the model takes, where its code is the usual one.
 */
static const char *const long_phrases[] = {
	"maximum context length", "prompt is too long", /* Anthropic, as the next */
	"exceed context limit", "Input is too long for requested model", /* Amazon */
	"exceeds the maximum number of tokens",                          /* Google */
	"exceeds the available context size",                            /* llama.cpp, Ollama */
	"exceeds the context length",                                    /* Ollama */
	"too many tokens",                                               /* Cohere */
	"must have less than",  /* text-embeddings-inference: N tokens */
	"largest allowed size", /* Jina */
	"payload size exceeds", /* Google: of bytes */
};

/* What is said of a pack of texts: of their number, or of all of them together. */
static const char *const pack_phrases[] = {
	"array too long", "tokens per request",       /* OpenAI */
	"in one batch",                               /* Google */
	"texts must be at most",                      /* Cohere */
	"tokens in batch", "split into more batches", /* Mistral */
	"per submitted batch", "batch size", /* Voyage; text-embeddings-inference, Alibaba */
	"list can contain at most",          /* Jina */
};

/* llama.cpp, of a text that its batch has no room for: a server's failure, by its status. */
#define TOO_LARGE_PHRASE "is too large to process"

/* Gives what follows the part, in any case of letters; a missing span if it is not there. */
static struct span after(struct span text, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; text.at && i + n <= text.n; i++)
		if (strncasecmp(text.at + i, part, n) == 0)
			return (struct span){ text.at + i + n, text.n - i - n };
	return (struct span){ 0 };
}

static bool contains(struct span text, const char *part)
{
	return after(text, part).at != NULL;
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
		return span_is(json_text_of(json_member(details, SPAN("error_code"))),
			       "enforced_spend_limit_reached") ||
			/* Google's: a quota that only tomorrow brings more of. */
			(span_is(json_text_of(json_member(c->error, SPAN("status"))),
				 "RESOURCE_EXHAUSTED") &&
				contains(details, "PerDay")) ||
			contains_one(c->text, spent_phrases,
				sizeof spent_phrases / sizeof *spent_phrases);
	if (outcome != OUTCOME_REQUEST)
		return false;
	return contains(c->text, "credit balance is too low") || /* Anthropic's, as the next */
		(c->text.n > anthropic.n && memcmp(c->text.at, anthropic.at, anthropic.n) == 0 &&
			contains(c->text, "API usage limits"));
}

/* A gateway's way of passing on trouble behind it, perhaps with the status it got. */
static enum outcome judge_in_success(const struct complaint *c)
{
	int64_t status = json_count_of(json_member(c->error, SPAN("code")));
	if (status >= 400 && status < 600)
		return classify_status((int)status);
	enum outcome outcome = look_up(c, status_words, sizeof status_words / sizeof *status_words);
	if (outcome != OUTCOME_ANSWERED)
		return outcome;
	/* OpenAI's Responses have a dozen of them: invalid_image_url, image_too_large ... */
	return contains(c->code, "image_") || contains(c->code, "_image") ? OUTCOME_REQUEST
									  : OUTCOME_FAULT;
}

bool complaint_is_of_pack(struct span text)
{
	return contains_one(text, pack_phrases, sizeof pack_phrases / sizeof *pack_phrases);
}

static bool is_too_long(enum outcome outcome, const struct complaint *c)
{
	/* No time is long enough for what is more than a minute's limit. */
	if (outcome == OUTCOME_RATE)
		return contains(c->text, "request too large");
	if (outcome == OUTCOME_FAULT)
		return contains(c->text, TOO_LARGE_PHRASE);
	return outcome == OUTCOME_REQUEST &&
		(contains_one(c->text, long_phrases, sizeof long_phrases / sizeof *long_phrases) ||
			complaint_is_of_pack(c->text) || contains(c->text, TOO_LARGE_PHRASE));
}

/* What the words tell apart that a status puts together. */
static enum outcome shade(enum outcome outcome, const struct complaint *c)
{
	if (is_exhausted(outcome, c))
		return OUTCOME_QUOTA;
	if ((outcome == OUTCOME_RATE || outcome == OUTCOME_FAULT) && is_busy(c))
		return OUTCOME_CAPACITY;
	if (outcome == OUTCOME_RATE &&
		contains_one(c->text, busy_phrases, sizeof busy_phrases / sizeof *busy_phrases))
		return OUTCOME_CAPACITY;
	if (is_too_long(outcome, c))
		return OUTCOME_TOO_LONG;
	if (outcome == OUTCOME_REQUEST && contains(c->text, "User location is not supported"))
		return OUTCOME_AUTH; /* Google's, of all requests from there */
	return outcome;
}

static enum outcome judge(int status, const struct complaint *c)
{
	enum outcome outcome = look_up(c, plain_words, sizeof plain_words / sizeof *plain_words);
	if (outcome != OUTCOME_ANSWERED)
		return outcome;
	outcome = classify_status(status);
	if (outcome == OUTCOME_ANSWERED)
		outcome = judge_in_success(c);
	/* OpenRouter's word on the content, with the status of a key that may not. */
	if (status == 403 && contains(c->text, "flagged"))
		return OUTCOME_POLICY;
	return shade(outcome, c);
}

bool complaint_is_one(struct span value)
{
	return value.at && !span_is(value, "null") && !span_is(value, "false") &&
		!span_is(value, "\"\"");
}

static struct span error_in(struct span root)
{
	struct span error = root.at ? json_member(root, SPAN("error")) : root;
	return complaint_is_one(error) ? error : (struct span){ 0 };
}

static struct span text_in(struct span root, struct span error)
{
	static const char *const names[] = { "message", "detail" };
	if (json_text_of(error).at)
		return json_text_of(error);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct span text =
			json_text_of(json_member(error.at ? error : root, span_of(names[i])));
		if (text.at)
			return text;
	}
	return (struct span){ 0 };
}

/* Gives a member of the first of Google's details that has it; missing if none does. */
static struct span detail(struct span error, struct span name)
{
	struct json_walk walk;
	json_walk_init(&walk, json_member(error, SPAN("details")));
	while (!walk.in_object && json_walk_next(&walk)) {
		struct span text = json_text_of(json_member(walk.value, name));
		if (text.at)
			return text;
	}
	return (struct span){ 0 };
}

/* "ThrottlingException:http://...": what stands before the colon. */
static struct span amazon_type(const struct attempt *attempt, struct span root)
{
	struct span type = span_of(attempt->error_type);
	if (!type.n)
		type = json_text_of(json_member(root, SPAN("__type")));
	const char *hash = type.at ? memchr(type.at, '#', type.n) : NULL;
	if (hash)
		type = (struct span){ hash + 1, (size_t)(type.at + type.n - hash - 1) };
	const char *colon = type.at ? memchr(type.at, ':', type.n) : NULL;
	if (colon)
		type.n = (size_t)(colon - type.at);
	return type.n ? type : (struct span){ 0 };
}

static struct complaint complaint_in(
	const struct attempt *attempt, struct span root, struct span error)
{
	struct complaint c = { .error = error.at ? error : root };
	if (!c.error.at)
		return c;
	c.code = json_text_of(json_member(c.error, SPAN("code")));
	c.type = json_text_of(json_member(c.error, SPAN("type")));
	if (!c.code.at)
		c.code = detail(c.error, SPAN("reason"));
	if (!c.type.at)
		c.type = json_text_of(json_member(root, SPAN("error_type")));
	if (!c.type.at)
		c.type = amazon_type(attempt, root);
	return c;
}

/* The time that stands in words: "Please try again in 1m2.5s." */
static bool wait_in_words(struct span text, int64_t *ms)
{
	struct span rest = { 0 };
	for (size_t i = 0; !rest.at && i < sizeof wait_phrases / sizeof *wait_phrases; i++)
		rest = after(text, wait_phrases[i]);
	size_t n = 0;
	while (n < rest.n &&
		(rest.at[n] == '.' || (rest.at[n] >= '0' && rest.at[n] <= '9') ||
			(rest.at[n] >= 'a' && rest.at[n] <= 'z')))
		n++;
	if (n > 0 && rest.at[n - 1] == '.')
		n--; /* the sentence's */
	return units_parse_ms((struct span){ rest.at, n }, ms) ||
		(rest.n > n + 1 && memcmp(rest.at + n, " s", 2) == 0 &&
			units_parse_seconds((struct span){ rest.at, n }, ms));
}

/* When to come again, as the body says: Google nowhere else, others in words too. */
static void take_hint(struct hint *hint, enum outcome outcome, const struct complaint *c)
{
	int64_t ms;
	bool may_pass = outcome == OUTCOME_RATE || outcome == OUTCOME_CAPACITY;
	if (!may_pass || hint->wait_ms >= 0)
		return;
	struct span delay = detail(c->error, SPAN("retryDelay"));
	if ((delay.at && units_parse_ms(delay, &ms)) || wait_in_words(c->text, &ms))
		hint->wait_ms = ms;
}

static void say_where(struct answer *answer, const struct attempt *attempt)
{
	const struct endpoint *e = attempt->endpoint;
	char *message = attempt->path
		? xasprintf("%s (asked at %s%s)", answer->message, e->base, attempt->path)
		: xasprintf("%s (asked at %s)", answer->message, e->url);
	free(answer->message);
	answer->message = message;
}

/* A model that is not there may be one whose name was mistyped. */
static void say_nearest(struct answer *answer, const struct endpoint *e)
{
	struct prices *known = e->model ? prices_built_in() : NULL;
	const char *near = known ? prices_nearest(known, e->model) : NULL;
	if (near) {
		char *message = xasprintf(
			"%s" LOG_HELP "of the models that are known here the nearest to %s is %s",
			answer->message, e->model, near);
		free(answer->message);
		answer->message = message;
	}
	prices_free(known);
}

void complaint_read(
	struct attempt *attempt, struct span raw, struct span root, struct answer *answer)
{
	struct buf plain;
	if (root.at && json_kind(root) == JSON_KIND_ARRAY)
		root = json_item(root, 0);
	struct span error = error_in(root);
	struct span text = root.at ? text_in(root, error) : root;
	struct complaint complaint = complaint_in(attempt, root, error);
	buf_init(&plain, raw.n + 1);
	if (text.at)
		json_put_plain(&plain, text);
	else
		buf_put_span(&plain, raw);
	complaint.text = buf_span(&plain);
	answer->outcome = judge(attempt->status, &complaint);
	take_hint(&attempt->hint, answer->outcome, &complaint);
	/*
	 * A page in place of JSON is a firewall's word about this request, not the API's about the
	 * key.
	 */
	if (attempt->is_html && answer->outcome == OUTCOME_AUTH)
		answer->outcome = OUTCOME_REQUEST;
	answer->message =
		classify_message(attempt, attempt->is_html ? (struct span){ 0 } : complaint.text);
	if (answer->outcome == OUTCOME_NOT_FOUND && attempt->endpoint) {
		say_where(answer, attempt);
		say_nearest(answer, attempt->endpoint);
	}
	buf_release(&plain);
}
