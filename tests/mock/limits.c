/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define MINUTE_MS 60000

/* Sums of fractions miss a whole number by less. */
#define DUST 1e-6

static void bucket_init(struct bucket *b, int64_t per_minute, int64_t burst, int64_t now_ms)
{
	double capacity = (double)(burst ? burst : per_minute);
	*b = (struct bucket){
		.per_minute = per_minute, .capacity = capacity, .level = capacity, .then_ms = now_ms
	};
}

static double rate_per_ms(const struct bucket *b)
{
	return (double)b->per_minute / MINUTE_MS;
}

static void refill(struct bucket *b, int64_t now_ms)
{
	b->level = fmin(b->capacity, b->level + (double)(now_ms - b->then_ms) * rate_per_ms(b));
	b->then_ms = now_ms;
}

static int64_t wait_ms(struct bucket *b, int64_t amount, int64_t now_ms)
{
	double missing;
	if (!b->per_minute)
		return 0;
	refill(b, now_ms);
	missing = (double)amount - b->level;
	if (missing <= DUST)
		return 0;
	if ((double)amount > b->capacity)
		return LIMITS_NEVER;
	return (int64_t)ceil(missing / rate_per_ms(b));
}

static void refuse(const struct bucket *b, int64_t requested, struct limits_refusal *why)
{
	double used = (double)b->per_minute - b->level;
	why->limit = b->per_minute;
	why->used = used > 0 ? (int64_t)used : 0;
	why->requested = requested;
}

void limits_init(struct limits *l, int64_t rpm, int64_t tpm, int64_t burst, int64_t now_ms)
{
	bucket_init(&l->requests, rpm, burst, now_ms);
	bucket_init(&l->tokens, tpm, rpm ? 0 : burst, now_ms);
}

bool limits_take(struct limits *l, int64_t tokens, int64_t now_ms, struct limits_refusal *why)
{
	int64_t requests_wait_ms = wait_ms(&l->requests, 1, now_ms);
	int64_t tokens_wait_ms = wait_ms(&l->tokens, tokens, now_ms);
	if (requests_wait_ms > 0) {
		*why = (struct limits_refusal){ .type = "requests", .unit = "RPM" };
		why->wait_ms = requests_wait_ms;
		refuse(&l->requests, 1, why);
		return false;
	}
	if (tokens_wait_ms > 0) {
		*why = (struct limits_refusal){ .type = "tokens", .unit = "TPM" };
		why->wait_ms = tokens_wait_ms;
		refuse(&l->tokens, tokens, why);
		return false;
	}
	l->requests.level = fmax(0, l->requests.level - 1);
	l->tokens.level = fmax(0, l->tokens.level - (double)tokens);
	return true;
}

int64_t limits_remaining(struct bucket *b, int64_t now_ms)
{
	refill(b, now_ms);
	return (int64_t)(b->level + DUST);
}

int64_t limits_reset_ms(struct bucket *b, int64_t now_ms)
{
	refill(b, now_ms);
	return (int64_t)ceil((b->capacity - b->level) / rate_per_ms(b) - DUST);
}

void limits_go_duration(char text[GO_DURATION_BYTES], int64_t ms)
{
	int64_t minutes = ms / MINUTE_MS;
	double seconds = (double)(ms % MINUTE_MS) / 1000;
	if (ms == 0)
		snprintf(text, GO_DURATION_BYTES, "0s");
	else if (ms < 1000)
		snprintf(text, GO_DURATION_BYTES, "%" PRId64 "ms", ms);
	else if (minutes >= 60)
		snprintf(text, GO_DURATION_BYTES, "%" PRId64 "h%" PRId64 "m%gs", minutes / 60,
			minutes % 60, seconds);
	else if (minutes)
		snprintf(text, GO_DURATION_BYTES, "%" PRId64 "m%gs", minutes, seconds);
	else
		snprintf(text, GO_DURATION_BYTES, "%gs", seconds);
}
