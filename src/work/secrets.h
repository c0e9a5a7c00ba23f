/* SPDX-License-Identifier: MIT */
/*
 * secrets: takes what an endpoint calls secret out of bytes that others will read.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/span.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Overwrites the secret with asterisks wherever it stands in the n bytes, as it is or with any of
 * its characters escaped as URLs have them ("%2F", "%2f"). True if it was there; one too short to
 * be told from other text, or missing, never is. Takes time in proportion to n.
 */
bool secret_overwrite(char *bytes, size_t n, struct span secret);

/* The same with all secrets of the endpoint; NULL has none. */
bool secrets_redact(const struct endpoint *e, char *bytes, size_t n);

/*
 * The same, and where only the beginning of one stands, 12 bytes of it or more, all of that: for
 * messages, in which a server may have cut it. What a model says may well begin as a key does.
 */
bool secrets_redact_cut(const struct endpoint *e, char *bytes, size_t n);

/* True if secrets_redact would find one. */
bool secrets_are_in(const struct endpoint *e, struct span bytes);

/* True if one of them stands in the bytes behind escapes of JSON ("\u0073k-..."). */
bool secrets_are_hidden(const struct endpoint *e, struct span bytes);
