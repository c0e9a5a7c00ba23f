/* SPDX-License-Identifier: MIT */
#include "admission.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A name as long as a message should quote. */
#define QUOTED_MAX 64

bool admission_refuse_key(
	const struct mock *m, struct span key, const struct dialect *d, struct reply *reply)
{
	const struct option_list *keys = &m->options.keys;
	for (size_t i = 0; i < keys->n; i++)
		if (span_is(key, keys->at[i]))
			return false;
	if (keys->n == 0)
		return false;
	dialect_refuse(d, reply, api_error_named("invalid_api_key"));
	return true;
}

/* How many bytes of the model's name a message quotes. */
static int quoted_n(const char *model)
{
	size_t n = strnlen(model, QUOTED_MAX);
	return (int)utf8_fit(model, n);
}

static bool refuse_model(const struct mock *m, const struct ask *ask, struct reply *reply)
{
	const struct option_list *models = &m->options.models;
	struct api_error e = *api_error_named("model_not_found");
	if (!m->options.strict_model)
		return false;
	for (size_t i = 0; i < models->n; i++)
		if (strcmp(models->at[i], ask->model) == 0)
			return false;
	/* The others have words of their own. */
	if (ask->dialect->has_openai_headers)
		api_error_say(&e,
			"The model `%.*s` does not exist or you do not have access to it.",
			quoted_n(ask->model), ask->model);
	dialect_refuse(ask->dialect, reply, &e);
	return true;
}

/* True if the quota is about requests with this key. */
static bool has_quota(const struct mock *m, struct span key)
{
	const struct option_list *keys = &m->options.quota_keys;
	if (m->options.quota_after < 0)
		return false;
	for (size_t i = 0; i < keys->n; i++)
		if (span_is(key, keys->at[i]))
			return true;
	return keys->n == 0;
}

static bool refuse_quota(
	const struct mock *m, struct span key, const struct dialect *d, struct reply *reply)
{
	if (!has_quota(m, key) || m->quota_used < (uint64_t)m->options.quota_after)
		return false;
	dialect_refuse(d, reply, api_error_named("insufficient_quota"));
	return true;
}

/* 429 has many meanings, so this one says which; the other statuses say it themselves. */
static bool refuse_load(const struct mock *m, const struct dialect *d, struct reply *reply)
{
	int status = (int)m->options.concurrency_status;
	if (!m->options.concurrency || m->stats.in_flight < (uint64_t)m->options.concurrency)
		return false;
	dialect_refuse(d, reply,
		status == 429 ? api_error_named("concurrency_limit_exceeded")
			      : api_error_of(status));
	return true;
}

static void say_too_large(struct api_error *e, const char *model, const struct limits_refusal *why)
{
	api_error_say(e,
		"Request too large for %.*s in organization org-mock on %s per min (%s): Limit %" PRId64
		", Requested %" PRId64 ".",
		quoted_n(model), model, why->type, why->unit, why->limit, why->requested);
}

static void say_reached(struct api_error *e, const char *model, const struct limits_refusal *why,
	const char *advice)
{
	api_error_say(e,
		"Rate limit reached for %.*s in organization org-mock on %s per min (%s): Limit %" PRId64
		", Used %" PRId64 ", Requested %" PRId64 ".%s",
		quoted_n(model), model, why->type, why->unit, why->limit, why->used, why->requested,
		advice);
}

/* Others have words of their own, and do not say in them when to come again. */
static void refuse_in_words(const struct ask *ask, struct api_error *e, struct reply *reply)
{
	e->is_said = ask->dialect->has_openai_headers;
	dialect_refuse(ask->dialect, reply, e);
}

/* Amazon does not say. */
static void add_hints(struct api_error *e, const struct dialect *d, int64_t wait_ms)
{
	if (d->hinting == HINTING_AWS)
		return;
	snprintf(e->hint.seconds, sizeof e->hint.seconds, "%" PRId64, (wait_ms + 999) / 1000);
	snprintf(e->hint.ms, sizeof e->hint.ms, "%" PRId64, wait_ms);
}

/* OpenAI charges the larger of what is allowed out and what comes in. */
static int64_t charged_tokens(const struct ask *ask)
{
	int64_t in = ask_tokens(ask->prompt_bytes), out = ask->max_tokens * ask->choices_n;
	return in > out ? in : out;
}

static bool refuse_rate(struct mock *m, const struct ask *ask, int64_t now_ms, struct reply *reply)
{
	struct api_error e = *api_error_named("rate_limit_exceeded");
	struct limits_refusal why;
	char wait[GO_DURATION_BYTES], advice[GO_DURATION_BYTES + 24];
	if (limits_take(&m->limits, charged_tokens(ask), now_ms, &why))
		return false;
	e.type = why.type;
	if (why.wait_ms == LIMITS_NEVER) {
		say_too_large(&e, ask->model, &why);
		refuse_in_words(ask, &e, reply);
		return true;
	}
	limits_go_duration(wait, why.wait_ms);
	snprintf(advice, sizeof advice, " Please try again in %s.", wait);
	say_reached(&e, ask->model, &why, m->options.no_hints ? "" : advice);
	if (!m->options.no_hints)
		add_hints(&e, ask->dialect, why.wait_ms);
	refuse_in_words(ask, &e, reply);
	return true;
}

bool admission_refuse(
	struct mock *m, struct span key, const struct ask *ask, int64_t now_ms, struct reply *reply)
{
	if (refuse_model(m, ask, reply) || refuse_quota(m, key, ask->dialect, reply) ||
		refuse_load(m, ask->dialect, reply) || refuse_rate(m, ask, now_ms, reply))
		return true;
	m->quota_used += has_quota(m, key);
	return false;
}
