/* SPDX-License-Identifier: MIT */
/*
 * The estimate knows neither the tokenizer nor what the server puts around a prompt, but both stay
 * the same, so their quotient is soon learned: as the mean of the first twenty answers, then as a
 * mean of late, each new one counting a twentieth. It is the quotient of two means, not the mean of
 * quotients: a bucket counts tokens, so a long prompt says more than a short one, whose quotient is
 * mostly frame.
 *
 * What is reserved lies above the mean by twice the mean distance (of errors that are normally
 * distributed 1 in 20 is larger). The distance is that of the forecast before it has learned from
 * the answer, so that a first answer that surprises makes the second forecast careful. For output
 * the distance is taken 1.7 times: about nine in ten answers are shorter than that, be their
 * lengths distributed normally or exponentially. Reservations are settled when the answer is there,
 * so a generous one costs no throughput but for the time of one answer, and a mean one would be
 * overrun by every second request.
 *
 * Before the first answer a request's own max_tokens is what there is to go by, and several
 * providers charge all of it anyway. Without it nothing would be a wrong guess in the bad
 * direction: the first flight is as large as the concurrency allows. FORECAST_OUTPUT keeps its debt
 * small, and is forgotten with the first answer.
 */
#include "policy/forecast.h"

#include <math.h>

/* As many answers make up what is known. */
#define MEMORY_N 20

/* How much is reserved above the mean, in mean distances. */
#define INPUT_SPARE 2.0
#define OUTPUT_SPARE 1.7

/* The distance that is assumed of output after one answer, as a part of that. */
#define OUTPUT_OFF 0.5

void forecast_init(struct forecast *f)
{
	*f = (struct forecast){ .ratio = 1 };
}

double forecast_input(const struct forecast *f, double estimate)
{
	double spare = f->estimated > 0 ? INPUT_SPARE * f->missed / f->estimated : 0;
	return estimate * fmin(f->ratio + spare, FORECAST_RATIO_MAX);
}

double forecast_output(const struct forecast *f, int64_t max_tokens)
{
	double most = max_tokens > 0 ? (double)max_tokens : HUGE_VAL;
	if (f->outputs_n == 0)
		return max_tokens > 0 ? most : FORECAST_OUTPUT;
	return fmin(most, f->output + OUTPUT_SPARE * f->output_off);
}

/* What the n-th number, n >= 1, counts in a mean of late. */
static double share_of(uint64_t n)
{
	return 1 / (double)(n < MEMORY_N ? n : MEMORY_N);
}

static void approach(double *mean, double number, double share)
{
	*mean += (number - *mean) * share;
}

static double clamp(double number, double low, double high)
{
	return fmin(fmax(number, low), high);
}

static void learn_input(struct forecast *f, double estimate, double input)
{
	double share = share_of(++f->inputs_n);
	input = clamp(input, estimate * FORECAST_RATIO_MIN, estimate * FORECAST_RATIO_MAX);
	approach(&f->missed, fabs(input - estimate * f->ratio), share);
	approach(&f->reported, input, share);
	approach(&f->estimated, estimate, share);
	/* once more, for what rounding adds */
	f->ratio = clamp(f->reported / f->estimated, FORECAST_RATIO_MIN, FORECAST_RATIO_MAX);
}

static void learn_output(struct forecast *f, double output)
{
	double off = f->outputs_n ? fabs(output - f->output) : output * OUTPUT_OFF;
	double share = share_of(++f->outputs_n);
	approach(&f->output_off, off, share);
	approach(&f->output, output, share);
}

void forecast_learn(struct forecast *f, double estimate, int64_t input, int64_t output)
{
	/* a report of no input at all is a server that does not count */
	if (estimate > 0 && input > 0)
		learn_input(f, estimate, (double)input);
	if (output >= 0)
		learn_output(f, (double)output);
}
