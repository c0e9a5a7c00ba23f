/* SPDX-License-Identifier: MIT */
/*
 * tls: a throw-away certificate authority and a server certificate for loopback.
 *
 * Made anew at each start, never stored but where the authority's certificate is asked for; the
 * keys do not leave the process. Knows no server. One thread.
 */
#pragma once

#include <stdbool.h>

/* What can be wrong with the server's certificate. */
enum tls_flaw { TLS_SOUND, TLS_WRONG_HOST, TLS_EXPIRED, TLS_SELF_SIGNED };

/* PEM texts, owned. */
struct tls_identity {
	char *ca_pem;   /* the authority's certificate */
	char *cert_pem; /* the server's */
	char *key_pem;  /* the server's */
};

/*
 * Reads a flaw's name as on the command line. False, with *flaw untouched, if there is none such.
 */
bool tls_flaw_parse(const char *text, enum tls_flaw *flaw);

/*
 * Fills *identity. A self-signed certificate is none of the authority's. False, with a reason in
 * *why (borrowed for ever), if that fails; release it in either case.
 */
bool tls_make(struct tls_identity *identity, enum tls_flaw flaw, const char **why);

/* Frees what identity holds; fine on a zeroed one. */
void tls_release(struct tls_identity *identity);
