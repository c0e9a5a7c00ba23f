/* SPDX-License-Identifier: MIT */
/* command_opts: what single commands want to know, and what is said of money. See app/config.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What pllm reduce folds by: turned into a fold by app/reduce.c. */
struct reduce_opts {
	char *by;             /* --by PATH; NULL = all records are one group */
	char *item;           /* --item TEMPLATE */
	int64_t fan_in;       /* --fan-in N */
	bool is_sorted;       /* --sorted */
	uint64_t group_bytes; /* --group-bytes SIZE */
};

/* What vectors pllm embed asks for: what is more goes into the plan, by app/embed.c. */
struct embed_opts {
	int64_t dimensions;   /* --dimensions N; 0 = as the model has it */
	int role;             /* enum embed_role: --input-type */
	bool is_normalized;   /* --normalize */
	int64_t batch_items;  /* --batch-items N; 0 = as the API has it */
	int64_t batch_tokens; /* --batch-tokens N; 0 = as the API has it */
	int form;             /* enum npy_form: --format */
	char *ids;            /* --ids FILE: where the records go beside a matrix */
};

/* What pllm cache does. */
enum cache_verb { CACHE_STATS, CACHE_LS, CACHE_RM, CACHE_EXPORT, CACHE_VERIFY };

/* Which entries it does that with; the file is --cache's, and the model --model's. */
struct cache_command_opts {
	int verb;              /* enum cache_verb: the word after the command */
	bool is_failed;        /* --failed: failures only */
	int64_t older_than_ms; /* --older-than DUR; 0 = any */
};

/* What answers cost and may cost: turned into prices and limits by app/money.c. */
struct money_opts {
	char *prices;             /* --prices FILE; NULL = the table inside, for display */
	char *price_in;           /* --price-in USD per million tokens */
	char *price_out;          /* --price-out, likewise */
	char *max_cost;           /* --max-cost USD; NULL = no limit */
	int64_t max_total_tokens; /* --max-total-tokens; 0 = no limit */
	int64_t max_requests;     /* --max-requests; 0 = no limit */
	bool is_dry;              /* -n: nobody is asked */
	int64_t trial_n;          /* --trial N: so many records only; 0 = all */
};
