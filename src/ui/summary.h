/* SPDX-License-Identifier: MIT */
/*
 * summary: the last words of a run: on stderr for people, as JSON for programs.
 *
 * On stderr it is said on a terminal, with -v, or when anything failed; the level of each line sees
 * to that. Silent where all is well and nobody is there. A run of less than ten seconds that went
 * well says only how many records, tokens and dollars; -v has it say all.
 *
 *         3 of 200 records failed
 *           rate_limited: 2, first on line 17: HTTP 429: slow down
 *           template: 1, first on line 4: no field "text"
 *           rerun: pllm -p '{{text}}' --retry-errors -i out.jsonl.partial -o out.jsonl
 *         records:  200 read, 197 answered, 3 failed; 42s, 4.8/s
 *         requests: 215, 15 of them retries (15 rate_limited)
 *         tokens:   12.3k in (3000 cached), 4100 out; 390/s
 *         cost:     $0.19 (prices: built in)
 *         latency:  half in 0.8s, 90 % in 1.4s, 99 % in 3.1s
 */
#pragma once

#include "base/buf.h"
#include "engine/stats.h"
#include "engine/verdict.h"

/* What is said besides the counts; borrowed. */
struct summary {
	const struct stats *stats;
	const struct verdict *verdict;
	int exit_code;     /* as it will be; 128 + signal where that ends it */
	const char *rerun; /* the command that asks again just those that failed; NULL = there is
			      none, or none that would change anything */
	bool has_cache;    /* what was answered is found by the next run */
	int64_t started_s, ended_s; /* wall clock, seconds since 1970 */
};

/*
 * Says why the run ended early, how many records failed, for what and with the first line of each
 * kind, what would ask them again, and what was asked, used, paid and waited for.
 */
void summary_say(const struct summary *s);

/* Appends the same, and more, as one JSON object and a line end: what --stats writes. */
void summary_put_json(const struct summary *s, struct buf *out);
