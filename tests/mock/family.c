/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTES_PER_DAY 1440

/* Mistral's window of 10 seconds is the sixth part of a minute. */
#define WINDOWS_PER_MINUTE 6

#define VALUE_BYTES 40

/* What is told of one bucket, in each family's words. */
struct face {
	struct MHD_Response *response;
	struct bucket *bucket;
	const char *unit; /* "requests" or "tokens" */
	int64_t now_ms;
	int64_t wall_s;
};

struct name {
	char text[64];
};

bool family_parse(const char *text, enum family *family)
{
	static const char *const names[] = { "openai", "azure", "anthropic", "groq", "mistral",
		"none" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*family = (enum family)i;
			return true;
		}
	return false;
}

static void add(const struct face *f, const char *name, const char *value)
{
	MHD_add_response_header(f->response, name, value);
}

static void add_number(const struct face *f, const char *name, int64_t number)
{
	char value[VALUE_BYTES];
	snprintf(value, sizeof value, "%" PRId64, number);
	add(f, name, value);
}

/* x-ratelimit-KIND-UNIT */
static struct name usual_name(const struct face *f, const char *kind)
{
	struct name name;
	snprintf(name.text, sizeof name.text, "x-ratelimit-%s-%s", kind, f->unit);
	return name;
}

static int64_t remaining(const struct face *f)
{
	return limits_remaining(f->bucket, f->now_ms);
}

static void show_openai(const struct face *f)
{
	char reset[GO_DURATION_BYTES];
	limits_go_duration(reset, limits_reset_ms(f->bucket, f->now_ms));
	add_number(f, usual_name(f, "limit").text, f->bucket->per_minute);
	add_number(f, usual_name(f, "remaining").text, remaining(f));
	add(f, usual_name(f, "reset").text, reset);
}

static void show_azure(const struct face *f)
{
	add_number(f, usual_name(f, "remaining").text, remaining(f));
}

/* anthropic-ratelimit-UNIT-KIND */
static struct name anthropic_name(const struct face *f, const char *kind)
{
	struct name name;
	snprintf(name.text, sizeof name.text, "anthropic-ratelimit-%s-%s", f->unit, kind);
	return name;
}

static void show_anthropic(const struct face *f)
{
	char reset[VALUE_BYTES];
	int64_t reset_ms = limits_reset_ms(f->bucket, f->now_ms);
	time_t then = (time_t)(f->wall_s + (reset_ms + 999) / 1000);
	struct tm utc;
	add_number(f, anthropic_name(f, "limit").text, f->bucket->per_minute);
	add_number(f, anthropic_name(f, "remaining").text, remaining(f));
	if (gmtime_r(&then, &utc) && strftime(reset, sizeof reset, "%Y-%m-%dT%H:%M:%SZ", &utc))
		add(f, anthropic_name(f, "reset").text, reset);
}

/* As many as are gone of a minute's requests are gone of a day's. */
static void show_groq(const struct face *f)
{
	char reset[VALUE_BYTES];
	int64_t gone = (int64_t)ceil(f->bucket->capacity) - remaining(f);
	double reset_ms = (double)gone * 60000 / (double)f->bucket->per_minute;
	if (strcmp(f->unit, "requests") != 0) {
		show_openai(f);
		return;
	}
	add_number(f, usual_name(f, "limit").text, f->bucket->per_minute * MINUTES_PER_DAY);
	add_number(
		f, usual_name(f, "remaining").text, f->bucket->per_minute * MINUTES_PER_DAY - gone);
	if (reset_ms < 1000)
		snprintf(reset, sizeof reset, "%.9gms", reset_ms);
	else
		limits_go_duration(reset, (int64_t)reset_ms);
	add(f, usual_name(f, "reset").text, reset);
}

static void show_mistral(const struct face *f)
{
	int64_t left = remaining(f), windowful = f->bucket->per_minute / WINDOWS_PER_MINUTE;
	if (strcmp(f->unit, "tokens") == 0) {
		add_number(f, "x-ratelimit-limit-tokens-minute", f->bucket->per_minute);
		add_number(f, "x-ratelimit-remaining-tokens-minute", left);
	} else if (windowful > 0) {
		add_number(f, "x-ratelimit-limit-req-10-second", windowful);
		add_number(f, "x-ratelimit-remaining-req-10-second",
			left < windowful ? left : windowful);
	} else {
		add_number(f, "x-ratelimit-limit-req-minute", f->bucket->per_minute);
		add_number(f, "x-ratelimit-remaining-req-minute", left);
	}
}

void family_add_headers(struct MHD_Response *response, enum family family, struct limits *limits,
	int64_t now_ms, int64_t wall_s)
{
	static void (*const show[])(const struct face *f) = {
		[FAMILY_OPENAI] = show_openai,
		[FAMILY_AZURE] = show_azure,
		[FAMILY_ANTHROPIC] = show_anthropic,
		[FAMILY_GROQ] = show_groq,
		[FAMILY_MISTRAL] = show_mistral,
	};
	struct face requests = { response, &limits->requests, "requests", now_ms, wall_s };
	struct face tokens = { response, &limits->tokens, "tokens", now_ms, wall_s };
	if (family == FAMILY_NONE)
		return;
	if (limits->requests.per_minute)
		show[family](&requests);
	if (limits->tokens.per_minute)
		show[family](&tokens);
}
