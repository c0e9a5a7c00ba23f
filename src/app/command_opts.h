/* SPDX-License-Identifier: MIT */
/* command_opts: the commands, what each wants to know, what is said of money. See app/config.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What pllm is to do: its first word. */
enum command {
	COMMAND_FILTER,
	COMMAND_REDUCE,
	COMMAND_EMBED,
	COMMAND_CHUNK,
	COMMAND_CACHE,
	COMMAND_DOCTOR
};

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

enum progress_choice { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER, PROGRESS_JSON };
enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* What a person, or who watches in his place, is shown of a run: app/seeing.c. */
struct seeing_opts {
	int progress;     /* enum progress_choice: --progress */
	int colour;       /* enum colour_choice: --color */
	int64_t every_ms; /* --stats-every DUR; 0 = no such lines */
	int64_t total_n;  /* --total N; 0 = not known */
	char *stats;      /* --stats FILE */
	char *metrics;    /* --metrics-file FILE */
	char *job_name;   /* --job-name NAME: a label of the metrics */
	char *trace;      /* --trace FILE */
};

/* What pllm doctor does. */
struct doctor_opts {
	bool is_live; /* --live: one tiny request is sent */
	bool is_json; /* --json */
	int run;      /* enum command: the word behind it: whose run; the filter's without one */
};
