/* SPDX-License-Identifier: MIT */
/*
 * How many requests must be in flight to make use of a limit is Little's law: as many as are
 * started in the time that one takes. (J. D. C. Little, A Proof for the Queuing Formula L = lambda
 * W, Operations Research 9, 1961.)
 *
 * A run finds out by itself, and keeps to what it is told; but -j must not be in the way, and who
 * shares a key with others may want to leave them some.
 */
#include "app/doctor_part.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	MINUTE_MS = 60000,
	SECOND_MS = 1000,
	SUPPOSED_LATENCY_MS = 1000, /* of an answer, where none was measured */
	SPARED_PERCENT = 4,         /* of a limit: clocks differ, and somebody retries by hand */
	RATE_TEXT_MAX = 60
};

/* What no provider gives is no limit. */
#define LIMIT_MAX 1e12

static const char *unit_name(enum allowance_unit unit)
{
	static const char *const names[] = {
		[ALLOWANCE_REQUESTS] = "requests",
		[ALLOWANCE_TOKENS] = "tokens",
		[ALLOWANCE_INPUT_TOKENS] = "tokens of input",
		[ALLOWANCE_OUTPUT_TOKENS] = "tokens of output",
	};
	return names[unit];
}

/* Who does not say for how long a limit is nearly always means a minute. */
static int64_t window_of(const struct allowance *a)
{
	return a->window_ms > 0 ? a->window_ms : MINUTE_MS;
}

/* Writes the window as --rate takes it: "m", "15s". Returns out. */
static const char *window_text(int64_t ms, char out[RATE_TEXT_MAX])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { MINUTE_MS, "m" }, { SECOND_MS, "s" } };
	size_t i = 0;
	while (i < sizeof units / sizeof *units - 1 && ms % units[i].ms != 0)
		i++;
	int64_t count = ms > units[i].ms ? ms / units[i].ms : 1;
	if (count == 1)
		snprintf(out, RATE_TEXT_MAX, "%s", units[i].name);
	else
		snprintf(out, RATE_TEXT_MAX, "%" PRId64 "%s", count, units[i].name);
	return out;
}

static int64_t spared(double limit)
{
	int64_t n = (int64_t)(limit * (100 - SPARED_PERCENT) / 100);
	return n > 1 ? n : 1;
}

static void say_limit(struct doctor *d, const struct allowance *a)
{
	char window[RATE_TEXT_MAX], left[RATE_TEXT_MAX] = "";
	if (a->remaining >= 0)
		snprintf(left, sizeof left, ", %.0f left", a->remaining);
	doctor_say(d, FINDING_NOTE, "limit", "%.0f %s/%s%s%s", a->limit, unit_name(a->unit),
		window_text(window_of(a), window), left,
		a->window_ms > 0 ? "" : " (taken for a minute's: the server does not say)");
}

static void advise_rate(struct doctor *d, const struct allowance *a, int64_t latency_ms)
{
	bool is_measured = latency_ms >= 0;
	double per_s = a->limit * SECOND_MS / (double)window_of(a);
	double latency_s = (double)(is_measured ? latency_ms : SUPPOSED_LATENCY_MS) / SECOND_MS;
	double in_flight = per_s * latency_s;
	/* Rounded up, without the C library's ceil for one number. */
	int64_t jobs = (int64_t)in_flight + ((double)(int64_t)in_flight < in_flight);
	char window[RATE_TEXT_MAX];
	doctor_help(d,
		"-j %" PRId64 " makes use of it: %.3g requests/s x %.3g s, %s; --rate %" PRId64
		"/%s keeps below it",
		jobs > 1 ? jobs : 1, per_s, latency_s,
		is_measured ? "which the answer took"
			    : "if an answer takes that long, which --live measures",
		spared(a->limit), window_text(window_of(a), window));
}

void doctor_rates(struct doctor *d, const struct allowances *said, int64_t latency_ms)
{
	for (unsigned i = 0; i < said->n; i++) {
		const struct allowance *a = &said->items[i];
		if (!(a->limit > 0 && a->limit <= LIMIT_MAX))
			continue;
		say_limit(d, a);
		if (a->unit == ALLOWANCE_REQUESTS)
			advise_rate(d, a, latency_ms);
		else if (a->unit == ALLOWANCE_TOKENS && window_of(a) == MINUTE_MS)
			doctor_help(d, "--tpm %" PRId64 " keeps below it", spared(a->limit));
	}
}
