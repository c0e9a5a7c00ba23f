/* SPDX-License-Identifier: MIT */
/*
 * config: all that the command line says, as the sum of each room's options.
 *
 * Filled by cli from the options table; seen only by cli, app and main.c. Strings are owned, NULL =
 * not given.
 */
#pragma once

#include "app/command_opts.h"
#include "base/err.h"
#include "base/strings.h"
#include "engine/pipeline.h"
#include "io/cache.h"
#include "io/http.h"
#include "io/keys.h"
#include "io/reader.h"
#include "io/writer.h"
#include "policy/balance.h"
#include "work/chunk.h"

#include <stdbool.h>

/* Who said what an option is. Each wins over those before it. */
enum origin_kind {
	ORIGIN_BUILT_IN,
	ORIGIN_DEFAULTS, /* the configuration file's */
	ORIGIN_PROFILE,  /* of that file */
	ORIGIN_ENVIRONMENT,
	ORIGIN_COMMAND_LINE
};

/* What an option is in the end, and who said so; see app/origin.h. */
struct origin {
	const char *option; /* its long name; static */
	enum origin_kind kind;
	char *place;           /* "FILE:7:9", "PLLM_JOBS", "--jobs"; NULL = built in */
	struct strings values; /* as they were written; a flag's is true or false; none = not set */
};

/* One for each option that sets something, in the order of the table. */
struct origins {
	struct origin *items; /* owned */
	size_t n;
};

/* Which configuration file is read, by cli/config_file.c. */
struct config_file_opts {
	char *path;    /* --config FILE; NULL = the user's, if there is one */
	bool is_off;   /* --no-config */
	char *profile; /* --profile NAME */
};

/*
 * Gives (allocated) which file that is, there or not: --config FILE, or else the user's own; NULL =
 * there can be none. In app/config_path.c.
 */
char *config_path(const struct config_file_opts *opts);

/* What is asked: turned into a plan by app/steps.c. */
struct prompt_opts {
	struct strings prompts;      /* -p [STEP=]TEMPLATE */
	struct strings prompt_files; /* --prompt-file [STEP=]FILE */
	struct strings systems;      /* -s [STEP=]TEMPLATE */
	struct strings max_tokens;   /* --max-tokens [STEP=]N */
	struct strings params;       /* --param [STEP:]KEY=JSON */
	struct strings schemas;      /* --schema [STEP=]FILE */
	struct strings images;       /* --image [STEP=]TEMPLATE */
	int64_t reasks_n;            /* --reasks N */
	char *as;                    /* -a NAME: the unnamed step's name */

	struct strings models;    /* -m [STEP=]MODEL[,MODEL...] */
	struct strings samples;   /* --samples [STEP=]N */
	struct strings joins;     /* --join [STEP=]all|vote|first */
	struct strings vote_bys;  /* --vote-by [STEP=]PATH */
	struct strings quorums;   /* --quorum [STEP=]N */
	struct strings emits;     /* --emit STEP,... */
	char *flow;               /* --flow FILE */
	int show_flow;            /* enum show_flow: --show-flow[=dot] */
	int64_t max_input_tokens; /* --max-input-tokens N; 0 = no limit */
	int on_overflow;          /* enum overflow_rule: --on-overflow */
	int64_t max_tokens_limit; /* --max-tokens-limit N; 0 = not given */
};

enum show_flow { FLOW_IS_RUN, FLOW_IS_TEXT, FLOW_IS_DOT };

/* Whom to ask: turned into endpoints by app/endpoints.c. */
struct endpoint_opts {
	char *api;                   /* --api NAME */
	struct strings endpoints;    /* --endpoint URL[,key=value]... */
	struct strings fallbacks;    /* --fallback [URL,]...MODEL */
	bool is_streamed;            /* --stream */
	struct strings headers;      /* --header 'Name: value' */
	struct strings header_files; /* --header-file FILE */
	bool allow_http;             /* --allow-http */
	char *cacert;                /* --cacert FILE */
	char *cert;                  /* --cert FILE */
	char *unix_socket;           /* --unix-socket PATH */
	bool embeds;                 /* APIs are those that give vectors */
	bool asks_nobody;            /* -n: no key is read, and none has to be there */
	bool is_lenient;             /* what is wrong with a key is noted at its endpoint */
	struct key_opts key;
};

/*
 * True if the text will do as an --endpoint, as far as that can be said without its URL; false with
 * err filled as endpoint_text_parse does. In app/endpoint_text.c.
 */
bool endpoint_opts_check(const char *text, struct err *err);

/*
 * Gives the name of the API at that place, of those that give vectors (embeds) or of the others;
 * NULL behind the last. Static. In app/endpoint_text.c.
 */
const char *endpoint_api_name(bool embeds, size_t at);

struct config {
	enum command command;
	struct reader_opts reader;
	struct writer_opts writer;
	struct pipeline_opts pipeline;
	struct http_opts http;
	struct prompt_opts prompt;
	struct endpoint_opts endpoint;
	struct reduce_opts reduce;
	struct embed_opts embed;
	struct chunk_opts chunk;
	struct cache_opts cache;
	struct cache_command_opts cache_command;
	struct money_opts money;
	struct seeing_opts seeing;
	struct doctor_opts doctor;
	int on_error;    /* enum error_rule: --on-error */
	char *halt;      /* --halt, parsed by app/stops.c */
	char *rate;      /* --rate N/UNIT, parsed by app/speed.c */
	char *hedge;     /* --hedge DUR|pNN|off, likewise */
	char *hedge_max; /* --hedge-max PERCENT, likewise */
	char *accept;    /* --accept N|N%, parsed by app/stops.c */
	bool is_quiet;
	bool is_verbose;
	struct strings said; /* the command line in words, options and values each one of its own,
				without those about input and output; see app/rerun.h */
	struct config_file_opts file;
	struct origins origins;
};

enum error_rule { ERROR_IS_KEPT, ERROR_IS_DROPPED, ERROR_STOPS };
