/* SPDX-License-Identifier: MIT */
/*
 * endpoint: where a request can go.
 *
 * Made once at start-up, read-only afterwards, borrowed by everyone until the run ends. The wire
 * API is a row of the api room's table, which this room only carries.
 */
#pragma once

#include "base/span.h"
#include "base/strings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;

/* What Amazon's signatures are made with. Owned strings. */
struct aws_key {
	char *id;
	char *secret;
	char *token;  /* of a session; NULL = none */
	char *region; /* "eu-west-1" */
};

struct endpoint {
	const struct api *api; /* borrowed static row */
	char *name;            /* the base URL as given, for messages and --meta; holds no secret */
	char *base;            /* base URL, to which paths are appended */
	char *query;           /* "?api-version=...", which follows the path; NULL = none */
	char *url;             /* where requests are posted: base URL and the API's path */
	char *origin; /* scheme://host:port; connections are shared within one, keys never across */
	char *model;  /* plain text; NULL = the record must bring its own */
	char *model_json; /* the same as a JSON string with its quotes; NULL with model */
	char **headers;   /* owned lines "Name: value", the key's among them: secret */
	size_t headers_n;
	struct strings
		secrets; /* what no answer may bring back to us: keys, and headers that look so */
	char *cacert;    /* file with the certificates to trust; NULL = the system's */
	char *cert;      /* client certificate file (PEM with key); NULL = none */
	char *unix_path; /* path to connect to in place of host and port; NULL = none */
	double weight;   /* its share among others; > 0 */
	int64_t max;     /* requests in flight, at most; 0 = as many as the run */
	int64_t rpm;     /* requests a minute; 0 = not known */
	int64_t tpm;     /* tokens a minute; 0 = not known */
	struct aws_key *aws;  /* owned: signs requests in place of a header; secret; NULL = none */
	const char *base_env; /* static: the variable that its base is from, "" = it is built in;
				 NULL = the user gave it */
	char *key_source; /* owned: where its key is from: "OPENAI_API_KEY"; NULL = it has none */
	char *key_fault;  /* owned: why it has none, though it must; NULL = it may */
	unsigned pool;    /* the number of the model's pool that it is of; fallbacks serve all */
	unsigned site;    /* which --endpoint it comes from: those of one site, for several models,
			     share what was said of max, rpm and tpm */
	unsigned tier;    /* 0 = of the pool; n = the n-th fallback */
	bool is_streamed; /* answers are asked for as a stream of events */
	bool is_loopback; /* the host is this machine: no proxy, no key needed, http allowed */
};

/* Sets the model from plain text, or from NULL: the record must bring its own. */
void endpoint_set_model(struct endpoint *e, const char *model);

/* Appends a header line, taken as a copy. */
void endpoint_add_header(struct endpoint *e, const char *line);

/* Appends a secret, taken as a copy; one too short to be told from other text is left out. */
void endpoint_add_secret(struct endpoint *e, const char *secret);

/* Overwrites and frees the headers, keys and other secrets that e has. */
void endpoint_disarm(struct endpoint *e);

/* Frees what e holds, the secrets overwritten first; fine on a zeroed one. */
void endpoint_release(struct endpoint *e);
