/* SPDX-License-Identifier: MIT */
/*
 * forecast: how many tokens a request to one endpoint will be counted for.
 *
 * Corrects an estimate of the input by what earlier answers reported, and expects of the output
 * what earlier answers had; both with something to spare, since too little reserved is a limit
 * overrun, and too much is given back. Pure.
 *
 * Invariant: FORECAST_RATIO_MIN <= ratio <= FORECAST_RATIO_MAX.
 */
#pragma once

#include <stdint.h>

/* No report is believed beyond: an image sent as text, a prompt that the server puts in front. */
#define FORECAST_RATIO_MIN 0.05
#define FORECAST_RATIO_MAX 20.0

/* Tokens of output that are expected while nothing is known: about three paragraphs. */
#define FORECAST_OUTPUT 256

struct forecast {
	double reported;  /* mean input of late, as answers reported it */
	double estimated; /* mean of the estimates for the same requests */
	double missed;    /* mean distance of a report from what the ratio had promised */
	double ratio;     /* reported / estimated; 1 while nothing is known */
	uint64_t inputs_n;
	double output;     /* mean output of late; 0 = none seen yet */
	double output_off; /* mean distance from that */
	uint64_t outputs_n;
};

/* Starts f with nothing learned: the estimate is believed. */
void forecast_init(struct forecast *f);

/* Input tokens to reserve for a request of that estimate (>= 0). */
double forecast_input(const struct forecast *f, double estimate);

/*
 * Output tokens to reserve; max_tokens is the request's own limit, 0 = it has none. While nothing
 * is known all of that limit, or FORECAST_OUTPUT.
 */
double forecast_output(const struct forecast *f, int64_t max_tokens);

/* An answer to a request of that estimate reported so many tokens; -1 = it did not say. */
void forecast_learn(struct forecast *f, double estimate, int64_t input, int64_t output);
