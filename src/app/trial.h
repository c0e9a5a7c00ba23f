/* SPDX-License-Identifier: MIT */
/*
 * trial: --trial N, a run over N records of the input, drawn evenly by chance, that says what all
 * of them would take. First the whole input is read, and what is drawn of it becomes the input of a
 * run that is like any other; then the report. The loop's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "engine/sample.h"

#include <stdbool.h>
#include <stdint.h>

struct trial {
	bool is_on;
	int fd; /* owned: the drawn records, if is_on */
	uint64_t total_n, drawn_n;
	struct sample sample; /* of what was run: sample_init is the caller's */
};

/* False with err filled if a trial is wanted and something else that is none. */
bool trial_check(const struct config *config, struct err *err);

/*
 * If a trial is wanted, reads the input to its end, and makes config->reader read the drawn records
 * instead, as long as t lives; is_on says so. No handlers of signals may be there: one ends the
 * process, which has asked nobody yet. t is zeroed. False with err filled (as reader_new;
 * ERR_INPUT: it cannot be read).
 */
bool trial_draw(struct trial *t, struct config *config, struct err *err);

/*
 * After the run: says why its files were not made, and what all records would take. Does nothing
 * unless it is on.
 */
void trial_say(const struct trial *t, const struct config *config);

/* Closes what is open; fine on a zeroed one. */
void trial_release(struct trial *t);
