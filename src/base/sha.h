/* SPDX-License-Identifier: MIT */
/*
 * sha: SHA-256 (FIPS 180-4), by libcrypto, of bytes that come in pieces. One thread at a time.
 */
#pragma once

#include "base/span.h"

enum { SHA_BYTES = 32 };

struct sha;

/* Gives one that has begun with nothing; ends the program where libcrypto has none. */
struct sha *sha_new(void);

/* Adds bytes, borrowed. */
void sha_add(struct sha *s, struct span bytes);

/*
 * Adds the length of the bytes, 8 bytes little-endian, and then them: so that of two runs of parts
 * only equal ones have equal digests.
 */
void sha_add_part(struct sha *s, struct span bytes);

/* Writes the digest of all that was added since the last one, and begins anew. */
void sha_finish(struct sha *s, unsigned char digest[SHA_BYTES]);

/* Frees it; fine on NULL. */
void sha_free(struct sha *s);
