/* SPDX-License-Identifier: MIT */
/*
 * probe_server: a server on loopback that sends one prepared answer to whoever asks, over TLS if
 * there is a certificate for it. Counts who comes. The tests' thread starts and stops it.
 */
#pragma once

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct probe_server {
	/* Set before it starts; all borrowed. */
	const char *answer;    /* sent as it is; NULL = it reads, and never says a word */
	size_t answer_n;       /* 0 = up to its NUL */
	SSL_CTX *tls;          /* NULL = none */
	const char *unix_path; /* listens there in place of a port; NULL = a port */

	/* While it runs. */
	char url[64];       /* "http://127.0.0.1:1234" */
	char request[8192]; /* the last one's bytes, NUL-terminated; to be read when it has stopped
			     */
	atomic_uint connections_n;
	atomic_uint requests_n;
	int listener;
	int stop[2]; /* a pipe: closed for the end */
	pthread_t thread;
};

/* Starts it on a free port. */
void probe_server_start(struct probe_server *s);

/* Ends it, whatever it is at. */
void probe_server_stop(struct probe_server *s);

/* What a certificate is made from. */
struct probe_paper {
	const char *name;      /* the host that it is for: "127.0.0.1" */
	long from_s, to_s;     /* valid, as of now */
	bool is_self_signed;   /* else by the authority */
	const char *authority; /* the file that the authority's certificate is written to */
};

/* Gives a context with a fresh key and certificate; SSL_CTX_free. */
SSL_CTX *probe_paper_make(const struct probe_paper *paper);
