/* SPDX-License-Identifier: MIT */
/*
 * stops: the two options with a grammar of their own about when a run has failed. Start-up only.
 */
#pragma once

#include "base/err.h"
#include "policy/halt.h"

#include <stdbool.h>

/* --accept: how many failed records still make a success. */
struct accept {
	double amount;
	bool is_percent;
};

/*
 * Reads --halt: never, or now|soon,fail=N|N%. NULL leaves the default. False with err filled.
 */
bool stops_parse_halt(const char *text, struct halt_opts *out, struct err *err);

/* Reads --accept: N or N%. NULL is none. False with err filled. */
bool stops_parse_accept(const char *text, struct accept *out, struct err *err);
