/* SPDX-License-Identifier: MIT */
#include "latency.h"

#include "base/units.h"

#include <math.h>

#define SIGMA_MAX 5.0
#define LOGNORMAL "lognormal:"

static bool read_time(struct span text, int64_t *ms)
{
	int64_t value;
	if (!units_parse_ms(text, &value) || value > LATENCY_MAX_MS)
		return false;
	*ms = value;
	return true;
}

/* Cuts the text at the first such character: true if there is one. */
static bool split(struct span text, char at, struct span *left, struct span *right)
{
	const char *mark = memchr(text.at, at, text.n);
	if (!mark)
		return false;
	size_t left_n = (size_t)(mark - text.at);
	*left = (struct span){ .at = text.at, .n = left_n };
	*right = (struct span){ .at = mark + 1, .n = text.n - left_n - 1 };
	return true;
}

static bool read_lognormal(struct latency *l, struct span text)
{
	struct span median, sigma;
	l->kind = LATENCY_LOGNORMAL;
	return split(text, ',', &median, &sigma) && read_time(median, &l->low_ms) &&
		units_parse_number(sigma, &l->sigma) && l->sigma >= 0 && l->sigma <= SIGMA_MAX;
}

static bool read_uniform(struct latency *l, struct span low, struct span high)
{
	l->kind = LATENCY_UNIFORM;
	return read_time(low, &l->low_ms) && read_time(high, &l->high_ms) &&
		l->low_ms <= l->high_ms;
}

bool latency_parse(struct latency *l, const char *text)
{
	struct latency read = { .kind = LATENCY_FIXED };
	struct span whole = span_of(text), low, high;
	size_t prefix_n = sizeof LOGNORMAL - 1;
	bool good;
	if (whole.n > prefix_n && memcmp(text, LOGNORMAL, prefix_n) == 0)
		good = read_lognormal(&read, span_of(text + prefix_n));
	else if (split(whole, '-', &low, &high))
		good = read_uniform(&read, low, high);
	else
		good = read_time(whole, &read.low_ms);
	if (good)
		*l = read;
	return good;
}

/* Box and Muller: two uniform numbers make a normal one. */
static double draw_normal(struct rng *r)
{
	double radius = sqrt(-2.0 * log(1.0 - rng_unit(r)));
	return radius * cos(2.0 * M_PI * rng_unit(r));
}

int64_t latency_draw_ms(const struct latency *l, struct rng *r)
{
	double ms;
	switch (l->kind) {
	case LATENCY_NONE:
		return 0;
	case LATENCY_FIXED:
		return l->low_ms;
	case LATENCY_UNIFORM:
		return l->low_ms + rng_upto(r, l->high_ms - l->low_ms);
	case LATENCY_LOGNORMAL:
		break;
	}
	ms = (double)l->low_ms * exp(l->sigma * draw_normal(r));
	return ms < LATENCY_MAX_MS ? (int64_t)(ms + 0.5) : LATENCY_MAX_MS;
}
