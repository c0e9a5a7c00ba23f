/* SPDX-License-Identifier: MIT */
/* sched_opts: what the user says of how requests are made. */
#pragma once

#include "policy/hedge.h"
#include "policy/retry.h"

#include <stdbool.h>
#include <stdint.h>

/* --on-truncate: what an answer is that was cut by the limit of tokens. */
enum truncate_rule { TRUNCATE_IS_ERROR, TRUNCATE_IS_KEPT, TRUNCATE_GROWS };

/* Of texts whose vectors are asked for: how many go into one request. */
struct pack_opts {
	bool is_on;
	int64_t texts_max;  /* --batch-items; >= 1 */
	int64_t tokens_max; /* --batch-tokens; >= 1 */
	int64_t wait_ms;    /* --batch-wait: how long a pack waits for further texts */
};

struct sched_opts {
	int64_t jobs;  /* -j: requests in flight, at most; >= 1 */
	bool is_fixed; /* --no-adaptive: as many in flight as that, always */
	double rate;   /* --rate: requests in rate_window_ms; 0 = no limit */
	int64_t rate_window_ms;
	int64_t tpm;               /* --tpm: tokens a minute; 0 = no limit */
	int balance;               /* enum balance_rule: --balance */
	int64_t fallback_after_ms; /* --fallback-after */
	int64_t timeout_ms;        /* of one attempt */
	int64_t ttft_timeout_ms;   /* --ttft-timeout; 0 = none of its own */
	int64_t idle_timeout_ms;   /* --idle-timeout; 0 = none */
	int64_t deadline_ms;       /* of one record, from its admission; 0 = none */
	int on_truncate;           /* enum truncate_rule */
	bool wants_usage;          /* somebody will look at the tokens of answers */
	bool shares_nothing;       /* --no-share: calls that ask the very same are asked each */
	struct retry_opts retry;
	struct hedge_opts hedge;
	struct pack_opts pack;
};
