/* SPDX-License-Identifier: MIT */
/*
 * show_flow: a plan for people, as a table or as a graph for Graphviz. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "io/outfile.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * Writes a linked plan to out, its steps in an order in which they can run: with FLOW_IS_TEXT a
 * line for each (what it needs, whom it asks and how often, how answers are joined, whether its
 * value is in the output), with FLOW_IS_DOT a directed graph from the records to the output. False
 * with err filled (ERR_OUTPUT) if it cannot be written.
 */
bool show_flow(const struct plan *plan, enum show_flow how, struct outfile *out, struct err *err);
