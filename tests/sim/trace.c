/* SPDX-License-Identifier: MIT */
/* Stands in for io/trace: nothing is written down here. */
#include "io/trace.h"

#include <stddef.h>

void trace_see(struct trace *t, const struct attempt *attempt)
{
	(void)t;
	(void)attempt;
}

void trace_put(struct trace *t, const struct trace_entry *entry)
{
	(void)t;
	(void)entry;
}
