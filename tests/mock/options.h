/* SPDX-License-Identifier: MIT */
/*
 * options: the command line of pllm-mock.
 *
 * One table drives the parser and --help. What is read stays unchanged while the mock runs; strings
 * are borrowed from argv. One thread.
 */
#pragma once

#include "answer.h"
#include "embed.h"
#include "family.h"
#include "latency.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often an option may be repeated. */
#define OPTION_LIST_MAX 64

struct option_list {
	const char *at[OPTION_LIST_MAX];
	size_t n;
};

struct options {
	int64_t port; /* 0: any */
	const char *host;
	const char *port_file; /* NULL: none */
	struct latency latency;
	struct latency ttft;      /* of streams, in place of latency if there is one */
	struct latency chunk_gap; /* between two events of a stream */
	double error_rate;
	int64_t error_status;
	double drop_rate;
	int64_t seed;
	int64_t rpm; /* 0: no limit, as the three below */
	int64_t tpm;
	int64_t burst;
	int64_t concurrency;
	int64_t concurrency_status;
	enum family family;            /* of the headers that tell of limits */
	bool no_hints;                 /* a 429 does not say when to come again */
	int64_t quota_after;           /* answers that are paid for; -1: all */
	struct option_list quota_keys; /* that this is about; none: all */
	struct option_list keys;       /* none: any will do */
	struct option_list models;
	const char *aws_secret; /* NULL: signatures are only looked at */
	const char *dialect;    /* the vendor that shared paths are of; NULL: the usual */
	struct answer_style answer;
	struct embed_opts embed;
	bool strict_model;
	int64_t clock_skew_ms; /* how far our clock is ahead, as Date shows it */
	bool tls;
	const char *ca_file; /* NULL: none */
	enum tls_flaw tls_flaw;
	uint64_t max_body_bytes;
	bool quiet;
	bool stay;
	bool help;
	bool version;
};

/*
 * Fills o from the command line. False, having said on stderr what is wrong, if it cannot be used.
 */
bool options_read(struct options *o, int argc, char **argv);

/* Prints the help on stdout. */
void options_print_help(void);

/* Prints the name and version on stdout. */
void options_print_version(void);
