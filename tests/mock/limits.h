/* SPDX-License-Identifier: MIT */
/*
 * limits: requests and tokens per minute, as the real ones enforce them.
 *
 * Two buckets that refill continuously; both must hold enough, or nothing is taken. A refused
 * request costs nothing. Knows no HTTP; time is an argument. One thread at a time.
 *
 * Invariant: 0 <= level <= capacity.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LIMITS_NEVER INT64_MAX

/* Enough for any text of limits_go_duration. */
#define GO_DURATION_BYTES 40

struct bucket {
	int64_t per_minute; /* 0: no limit */
	double capacity;
	double level;
	int64_t then_ms; /* when level was true */
};

struct limits {
	struct bucket requests;
	struct bucket tokens;
};

/* What a refusal says. */
struct limits_refusal {
	const char *type;  /* "requests" or "tokens" */
	const char *unit;  /* "RPM" or "TPM" */
	int64_t limit;     /* per minute */
	int64_t used;      /* of the limit, now */
	int64_t requested; /* by this request */
	int64_t wait_ms;   /* until it would pass; LIMITS_NEVER if it is larger than the bucket */
};

/*
 * Fills both buckets. A limit of 0 is none; burst is the capacity of the bucket of requests (or,
 * where requests are not limited, of tokens), 0 meaning a whole minute's worth, which is what
 * OpenAI gives.
 */
void limits_init(struct limits *l, int64_t rpm, int64_t tpm, int64_t burst, int64_t now_ms);

/*
 * Takes one request of so many tokens. False, with *why filled and nothing taken, if it is over a
 * limit.
 */
bool limits_take(struct limits *l, int64_t tokens, int64_t now_ms, struct limits_refusal *why);

/* Gives what is left in a bucket, rounded down. */
int64_t limits_remaining(struct bucket *b, int64_t now_ms);

/* Gives the time until a bucket is full, rounded up: what OpenAI calls reset. */
int64_t limits_reset_ms(struct bucket *b, int64_t now_ms);

/* Writes a duration as Go prints it: `12ms`, `1.2s`, `6m0s`. */
void limits_go_duration(char text[GO_DURATION_BYTES], int64_t ms);
