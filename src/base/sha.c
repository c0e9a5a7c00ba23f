/* SPDX-License-Identifier: MIT */
/*
 * To look for the algorithm, and to make a context, costs more than to digest a few hundred bytes:
 * both are done once, and a context that is begun anew with no algorithm named keeps the one it
 * has.
 */
#include "base/sha.h"

#include "base/log.h"
#include "base/xalloc.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>

struct sha {
	EVP_MD *algorithm;
	EVP_MD_CTX *context;
};

/* What fails here fails for want of memory, or in a libcrypto that is good for nothing else. */
static void demand(bool ok)
{
	if (ok)
		return;
	log_say(LOG_ERROR, "libcrypto makes no SHA-256");
	xalloc_die();
}

struct sha *sha_new(void)
{
	struct sha *s = xcalloc(1, sizeof *s);
	s->algorithm = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	s->context = EVP_MD_CTX_new();
	demand(s->algorithm && s->context &&
		EVP_DigestInit_ex2(s->context, s->algorithm, NULL) == 1);
	return s;
}

void sha_add(struct sha *s, struct span bytes)
{
	demand(EVP_DigestUpdate(s->context, bytes.at, bytes.n) == 1);
}

void sha_add_part(struct sha *s, struct span bytes)
{
	unsigned char length[8];
	for (size_t i = 0; i < sizeof length; i++)
		length[i] = (unsigned char)((uint64_t)bytes.n >> 8 * i);
	demand(EVP_DigestUpdate(s->context, length, sizeof length) == 1);
	sha_add(s, bytes);
}

void sha_finish(struct sha *s, unsigned char digest[SHA_BYTES])
{
	demand(EVP_DigestFinal_ex(s->context, digest, NULL) == 1 &&
		EVP_DigestInit_ex2(s->context, NULL, NULL) == 1);
}

void sha_free(struct sha *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->context);
	EVP_MD_free(s->algorithm);
	free(s);
}
